//! How alike two rows are, player by player.

use crate::{Players, Rows};
use pipewright_diagnostic::Failure;
use pipewright_learn::data::{Categories, Column};

/// The values of all columns of players, ready to be compared.
pub(super) struct Compared {
    /// Per player, its columns.
    players: Vec<Vec<Values>>,
}

/// The values of a column.
pub(super) struct Values {
    pub(super) numbers: Vec<f64>,
    /// The range of the numbers of the reference rows; `None` for categories, whose numbers are codes.
    range: Option<f64>,
}

impl Compared {
    /// The values of rows, the first `reference` of which are the reference rows.
    pub(super) fn new<R: Rows>(pool: &R, players: &Players, reference: usize) -> Result<Compared, Failure> {
        let column = |&column: &usize| Ok(Values::new(&pool.values(column)?, reference));
        let player = |player: usize| players.columns(player).iter().map(column).collect::<Result<Vec<_>, Failure>>();
        Ok(Compared { players: (0..players.len()).map(player).collect::<Result<_, Failure>>()? })
    }

    /// The columns of a player.
    pub(super) fn columns(&self, player: usize) -> &[Values] {
        &self.players[player]
    }

    /// Have two rows the same values of a player?
    pub(super) fn same(&self, player: usize, one: usize, two: usize) -> bool {
        self.players[player].iter().all(|values| values.distance(one, two) == 0.0)
    }

    /// Gower's distance of two rows in a player, from 0 to 1 between reference rows: differences of numbers as shares of
    /// their range, 1 for different levels (J. Gower, "A general coefficient of similarity", Biometrics, 1971).
    pub(super) fn distance(&self, player: usize, one: usize, two: usize) -> f64 {
        let columns = &self.players[player];
        columns.iter().map(|values| values.distance(one, two)).sum::<f64>() / columns.len() as f64
    }
}

impl Values {
    fn new(column: &Column, reference: usize) -> Values {
        match column {
            Column::Categories(categories) => {
                let code = |&code: &u32| if code == Categories::MISSING { f64::NAN } else { f64::from(code) };
                Values { numbers: categories.codes().iter().map(code).collect(), range: None }
            }
            Column::Dense(values) => {
                let known = || values[..reference].iter().copied().filter(|value| !value.is_nan());
                let (low, high) = (known().fold(f64::INFINITY, f64::min), known().fold(f64::NEG_INFINITY, f64::max));
                Values { numbers: values.to_vec(), range: Some((high - low).max(0.0)) }
            }
            _ => unreachable!("values of rows are numbers or categories"),
        }
    }

    /// Are these numbers, none of them missing?
    pub(super) fn are_complete_numbers(&self) -> bool {
        self.range.is_some() && !self.numbers.iter().any(|number| number.is_nan())
    }

    fn distance(&self, one: usize, two: usize) -> f64 {
        let [one, two] = [one, two].map(|row| self.numbers[row]);
        match (one.is_nan(), two.is_nan()) {
            (true, true) => 0.0,
            (true, false) | (false, true) => 1.0,
            _ if one == two => 0.0,
            _ => match self.range {
                Some(range) if range > 0.0 && range.is_finite() => (one - two).abs() / range,
                _ => 1.0,
            },
        }
    }

    /// The bin of each row: codes of levels, or of quantiles of the reference rows. Missing values are a bin.
    pub(super) fn bins(&self, bins: usize, reference: usize) -> Vec<usize> {
        const MISSING: usize = usize::MAX;
        let mut known: Vec<f64> = self.numbers[..reference].iter().copied().filter(|value| !value.is_nan()).collect();
        known.sort_by(f64::total_cmp);
        let edge = |place: usize| known[place * known.len() / bins];
        let edges: Vec<f64> = if known.is_empty() { Vec::new() } else { (1..bins).map(edge).collect() };
        let bin = |value: &f64| match (value.is_nan(), self.range) {
            (true, _) => MISSING,
            (_, None) => *value as usize,
            // The edge is the lowest value of its bin.
            _ => edges.partition_point(|edge| edge <= value),
        };
        self.numbers.iter().map(bin).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bins_are_quantiles_and_levels() {
        let numbers = Values::new(&Column::Dense(vec![1.0, 2.0, 3.0, 4.0, f64::NAN, 9.0].into()), 5);
        assert_eq!(numbers.bins(2, 5), [0, 0, 1, 1, usize::MAX, 1]);
        assert_eq!((numbers.distance(0, 3), numbers.distance(0, 4), numbers.distance(4, 4)), (1.0, 1.0, 0.0));
        let levels: Vec<String> = vec!["a".to_owned(), "b".to_owned()];
        let levels = Categories::new(vec![1, 0, Categories::MISSING].into(), levels.into());
        let levels = Values::new(&Column::Categories(levels), 3);
        assert_eq!(levels.bins(4, 3), [1, 0, usize::MAX]);
        assert_eq!((levels.distance(0, 1), levels.distance(0, 0)), (1.0, 0.0));
        assert!(!levels.are_complete_numbers() && !numbers.are_complete_numbers());
    }
}
