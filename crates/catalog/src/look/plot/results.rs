//! Pictures of evaluations, with the range of their folds.

use super::Kind;
use pipewright_diagnostic::{Failure, code};
use pipewright_learn::metric::{Bins, Judged, Undefined, calibration, curve};
use pipewright_learn::{Labels, Target};
use pipewright_operator::result::{Evaluation, FoldResult};
use pipewright_plot::{CalibrationBin, Curve, Figure, Group, Predictions, Ranked};

/// Places along the horizontal axis at which the curves of several folds are averaged.
const GRID: usize = 101;
/// Bins of a calibration curve.
const BINS: usize = 10;

/// The picture of a kind.
///
/// # Errors
/// A [`Failure`] if the target is of another kind, or a curve is not defined.
pub(super) fn figure(kind: Kind, evaluations: &[&Evaluation]) -> Result<Figure, Failure> {
    let Some(first) = evaluations.first() else {
        return Err(Failure::new(code::WRONG_ORDER, "there is no evaluation above to plot"));
    };
    let classes = first.task.classes().map(|classes| classes.len());
    let what = kind.word();
    let wrong = |wants: &str| {
        let message = format!("`plot {what}` is for {wants}, and `{}` is not", first.task.target);
        Err(Failure::new(code::WRONG_TASK, message))
    };
    match (kind, classes) {
        (Kind::Roc | Kind::PrecisionRecall | Kind::Gain, classes) if classes != Some(2) => wrong("two classes"),
        (Kind::Calibration | Kind::Confusion, None) => wrong("classes"),
        (Kind::Predicted | Kind::Residuals, Some(_)) => wrong("numbers"),
        (Kind::Roc | Kind::PrecisionRecall | Kind::Gain, _) => curves(kind, evaluations),
        (Kind::Calibration, _) => calibrations(evaluations),
        (Kind::Confusion, _) => confusion(evaluations),
        (Kind::Predicted | Kind::Residuals, _) => errors(kind, evaluations),
        (Kind::Folds, _) => folds(evaluations),
        _ => leaderboard(evaluations),
    }
}

/// The name of an evaluation in a picture: its arm, or its model.
fn name(evaluation: &Evaluation) -> &str {
    evaluation.arm.as_deref().unwrap_or(&evaluation.model)
}

fn undefined(kind: Kind) -> impl Fn(Undefined) -> Failure {
    move |Undefined(reason)| {
        Failure::new(code::UNDEFINED_SCORE, format!("`plot {}` is undefined: {reason}", kind.word()))
    }
}

/// Whether each row is of the positive class, and the probability of that class.
fn scored(fold: &FoldResult) -> (Vec<bool>, Vec<f64>) {
    let truth = match &fold.truth {
        Target::Classes { codes, .. } => codes.iter().map(|&code| code == 1).collect(),
        Target::Numbers(_) => Vec::new(),
    };
    (truth, fold.predictions.values().iter().skip(1).step_by(2).copied().collect())
}

/// The curve of some rows, from left to right.
fn curve_of(kind: Kind, fold: &FoldResult) -> Result<Vec<[f64; 2]>, Undefined> {
    let ((truth, scores), weights) = (scored(fold), fold.weights.as_deref());
    Ok(match kind {
        Kind::Roc => {
            let points = curve::roc(&truth, &scores, weights)?;
            points.iter().map(|point| [point.false_positive_rate, point.true_positive_rate]).collect()
        }
        Kind::PrecisionRecall => {
            let points = curve::precision_recall(&truth, &scores, weights)?;
            points.iter().map(|point| [point.recall, point.precision]).collect()
        }
        _ => {
            let points = curve::gain(&truth, &scores, weights)?;
            std::iter::once([0.0, 0.0]).chain(points.iter().map(|point| [point.taken, point.gain])).collect()
        }
    })
}

/// The height of a curve at a place: linear between its points, the highest one at a step.
fn height(curve: &[[f64; 2]], at: f64) -> f64 {
    let after = curve.partition_point(|[x, _]| *x <= at);
    match (after.checked_sub(1).map(|before| curve[before]), curve.get(after)) {
        (Some([left, low]), Some([right, high])) => low + (high - low) * (at - left) / (right - left),
        (Some([_, last]), None) => last,
        (None, Some([_, first])) => *first,
        (None, None) => f64::NAN,
    }
}

/// A curve per evaluation: the mean of its folds, with their lowest and highest.
fn curves(kind: Kind, evaluations: &[&Evaluation]) -> Result<Figure, Failure> {
    let (mut places, mut bands, mut scores) = (Vec::new(), Vec::new(), Vec::new());
    let mut positives = (0, 0);
    for evaluation in evaluations {
        let of_fold = |fold: &FoldResult| curve_of(kind, fold).map_err(undefined(kind));
        let folds: Vec<Vec<[f64; 2]>> = evaluation.results.iter().map(of_fold).collect::<Result<_, _>>()?;
        let (mut mean, mut band) = (folds[0].clone(), Vec::new());
        if folds.len() > 1 {
            mean.clear();
            for place in 0..GRID {
                let at = place as f64 / (GRID - 1) as f64;
                let heights: Vec<f64> = folds.iter().map(|curve| height(curve, at)).collect();
                mean.push([at, heights.iter().sum::<f64>() / heights.len() as f64]);
                let lowest = heights.iter().copied().fold(f64::INFINITY, f64::min);
                band.push([at, lowest, heights.iter().copied().fold(f64::NEG_INFINITY, f64::max)]);
            }
            if kind != Kind::PrecisionRecall {
                mean[0] = [0.0, 0.0];
            }
        }
        let metric = if kind == Kind::PrecisionRecall { "pr_auc" } else { "auc" };
        scores
            .push(evaluation.metric(metric).ok().and_then(|metric| metric.mean().ok()).filter(|_| kind != Kind::Gain));
        places.push(mean);
        bands.push(band);
        for (truth, _) in evaluation.results.iter().map(scored) {
            positives = (positives.0 + truth.iter().filter(|positive| **positive).count(), positives.1 + truth.len());
        }
    }
    let curves: Vec<Curve<'_>> = evaluations
        .iter()
        .enumerate()
        .map(|(at, evaluation)| Curve {
            name: name(evaluation),
            places: &places[at],
            band: &bands[at],
            score: scores[at],
        })
        .collect();
    let figure = match kind {
        Kind::Roc => pipewright_plot::roc(&curves),
        Kind::PrecisionRecall => {
            pipewright_plot::precision_recall(&curves, Some(positives.0 as f64 / positives.1.max(1) as f64))
        }
        _ => pipewright_plot::gain(&curves),
    };
    let folds = evaluations[0].results.len();
    Ok(figure.note(if folds > 1 {
        format!("mean of {folds} folds, with their lowest and highest")
    } else {
        String::new()
    }))
}

/// The rows of all folds together.
fn pooled(evaluation: &Evaluation) -> Option<(Labels, pipewright_learn::Predictions)> {
    let pooled = FoldResult::concat(evaluation.results.clone())?;
    Some((pooled.labels(), pooled.predictions))
}

fn calibrations(evaluations: &[&Evaluation]) -> Result<Figure, Failure> {
    let mut all = Vec::new();
    for evaluation in evaluations {
        let Some((labels, outputs)) = pooled(evaluation) else { continue };
        let bins = calibration(&Judged::new(&labels, &outputs), Bins::EqualWidth(BINS));
        let bins = bins.map_err(undefined(Kind::Calibration))?;
        let bin = |bin: &pipewright_learn::metric::Bin| CalibrationBin {
            predicted: bin.predicted,
            observed: bin.observed,
            interval: None,
            count: bin.weight as usize,
        };
        all.push((name(evaluation), bins.iter().map(bin).collect::<Vec<_>>()));
    }
    let all: Vec<(&str, &[CalibrationBin])> = all.iter().map(|(name, bins)| (*name, bins.as_slice())).collect();
    Ok(pipewright_plot::calibration(&all))
}

/// One panel per evaluation.
fn confusion(evaluations: &[&Evaluation]) -> Result<Figure, Failure> {
    let mut figures = Vec::new();
    for evaluation in evaluations {
        let (Some(classes), Some(confusion)) = (evaluation.task.classes(), evaluation.confusion()) else { continue };
        let names: Vec<&str> = classes.iter().map(String::as_str).collect();
        let rows = (0..names.len()).flat_map(|class| confusion.row(class).iter().map(|&count| count as usize));
        figures.push((name(evaluation), pipewright_plot::confusion(&names, &rows.collect::<Vec<_>>())));
    }
    Ok(match figures.len() {
        1 => figures.remove(0).1,
        _ => pipewright_plot::small_multiples("Confusion", &figures),
    })
}

fn errors(kind: Kind, evaluations: &[&Evaluation]) -> Result<Figure, Failure> {
    let mut figures = Vec::new();
    for evaluation in evaluations {
        let Some((labels, outputs)) = pooled(evaluation) else { continue };
        let Target::Numbers(actual) = labels.target() else { continue };
        let of = Predictions { target: &evaluation.task.target, unit: "", predicted: outputs.values(), actual };
        let draw = if kind == Kind::Predicted { pipewright_plot::predicted_actual } else { pipewright_plot::residuals };
        figures.push((name(evaluation), draw(&of)));
    }
    Ok(match figures.len() {
        1 => figures.remove(0).1,
        _ => pipewright_plot::small_multiples(
            if kind == Kind::Predicted { "Predicted against actual" } else { "Residuals" },
            &figures,
        ),
    })
}

/// The first metric of the evaluations.
fn first_metric(evaluations: &[&Evaluation]) -> Result<&'static str, Failure> {
    let metric = evaluations[0].metrics().next();
    metric.map(|metric| metric.name()).ok_or_else(|| Failure::new(code::WRONG_ORDER, "the evaluation has no metric"))
}

fn folds(evaluations: &[&Evaluation]) -> Result<Figure, Failure> {
    let metric = first_metric(evaluations)?;
    let values: Vec<Vec<f64>> =
        evaluations.iter().map(|evaluation| Ok(evaluation.metric(metric)?.values())).collect::<Result<_, Failure>>()?;
    let models = evaluations.iter().zip(&values).map(|(evaluation, values)| Group { name: name(evaluation), values });
    Ok(pipewright_plot::fold_scores(metric, &models.collect::<Vec<_>>()))
}

fn leaderboard(evaluations: &[&Evaluation]) -> Result<Figure, Failure> {
    let metric = first_metric(evaluations)?;
    let mut ranked = Vec::new();
    for evaluation in evaluations {
        let scored = evaluation.metric(metric)?;
        let interval = scored.interval().map(|interval| [interval.low, interval.high]);
        ranked.push(Ranked { name: name(evaluation), score: scored.mean().unwrap_or(f64::NAN), interval });
    }
    let better = pipewright_learn::Metric::find(metric).map(|metric| metric.better);
    ranked.sort_by(|one, other| match better {
        Some(pipewright_learn::metric::Better::Lower) => one.score.total_cmp(&other.score),
        _ => other.score.total_cmp(&one.score),
    });
    Ok(pipewright_plot::leaderboard(metric, &ranked))
}
