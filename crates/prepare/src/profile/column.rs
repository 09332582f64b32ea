//! Summaries of columns in the first pass.

use super::{ColumnProfile, LEVELS_MAX, Level, NumberProfile, SHARES, TextProfile};
use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type, Time64MicrosecondType, TimestampMicrosecondType};
use arrow_array::{Array, ArrayRef};
use arrow_schema::DataType;
use pipewright_table::summary::{Distinct, Levels, Moments, Quantiles, hash, hash_with};
use pipewright_table::{CodeSign, Column, ColumnType, is_amount};
use pipewright_table::{TextArray, TextOffset};
use std::borrow::Borrow;

/// Memory limits of a column's summary.
pub(super) struct Bounds {
    numbers: Option<usize>,
    hashes: usize,
    level_bytes: usize,
    pub(super) lines: usize,
}

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
            hashes: each(share, 32),
            level_bytes: each(share, 1),
            lines: each(bytes, 32),
        }
    }
}

/// Counts of levels, unless there are too many levels.
#[derive(Debug)]
struct Frequent<L> {
    levels: Option<Levels<L>>,
    bytes: usize,
    bytes_max: usize,
}

/// Memory of a level besides its text.
const LEVEL_BYTES: usize = 48;
/// Maximum number of levels counted for numbers, dates and times.
const PLAIN_LEVELS_MAX: usize = 1000;

impl<L: Ord> Frequent<L> {
    fn new(bytes_max: usize) -> Frequent<L> {
        Frequent { levels: Some(Levels::default()), bytes: 0, bytes_max }
    }

    /// Counts a level whose text takes `bytes` bytes.
    fn add<B: Ord + ToOwned<Owned = L> + ?Sized>(&mut self, level: &B, bytes: usize)
    where
        L: Borrow<B>,
    {
        let Some(levels) = &mut self.levels else { return };
        let before = levels.len();
        levels.add(level);
        if levels.len() > before {
            self.bytes += bytes + LEVEL_BYTES;
            self.keep_bound();
        }
    }

    fn merge(&mut self, later: Frequent<L>, bytes: impl Fn(&L) -> usize) {
        match (&mut self.levels, later.levels) {
            (Some(levels), Some(more)) => {
                levels.merge(more);
                self.bytes = levels.iter().map(|(level, _)| bytes(level) + LEVEL_BYTES).sum();
                self.keep_bound();
            }
            (levels, _) => *levels = None,
        }
    }

    fn keep_bound(&mut self) {
        if self.bytes > self.bytes_max {
            self.levels = None;
        }
    }

    fn top(&self, text: impl Fn(&L) -> String) -> Vec<Level> {
        let Some(levels) = &self.levels else { return Vec::new() };
        let mut all: Vec<(&L, u64)> = levels.iter().collect();
        // The sort is stable: on ties the smallest level stays first.
        all.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        all.truncate(LEVELS_MAX);
        all.into_iter().map(|(level, count)| Level { value: text(level), count }).collect()
    }
}

/// Summary of a column.
#[derive(Debug)]
pub(super) struct Seen {
    missing: u64,
    distinct: Distinct,
    values: Values,
}

#[derive(Debug)]
enum Values {
    Numbers(Box<Numbers>),
    Texts(Box<Texts>),
    Truths(Levels<bool>),
    Moments { levels: Frequent<i64>, range: Option<(i64, i64)> },
}

#[derive(Debug)]
struct Numbers {
    moments: Moments,
    quantiles: Quantiles,
    zeros: u64,
    negative: u64,
    infinite: u64,
    /// Keyed by [`ordered`] bits.
    levels: Frequent<u64>,
}

#[derive(Debug)]
struct Texts {
    levels: Frequent<String>,
    shortest: Option<u64>,
    characters: u64,
    longest: u64,
    blank: u64,
    numbers: u64,
    /// Number of amounts, with a decimal point and with a decimal comma.
    amounts: [u64; 2],
    /// The smallest few that are not numbers.
    odd: Vec<String>,
}

/// Maximum number of listed texts that are not numbers.
const ODD_MAX: usize = 4;

/// Hash of a missing value in a row.
const MISSING: u64 = 0x6E75_6C6C;

impl Seen {
    pub(super) fn new(kind: ColumnType, bounds: &Bounds) -> Seen {
        let plain = PLAIN_LEVELS_MAX * LEVEL_BYTES;
        let values = match kind {
            ColumnType::Continuous | ColumnType::Count => Values::Numbers(Box::new(Numbers {
                moments: Moments::default(),
                quantiles: Quantiles::bounded(bounds.numbers),
                zeros: 0,
                negative: 0,
                infinite: 0,
                levels: Frequent::new(plain),
            })),
            ColumnType::Bool => Values::Truths(Levels::default()),
            ColumnType::Date | ColumnType::Time => {
                Values::Moments { levels: Frequent::new(bounds.level_bytes), range: None }
            }
            ColumnType::Category | ColumnType::Ordered | ColumnType::Text | ColumnType::Id => {
                Values::Texts(Box::new(Texts {
                    levels: Frequent::new(bounds.level_bytes),
                    shortest: None,
                    characters: 0,
                    longest: 0,
                    blank: 0,
                    numbers: 0,
                    amounts: [0; 2],
                    odd: Vec::new(),
                }))
            }
        };
        Seen { missing: 0, distinct: Distinct::bounded(bounds.hashes), values }
    }

    /// Adds the values of a chunk, and mixes each into the hash of its row, if there are `lines`.
    pub(super) fn observe(&mut self, array: &ArrayRef, lines: &mut [u64]) {
        for row in 0..array.len() {
            let hash = self.add(array, row);
            match hash {
                Some(hash) => self.distinct.add(hash),
                None => self.missing += 1,
            }
            if let Some(line) = lines.get_mut(row) {
                *line = hash_with(*line, hash.unwrap_or(MISSING));
            }
        }
    }

    /// Adds one value; returns its hash, or `None` if missing.
    fn add(&mut self, array: &ArrayRef, row: usize) -> Option<u64> {
        if array.is_null(row) {
            return None;
        }
        let plain = |value: u64| Some(hash(&value.to_le_bytes()));
        match (&mut self.values, array.data_type()) {
            (Values::Numbers(numbers), DataType::Float64) => {
                // Adding 0 turns -0 into +0: the two are one number.
                let number = array.as_primitive::<Float64Type>().value(row) + 0.0;
                numbers.add(number).then(|| plain(number.to_bits()))?
            }
            (Values::Numbers(numbers), _) => {
                let count = array.as_primitive::<Int64Type>().value(row);
                numbers.add(count as f64);
                plain(count as u64)
            }
            (Values::Texts(texts), _) => {
                let text = array.as_string::<TextOffset>().value(row);
                texts.add(text);
                Some(hash(text.as_bytes()))
            }
            (Values::Truths(levels), _) => {
                let truth = array.as_boolean().value(row);
                levels.add(&truth);
                plain(u64::from(truth))
            }
            (Values::Moments { levels, range }, kind) => {
                let micros = match kind {
                    DataType::Time64(_) => array.as_primitive::<Time64MicrosecondType>().value(row),
                    _ => array.as_primitive::<TimestampMicrosecondType>().value(row),
                };
                levels.add(&micros, 0);
                *range = wider(*range, Some((micros, micros)));
                plain(micros as u64)
            }
        }
    }

    pub(super) fn merge(&mut self, later: Seen) {
        self.missing += later.missing;
        self.distinct.merge(later.distinct);
        match (&mut self.values, later.values) {
            (Values::Numbers(seen), Values::Numbers(more)) => seen.merge(*more),
            (Values::Texts(seen), Values::Texts(more)) => seen.merge(*more),
            (Values::Truths(seen), Values::Truths(more)) => seen.merge(more),
            (Values::Moments { levels, range }, Values::Moments { levels: more, range: other }) => {
                levels.merge(more, |_| 0);
                *range = wider(*range, other);
            }
            _ => unreachable!("summaries of one column are alike"),
        }
    }

    pub(super) fn finish(mut self, column: &Column, rows: u64) -> ColumnProfile {
        let mut profile = ColumnProfile {
            name: column.name.clone(),
            kind: column.kind,
            role: column.role,
            rows,
            missing: self.missing,
            distinct: self.distinct.different(),
            levels: Vec::new(),
            numbers: None,
            text: None,
            range: None,
        };
        match self.values {
            Values::Numbers(numbers) => {
                profile.levels = numbers.levels.top(|bits| number_of(*bits).to_string());
                profile.numbers = numbers.finish();
            }
            Values::Texts(texts) => {
                profile.levels = texts.levels.top(String::clone);
                profile.text = texts.finish(profile.present());
            }
            Values::Truths(levels) => {
                profile.levels = Frequent { levels: Some(levels), bytes: 0, bytes_max: 0 }.top(bool::to_string);
            }
            Values::Moments { levels, range } => {
                let text = |micros: &i64| match column.kind {
                    ColumnType::Time => pipewright_table::literal::time_text(*micros),
                    _ => pipewright_table::literal::date_text(*micros),
                };
                profile.range = range.map(|(first, last)| (text(&first), text(&last)));
                profile.levels = levels.top(text);
            }
        }
        profile
    }
}

impl Numbers {
    /// Adds a number unless it is NaN, which counts as missing.
    fn add(&mut self, number: f64) -> bool {
        if number.is_nan() {
            return false;
        }
        self.zeros += u64::from(number == 0.0);
        self.negative += u64::from(number < 0.0);
        self.levels.add(&ordered(number), 0);
        match number.is_finite() {
            true => {
                self.moments.add(number);
                self.quantiles.add(number);
            }
            false => self.infinite += 1,
        }
        true
    }

    fn merge(&mut self, later: Numbers) {
        self.moments.merge(later.moments);
        self.quantiles.merge(later.quantiles);
        self.zeros += later.zeros;
        self.negative += later.negative;
        self.infinite += later.infinite;
        self.levels.merge(later.levels, |_| 0);
    }

    fn finish(mut self) -> Option<NumberProfile> {
        let mean = self.moments.mean()?;
        let mut quantiles = [0.0; SHARES.len()];
        quantiles.copy_from_slice(&self.quantiles.quantiles(&SHARES)?);
        Some(NumberProfile {
            mean,
            std: self.moments.deviation(1).filter(|std| std.is_finite()),
            quantiles,
            approximate: self.quantiles.is_approximate(),
            skewness: None,
            zeros: self.zeros,
            negative: self.negative,
            infinite: self.infinite,
            histogram: None,
        })
    }
}

impl Texts {
    fn add(&mut self, text: &str) {
        self.levels.add(text, text.len());
        let characters = text.chars().count() as u64;
        self.shortest = Some(self.shortest.map_or(characters, |shortest| shortest.min(characters)));
        self.characters += characters;
        self.longest = self.longest.max(characters);
        let trimmed = text.trim();
        if trimmed.is_empty() {
            self.blank += 1;
        } else if is_number(trimmed) {
            self.numbers += 1;
        } else {
            self.amounts.iter_mut().zip(is_amount(trimmed)).for_each(|(count, is)| *count += u64::from(is));
            self.keep_odd(text);
        }
    }

    /// Keeps the smallest few, so that the order of rows does not matter.
    fn keep_odd(&mut self, text: &str) {
        if let Err(place) = self.odd.binary_search_by(|known| known.as_str().cmp(text))
            && place < ODD_MAX
        {
            self.odd.insert(place, text.to_owned());
            self.odd.truncate(ODD_MAX);
        }
    }

    fn merge(&mut self, later: Texts) {
        self.levels.merge(later.levels, String::len);
        self.shortest = self.shortest.into_iter().chain(later.shortest).min();
        self.characters += later.characters;
        self.longest = self.longest.max(later.longest);
        self.blank += later.blank;
        self.numbers += later.numbers;
        self.amounts.iter_mut().zip(later.amounts).for_each(|(count, more)| *count += more);
        later.odd.iter().for_each(|text| self.keep_odd(text));
    }

    fn finish(self, present: u64) -> Option<TextProfile> {
        let is_odd = self.numbers * 2 > present;
        let [point, comma] = self.amounts;
        Some(TextProfile {
            shortest: self.shortest?,
            mean_length: self.characters as f64 / present.max(1) as f64,
            longest: self.longest,
            blank: self.blank,
            numbers: self.numbers,
            odd: if is_odd { self.odd } else { Vec::new() },
            amounts: point.max(comma),
            comma: comma > point,
        })
    }
}

/// Is it a number with a digit, not a word for infinity, nor a code with a leading zero?
fn is_number(text: &str) -> bool {
    text.bytes().any(|byte| byte.is_ascii_digit())
        && text.parse::<f64>().is_ok()
        && CodeSign::of(text.as_bytes()) != Some(CodeSign::LeadingZero)
}

/// Returns the union of two ranges.
fn wider(one: Option<(i64, i64)>, other: Option<(i64, i64)>) -> Option<(i64, i64)> {
    let both = |((first, last), (start, end)): ((i64, i64), (i64, i64))| (first.min(start), last.max(end));
    one.zip(other).map(both).or(one).or(other)
}

/// Returns the bits of a number, in numeric order.
fn ordered(number: f64) -> u64 {
    let bits = number.to_bits();
    if bits >> 63 == 1 { !bits } else { bits | 1 << 63 }
}

/// Inverse of [`ordered`].
fn number_of(bits: u64) -> f64 {
    f64::from_bits(if bits >> 63 == 1 { bits & !(1 << 63) } else { !bits })
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
