//! Summaries of columns in the first pass.

mod numbers;
mod plain;
mod texts;

use super::{ColumnProfile, LEVELS_MAX, Level};
use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type, Time64MicrosecondType, TimestampMicrosecondType};
use arrow_array::{Array, ArrayRef, ArrowPrimitiveType, PrimitiveArray};
use arrow_schema::DataType;
use numbers::Numbers;
use pipewright_table::summary::{Counted, hash, hash_with};
use pipewright_table::{Column, ColumnType, TextArray, TextOffset};
use plain::Plain;
use std::cmp::Reverse;
use texts::Texts;

/// Memory limits of a column's summary.
pub(super) struct Bounds {
    numbers: Option<usize>,
    hashes: usize,
    level_bytes: usize,
    pub(super) lines: usize,
}

/// Memory of a hash with its count, in a table with room to grow.
const HASH_BYTES: u64 = 48;

impl Bounds {
    /// Gives a quarter of the memory each to numbers, hashes and levels; generous defaults without a limit.
    pub(super) fn new(bytes: Option<u64>, columns: usize) -> Bounds {
        let each = |share: u64, size: u64| usize::try_from(share / 4 / size).unwrap_or(usize::MAX).max(1024);
        let Some(bytes) = bytes else {
            return Bounds { numbers: None, hashes: 1 << 20, level_bytes: 64 << 20, lines: 1 << 22 };
        };
        let share = bytes / columns.max(1) as u64;
        Bounds {
            numbers: Some(each(share, 8)),
            hashes: each(share, HASH_BYTES),
            level_bytes: each(share, 1),
            lines: each(bytes, HASH_BYTES),
        }
    }
}

/// Summary of a column: its chunks are observed in order.
#[derive(Debug)]
pub(super) struct Seen {
    rows: u64,
    present: u64,
    values: Values,
}

#[derive(Debug)]
enum Values {
    Reals(Box<Numbers>),
    Wholes(Box<Numbers>),
    Texts(Box<Texts>),
    /// Counts of false and true.
    Truths([u64; 2]),
    Instants {
        plain: Plain,
        range: Option<(i64, i64)>,
    },
}

impl Seen {
    pub(super) fn new(kind: ColumnType, bounds: &Bounds) -> Seen {
        let values = match kind {
            ColumnType::Continuous => Values::Reals(Box::new(Numbers::new(bounds))),
            ColumnType::Count => Values::Wholes(Box::new(Numbers::new(bounds))),
            ColumnType::Bool => Values::Truths([0; 2]),
            ColumnType::Date | ColumnType::Time => {
                Values::Instants { plain: Plain::new(bounds.level_bytes / plain::LEVEL_BYTES, bounds), range: None }
            }
            ColumnType::Category | ColumnType::Ordered | ColumnType::Text | ColumnType::Id => {
                Values::Texts(Box::new(Texts::new(bounds)))
            }
        };
        Seen { rows: 0, present: 0, values }
    }

    /// Adds the values of a chunk.
    pub(super) fn observe(&mut self, array: &ArrayRef) {
        self.rows += array.len() as u64;
        self.present += match &mut self.values {
            Values::Reals(numbers) => {
                with_present(array.as_primitive::<Float64Type>(), |reals| numbers.add_reals(reals))
            }
            Values::Wholes(numbers) => {
                with_present(array.as_primitive::<Int64Type>(), |wholes| numbers.add_wholes(wholes))
            }
            Values::Texts(texts) => texts.add_all(array.as_string::<TextOffset>()),
            Values::Truths(counts) => {
                let (present, truths) = (array.len() - array.null_count(), array.as_boolean().true_count());
                counts[0] += (present - truths) as u64;
                counts[1] += truths as u64;
                present as u64
            }
            Values::Instants { plain, range } => with_instants(array, |micros| {
                plain.add_all(micros.iter().map(|&micros| micros as u64));
                let seen = micros.iter().min().copied().zip(micros.iter().max().copied());
                *range = wider(*range, seen);
                micros.len() as u64
            }),
        };
    }

    pub(super) fn finish(self, column: &Column) -> ColumnProfile {
        let mut profile = ColumnProfile {
            name: column.name.clone(),
            kind: column.kind,
            role: column.role,
            rows: self.rows,
            missing: self.rows - self.present,
            distinct: Counted { value: 0, exact: true },
            levels: Vec::new(),
            numbers: None,
            text: None,
            range: None,
        };
        match self.values {
            Values::Reals(numbers) => numbers.finish(&mut profile, ordered, |bits| f64::from_bits(bits).to_string()),
            Values::Wholes(numbers) => numbers.finish(&mut profile, in_order, |whole| (whole as i64).to_string()),
            Values::Texts(texts) => texts.finish(&mut profile),
            Values::Truths(counts) => {
                let levels = [(false, counts[0]), (true, counts[1])].into_iter().filter(|(_, count)| *count > 0);
                profile.levels = most_frequent(levels.collect(), bool::to_string);
                profile.distinct.value = profile.levels.len() as u64;
            }
            Values::Instants { mut plain, range } => {
                let text = |micros: i64| match column.kind {
                    ColumnType::Time => pipewright_table::literal::time_text(micros),
                    _ => pipewright_table::literal::date_text(micros),
                };
                profile.range = range.map(|(first, last)| (text(first), text(last)));
                profile.levels = plain.most_frequent(in_order, |micros| text(micros as i64));
                profile.distinct = plain.different();
            }
        }
        profile
    }
}

/// Calls `add` with the values that are not missing; it returns how many of them are values.
fn with_present<P: ArrowPrimitiveType>(array: &PrimitiveArray<P>, add: impl FnOnce(&[P::Native]) -> u64) -> u64 {
    match array.null_count() {
        0 => add(array.values()),
        _ => add(&array.iter().flatten().collect::<Vec<_>>()),
    }
}

/// As [`with_present`], with the microseconds of dates or times of day.
fn with_instants(array: &ArrayRef, add: impl FnOnce(&[i64]) -> u64) -> u64 {
    match array.data_type() {
        DataType::Time64(_) => with_present(array.as_primitive::<Time64MicrosecondType>(), add),
        _ => with_present(array.as_primitive::<TimestampMicrosecondType>(), add),
    }
}

/// Returns the most frequent levels, on ties the smallest first.
fn most_frequent<L: Ord>(mut levels: Vec<(L, u64)>, text: impl Fn(&L) -> String) -> Vec<Level> {
    levels.sort_unstable_by(|(one, times), (other, more)| (Reverse(times), one).cmp(&(Reverse(more), other)));
    levels.truncate(LEVELS_MAX);
    levels.into_iter().map(|(level, count)| Level { value: text(&level), count }).collect()
}

/// Returns the union of two ranges.
fn wider(one: Option<(i64, i64)>, other: Option<(i64, i64)>) -> Option<(i64, i64)> {
    let both = |((first, last), (start, end)): ((i64, i64), (i64, i64))| (first.min(start), last.max(end));
    one.zip(other).map(both).or(one).or(other)
}

/// Returns the bits of a number, in numeric order.
fn ordered(bits: u64) -> u64 {
    if bits >> 63 == 1 { !bits } else { bits | 1 << 63 }
}

/// Returns the bits of a whole number, in numeric order.
fn in_order(whole: u64) -> u64 {
    whole ^ 1 << 63
}

/// The hash of a value of 64 bits.
fn plain_hash(value: u64) -> u64 {
    hash(&value.to_le_bytes())
}

/// Hash of a missing value in a row.
const MISSING: u64 = 0x6E75_6C6C;

/// Mixes the values of a column into the hashes of their rows.
pub(super) fn mix_into(lines: &mut [u64], array: &ArrayRef) {
    let mut mix = |row: usize, value: Option<u64>| lines[row] = hash_with(lines[row], value.unwrap_or(MISSING));
    match array.data_type() {
        DataType::Float64 => {
            // NaN is missing; adding 0 turns -0 into +0: the two are one number.
            let reals = array.as_primitive::<Float64Type>().iter().map(|real| real.filter(|real| !real.is_nan()));
            reals.enumerate().for_each(|(row, real)| mix(row, real.map(|real| plain_hash((real + 0.0).to_bits()))));
        }
        DataType::Int64 => {
            let wholes = array.as_primitive::<Int64Type>().iter().enumerate();
            wholes.for_each(|(row, whole)| mix(row, whole.map(|whole| plain_hash(whole as u64))));
        }
        DataType::Boolean => {
            let truths = array.as_boolean().iter().enumerate();
            truths.for_each(|(row, truth)| mix(row, truth.map(|truth| plain_hash(u64::from(truth)))));
        }
        DataType::Time64(_) => {
            let micros = array.as_primitive::<Time64MicrosecondType>().iter().enumerate();
            micros.for_each(|(row, micros)| mix(row, micros.map(|micros| plain_hash(micros as u64))));
        }
        DataType::Timestamp(..) => {
            let micros = array.as_primitive::<TimestampMicrosecondType>().iter().enumerate();
            micros.for_each(|(row, micros)| mix(row, micros.map(|micros| plain_hash(micros as u64))));
        }
        _ => {
            let texts = array.as_string::<TextOffset>().iter().enumerate();
            texts.for_each(|(row, text)| mix(row, text.map(|text| hash(text.as_bytes()))));
        }
    }
}

/// Returns the numbers of a numeric array, one value per row: NaN where missing.
pub(super) fn floats(array: &ArrayRef) -> Vec<f64> {
    match array.data_type() {
        DataType::Float64 => {
            array.as_primitive::<Float64Type>().iter().map(|number| number.unwrap_or(f64::NAN)).collect()
        }
        _ => {
            array.as_primitive::<Int64Type>().iter().map(|count| count.map_or(f64::NAN, |count| count as f64)).collect()
        }
    }
}

/// Returns the texts of a text array.
pub(super) fn texts(array: &ArrayRef) -> Option<&TextArray> {
    array.as_string_opt::<TextOffset>()
}
