//! Comparison of several evaluations on the same rows: one row per arm of a `fork`.

use crate::WIDTH;
use crate::evaluation::{number, setting};
use pipewright_operator::result::{Evaluation, Output};
use std::fmt::Write;

/// Renders outputs as texts, in order; evaluations of the arms of one `fork` are one table.
#[must_use]
pub fn texts<'a>(outputs: impl IntoIterator<Item = &'a Output>) -> Vec<String> {
    let mut texts = Vec::new();
    let mut arms: Vec<&Evaluation> = Vec::new();
    for output in outputs {
        let arm = output.as_evaluation().filter(|evaluation| evaluation.arm.is_some());
        let goes_on = arm.is_some_and(|next| {
            arms.last().is_some_and(|last| setting(last) == setting(next))
                && arms.iter().all(|known| known.arm != next.arm)
        });
        if !goes_on {
            texts.extend(comparison(&std::mem::take(&mut arms)));
        }
        match arm {
            Some(evaluation) => arms.push(evaluation),
            None => texts.push(crate::text(output)),
        }
    }
    texts.extend(comparison(&arms));
    texts.retain(|text| !text.is_empty());
    texts
}

/// A single arm is shown like any evaluation.
fn comparison(arms: &[&Evaluation]) -> Option<String> {
    match arms {
        [] => None,
        [one] => Some(crate::evaluation::text(one)),
        [first, ..] => Some(table(first, arms)),
    }
}

/// The setup, and the mean of every metric per arm; the last row is the baseline on the same rows.
fn table(first: &Evaluation, arms: &[&Evaluation]) -> String {
    let name = |arm: &Evaluation| arm.arm.clone().unwrap_or_default();
    let names: Vec<String> = arms.iter().map(|arm| name(arm)).chain(["baseline".to_owned()]).collect();
    let models: Vec<String> = arms.iter().map(|arm| arm.model.clone()).chain([String::new()]).collect();
    let width = |texts: &[String], least: usize| {
        texts.iter().map(|text| text.chars().count()).max().unwrap_or(0).max(least) + 2
    };
    let (name_width, model_width) = (width(&names, 3), width(&models, 5));
    let mut text = format!("{} models predict {}", arms.len(), setting(first));
    let metrics: Vec<&'static str> = first.metrics().map(|metric| metric.name()).collect();
    let cells = |metric: &str| -> Vec<String> {
        let mean = |arm: &&Evaluation| number(arm.metric(metric).ok().and_then(|metric| metric.mean().ok()));
        let baseline = first.metric(metric).ok().and_then(|metric| metric.baseline().mean().ok());
        arms.iter().map(mean).chain([number(baseline)]).collect()
    };
    for metrics in blocks(&metrics, WIDTH.saturating_sub(name_width + model_width)) {
        let columns: Vec<(&str, Vec<String>)> = metrics.iter().map(|metric| (*metric, cells(metric))).collect();
        text.push('\n');
        let _ = write!(text, "{:<name_width$}{:<model_width$}", "arm", "model");
        for (metric, _) in &columns {
            let _ = write!(text, "{metric:>0$}", column_width(metric));
        }
        text.push('\n');
        for (row, (name, model)) in names.iter().zip(&models).enumerate() {
            let mut line = format!("{name:<name_width$}{model:<model_width$}");
            for (metric, cells) in &columns {
                let _ = write!(line, "{:>1$}", cells[row], column_width(metric));
            }
            text.push_str(line.trim_end());
            text.push('\n');
        }
    }
    text
}

fn column_width(metric: &str) -> usize {
    metric.len().max(8) + 2
}

/// Splits metrics into groups whose columns fit the width, at least one per group.
fn blocks<'a>(metrics: &[&'a str], width: usize) -> Vec<Vec<&'a str>> {
    let mut blocks: Vec<Vec<&str>> = Vec::new();
    let mut left = 0;
    for metric in metrics {
        let needed = column_width(metric);
        match blocks.last_mut().filter(|_| needed <= left) {
            Some(block) => block.push(metric),
            None => {
                blocks.push(vec![metric]);
                left = width;
            }
        }
        left = left.saturating_sub(needed);
    }
    blocks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_that_do_not_fit_go_below() {
        let metrics = ["accuracy", "auc", "balanced_accuracy", "f1"];
        assert_eq!(blocks(&metrics, 100), [metrics.to_vec()]);
        assert_eq!(blocks(&metrics, 21), [vec!["accuracy", "auc"], vec!["balanced_accuracy"], vec!["f1"]]);
        assert_eq!(blocks(&metrics, 0).len(), 4, "each has a place");
    }
}
