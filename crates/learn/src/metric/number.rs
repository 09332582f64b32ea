//! Metrics of predicted numbers.

use super::{Judged, Undefined, undefined};
use crate::twofold::Twofold;

pub(super) fn root_mean_squared_error(judged: &Judged<'_>) -> Result<f64, Undefined> {
    Ok((squared_errors(judged)? / judged.total_weight()).sqrt())
}

pub(super) fn mean_absolute_error(judged: &Judged<'_>) -> Result<f64, Undefined> {
    let (truth, predicted) = judged.numbers().ok_or_else(not_numbers)?;
    let error = |(row, (truth, predicted)): (usize, (&f64, &f64))| judged.weight(row) * (truth - predicted).abs();
    Ok(Twofold::sum(truth.iter().zip(predicted).enumerate().map(error)) / judged.total_weight())
}

pub(super) fn r_squared(judged: &Judged<'_>) -> Result<f64, Undefined> {
    let (truth, _) = judged.numbers().ok_or_else(not_numbers)?;
    if truth.len() < 2 {
        return Err(undefined("one row has no variance"));
    }
    if truth.iter().all(|value| *value == truth[0]) {
        return Err(undefined("all true values are equal"));
    }
    let weighted = |(row, value): (usize, f64)| judged.weight(row) * value;
    let mean = Twofold::sum(truth.iter().copied().enumerate().map(weighted)) / judged.total_weight();
    let squares = truth.iter().map(|value| (value - mean).powi(2));
    let spread = Twofold::sum(squares.enumerate().map(weighted));
    Ok(1.0 - squared_errors(judged)? / spread)
}

fn squared_errors(judged: &Judged<'_>) -> Result<f64, Undefined> {
    let (truth, predicted) = judged.numbers().ok_or_else(not_numbers)?;
    let error = |(row, (truth, predicted)): (usize, (&f64, &f64))| judged.weight(row) * (truth - predicted).powi(2);
    Ok(Twofold::sum(truth.iter().zip(predicted).enumerate().map(error)))
}

fn not_numbers() -> Undefined {
    undefined("it judges numbers")
}
