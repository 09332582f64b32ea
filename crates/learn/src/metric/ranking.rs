//! Metrics of the order in which scores put the rows: areas under curves, the largest distance, lift.

use super::judged::Classified;
use super::{Judged, Undefined, undefined};
use crate::twofold::Twofold;

/// A row with its score.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scored {
    pub(super) score: f64,
    pub(super) positive: bool,
    pub(super) weight: f64,
}

/// Rows in ascending order of their scores.
pub(super) struct Ranking {
    rows: Vec<Scored>,
    /// Do all rows weigh 1?
    counts: bool,
}

/// The weights of rows with the same score, and of all rows with a higher one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Step {
    pub(super) score: f64,
    /// Weight of the positive rows with this score or a higher one.
    pub(super) positives: f64,
    /// Weight of the negative rows with this score or a higher one.
    pub(super) negatives: f64,
}

impl Ranking {
    /// Ties are ordered by row, so that sums of weights have the same bits every time.
    pub(super) fn new(rows: impl IntoIterator<Item = Scored>, counts: bool) -> Ranking {
        let mut rows: Vec<Scored> = rows.into_iter().collect();
        rows.sort_by(|a, b| a.score.total_cmp(&b.score));
        Ranking { rows, counts }
    }

    /// The rows of `class` against those that `others` chooses, by the probability of the class.
    fn of_class(
        judged: &Judged<'_>,
        classified: &Classified<'_>,
        class: usize,
        others: impl Fn(usize) -> bool,
    ) -> Ranking {
        let rows = classified.rows().enumerate().filter(|(_, (_, truth))| *truth == class || others(*truth));
        let scored = |(row, (probabilities, truth)): (usize, (&[f64], usize))| Scored {
            score: probabilities[class],
            positive: truth == class,
            weight: judged.weight(row),
        };
        Ranking::new(rows.map(scored), judged.weights().is_none())
    }

    fn has(&self, positive: bool) -> bool {
        self.rows.iter().any(|row| row.positive == positive)
    }

    /// Groups the rows by score, ascending: -0 and 0 are neighbours in the total order and equal here.
    fn ties(&self) -> impl DoubleEndedIterator<Item = &[Scored]> {
        self.rows.chunk_by(|a, b| a.score == b.score)
    }

    /// The distinct scores, descending, with the weights down to each.
    pub(super) fn steps(&self) -> Vec<Step> {
        let (mut positives, mut negatives) = (Twofold::default(), Twofold::default());
        let step = |ties: &[Scored]| {
            for row in ties {
                let sum = if row.positive { &mut positives } else { &mut negatives };
                *sum = sum.plus(row.weight);
            }
            Step { score: ties[0].score, positives: positives.value(), negatives: negatives.value() }
        };
        self.ties().rev().map(step).collect()
    }

    /// The fraction of pairs of a positive and a negative row that the positive row wins; a tie is half a win.
    fn area(&self) -> f64 {
        if self.counts { self.share_of_pairs() } else { self.share_of_weights() }
    }

    /// Returns the fraction of pairs won, counted in whole numbers, so that the only rounding is one division.
    fn share_of_pairs(&self) -> f64 {
        let (mut half_pairs_won, mut positives, mut negatives) = (0_u128, 0_u128, 0_u128);
        for ties in self.ties() {
            let positives_here = ties.iter().filter(|row| row.positive).count() as u128;
            let negatives_here = ties.len() as u128 - positives_here;
            half_pairs_won += positives_here * (2 * negatives + negatives_here);
            positives += positives_here;
            negatives += negatives_here;
        }
        half_pairs_won as f64 / (2 * positives * negatives) as f64
    }

    /// Like [`Ranking::share_of_pairs`], with each pair weighted by the product of its weights.
    fn share_of_weights(&self) -> f64 {
        let (mut won, mut positives, mut negatives) = (Twofold::default(), Twofold::default(), Twofold::default());
        for ties in self.ties() {
            let weight =
                |positive: bool| Twofold::sum(ties.iter().filter(|row| row.positive == positive).map(|row| row.weight));
            let (positives_here, negatives_here) = (weight(true), weight(false));
            won = won.add(negatives.plus(0.5 * negatives_here).times(positives_here));
            positives = positives.plus(positives_here);
            negatives = negatives.plus(negatives_here);
        }
        won.value() / (positives.value() * negatives.value())
    }

    fn average_precision(&self) -> f64 {
        let steps = self.steps();
        let all = steps.last().map_or(0.0, |step| step.positives);
        let before = std::iter::once(0.0).chain(steps.iter().map(|step| step.positives));
        let gains = steps
            .iter()
            .zip(before)
            .map(|(step, before)| (step.positives - before) * (step.positives / (step.positives + step.negatives)));
        Twofold::sum(gains) / all
    }

    fn largest_distance(&self) -> f64 {
        let steps = self.steps();
        let Some(all) = steps.last() else { return 0.0 };
        let distance = |step: &Step| (step.positives / all.positives - step.negatives / all.negatives).abs();
        steps.iter().map(distance).fold(0.0, f64::max)
    }

    /// The share of positive rows among the `share` of rows with the highest scores, divided by that of all rows.
    fn lift(&self, share: f64) -> f64 {
        let steps = self.steps();
        let Some(all) = steps.last() else { return 0.0 };
        let taken = share * (all.positives + all.negatives);
        let mut before = Step { score: f64::INFINITY, positives: 0.0, negatives: 0.0 };
        for step in &steps {
            let (rows, rows_before) = (step.positives + step.negatives, before.positives + before.negatives);
            if rows >= taken {
                let part = (taken - rows_before) / (rows - rows_before);
                before.positives += part * (step.positives - before.positives);
                break;
            }
            before = *step;
        }
        before.positives / all.positives / share
    }
}

/// Averaging over the classes, each against the rest.
#[derive(Clone, Copy)]
enum Average {
    Equal,
    ByRows,
}

/// The value for the second class, or the mean over more classes of each against the rest.
fn one_vs_rest(judged: &Judged<'_>, average: Average, value: impl Fn(&Ranking) -> f64) -> Result<f64, Undefined> {
    let classified = judged.classes().ok_or_else(not_classes)?;
    let of_class = |class: usize| {
        let ranking = Ranking::of_class(judged, &classified, class, |_| true);
        let reason = if classified.count == 2 { "only one class occurs" } else { "not every class occurs" };
        if ranking.has(true) && ranking.has(false) { Ok(value(&ranking)) } else { Err(undefined(reason)) }
    };
    match classified.count {
        0 | 1 => Err(undefined("there is only one class")),
        2 => of_class(1),
        count => {
            let values = (0..count).map(of_class).collect::<Result<Vec<f64>, Undefined>>()?;
            let Average::ByRows = average else { return Ok(values.iter().sum::<f64>() / count as f64) };
            let weighted = classified.rows().enumerate().map(|(row, (_, truth))| judged.weight(row) * values[truth]);
            Ok(Twofold::sum(weighted) / judged.total_weight())
        }
    }
}

pub(super) fn auc(judged: &Judged<'_>) -> Result<f64, Undefined> {
    one_vs_rest(judged, Average::Equal, Ranking::area)
}

pub(super) fn auc_weighted(judged: &Judged<'_>) -> Result<f64, Undefined> {
    one_vs_rest(judged, Average::ByRows, Ranking::area)
}

pub(super) fn auc_one_vs_one(judged: &Judged<'_>) -> Result<f64, Undefined> {
    let classified = judged.classes().ok_or_else(not_classes)?;
    if classified.count <= 2 {
        return auc(judged);
    }
    let mut areas = Vec::new();
    for class in 0..classified.count {
        for other in (0..classified.count).filter(|&other| other != class) {
            let ranking = Ranking::of_class(judged, &classified, class, |truth| truth == other);
            if !ranking.has(true) || !ranking.has(false) {
                return Err(undefined("not every class occurs"));
            }
            areas.push(ranking.area());
        }
    }
    Ok(areas.iter().sum::<f64>() / areas.len() as f64)
}

pub(super) fn average_precision(judged: &Judged<'_>) -> Result<f64, Undefined> {
    one_vs_rest(judged, Average::Equal, Ranking::average_precision)
}

pub(super) fn kolmogorov_smirnov(judged: &Judged<'_>) -> Result<f64, Undefined> {
    one_vs_rest(judged, Average::Equal, Ranking::largest_distance)
}

pub(super) fn lift(judged: &Judged<'_>, share: f64) -> Result<f64, Undefined> {
    one_vs_rest(judged, Average::Equal, |ranking| ranking.lift(share))
}

fn not_classes() -> Undefined {
    undefined("it judges classes")
}
