//! Bootstrap intervals: how much would a score vary with other test rows?
//!
//! Sources: B. Efron, "Better bootstrap confidence intervals", Journal of the American Statistical Association 82 (1987);
//! B. Efron, R. Tibshirani, "An introduction to the bootstrap" (1993), chapters 13 and 14.

use super::{Interval, Undefined, check_confidence, undefined};
use crate::data::{Labels, Predicted, Target};
use crate::distribution::{normal_below, normal_quantile};
use crate::metric::{Judged, Metric};
use pipewright_diagnostic::{Bounds, Failure};
use pipewright_world::random::Key;
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::fmt;

/// An interval of a score by drawing test rows with replacement.
///
/// ```
/// use pipewright_learn::{Key, Labels, Outputs, Target, compare::Bootstrap, metric};
/// let truth: Labels = Target::Numbers((0..50).map(f64::from).collect()).into();
/// let outputs = Outputs::Numbers((0..50).map(|row| f64::from(row) + f64::from(row % 5)).collect());
/// let interval = Bootstrap::default().of_metric(&metric::MAE, &truth, &outputs, Key::new(1))?;
/// assert!(interval.estimate == 2.0 && interval.low > 1.5 && interval.high < 2.5);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bootstrap {
    /// The number of samples of rows.
    pub draws: u32,
    /// The probability with which the interval holds the true value.
    pub confidence: f64,
    /// How the ends follow from the scores of the samples.
    pub ends: Ends,
    /// Draws from each class as many rows as it has.
    pub stratified: bool,
}

/// How the ends of a bootstrap interval follow from the scores of the samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ends {
    /// Quantiles of the scores.
    Percentile,
    /// Bias-corrected and accelerated: the levels of the quantiles account for the bias and the skewness of the scores.
    Bca,
}

/// Why there is no bootstrap interval.
#[derive(Debug, Clone, PartialEq)]
pub enum NoInterval {
    /// It has no value on these rows.
    Undefined(Undefined),
    /// The run was stopped.
    Stopped(Failure),
}

impl From<Undefined> for NoInterval {
    fn from(reason: Undefined) -> NoInterval {
        NoInterval::Undefined(reason)
    }
}

impl From<Failure> for NoInterval {
    fn from(failure: Failure) -> NoInterval {
        NoInterval::Stopped(failure)
    }
}

impl fmt::Display for NoInterval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NoInterval::Undefined(reason) => reason.fmt(f),
            NoInterval::Stopped(failure) => failure.fmt(f),
        }
    }
}

impl std::error::Error for NoInterval {}

impl Default for Bootstrap {
    fn default() -> Bootstrap {
        Bootstrap { draws: 2000, confidence: 0.95, ends: Ends::Bca, stratified: false }
    }
}

/// The largest share of samples that may have no score.
const UNDEFINED_MAX: f64 = 0.1;

/// The number of parts of the rows of which each is left out once for the acceleration; with fewer rows, each row.
const PARTS_MAX: usize = 1000;

impl Bootstrap {
    /// The interval of a metric on these test rows. Stratified by the true classes, if asked for.
    ///
    /// # Errors
    /// As [`Bootstrap::of`].
    ///
    /// # Panics
    /// As [`Bootstrap::of`] and [`Judged::new`].
    pub fn of_metric(
        &self,
        metric: &Metric,
        truth: &Labels,
        predictions: &(impl Predicted + Sync),
        key: Key,
    ) -> Result<Interval, NoInterval> {
        let strata = match truth.target() {
            Target::Classes { codes, .. } if self.stratified => codes.clone(),
            _ => vec![0; truth.rows()],
        };
        self.of(&strata, key, |rows| metric.score(&Judged::new(&truth.take(rows), &predictions.take(rows))))
    }

    /// The interval of any score of rows: `score` is given lists of rows, in which a row may occur several times or not at
    /// all. A list has as many rows of each stratum as `strata`, the stratum of each row.
    ///
    /// Samples without a score are left out. For BCa, the acceleration is that of the jackknife; of more than 1000 rows of
    /// a stratum, that many equal parts are left out in turn instead of rows.
    ///
    /// # Errors
    /// [`NoInterval::Undefined`] if the rows have no score, more than a tenth of the samples have none, or all have the same
    /// score; [`NoInterval::Stopped`] if the run was stopped.
    ///
    /// # Panics
    /// If there are no draws, or the confidence is not between 0 and 1.
    pub fn of(
        &self,
        strata: &[u32],
        key: Key,
        score: impl Fn(&[u32]) -> Result<f64, Undefined> + Sync,
    ) -> Result<Interval, NoInterval> {
        check_confidence(self.confidence);
        assert!(self.draws > 0, "there are draws");
        let all: Vec<u32> = (0..).take(strata.len()).collect();
        let estimate = score(&all)?;
        let mut groups: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        all.iter().for_each(|&row| groups.entry(strata[row as usize]).or_default().push(row));
        let groups: Vec<Vec<u32>> = groups.into_values().collect();
        let bounds = Bounds::current();
        let drawn = (0..self.draws).into_par_iter().map(|draw| {
            bounds.go_on()?;
            Ok(score(&resample(&groups, key.index(u64::from(draw)))).ok())
        });
        let scores: Vec<f64> = drawn.collect::<Result<Vec<_>, Failure>>()?.into_iter().flatten().collect();
        if (scores.len() as f64) < (1.0 - UNDEFINED_MAX) * f64::from(self.draws) {
            let missing = self.draws as usize - scores.len();
            return Err(Undefined(format!("{missing} of {} samples of the rows have no score", self.draws)).into());
        }
        let acceleration = match self.ends {
            Ends::Percentile => 0.0,
            Ends::Bca => acceleration(&groups, &score)?,
        };
        Ok(self.interval(estimate, scores, acceleration)?)
    }

    /// The interval of an estimate, given the scores of the samples.
    pub(super) fn interval(
        &self,
        estimate: f64,
        mut scores: Vec<f64>,
        acceleration: f64,
    ) -> Result<Interval, Undefined> {
        scores.sort_by(f64::total_cmp);
        if scores.first() == scores.last() {
            return Err(undefined("all samples of the rows have the same score"));
        }
        let tail = (1.0 - self.confidence) / 2.0;
        let [low, high] = match self.ends {
            Ends::Percentile => [tail, 1.0 - tail],
            Ends::Bca => {
                let bias = bias(estimate, &scores)?;
                let level = |z: f64| normal_below(bias + (bias + z) / (1.0 - acceleration * (bias + z)));
                let end = normal_quantile(tail);
                [level(end), level(-end)]
            }
        };
        Ok(Interval { estimate, low: quantile(&scores, low), high: quantile(&scores, high) })
    }
}

/// Draws from each group as many rows as it has.
fn resample(groups: &[Vec<u32>], key: Key) -> Vec<u32> {
    let mut position = 0;
    let mut rows = Vec::with_capacity(groups.iter().map(Vec::len).sum());
    for group in groups {
        for _ in 0..group.len() {
            rows.push(group[key.below(position, group.len() as u64) as usize]);
            position += 1;
        }
    }
    rows
}

/// The bias: the normal quantile of the share of scores below the estimate, half of equal ones included.
fn bias(estimate: f64, scores: &[f64]) -> Result<f64, Undefined> {
    let below = scores.partition_point(|score| *score < estimate);
    let at_most = scores.partition_point(|score| *score <= estimate);
    let share = (below + at_most) as f64 / (2 * scores.len()) as f64;
    if share == 0.0 || share == 1.0 {
        return Err(undefined("all samples of the rows have a score on the same side of that of all rows"));
    }
    Ok(normal_quantile(share))
}

/// The acceleration: a sixth of the skewness of the jackknife's influences, Σ U³/n³ / (Σ U²/n²)^1.5 over the strata, with
/// U = (n - 1)·(mean score - score without a row) and n the number of rows of the stratum.
pub(super) fn acceleration(
    groups: &[Vec<u32>],
    score: &(impl Fn(&[u32]) -> Result<f64, Undefined> + Sync),
) -> Result<f64, NoInterval> {
    let bounds = Bounds::current();
    let (mut cubes, mut squares) = (0.0, 0.0);
    for (at, group) in groups.iter().enumerate() {
        let parts = group.len().min(PARTS_MAX);
        // A stratum of one row is drawn as it is: it has no influence on how the score varies.
        if parts < 2 {
            continue;
        }
        let without = |part: usize| {
            bounds.go_on()?;
            let others = groups.iter().enumerate().filter(|(other, _)| *other != at).flat_map(|(_, group)| group);
            let kept = group.iter().enumerate().filter(|(place, _)| place % parts != part).map(|(_, row)| row);
            Ok(score(&others.chain(kept).copied().collect::<Vec<u32>>()))
        };
        let scores: Vec<Result<f64, Undefined>> =
            (0..parts).into_par_iter().map(without).collect::<Result<_, Failure>>()?;
        let scores: Vec<f64> = scores
            .into_iter()
            .collect::<Result<_, _>>()
            .map_err(|Undefined(reason)| Undefined(format!("without some of the rows: {reason}")))?;
        let count = parts as f64;
        let mean = scores.iter().sum::<f64>() / count;
        let influence = |score: &f64| (count - 1.0) / count * (mean - score);
        cubes += scores.iter().map(|score| influence(score).powi(3)).sum::<f64>();
        squares += scores.iter().map(|score| influence(score).powi(2)).sum::<f64>();
    }
    Ok(if squares > 0.0 { cubes / (6.0 * squares.powf(1.5)) } else { 0.0 })
}

/// The quantile of sorted values, with linear interpolation.
fn quantile(sorted: &[f64], level: f64) -> f64 {
    let place = level * (sorted.len() - 1) as f64;
    let (below, above) = (sorted[place.floor() as usize], sorted[place.ceil() as usize]);
    below + (above - below) * place.fract()
}
