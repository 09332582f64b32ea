//! What one column says about the class.

use super::Rows;
use crate::data::{Categories, Features};
use crate::mixed::{are_distinct, codes_among};
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;

/// The distribution of a column in each class.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub(super) enum Factor {
    /// The column had no value, or only one number.
    Nothing,
    Gaussian(Gaussian),
    Frequencies {
        levels: Vec<String>,
        /// For each level the log of its frequency in each class.
        logs: Vec<Vec<f64>>,
    },
}

/// A normal distribution per class, of numbers divided by a unit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Gaussian {
    /// A power of 2, so that no square overflows or vanishes.
    unit: f64,
    /// The variance over all classes.
    spread: f64,
    means: Vec<f64>,
    variances: Vec<f64>,
}

/// A variance: `value` · `unit`².
#[derive(Debug, Clone, Copy)]
pub(super) struct Spread {
    value: f64,
    unit: f64,
}

impl Spread {
    pub(super) fn compare(left: &Spread, right: &Spread) -> Ordering {
        let size = |spread: &Spread| spread.value.log2() + 2.0 * spread.unit.log2();
        size(left).total_cmp(&size(right))
    }

    pub(super) fn times(self, number: f64) -> Spread {
        Spread { value: self.value * number, ..self }
    }

    /// The variance in another unit, as long as it is not too large to divide by.
    fn in_units(self, unit: f64) -> f64 {
        const MAX: f64 = 1e280;
        let ratio = self.unit / unit;
        (self.value * ratio * ratio).min(MAX)
    }
}

/// A number in its unit is cut off here: it is beyond all means.
const FAR: f64 = 1e140;

/// The largest term of a sum of scores: sums of many do not overflow.
const TERM_MAX: f64 = 1e290;

impl Factor {
    pub(super) fn of_numbers(numbers: &[f64], rows: &Rows<'_>) -> Factor {
        let largest =
            numbers.iter().filter(|number| !number.is_nan()).fold(0.0_f64, |most, number| most.max(number.abs()));
        if largest == 0.0 {
            return Factor::Nothing;
        }
        let unit = 2.0_f64.powi((largest.log2().floor() as i32).clamp(-1000, 1000));
        let values = || (0..numbers.len()).map(|row| (row, numbers[row] / unit)).filter(|(_, value)| !value.is_nan());
        let weights = rows.sums(values().map(|(row, _)| (row, 1.0)));
        let total: f64 = weights.iter().sum();
        let sums = rows.sums(values());
        let mean = sums.iter().sum::<f64>() / total;
        let means: Vec<f64> =
            sums.iter().zip(&weights).map(|(sum, weight)| if *weight > 0.0 { sum / weight } else { mean }).collect();
        let about = |centre: &dyn Fn(usize) -> f64| {
            rows.sums(values().map(|(row, value)| (row, (value - centre(row)) * (value - centre(row)))))
        };
        let spread = about(&|_| mean).iter().sum::<f64>() / total;
        let first = values().next().map_or(0.0, |(_, value)| value);
        if spread == 0.0 || values().all(|(_, value)| value == first) {
            return Factor::Nothing;
        }
        let squares = about(&|row| means[rows.codes[row] as usize]);
        let variance = |(square, weight): (&f64, &f64)| if *weight > 0.0 { square / weight } else { spread };
        let variances = squares.iter().zip(&weights).map(variance).collect();
        Factor::Gaussian(Gaussian { unit, spread, means, variances })
    }

    pub(super) fn of_categories(categories: &Categories, rows: &Rows<'_>, alpha: f64) -> Factor {
        let mut counts = vec![vec![0.0; rows.classes]; categories.levels().len()];
        for (row, &level) in categories.codes().iter().enumerate().filter(|(_, code)| **code != Categories::MISSING) {
            counts[level as usize][rows.codes[row] as usize] += rows.weight(row);
        }
        let occurring = || (0..counts.len()).filter(|&level| counts[level].iter().any(|count| *count > 0.0));
        let all = alpha * occurring().count() as f64;
        let totals: Vec<f64> =
            (0..rows.classes).map(|class| occurring().map(|level| counts[level][class]).sum::<f64>() + all).collect();
        let log = |(count, total): (&f64, &f64)| (count + alpha).ln() - total.ln();
        let logs: Vec<Vec<f64>> =
            occurring().map(|level| counts[level].iter().zip(&totals).map(log).collect()).collect();
        match logs.is_empty() {
            true => Factor::Nothing,
            false => Factor::Frequencies {
                levels: occurring().map(|level| categories.levels()[level].clone()).collect(),
                logs,
            },
        }
    }

    /// The variance of a column of numbers.
    pub(super) fn spread(&self) -> Option<Spread> {
        match self {
            Factor::Gaussian(gaussian) => Some(Spread { value: gaussian.spread, unit: gaussian.unit }),
            _ => None,
        }
    }

    /// Adds this much to the variances. Returns whether all are above 0.
    pub(super) fn smooth(&mut self, by: Spread) -> bool {
        let Factor::Gaussian(gaussian) = self else { return true };
        let added = by.in_units(gaussian.unit);
        gaussian.variances.iter_mut().for_each(|variance| *variance += added);
        gaussian.variances.iter().all(|variance| *variance >= f64::MIN_POSITIVE)
    }

    /// Was the column one of categories? `None` if it says nothing.
    pub(super) fn is_of_categories(&self) -> Option<bool> {
        match self {
            Factor::Nothing => None,
            Factor::Gaussian(_) => Some(false),
            Factor::Frequencies { .. } => Some(true),
        }
    }

    /// The codes of other rows, for a column of categories.
    pub(super) fn codes(&self, features: &Features, index: usize) -> Option<Vec<u32>> {
        match self {
            Factor::Frequencies { levels, .. } => Some(codes_among(levels, features, index)),
            _ => None,
        }
    }

    /// Adds to the score of each row and class the log of the likelihood of the row's category.
    pub(super) fn add_codes(&self, codes: &[u32], scores: &mut [f64]) {
        let Factor::Frequencies { logs, .. } = self else { return };
        let classes = logs.first().map_or(1, Vec::len);
        for (&code, scores) in codes.iter().zip(scores.chunks_exact_mut(classes)) {
            let Some(logs) = logs.get(code as usize) else { continue };
            scores.iter_mut().zip(logs).for_each(|(score, log)| *score += log);
        }
    }

    /// Adds to the score of each row and class the log of the likelihood of the row's number.
    pub(super) fn add_numbers(&self, numbers: &[f64], scores: &mut [f64]) {
        let Factor::Gaussian(Gaussian { unit, means, variances, .. }) = self else { return };
        let logs: Vec<f64> = variances.iter().map(|variance| -0.5 * variance.ln()).collect();
        for (number, scores) in numbers.iter().zip(scores.chunks_exact_mut(means.len())) {
            let value = (number / unit).clamp(-FAR, FAR);
            if value.is_nan() {
                continue;
            }
            let parameters = means.iter().zip(variances).zip(&logs);
            for (score, ((mean, variance), log)) in scores.iter_mut().zip(parameters) {
                *score += log - (0.5 * (value - mean) * (value - mean) / variance).min(TERM_MAX);
            }
        }
    }

    pub(super) fn is_sound(&self, classes: usize) -> bool {
        let finite = |numbers: &[f64]| numbers.len() == classes && numbers.iter().all(|number| number.is_finite());
        match self {
            Factor::Nothing => true,
            Factor::Gaussian(Gaussian { unit, spread, means, variances }) => {
                let above_0 = variances.iter().chain([unit, spread]).all(|number| *number > 0.0 && number.is_finite());
                finite(means) && finite(variances) && above_0
            }
            Factor::Frequencies { levels, logs } => {
                !logs.is_empty()
                    && levels.len() == logs.len()
                    && are_distinct(levels)
                    && logs.iter().all(|logs| finite(logs))
            }
        }
    }
}
