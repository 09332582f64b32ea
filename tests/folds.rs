//! Honest folds against scikit-learn: every fold's metrics of a whole pipeline, fitted anew in each fold.
//! `tests/oracles/freeze.py` made the numbers; the file names its tool, versions and command.

mod support;

use pipewright::{Options, Session};
use pipewright_plan::{JobGraph, Part, Work, lower};
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

const FORKED: &str = "load titanic.csv | target survived | drop sex
| fork {
    linear: fillna mean | scale | train logistic
    flat: train dummy
    net: fillna mean | scale | train mlp[2, auto] epochs=1
  }
| eval kfold 3 metric=accuracy";

#[test]
fn arms_share_folds_and_what_they_have_in_common() {
    let session = Session::new(Arc::new(example_world()), Options::default());
    let checked = session.check(FORKED);
    assert!(checked.is_sound());
    let mut graph = JobGraph::default();
    let reports = lower(&checked.plan, &mut graph);
    assert_eq!(reports.len(), 3, "a verdict per arm");
    let of = |verb: &str| {
        let fits = graph.jobs().iter().filter(|job| matches!(job.work, Work::Fit { .. }));
        fits.filter(|job| checked.plan.nodes[job.stage].verb.spec.name == verb).count()
    };
    assert_eq!((of("fillna"), of("scale")), (3, 3), "two arms fit each of them, once per fold");
    // Two of the arms have a column of text left, which is encoded after what they share; `dummy` sees the same.
    assert_eq!(graph.count(|work| matches!(work, Work::Split(..))), 1, "the rows are dealt out once");
    assert_eq!(graph.count(|work| matches!(work, Work::Pick(_, Part::Test))), 3);
    // A model per arm and fold, and a baseline per fold.
    assert_eq!(graph.count(|work| matches!(work, Work::Learn(..))), 3 * 3 + 3);
    let done = session.run(FORKED);
    let json: Vec<Json> = done.outputs().map(pipewright::render::json).collect();
    let arms: Vec<&str> = json.iter().map(|report| report["arm"].as_str().unwrap()).collect();
    assert_eq!(arms, ["linear", "flat", "net"]);
    for report in &json {
        assert_eq!(report["kind"], "eval");
        assert_eq!(report["metrics"]["accuracy"]["folds"].as_array().unwrap().len(), 3);
        assert_eq!(report["baseline"], json[0]["baseline"], "identical folds have identical baselines");
    }
}
