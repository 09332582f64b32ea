//! One column of features, as it is stored.

use super::Shared;
use std::sync::{Arc, OnceLock};

/// A feature column as it is stored; [`Features::column`](super::Features::column) gives any column as a list of
/// numbers, whatever its storage.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Column {
    /// A number per row; NaN where it is missing.
    Dense(Shared<f64>),
    /// A sparse column: numbers most of which are 0.
    Sparse(Sparse),
    /// A category per row.
    Categories(Categories),
}

impl Column {
    /// The number of rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        match self {
            Column::Dense(values) => values.len(),
            Column::Sparse(sparse) => sparse.rows,
            Column::Categories(categories) => categories.codes.len(),
        }
    }

    /// Returns one number per row: zeros are filled in, and a category is its code, or NaN if missing.
    pub(super) fn numbers(&self) -> &[f64] {
        match self {
            Column::Dense(values) => values,
            Column::Sparse(sparse) => sparse.dense.get_or_init(|| sparse.to_dense()),
            Column::Categories(categories) => categories.numbers.get_or_init(|| categories.to_numbers()),
        }
    }

    /// Returns the stored numbers: all non-zeros of a sparse column; empty for categories.
    pub(super) fn stored(&self) -> &[f64] {
        match self {
            Column::Dense(values) => values,
            Column::Sparse(sparse) => &sparse.values,
            Column::Categories(_) => &[],
        }
    }

    /// The row of the stored number at this position.
    pub(super) fn row_of(&self, position: usize) -> usize {
        match self {
            Column::Sparse(sparse) => sparse.positions[position] as usize,
            Column::Dense(_) | Column::Categories(_) => position,
        }
    }

    /// The rows at these positions, in this order.
    ///
    /// # Panics
    /// If there are not that many rows.
    #[must_use]
    pub fn take(&self, rows: &[u32]) -> Column {
        match self {
            Column::Dense(values) => {
                Column::Dense(rows.iter().map(|&row| values[row as usize]).collect::<Vec<f64>>().into())
            }
            Column::Sparse(sparse) => Column::Sparse(sparse.take(rows)),
            Column::Categories(Categories { codes, levels, .. }) => {
                let codes: Vec<u32> = rows.iter().map(|&row| codes[row as usize]).collect();
                Column::Categories(Categories { codes: codes.into(), levels: levels.clone(), numbers: OnceLock::new() })
            }
        }
    }
}

/// A sparse column: only the non-zero numbers are stored.
///
/// ```
/// use pipewright_learn::{Features, data::{Column, Sparse}};
/// let sparse = Sparse::new(4, vec![1, 3].into(), vec![2.0, 5.0].into());
/// let features = Features::from_columns(4, ["x".to_owned()].into(), vec![Column::Sparse(sparse)]);
/// assert_eq!(features.column(0), [0.0, 2.0, 0.0, 5.0]);
/// ```
#[derive(Debug, Clone)]
pub struct Sparse {
    rows: usize,
    positions: Shared<u32>,
    values: Shared<f64>,
    /// The dense form, computed on first use.
    dense: OnceLock<Vec<f64>>,
}

impl Sparse {
    /// Creates a sparse column of `rows` rows from the ascending rows that have a number, and the number of each.
    ///
    /// # Panics
    /// If the numbers of positions and values differ, or positions are not ascending or not below `rows`.
    #[must_use]
    pub fn new(rows: usize, positions: Shared<u32>, values: Shared<f64>) -> Sparse {
        assert_eq!(positions.len(), values.len(), "a value per position");
        assert!(positions.windows(2).all(|pair| pair[0] < pair[1]), "positions ascend");
        assert!(positions.last().is_none_or(|&last| (last as usize) < rows), "positions are below the number of rows");
        Sparse { rows, positions, values, dense: OnceLock::new() }
    }

    /// Returns the rows that have a number, ascending.
    #[must_use]
    pub fn positions(&self) -> &[u32] {
        &self.positions
    }

    /// The number of each of those rows.
    #[must_use]
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// Returns a column with other numbers at the same rows.
    pub(crate) fn with_values(&self, values: Vec<f64>) -> Sparse {
        Sparse::new(self.rows, self.positions.clone(), values.into())
    }

    fn to_dense(&self) -> Vec<f64> {
        let mut dense = vec![0.0; self.rows];
        self.positions.iter().zip(&*self.values).for_each(|(&row, &value)| dense[row as usize] = value);
        dense
    }

    fn take(&self, rows: &[u32]) -> Sparse {
        let at = |row: &u32| self.positions.binary_search(row).ok();
        let (positions, values): (Vec<u32>, Vec<f64>) =
            rows.iter().zip(0..).filter_map(|(row, place)| Some((place, self.values[at(row)?]))).unzip();
        Sparse::new(rows.len(), positions.into(), values.into())
    }
}

impl PartialEq for Sparse {
    fn eq(&self, other: &Sparse) -> bool {
        self.rows == other.rows && self.positions == other.positions && self.values == other.values
    }
}

/// A categorical column: for each row, the index of its level in a list of levels.
#[derive(Debug, Clone)]
pub struct Categories {
    codes: Shared<u32>,
    levels: Arc<[String]>,
    /// The codes as numbers, computed on first use.
    numbers: OnceLock<Vec<f64>>,
}

impl Categories {
    /// Code of a row whose level is missing.
    pub const MISSING: u32 = u32::MAX;

    /// Creates a column from the code of each row: an index into `levels`, or [`Categories::MISSING`].
    ///
    /// # Panics
    /// If a code is neither.
    #[must_use]
    pub fn new(codes: Shared<u32>, levels: Arc<[String]>) -> Categories {
        let known = |code: &u32| *code == Categories::MISSING || (*code as usize) < levels.len();
        assert!(codes.iter().all(known), "codes are places in the list of levels");
        Categories { codes, levels, numbers: OnceLock::new() }
    }

    /// The code of each row.
    #[must_use]
    pub fn codes(&self) -> &[u32] {
        &self.codes
    }

    /// The levels.
    #[must_use]
    pub fn levels(&self) -> &[String] {
        &self.levels
    }

    fn to_numbers(&self) -> Vec<f64> {
        let number = |&code: &u32| if code == Categories::MISSING { f64::NAN } else { f64::from(code) };
        self.codes.iter().map(number).collect()
    }
}

impl PartialEq for Categories {
    fn eq(&self, other: &Categories) -> bool {
        self.codes == other.codes && self.levels == other.levels
    }
}
