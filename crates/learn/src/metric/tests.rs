//! Metrics against hand-made values, brute force, and inputs on which they have no value.

use super::*;
use crate::calibrate::conformal::Interval;
use crate::data::{Labels, Outputs, Predictions, Quantiles, Regions};
use proptest::prelude::*;

fn score(name: &str, codes: &[u32], count: usize, probabilities: &[f64]) -> Result<f64, Undefined> {
    let truth = Target::Classes { codes: codes.to_vec(), count }.into();
    let outputs = Outputs::Probabilities { values: probabilities.to_vec(), classes: count };
    Metric::find(name).unwrap().score(&Judged::new(&truth, &outputs))
}

fn score_numbers(name: &str, truth: &[f64], predicted: &[f64]) -> Result<f64, Undefined> {
    let (truth, outputs) = (Target::Numbers(truth.to_vec()).into(), Outputs::Numbers(predicted.to_vec()));
    Metric::find(name).unwrap().score(&Judged::new(&truth, &outputs))
}

fn binary(positive: &[f64]) -> Vec<f64> {
    positive.iter().flat_map(|p| [1.0 - p, *p]).collect()
}

#[test]
fn the_table_is_well_formed() {
    let mut names: Vec<&str> = METRICS.iter().map(|metric| metric.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), METRICS.len());
    for metric in METRICS {
        assert!(!metric.doc.is_empty() && !metric.doc.ends_with('.'), "{}", metric.name);
        assert!(metric.prefers(2.0, 1.0) == (metric.better == Better::Higher) && !metric.prefers(1.0, 1.0));
    }
}

/// The example of scikit-learn's documentation of `roc_auc_score`, and the four cells of a 2 × 2 table by hand.
#[test]
fn small_cases_by_hand() {
    assert_eq!(score("auc", &[0, 0, 1, 1], 2, &binary(&[0.1, 0.4, 0.35, 0.8])), Ok(0.75));
    // TP 2, FP 1, FN 1, TN 2.
    let (codes, outputs) = ([1, 1, 1, 0, 0, 0], binary(&[0.9, 0.8, 0.2, 0.7, 0.1, 0.3]));
    assert_eq!(score("accuracy", &codes, 2, &outputs), Ok(4.0 / 6.0));
    for name in ["precision", "recall", "f1", "balanced_accuracy"] {
        assert!((score(name, &codes, 2, &outputs).unwrap() - 2.0 / 3.0).abs() < 1e-15, "{name}");
    }
    assert!((score("mcc", &codes, 2, &outputs).unwrap() - 1.0 / 3.0).abs() < 1e-15);
    let brier = (0.01 + 0.04 + 0.64 + 0.49 + 0.01 + 0.09) / 6.0;
    assert!((score("brier", &codes, 2, &outputs).unwrap() - brier).abs() < 1e-15);
    assert_eq!(score_numbers("mae", &[1.0, 2.0], &[2.0, 4.0]), Ok(1.5));
    assert_eq!(score_numbers("r2", &[1.0, 2.0, 3.0], &[2.0, 2.0, 2.0]), Ok(0.0));
}

#[test]
fn a_sure_mistake_has_a_finite_log_loss() {
    let loss = score("log_loss", &[0], 2, &[0.0, 1.0]).unwrap();
    assert_eq!(loss, -f64::EPSILON.ln());
}

#[test]
fn ties_are_predicted_as_the_first_class() {
    assert_eq!(Outputs::Probabilities { values: vec![0.3, 0.4, 0.4], classes: 3 }.labels(), [1]);
}

#[test]
fn confusions_of_folds_add_up() {
    let mut table = confusion(&[0, 1], &[0, 0], 2, None);
    table.add(&confusion(&[1], &[1], 2, None));
    assert_eq!(table, confusion(&[0, 1, 1], &[0, 0, 1], 2, None));
    assert_eq!(table.classes(), 2);
    table.add(&confusion(&[0], &[1], 2, Some(&[0.5])));
    assert_eq!(table, confusion(&[0, 1, 1, 0], &[0, 0, 1, 1], 2, Some(&[1.0, 1.0, 1.0, 0.5])));
}

/// Exactly the metrics of `without` have a reason; the others have a finite number.
fn assert_undefined(case: &str, all: &[&str], without: &[&str], score: impl Fn(&str) -> Result<f64, Undefined>) {
    let is_undefined = |name: &&str| match score(name) {
        Ok(value) => !value.is_finite(),
        Err(reason) => !reason.0.is_empty(),
    };
    let mut found: Vec<&str> = all.iter().copied().filter(is_undefined).collect();
    let mut wanted = without.to_vec();
    found.sort_unstable();
    wanted.sort_unstable();
    assert_eq!(found, wanted, "{case}");
}

/// Metrics of intervals and of sets, which have no value without them.
const OF_REGIONS: [&str; 4] = ["coverage", "width", "set_coverage", "set_size"];

#[test]
fn regions_are_judged_by_the_weights_of_their_rows() {
    let interval = |low: f64, high: f64| Interval { low, high };
    let mut numbers = Predictions::from(Outputs::Numbers(vec![0.0; 3]));
    let truth = Labels::weighted(Target::Numbers(vec![1.0, 5.0, 2.0]), vec![1.0, 2.0, 1.0]).unwrap();
    let score = |name: &str, predictions: &Predictions, truth: &Labels| {
        Metric::find(name).unwrap().score(&Judged::new(truth, predictions))
    };
    assert!(score("coverage", &numbers, &truth).unwrap_err().0.contains("conformal"));
    numbers.bound(Regions::Intervals(vec![interval(0.0, 1.0), interval(0.0, 4.0), interval(1.0, 3.0)]));
    assert_eq!(score("coverage", &numbers, &truth), Ok(0.5));
    assert_eq!(score("width", &numbers, &truth), Ok(2.75));
    let outputs = Outputs::Probabilities { values: vec![0.6, 0.4, 0.9, 0.1], classes: 2 };
    let mut classes = Predictions::from(outputs);
    classes.bound(Regions::Sets(vec![vec![0, 1], vec![]]));
    let truth = Target::Classes { codes: vec![1, 0], count: 2 }.into();
    assert_eq!(score("set_coverage", &classes, &truth), Ok(0.5));
    assert_eq!(score("set_size", &classes, &truth), Ok(1.0));
    classes.decide(vec![1, 0]);
    assert_eq!(score("accuracy", &classes, &truth), Ok(1.0));
}

/// Every metric on inputs that are too poor for some: a finite number or a reason, and a reason exactly where listed.
#[test]
fn poor_inputs_give_a_reason_and_never_nan() {
    let of = |task: Task| METRICS.iter().filter(move |metric| metric.task == task).map(|metric| metric.name);
    let all_classes: Vec<&str> = of(Task::Classes).filter(|name| !OF_REGIONS.contains(name)).collect();
    let all_numbers: Vec<&str> = of(Task::Numbers).filter(|name| !OF_REGIONS.contains(name)).collect();
    // What ranks the rows of one class against others, and what needs more classes than there are.
    const RANKED: [&str; 6] = ["auc", "auc_ovo", "auc_weighted", "ks", "lift", "pr_auc"];
    const TOP: [&str; 3] = ["top2_accuracy", "top3_accuracy", "top5_accuracy"];
    let (unranked, of_two) = (RANKED.as_slice(), [&RANKED[..], &TOP].concat());
    type OfClasses<'a> = (&'a str, &'a [u32], usize, Vec<f64>, Vec<&'a str>);
    let cases: [OfClasses<'_>; 9] = [
        ("no rows", &[], 2, vec![], all_classes.clone()),
        ("an output is NaN", &[0, 1], 2, vec![f64::NAN, 0.5, 0.5, 0.5], all_classes.clone()),
        ("an output is infinite", &[0, 1], 2, vec![0.5, 0.5, 0.5, f64::INFINITY], all_classes.clone()),
        (
            "all negative, predicted so",
            &[0, 0],
            2,
            binary(&[0.1, 0.2]),
            [&of_two[..], &["f05", "f1", "f2", "jaccard", "kappa", "kappa_quadratic", "mcc", "precision", "recall"]]
                .concat(),
        ),
        (
            "all negative, one predicted positive",
            &[0, 0],
            2,
            binary(&[0.1, 0.9]),
            [&of_two[..], &["mcc", "recall", "recall_macro"]].concat(),
        ),
        (
            "all positive, predicted negative",
            &[1, 1],
            2,
            binary(&[0.1, 0.2]),
            [
                &of_two[..],
                &["mcc", "precision", "precision_macro", "precision_weighted", "recall_macro", "specificity"],
            ]
            .concat(),
        ),
        (
            "never predicted positive",
            &[0, 1],
            2,
            binary(&[0.1, 0.2]),
            [&TOP[..], &["precision", "precision_macro", "precision_weighted"]].concat(),
        ),
        (
            "one row of three classes",
            &[2],
            3,
            vec![0.1, 0.1, 0.8],
            [unranked, &TOP[1..], &["kappa", "kappa_quadratic", "mcc", "npv", "specificity"]].concat(),
        ),
        ("a third class without a row", &[0, 1], 3, vec![0.8, 0.1, 0.1, 0.1, 0.8, 0.1], [unranked, &TOP[1..]].concat()),
    ];
    for (case, codes, count, outputs, without) in cases {
        assert_undefined(case, &all_classes, &without, |name| score(name, codes, count, &outputs));
        for name in &all_numbers {
            assert!(score(name, codes, count, &outputs).is_err(), "{case}: {name} judges numbers");
        }
    }
    let of_spread = ["d2_absolute", "d2_pinball", "d2_tweedie", "explained_variance", "pearson", "r2", "spearman"];
    // The predictions include 0 here, and so do the true values.
    let of_positive = ["d2_tweedie", "gamma_deviance", "mape", "poisson_deviance", "tweedie_deviance"];
    let of_squares = [&of_positive[..], &["explained_variance", "mse", "pearson", "r2", "rmse"]].concat();
    let all_but_ranks: Vec<&str> = all_numbers.iter().copied().filter(|name| *name != "spearman").collect();
    type OfNumbers<'a> = (&'a str, &'a [f64], &'a [f64], &'a [&'a str]);
    let cases: [OfNumbers<'_>; 7] = [
        ("no rows", &[], &[], &all_numbers),
        ("an output is NaN", &[1.0, 2.0], &[1.0, f64::NAN], &all_numbers),
        ("a true value is NaN", &[1.0, f64::NAN], &[1.0, 2.0], &all_numbers),
        ("one row", &[1.0], &[2.0], &of_spread),
        ("constant target", &[0.1; 3], &[0.1, 0.2, 0.3], &of_spread),
        ("errors too large to square", &[0.0, 1e200], &[1e200, 0.0], &of_squares),
        ("errors too large", &[-1.7e308, 0.0], &[1.7e308, 0.0], &all_but_ranks),
    ];
    for (case, truth, predicted, without) in cases {
        assert_undefined(case, &all_numbers, without, |name| score_numbers(name, truth, predicted));
        for name in &all_classes {
            assert!(score_numbers(name, truth, predicted).is_err(), "{case}: {name} judges classes");
        }
    }
}

/// Weighted by hand: two rows of class 1 are found, one of weight 3; a row of weight 2 is a false positive.
#[test]
fn counts_and_the_report_of_classes() {
    let codes = [1, 1, 1, 0, 0];
    let table = confusion(&codes, &[1, 1, 0, 1, 0], 2, Some(&[1.0, 3.0, 1.0, 2.0, 1.0]));
    let counts = table.counts_of(1);
    let wanted = Counts { true_positives: 4.0, false_positives: 2.0, true_negatives: 1.0, false_negatives: 1.0 };
    assert_eq!(counts, wanted);
    let swapped = Counts { true_positives: 1.0, false_positives: 1.0, true_negatives: 4.0, false_negatives: 2.0 };
    assert_eq!(table.counts_of(0), swapped);
    let report = table.report();
    assert_eq!(report[1].precision, Ok(4.0 / 6.0));
    assert_eq!((&report[1].recall, &report[1].f1, report[1].support), (&Ok(0.8), &Ok(8.0 / 11.0), 5.0));
    let three = confusion(&[0, 1, 2, 2], &[0, 2, 2, 1], 3, None);
    let counts = three.counts_of(2);
    assert_eq!(
        (counts.true_positives, counts.false_positives, counts.true_negatives, counts.false_negatives),
        (1.0, 1.0, 1.0, 1.0)
    );
    assert!(confusion(&[0], &[0], 2, None).report()[1].f1.is_err());
}

/// With a bin for every distinct prediction, the parts of the Brier score add up to it.
#[test]
fn parts_of_the_brier_score_add_up() {
    let (codes, scores) = ([0, 1, 1, 0, 1, 0], [0.125, 0.125, 0.875, 0.375, 0.375, 0.375]);
    let truth: Labels = Target::Classes { codes: codes.to_vec(), count: 2 }.into();
    let outputs = Outputs::Probabilities { values: binary(&scores), classes: 2 };
    let judged = Judged::new(&truth, &outputs);
    for bins in [Bins::EqualWidth(4), Bins::EqualCount(6)] {
        let parts = brier_parts(&judged, bins).unwrap();
        assert!(
            (parts.reliability - parts.resolution + parts.uncertainty - BRIER.score(&judged).unwrap()).abs() < 1e-15
        );
        assert!(parts.uncertainty == 0.25 && parts.resolution > 0.0);
    }
    let numbers = (Target::Numbers(vec![1.0]).into(), Outputs::Numbers(vec![1.0]));
    assert!(brier_parts(&Judged::new(&numbers.0, &numbers.1), Bins::EqualWidth(4)).is_err());
    assert!(calibration(&Judged::new(&numbers.0, &numbers.1), Bins::EqualWidth(4)).is_err());
}

#[test]
fn lift_and_gain_by_hand() {
    let scores = [0.9, 0.8, 0.8, 0.1];
    let points = curve::gain(&[true, true, false, false], &scores, None).unwrap();
    let found: Vec<(f64, f64, f64)> = points.iter().map(|point| (point.taken, point.gain, point.lift)).collect();
    assert_eq!(found, [(0.25, 0.5, 2.0), (0.75, 1.0, 4.0 / 3.0), (1.0, 1.0, 1.0)]);
    // Half of the rows: the first, and half of the two that are tied.
    let truth = Target::Classes { codes: vec![1, 1, 0, 0], count: 2 }.into();
    let outputs = Outputs::Probabilities { values: binary(&scores), classes: 2 };
    assert_eq!(LIFT.at(0.5).unwrap().score(&Judged::new(&truth, &outputs)), Ok(1.5));
    assert!(LIFT.at(1.0).is_none() && TWEEDIE_DEVIANCE.at(0.5).is_none() && PINBALL.at(f64::NAN).is_none());
    for weights in [None, Some(&[0.0, 1.0, 1.0, 1.0][..])] {
        assert!(curve::roc(&[true, false, false, false], &scores, weights).is_ok() == weights.is_none());
    }
    assert!(
        curve::roc(&[true; 4], &scores, None).is_err() && curve::precision_recall(&[true; 4], &scores, None).is_ok()
    );
}

#[test]
fn reasons_are_sentences_of_the_table() {
    assert_eq!(
        score("auc", &[1, 1], 2, &binary(&[0.1, 0.2])).unwrap_err().to_string(),
        "undefined (only one class occurs)"
    );
    assert_eq!(
        score("precision", &[0, 1], 2, &binary(&[0.1, 0.2])).unwrap_err().0,
        "the positive class is never predicted"
    );
}

proptest! {
    /// AUC is the share of pairs won, a tie being half a win.
    #[test]
    fn auc_counts_pairs(rows in proptest::collection::vec((0_u32..2, 0_u8..8), 2..60)) {
        let codes: Vec<u32> = rows.iter().map(|row| row.0).collect();
        prop_assume!(codes.contains(&0) && codes.contains(&1));
        let scores: Vec<f64> = rows.iter().map(|row| f64::from(row.1) / 8.0).collect();
        let (mut won, mut pairs) = (0.0, 0.0);
        for (i, _) in codes.iter().enumerate().filter(|(_, code)| **code == 1) {
            for (j, _) in codes.iter().enumerate().filter(|(_, code)| **code == 0) {
                pairs += 1.0;
                won += if scores[i] > scores[j] { 1.0 } else if scores[i] == scores[j] { 0.5 } else { 0.0 };
            }
        }
        prop_assert!((score("auc", &codes, 2, &binary(&scores)).unwrap() - won / pairs).abs() < 1e-14);
    }

    /// A metric looks at rows, not at their order.
    #[test]
    fn order_of_rows_does_not_matter(rows in proptest::collection::vec((0_u32..3, 0_u8..9, 0_u8..9, 1_u8..9), 3..40)) {
        let judge = |rows: &[(u32, u8, u8, u8)]| -> Vec<Option<f64>> {
            let codes: Vec<u32> = rows.iter().map(|row| row.0).collect();
            let values: Vec<f64> = rows.iter().flat_map(|&(_, a, b, c)| {
                let sum = f64::from(a) + f64::from(b) + f64::from(c);
                [f64::from(a) / sum, f64::from(b) / sum, f64::from(c) / sum]
            }).collect();
            METRICS.iter().map(|metric| score(metric.name, &codes, 3, &values).ok()).collect()
        };
        let mut reversed = rows.clone();
        reversed.reverse();
        for (a, b) in judge(&rows).into_iter().zip(judge(&reversed)) {
            prop_assert!(a == b || (a.unwrap() - b.unwrap()).abs() < 1e-14);
        }
    }

    /// Correlation is symmetric in truth and prediction and lies in [-1, 1].
    #[test]
    fn matthews_is_a_correlation(rows in proptest::collection::vec((0_u32..3, 0_u32..3), 2..40)) {
        let (a, b): (Vec<u32>, Vec<u32>) = rows.into_iter().unzip();
        if let (Ok(forward), Ok(backward)) = (confusion(&a, &b, 3, None).matthews(), confusion(&b, &a, 3, None).matthews()) {
            prop_assert!((forward - backward).abs() < 1e-14 && forward.abs() <= 1.0 + 1e-14);
        }
    }

    /// A weight of 2 counts as the row twice, a weight of 0 excludes the row: for every metric.
    #[test]
    fn weights_count_rows(rows in proptest::collection::vec((0_u32..3, 1_u8..9, 1_u8..9, 1_u8..9, 0_u8..4), 1..40)) {
        let of_rows = |rows: &[(u32, u8, u8, u8, u8)]| {
            let codes = Target::Classes { codes: rows.iter().map(|row| row.0).collect(), count: 3 };
            let shares = |&(_, a, b, c, _): &(u32, u8, u8, u8, u8)| {
                let sum = f64::from(a) + f64::from(b) + f64::from(c);
                [f64::from(a) / sum, f64::from(b) / sum, f64::from(c) / sum]
            };
            let probabilities = Outputs::Probabilities { values: rows.iter().flat_map(shares).collect(), classes: 3 };
            let numbers = Target::Numbers(rows.iter().map(|row| f64::from(row.1) / 3.0).collect());
            let predicted = Outputs::Numbers(rows.iter().map(|row| f64::from(row.2) / 3.0).collect());
            [(codes, probabilities), (numbers, predicted)]
        };
        let repeated: Vec<_> = rows.iter().flat_map(|row| std::iter::repeat_n(*row, row.4 as usize)).collect();
        let weights: Vec<f64> = rows.iter().map(|row| f64::from(row.4)).collect();
        for ((truth, outputs), (truth_repeated, outputs_repeated)) in of_rows(&rows).into_iter().zip(of_rows(&repeated)) {
            let (truth, truth_repeated) = (Labels::weighted(truth, weights.clone()).unwrap(), truth_repeated.into());
            let weighted = Judged::new(&truth, &outputs);
            let repeated = Judged::new(&truth_repeated, &outputs_repeated);
            for metric in METRICS {
                match (metric.score(&weighted), metric.score(&repeated)) {
                    (Ok(found), Ok(wanted)) => prop_assert!((found - wanted).abs() < 1e-12 * wanted.abs().max(1.0), "{} {found} {wanted}", metric.name),
                    (found, wanted) => prop_assert!(found.is_err() && wanted.is_err(), "{}", metric.name),
                }
            }
        }
    }
}

#[test]
fn pinball_of_several_quantiles_is_the_mean_over_their_levels() {
    let truth =
        Labels::weighted(Target::Numbers(vec![1.0, 2.0, 4.0, 8.0, 3.0]), vec![1.0, 2.0, 0.5, 1.0, 0.0]).unwrap();
    let levels = [0.1, 0.5, 0.9];
    let of_levels =
        [vec![0.0, 1.0, 2.0, 3.0, 9.0], vec![1.0, 2.5, 3.0, 7.0, 9.0], vec![1.5, 4.0, 3.5, 9.0, 9.0]].to_vec();
    let several = Predictions::from(Quantiles::new(&levels, of_levels.clone()));
    for metric in [PINBALL, D2_PINBALL] {
        let score = |(level, values): (f64, &Vec<f64>), metric: Metric| {
            metric.at(level).unwrap().score(&Judged::new(&truth, &Outputs::Numbers(values.clone()))).unwrap()
        };
        let each: Vec<f64> = levels.into_iter().zip(&of_levels).map(|level| score(level, metric)).collect();
        let wanted = match metric.name {
            // Of 1 - loss / loss of a constant, both losses are means over the levels.
            "d2_pinball" => {
                let losses: Vec<f64> = levels.into_iter().zip(&of_levels).map(|level| score(level, PINBALL)).collect();
                let constants = losses.iter().zip(&each).map(|(loss, explained)| loss / (1.0 - explained));
                1.0 - losses.iter().sum::<f64>() / constants.sum::<f64>()
            }
            _ => each.iter().sum::<f64>() / 3.0,
        };
        let found = metric.score(&Judged::new(&truth, &several)).unwrap();
        assert!((found - wanted).abs() < 1e-14, "{}: {found} {wanted}", metric.name);
    }
    let score = |metric: Metric| metric.score(&Judged::new(&truth, &several)).unwrap();
    assert_eq!(score(MAE), MAE.score(&Judged::new(&truth, &Outputs::Numbers(of_levels[1].clone()))).unwrap());
    assert_eq!((score(COVERAGE), score(WIDTH)), (4.0 / 4.5, (1.5 + 6.0 + 0.75 + 6.0) / 4.5));
    let constant = Outputs::Numbers(vec![3.0; 5]);
    let constant = Judged::new(&truth, &constant).at_levels(&levels);
    let each = levels
        .map(|level| PINBALL.at(level).unwrap().score(&Judged::new(&truth, &Outputs::Numbers(vec![3.0; 5]))).unwrap());
    assert!((PINBALL.score(&constant).unwrap() - each.iter().sum::<f64>() / 3.0).abs() < 1e-14);
    assert!(COVERAGE.score(&constant).is_err(), "no interval is predicted");
}
