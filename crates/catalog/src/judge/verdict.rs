//! The verdict of a judge: the scores of all rounds as text, as JSON, and as facts for `assert`.

use pipewright_operator::Task;
use pipewright_operator::work::{Measured, Report, Score};
use serde_json::{Map, Value as Json, json};
use std::fmt::Write;

/// What a verdict says about itself.
pub(crate) struct Head<'a> {
    pub model: &'a str,
    pub task: &'a Task,
    pub scheme: &'static str,
    pub folds: usize,
    pub repeat: usize,
    pub seed: u64,
}

/// The verdict over all rounds. Means are over the rounds in which the metric is defined.
pub(crate) fn verdict(scores: &[Score], head: &Head<'_>) -> Report {
    let model = series(scores, |score| &score.model);
    let baseline = series(scores, |score| &score.baseline);
    let counted = if head.repeat == 1 { scores } else { &scores[..head.folds.min(scores.len())] };
    let rows: usize = counted.iter().map(|score| score.rows).sum();
    let confusion = confusion(scores);
    let mut facts: Vec<(String, f64)> =
        model.iter().filter_map(|series| Some((series.name.to_owned(), series.mean()?))).collect();
    facts.push(("rows".to_owned(), rows as f64));
    let object = |all: &[Series<'_>]| -> Map<String, Json> {
        all.iter().map(|series| (series.name.to_owned(), series.to_json())).collect()
    };
    let mut json = json!({
        "kind": "eval",
        "model": head.model,
        "target": &*head.task.target,
        "task": head.task.name(),
        "scheme": head.scheme,
        "folds": head.folds,
        "repeat": head.repeat,
        "seed": head.seed,
        "rows": rows,
        "metrics": object(&model),
        "baseline": object(&baseline),
    });
    if let Some(classes) = head.task.classes() {
        json["classes"] = json!(classes.to_vec());
        json["confusion"] = json!(confusion);
    }
    Report { kind: "eval", text: text(head, rows, &model, &baseline, &confusion), json, facts }
}

/// One metric over all rounds.
struct Series<'a> {
    name: &'static str,
    rounds: Vec<&'a Measured>,
}

impl Series<'_> {
    fn values(&self) -> Vec<f64> {
        self.rounds.iter().filter_map(|value| value.as_ref().ok().copied()).collect()
    }

    fn mean(&self) -> Option<f64> {
        let values = self.values();
        (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
    }

    fn reason(&self) -> Option<&str> {
        self.rounds.iter().find_map(|value| value.as_ref().err()).map(String::as_str)
    }

    fn to_json(&self) -> Json {
        let folds: Vec<Option<f64>> = self.rounds.iter().map(|value| value.as_ref().ok().copied()).collect();
        let mut json = json!({"mean": self.mean(), "folds": folds});
        if let Some(reason) = self.reason() {
            json["undefined"] = json!(reason);
        }
        json
    }
}

fn series<'a>(scores: &'a [Score], of: impl Fn(&'a Score) -> &'a Vec<(&'static str, Measured)>) -> Vec<Series<'a>> {
    let Some(first) = scores.first() else { return Vec::new() };
    let rounds = |index: usize| scores.iter().map(|score| &of(score)[index].1).collect();
    of(first).iter().enumerate().map(|(index, (name, _))| Series { name, rounds: rounds(index) }).collect()
}

/// The counts of all rounds together.
fn confusion(scores: &[Score]) -> Vec<Vec<u64>> {
    let mut sum: Vec<Vec<u64>> = scores.first().map(|score| score.confusion.clone()).unwrap_or_default();
    for score in scores.iter().skip(1) {
        for (row, more) in sum.iter_mut().zip(&score.confusion) {
            row.iter_mut().zip(more).for_each(|(count, more)| *count += more);
        }
    }
    sum
}

fn text(head: &Head<'_>, rows: usize, model: &[Series<'_>], baseline: &[Series<'_>], confusion: &[Vec<u64>]) -> String {
    let mut text = String::new();
    let positive = match head.task.classes() {
        Some(classes) if classes.len() == 2 => format!("binary, positive class {}", classes[1]),
        Some(classes) => format!("{} classes", classes.len()),
        None => "regression".to_owned(),
    };
    let scheme = match (head.scheme, head.repeat) {
        ("holdout", 1) => "holdout".to_owned(),
        (scheme, 1) => format!("{scheme}, {} folds", head.folds),
        (scheme, repeat) => format!("{scheme}, {} folds, {repeat} times", head.folds),
    };
    let _ = writeln!(text, "{} predicts {} ({positive})", head.model, head.task.target);
    let _ = writeln!(text, "{scheme}, {rows} rows, seed {}\n", head.seed);
    let _ = writeln!(text, "{:<18}{:>10}{:>10}{:>10}{:>12}", "", "mean", "lowest", "highest", "baseline");
    for (series, baseline) in model.iter().zip(baseline) {
        let values = series.values();
        let lowest = values.iter().copied().reduce(f64::min);
        let highest = values.iter().copied().reduce(f64::max);
        let cells = [series.mean(), lowest, highest].map(number);
        let _ = write!(
            text,
            "{:<18}{:>10}{:>10}{:>10}{:>12}",
            series.name,
            cells[0],
            cells[1],
            cells[2],
            number(baseline.mean())
        );
        match series.reason() {
            Some(reason) => drop(writeln!(
                text,
                "   undefined in {} of {}: {reason}",
                series.rounds.len() - values.len(),
                series.rounds.len()
            )),
            None => text.push('\n'),
        }
    }
    if let Some(classes) = head.task.classes() {
        write_confusion(&mut text, classes, confusion);
    }
    text
}

fn number(value: Option<f64>) -> String {
    match value {
        None => "·".to_owned(),
        Some(value) if value.abs() >= 1000.0 => format!("{value:.1}"),
        Some(value) => format!("{value:.4}"),
    }
}

/// More classes would not fit a line.
const CLASSES_SHOWN_MAX: usize = 12;

fn write_confusion(text: &mut String, classes: &[String], confusion: &[Vec<u64>]) {
    if classes.len() > CLASSES_SHOWN_MAX {
        let _ = writeln!(text, "\n{} classes: their confusion is in --json", classes.len());
        return;
    }
    let short = |name: &str| name.chars().take(14).collect::<String>();
    let counts = confusion.iter().flatten().map(|count| count.to_string().len());
    let width = classes.iter().map(|class| short(class).chars().count()).chain(counts).max().unwrap_or(1) + 2;
    let _ = writeln!(text, "\nconfusion (rows true, columns predicted)");
    let header: String = classes.iter().map(|class| format!("{:>width$}", short(class))).collect();
    let _ = writeln!(text, "{:<18}{header}", "");
    for (class, row) in classes.iter().zip(confusion) {
        let cells: String = row.iter().map(|count| format!("{count:>width$}")).collect();
        let _ = writeln!(text, "{:<18}{cells}", short(class));
    }
}
