//! Metrics of predicted numbers.

use super::{Judged, Undefined, undefined};
use crate::order::{midranks, quantile};
use crate::twofold::Twofold;

/// The weighted mean of a term of each row.
pub(super) fn mean(judged: &Judged<'_>, term: impl Fn(f64, f64) -> f64) -> Result<f64, Undefined> {
    let (_, predicted) = judged.numbers().ok_or_else(not_numbers)?;
    of_pairs(judged, predicted, term)
}

/// The weighted mean of a term of each true value and the prediction for its row.
fn of_pairs(judged: &Judged<'_>, predicted: &[f64], term: impl Fn(f64, f64) -> f64) -> Result<f64, Undefined> {
    let (truth, _) = judged.numbers().ok_or_else(not_numbers)?;
    let terms = truth.iter().zip(predicted).enumerate();
    let weighted = terms.map(|(row, (truth, predicted))| judged.weight(row) * term(*truth, *predicted));
    Ok(Twofold::sum(weighted) / judged.total_weight())
}

/// 1 - error / error of the best constant, where that error is not 0.
pub(super) fn explained(
    judged: &Judged<'_>,
    error: impl Fn(&Judged<'_>) -> Result<f64, Undefined>,
    of_constant: impl Fn(&Judged<'_>) -> Result<f64, Undefined>,
) -> Result<f64, Undefined> {
    let (truth, _) = judged.numbers().ok_or_else(not_numbers)?;
    if truth.len() < 2 {
        return Err(undefined("one row has no variance"));
    }
    if truth.iter().all(|value| *value == truth[0]) {
        return Err(undefined("all true values are equal"));
    }
    let whole = of_constant(judged)?;
    if whole == 0.0 || !whole.is_finite() {
        return Err(undefined("the error of predicting a constant is 0 or overflows"));
    }
    Ok(1.0 - error(judged)? / whole)
}

/// Checks all true and predicted values.
fn check(judged: &Judged<'_>, is_fit: impl Fn(f64, f64) -> bool, reason: &str) -> Result<(), Undefined> {
    let (truth, predicted) = judged.numbers().ok_or_else(not_numbers)?;
    if truth.iter().zip(predicted).all(|(truth, predicted)| is_fit(*truth, *predicted)) {
        Ok(())
    } else {
        Err(undefined(reason))
    }
}

pub(super) fn mean_squared_error(judged: &Judged<'_>) -> Result<f64, Undefined> {
    mean(judged, |truth, predicted| (truth - predicted).powi(2))
}

pub(super) fn root_mean_squared_error(judged: &Judged<'_>) -> Result<f64, Undefined> {
    Ok(mean_squared_error(judged)?.sqrt())
}

pub(super) fn mean_absolute_error(judged: &Judged<'_>) -> Result<f64, Undefined> {
    mean(judged, |truth, predicted| (truth - predicted).abs())
}

pub(super) fn median_absolute_error(judged: &Judged<'_>) -> Result<f64, Undefined> {
    let (truth, predicted) = judged.numbers().ok_or_else(not_numbers)?;
    let error = |(row, (truth, predicted)): (usize, (&f64, &f64))| ((truth - predicted).abs(), judged.weight(row));
    Ok(quantile(&mut truth.iter().zip(predicted).enumerate().map(error).collect::<Vec<_>>(), 0.5))
}

pub(super) fn max_error(judged: &Judged<'_>) -> Result<f64, Undefined> {
    let (truth, predicted) = judged.numbers().ok_or_else(not_numbers)?;
    Ok(truth.iter().zip(predicted).map(|(truth, predicted)| (truth - predicted).abs()).fold(0.0, f64::max))
}

pub(super) fn percentage_error(judged: &Judged<'_>) -> Result<f64, Undefined> {
    check(judged, |truth, _| truth != 0.0, "a true value is 0")?;
    mean(judged, |truth, predicted| ((truth - predicted) / truth).abs())
}

pub(super) fn symmetric_percentage_error(judged: &Judged<'_>) -> Result<f64, Undefined> {
    mean(judged, |truth, predicted| match truth.abs() + predicted.abs() {
        0.0 => 0.0,
        size => 2.0 * (truth - predicted).abs() / size,
    })
}

pub(super) fn mean_squared_log_error(judged: &Judged<'_>) -> Result<f64, Undefined> {
    check(judged, |truth, predicted| truth > -1.0 && predicted > -1.0, "a value is -1 or less")?;
    mean(judged, |truth, predicted| (truth.ln_1p() - predicted.ln_1p()).powi(2))
}

pub(super) fn root_mean_squared_log_error(judged: &Judged<'_>) -> Result<f64, Undefined> {
    Ok(mean_squared_log_error(judged)?.sqrt())
}

pub(super) fn r_squared(judged: &Judged<'_>) -> Result<f64, Undefined> {
    explained(judged, mean_squared_error, |judged| variance(judged, |truth, _| truth))
}

pub(super) fn explained_variance(judged: &Judged<'_>) -> Result<f64, Undefined> {
    let of_error = |judged: &Judged<'_>| variance(judged, |truth, predicted| truth - predicted);
    explained(judged, of_error, |judged| variance(judged, |truth, _| truth))
}

fn variance(judged: &Judged<'_>, value: impl Fn(f64, f64) -> f64) -> Result<f64, Undefined> {
    let centre = mean(judged, &value)?;
    mean(judged, |truth, predicted| (value(truth, predicted) - centre).powi(2))
}

/// The mean over the levels, if several quantiles are predicted; `level` is for a single one.
pub(super) fn pinball(judged: &Judged<'_>, level: f64) -> Result<f64, Undefined> {
    over_levels(judged, level, |level, predicted| of_pairs(judged, predicted, |y, q| pinball_loss(y, q, level)))
}

pub(super) fn explained_pinball(judged: &Judged<'_>, level: f64) -> Result<f64, Undefined> {
    let of_quantile = |judged: &Judged<'_>| {
        let (truth, _) = judged.numbers().ok_or_else(not_numbers)?;
        over_levels(judged, level, |level, _| {
            let constant = quantile_of(judged, truth, level);
            mean(judged, |truth, _| pinball_loss(truth, constant, level))
        })
    };
    explained(judged, |judged| pinball(judged, level), of_quantile)
}

/// The mean of a score over the levels of predicted quantiles, or the score of this level for single predictions.
fn over_levels(
    judged: &Judged<'_>,
    level: f64,
    score: impl Fn(f64, &[f64]) -> Result<f64, Undefined>,
) -> Result<f64, Undefined> {
    let Some(quantiles) = judged.quantiles() else {
        let (_, predicted) = judged.numbers().ok_or_else(not_numbers)?;
        return score(level, predicted);
    };
    let levels = quantiles.levels();
    let scores = levels.iter().enumerate().map(|(place, level)| {
        let predicted: Vec<f64> = quantiles.of_level(place).collect();
        score(*level, &predicted)
    });
    Ok(scores.sum::<Result<f64, Undefined>>()? / levels.len() as f64)
}

pub(super) fn explained_absolute(judged: &Judged<'_>) -> Result<f64, Undefined> {
    explained(judged, mean_absolute_error, |judged| {
        let (truth, _) = judged.numbers().ok_or_else(not_numbers)?;
        let constant = quantile_of(judged, truth, 0.5);
        mean(judged, |truth, _| (truth - constant).abs())
    })
}

/// A quantile of all true values: the best constant.
fn quantile_of(judged: &Judged<'_>, truth: &[f64], level: f64) -> f64 {
    quantile(&mut truth.iter().enumerate().map(|(row, y)| (*y, judged.weight(row))).collect::<Vec<_>>(), level)
}

fn pinball_loss(truth: f64, predicted: f64, level: f64) -> f64 {
    let error = truth - predicted;
    if error >= 0.0 { level * error } else { (level - 1.0) * error }
}

pub(super) fn pearson(judged: &Judged<'_>) -> Result<f64, Undefined> {
    let (truth, predicted) = judged.numbers().ok_or_else(not_numbers)?;
    correlation(judged, truth, predicted)
}

pub(super) fn spearman(judged: &Judged<'_>) -> Result<f64, Undefined> {
    let (truth, predicted) = judged.numbers().ok_or_else(not_numbers)?;
    correlation(judged, &midranks(truth, judged.weights()), &midranks(predicted, judged.weights()))
}

fn correlation(judged: &Judged<'_>, truth: &[f64], predicted: &[f64]) -> Result<f64, Undefined> {
    for (values, reason) in [(truth, "all true values are equal"), (predicted, "all predictions are equal")] {
        if values.iter().all(|value| *value == values[0]) {
            return Err(undefined(reason));
        }
    }
    let sum = |term: &dyn Fn(usize) -> f64| Twofold::sum((0..truth.len()).map(|row| judged.weight(row) * term(row)));
    let total = judged.total_weight();
    let (of_truth, of_predicted) = (sum(&|row| truth[row]) / total, sum(&|row| predicted[row]) / total);
    let product = sum(&|row| (truth[row] - of_truth) * (predicted[row] - of_predicted));
    let spread = sum(&|row| (truth[row] - of_truth).powi(2)).sqrt();
    let also = sum(&|row| (predicted[row] - of_predicted).powi(2)).sqrt();
    if spread == 0.0 || also == 0.0 {
        return Err(undefined("the values are too close to each other"));
    }
    Ok((product / spread / also).clamp(-1.0, 1.0))
}

/// The mean deviance of Tweedie's distributions of this power.
pub(super) fn tweedie(judged: &Judged<'_>, power: f64) -> Result<f64, Undefined> {
    check_tweedie(judged, power)?;
    mean(judged, |truth, predicted| tweedie_deviance(truth, predicted, power))
}

pub(super) fn explained_tweedie(judged: &Judged<'_>, power: f64) -> Result<f64, Undefined> {
    check_tweedie(judged, power)?;
    let of_mean = |judged: &Judged<'_>| {
        let constant = mean(judged, |truth, _| truth)?;
        mean(judged, |truth, _| tweedie_deviance(truth, constant, power))
    };
    explained(judged, |judged| tweedie(judged, power), of_mean)
}

pub(super) fn poisson(judged: &Judged<'_>) -> Result<f64, Undefined> {
    tweedie(judged, 1.0)
}

pub(super) fn gamma(judged: &Judged<'_>) -> Result<f64, Undefined> {
    tweedie(judged, 2.0)
}

fn check_tweedie(judged: &Judged<'_>, power: f64) -> Result<(), Undefined> {
    check(judged, |_, predicted| power == 0.0 || predicted > 0.0, "a prediction is not above 0")?;
    check(judged, |truth, _| power < 1.0 || truth >= 0.0, "a true value is below 0")?;
    check(judged, |truth, _| power < 2.0 || truth > 0.0, "a true value is not above 0")
}

/// B. Jørgensen, "The theory of dispersion models" (1997), chapter 4; as in scikit-learn.
fn tweedie_deviance(truth: f64, predicted: f64, power: f64) -> f64 {
    if power == 0.0 {
        return (truth - predicted).powi(2);
    }
    if power == 1.0 {
        let log = if truth > 0.0 { truth * (truth / predicted).ln() } else { 0.0 };
        return 2.0 * (log - truth + predicted);
    }
    if power == 2.0 {
        return 2.0 * ((predicted / truth).ln() + truth / predicted - 1.0);
    }
    let (one, two) = (1.0 - power, 2.0 - power);
    2.0 * (truth.max(0.0).powf(two) / (one * two) - truth * predicted.powf(one) / one + predicted.powf(two) / two)
}

fn not_numbers() -> Undefined {
    undefined("it judges numbers")
}
