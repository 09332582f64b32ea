//! Partial dependence, and the curves of single rows.

use super::grid::{GridPoint, grid, values};
use crate::{Explainer, Numbers, Rows};
use pipewright_diagnostic::Failure;

/// The partial dependence of a function on a column: its mean over all rows if they all had the same value in it.
///
/// Rows are made that may not occur, where the column is correlated with others; [`Explainer::accumulated`] avoids that.
#[derive(Debug, Clone, PartialEq)]
pub struct Dependence {
    /// The name of the column.
    pub name: String,
    /// Its values, in order.
    pub grid: Vec<GridPoint>,
    /// The mean outputs at each value.
    pub average: Numbers,
    /// The reference rows that have a curve.
    pub rows: Vec<u32>,
    /// The outputs of each of those rows at each value: individual conditional expectations (ICE). If the curves are not
    /// parallel, the column interacts with others.
    pub curves: Vec<Numbers>,
}

/// The partial dependence of a function on two columns.
#[derive(Debug, Clone, PartialEq)]
pub struct DependenceOfTwo {
    /// The names of the columns.
    pub names: [String; 2],
    /// The values of each.
    pub grids: [Vec<GridPoint>; 2],
    /// The mean outputs at each pair of values: those of the first column's first value come first.
    pub average: Numbers,
}

impl<R: Rows, O: Into<Numbers>, F: Fn(&R) -> Result<O, Failure> + Sync> Explainer<'_, R, F> {
    /// Returns the partial dependence on a column at up to `size` of its values (J. Friedman, "Greedy function
    /// approximation", 2001), and the curves of up to `curves` reference rows, evenly spread (A. Goldstein et al.,
    /// "Peeking inside the black box", 2015). The values are all that occur, or quantiles.
    ///
    /// ```
    /// use pipewright_explain::Explainer;
    /// use pipewright_learn::{Failure, Features};
    /// let rows = Features::from_rows(["a", "b"], &[[0.0, 1.0], [1.0, 3.0]]);
    /// let product = |rows: &Features| {
    ///     Ok::<_, Failure>(rows.column(0).iter().zip(rows.column(1)).map(|(a, b)| a * b).collect::<Vec<f64>>())
    /// };
    /// let found = Explainer::new(product, &rows).dependence("a", 20, 0)?;
    /// assert_eq!(found.average.values(), [0.0, 2.0]);
    /// # Ok::<(), Failure>(())
    /// ```
    ///
    /// # Errors
    /// Those of the function; [`code::UNKNOWN_COLUMN`](pipewright_diagnostic::code::UNKNOWN_COLUMN);
    /// [`code::BAD_VALUE`](pipewright_diagnostic::code::BAD_VALUE) for a group of columns, or a grid of less than 2
    /// values; [`code::TOO_FEW_ROWS`](pipewright_diagnostic::code::TOO_FEW_ROWS) without rows or values.
    pub fn dependence(&self, column: &str, size: usize, curves: usize) -> Result<Dependence, Failure> {
        self.check(self.reference)?;
        let (player, values) = values(self.reference, &self.players, column)?;
        let grid = grid(&values, size)?;
        let count = self.reference.rows();
        let average = self.means(self.reference, grid.len(), count, |place, row, from| {
            from.fill(row as u32);
            from[player] = grid[place].row;
            row as u32
        })?;
        let curves = curves.min(count);
        let rows: Vec<u32> = (0..curves).map(|curve| (curve * count / curves) as u32).collect();
        let mut found = Vec::with_capacity(curves);
        if curves > 0 {
            let all = self.each(self.reference, curves * grid.len(), |place, from| {
                let row = rows[place / grid.len()];
                from.fill(row);
                from[player] = grid[place % grid.len()].row;
                row
            })?;
            let width = all.width();
            found.extend(all.values().chunks(grid.len() * width).map(|curve| Numbers::new(curve.to_vec(), width)));
        }
        Ok(Dependence { name: column.to_owned(), grid, average, rows, curves: found })
    }

    /// Returns the partial dependence on two columns at up to `size` values of each.
    ///
    /// # Errors
    /// As [`Explainer::dependence`].
    pub fn dependence_of_two(&self, columns: [&str; 2], size: usize) -> Result<DependenceOfTwo, Failure> {
        self.check(self.reference)?;
        let (first, of_first) = values(self.reference, &self.players, columns[0])?;
        let (second, of_second) = values(self.reference, &self.players, columns[1])?;
        let grids = [grid(&of_first, size)?, grid(&of_second, size)?];
        let [one, two] = &grids;
        let count = self.reference.rows();
        let average = self.means(self.reference, one.len() * two.len(), count, |place, row, from| {
            from.fill(row as u32);
            from[first] = one[place / two.len()].row;
            from[second] = two[place % two.len()].row;
            row as u32
        })?;
        Ok(DependenceOfTwo { names: columns.map(str::to_owned), grids, average })
    }
}
