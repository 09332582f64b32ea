//! Shapley values of linear functions in closed form.

use crate::Attributions;
use pipewright_diagnostic::{Failure, code};
use pipewright_learn::{Features, LinearFunction};

/// Returns the Shapley values of linear functions, one output each: w_i · (x_i - mean of column i in the background), to
/// be had at once. For a logistic regression these are contributions to the log-odds.
///
/// ```
/// use pipewright_explain::linear;
/// use pipewright_learn::{Dataset, Features, Learner, Model, Summary, Target, linear::Linear};
/// let features = Features::from_rows(["x"], &[[0.0], [1.0], [2.0]]);
/// let model = Linear::default().fit(&Dataset::new(features.clone(), Target::Numbers(vec![1.0, 3.0, 5.0])))?;
/// let Summary::Coefficients(functions) = model.summary() else { unreachable!("a linear model") };
/// let found = linear(&functions, &features, &features)?;
/// assert!((found.of(2, 0)[0] - 2.0).abs() < 1e-12 && (found.base(2, 0) - 3.0).abs() < 1e-12);
/// # Ok::<(), pipewright_learn::Failure>(())
/// ```
///
/// # Errors
/// [`code::WRONG_WIDTH`] for other columns than those of the functions; [`code::TOO_FEW_ROWS`] without background rows;
/// [`code::EMPTY_DATA`] without functions.
pub fn linear(functions: &[LinearFunction], rows: &Features, background: &Features) -> Result<Attributions, Failure> {
    if functions.is_empty() {
        return Err(Failure::new(code::EMPTY_DATA, "there are no functions to explain"));
    }
    let columns = rows.columns();
    if functions.iter().any(|function| function.weights.len() != columns) || background.columns() != columns {
        return Err(Failure::new(code::WRONG_WIDTH, "the rows have another number of columns than the functions"));
    }
    if background.rows() == 0 {
        return Err(Failure::new(code::TOO_FEW_ROWS, "there are no background rows"));
    }
    let mean = |column: usize| background.column(column).iter().sum::<f64>() / background.rows() as f64;
    let means: Vec<f64> = (0..columns).map(mean).collect();
    let at_means = |function: &LinearFunction| {
        function.intercept + function.weights.iter().zip(&means).map(|(weight, mean)| weight * mean).sum::<f64>()
    };
    let base: Vec<f64> = functions.iter().map(at_means).collect();
    let mut values = Vec::with_capacity(rows.rows() * functions.len() * columns);
    for row in 0..rows.rows() {
        for function in functions {
            let part = |column: usize| function.weights[column] * (rows.column(column)[row] - means[column]);
            values.extend((0..columns).map(part));
        }
    }
    Ok(Attributions::new(rows.names(), functions.len(), base.repeat(rows.rows()), values))
}
