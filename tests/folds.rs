//! Honest folds against scikit-learn: every fold's metrics of a whole pipeline, fitted anew in each fold.
//! `tests/oracles/freeze.py` made the numbers; the file names its tool, versions and command.

mod support;

use pipewright::{Options, Session};
use serde_json::Value as Json;
use std::fs;
use std::sync::Arc;
use support::{example_world, messages, root};

/// Relative to the larger of the value and 1e-3: metrics near 0 are compared absolutely.
const TOLERANCE: f64 = 1e-6;

#[test]
#[allow(clippy::disallowed_methods)]
fn every_fold_scores_as_in_scikit_learn() {
    let text = fs::read_to_string(root().join("tests/oracles/pipelines.json")).unwrap();
    let oracle: Json = serde_json::from_str(&text).unwrap();
    let cases = oracle["cases"].as_array().unwrap();
    assert!(cases.len() >= 6, "the oracle covers the models and tasks");
    for case in cases {
        let field = |name: &str| case[name].as_str().unwrap();
        let world = example_world().with_file("oracle.csv", fs::read(root().join(field("data"))).unwrap());
        let keep = case["only"].as_array().map(|columns| {
            let names: Vec<String> = columns.iter().map(|name| format!("`{}`", name.as_str().unwrap())).collect();
            format!("| select {} ", names.join(", "))
        });
        let script = format!(
            "load oracle.csv | target `{}` {}| fillna mean | scale standard | train {} | eval {} 5 shuffle=false",
            field("target"),
            keep.unwrap_or_default(),
            field("model"),
            field("scheme"),
        );
        let done = Session::new(Arc::new(world), Options::default()).run(&script);
        assert!(done.is_ok(), "{}", messages(&done, &script));
        let evaluation = done.evaluation().unwrap();
        for (index, fold) in case["folds"].as_array().unwrap().iter().enumerate() {
            for (name, expected) in fold["metrics"].as_object().unwrap() {
                let (Some(expected), Ok(metric)) = (expected.as_f64(), evaluation.metric(name)) else { continue };
                let found = metric.folds()[index].clone().unwrap_or(f64::NAN);
                let error = (found - expected).abs() / expected.abs().max(1e-3);
                assert!(error < TOLERANCE, "{script}\nfold {index}, {name}: {found}, scikit-learn has {expected}");
            }
        }
    }
}
