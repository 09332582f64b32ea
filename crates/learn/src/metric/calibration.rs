//! Do predicted probabilities agree with how often the classes occur?

use super::{Judged, Undefined, undefined};
use crate::order::quantile;
use crate::twofold::Twofold;

/// How rows are put in bins by a probability.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bins {
    /// Bins of equal width from 0 to 1. A value at an edge belongs to the bin below it, as in scikit-learn's
    /// `calibration_curve`.
    EqualWidth(usize),
    /// Bins of about equal weight, between quantiles of the probabilities; equal ones stay together.
    EqualCount(usize),
}

/// Rows with similar probabilities.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bin {
    /// The mean predicted probability.
    pub predicted: f64,
    /// The share of the rows that are of the class.
    pub observed: f64,
    /// The weight of the rows; their number if all rows weigh 1.
    pub weight: f64,
}

/// The parts of a Brier score, reliability - resolution + uncertainty (A. H. Murphy, "A new vector partition of the
/// probability score", Journal of Applied Meteorology 12, 1973). They add up to the Brier score of predictions that are
/// replaced by the means of their bins.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BrierParts {
    /// Mean (predicted - observed)² over the bins: 0 if calibrated.
    pub reliability: f64,
    /// Mean (observed - ō)² over the bins, ō the share of all rows: high if the bins tell the classes apart.
    pub resolution: f64,
    /// ō (1 - ō): the Brier score of predicting ō.
    pub uncertainty: f64,
}

/// A reliability diagram: bins with rows, by ascending probability. With two classes, the probability of the second and
/// its share; with more, the probability of the predicted class and the share of right predictions.
///
/// # Errors
/// [`Undefined`] for numbers, for no rows, or a probability that is not finite.
///
/// # Panics
/// If there are no bins.
///
/// ```
/// use pipewright_learn::metric::{Bins, Judged, calibration};
/// use pipewright_learn::{Labels, Outputs, Target};
/// let truth: Labels = Target::Classes { codes: vec![0, 1, 1], count: 2 }.into();
/// let outputs = Outputs::Probabilities { values: vec![0.75, 0.25, 0.75, 0.25, 0.0, 1.0], classes: 2 };
/// let bins = calibration(&Judged::new(&truth, &outputs), Bins::EqualWidth(2))?;
/// assert_eq!((bins[0].predicted, bins[0].observed, bins[0].weight), (0.25, 0.5, 2.0));
/// # Ok::<(), pipewright_learn::metric::Undefined>(())
/// ```
pub fn calibration(judged: &Judged<'_>, bins: Bins) -> Result<Vec<Bin>, Undefined> {
    let (Bins::EqualWidth(count) | Bins::EqualCount(count)) = bins;
    assert!(count > 0, "there are bins");
    let classified = judged.classes().ok_or_else(|| undefined("it judges classes"))?;
    judged.check_outputs()?;
    let predicted = judged.outputs().labels();
    let class = |row: usize| if classified.count == 2 { 1 } else { predicted[row] as usize };
    let of_row = |(row, (probabilities, truth)): (usize, (&[f64], usize))| {
        (probabilities[class(row)], truth == class(row), judged.weight(row))
    };
    let rows: Vec<(f64, bool, f64)> = classified.rows().enumerate().map(of_row).collect();
    let edges: Vec<f64> = match bins {
        Bins::EqualWidth(count) => (1..count).map(|edge| edge as f64 * (1.0 / count as f64)).collect(),
        Bins::EqualCount(count) => {
            let mut values: Vec<(f64, f64)> = rows.iter().map(|(value, _, weight)| (*value, *weight)).collect();
            (1..count).map(|edge| quantile(&mut values, edge as f64 / count as f64)).collect()
        }
    };
    let mut sums = vec![[Twofold::default(); 3]; count];
    for (value, hit, weight) in rows {
        let [predicted, observed, weights] = &mut sums[edges.partition_point(|edge| *edge < value)];
        *predicted = predicted.plus(weight * value);
        *observed = observed.plus(if hit { weight } else { 0.0 });
        *weights = weights.plus(weight);
    }
    let sums = sums.into_iter().map(|sums| sums.map(Twofold::value)).filter(|[.., weight]| *weight > 0.0);
    let bin = |[predicted, observed, weight]: [f64; 3]| Bin {
        predicted: predicted / weight,
        observed: observed / weight,
        weight,
    };
    Ok(sums.map(bin).collect())
}

/// The parts of the Brier score of the second of two classes.
///
/// # Errors
/// [`Undefined`] unless there are two classes; as [`calibration`].
///
/// # Panics
/// As [`calibration`].
pub fn brier_parts(judged: &Judged<'_>, bins: Bins) -> Result<BrierParts, Undefined> {
    if judged.classes().is_none_or(|classified| classified.count != 2) {
        return Err(undefined("it judges two classes"));
    }
    let bins = calibration(judged, bins)?;
    let mean = |of: &dyn Fn(&Bin) -> f64| {
        Twofold::sum(bins.iter().map(|bin| bin.weight * of(bin))) / Twofold::sum(bins.iter().map(|bin| bin.weight))
    };
    let share = mean(&|bin| bin.observed);
    Ok(BrierParts {
        reliability: mean(&|bin| (bin.predicted - bin.observed).powi(2)),
        resolution: mean(&|bin| (bin.observed - share).powi(2)),
        uncertainty: share * (1.0 - share),
    })
}

fn calibration_error(judged: &Judged<'_>, bins: Bins) -> Result<f64, Undefined> {
    let gaps = calibration(judged, bins)?.into_iter().map(|bin| bin.weight * (bin.predicted - bin.observed).abs());
    Ok(Twofold::sum(gaps) / judged.total_weight())
}

pub(super) fn error_of_equal_widths(judged: &Judged<'_>) -> Result<f64, Undefined> {
    calibration_error(judged, Bins::EqualWidth(10))
}

pub(super) fn error_of_equal_counts(judged: &Judged<'_>) -> Result<f64, Undefined> {
    calibration_error(judged, Bins::EqualCount(10))
}
