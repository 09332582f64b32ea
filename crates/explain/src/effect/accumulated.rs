//! Accumulated local effects.

use super::grid::{grid, values};
use crate::{Explainer, Numbers, Rows};
use pipewright_diagnostic::{Failure, code};
use pipewright_learn::data::Column;

/// The accumulated local effects of a column: the mean change of a function while the column goes up from edge to edge,
/// over the rows that are between these edges. The mean over rows is 0.
///
/// No row is moved far, so that correlated columns do no harm: a column that the function does not use has no effect.
/// What a column does together with those correlated with it is not shown.
#[derive(Debug, Clone, PartialEq)]
pub struct Accumulated {
    /// The name of the column.
    pub name: String,
    /// Values of the column: the edges of bins.
    pub edges: Vec<f64>,
    /// The effect on each output at each edge.
    pub effects: Numbers,
    /// The number of rows in the bin below each edge but the first.
    pub counts: Vec<usize>,
}

impl<R: Rows, O: Into<Numbers>, F: Fn(&R) -> Result<O, Failure> + Sync> Explainer<'_, R, F> {
    /// Returns the accumulated local effects of a column of numbers, in up to `bins` bins with about equally many rows (D.
    /// Apley and J. Zhu, "Visualizing the effects of predictor variables in black box supervised learning models", Journal
    /// of the Royal Statistical Society B, 2020). Rows without a value are left out.
    ///
    /// # Errors
    /// As [`Explainer::dependence`]; [`code::BAD_VALUE`] for a column of categories, which have no order.
    pub fn accumulated(&self, column: &str, bins: usize) -> Result<Accumulated, Failure> {
        self.check(self.reference)?;
        let (player, values) = values(self.reference, &self.players, column)?;
        let Column::Dense(numbers) = &values else {
            let message = format!("`{column}` holds categories, which have no order to accumulate along");
            return Err(Failure::new(code::BAD_VALUE, message).help("partial dependence shows them"));
        };
        let grid = grid(&values, bins.saturating_add(1))?;
        let edges: Vec<f64> = grid.iter().map(|point| point.value).collect();
        let rows: Vec<u32> = (0..).take(numbers.len()).filter(|&row| !numbers[row as usize].is_nan()).collect();
        // The upper edge of the bin of each row; the lowest value is in the first bin.
        let last = edges.len() - 1;
        let upper = |row: u32| edges.partition_point(|edge| *edge < numbers[row as usize]).clamp(1.min(last), last);
        let ends = self.each(self.reference, 2 * rows.len(), |place, from| {
            let row = rows[place / 2];
            from.fill(row);
            from[player] = grid[(upper(row) + place % 2).saturating_sub(1)].row;
            row
        })?;
        let width = ends.width();
        let (mut sums, mut counts) = (vec![0.0; last * width], vec![0; last]);
        for (place, &row) in rows.iter().enumerate().filter(|_| last > 0) {
            let bin = upper(row) - 1;
            counts[bin] += 1;
            for (output, sum) in sums[bin * width..(bin + 1) * width].iter_mut().enumerate() {
                *sum += ends.row(2 * place + 1)[output] - ends.row(2 * place)[output];
            }
        }
        let effects = Numbers::new(centred(&sums, &counts, width), width);
        Ok(Accumulated { name: column.to_owned(), edges, effects, counts })
    }
}

/// Accumulates the mean changes of bins, and subtracts the mean over rows; a row has the mean effect of its bin's edges.
fn centred(sums: &[f64], counts: &[usize], width: usize) -> Vec<f64> {
    let mut effects = vec![0.0; (counts.len() + 1) * width];
    let all = counts.iter().sum::<usize>().max(1) as f64;
    for output in 0..width {
        let mut mean = 0.0;
        for (bin, &count) in counts.iter().enumerate() {
            let below = effects[bin * width + output];
            // Every bin has rows: its upper edge is the value of one.
            let above = below + sums[bin * width + output] / count.max(1) as f64;
            effects[(bin + 1) * width + output] = above;
            mean += count as f64 * f64::midpoint(below, above) / all;
        }
        effects.iter_mut().skip(output).step_by(width).for_each(|effect| *effect -= mean);
    }
    effects
}
