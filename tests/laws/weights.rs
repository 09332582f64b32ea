//! Weights through the language: a row with a weight of 2 is the row twice, and one with a weight of 0 is no row.

use crate::sample::{Sample, TARGETS, run_well};
use crate::{MODELS, chosen};
use pipewright::{Options, Source, document};
use serde_json::Value as Json;
use std::collections::BTreeSet;
use std::sync::Arc;

/// How often a row counts.
fn weight(row: usize) -> usize {
    [2, 0, 1, 3][row % 4]
}

/// A sample whose columns say the weight and the fold of each row, and the same with each row as often as it counts.
fn weighted_and_repeated() -> (Sample, Sample) {
    let sample = Sample::new(8, 120).with_column("fold", |row| format!("{}", row % 3));
    let mut repeated = sample.clone().with_column("w", |_| "1".to_owned());
    let rows = repeated.rows.into_iter().enumerate();
    repeated.rows = rows.flat_map(|(row, cells)| std::iter::repeat_n(cells, weight(row))).collect();
    (sample.with_column("w", |row| format!("{}", weight(row))), repeated)
}

/// Models without rows for validation or random samples of rows, networks on full batches: what a step learns is then a sum over all rows.
fn models() -> BTreeSet<(String, &'static str)> {
    let full_batches = |text: &str| match text.split_once(' ') {
        Some((model, _)) if text.starts_with("mlp") => format!("{model} epochs=4 lr=0.05 batch=100000"),
        _ => text.to_owned(),
    };
    let is_sum = |text: &str| !DRAW_ROWS.iter().any(|model| text.starts_with(model));
    let texts = chosen(MODELS).filter(|variant| is_sum(variant.text));
    texts.map(|variant| (full_batches(variant.text), variant.target)).collect()
}

/// Models that draw rows or numbers of rows, or hold some out: of two equal rows, each is drawn on its own. Their crate tests the law
/// without that.
const DRAW_ROWS: [&str; 9] =
    ["bag", "blend", "forest", "gbdt", "mlp[4,auto](dropout=", "mlp[4,auto](recipe=realmlp)", "net", "stack", "svm"];

/// The metrics of the model and of the baseline.
fn scores(sample: &Sample, script: &str) -> Vec<(String, Option<f64>)> {
    let done = run_well(&Arc::new(sample.world()), &Options::default(), script);
    let json = document(&done, &Source::new("law", script));
    let text = json.to_string();
    let report = json["results"].as_array().and_then(|results| results.first());
    let report = report.unwrap_or_else(|| panic!("{script} judges: {text}"));
    let of = |part: &str| -> Vec<(String, Option<f64>)> {
        let metrics = report[part].as_object().unwrap_or_else(|| panic!("{part}: {text}"));
        metrics.iter().map(|(name, series)| (format!("{part} {name}"), mean(series))).collect()
    };
    [of("metrics"), of("baseline")].concat()
}

fn mean(series: &Json) -> Option<f64> {
    series["mean"].as_f64()
}

#[test]
fn a_weight_is_a_repetition() {
    let (weighted, repeated) = weighted_and_repeated();
    for (model, target) in models() {
        let others: Vec<&str> = TARGETS.into_iter().filter(|name| *name != target).collect();
        // Steps that prepare look at no weights, so that none that looks at many rows is among them.
        let script = format!(
            "load t.csv | target {target} | drop {}, colour, town, flag | role weight=w fold=fold | fillna 0 \
             | train {model} | eval kfold 3",
            others.join(", ")
        );
        let (found, wanted) = (scores(&weighted, &script), scores(&repeated, &script));
        let tolerance = if model.starts_with("mlp") { 1e-4 } else { 1e-8 };
        for ((name, found), (_, wanted)) in found.iter().zip(&wanted) {
            let close = match (found, wanted) {
                (Some(found), Some(wanted)) => (found - wanted).abs() <= tolerance * wanted.abs().max(1.0),
                (None, None) => true,
                _ => false,
            };
            assert!(close, "{name}: {found:?} {wanted:?} of {script}");
        }
        assert!(found.len() >= 6, "{script}: {found:?}");
        let unweighted = scores(&weighted, &script.replace("weight=w", "id=w"));
        assert_ne!(unweighted, found, "weights change the scores of {script}");
    }
}
