//! Quantile regression: lines below which a given share of the rows lies.

use super::pinball::Pinball;
use super::scaled::Scaled;
use super::{LinearModel, check_finite, check_penalty, check_room, check_rows, repeating};
use crate::data::{Dataset, Target};
use crate::learner::{Accepts, Fit, Learner, Model};
use crate::matrix::Qr;
use crate::quantiles::{FitsLevels, PerLevel};
use faer::Mat;
use pipewright_diagnostic::{Failure, code};
use serde::{Deserialize, Serialize};

/// Quantile regression (Koenker and Bassett, 1978): minimises Σ ρ(y - b - w·x) + `l1`·Σ|w| with the pinball loss ρ(r) =
/// `quantile`·r for r ≥ 0 and (`quantile` - 1)·r below.
///
/// scikit-learn's `QuantileRegressor` divides the first sum by the sum of weights: its `alpha` is `l1` divided by it. The
/// solution is exact: a line through as many rows as there are coefficients, found by an interior-point method
/// (Portnoy and Koenker, "The Gaussian hare and the Laplacian tortoise", 1997) and finished by simplex steps. Where
/// several lines are equally good, it is one of them.
///
/// ```
/// use pipewright_learn::{Dataset, Features, Learner, Target, linear::Quantile};
/// let features = Features::from_rows(["x"], &[[0.0], [1.0], [2.0], [3.0], [4.0]]);
/// let train = Dataset::new(features, Target::Numbers(vec![1.0, 3.0, 5.0, 100.0, 9.0]));
/// let model = Quantile::default().fit(&train)?;
/// assert!((model.coefficients()[0] - 2.0).abs() < 1e-12 && (model.intercept() - 1.0).abs() < 1e-12);
/// # Ok::<(), pipewright_learn::Failure>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quantile {
    /// The share of rows below the line, between 0 and 1.
    pub quantile: f64,
    /// Penalty on |w|, at least 0.
    pub l1: f64,
    /// Is there an intercept? It is not penalised.
    pub intercept: bool,
}

impl Default for Quantile {
    fn default() -> Quantile {
        Quantile { quantile: 0.5, l1: 0.0, intercept: true }
    }
}

impl Learner for Quantile {
    type Model = LinearModel;

    fn accepts(&self) -> Accepts {
        LinearModel::ACCEPTS.and_weights()
    }

    fn learn(&self, train: &Dataset, fit: &Fit<'_>) -> Result<LinearModel, Failure> {
        check_penalty("l1", self.l1)?;
        if !(self.quantile > 0.0 && self.quantile < 1.0) {
            let message = format!("the quantile is {}; it must lie between 0 and 1", self.quantile);
            return Err(Failure::new(code::BAD_VALUE, message));
        }
        let Target::Numbers(target) = train.target() else {
            return Err(Failure::new(code::WRONG_TASK, "`quantile` predicts numbers, but the target is a class"));
        };
        check_rows(&train.features)?;
        check_finite(target, "the target")?;
        check_room(&train.features, 4, train.features.columns() + 1)?;
        let scaled = Scaled::new(train, 0.0, self.intercept, true);
        let columns = independent(&scaled);
        if columns.len() < train.features.columns() && self.l1 == 0.0 {
            let dependent: Vec<usize> =
                (0..train.features.columns()).filter(|column| columns.binary_search(column).is_err()).collect();
            fit.progress.notice(repeating(&train.features, &dependent));
        }
        let columns = if self.l1 > 0.0 { (0..train.features.columns()).collect() } else { columns };
        let pinball = Pinball::new(self, &scaled, &columns, target, train.weights());
        let (found, is_optimal) = pinball.solve(fit.progress)?;
        if !is_optimal {
            let message = "the maximum number of steps was reached before the optimum was proved";
            fit.progress.notice(Failure::warning(code::NOT_FULLY_CONVERGED, message));
        }
        let mut parameters = vec![0.0; scaled.units.len() + 1];
        let mut found = found.into_iter();
        if self.intercept {
            parameters[0] = found.next().unwrap_or(0.0);
        }
        columns.iter().zip(found).for_each(|(&column, weight)| parameters[column + 1] = weight);
        let (weights, intercept) = scaled.in_own_units(&parameters);
        let coefficients = weights.into_iter().map(|weight| weight / pinball.unit()).collect();
        LinearModel::new(coefficients, intercept / pinball.unit()).checked()
    }
}

/// A line per level.
impl FitsLevels for Quantile {
    type OfLevels = PerLevel<LinearModel>;

    fn learn_levels(&self, levels: &[f64], train: &Dataset, fit: &Fit<'_>) -> Result<PerLevel<LinearModel>, Failure> {
        PerLevel::fit(levels, |&quantile| Quantile { quantile, ..*self }.learn(train, fit))
    }
}

/// The columns, ascending, that are no linear combinations of others.
fn independent(scaled: &Scaled) -> Vec<usize> {
    let (rows, count) = (scaled.features.rows(), scaled.features.columns());
    let matrix = Mat::from_fn(rows, count, |row, column| scaled.features.column(column)[row]);
    let triangle = Qr::pivoted(if rows > count { Qr::new(matrix).upper_owned() } else { matrix });
    let tolerance = rows.max(count) as f64 * f64::EPSILON;
    let upper = triangle.upper();
    let length = |place: usize| upper.col(place).norm_l2();
    let left = |place: &usize| upper[(*place, *place)].abs() > tolerance * length(*place);
    let rank = (0..rows.min(count)).take_while(left).count();
    // Centred rows sum to 0, so that one of them determines nothing.
    let mut kept = triangle.order[..rank].to_vec();
    kept.sort_unstable();
    kept
}
