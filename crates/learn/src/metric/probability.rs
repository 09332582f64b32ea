//! Metrics of predicted probabilities.

use super::{Classified, Undefined, undefined};
use crate::twofold::Twofold;

/// See the entry in the table of metrics. The pairs are counted in whole numbers, so the only rounding is one division
/// a class.
pub(super) fn auc(classified: &Classified<'_>) -> Result<f64, Undefined> {
    match classified.count {
        0 | 1 => Err(undefined("there is only one class")),
        2 => auc_of_class(classified, 1),
        count => {
            let areas: Result<Vec<f64>, Undefined> = (0..count).map(|class| auc_of_class(classified, class)).collect();
            Ok(areas?.iter().sum::<f64>() / count as f64)
        }
    }
}

/// `class` against the rest.
fn auc_of_class(classified: &Classified<'_>, class: usize) -> Result<f64, Undefined> {
    let scores = classified.probabilities.iter().skip(class).step_by(classified.count);
    let mut rows: Vec<(f64, bool)> =
        scores.zip(classified.codes).map(|(&score, &code)| (score, code as usize == class)).collect();
    let positives = rows.iter().filter(|(_, positive)| *positive).count() as u128;
    let negatives = rows.len() as u128 - positives;
    if positives == 0 || negatives == 0 {
        return Err(undefined(if classified.count == 2 { "only one class occurs" } else { "not every class occurs" }));
    }
    rows.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    let mut half_pairs_won = 0;
    let mut negatives_below = 0;
    // -0 and 0 are neighbours in the total order and equal here.
    for ties in rows.chunk_by(|a, b| a.0 == b.0) {
        let positives_here = ties.iter().filter(|(_, positive)| *positive).count() as u128;
        let negatives_here = ties.len() as u128 - positives_here;
        half_pairs_won += positives_here * (2 * negatives_below + negatives_here);
        negatives_below += negatives_here;
    }
    Ok(half_pairs_won as f64 / (2 * positives * negatives) as f64)
}

pub(super) fn log_loss(classified: &Classified<'_>) -> Result<f64, Undefined> {
    let of_truth = classified.rows().map(|(row, class)| row[class].clamp(f64::EPSILON, 1.0 - f64::EPSILON));
    Ok(Twofold::sum(of_truth.map(|probability| -probability.ln())) / classified.codes.len() as f64)
}

pub(super) fn brier(classified: &Classified<'_>) -> Result<f64, Undefined> {
    let classes = if classified.count == 2 { 1..2 } else { 0..classified.count };
    let squares = classified.rows().flat_map(|(row, truth)| {
        classes.clone().map(move |class| (row[class] - f64::from(u8::from(class == truth))).powi(2))
    });
    Ok(Twofold::sum(squares) / classified.codes.len() as f64)
}

impl Classified<'_> {
    /// The probabilities and the true class of each row.
    fn rows(&self) -> impl Iterator<Item = (&[f64], usize)> {
        self.probabilities.chunks_exact(self.count).zip(self.codes.iter().map(|&code| code as usize))
    }
}
