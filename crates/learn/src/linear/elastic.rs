//! Sparse least squares: the lasso and the elastic net.

use super::descent::{Descent, Penalty};
use super::{LinearModel, Ridge, check_finite, check_room, check_rows};
use crate::data::{Dataset, Target};
use crate::learner::{Accepts, Fit, Learner, Model, Progress};
use pipewright_diagnostic::{Failure, code};
use serde::{Deserialize, Serialize};

/// Elastic net: minimises ½·Σ (y - b - w·x)² + `l1`·Σ|w| + ½·`l2`·Σ w² (Zou and Hastie, 2005); the lasso (Tibshirani,
/// 1996) is `l2 = 0`.
///
/// Sums are over all rows, as in [`Ridge`], whose minimum is that of `l1 = 0`. scikit-learn divides the first sum by the
/// number of rows n: its `alpha` is (`l1` + `l2`) / n, and its `l1_ratio` is `l1` / (`l1` + `l2`).
///
/// Solved by coordinate descent (Friedman, Hastie, Tibshirani, 2010) until the duality gap proves optimality; columns
/// whose coefficient the gap proves to be 0 are skipped (Fercoq, Gramfort, Salmon, 2015).
///
/// ```
/// use pipewright_learn::linear::ElasticNet;
/// use pipewright_learn::{Dataset, Features, Learner, Target};
/// let features = Features::from_rows(["x"], &[[-1.0], [0.0], [1.0]]);
/// let train = Dataset::new(features, Target::Numbers(vec![-2.0, 0.0, 2.0]));
/// let model = ElasticNet::lasso(3.0).fit(&train)?;
/// assert_eq!(model.coefficients(), [0.5]);
/// # Ok::<(), pipewright_learn::Failure>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ElasticNet {
    /// Penalty on |w|, at least 0.
    pub l1: f64,
    /// Penalty on w², at least 0.
    pub l2: f64,
    /// Is there an intercept? It is not penalised.
    pub intercept: bool,
    /// Convergence tolerance: stops once the largest step is below this fraction of the largest coefficient, and the
    /// duality gap below this fraction of Σ (y - mean)².
    pub tolerance: f64,
    /// Maximum number of rounds over all columns.
    pub rounds_max: u32,
}

impl Default for ElasticNet {
    fn default() -> ElasticNet {
        ElasticNet { l2: 1.0, ..ElasticNet::lasso(1.0) }
    }
}

impl ElasticNet {
    /// Creates a lasso: the penalty is on |w| alone.
    #[must_use]
    pub fn lasso(l1: f64) -> ElasticNet {
        ElasticNet { l1, l2: 0.0, intercept: true, tolerance: 1e-10, rounds_max: 10_000 }
    }

    fn check(&self) -> Result<(), Failure> {
        let penalty = |number: f64| number.is_finite() && number >= 0.0;
        if penalty(self.l1) && penalty(self.l2) && self.tolerance > 0.0 && self.tolerance.is_finite() {
            return Ok(());
        }
        let message = format!("l1 is {}, l2 {} and the tolerance {}", self.l1, self.l2, self.tolerance);
        Err(Failure::new(code::BAD_VALUE, message).help("penalties are finite and at least 0, the tolerance above 0"))
    }

    /// Both penalties times a factor.
    fn times(&self, factor: f64) -> ElasticNet {
        ElasticNet { l1: self.l1 * factor, l2: self.l2 * factor, ..*self }
    }

    /// Fits a model for each of several factors by which both penalties are multiplied. Each fit starts from the one
    /// before; decreasing factors are fastest.
    ///
    /// ```
    /// use pipewright_learn::{Dataset, Features, NoProgress, Target, linear::ElasticNet};
    /// let features = Features::from_rows(["x"], &[[-1.0], [0.0], [1.0]]);
    /// let train = Dataset::new(features, Target::Numbers(vec![-2.0, 0.0, 2.0]));
    /// let net = ElasticNet::lasso(1.0);
    /// let largest = net.factor_max(&train)?;
    /// let models = net.path(&train, &[largest, largest / 2.0], &NoProgress)?;
    /// assert_eq!((models[0].coefficients()[0], models[1].coefficients()[0]), (0.0, 1.0));
    /// # Ok::<(), pipewright_learn::Failure>(())
    /// ```
    ///
    /// # Errors
    /// As [`Learner::fit`].
    pub fn path(&self, train: &Dataset, factors: &[f64], progress: &dyn Progress) -> Result<Vec<LinearModel>, Failure> {
        let train = train.accepted(self.accepts())?;
        let mut descent = self.start(&train)?;
        let fit = |&factor: &f64| self.times(factor).descend(&mut descent, &train, progress);
        factors.iter().map(fit).collect()
    }

    /// Returns the smallest factor of both penalties at which all coefficients are 0; infinite if `l1` is 0.
    ///
    /// # Errors
    /// As [`Learner::fit`].
    pub fn factor_max(&self, train: &Dataset) -> Result<f64, Failure> {
        let train = train.accepted(self.accepts())?;
        Ok(self.start(&train)?.smallest_to_vanish() / self.l1)
    }

    fn start<'a>(&self, train: &'a Dataset) -> Result<Descent<'a>, Failure> {
        let Target::Numbers(target) = train.target() else {
            return Err(Failure::new(code::WRONG_TASK, "the lasso predicts numbers, but the target is a class"));
        };
        self.check()?;
        check_rows(&train.features)?;
        check_finite(target, "the target")?;
        check_room(&train.features, 2, 0)?;
        Ok(Descent::new(&train.features, target, train.weights(), self.intercept))
    }

    /// Descends from where the last penalties have led.
    fn descend(
        &self,
        descent: &mut Descent<'_>,
        train: &Dataset,
        progress: &dyn Progress,
    ) -> Result<LinearModel, Failure> {
        self.check()?;
        if self.l1 == 0.0 {
            let ridge = Ridge { l2: self.l2, intercept: self.intercept };
            return ridge.learn(train, &Fit::new().progress(progress));
        }
        let penalty = Penalty { absolute: self.l1, square: self.l2 };
        if !descent.solve(&penalty, self.tolerance, self.rounds_max, progress)? {
            let message = "the maximum number of rounds was reached before the duality gap was closed";
            progress.notice(Failure::warning(code::NOT_FULLY_CONVERGED, message).help("scale the columns"));
        }
        let (coefficients, intercept) = descent.solution();
        LinearModel::new(coefficients, intercept).checked()
    }
}

impl Learner for ElasticNet {
    type Model = LinearModel;

    fn accepts(&self) -> Accepts {
        LinearModel::ACCEPTS.and_weights()
    }

    fn learn(&self, train: &Dataset, fit: &Fit<'_>) -> Result<LinearModel, Failure> {
        self.descend(&mut self.start(train)?, train, fit.progress)
    }
}
