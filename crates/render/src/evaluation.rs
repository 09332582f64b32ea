//! An evaluation as text (a table of metrics and the confusion matrix) and as JSON.

use pipewright_learn::Target;
use pipewright_learn::metric::{ClassReport, Confusion, curve};
use pipewright_operator::result::{
    Assessed, Evaluation, FoldResult, MetricResult, Scheme, Score, Subgroup, Subgroups, Values,
};
use serde_json::{Map, Value as Json, json};
use std::fmt::Write;

/// The fields of the documented JSON.
pub(crate) fn json(evaluation: &Evaluation) -> Json {
    let metrics: Map<String, Json> = evaluation.metrics().map(|metric| of_metric(&metric)).collect();
    let baseline: Map<String, Json> = evaluation.metrics().map(|metric| of_metric(&metric.baseline())).collect();
    let mut json = json!({
        "model": evaluation.model,
        "target": &*evaluation.task.target,
        "task": evaluation.task.name(),
        "scheme": evaluation.scheme.name(),
        "folds": evaluation.folds,
        "repeat": evaluation.repeat,
        "seed": evaluation.seed,
        "rows": evaluation.rows(),
        "metrics": metrics,
        "baseline": baseline,
    });
    if let (Some(classes), Some(confusion)) = (evaluation.task.classes(), evaluation.confusion()) {
        let counts: Vec<&[u64]> = (0..classes.len()).map(|class| confusion.row(class)).collect();
        json["classes"] = json!(classes.to_vec());
        json["confusion"] = json!(counts);
        let of_class = |(class, report): (&String, ClassReport)| {
            let [precision, recall, f1] = [report.precision, report.recall, report.f1].map(Result::ok);
            let report = json!({"precision": precision, "recall": recall, "f1": f1, "support": report.support});
            (class.clone(), report)
        };
        json["per_class"] = classes.iter().zip(confusion.report()).map(of_class).collect::<Map<_, _>>().into();
        curves(evaluation).into_iter().for_each(|(name, points)| json[name] = points);
    }
    if let Some(Subgroups { by, groups }) = &evaluation.subgroups {
        let of_score = |score: &Score| (score.metric.to_owned(), json!(score.model.as_ref().ok()));
        let of_group = |group: &Subgroup| {
            let metrics: Map<String, Json> = group.scores.iter().map(of_score).collect();
            json!({"value": &*group.name, "rows": group.rows, "metrics": metrics})
        };
        json["by"] = json!({"column": &**by, "groups": groups.iter().map(of_group).collect::<Vec<_>>()});
    }
    if let Some(assessed) = &evaluation.assessed {
        json["assessed"] = json!({"holdout": assessed.holdout, "pipelines": assessed.times});
    }
    if !evaluation.chosen.is_empty() {
        let of_fold = |values: &Values| -> Map<String, Json> {
            values.iter().map(|(name, value)| (name.clone(), json!(value))).collect()
        };
        json["chosen"] = evaluation.chosen.iter().map(of_fold).collect();
    }
    if let (Some(arm), Json::Object(fields)) = (&evaluation.arm, &mut json) {
        fields.insert("arm".to_owned(), json!(arm));
    }
    json
}

/// The points of the ROC curve and of the precision-recall curve of two classes, of the rows of all folds together.
fn curves(evaluation: &Evaluation) -> Vec<(&'static str, Json)> {
    let Some(rows) = FoldResult::concat(evaluation.results.clone()) else { return Vec::new() };
    let (Target::Classes { codes, count: 2 }, scores) = (&rows.truth, rows.predictions.values()) else {
        return Vec::new();
    };
    let truth: Vec<bool> = codes.iter().map(|&code| code == 1).collect();
    let scores: Vec<f64> = scores.chunks_exact(2).map(|row| row[1]).collect();
    let weights = rows.weights.as_deref();
    let roc = curve::roc(&truth, &scores, weights).map(|points| {
        let point =
            |point: &curve::RocPoint| json!([point.false_positive_rate, point.true_positive_rate, point.threshold]);
        thinned(&points).map(point).collect()
    });
    let precision_recall = curve::precision_recall(&truth, &scores, weights).map(|points| {
        let point = |point: &curve::PrecisionRecall| json!([point.recall, point.precision, point.threshold]);
        thinned(&points).map(point).collect()
    });
    [("roc", roc), ("precision_recall", precision_recall)]
        .into_iter()
        .filter_map(|(name, points)| Some((name, points.ok()?)))
        .collect()
}

/// About a thousand evenly spaced points of a curve, the first and the last one among them.
fn thinned<T>(points: &[T]) -> impl Iterator<Item = &T> {
    const POINTS_MAX: usize = 1_000;
    let step = points.len().div_ceil(POINTS_MAX).max(1);
    let last = points.len().saturating_sub(1);
    points.iter().enumerate().filter(move |(place, _)| place % step == 0 || *place == last).map(|(_, point)| point)
}

fn of_metric(metric: &MetricResult<'_>) -> (String, Json) {
    let folds: Vec<Option<f64>> = metric.folds().into_iter().map(|value| value.as_ref().ok().copied()).collect();
    let mut json = json!({"mean": metric.mean().ok(), "folds": folds});
    if let Some(interval) = metric.interval() {
        json["interval"] = json!([interval.low, interval.high]);
    }
    if let Some(reason) = metric.undefined() {
        json["undefined"] = json!(reason.0);
    }
    (metric.name().to_owned(), json)
}

/// The model, the evaluation scheme, a line per metric and, for classes, the confusion matrix.
pub(crate) fn text(evaluation: &Evaluation) -> String {
    let mut text = head(evaluation);
    let several = evaluation.results.len() > 1;
    let of_folds = if several { format!("{:>10}{:>10}", "lowest", "highest") } else { String::new() };
    let mean = if several { "mean" } else { "score" };
    let _ = writeln!(text, "{:<18}{mean:>10}{:>22}{of_folds}{:>12}", "", "95% interval", "baseline");
    for metric in evaluation.metrics() {
        write_metric(&mut text, &metric);
    }
    if let (Some(classes), Some(confusion)) = (evaluation.task.classes(), evaluation.confusion()) {
        write_confusion(&mut text, classes, &confusion);
    }
    if let Some(subgroups) = &evaluation.subgroups {
        write_subgroups(&mut text, subgroups);
    }
    write_chosen(&mut text, &evaluation.chosen);
    if let Some(Assessed { holdout, times: times @ 2.. }) = &evaluation.assessed {
        let _ =
            writeln!(text, "\n{times} pipelines were assessed on `{holdout}`: the best of their scores is optimistic");
    }
    text
}

/// A line per group of rows, with as many metrics as fit a line, and the largest gap between two groups.
fn write_subgroups(text: &mut String, Subgroups { by, groups }: &Subgroups) {
    const SHOWN: usize = 5;
    let Some(first) = groups.first() else { return };
    let shown = 0..first.scores.len().min(SHOWN);
    let _ = writeln!(text, "\nby {by}");
    let names: String = shown.clone().map(|place| format!("{:>19}", first.scores[place].metric)).collect();
    let _ = writeln!(text, "{:<18}{:>10}{names}", "", "rows");
    let short = |name: &str| name.chars().take(17).collect::<String>();
    for Subgroup { name, rows, scores } in groups {
        let values = scores[shown.clone()].iter().map(|score| format!("{:>19}", number(score.model.clone().ok())));
        let _ = writeln!(text, "{:<18}{rows:>10}{}", short(name), values.collect::<String>());
    }
    let gaps = shown.map(|place| format!("{:>19}", number(gap(groups, place))));
    let _ = writeln!(text, "{:<18}{:>10}{}", "largest gap", "", gaps.collect::<String>());
}

/// The largest difference of a metric between two groups.
fn gap(groups: &[Subgroup], place: usize) -> Option<f64> {
    let values = || groups.iter().filter_map(|group| group.scores[place].model.as_ref().ok().copied());
    Some(values().reduce(f64::max)? - values().reduce(f64::min)?)
}

/// What a search has chosen, and in how many folds; the most frequent choice first.
fn write_chosen(text: &mut String, chosen: &[Values]) {
    let mut counted: Vec<(usize, &Values)> = Vec::new();
    for values in chosen {
        match counted.iter_mut().find(|(_, known)| *known == values) {
            Some((count, _)) => *count += 1,
            None => counted.push((1, values)),
        }
    }
    counted.sort_by_key(|(count, _)| std::cmp::Reverse(*count));
    if !counted.is_empty() {
        let folds = if chosen.len() == 1 { "fold" } else { "folds" };
        let _ = writeln!(text, "\nchosen on inner folds, in {} {folds}", chosen.len());
    }
    for (count, values) in counted {
        let values: Vec<String> = values.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let _ = writeln!(text, "{count:>4}  {}", values.join("  "));
    }
}

fn head(evaluation: &Evaluation) -> String {
    let arm = evaluation.arm.as_ref().map_or(String::new(), |arm| format!("{arm}: "));
    format!("{arm}{} predicts {}\n", evaluation.model, setting(evaluation))
}

/// The target and the evaluation scheme, in two lines.
pub(crate) fn setting(evaluation: &Evaluation) -> String {
    let Evaluation { task, folds, repeat, seed, .. } = evaluation;
    let kind = match task.classes() {
        Some(classes) if classes.len() == 2 => format!("binary, positive class {}", classes[1]),
        Some(classes) => format!("{} classes", classes.len()),
        None => "regression".to_owned(),
    };
    let scheme = match (evaluation.scheme, repeat) {
        (Scheme::Holdout, 1) if evaluation.assessed.is_some() => "final exam on the holdout".to_owned(),
        (Scheme::Holdout, 1) => Scheme::Holdout.to_string(),
        (Scheme::LeaveOneGroupOut, _) => format!("leave-one-group-out, {folds} folds"),
        (Scheme::Table, _) => "on another table".to_owned(),
        (Scheme::LeaveOneOut, _) => "leave-one-out".to_owned(),
        (scheme, 1) => format!("{scheme}, {folds} folds"),
        (scheme, repeat) => format!("{scheme}, {folds} folds, {repeat} times"),
    };
    format!("{} ({kind})\n{scheme}, {} rows, seed {seed}\n", task.target, evaluation.rows())
}

fn write_metric(text: &mut String, metric: &MetricResult<'_>) {
    let values = metric.values();
    let lowest = values.iter().copied().reduce(f64::min);
    let highest = values.iter().copied().reduce(f64::max);
    let [mean, baseline] = [metric.mean().ok(), metric.baseline().mean().ok()].map(number);
    let interval = metric.interval().map_or_else(
        || "·".to_owned(),
        |interval| format!("{} to {}", number(Some(interval.low)), number(Some(interval.high))),
    );
    let of_folds = match metric.folds().len() {
        1 => String::new(),
        _ => format!("{:>10}{:>10}", number(lowest), number(highest)),
    };
    let _ = write!(text, "{:<18}{mean:>10}{interval:>22}{of_folds}{baseline:>12}", metric.name());
    if let Some(reason) = metric.undefined() {
        let folds = metric.folds().len();
        let _ = write!(text, "   undefined in {} of {folds}: {}", folds - values.len(), reason.0);
    }
    text.push('\n');
}

/// A metric's value in a column of numbers.
pub(crate) fn number(value: Option<f64>) -> String {
    match value {
        None => "·".to_owned(),
        Some(value) if value.abs() >= 1000.0 => format!("{value:.1}"),
        Some(value) => format!("{value:.4}"),
    }
}

/// Maximum number of classes that fit a line.
const CLASSES_SHOWN_MAX: usize = 12;

fn write_confusion(text: &mut String, classes: &[String], confusion: &Confusion) {
    if classes.len() > CLASSES_SHOWN_MAX {
        let _ = writeln!(text, "\n{} classes: see --json for the confusion matrix", classes.len());
        return;
    }
    let rows: Vec<&[u64]> = (0..classes.len()).map(|class| confusion.row(class)).collect();
    let short = |name: &str| name.chars().take(14).collect::<String>();
    let counts = rows.iter().copied().flatten().map(|count| count.to_string().len());
    let width = classes.iter().map(|class| short(class).chars().count()).chain(counts).max().unwrap_or(1) + 2;
    let _ = writeln!(text, "\nconfusion (rows true, columns predicted)");
    let header: String = classes.iter().map(|class| format!("{:>width$}", short(class))).collect();
    let _ = writeln!(text, "{:<18}{header}", "");
    for (class, row) in classes.iter().zip(rows) {
        let cells: String = row.iter().map(|count| format!("{count:>width$}")).collect();
        let _ = writeln!(text, "{:<18}{cells}", short(class));
    }
}
