//! A search as text (a table of candidates) and as JSON.

use crate::evaluation::number;
use pipewright_operator::result::{Trial, Tuning};
use serde_json::{Map, Value as Json, json};
use std::collections::BTreeSet;
use std::fmt::Write;

/// Maximum number of candidates in text.
const SHOWN_MAX: usize = 10;

/// The fields of the documented JSON.
pub(crate) fn json(tuning: &Tuning) -> Json {
    let trial = |trial: &Trial| {
        let folds: Vec<Option<f64>> = trial.folds.iter().map(|fold| fold.as_ref().ok().copied()).collect();
        json!({
            "candidate": trial.candidate,
            "values": values(trial),
            "model": trial.model,
            "share": trial.share,
            "mean": trial.mean().ok(),
            "folds": folds,
        })
    };
    let mut json = json!({
        "search": tuning.search,
        "target": &*tuning.task.target,
        "task": tuning.task.name(),
        "metric": tuning.metric,
        "trials": tuning.trials.iter().map(trial).collect::<Vec<_>>(),
        "best": tuning.winner,
        "values": tuning.best().map(values),
    });
    if tuning.skipped > 0 {
        json["skipped"] = json!(tuning.skipped);
        json["reproducible"] = json!(false);
    }
    if let Some(arm) = &tuning.arm {
        json["arm"] = json!(arm);
    }
    json
}

fn values(trial: &Trial) -> Map<String, Json> {
    trial.values.iter().map(|(name, value)| (name.clone(), json!(value))).collect()
}

/// The search, its best candidates with their values, and a reminder of what their scores mean.
pub(crate) fn text(tuning: &Tuning) -> String {
    let arm = tuning.arm.as_ref().map_or(String::new(), |arm| format!("{arm}: "));
    let ranked = tuning.ranked();
    let tried: BTreeSet<usize> = tuning.trials.iter().map(|trial| trial.candidate).collect();
    let candidates = tried.len();
    let mut text = format!("{arm}tune {}: {candidates} candidates for {}\n\n", tuning.search, tuning.task.target);
    let rungs = tuning.trials.iter().any(|trial| trial.share < 1.0);
    let names = names(&tuning.trials);
    let mut table = vec![header(&names, tuning.metric, rungs)];
    table.extend(ranked.iter().take(SHOWN_MAX).map(|trial| row(trial, &names, rungs)));
    let widths: Vec<usize> = (0..table[0].len())
        .map(|column| table.iter().map(|row| row[column].chars().count()).max().unwrap_or(0))
        .collect();
    for row in &table {
        let cells = row.iter().zip(&widths).map(|(cell, &width)| format!("{cell:<width$}"));
        let _ = writeln!(text, "{}", cells.collect::<Vec<_>>().join("  ").trim_end());
    }
    if ranked.len() > SHOWN_MAX {
        let _ = writeln!(text, "and {} more", ranked.len() - SHOWN_MAX);
    }
    if tuning.skipped > 0 {
        let _ = writeln!(text, "\nThe time was up: {} trials were skipped", tuning.skipped);
    }
    let _ = writeln!(text, "\nThe best of several inner scores is optimistic: `tune … | eval` tells what to expect.");
    text
}

/// The names of all values, in the order of the script.
fn names(trials: &[Trial]) -> Vec<&str> {
    let mut names: Vec<&str> = Vec::new();
    for (name, _) in trials.iter().flat_map(|trial| &trial.values) {
        if !names.contains(&name.as_str()) {
            names.push(name);
        }
    }
    names
}

fn header(names: &[&str], metric: &str, rungs: bool) -> Vec<String> {
    let rows = rungs.then(|| "rows".to_owned());
    [metric.to_owned()].into_iter().chain(rows).chain(names.iter().map(|name| (*name).to_owned())).collect()
}

fn row(trial: &Trial, names: &[&str], rungs: bool) -> Vec<String> {
    let share = rungs.then(|| format!("{:.0}%", trial.share * 100.0));
    let value = |name: &&str| {
        let found = trial.values.iter().find(|(known, _)| known == name);
        found.map_or_else(|| "·".to_owned(), |(_, value)| value.clone())
    };
    [number(trial.mean().ok())].into_iter().chain(share).chain(names.iter().map(value)).collect()
}
