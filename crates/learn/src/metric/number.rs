//! Metrics of predicted numbers.

use super::{Undefined, undefined};
use crate::twofold::Twofold;

pub(super) fn root_mean_squared_error(truth: &[f64], predicted: &[f64]) -> Result<f64, Undefined> {
    Ok((squared_errors(truth, predicted) / truth.len() as f64).sqrt())
}

pub(super) fn mean_absolute_error(truth: &[f64], predicted: &[f64]) -> Result<f64, Undefined> {
    let errors = truth.iter().zip(predicted).map(|(truth, predicted)| (truth - predicted).abs());
    Ok(Twofold::sum(errors) / truth.len() as f64)
}

pub(super) fn r_squared(truth: &[f64], predicted: &[f64]) -> Result<f64, Undefined> {
    if truth.len() < 2 {
        return Err(undefined("one row has no spread"));
    }
    if truth.iter().all(|value| *value == truth[0]) {
        return Err(undefined("all true values are equal"));
    }
    let mean = Twofold::sum(truth.iter().copied()) / truth.len() as f64;
    let spread = Twofold::sum(truth.iter().map(|value| (value - mean).powi(2)));
    Ok(1.0 - squared_errors(truth, predicted) / spread)
}

fn squared_errors(truth: &[f64], predicted: &[f64]) -> f64 {
    Twofold::sum(truth.iter().zip(predicted).map(|(truth, predicted)| (truth - predicted).powi(2)))
}
