//! Models of several quantiles at once.
//!
//! [`AtLevels`] is the configuration: a learner of quantiles and the levels. What it learns is [`PerLevel`], a model of
//! each level, or a model that knows the distribution of each row, such as a forest.

use crate::data::{Dataset, Features, Outputs, Predictions, Quantiles};
use crate::learner::{Accepts, Fit, Learner, Model, check_width};
use crate::summary::Summary;
use pipewright_diagnostic::{Failure, code};
use serde::{Deserialize, Serialize};

/// A configuration that can be fitted to several quantiles.
pub trait FitsLevels: Learner {
    /// What is learned. Its predictions have [`Quantiles`] of the levels.
    type OfLevels: Model;

    /// Learns quantiles of these levels, which [`Quantiles::check_levels`] accepts, from rows that the configuration
    /// accepts. Call [`Learner::fit`] of [`AtLevels`].
    ///
    /// # Errors
    /// As [`Learner::fit_with`]; [`code::WRONG_TASK`] for classes.
    fn learn_levels(&self, levels: &[f64], train: &Dataset, fit: &Fit<'_>) -> Result<Self::OfLevels, Failure>;
}

/// Several quantiles of the target: the configuration.
///
/// ```
/// use pipewright_learn::linear::Quantile;
/// use pipewright_learn::{AtLevels, Dataset, Features, Learner, Model, Target};
/// let rows: Vec<[f64; 1]> = (0..100).map(|row| [f64::from(row % 2)]).collect();
/// let target = (0..100).map(|row| f64::from(row % 2 * 1000 + row / 2)).collect();
/// let train = Dataset::new(Features::from_rows(["x"], &rows), Target::Numbers(target));
/// let model = AtLevels { learner: Quantile::default(), levels: vec![0.1, 0.5, 0.9] }.fit(&train)?;
/// let predictions = model.predictions(&Features::from_rows(["x"], &[[1.0]]))?;
/// let row = predictions.quantiles().unwrap().of_row(0);
/// assert!((row[0] - 1005.0).abs() < 2.0 && (row[2] - 1045.0).abs() < 2.0);
/// assert_eq!(predictions.values(), [row[1]]);
/// # Ok::<(), pipewright_learn::Failure>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct AtLevels<L> {
    /// The learner; its own level, if it has one, does not matter.
    pub learner: L,
    /// The levels: ascending numbers between 0 and 1.
    pub levels: Vec<f64>,
}

impl<L: FitsLevels> Learner for AtLevels<L> {
    type Model = L::OfLevels;

    fn accepts(&self) -> Accepts {
        Accepts { on_disk: false, passes: false, ..self.learner.accepts() }
    }

    fn learn(&self, train: &Dataset, fit: &Fit<'_>) -> Result<Self::Model, Failure> {
        Quantiles::check_levels(&self.levels)?;
        self.learner.learn_levels(&self.levels, train, fit)
    }
}

/// A model of each of several quantiles. Their predictions for a row are sorted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PerLevel<M> {
    levels: Vec<f64>,
    models: Vec<M>,
}

impl<M: Model> PerLevel<M> {
    /// Fits the model of each level, one after the other.
    pub(crate) fn fit(levels: &[f64], fit: impl FnMut(&f64) -> Result<M, Failure>) -> Result<PerLevel<M>, Failure> {
        Ok(PerLevel { levels: levels.to_vec(), models: levels.iter().map(fit).collect::<Result<_, _>>()? })
    }

    /// The levels, ascending.
    #[must_use]
    pub fn levels(&self) -> &[f64] {
        &self.levels
    }

    /// The model of each level.
    #[must_use]
    pub fn models(&self) -> &[M] {
        &self.models
    }

    /// `None` for models of classes, which only a damaged file has.
    fn quantiles(&self, features: &Features) -> Option<Quantiles> {
        let of_level = |model: &M| match model.outputs(features) {
            Outputs::Numbers(values) => Some(values),
            Outputs::Probabilities { .. } => None,
        };
        Some(Quantiles::new(&self.levels, self.models.iter().map(of_level).collect::<Option<_>>()?))
    }

    /// The model of the level nearest to ½.
    fn middle(&self) -> &M {
        &self.models[Quantiles::middle(&self.levels)]
    }
}

impl<M: Model> Model for PerLevel<M> {
    const ACCEPTS: Accepts = M::ACCEPTS;

    fn outputs(&self, features: &Features) -> Outputs {
        self.quantiles(features).map_or_else(|| self.middle().outputs(features), |quantiles| quantiles.middle_outputs())
    }

    fn predictions(&self, features: &Features) -> Result<Predictions, Failure> {
        check_width(self.inputs(), features)?;
        let quantiles = self.quantiles(features).map(Predictions::from);
        quantiles.ok_or_else(|| Failure::new(code::BAD_BUNDLE, "quantiles whose models predict classes"))
    }

    fn levels(&self) -> &[f64] {
        &self.levels
    }

    fn validate(&self) -> Result<(), Failure> {
        validate_levels(&self.levels)?;
        let inputs = self.models.first().map(Model::inputs);
        if self.models.len() != self.levels.len() || self.models.iter().any(|model| Some(model.inputs()) != inputs) {
            return Err(Failure::new(code::BAD_BUNDLE, "quantiles whose models disagree"));
        }
        self.models.iter().try_for_each(Model::validate)
    }

    fn inputs(&self) -> usize {
        self.models.first().map_or(0, Model::inputs)
    }

    /// That of each level for linear functions, else that of the level nearest to ½.
    fn summary(&self) -> Summary {
        let mut functions = Vec::new();
        for (level, model) in self.levels.iter().zip(&self.models) {
            let Summary::Coefficients(of_level) = model.summary() else {
                return self.middle().summary();
            };
            functions.extend(of_level.into_iter().map(|mut function| {
                function.quantile = Some(*level);
                function
            }));
        }
        Summary::Coefficients(functions)
    }
}

/// Validates levels that came from a file.
pub(crate) fn validate_levels(levels: &[f64]) -> Result<(), Failure> {
    Quantiles::check_levels(levels).map_err(|failure| Failure::new(code::BAD_BUNDLE, failure.message))
}
