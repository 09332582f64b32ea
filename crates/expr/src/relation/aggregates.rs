//! Aggregates of a column per group of rows.
//!
//! Counts, sums and extremes are folded row by row, in parallel over parts of the rows; the folds are exact, so that
//! the parts do not matter. Aggregates that need all values of a group at once get them in table order.

use crate::Aggregate;
use arrow_array::{
    ArrayRef, BooleanArray, Float64Array, Int64Array, Time64MicrosecondArray, TimestampMicrosecondArray,
};
use pipewright_diagnostic::Failure;
use pipewright_table::rows::{Groups, Index, Keys, Members, NONE, Values, beyond_64_bits, gather, sums_are_whole};
use pipewright_table::summary::{ExactSum, FixedPoint, Moments, Quantiles};
use pipewright_table::{Column, ColumnType, whole};
use rayon::prelude::*;
use std::cmp::Ordering;
use std::sync::{Arc, OnceLock};

/// Groups of rows, and state shared by all aggregates over them.
pub(super) struct Aggregating<'a> {
    groups: &'a Groups,
    sizes: Vec<u32>,
    /// Computed by one thread only, so that none waits for itself.
    members: OnceLock<Members>,
}

/// A column over groups, with state shared by several aggregates. They must be computed sequentially: a thread that
/// waits for its helpers steals other work, which must not wait for the same state.
pub(super) struct Aggregated<'a> {
    over: &'a Aggregating<'a>,
    values: Values<'a>,
    counts: OnceLock<Vec<u32>>,
    sums: OnceLock<Result<Sums, Failure>>,
}

/// The sum of each group.
enum Sums {
    /// In units.
    Exact(FixedPoint, Vec<i128>),
    /// For numbers whose magnitudes are too far apart for a common unit: sums and means, each rounded once.
    Rounded(Vec<(f64, Option<f64>)>),
}

/// A sum that is no finite number is missing.
fn finite(sum: f64) -> Option<f64> {
    Some(sum).filter(|sum| sum.is_finite())
}

impl<'a> Aggregating<'a> {
    pub(super) fn over(groups: &'a Groups) -> Aggregating<'a> {
        let sizes = fold(groups, 0, |size, _| *size += 1, |size, more| *size += more);
        Aggregating { groups, sizes, members: OnceLock::new() }
    }

    pub(super) fn column(&'a self, column: &'a Column, array: &'a ArrayRef) -> Aggregated<'a> {
        Aggregated { over: self, values: Values::of(column, array), counts: OnceLock::new(), sums: OnceLock::new() }
    }

    fn members(&self) -> &Members {
        self.members.get_or_init(|| Members::of(self.groups))
    }

    /// Maps the rows of each group.
    fn each<T: Send>(&self, of: impl Fn(&[u32]) -> T + Sync) -> Vec<T> {
        let members = self.members();
        (0..self.groups.count()).into_par_iter().map(|group| of(members.of_group(group))).collect()
    }

    fn counted(counts: impl Iterator<Item = u32>) -> ArrayRef {
        Arc::new(counts.map(i64::from).collect::<Int64Array>())
    }

    /// Returns the number of rows of each group.
    pub(super) fn rows(&self) -> ArrayRef {
        Aggregating::counted(self.sizes.iter().copied())
    }
}

impl Aggregated<'_> {
    /// Computes the aggregate of each group, stored as its type.
    ///
    /// # Errors
    /// [`pipewright_diagnostic::code::NON_FINITE`] with the row of a number that cannot be summed;
    /// [`pipewright_diagnostic::code::VALUE_OUT_OF_RANGE`] if a sum of whole numbers overflows 64 bits.
    pub(super) fn take(&self, aggregate: Aggregate) -> Result<ArrayRef, Failure> {
        Ok(match aggregate {
            Aggregate::Rows => self.over.rows(),
            Aggregate::Count => Aggregating::counted(self.counts().iter().copied()),
            Aggregate::Nulls => {
                Aggregating::counted(self.over.sizes.iter().zip(self.counts()).map(|(size, count)| size - count))
            }
            Aggregate::Distinct => self.distinct(),
            Aggregate::Sum => self.sum()?,
            Aggregate::Mean => self.mean()?,
            Aggregate::Std => self.moments(|moments| moments.deviation(1))?,
            Aggregate::Var => self.moments(|moments| moments.variance(1))?,
            Aggregate::Median => self.quantile(0.5)?,
            Aggregate::Quantile(share) => self.quantile(share)?,
            Aggregate::Min => self.chosen(|row, best| self.values.compare(row, best).is_lt()),
            Aggregate::Max => self.chosen(|row, best| self.values.compare(row, best).is_gt()),
            Aggregate::First => self.chosen(|_, _| false),
            Aggregate::Last => self.chosen(|_, _| true),
            Aggregate::Mode => self.mode(),
            Aggregate::Any => self.truths(|one, other| one || other),
            Aggregate::All => self.truths(|one, other| one && other),
        })
    }

    /// Returns the number of present values of each group.
    fn counts(&self) -> &[u32] {
        if self.values.nulls.is_none() {
            return &self.over.sizes;
        }
        let see = |count: &mut u32, row| *count += u32::from(self.values.is_there(row));
        self.counts.get_or_init(|| fold(self.over.groups, 0, see, |count, more| *count += more))
    }

    fn sums(&self) -> Result<&Sums, Failure> {
        let sums = || {
            let values = &self.values;
            let Some(unit) = values.unit()? else {
                return Ok(Sums::Rounded(self.over.each(|rows| {
                    let mut sum = ExactSum::default();
                    values.there(rows).for_each(|row| sum.add(values.number(row)));
                    (sum.value(), sum.mean())
                })));
            };
            let add = |sum: &mut i128, row| *sum += values.units(unit, row);
            let merge = |sum: &mut i128, more: i128| *sum += more;
            let units = match &values.nulls {
                None => fold(self.over.groups, 0, add, merge),
                Some(nulls) => fold(
                    self.over.groups,
                    0,
                    |sum, row| {
                        if nulls.is_valid(row) {
                            add(sum, row)
                        }
                    },
                    merge,
                ),
            };
            Ok(Sums::Exact(unit, units))
        };
        self.sums.get_or_init(sums).as_ref().map_err(Clone::clone)
    }

    fn sum(&self) -> Result<ArrayRef, Failure> {
        let column = self.values.column;
        Ok(match self.sums()? {
            Sums::Exact(_, units) if sums_are_whole(column) => {
                let whole = |&units: &i128| i64::try_from(units).map_err(|_| beyond_64_bits(column));
                Arc::new(units.iter().map(whole).collect::<Result<Int64Array, _>>()?)
            }
            Sums::Exact(unit, units) => {
                Arc::new(units.iter().map(|&units| finite(unit.quotient(units, 1))).collect::<Float64Array>())
            }
            Sums::Rounded(sums) => Arc::new(sums.iter().map(|&(sum, _)| finite(sum)).collect::<Float64Array>()),
        })
    }

    fn mean(&self) -> Result<ArrayRef, Failure> {
        let counts = self.counts().iter();
        if let (Sums::Exact(_, units), ColumnType::Date | ColumnType::Time) = (self.sums()?, self.values.column.kind) {
            let mean = |(&count, &units)| whole::nearest_quotient(units, i64::from(count));
            return Ok(moments(self.values.column.kind, counts.zip(units).map(mean)));
        }
        let means: Float64Array = match self.sums()? {
            Sums::Exact(unit, units) => {
                let mean = |(&count, &units): (&u32, &i128)| (count > 0).then(|| unit.quotient(units, count.into()));
                counts.zip(units).map(mean).collect()
            }
            Sums::Rounded(sums) => sums.iter().map(|&(_, mean)| mean).collect(),
        };
        Ok(Arc::new(means))
    }

    fn moments(&self, of: impl Fn(&Moments) -> Option<f64> + Sync) -> Result<ArrayRef, Failure> {
        let values = &self.values;
        values.unit()?;
        let each = self.over.each(|rows| {
            let mut moments = Moments::default();
            values.there(rows).for_each(|row| moments.add(values.number(row)));
            of(&moments)
        });
        Ok(Arc::new(each.into_iter().collect::<Float64Array>()))
    }

    fn quantile(&self, share: f64) -> Result<ArrayRef, Failure> {
        let values = &self.values;
        values.unit()?;
        let each = self.over.each(|rows| {
            let mut quantiles = Quantiles::default();
            values.there(rows).for_each(|row| quantiles.add(values.number(row)));
            quantiles.quantile(share)
        });
        Ok(Arc::new(each.into_iter().collect::<Float64Array>()))
    }

    /// Returns the best value of each group; the first row on ties.
    fn chosen(&self, better: impl Fn(usize, usize) -> bool + Sync) -> ArrayRef {
        let choose = |best: &mut u32, row: u32| {
            if row != NONE && (*best == NONE || better(row as usize, *best as usize)) {
                *best = row;
            }
        };
        let see = |best: &mut u32, row: usize| {
            if self.values.is_there(row) {
                choose(best, row as u32);
            }
        };
        gather(self.values.array, &fold(self.over.groups, NONE, see, choose))
    }

    /// Returns the distinct values of each group: pairs of a group and a value, and the count of each pair.
    fn different(&self) -> (Groups, Vec<u32>) {
        let index = Index::of(&Keys::of(self.values.array)).groups;
        let pairs = self.over.groups.paired(&index);
        let there: Vec<u32> = pairs.codes.iter().copied().filter(|&code| code != NONE).collect();
        let mut sizes = vec![0; pairs.count()];
        there.into_iter().for_each(|code| sizes[code as usize] += 1);
        (pairs, sizes)
    }

    fn distinct(&self) -> ArrayRef {
        let (pairs, _) = self.different();
        let mut counts = vec![0_u32; self.over.groups.count()];
        pairs.first.iter().for_each(|&row| counts[self.over.groups.codes[row as usize] as usize] += 1);
        Aggregating::counted(counts.into_iter())
    }

    /// Returns the mode of each group; the smallest value on ties.
    fn mode(&self) -> ArrayRef {
        let (pairs, sizes) = self.different();
        let mut best = vec![NONE; self.over.groups.count()];
        for (pair, &row) in pairs.first.iter().enumerate() {
            let best = &mut best[self.over.groups.codes[row as usize] as usize];
            let is_better = |other: u32| match sizes[pair].cmp(&sizes[other as usize]) {
                Ordering::Equal => {
                    self.values.compare(row as usize, pairs.first[other as usize] as usize) == Ordering::Less
                }
                order => order == Ordering::Greater,
            };
            if *best == NONE || is_better(*best) {
                *best = pair as u32;
            }
        }
        let row = |&pair: &u32| if pair == NONE { NONE } else { pairs.first[pair as usize] };
        let rows: Vec<u32> = best.iter().map(row).collect();
        gather(self.values.array, &rows)
    }

    fn truths(&self, join: impl Fn(bool, bool) -> bool + Sync) -> ArrayRef {
        let merge = |all: &mut Option<bool>, more: Option<bool>| {
            *all = match (*all, more) {
                (Some(one), Some(other)) => Some(join(one, other)),
                (one, other) => one.or(other),
            };
        };
        let see = |all: &mut Option<bool>, row| {
            merge(all, self.values.is_there(row).then(|| self.values.truth(row)));
        };
        Arc::new(fold(self.over.groups, None, see, merge).into_iter().collect::<BooleanArray>())
    }
}

/// Returns dates or times of day.
fn moments(kind: ColumnType, micros: impl Iterator<Item = Option<i64>>) -> ArrayRef {
    match kind {
        ColumnType::Time => Arc::new(micros.collect::<Time64MicrosecondArray>()),
        _ => Arc::new(micros.collect::<TimestampMicrosecondArray>()),
    }
}

/// Folds the rows of each group. `merge` must be exact: how the rows are split depends on the number of threads.
fn fold<A: Clone + Send + Sync>(
    groups: &Groups,
    empty: A,
    see: impl Fn(&mut A, usize) + Sync,
    merge: impl Fn(&mut A, A) + Sync,
) -> Vec<A> {
    let rows = groups.codes.len();
    // Each part needs one slot per group.
    let parts = rayon::current_num_threads().min(rows / (4 * groups.count().max(1))).max(1);
    let part_rows = rows.div_ceil(parts).max(1);
    let of = |(part, codes): (usize, &[u32])| {
        let mut all = vec![empty.clone(); groups.count()];
        for (row, &code) in (part * part_rows..).zip(codes) {
            see(&mut all[code as usize], row);
        }
        all
    };
    let parts: Vec<Vec<A>> = groups.codes.par_chunks(part_rows).enumerate().map(of).collect();
    let all = parts.into_iter().reduce(|mut all, later| {
        all.iter_mut().zip(later).for_each(|(one, more)| merge(one, more));
        all
    });
    all.unwrap_or_default()
}
