//! Metrics of predicted probabilities.

use super::{Judged, Undefined, undefined};
use crate::twofold::Twofold;

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

pub(super) fn top_accuracy(judged: &Judged<'_>, most: usize) -> Result<f64, Undefined> {
    let classified = judged.classes().ok_or_else(not_classes)?;
    if classified.count <= most {
        return Err(Undefined(format!("it is 1 for {most} classes or fewer")));
    }
    // The first of equal probabilities is predicted, as in a confusion matrix.
    let place = |row: &[f64], class: usize| {
        let is_before = |&other: &usize| row[other] > row[class] || (row[other] == row[class] && other < class);
        (0..row.len()).filter(is_before).count()
    };
    let hits = classified.rows().enumerate().filter(|(_, (row, class))| place(row, *class) < most);
    Ok(Twofold::sum(hits.map(|(row, _)| judged.weight(row))) / judged.total_weight())
}

fn not_classes() -> Undefined {
    undefined("it judges classes")
}
