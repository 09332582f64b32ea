//! A saved pipeline: what it is, what it needs, how it did, what it learned.

use crate::WIDTH;
use crate::evaluation::number;
use crate::json::objects;
use crate::lines::{Cell, Lines, counted};
use pipewright_frame::{Role, Table};
use pipewright_operator::result::{SavedModel, SavedPipeline};
use pipewright_operator::{EvaluationRecord, TaskKind};
use serde_json::{Value as Json, json};
use std::fmt::Write;

/// Lines of a table of parameters before the rest is counted.
const PARAMETERS_MAX: usize = 50;
/// Lines of what a step learned before the rest is counted.
const LEARNED_MAX: usize = 10;

pub(crate) fn text(saved: &SavedPipeline) -> String {
    let mut text = format!("{}: {}\n", saved.path, title(saved));
    if let Some(record) = &saved.record {
        let rows = counted(record.rows as u64, "row");
        let _ = writeln!(text, "trained on {rows} by Pipewright {}, seed {}", record.version, saved.seed);
        if let Some(fingerprint) = &record.fingerprint {
            let _ = writeln!(text, "training rows: SHA-256 {fingerprint} of their CSV");
        }
    }
    let _ = writeln!(text, "\nscript\n{}", indented(&saved.script));
    let _ = writeln!(text, "input\n{}", input(saved));
    for evaluation in saved.record.iter().flat_map(|record| &record.evaluations) {
        let _ = writeln!(text, "{}", judged(evaluation));
    }
    for (verb, learned) in saved.steps.iter().filter(|(_, learned)| learned.rows() > 0) {
        let _ = writeln!(text, "{verb}\n{}", indented(&head(learned, LEARNED_MAX)));
    }
    if let Some(model) = &saved.model {
        let _ = writeln!(text, "{}\n{}", model.name, indented(&head(&model.parameters, PARAMETERS_MAX)));
    }
    format!("{}\n", text.trim_end())
}

pub(crate) fn json(saved: &SavedPipeline) -> Json {
    let input: Vec<Json> = saved
        .input
        .iter()
        .map(|column| json!({"name": &*column.name, "kind": column.kind, "role": column.role}))
        .collect();
    let steps: Vec<Json> =
        saved.steps.iter().map(|(verb, learned)| json!({"verb": verb, "learned": objects(learned)})).collect();
    let model = saved.model.as_ref().map(|SavedModel { name, task, parameters, .. }| {
        json!({"name": name, "classes": task.classes(), "parameters": objects(parameters)})
    });
    json!({
        "path": saved.path,
        "target": saved.target.as_deref(),
        "input": input,
        "steps": steps,
        "model": model,
        "record": saved.record,
        "script": saved.script,
        "seed": saved.seed,
    })
}

fn title(saved: &SavedPipeline) -> String {
    let Some(SavedModel { name, task, .. }) = &saved.model else {
        let verbs: Vec<&str> = saved.steps.iter().map(|(verb, _)| verb.as_str()).collect();
        return format!("steps without a model: {}", verbs.join(", "));
    };
    let what = match &task.kind {
        TaskKind::Classes(classes) => format!("{} classes", classes.len()),
        TaskKind::Numbers => "regression".to_owned(),
    };
    format!("{name} predicts {} ({what})", task.target)
}

fn input(saved: &SavedPipeline) -> String {
    let mut lines = Lines::default();
    for column in &saved.input {
        let role = if column.role == Role::Feature { String::new() } else { column.role.to_string() };
        lines.push([column.name.to_string(), column.kind.to_string(), role].map(Cell::Left));
    }
    lines.print(2, WIDTH)
}

/// The means of an evaluation beside those of the baseline.
fn judged(evaluation: &EvaluationRecord) -> String {
    let EvaluationRecord { scheme, folds, repeat, rows, .. } = evaluation;
    let times = if *repeat > 1 { format!(" × {repeat}") } else { String::new() };
    let mut text =
        format!("evaluation: {scheme}, {}{times}, {}\n", counted(*folds as u64, "fold"), counted(*rows as u64, "row"));
    let mut lines = Lines::default();
    lines.push(["", "mean", "baseline"].map(|title| Cell::Right(title.to_owned())));
    for (name, mean) in &evaluation.metrics {
        let baseline = evaluation.baseline.get(name).copied();
        lines.push([Cell::Left(name.clone()), Cell::Right(number(Some(*mean))), Cell::Right(number(baseline))]);
    }
    text.push_str(&lines.print(2, WIDTH));
    text
}

fn head(table: &Table, rows: usize) -> String {
    let shown: Vec<u32> = (0..table.rows().min(rows) as u32).collect();
    table.take(&shown).show_head(table.rows(), WIDTH - 2)
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("  {line}\n")).collect()
}
