//! Which values of a column fall into one bin.

use super::model::Input;
use crate::data::{Categories, Column, Features};
use pipewright_world::random::Key;
use rayon::prelude::*;

/// The bin of missing values.
pub(crate) const MISSING: u8 = u8::MAX;
/// Maximum number of bins of values, besides [`MISSING`].
pub(crate) const BINS_MAX: usize = MISSING as usize;
/// Rows whose values decide where a column is cut; of longer columns, a random sample of this size.
const SAMPLE: usize = 200_000;

/// The bins of a column. Bins are numbered by ascending values, or by codes of levels.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Bins {
    /// Numbers: bin `i` holds those above `cuts[i - 1]` and not above `cuts[i]`.
    Numbers { cuts: Vec<f64> },
    /// Levels: the bin of each code. The last bin may hold several levels: the rarest.
    Levels { bin_of: Vec<u8>, count: usize },
}

impl Bins {
    /// The number of bins of values.
    pub(crate) fn count(&self) -> usize {
        match self {
            Bins::Numbers { cuts } => cuts.len() + 1,
            Bins::Levels { count, .. } => *count,
        }
    }

    /// Returns the bin of a number.
    pub(crate) fn of_number(cuts: &[f64], value: f64) -> u8 {
        if value.is_nan() { MISSING } else { cuts.partition_point(|&cut| cut < value) as u8 }
    }

    /// Returns the bin of a code.
    pub(crate) fn of_code(bin_of: &[u8], code: u32) -> u8 {
        if code == Categories::MISSING { MISSING } else { bin_of[code as usize] }
    }

    /// Finds the bins of a column: one per distinct value if there are at most `bins`, else about equally many rows
    /// in each.
    pub(crate) fn of(column: &Column, bins: usize, key: Key) -> Bins {
        let bins = bins.clamp(2, BINS_MAX);
        match column {
            Column::Dense(values) => Bins::Numbers { cuts: cuts(sample(values, key), 0, bins) },
            Column::Sparse(sparse) => {
                let stored = sample(sparse.values(), key);
                let share = stored.len() as f64 / sparse.values().len().max(1) as f64;
                let zeros = (column.rows() - sparse.values().len()) as f64 * share;
                Bins::Numbers { cuts: cuts(stored, zeros.ceil() as usize, bins) }
            }
            Column::Categories(categories) => levels(&rows_of_levels(categories), bins),
        }
    }
}

/// Finds the bins of all columns.
pub(crate) fn bins_of(features: &Features, bins: usize, key: Key) -> Vec<Bins> {
    let of = |index: usize| Bins::of(features.stored(index), bins, key.index(index as u64));
    (0..features.columns()).into_par_iter().map(of).collect()
}

/// What a tree has to know of each column to predict from its values.
pub(crate) fn inputs_of(features: &Features) -> Vec<Input> {
    let of = |index: usize| match features.stored(index) {
        Column::Categories(categories) => Input::Levels(categories.levels().to_vec()),
        Column::Dense(_) | Column::Sparse(_) => Input::Number,
    };
    (0..features.columns()).map(of).collect()
}

/// The values that decide on the cuts: all, or a random one of every stretch of equal length.
fn sample(values: &[f64], key: Key) -> Vec<f64> {
    let sampled = Sampled::new(values.len(), key);
    (0..sampled.count()).map(|index| values[sampled.row(index)]).collect()
}

/// The rows whose values decide on the cuts of a column, ascending.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sampled {
    rows: usize,
    key: Key,
}

impl Sampled {
    pub(super) fn new(rows: usize, key: Key) -> Sampled {
        Sampled { rows, key }
    }

    pub(super) fn count(self) -> usize {
        self.rows.min(SAMPLE)
    }

    pub(super) fn row(self, index: usize) -> usize {
        if self.rows <= SAMPLE {
            return index;
        }
        let stretch = self.rows as f64 / SAMPLE as f64;
        (((index as f64 + self.key.uniform(index as u64)) * stretch) as usize).min(self.rows - 1)
    }
}

/// Cuts between the values of a sample, with this many more zeros: at most `bins` bins of about equally many rows, but
/// for values that would fill a bin by themselves, which leave the other bins to the other values.
pub(crate) fn cuts(sample: Vec<f64>, zeros: usize, bins: usize) -> Vec<f64> {
    let distinct = distinct(sample, zeros);
    let groups = if distinct.len() <= bins { (1..distinct.len()).collect() } else { even_groups(&distinct, bins) };
    groups.into_iter().map(|start: usize| between(distinct[start - 1].0, distinct[start].0)).collect()
}

/// The distinct values, ascending, and how often each occurs.
fn distinct(mut sample: Vec<f64>, zeros: usize) -> Vec<(f64, usize)> {
    sample.retain(|value| !value.is_nan());
    sample.sort_unstable_by(f64::total_cmp);
    let mut distinct: Vec<(f64, usize)> = Vec::new();
    for value in sample {
        match distinct.last_mut() {
            Some((last, count)) if *last == value => *count += 1,
            _ => distinct.push((value, 1)),
        }
    }
    if zeros > 0 {
        match distinct.binary_search_by(|(value, _)| value.partial_cmp(&0.0).expect("no NaN")) {
            Ok(place) => distinct[place].1 += zeros,
            Err(place) => distinct.insert(place, (0.0, zeros)),
        }
    }
    distinct
}

/// The places at which a new bin starts, so that bins hold about equally many rows. A value that fills a bin by itself
/// gets its own, and the others share the rest.
fn even_groups(distinct: &[(f64, usize)], bins: usize) -> Vec<usize> {
    let rows: usize = distinct.iter().map(|(_, count)| count).sum();
    let even = rows as f64 / bins as f64;
    let is_big = |count: usize| count as f64 >= even;
    let big: usize = distinct.iter().filter(|(_, count)| is_big(*count)).count();
    let mut rest_rows: usize = distinct.iter().filter(|(_, count)| !is_big(*count)).map(|(_, count)| count).sum();
    let mut rest_bins = (bins - big).max(1);
    let mut size = rest_rows as f64 / rest_bins as f64;
    let (mut starts, mut filled) = (Vec::new(), 0);
    for place in 0..distinct.len() - 1 {
        let (count, next) = (distinct[place].1, distinct[place + 1].1);
        filled += count;
        if !is_big(count) {
            rest_rows -= count;
        }
        let full = is_big(count) || filled as f64 >= size || (is_big(next) && filled as f64 >= (size / 2.0).max(1.0));
        if full && starts.len() + 1 < bins {
            starts.push(place + 1);
            filled = 0;
            if !is_big(count) {
                rest_bins = (rest_bins - 1).max(1);
                size = rest_rows as f64 / rest_bins as f64;
            }
        }
    }
    starts
}

/// A number that separates two neighbours: not below the lower one, and below the upper one.
pub(crate) fn between(lower: f64, upper: f64) -> f64 {
    let middle = lower / 2.0 + upper / 2.0;
    if middle >= lower && middle < upper { middle } else { lower }
}

/// A bin per level, given the number of rows of each; of more levels than bins, the rarest share the last one.
pub(super) fn levels(rows: &[usize], bins: usize) -> Bins {
    if rows.len() <= bins {
        return Bins::Levels { bin_of: (0..rows.len()).map(|code| code as u8).collect(), count: rows.len().max(1) };
    }
    let mut order: Vec<usize> = (0..rows.len()).collect();
    order.sort_by_key(|&code| (std::cmp::Reverse(rows[code]), code));
    let mut bin_of = vec![(bins - 1) as u8; rows.len()];
    order.iter().take(bins - 1).enumerate().for_each(|(bin, &code)| bin_of[code] = bin as u8);
    Bins::Levels { bin_of, count: bins }
}

/// The number of rows of each level.
pub(super) fn rows_of_levels(categories: &Categories) -> Vec<usize> {
    let mut rows = vec![0_usize; categories.levels().len()];
    categories.codes().iter().filter(|&&code| code != Categories::MISSING).for_each(|&code| rows[code as usize] += 1);
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(values: &[f64], bins: usize) -> Vec<f64> {
        cuts(values.to_vec(), 0, bins)
    }

    #[test]
    fn few_values_have_a_bin_each() {
        assert_eq!(cut(&[3.0, 1.0, f64::NAN, 1.0, 2.0], 255), [1.5, 2.5]);
        assert_eq!(cut(&[f64::NAN; 3], 255), [0.0; 0]);
        assert_eq!(cut(&[-0.0, 0.0, 1.0], 255), [0.5]);
        let neighbours = [1.0, 1.0_f64.next_up()];
        assert_eq!(cut(&neighbours, 255), [1.0]);
        assert_eq!(cut(&[-f64::MAX, f64::MAX], 255), [0.0]);
    }

    #[test]
    fn many_values_are_spread_evenly() {
        let values: Vec<f64> = (0..10_000).map(f64::from).collect();
        let cuts = cut(&values, 100);
        assert_eq!(cuts.len(), 99);
        let bin = |value: &f64| usize::from(Bins::of_number(&cuts, *value));
        let mut rows = vec![0; 100];
        values.iter().for_each(|value| rows[bin(value)] += 1);
        assert!(rows.iter().all(|rows| (95..=105).contains(rows)), "{rows:?}");
    }

    #[test]
    fn a_frequent_value_has_its_own_bin() {
        let mut values: Vec<f64> = (0..1000).map(f64::from).collect();
        values.extend([500.0; 2000]);
        let cuts = cut(&values, 10);
        assert!(cuts.len() <= 9 && cuts.contains(&499.5) && cuts.contains(&500.5), "{cuts:?}");
        assert_eq!(super::cuts(vec![1.0, 2.0], 5, 10), [0.5, 1.5]);
    }

    #[test]
    fn the_rarest_levels_share_a_bin() {
        let levels: Vec<String> = (0..4).map(|level| level.to_string()).collect();
        let codes = vec![3, 3, 3, 1, 1, 0, 2, Categories::MISSING];
        let column = Column::Categories(Categories::new(codes.into(), levels.into()));
        assert_eq!(Bins::of(&column, 3, Key::new(0)), Bins::Levels { bin_of: vec![2, 1, 2, 0], count: 3 });
        assert_eq!(Bins::of_code(&[2, 1, 2, 0], Categories::MISSING), MISSING);
    }
}
