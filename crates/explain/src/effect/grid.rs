//! Values of a column at which its effect is computed: values of rows.

use crate::Players;
use crate::Rows;
use pipewright_diagnostic::{Failure, code};
use pipewright_learn::data::{Categories, Column};

/// A value of a column.
#[derive(Debug, Clone, PartialEq)]
pub struct GridPoint {
    /// A reference row that has the value.
    pub row: u32,
    /// The number, or the code of the level.
    pub value: f64,
    /// The level; `None` for numbers.
    pub level: Option<String>,
}

/// The values of the one column of a player.
pub(super) fn values<R: Rows>(rows: &R, players: &Players, player: &str) -> Result<(usize, Column), Failure> {
    let place = players.position(player)?;
    match players.columns(place) {
        [column] => Ok((place, rows.values(*column)?)),
        _ => {
            let message = format!("`{player}` is a group of columns, whose values have no order");
            Err(Failure::new(code::BAD_VALUE, message))
        }
    }
}

/// At most `size` values of a column: all distinct numbers if there are no more, else quantiles; the most frequent levels,
/// in the order of their codes. Missing values are left out.
pub(super) fn grid(values: &Column, size: usize) -> Result<Vec<GridPoint>, Failure> {
    if size < 2 {
        return Err(Failure::new(code::BAD_VALUE, "a grid has at least 2 values"));
    }
    let grid = match values {
        Column::Categories(categories) => levels(categories, size),
        Column::Dense(values) => numbers(values, size),
        _ => unreachable!("values of rows are numbers or categories"),
    };
    match grid.is_empty() {
        true => Err(Failure::new(code::TOO_FEW_ROWS, "all values of the column are missing")),
        false => Ok(grid),
    }
}

fn numbers(values: &[f64], size: usize) -> Vec<GridPoint> {
    let mut order: Vec<u32> = (0..).take(values.len()).filter(|&row| !values[row as usize].is_nan()).collect();
    let value = |row: u32| values[row as usize];
    order.sort_by(|&a, &b| value(a).partial_cmp(&value(b)).expect("no value is NaN"));
    let mut distinct = order.clone();
    distinct.dedup_by_key(|row| value(*row) + 0.0);
    let rows = if distinct.len() <= size {
        distinct
    } else {
        let last = order.len() - 1;
        let mut rows: Vec<u32> = (0..size).map(|place| order[(place * last + (size - 1) / 2) / (size - 1)]).collect();
        rows.dedup_by_key(|row| value(*row) + 0.0);
        rows
    };
    rows.into_iter().map(|row| GridPoint { row, value: value(row), level: None }).collect()
}

fn levels(categories: &Categories, size: usize) -> Vec<GridPoint> {
    let mut seen: Vec<(usize, Option<u32>)> = vec![(0, None); categories.levels().len()];
    for (row, &code) in (0..).zip(categories.codes()) {
        if code != Categories::MISSING {
            let (count, first) = &mut seen[code as usize];
            *count += 1;
            first.get_or_insert(row);
        }
    }
    let mut codes: Vec<usize> = (0..seen.len()).filter(|&code| seen[code].0 > 0).collect();
    codes.sort_by_key(|&code| std::cmp::Reverse(seen[code].0));
    codes.truncate(size);
    codes.sort_unstable();
    let point = |code: usize| {
        let level = Some(categories.levels()[code].clone());
        Some(GridPoint { row: seen[code].1?, value: code as f64, level })
    };
    codes.into_iter().filter_map(point).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(values: Vec<f64>, size: usize) -> Vec<f64> {
        grid(&Column::Dense(values.into()), size).unwrap().iter().map(|point| point.value).collect()
    }

    #[test]
    fn grids_are_values_that_occur() {
        assert_eq!(found(vec![3.0, f64::NAN, 1.0, 3.0, 2.0], 5), [1.0, 2.0, 3.0]);
        assert_eq!(found((0..101).map(f64::from).collect(), 5), [0.0, 25.0, 50.0, 75.0, 100.0]);
        assert_eq!(found([vec![0.0; 97], vec![1.0, 2.0, 3.0]].concat(), 3), [0.0, 3.0]);
        assert!(grid(&Column::Dense(vec![f64::NAN].into()), 2).is_err());
        assert!(grid(&Column::Dense(vec![1.0].into()), 1).is_err());
    }

    #[test]
    fn the_most_frequent_levels_are_shown_in_order() {
        let names: Vec<String> = ["a", "b", "c", "d"].map(str::to_owned).to_vec();
        let codes = vec![2, 3, Categories::MISSING, 2, 0, 3, 3];
        let column = Column::Categories(Categories::new(codes.into(), names.into()));
        let points = grid(&column, 2).unwrap();
        let found: Vec<(u32, &str)> = points.iter().map(|point| (point.row, point.level.as_deref().unwrap())).collect();
        assert_eq!(found, [(0, "c"), (1, "d")]);
    }
}
