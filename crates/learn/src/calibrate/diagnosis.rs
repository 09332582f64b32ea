//! Does a model fit too little or too much?

use crate::metric::Better;

/// How a model fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Diagnosis {
    /// It hardly explains its own training rows: a more flexible model or better features are needed.
    Under,
    /// Much of what it explains of training rows does not carry over to new ones: more rows, a simpler model or stronger
    /// regularisation are needed.
    Over,
    /// Neither.
    Good,
}

/// Judges a fit by the scores of training rows, of validation rows, and of a model without features (the baseline).
///
/// The *explained share* of a score is how much of the way from the baseline's score to a perfect one it goes; perfect is
/// 1 for scores where higher is better (accuracy, AUC, R²), and 0 where lower is better (errors, losses). The rule:
///
/// * [`Diagnosis::Under`] if the explained share of training rows is below a tenth;
/// * else [`Diagnosis::Over`] if that of validation rows is less than three quarters of that of training rows;
/// * else [`Diagnosis::Good`]; also if the baseline is perfect.
///
/// The rule is a convention of this project, not a test. Scores that are not finite count as no better than the baseline.
///
/// ```
/// use pipewright_learn::calibrate::{Diagnosis, diagnose};
/// use pipewright_learn::metric::Better;
/// assert_eq!(diagnose(1.00, 0.70, 0.50, Better::Higher), Diagnosis::Over);
/// assert_eq!(diagnose(0.53, 0.52, 0.50, Better::Higher), Diagnosis::Under);
/// assert_eq!(diagnose(2.0, 2.2, 8.0, Better::Lower), Diagnosis::Good);
/// ```
#[must_use]
pub fn diagnose(train_score: f64, validation_score: f64, baseline: f64, better: Better) -> Diagnosis {
    const EXPLAINED_MIN: f64 = 0.1;
    const KEPT_MIN: f64 = 0.75;
    let perfect = match better {
        Better::Higher => 1.0,
        Better::Lower => 0.0,
    };
    if baseline == perfect {
        return Diagnosis::Good;
    }
    let explained = |score: f64| {
        let share = (score - baseline) / (perfect - baseline);
        if share.is_finite() { share } else { 0.0 }
    };
    let (train, validation) = (explained(train_score), explained(validation_score));
    if train < EXPLAINED_MIN {
        Diagnosis::Under
    } else if validation < KEPT_MIN * train {
        Diagnosis::Over
    } else {
        Diagnosis::Good
    }
}
