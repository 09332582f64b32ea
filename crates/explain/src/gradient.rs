//! Integrated and expected gradients, of functions with a gradient.

use crate::Attributions;
use crate::quadrature::gauss;
use pipewright_diagnostic::{Failure, code, go_on};
use pipewright_learn::Features;

/// Quadrature nodes in each part of a path.
const NODES: usize = 8;

/// Returns the integrated gradients of each row against each row of a background, averaged over the background
/// (M. Sundararajan, A. Taly and Q. Yan, "Axiomatic attribution for deep networks", ICML 2017; the mean over a background is
/// called expected gradients: G. Erion et al., Nature Machine Intelligence, 2021):
///
/// φ_j = mean over background rows b of (x_j - b_j) · ∫ over t from 0 to 1 of ∂f/∂x_j (b + t (x - b)) dt
///
/// `slopes` returns the scores of rows and their gradients, rows × scores and rows × scores × columns, as
/// [`NetworkModel::slopes`](pipewright_learn::net::NetworkModel::slopes) does. Each path is cut into `parts` parts of 8
/// quadrature nodes: exact for polynomials up to degree 15 along a part. The contributions sum to f(x) minus the
/// mean score of the background as precisely as the integrals are; compare [`Attributions::total`] with the score, and
/// take more parts if it is off, as with kinks (ReLU) it may be.
///
/// ```
/// use pipewright_explain::integrated_gradients;
/// use pipewright_learn::{Failure, Features};
/// // f = a·b
/// let slopes = |rows: &Features| {
///     let (a, b) = (rows.column(0), rows.column(1));
///     let values = a.iter().zip(b).map(|(a, b)| a * b).collect();
///     Ok::<_, Failure>((values, a.iter().zip(b).flat_map(|(a, b)| [*b, *a]).collect()))
/// };
/// let background = Features::from_rows(["a", "b"], &[[0.0, 0.0]]);
/// let found = integrated_gradients(slopes, &Features::from_rows(["a", "b"], &[[1.0, 1.0]]), &background, 1)?;
/// assert!(found.of(0, 0).iter().all(|value| (value - 0.5).abs() < 1e-12));
/// # Ok::<(), Failure>(())
/// ```
///
/// # Errors
/// Those of `slopes`; [`code::WRONG_WIDTH`] for other columns or another number of gradients; [`code::TOO_FEW_ROWS`]
/// without background rows; [`code::BAD_VALUE`] for no parts; [`code::NON_FINITE`] for a gradient that is not finite.
pub fn integrated_gradients(
    slopes: impl Fn(&Features) -> Result<(Vec<f64>, Vec<f64>), Failure>,
    rows: &Features,
    background: &Features,
    parts: usize,
) -> Result<Attributions, Failure> {
    let columns = rows.columns();
    if rows.names() != background.names() || columns == 0 {
        return Err(Failure::new(code::WRONG_WIDTH, "the rows and the background have different columns"));
    }
    if background.rows() == 0 {
        return Err(Failure::new(code::TOO_FEW_ROWS, "there are no background rows"));
    }
    if parts == 0 {
        return Err(Failure::new(code::BAD_VALUE, "a path has 1 part or more"));
    }
    let share = 1.0 / background.rows() as f64;
    let (of_background, _) = checked(slopes(background)?, background.rows(), columns)?;
    let outputs = of_background.len() / background.rows();
    let mean = |output: usize| of_background.iter().skip(output).step_by(outputs).sum::<f64>() * share;
    let base: Vec<f64> = (0..outputs).map(mean).collect();
    let rule = gauss::<NODES>();
    let at = |part: usize| rule.map(move |(t, weight)| ((part as f64 + t) / parts as f64, weight / parts as f64));
    let nodes: Vec<(f64, f64)> = (0..parts).flat_map(at).collect();
    let mut values = vec![0.0; rows.rows() * outputs * columns];
    for (row, into) in values.chunks_exact_mut(outputs * columns).enumerate() {
        for other in 0..background.rows() {
            go_on()?;
            let ends = |column: usize| (background.column(column)[other], rows.column(column)[row]);
            let point = |column: usize| {
                let (from, to) = ends(column);
                nodes.iter().map(move |(t, _)| from + t * (to - from))
            };
            let path = Features::new(nodes.len(), rows.names().clone(), (0..columns).flat_map(point).collect());
            let (_, gradients) = checked(slopes(&path)?, nodes.len(), columns)?;
            for (gradients, (_, weight)) in gradients.chunks_exact(outputs * columns).zip(&nodes) {
                for (place, (into, gradient)) in into.iter_mut().zip(gradients).enumerate() {
                    let (from, to) = ends(place % columns);
                    *into += share * weight * (to - from) * gradient;
                }
            }
        }
    }
    Ok(Attributions::new(rows.names(), outputs, base.repeat(rows.rows()), values))
}

/// Checks that there are scores of each row, a gradient of each score, and that all are finite.
fn checked(found: (Vec<f64>, Vec<f64>), rows: usize, columns: usize) -> Result<(Vec<f64>, Vec<f64>), Failure> {
    let (values, gradients) = &found;
    if values.is_empty() || !values.len().is_multiple_of(rows) || gradients.len() != values.len() * columns {
        return Err(Failure::new(code::WRONG_WIDTH, "there is not a gradient per score and column"));
    }
    match values.iter().chain(gradients).all(|number| number.is_finite()) {
        true => Ok(found),
        false => Err(Failure::new(code::NON_FINITE, "a score or a gradient is not finite")),
    }
}
