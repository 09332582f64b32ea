//! Imputation of missing values from the other columns: nearest neighbours, iterated regressions.
//!
//! In this module only, a missing value is a NaN in [`Features`].

mod iterative;
mod knn;

pub use iterative::{Iterative, IterativeFilling};
pub use knn::{Knn, KnnFilling, Weights};

use crate::data::Features;
use crate::twofold::Twofold;
use pipewright_diagnostic::{Failure, code};

/// Largest magnitude whose square does not overflow.
const MAGNITUDE_MAX: f64 = 1e150;

/// Checks that every value is missing or small enough to be squared.
fn check_values(features: &Features) -> Result<(), Failure> {
    for (index, name) in features.names().iter().enumerate() {
        let bad = |value: &f64| !value.is_nan() && value.abs() > MAGNITUDE_MAX;
        if let Some(row) = features.column(index).iter().position(bad) {
            let message = format!("`{name}` contains a value that is too large to compare with others");
            return Err(Failure::new(code::VALUE_OUT_OF_RANGE, message).column(name).row(row as u64 + 1));
        }
    }
    Ok(())
}

/// Returns the mean of the present values of each column.
///
/// # Errors
/// [`code::ALL_MISSING`] for a column without any.
fn means(features: &Features) -> Result<Vec<f64>, Failure> {
    let mean = |(index, name): (usize, &String)| {
        let present = || features.column(index).iter().copied().filter(|value| !value.is_nan());
        match present().count() {
            0 => Err(all_missing(name)),
            count => Ok(Twofold::sum(present()) / count as f64),
        }
    };
    features.names().iter().enumerate().map(mean).collect()
}

fn all_missing(name: &str) -> Failure {
    Failure::new(code::ALL_MISSING, format!("`{name}` has no value to learn from")).column(name)
}

#[cfg(test)]
mod tests;
