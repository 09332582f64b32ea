//! Intervals of scores: how much would they vary with other rows?
//!
//! Over several folds, the corrected interval of Nadeau and Bengio, since training rows overlap. For a single holdout,
//! DeLong's interval of an area under the ROC curve, and bootstrap intervals of other metrics.

use pipewright_learn::compare::{Bootstrap, Delong, Ends, Interval, corrected_interval};
use pipewright_learn::metric::{self, Metric};
use pipewright_learn::{Outputs, Target};
use pipewright_operator::result::FoldResult;
use pipewright_world::random::Key;

/// The probability with which an interval holds the true value.
pub(crate) const CONFIDENCE: f64 = 0.95;

/// The interval of the mean of a metric over folds, or of its value on a single holdout, within the range of the metric;
/// `None` if it has none.
pub(super) fn interval(metric: &Metric, place: usize, results: &[FoldResult], key: Key) -> Option<Interval> {
    let found = match results {
        [result] => of_holdout(metric, result, key)?,
        results => over_folds(place, results)?,
    };
    let (lowest, highest) = metric.range();
    Some(Interval { low: found.low.max(lowest), high: found.high.min(highest), ..found })
}

fn over_folds(place: usize, results: &[FoldResult]) -> Option<Interval> {
    let scores: Option<Vec<f64>> = results.iter().map(|result| result.scores[place].model.clone().ok()).collect();
    corrected_interval(&scores?, FoldResult::test_share(results), CONFIDENCE).ok()
}

fn of_holdout(metric: &Metric, result: &FoldResult, key: Key) -> Option<Interval> {
    let labels = result.labels();
    if let (Target::Classes { codes, count: 2 }, Outputs::Probabilities { values, .. }, None) =
        (&result.truth, &result.predictions.outputs, &result.weights)
        && metric.name == metric::AUC.name
    {
        let truth: Vec<bool> = codes.iter().map(|&code| code == 1).collect();
        let scores: Vec<f64> = values.chunks_exact(2).map(|row| row[1]).collect();
        return Delong::new(&truth, &scores).ok()?.interval(CONFIDENCE).ok();
    }
    bootstrap(labels.rows()).of_metric(metric, &labels, &result.predictions, key).ok()
}

/// Fewer draws of more rows, whose scores vary less.
pub(super) fn bootstrap(rows: usize) -> Bootstrap {
    /// Rows that are drawn in all.
    const DRAWN: usize = 2_000_000;
    /// With more rows, the ends are plain quantiles of the drawn scores: the correction needs a score per row.
    const CORRECTED_MAX: usize = 2_000;
    let draws = (DRAWN / rows.max(1)).clamp(200, 2_000) as u32;
    let ends = if rows <= CORRECTED_MAX { Ends::Bca } else { Ends::Percentile };
    Bootstrap { draws, ends, confidence: CONFIDENCE, stratified: true }
}
