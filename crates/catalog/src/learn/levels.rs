//! Levels of quantiles: the argument `quantile` of models, and their training.

use crate::adapt::TrainingOf;
use pipewright_diagnostic::code;
use pipewright_learn::{AtLevels, FitsLevels};
use pipewright_operator::work::Training;
use pipewright_operator::{ArgumentError, Fraction, Tasks, either};
use std::sync::Arc;

either! {
    /// A quantile, or a list of several.
    pub(super) enum Levels { One(Fraction), Several(Vec<Fraction>) }
}

/// The quantiles of a model that predicts several; more would say no more about a distribution.
const LEVELS_MAX: usize = 100;

/// The levels of a list, ascending.
///
/// # Errors
/// An [`ArgumentError`] for an empty or a long list, or a level that occurs twice.
pub(super) fn ascending(levels: &[Fraction]) -> Result<Vec<f64>, ArgumentError> {
    let bad = |message: String| {
        let error = ArgumentError::of("quantile", code::BAD_VALUE, message);
        Err(error.help("for example quantile=[5%, 50%, 95%]"))
    };
    if levels.is_empty() || levels.len() > LEVELS_MAX {
        return bad(format!("a list of quantiles has 1 to {LEVELS_MAX} levels, not {}", levels.len()));
    }
    let mut levels: Vec<f64> = levels.iter().map(|level| level.0).collect();
    levels.sort_by(f64::total_cmp);
    match levels.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => bad(format!("the quantile {} % occurs twice", pair[0] * 100.0)),
        None => Ok(levels),
    }
}

/// The training of a learner that predicts these quantiles in place of its single prediction.
pub(super) fn at_levels<L: FitsLevels + Clone + 'static>(
    training: &TrainingOf<L>,
    levels: Vec<f64>,
) -> TrainingOf<AtLevels<L>> {
    let learner = AtLevels { learner: training.learner.clone(), levels };
    TrainingOf {
        label: training.label.clone(),
        learner,
        tasks: Tasks::Numbers,
        sees: training.sees,
        seed: training.seed,
    }
}

/// The training of a learner, for several quantiles if `levels` are given.
pub(super) fn training<L: FitsLevels + Clone + 'static>(
    training: TrainingOf<L>,
    levels: Option<Vec<f64>>,
) -> Arc<dyn Training> {
    match levels {
        None => Arc::new(training),
        Some(levels) => Arc::new(at_levels(&training, levels)),
    }
}
