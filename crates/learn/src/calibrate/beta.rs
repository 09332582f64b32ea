//! Beta calibration.

use super::{Binary, clipped};
use crate::data::{Dataset, Features, Labels, Target};
use crate::learner::Learner;
use crate::linear::Logistic;
use crate::twofold::Twofold;
use pipewright_diagnostic::Failure;
use serde::{Deserialize, Serialize};

/// The log-odds a·ln p - b·ln(1 - p) + c.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Beta {
    a: f64,
    b: f64,
    c: f64,
}

/// The penalty that keeps coefficients finite when classes are separable, as in the package `betacal`.
const PENALTY: f64 = 1e-11;

/// ln p and -ln(1 - p).
fn terms(probability: f64) -> [f64; 2] {
    let probability = clipped(probability);
    [probability.ln(), -(-probability).ln_1p()]
}

impl Beta {
    /// Maximum likelihood with a, b ≥ 0. If a coefficient is below 0 without that condition, the best lies where one of
    /// them is 0.
    pub(super) fn fit(rows: &Binary) -> Result<Beta, Failure> {
        let free = Beta::logistic(rows, [true, true])?;
        if free.a >= 0.0 && free.b >= 0.0 {
            return Ok(free);
        }
        let mut best: Option<(f64, Beta)> = None;
        for used in [[true, false], [false, true]] {
            let mut beta = Beta::logistic(rows, used)?;
            if beta.a < 0.0 || beta.b < 0.0 {
                beta = Beta::constant(rows);
            }
            let loss = beta.loss(rows);
            if best.is_none_or(|(least, _)| loss < least) {
                best = Some((loss, beta));
            }
        }
        Ok(best.map_or_else(|| Beta::constant(rows), |(_, beta)| beta))
    }

    fn logistic(rows: &Binary, used: [bool; 2]) -> Result<Beta, Failure> {
        let points: Vec<[f64; 2]> = rows.probabilities.iter().map(|&probability| terms(probability)).collect();
        let columns: Vec<usize> = (0..2).filter(|&column| used[column]).collect();
        let features = Features::from_rows(["ln p", "-ln(1 - p)"], &points).select(&columns);
        let codes = rows.is_class.iter().map(|&is| u32::from(is)).collect();
        let labels = Labels::weighted(Target::Classes { codes, count: 2 }, rows.weights.clone())?;
        let model = Logistic { l2: PENALTY, ..Logistic::default() }.fit(&Dataset::new(features, labels))?;
        let mut found = model.coefficients()[0].iter().copied();
        let [a, b] = used.map(|is_used| if is_used { found.next().unwrap_or(0.0) } else { 0.0 });
        Ok(Beta { a, b, c: model.intercepts()[0] })
    }

    /// The share of the class, whatever the probability.
    fn constant(rows: &Binary) -> Beta {
        let side = |is: bool| {
            let weights = rows.weights.iter().zip(&rows.is_class).filter(|(_, is_class)| **is_class == is);
            Twofold::sum(weights.map(|(weight, _)| *weight))
        };
        Beta { a: 0.0, b: 0.0, c: side(true).ln() - side(false).ln() }
    }

    fn loss(self, rows: &Binary) -> f64 {
        let losses = rows.probabilities.iter().zip(&rows.is_class).zip(&rows.weights);
        Twofold::sum(losses.map(|((&probability, &is_class), weight)| {
            let of_class = clipped(self.at(probability));
            -weight * if is_class { of_class.ln() } else { (-of_class).ln_1p() }
        }))
    }

    pub(super) fn at(self, probability: f64) -> f64 {
        let [log, rest] = terms(probability);
        // exp may overflow to infinity, and the probability is 0.
        1.0 / (1.0 + (-(self.a * log + self.b * rest + self.c)).exp())
    }

    pub(super) fn is_sound(self) -> bool {
        // Beyond this the log-odds of some probability would overflow.
        const LARGEST: f64 = 1e300;
        let within = |number: f64| number.abs() <= LARGEST;
        within(self.a) && within(self.b) && within(self.c) && self.a >= 0.0 && self.b >= 0.0
    }
}
