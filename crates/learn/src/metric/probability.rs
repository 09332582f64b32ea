//! Metrics of predicted probabilities.

use super::judged::Classified;
use super::{Judged, Undefined, undefined};
use crate::twofold::Twofold;

/// See the entry in the table of metrics.
pub(super) fn auc(judged: &Judged<'_>) -> Result<f64, Undefined> {
    let classified = judged.classes().ok_or_else(not_classes)?;
    match classified.count {
        0 | 1 => Err(undefined("there is only one class")),
        2 => auc_of_class(judged, &classified, 1),
        count => {
            let area = |class| auc_of_class(judged, &classified, class);
            let areas: Result<Vec<f64>, Undefined> = (0..count).map(area).collect();
            Ok(areas?.iter().sum::<f64>() / count as f64)
        }
    }
}

/// AUC of `class` against the rest.
fn auc_of_class(judged: &Judged<'_>, classified: &Classified<'_>, class: usize) -> Result<f64, Undefined> {
    let scores = classified.probabilities.iter().skip(class).step_by(classified.count);
    let of_row = |(row, (&score, &code)): (usize, (&f64, &u32))| Scored {
        score,
        positive: code as usize == class,
        weight: judged.weight(row),
    };
    let mut rows: Vec<Scored> = scores.zip(classified.codes).enumerate().map(of_row).collect();
    let positives = rows.iter().filter(|row| row.positive).count();
    if positives == 0 || positives == rows.len() {
        return Err(undefined(if classified.count == 2 { "only one class occurs" } else { "not every class occurs" }));
    }
    // Ties are ordered by row, so that sums of weights have the same bits every time.
    rows.sort_by(|a, b| a.score.total_cmp(&b.score));
    Ok(if judged.weights().is_none() { share_of_pairs(&rows) } else { share_of_weights(&rows) })
}

/// A row with its score.
struct Scored {
    score: f64,
    positive: bool,
    weight: f64,
}

/// Groups the rows by score, ascending: -0 and 0 are neighbours in the total order and equal here.
fn ties(rows: &[Scored]) -> impl Iterator<Item = &[Scored]> {
    rows.chunk_by(|a, b| a.score == b.score)
}

/// Returns the fraction of pairs won, counted in whole numbers, so that the only rounding is one division.
fn share_of_pairs(rows: &[Scored]) -> f64 {
    let (mut half_pairs_won, mut positives, mut negatives) = (0_u128, 0_u128, 0_u128);
    for ties in ties(rows) {
        let positives_here = ties.iter().filter(|row| row.positive).count() as u128;
        let negatives_here = ties.len() as u128 - positives_here;
        half_pairs_won += positives_here * (2 * negatives + negatives_here);
        positives += positives_here;
        negatives += negatives_here;
    }
    half_pairs_won as f64 / (2 * positives * negatives) as f64
}

/// Like [`share_of_pairs`], with each pair weighted by the product of its weights.
fn share_of_weights(rows: &[Scored]) -> f64 {
    let (mut won, mut positives, mut negatives) = (Twofold::default(), Twofold::default(), Twofold::default());
    for ties in ties(rows) {
        let weight =
            |positive: bool| Twofold::sum(ties.iter().filter(|row| row.positive == positive).map(|row| row.weight));
        let (positives_here, negatives_here) = (weight(true), weight(false));
        won = won.add(negatives.plus(0.5 * negatives_here).times(positives_here));
        positives = positives.plus(positives_here);
        negatives = negatives.plus(negatives_here);
    }
    won.value() / (positives.value() * negatives.value())
}

pub(super) fn log_loss(judged: &Judged<'_>) -> Result<f64, Undefined> {
    let classified = judged.classes().ok_or_else(not_classes)?;
    let of_truth = classified.rows().map(|(row, class)| row[class].clamp(f64::EPSILON, 1.0 - f64::EPSILON));
    let losses = of_truth.enumerate().map(|(row, probability)| -judged.weight(row) * probability.ln());
    Ok(Twofold::sum(losses) / judged.total_weight())
}

pub(super) fn brier(judged: &Judged<'_>) -> Result<f64, Undefined> {
    let classified = judged.classes().ok_or_else(not_classes)?;
    let classes = if classified.count == 2 { 1..2 } else { 0..classified.count };
    let squares = classified.rows().enumerate().flat_map(|(at, (row, truth))| {
        let square = move |class: usize| (row[class] - f64::from(u8::from(class == truth))).powi(2);
        classes.clone().map(move |class| judged.weight(at) * square(class))
    });
    Ok(Twofold::sum(squares) / judged.total_weight())
}

fn not_classes() -> Undefined {
    undefined("it judges classes")
}
