//! Columns as whole numbers: ranks of distinct values, bins, or codes of levels.

use crate::data::{Categories, Column, Features};
use crate::tree::{between, cuts};
use rayon::prelude::*;

/// Maximum number of bins of a column: ranks, and that of missing values, then fit a byte.
const BINS: usize = 255;

/// The rank of each row, in as few bytes as the column needs. Missing values have the rank `count` of their column.
#[derive(Debug)]
pub(super) enum Ranks {
    Bytes(Vec<u8>),
    Words(Vec<u16>),
    Long(Vec<u32>),
}

/// Runs a body with the ranks of a column as a slice of their type.
macro_rules! with_ranks {
    ($ranks:expr, $slice:ident => $body:expr) => {
        match $ranks {
            Ranks::Bytes($slice) => $body,
            Ranks::Words($slice) => $body,
            Ranks::Long($slice) => $body,
        }
    };
}
pub(super) use with_ranks;

impl Ranks {
    fn new(ranks: Vec<u32>, count: usize) -> Ranks {
        match count {
            0..=0xFF => Ranks::Bytes(ranks.into_iter().map(|rank| rank as u8).collect()),
            0x100..=0xFFFF => Ranks::Words(ranks.into_iter().map(|rank| rank as u16).collect()),
            _ => Ranks::Long(ranks),
        }
    }
}

/// What ranks stand for.
#[derive(Debug)]
pub(super) enum Kind {
    /// Numbers. A threshold between ranks a < b is at least `floor[a]`, and at most `ceiling[b]`.
    Numbers { floor: Vec<f64>, ceiling: Vec<f64> },
    /// Codes of levels.
    Levels,
}

/// One column.
#[derive(Debug)]
pub(super) struct Encoded {
    pub(super) ranks: Ranks,
    /// The number of ranks, without that of missing values.
    pub(super) count: usize,
    pub(super) kind: Kind,
}

impl Encoded {
    /// Encodes a column exactly: a rank per distinct value.
    fn exact(column: &Column, values: &[f64]) -> Encoded {
        if let Column::Categories(categories) = column {
            return Encoded::levels(categories);
        }
        let mut distinct: Vec<f64> = values.iter().copied().filter(|value| !value.is_nan()).collect();
        distinct.sort_unstable_by(f64::total_cmp);
        distinct.dedup();
        let ranks = ranks_in(values, &distinct, distinct.len());
        let count = distinct.len();
        let kind = Kind::Numbers { floor: distinct.clone(), ceiling: distinct };
        Encoded { ranks: Ranks::new(ranks, count), count, kind }
    }

    /// Encodes numbers by their bin, of at most [`BINS`]; columns with fewer distinct values are encoded exactly, and
    /// levels keep their codes.
    fn binned(column: &Column, values: &[f64]) -> Encoded {
        if let Column::Categories(categories) = column {
            return Encoded::levels(categories);
        }
        let mut sorted: Vec<f64> = values.iter().copied().filter(|value| !value.is_nan()).collect();
        sorted.sort_unstable_by(f64::total_cmp);
        let distinct = 1 + sorted.windows(2).filter(|pair| pair[0] != pair[1]).count();
        if distinct <= BINS {
            return Encoded::exact(column, values);
        }
        let cuts = cuts(sorted, 0, BINS);
        let count = cuts.len() + 1;
        let ranks = ranks_in(values, &cuts, count);
        let floor = cuts.iter().copied().chain([f64::MAX]).collect();
        let ceiling = [f64::MIN].into_iter().chain(cuts.iter().copied()).collect();
        Encoded { ranks: Ranks::new(ranks, count), count, kind: Kind::Numbers { floor, ceiling } }
    }

    fn levels(categories: &Categories) -> Encoded {
        let count = categories.levels().len();
        let rank = |&code: &u32| if code == Categories::MISSING { count as u32 } else { code };
        let ranks = categories.codes().iter().map(rank).collect();
        Encoded { ranks: Ranks::new(ranks, count), count, kind: Kind::Levels }
    }

    /// A threshold with `low` on its left and `high` on its right; `None` stands for missing values, which are above
    /// all numbers.
    pub(super) fn threshold(&self, low: u32, high: Option<u32>) -> f64 {
        match (&self.kind, high) {
            (Kind::Numbers { floor, ceiling }, Some(high)) => between(floor[low as usize], ceiling[high as usize]),
            _ => f64::MAX,
        }
    }
}

/// The number of `edges` below each value; `missing` for NaN.
fn ranks_in(values: &[f64], edges: &[f64], missing: usize) -> Vec<u32> {
    let rank = |value: &f64| match value.is_nan() {
        true => missing as u32,
        false => edges.partition_point(|edge| edge < value) as u32,
    };
    values.iter().map(rank).collect()
}

/// Encodes all columns exactly.
pub(super) fn exactly(features: &Features) -> Vec<Encoded> {
    let column = |index: usize| Encoded::exact(features.stored(index), features.column(index));
    (0..features.columns()).into_par_iter().map(column).collect()
}

/// Encodes all columns by bins.
pub(super) fn in_bins(features: &Features) -> Vec<Encoded> {
    let column = |index: usize| Encoded::binned(features.stored(index), features.column(index));
    (0..features.columns()).into_par_iter().map(column).collect()
}

#[cfg(test)]
#[expect(clippy::useless_conversion, reason = "ranks are of three types, and one of them is u32")]
mod tests {
    use super::*;

    #[test]
    fn bins_hold_about_equally_many_rows() {
        let values: Vec<f64> = (0..10_000).map(f64::from).chain([f64::NAN, 0.0, 0.0]).collect();
        let features = Features::new(values.len(), ["x".to_owned()].into(), values.clone());
        let column = &in_bins(&features)[0];
        assert_eq!(column.count, BINS);
        let mut rows = vec![0; BINS + 1];
        with_ranks!(&column.ranks, ranks => ranks.iter().for_each(|&rank| { let rank: u32 = rank.into(); rows[rank as usize] += 1 }));
        assert!(rows[..BINS].iter().all(|rows| (37..=42).contains(rows)) && rows[BINS] == 1);
        let place = |rank: u32| column.threshold(rank, Some(rank + 1));
        assert!((0..BINS as u32 - 2).all(|rank| place(rank) < place(rank + 1)));
    }

    #[test]
    fn ranks_are_those_of_distinct_values() {
        let features = Features::from_rows(["x"], &[[2.0], [-0.0], [f64::NAN], [0.0], [5.0]]);
        let column = &exactly(&features)[0];
        assert_eq!(column.count, 3);
        with_ranks!(&column.ranks, ranks => {
            let ranks: Vec<u32> = ranks.iter().map(|&rank| rank.into()).collect();
            assert_eq!(ranks, [1, 0, 3, 0, 2]);
        });
        assert_eq!((column.threshold(0, Some(1)), column.threshold(1, Some(2))), (1.0, 3.5));
        assert_eq!(column.threshold(2, None), f64::MAX);
    }
}
