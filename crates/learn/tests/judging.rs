//! Agreement with scikit-learn on weighted predictions, curves, splits and clusterings, on the numbers that
//! `tests/oracles/freeze_judging.py` froze.

#![allow(clippy::unwrap_used)] // All of this file is tests.

use pipewright_learn::cluster::score;
use pipewright_learn::metric::{self, Bins, Metric, calibration, curve};
use pipewright_learn::split::{self, Fold, Forward, Length};
use pipewright_learn::{Judged, Labels, Outputs, Target};
use serde_json::Value;

const TEXT: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/oracles/judging.json"));

/// The cases that have this key.
fn cases(key: &str) -> Vec<Value> {
    let document: Value = serde_json::from_str(TEXT).unwrap();
    document["cases"].as_array().unwrap().iter().filter(|case| case.get(key).is_some()).cloned().collect()
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect()
}

fn codes(value: &Value) -> Vec<u32> {
    value.as_array().unwrap().iter().map(|code| u32::try_from(code.as_u64().unwrap()).unwrap()).collect()
}

fn close(found: f64, wanted: f64, about: &str) {
    assert!((found - wanted).abs() <= 1e-12 * wanted.abs().max(1.0), "{about}: {found} {wanted}");
}

/// `pinball(0.9)` is the metric `pinball` at 0.9.
fn metric_of(name: &str) -> Metric {
    match name.split_once('(') {
        None => *Metric::find(name).unwrap(),
        Some((name, number)) => Metric::find(name).unwrap().at(number.trim_end_matches(')').parse().unwrap()).unwrap(),
    }
}

#[test]
fn metrics_agree() {
    let (mut compared, mut undefined) = (0, 0);
    for case in cases("metrics") {
        let (target, outputs) = if case["codes"].is_array() {
            let classes = usize::try_from(case["classes"].as_u64().unwrap()).unwrap();
            let values = numbers(&case["probabilities"]);
            (
                Target::Classes { codes: codes(&case["codes"]), count: classes },
                Outputs::Probabilities { values, classes },
            )
        } else {
            (Target::Numbers(numbers(&case["truth"])), Outputs::Numbers(numbers(&case["predicted"])))
        };
        let labels: Labels = match case.get("weights") {
            None => target.into(),
            Some(weights) => Labels::weighted(target, numbers(weights)).unwrap(),
        };
        let judged = Judged::new(&labels, &outputs);
        for (name, wanted) in case["metrics"].as_object().unwrap() {
            let about = format!("{} {name}", case["name"]);
            match (metric_of(name).score(&judged), wanted.as_f64()) {
                (Ok(found), Some(wanted)) => {
                    close(found, wanted, &about);
                    compared += 1;
                }
                (Err(_), None) => undefined += 1,
                (found, wanted) => panic!("{about}: {found:?} {wanted:?}"),
            }
        }
    }
    assert!(compared > 900 && undefined > 100, "{compared} {undefined}");
}

#[test]
fn curves_agree() {
    let cases = cases("curve");
    for case in &cases {
        let truth: Vec<bool> = codes(&case["truth"]).iter().map(|code| *code == 1).collect();
        let scores = numbers(&case["scores"]);
        let weights = case.get("weights").map(numbers);
        let roc = curve::roc(&truth, &scores, weights.as_deref()).unwrap();
        assert_eq!((roc[0].threshold, roc[0].false_positive_rate, roc[0].true_positive_rate), (None, 0.0, 0.0));
        let found = [
            roc[1..].iter().map(|point| point.false_positive_rate).collect::<Vec<_>>(),
            roc[1..].iter().map(|point| point.true_positive_rate).collect(),
            roc[1..].iter().map(|point| point.threshold.unwrap()).collect(),
        ];
        same(&found, &case["roc"]);
        let points = curve::precision_recall(&truth, &scores, weights.as_deref()).unwrap();
        let found = [
            points.iter().map(|point| point.precision).collect::<Vec<_>>(),
            points.iter().map(|point| point.recall).collect(),
            points.iter().map(|point| point.threshold).collect(),
        ];
        // scikit-learn ends where the recall has reached 1.
        let wanted = numbers(&case["precision_recall"][0]).len();
        assert!(found[1][wanted - 1..].iter().all(|recall| *recall == 1.0));
        same(&found.map(|values| values[..wanted].to_vec()), &case["precision_recall"]);
        if case.get("calibration").is_some() {
            let values = scores.iter().flat_map(|score| [1.0 - score, *score]).collect();
            let (labels, outputs) = (
                Target::Classes { codes: codes(&case["truth"]), count: 2 }.into(),
                Outputs::Probabilities { values, classes: 2 },
            );
            let bins = calibration(&Judged::new(&labels, &outputs), Bins::EqualWidth(10)).unwrap();
            let found = [
                bins.iter().map(|bin| bin.observed).collect::<Vec<_>>(),
                bins.iter().map(|bin| bin.predicted).collect(),
            ];
            same(&found, &case["calibration"]);
        }
    }
    assert!(cases.len() >= 6);
}

fn same(found: &[Vec<f64>], wanted: &Value) {
    for (found, wanted) in found.iter().zip(wanted.as_array().unwrap()) {
        let wanted = numbers(wanted);
        assert_eq!(found.len(), wanted.len());
        found.iter().zip(wanted).for_each(|(found, wanted)| close(*found, wanted, "a point"));
    }
}

#[test]
fn names_of_other_tools_lead_to_metrics() {
    for (other, here) in metric::ALIASES {
        assert!(Metric::find(here).is_some() && Metric::find(other).is_none(), "{other} {here}");
    }
    assert_eq!(metric::alias("auc"), None);
}

#[test]
fn splits_are_the_same_lists() {
    let cases = cases("split");
    for case in &cases {
        let size = |name: &str| case[name].as_u64().map(|size| usize::try_from(size).unwrap());
        let (rows, k) = (size("rows").unwrap(), size("k").unwrap_or(0));
        let of = |name: &str| codes(&case[name]);
        let found = match case["split"].as_str().unwrap() {
            "LeaveOneOut" => split::leave_one_out(rows).unwrap().folds,
            "GroupKFold" => split::grouped(&of("groups"), k, None).unwrap().folds,
            "StratifiedGroupKFold" => split::stratified_grouped(&of("codes"), &of("groups"), k, None).unwrap().folds,
            "LeaveOneGroupOut" => split::leave_groups_out(&of("groups"), 1).unwrap().folds,
            "LeavePGroupsOut" => split::leave_groups_out(&of("groups"), size("p").unwrap()).unwrap().folds,
            "TimeSeriesSplit" => {
                let (gap, train) = (Length::Rows(size("gap").unwrap()), size("max_train").map(Length::Rows));
                let times: Vec<f64> = (0..rows).map(|row| row as f64).collect();
                Forward { gap, train, test: size("test_size"), rounds: k }.split(&times, None).unwrap()
            }
            other => panic!("{other} is not compared"),
        };
        let lists = |fold: &Value| Fold { train: codes(&fold[0]), test: codes(&fold[1]) };
        let wanted: Vec<Fold> = case["folds"].as_array().unwrap().iter().map(lists).collect();
        assert_eq!(found, wanted, "{} of {rows} rows", case["split"]);
    }
    assert!(cases.len() >= 20);
}

#[test]
fn clusterings_agree_as_much() {
    let cases = cases("clusters");
    for case in &cases {
        let labels = |side: usize| -> Vec<_> { codes(&case["clusters"][side]).into_iter().map(Some).collect() };
        let (left, right) = (labels(0), labels(1));
        let parts = score::v_measure(&left, &right);
        for (name, found) in [
            ("adjusted_rand", score::adjusted_rand(&left, &right)),
            ("adjusted_mutual_information", score::adjusted_mutual_information(&left, &right)),
            ("homogeneity", parts.homogeneity),
            ("completeness", parts.completeness),
            ("v_measure", parts.v_measure),
        ] {
            // Logarithms of factorials of 200 rows have an error of 1e-13, relative to which these are small.
            let wanted = case[name].as_f64().unwrap();
            assert!((found - wanted).abs() < 1e-10, "{name}: {found} {wanted}");
        }
    }
    assert!(cases.len() >= 8);
}
