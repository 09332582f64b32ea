//! Sparse least squares: the lasso and the elastic net, by cyclic coordinate descent.

use super::{LinearModel, check_finite, check_rows};
use crate::data::{Dataset, Features, Target};
use crate::learner::{Accepts, Fit, Learner, Model, Progress};
use crate::sums::{centred, dot};
use crate::twofold::Twofold;
use pipewright_diagnostic::{Failure, code};
use serde::{Deserialize, Serialize};

/// Minimises Σ (y - b - w·x)² / 2n + `alpha`·(`l1_share`·Σ|w| + (1 - `l1_share`)/2·Σ w²): the lasso (Tibshirani, 1996)
/// for `l1_share = 1`, else the elastic net (Zou and Hastie, 2005). `alpha` and `l1_share` are scikit-learn's `alpha`
/// and `l1_ratio`.
///
/// Solved by coordinate descent (Friedman, Hastie, Tibshirani, 2010) until the duality gap proves optimality; columns
/// whose coefficient the gap proves to be 0 are skipped (Fercoq, Gramfort, Salmon, 2015).
///
/// ```
/// use pipewright_learn::linear::ElasticNet;
/// use pipewright_learn::{Dataset, Features, Learner, Target};
/// let features = Features::from_rows(["x"], &[[-1.0], [0.0], [1.0]]);
/// let train = Dataset::new(features, Target::Numbers(vec![-2.0, 0.0, 2.0]));
/// let model = ElasticNet::lasso(1.0).fit(&train)?;
/// assert_eq!(model.coefficients(), [0.5]);
/// # Ok::<(), pipewright_learn::Failure>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ElasticNet {
    /// Penalty strength, above 0.
    pub alpha: f64,
    /// Fraction of the penalty on |w| (L1), above 0 and up to 1; the rest is on w² (L2).
    pub l1_share: f64,
    /// Convergence tolerance: stops once the largest step is below this fraction of the largest coefficient, and the
    /// duality gap below this fraction of Σ (y - mean)².
    pub tolerance: f64,
    /// Maximum number of rounds over all columns.
    pub rounds_max: u32,
}

impl ElasticNet {
    /// Creates a lasso: the penalty is on |w| alone.
    #[must_use]
    pub fn lasso(alpha: f64) -> ElasticNet {
        ElasticNet { alpha, l1_share: 1.0, tolerance: 1e-8, rounds_max: 10_000 }
    }

    fn check(&self) -> Result<(), Failure> {
        let positive = |number: f64| number.is_finite() && number > 0.0;
        if positive(self.alpha) && positive(self.l1_share) && self.l1_share <= 1.0 && positive(self.tolerance) {
            return Ok(());
        }
        let message = format!("alpha is {} and l1_share {}", self.alpha, self.l1_share);
        Err(Failure::new(code::BAD_VALUE, message).help("alpha is above 0; l1_share above 0 and up to 1"))
    }

    /// Fits a model for each of several penalties, each started from the one before; decreasing penalties are fastest.
    ///
    /// # Errors
    /// As [`Learner::fit`].
    pub fn path(
        &self,
        features: &Features,
        target: &[f64],
        penalties: &[f64],
        progress: &dyn Progress,
    ) -> Result<Vec<LinearModel>, Failure> {
        check_rows(features)?;
        check_finite(target, "the target")?;
        let mut descent = Descent::new(features, target);
        let fit = |&alpha: &f64| {
            let config = ElasticNet { alpha, ..*self };
            config.check()?;
            if !descent.solve(&config) {
                let message = "the maximum number of rounds was reached before the duality gap was closed";
                progress.notice(Failure::warning(code::NOT_FULLY_CONVERGED, message).help("scale the columns"));
            }
            let model = descent.model();
            model.validate().map_err(|_| {
                Failure::new(code::VALUE_OUT_OF_RANGE, "the coefficients overflow or underflow")
                    .help("scale the columns and the target")
            })?;
            Ok(model)
        };
        penalties.iter().map(fit).collect()
    }

    /// Returns the smallest `alpha` at which all coefficients are 0.
    #[must_use]
    pub fn alpha_max(&self, features: &Features, target: &[f64]) -> f64 {
        let descent = Descent::new(features, target);
        descent.slopes().into_iter().fold(0.0, f64::max) / (target.len() as f64 * self.l1_share)
    }
}

impl Learner for ElasticNet {
    type Model = LinearModel;

    fn accepts(&self) -> Accepts {
        LinearModel::ACCEPTS
    }

    fn learn(&self, train: &Dataset, fit: &Fit<'_>) -> Result<LinearModel, Failure> {
        let Target::Numbers(target) = train.target() else {
            return Err(Failure::new(code::WRONG_TASK, "the lasso predicts numbers, but the target is a class"));
        };
        let mut models = self.path(&train.features, target, &[self.alpha], fit.progress)?;
        Ok(models.pop().expect("one penalty, one model"))
    }
}

/// Centred columns and target, and the current coefficients.
struct Descent {
    columns: Vec<Vec<f64>>,
    means: Vec<f64>,
    /// Σ x² of each centred column.
    squares: Vec<f64>,
    target: Vec<f64>,
    target_mean: f64,
    weights: Vec<f64>,
    /// Current residuals of the target.
    rest: Vec<f64>,
}

impl Descent {
    fn new(features: &Features, target: &[f64]) -> Descent {
        let (columns, means): (Vec<_>, Vec<_>) =
            (0..features.columns()).map(|index| centred(features.column(index))).unzip();
        let (target, target_mean) = centred(target);
        let squares = columns.iter().map(|column| dot(column, column)).collect();
        let weights = vec![0.0; means.len()];
        Descent { columns, means, squares, rest: target.clone(), target, target_mean, weights }
    }

    /// |Σ x·rest| of each column.
    fn slopes(&self) -> Vec<f64> {
        self.columns.iter().map(|column| dot(column, &self.rest).abs()).collect()
    }

    /// Descends from the current coefficients; false if the rounds run out before convergence.
    fn solve(&mut self, config: &ElasticNet) -> bool {
        let rows = self.target.len() as f64;
        let penalty = Penalty {
            absolute: config.alpha * config.l1_share * rows,
            square: config.alpha * (1.0 - config.l1_share) * rows,
        };
        let enough = config.tolerance * dot(&self.target, &self.target);
        let mut active: Vec<usize> = (0..self.columns.len()).filter(|&column| self.squares[column] > 0.0).collect();
        if self.screen(&penalty, enough, &mut active) {
            return true;
        }
        for _ in 0..config.rounds_max {
            let (mut step, mut size) = (0.0_f64, 0.0_f64);
            for &column in &active {
                step = step.max(self.descend(column, &penalty));
                size = size.max(self.weights[column].abs());
            }
            if step <= config.tolerance * size && self.screen(&penalty, enough, &mut active) {
                return true;
            }
        }
        self.screen(&penalty, enough, &mut active)
    }

    /// Optimises one coefficient, and returns by how much it changed.
    fn descend(&mut self, column: usize, penalty: &Penalty) -> f64 {
        let (values, old) = (&self.columns[column], self.weights[column]);
        let slope = dot(values, &self.rest) + old * self.squares[column];
        let new = slope.signum() * (slope.abs() - penalty.absolute).max(0.0) / (self.squares[column] + penalty.square);
        if new != old {
            self.rest.iter_mut().zip(values).for_each(|(rest, x)| *rest -= (new - old) * x);
            self.weights[column] = new;
        }
        (new - old).abs()
    }

    /// Is the duality gap closed? If not, columns whose coefficient it proves to be 0 become inactive.
    fn screen(&mut self, penalty: &Penalty, enough: f64, active: &mut Vec<usize>) -> bool {
        let slopes: Vec<f64> = (0..self.columns.len())
            .map(|column| dot(&self.columns[column], &self.rest) - penalty.square * self.weights[column])
            .collect();
        let steepest = slopes.iter().fold(0.0, |most: f64, slope| most.max(slope.abs()));
        let inside = (penalty.absolute / steepest).min(1.0);
        let (rest, size) = (dot(&self.rest, &self.rest), dot(&self.weights, &self.weights));
        let absolute: f64 = self.weights.iter().map(|weight| weight.abs()).sum();
        let gap = 0.5 * rest * (1.0 + inside * inside) + penalty.absolute * absolute
            - inside * dot(&self.rest, &self.target)
            + 0.5 * penalty.square * (1.0 + inside * inside) * size;
        if gap <= enough {
            return true;
        }
        let radius = (2.0 * gap).sqrt() / penalty.absolute;
        let stays = |&column: &usize| {
            let slope = slopes[column].abs() / penalty.absolute.max(steepest);
            (1.0 - slope) / (self.squares[column] + penalty.square).sqrt() <= radius
        };
        let (kept, gone): (Vec<usize>, Vec<usize>) = active.iter().copied().partition(stays);
        for column in gone {
            let weight = std::mem::take(&mut self.weights[column]);
            let values = &self.columns[column];
            self.rest.iter_mut().zip(values).for_each(|(rest, x)| *rest += weight * x);
        }
        *active = kept;
        false
    }

    fn model(&self) -> LinearModel {
        let parts = self.weights.iter().zip(&self.means);
        let intercept = parts
            .fold(Twofold::from(self.target_mean), |sum, (weight, mean)| sum.minus(Twofold::product(*weight, *mean)));
        LinearModel { coefficients: self.weights.clone(), intercept: intercept.value() }
    }
}

/// Penalty on the sums over all rows: `absolute`·Σ|w| + `square`/2·Σ w².
struct Penalty {
    absolute: f64,
    square: f64,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::learner::NoProgress;
    use pipewright_world::random::Key;
    use proptest::prelude::*;

    fn noise(rows: usize, stream: u64) -> Vec<f64> {
        (0..rows).map(|row| Key::new(3).index(stream).uniform(row as u64) * 2.0 - 1.0).collect()
    }

    fn features(columns: &[Vec<f64>]) -> Features {
        let names: Vec<String> = (0..columns.len()).map(|index| format!("x{index}")).collect();
        Features::new(columns[0].len(), names.into(), columns.concat())
    }

    #[test]
    fn at_the_largest_penalty_all_is_zero_and_just_below_it_is_not() {
        let columns: Vec<Vec<f64>> = (0..8).map(|stream| noise(30, stream)).collect();
        let (features, target) = (features(&columns), noise(30, 20));
        let lasso = ElasticNet::lasso(1.0);
        let largest = lasso.alpha_max(&features, &target);
        let models = lasso.path(&features, &target, &[largest * 1.0001, largest * 0.99], &NoProgress).unwrap();
        assert!(models[0].coefficients().iter().all(|weight| *weight == 0.0));
        assert_eq!(models[1].coefficients().iter().filter(|weight| **weight != 0.0).count(), 1);
    }

    #[test]
    fn what_cannot_be_fitted_is_refused() {
        let features = features(&[vec![1.0, 2.0]]);
        let numbers = Dataset::new(features.clone(), Target::Numbers(vec![1.0, 2.0]));
        let classes = Dataset::new(features, Target::Classes { codes: vec![0, 1], count: 2 });
        let refusal = |net: ElasticNet, train: &Dataset| net.fit(train).unwrap_err().code;
        assert_eq!(refusal(ElasticNet::lasso(0.0), &numbers), code::BAD_VALUE);
        assert_eq!(refusal(ElasticNet { l1_share: 1.5, ..ElasticNet::lasso(1.0) }, &numbers), code::BAD_VALUE);
        assert_eq!(refusal(ElasticNet::lasso(1.0), &classes), code::WRONG_TASK);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]
        /// At the minimum the slope of each weight that is not 0 balances the penalty, and the others are no steeper.
        #[test]
        fn the_conditions_of_the_minimum_hold(
            rows in 3_usize..40, count in 1_usize..20, seed in 0_u64..1000, alpha in 0.001_f64..0.5, share in 0.1_f64..1.0
        ) {
            let columns: Vec<Vec<f64>> = (0..count).map(|index| noise(rows, seed * 100 + index as u64)).collect();
            let target = noise(rows, seed * 100 + 99);
            let net = ElasticNet { alpha, l1_share: share, tolerance: 1e-13, rounds_max: 100_000 };
            let train = Dataset::new(features(&columns), Target::Numbers(target.clone()));
            let model = net.fit(&train).unwrap();
            let predicted = model.predict(&train.features).unwrap();
            let rest: Vec<f64> = target.iter().zip(predicted.values()).map(|(y, p)| y - p).collect();
            prop_assert!(rest.iter().sum::<f64>().abs() < 1e-10);
            for (column, weight) in columns.iter().zip(model.coefficients()) {
                let slope = dot(column, &rest) / rows as f64 - alpha * (1.0 - share) * weight;
                if *weight == 0.0 {
                    prop_assert!(slope.abs() <= alpha * share + 1e-6, "{} {}", slope, alpha * share);
                } else {
                    prop_assert!((slope - weight.signum() * alpha * share).abs() < 1e-6, "{} {}", slope, weight);
                }
            }
        }
    }
}
