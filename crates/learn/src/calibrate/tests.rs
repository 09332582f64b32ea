//! Tests of calibrations against scikit-learn 1.9.1 and betacal 1.1.0, of conformal prediction against MAPIE 1.6.0 and by
//! simulation, of cuts by trying all, and of drift against scipy 1.17.1.

use super::conformal::{ClassSets, SetRule, bound, cv_plus, jackknife_plus, quantile_scores, widened};
use super::drift::{chi_square, kolmogorov_smirnov, stability_of_levels, stability_of_numbers};
use super::*;
use crate::metric::{Judged, LOG_LOSS};
use pipewright_world::random::Key;
use proptest::prelude::*;

const ALL: [Calibrator; 4] = [Calibrator::Platt, Calibrator::Isotonic, Calibrator::Temperature, Calibrator::Beta];
const ROWS: usize = 60;

fn assert_close(found: &[f64], wanted: &[f64], tolerance: f64) {
    assert_eq!(found.len(), wanted.len());
    let close = found.iter().zip(wanted).all(|(a, b)| (a - b).abs() <= tolerance);
    assert!(close, "{found:?}\n{wanted:?}");
}

/// A number in (0, 1) that looks random.
fn mixed(row: usize, by: [usize; 3]) -> f64 {
    let [square, line, modulus] = by;
    (((row * row * square + row * line) % modulus) as f64 + 0.5) / modulus as f64
}

fn first(row: usize) -> f64 {
    (((row * 37 % ROWS) as f64 + 0.5) / ROWS as f64 * 1000.0).round_ties_even() / 1000.0
}

fn two(probabilities: &[f64]) -> Outputs {
    Outputs::Probabilities { values: probabilities.iter().flat_map(|p| [1.0 - p, *p]).collect(), classes: 2 }
}

fn seconds(outputs: &Outputs) -> Vec<f64> {
    outputs.values().iter().skip(1).step_by(2).copied().collect()
}

fn labels(codes: Vec<u32>, count: usize, weighted: bool) -> Labels {
    let weights = (0..codes.len()).map(|row| if weighted { 1.0 + (row % 3) as f64 } else { 1.0 }).collect();
    Labels::weighted(Target::Classes { codes, count }, weights).unwrap()
}

/// Sixty rows of two classes: the probabilities are too extreme.
fn binary(weighted: bool) -> (Vec<f64>, Labels) {
    let probabilities: Vec<f64> = (0..ROWS).map(first).collect();
    let is_second = |row: usize| {
        let (above, below) = (first(row).powf(0.6), (1.0 - first(row)).powf(0.6));
        mixed(row, [7, 13, 61]) < above / (above + 1.5 * below)
    };
    let codes = (0..ROWS).map(|row| u32::from(is_second(row))).collect();
    (probabilities, labels(codes, 2, weighted))
}

/// Sixty rows of three classes, likewise.
fn ternary(weighted: bool) -> (Outputs, Labels) {
    let (mut values, mut codes) = (Vec::new(), Vec::new());
    for row in 0..ROWS {
        let (p, share) = (first(row), mixed(row, [7, 13, 61]));
        let probabilities = [p, (1.0 - p) * share, (1.0 - p) * (1.0 - share)];
        let roots = probabilities.map(f64::sqrt);
        let at = mixed(row, [11, 3, 59]) * roots.iter().sum::<f64>();
        codes.push(u32::from(at > roots[0]) + u32::from(at > roots[0] + roots[1]));
        values.extend(probabilities);
    }
    (Outputs::Probabilities { values, classes: 3 }, labels(codes, 3, weighted))
}

const AT: [f64; 5] = [0.01, 0.2, 0.5, 0.77, 0.99];

fn calibrated(calibrator: Calibrator, probabilities: &[f64], truth: &Labels) -> Vec<f64> {
    let calibration = calibrator.fit(&two(probabilities), truth).unwrap();
    seconds(&calibration.apply(&two(&AT)).unwrap())
}

/// `_SigmoidCalibration().fit(logit(p), y, w).predict(logit(at))`.
#[test]
fn platt_agrees_with_scikit_learn() {
    let wanted = [
        [0.19264860906321046, 0.405567149006223, 0.5178802810143182, 0.6147096573572154, 0.8286364820407923],
        [0.08260765229192951, 0.3164509452157701, 0.48431172873874534, 0.6350091041556883, 0.9073656544623082],
    ];
    for (weighted, wanted) in [false, true].into_iter().zip(wanted) {
        let (probabilities, truth) = binary(weighted);
        assert_close(&calibrated(Calibrator::Platt, &probabilities, &truth), &wanted, 1e-5);
    }
}

/// `IsotonicRegression(out_of_bounds="clip").fit(p.round(1), y, w).predict(at)`: many ties.
#[test]
fn isotonic_agrees_with_scikit_learn() {
    let wanted = [
        [0.13333333333333333, 0.13333333333333333, 0.5555555555555556, 0.7037037037037037, 0.7037037037037037],
        [0.06666666666666667, 0.06666666666666667, 0.4722222222222222, 0.7407407407407407, 0.7407407407407407],
    ];
    for (weighted, wanted) in [false, true].into_iter().zip(wanted) {
        let (probabilities, truth) = binary(weighted);
        let rounded: Vec<f64> = probabilities.iter().map(|p| (p * 10.0).round_ties_even() / 10.0).collect();
        assert_close(&calibrated(Calibrator::Isotonic, &rounded, &truth), &wanted, 1e-12);
    }
}

/// `LogisticRegression(C=1e11, tol=1e-12, solver="newton-cholesky")` on ln p and -ln(1 - p). `BetaCalibration` of betacal
/// stops earlier: 0.098059, 0.398527, 0.547906, 0.633367, 0.748589.
#[test]
fn beta_agrees_with_logistic_regression_of_logarithms() {
    let wanted = [
        [0.09828479073671108, 0.39852403409398157, 0.5477522392129157, 0.633211490658406, 0.7486810339354593],
        [0.011908286310073167, 0.28462053545900956, 0.5422174666870476, 0.6709813798281522, 0.7632223549302857],
    ];
    for (weighted, wanted) in [false, true].into_iter().zip(wanted) {
        let (probabilities, truth) = binary(weighted);
        assert_close(&calibrated(Calibrator::Beta, &probabilities, &truth), &wanted, 1e-6);
    }
}

/// `scipy.optimize.minimize_scalar` of the log loss; `_TemperatureScaling` finds the same to 1e-8.
#[test]
fn temperature_agrees_with_scikit_learn() {
    let wanted = [(0.383416109737953, 0.47782986951525586), (0.434714418608232, 0.49770022900764255)];
    for (weighted, (inverse, probability)) in [false, true].into_iter().zip(wanted) {
        let (outputs, truth) = ternary(weighted);
        let calibration = Calibrator::Temperature.fit(&outputs, &truth).unwrap();
        let Form::Temperature(temperature) = &calibration.form else { panic!("a temperature") };
        let json = serde_json::to_value(temperature).unwrap();
        assert_close(&[json["inverse"].as_f64().unwrap()], &[inverse], 1e-7);
        let row = Outputs::Probabilities { values: vec![0.7, 0.2, 0.1], classes: 3 };
        assert_close(&calibration.apply(&row).unwrap().values()[..1], &[probability], 1e-6);
    }
}

/// `_SigmoidCalibration` of each class against the rest, divided by the sum.
#[test]
fn more_classes_are_each_against_the_rest() {
    let wanted = [
        [0.521733098513504, 0.35553195304638135, 0.1227349484401147],
        [0.5549034432105922, 0.3072738579996912, 0.1378226987897166],
    ];
    for (weighted, wanted) in [false, true].into_iter().zip(wanted) {
        let (outputs, truth) = ternary(weighted);
        let calibration = Calibrator::Platt.fit(&outputs, &truth).unwrap();
        let row = Outputs::Probabilities { values: vec![0.7, 0.2, 0.1], classes: 3 };
        assert_close(calibration.apply(&row).unwrap().values(), &wanted, 1e-5);
    }
}

#[test]
fn pooled_blocks_are_those_of_a_hand_example() {
    // 0.1: 0, 0.2: 1, 0.3: 0, 0.4: 1 → the middle ones are pooled at one half.
    let truth = labels(vec![0, 1, 0, 1], 2, false);
    let calibration = Calibrator::Isotonic.fit(&two(&[0.1, 0.2, 0.3, 0.4]), &truth).unwrap();
    let found = seconds(&calibration.apply(&two(&[0.0, 0.15, 0.2, 0.25, 0.3, 0.35, 1.0])).unwrap());
    assert_close(&found, &[0.0, 0.25, 0.5, 0.5, 0.5, 0.75, 1.0], 1e-12);
}

#[test]
fn a_weight_of_two_is_the_row_twice_and_of_zero_none() {
    let (probabilities, truth) = binary(false);
    let Target::Classes { codes, .. } = truth.target() else { panic!("classes") };
    let weights: Vec<f64> = (0..ROWS).map(|row| (row % 3) as f64).collect();
    let weighted = Labels::weighted(truth.target().clone(), weights).unwrap();
    let rows: Vec<usize> = (0..ROWS).flat_map(|row| std::iter::repeat_n(row, row % 3)).collect();
    let repeated: Vec<f64> = rows.iter().map(|&row| probabilities[row]).collect();
    let repeated_truth = labels(rows.iter().map(|&row| codes[row]).collect(), 2, false);
    for calibrator in ALL {
        let one = calibrated(calibrator, &probabilities, &weighted);
        assert_close(&one, &calibrated(calibrator, &repeated, &repeated_truth), 1e-7);
    }
}

/// Rows of three classes, all of which occur.
fn random_rows(seed: u64, rows: usize, classes: usize) -> (Outputs, Labels) {
    let key = Key::new(seed);
    let (mut values, mut codes) = (Vec::new(), Vec::new());
    for row in 0..rows as u64 {
        let of_row = key.index(row);
        let parts: Vec<f64> = (0..classes as u64).map(|class| of_row.uniform(class).powi(2) + 1e-3).collect();
        let total: f64 = parts.iter().sum();
        values.extend(parts.iter().map(|part| part / total));
        codes.push(if row < classes as u64 { row as u32 } else { of_row.below(9, classes as u64) as u32 });
    }
    (Outputs::Probabilities { values, classes }, labels(codes, classes, seed.is_multiple_of(2)))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn temperature_keeps_the_class_and_improves_the_loss(seed in 0_u64..1000, classes in 2_usize..5) {
        let (outputs, truth) = random_rows(seed, 40, classes);
        let calibrated = Calibrator::Temperature.fit(&outputs, &truth).unwrap().apply(&outputs).unwrap();
        prop_assert_eq!(calibrated.labels(), outputs.labels());
        let loss = |outputs: &Outputs| LOG_LOSS.score(&Judged::new(&truth, outputs)).unwrap();
        prop_assert!(loss(&calibrated) <= loss(&outputs) + 1e-12);
    }

    /// The families of beta and isotonic calibration contain the identity; Platt's targets are smoothed.
    #[test]
    fn calibration_improves_the_loss_of_two_classes(seed in 0_u64..1000) {
        let (outputs, truth) = random_rows(seed, 40, 2);
        let loss = |outputs: &Outputs| LOG_LOSS.score(&Judged::new(&truth, outputs)).unwrap();
        for (calibrator, worse) in [(Calibrator::Beta, 1e-9), (Calibrator::Isotonic, 1e-9), (Calibrator::Platt, 0.02)] {
            let calibrated = calibrator.fit(&outputs, &truth).unwrap().apply(&outputs).unwrap();
            prop_assert!(loss(&calibrated) <= loss(&outputs) + worse, "{:?}", calibrator);
        }
    }

    #[test]
    fn calibrated_rows_are_probabilities(seed in 0_u64..1000, classes in 2_usize..5) {
        let (outputs, truth) = random_rows(seed, 30, classes);
        // Certain rows are on both sides.
        let mut certain = vec![0.0; classes * classes];
        (0..classes).for_each(|class| certain[class * classes + class] = 1.0);
        let certain = Outputs::Probabilities { values: certain, classes };
        for calibrator in ALL {
            let calibration = calibrator.fit(&outputs, &truth).unwrap();
            prop_assert!(calibration.validate().is_ok());
            for rows in [&outputs, &certain] {
                let found = calibration.apply(rows).unwrap();
                prop_assert!(found.values().iter().all(|p| (0.0..=1.0).contains(p)));
                prop_assert!(found.values().chunks(classes).all(|row| (row.iter().sum::<f64>() - 1.0).abs() < 1e-12));
            }
            let json = serde_json::to_string(&calibration).unwrap();
            prop_assert_eq!(serde_json::from_str::<Calibration>(&json).unwrap(), calibration);
        }
    }

    #[test]
    fn curves_ascend_where_they_must(seed in 0_u64..1000) {
        let (outputs, truth) = random_rows(seed, 40, 2);
        let grid: Vec<f64> = (0..=100).map(|i| f64::from(i) / 100.0).collect();
        for calibrator in [Calibrator::Isotonic, Calibrator::Temperature, Calibrator::Beta] {
            let found = seconds(&calibrator.fit(&outputs, &truth).unwrap().apply(&two(&grid)).unwrap());
            prop_assert!(found.windows(2).all(|pair| pair[0] <= pair[1] + 1e-15), "{:?} {:?}", calibrator, found);
        }
    }
}

#[test]
fn certain_and_separable_rows_have_finite_calibrations() {
    let certain = [0.0, 0.0, 1.0, 1.0];
    for (probabilities, codes) in [
        (certain, vec![0, 0, 1, 1]),
        (certain, vec![1, 1, 0, 0]),
        ([0.5; 4], vec![0, 1, 0, 1]),
        ([0.1, 0.2, 0.8, 0.9], vec![0, 0, 1, 1]),
    ] {
        for calibrator in ALL {
            let calibration = calibrator.fit(&two(&probabilities), &labels(codes.clone(), 2, false)).unwrap();
            assert!(calibration.validate().is_ok(), "{calibrator:?} {probabilities:?} {codes:?} {calibration:?}");
            let found = calibration.apply(&two(&AT)).unwrap();
            assert!(found.values().iter().all(|p| (0.0..=1.0).contains(p)), "{calibrator:?} {found:?}");
        }
    }
}

#[test]
fn a_class_without_rows_has_probability_zero() {
    let outputs = Outputs::Probabilities { values: vec![0.5, 0.3, 0.2, 0.2, 0.5, 0.3], classes: 3 };
    let truth = labels(vec![0, 1], 3, false);
    for calibrator in [Calibrator::Platt, Calibrator::Isotonic, Calibrator::Beta] {
        let found = calibrator.fit(&outputs, &truth).unwrap().apply(&outputs).unwrap();
        assert_eq!((found.values()[2], found.values()[5]), (0.0, 0.0), "{calibrator:?}");
    }
}

/// Means of neighbours and of models may be off 1 in their last digit.
#[test]
fn probabilities_may_be_off_by_their_rounding() {
    let (outputs, truth) = (two(&[0.1, 0.3, 0.6, 1.0 + f64::EPSILON]), labels(vec![0, 1, 0, 1], 2, false));
    for calibrator in ALL {
        let calibrated = calibrator.fit(&outputs, &truth).unwrap().apply(&outputs).unwrap();
        assert!(calibrated.values().iter().all(|value| (0.0..=1.0).contains(value)), "{calibrator:?} {calibrated:?}");
    }
}

#[test]
fn what_cannot_be_calibrated_is_refused() {
    let code =
        |outputs: &Outputs, codes: Vec<u32>| Calibrator::Platt.fit(outputs, &labels(codes, 2, false)).unwrap_err().code;
    assert_eq!(code(&two(&[0.1, 0.2]), vec![1, 1]), code::ONE_CLASS);
    assert_eq!(code(&two(&[]), vec![]), code::EMPTY_DATA);
    assert_eq!(code(&two(&[0.1, f64::NAN]), vec![0, 1]), code::NON_FINITE);
    assert_eq!(code(&two(&[0.1, 1.1]), vec![0, 1]), code::NON_FINITE);
    assert_eq!(code(&Outputs::Numbers(vec![0.1, 0.2]), vec![0, 1]), code::WRONG_TASK);
    let calibration = Calibrator::Platt.fit(&two(&[0.1, 0.7]), &labels(vec![0, 1], 2, false)).unwrap();
    let three = Outputs::Probabilities { values: vec![0.2, 0.3, 0.5], classes: 3 };
    assert_eq!(calibration.apply(&three).unwrap_err().code, code::WRONG_WIDTH);
    assert!(Calibration { classes: 3, ..calibration }.validate().is_err());
}

/// What a criterion gives for rows above a cut, and whether it counts, by its definition.
fn value_by_definition(criterion: Criterion, cut: f64, p: &[f64], codes: &[u32], weights: &[f64]) -> Option<f64> {
    let weight = |class: u32, above: bool| -> f64 {
        (0..p.len()).filter(|&row| codes[row] == class && (p[row] > cut) == above).map(|row| weights[row]).sum()
    };
    let (tp, fp, fneg, tn) = (weight(1, true), weight(0, true), weight(1, false), weight(0, false));
    let (recall, precision) = (tp / (tp + fneg), (tp + fp > 0.0).then(|| tp / (tp + fp)));
    match criterion {
        Criterion::F1 => Some(2.0 * tp / (2.0 * tp + fp + fneg)),
        Criterion::Youden => Some(recall - fp / (fp + tn)),
        Criterion::Accuracy => Some((tp + tn) / (tp + fp + fneg + tn)),
        Criterion::Cost { false_positive, false_negative } => {
            Some(-(false_positive * fp + false_negative * fneg) / (tp + fp + fneg + tn))
        }
        Criterion::Recall(level) => precision.filter(|_| recall >= level),
        Criterion::Precision(level) => precision.filter(|value| *value >= level).map(|_| recall),
    }
}

proptest! {
    /// No cut of a fine grid is better, and the value is that of the cut.
    #[test]
    fn the_best_cut_is_the_best_of_all(
        rows in proptest::collection::vec((0_u32..=20, 0_u32..2, 1_u32..4), 4..40), which in 0_usize..6
    ) {
        let criterion = [
            Criterion::F1, Criterion::Youden, Criterion::Accuracy, Criterion::Recall(0.8), Criterion::Precision(0.5),
            Criterion::Cost { false_positive: 1.0, false_negative: 3.0 },
        ][which];
        let p: Vec<f64> = rows.iter().map(|row| f64::from(row.0) / 20.0).collect();
        let codes: Vec<u32> = rows.iter().map(|row| row.1).collect();
        let weights: Vec<f64> = rows.iter().map(|row| f64::from(row.2)).collect();
        prop_assume!(codes.contains(&0) && codes.contains(&1));
        let truth = Labels::weighted(Target::Classes { codes: codes.clone(), count: 2 }, weights.clone()).unwrap();
        let value = |cut: f64| value_by_definition(criterion, cut, &p, &codes, &weights);
        let grid = (0..=40).filter_map(|i| value(f64::from(i) / 40.0)).fold(None, |best: Option<f64>, value| {
            Some(best.map_or(value, |best| best.max(value)))
        });
        match best_cut(&two(&p), &truth, criterion) {
            Ok(cut) => {
                let sign = if matches!(criterion, Criterion::Cost { .. }) { -1.0 } else { 1.0 };
                prop_assert!((sign * cut.value - grid.unwrap()).abs() < 1e-12);
                prop_assert!((value(cut.threshold).unwrap() - grid.unwrap()).abs() < 1e-12);
            }
            Err(_) => prop_assert!(grid.is_none()),
        }
    }
}

#[test]
fn ties_between_cuts_go_to_the_smallest_change() {
    let cut = |p: &[f64], codes: &[u32], criterion| {
        best_cut(&two(p), &labels(codes.to_vec(), 2, false), criterion).unwrap().threshold
    };
    // Any cut from 0.2 to 0.9 is perfect, and so is 0.5.
    assert_eq!(cut(&[0.2, 0.9], &[0, 1], Criterion::Youden), 0.5);
    // Cuts from 0.4 to 0.7 and from 0.75 to 0.95 have both one error.
    assert_eq!(cut(&[0.4, 0.7, 0.75, 0.95], &[0, 1, 0, 1], Criterion::Accuracy), 0.5);
    assert!((cut(&[0.6, 0.7, 0.8, 0.9], &[0, 1, 0, 1], Criterion::Accuracy) - 0.65).abs() < 1e-12);
    // A false positive costs so much that nothing is positive.
    let dear = Criterion::Cost { false_positive: 9.0, false_negative: 1.0 };
    assert_eq!(cut(&[1.0, 1.0, 0.2], &[0, 1, 1], dear), 1.0);
}

#[test]
fn senseless_cuts_are_refused() {
    let truth = labels(vec![0, 1, 1], 2, false);
    let refused = |p: [f64; 3], criterion| best_cut(&two(&p), &truth, criterion).unwrap_err().code;
    assert_eq!(refused([0.9, 0.8, 0.7], Criterion::Precision(0.9)), code::BAD_VALUE);
    assert_eq!(refused([0.9, 0.8, 0.7], Criterion::Recall(1.5)), code::BAD_VALUE);
    let cost = Criterion::Cost { false_positive: -1.0, false_negative: 1.0 };
    assert_eq!(refused([0.9, 0.8, 0.7], cost), code::BAD_VALUE);
    let (outputs, truth) = ternary(false);
    let failure = best_cut(&outputs, &truth, Criterion::F1).unwrap_err();
    assert_eq!(failure.message, "a cut is on the probability of one of two classes, and there are 3");
}

/// Forty rows of three classes, and five new ones.
fn forty() -> (Outputs, Labels, Outputs) {
    let (mut values, mut codes) = (Vec::new(), Vec::new());
    for row in 0..40 {
        let (p, share) = (((row * 37 % 40) as f64 + 0.5) / 40.0, mixed(row, [7, 13, 61]));
        let probabilities = [p, (1.0 - p) * share, (1.0 - p) * (1.0 - share)];
        let at = mixed(row, [11, 3, 59]);
        codes.push(u32::from(at > probabilities[0]) + u32::from(at > probabilities[0] + probabilities[1]));
        values.extend(probabilities);
    }
    let new = vec![0.7, 0.2, 0.1, 0.4, 0.35, 0.25, 0.05, 0.15, 0.8, 0.98, 0.01, 0.01, 0.34, 0.33, 0.33];
    let new = Outputs::Probabilities { values: new, classes: 3 };
    (Outputs::Probabilities { values, classes: 3 }, labels(codes, 3, false), new)
}

/// `SplitConformalClassifier(conformity_score="lac")` of MAPIE 1.6.0. Its `aps` subtracts random numbers from the scores.
#[test]
fn least_ambiguous_sets_are_those_of_mapie() {
    let (outputs, truth, new) = forty();
    let (one, all): (&[u32], &[u32]) = (&[0], &[0, 1, 2]);
    let expected: [(f64, f64, [&[u32]; 5]); 2] =
        [(0.2, 0.79129098, [one, all, &[2], one, all]), (0.1, 0.84846311, [&[0, 1], all, &[2], one, all])];
    for (alpha, bound, sets) in expected {
        let fitted = ClassSets::fit(SetRule::Lac, &outputs, &truth, alpha, Key::new(0)).unwrap();
        assert_eq!(fitted.sets(&new, Key::new(1)).unwrap(), sets, "{alpha}");
        assert_close(&[fitted.bound()], &[bound], 1e-8);
    }
}

#[test]
fn adaptive_sets_of_a_hand_example() {
    // Of four rows, the sums above the true class are 0, 0.5, 0.6 and 0.9; α = 0.4 takes the third.
    let values = [[0.5, 0.3, 0.2], [0.5, 0.3, 0.2], [0.3, 0.6, 0.1], [0.6, 0.3, 0.1]].concat();
    let held = Outputs::Probabilities { values, classes: 3 };
    let sets = ClassSets::fit(SetRule::Aps, &held, &labels(vec![0, 1, 0, 2], 3, false), 0.4, Key::new(0)).unwrap();
    assert_eq!(sets.bound(), 0.6);
    let new = Outputs::Probabilities { values: vec![0.05, 0.15, 0.8, 0.25, 0.25, 0.5, 0.4, 0.3, 0.3], classes: 3 };
    assert_eq!(sets.sets(&new, Key::new(0)).unwrap(), [vec![2], vec![0, 2], vec![0, 1]]);
    assert!(sets.sets(&two(&[0.5]), Key::new(0)).is_err() && sets.validate().is_ok());
}

/// `CrossConformalRegressor(LinearRegression(), confidence_level=0.8, cv=KFold(5), method="plus")` of MAPIE 1.6.0 on
/// x = 0.3·i, y = 2x + sin(1.7·i)(1 + noise); the models of the folds are fitted here.
#[test]
fn cv_plus_intervals_are_those_of_mapie() {
    let x = |row: usize| row as f64 * 0.3;
    let y = |row: usize| 2.0 * x(row) + (row as f64 * 1.7).sin() * (1.0 + mixed(row, [7, 13, 61]));
    let new = [0.0, 5.0, 13.0];
    let (mut residuals, mut fold_of, mut predictions) = (Vec::new(), Vec::new(), Vec::new());
    for fold in 0..5_u32 {
        let is_held = |row: &usize| row / 8 == fold as usize;
        let rows: Vec<usize> = (0..40).filter(|row| !is_held(row)).collect();
        let mean = |of: &dyn Fn(usize) -> f64| rows.iter().map(|&row| of(row)).sum::<f64>() / rows.len() as f64;
        let (mean_x, mean_y) = (mean(&x), mean(&y));
        let slope = mean(&|row| (x(row) - mean_x) * (y(row) - mean_y)) / mean(&|row| (x(row) - mean_x).powi(2));
        let line = |at: f64| mean_y + slope * (at - mean_x);
        residuals.extend((0..40).filter(is_held).map(|row| (y(row) - line(x(row))).abs()));
        fold_of.extend([fold; 8]);
        predictions.push(new.iter().map(|at| line(*at)).collect::<Vec<f64>>());
    }
    let found = cv_plus(&residuals, &fold_of, &predictions, 0.2).unwrap();
    let ends: Vec<f64> = found.iter().flat_map(|interval| [interval.low, interval.high]).collect();
    let wanted = [
        -1.5695207657536672,
        1.5173881268460487,
        8.50741564338851,
        11.575816935129227,
        24.63960253794929,
        27.657023189836046,
    ];
    assert_close(&ends, &wanted, 1e-9);
}

#[test]
fn intervals_of_hand_examples() {
    // n = 4, α = 0.4: ⌊0.4·5⌋ = 2, so the second smallest of prediction - residual and the third of prediction + residual.
    let predictions: Vec<Vec<f64>> = [10.0, 11.0, 12.0, 13.0].iter().map(|prediction| vec![*prediction]).collect();
    let found = jackknife_plus(&[1.0, 2.0, 3.0, 4.0], &predictions, 0.4).unwrap();
    assert_eq!((found[0].low, found[0].high), (9.0, 15.0));
    let scores = quantile_scores(&[0.0, 0.0], &[2.0, 2.0], &[1.0, 5.0]).unwrap();
    assert_eq!(scores, [-1.0, 3.0]);
    assert!(quantile_scores(&[f64::NAN], &[2.0], &[1.0]).is_err() && widened(&[0.0], &[1.0], f64::INFINITY).is_err());
    let narrowed = widened(&[0.0, 0.0], &[2.0, 0.5], -0.5).unwrap();
    assert_eq!((narrowed[0].low, narrowed[0].high, narrowed[1].low, narrowed[1].high), (0.5, 1.5, 0.25, 0.25));
}

#[test]
fn too_few_rows_for_a_coverage_are_refused() {
    let rows = |count: usize, alpha: f64| bound(&vec![1.0; count], alpha).map_err(|failure| failure.message);
    assert!(rows(9, 0.1).is_ok() && rows(19, 0.05).is_ok() && rows(99, 0.01).is_ok() && rows(2, 1.0 / 3.0).is_ok());
    let message = "a coverage of 0.9 needs 9 held-out rows or more, and there are 8";
    assert_eq!(rows(8, 0.1).unwrap_err(), message);
    assert!(rows(18, 0.05).unwrap_err().contains("19 held-out rows"));
    assert!(rows(5, 0.0).is_err() && rows(5, 1.0).is_err() && bound(&[f64::NAN; 20], 0.1).is_err());
}

/// Mean coverages over 1,000 calibrations lie in [1 - α, 1 - α + 1 / (n + 1)], up to 4 standard errors.
#[test]
fn simulated_coverage_is_what_was_asked_for() {
    const N: usize = 39;
    const NEW: usize = 40;
    const ALPHA: f64 = 0.13;
    const ERROR: f64 = 0.008;
    let in_band =
        |coverage: f64| coverage > 1.0 - ALPHA - ERROR && coverage < 1.0 - ALPHA + 1.0 / (N as f64 + 1.0) + ERROR;
    let mut covered = [0_u32; 4];
    for split in 0..1000 {
        let key = Key::new(5).index(split);
        let numbers: Vec<f64> = (0..(N + NEW) as u64).map(|at| key.uniform(at).ln().abs()).collect();
        let radius = bound(&numbers[..N], ALPHA).unwrap();
        covered[0] += numbers[N..].iter().filter(|number| **number <= radius).count() as u32;
        let (mut values, mut codes) = (Vec::new(), Vec::new());
        for row in 0..(N + NEW) as u64 {
            let of_row = key.child("row").index(row);
            let parts = [0, 1, 2].map(|class| of_row.uniform(class).ln().abs().powi(2));
            let total: f64 = parts.iter().sum();
            let at = of_row.uniform(3) * total;
            codes.push(u32::from(at > parts[0]) + u32::from(at > parts[0] + parts[1]));
            values.extend(parts.map(|part| part / total));
        }
        let part = |rows: std::ops::Range<usize>| Outputs::Probabilities {
            values: values[3 * rows.start..3 * rows.end].to_vec(),
            classes: 3,
        };
        let truth = labels(codes[..N].to_vec(), 3, false);
        for (place, rule) in [SetRule::Lac, SetRule::ApsRandomised, SetRule::Aps].into_iter().enumerate() {
            let sets = ClassSets::fit(rule, &part(0..N), &truth, ALPHA, key.child("held")).unwrap();
            let sets = sets.sets(&part(N..N + NEW), key.child("new")).unwrap();
            covered[place + 1] += sets.iter().zip(&codes[N..]).filter(|(set, code)| set.contains(code)).count() as u32;
        }
    }
    let coverage = covered.map(|count| f64::from(count) / (1000 * NEW) as f64);
    assert!(coverage[..3].iter().all(|coverage| in_band(*coverage)), "{coverage:?}");
    assert!(coverage[3] > 1.0 - ALPHA - ERROR, "{coverage:?}");
}

/// `scipy.stats.ks_2samp` (`method="exact"`), and `scipy.special.kolmogorov` for many rows.
#[test]
fn kolmogorov_smirnov_agrees_with_scipy() {
    let numbers = |count: u32, of: &dyn Fn(f64) -> f64| (0..count).map(|k| of(f64::from(k))).collect::<Vec<f64>>();
    let test =
        |a: Vec<f64>, b: Vec<f64>| kolmogorov_smirnov(&a, &b).map(|test| [test.statistic, test.p_value]).unwrap();
    let found = test(numbers(23, &|k| (k * 17.0 % 23.0) / 3.0), numbers(31, &|k| (k * 5.0 % 31.0) / 5.0 + 0.41));
    assert_close(&found, &[0.14165497896213183, 0.9097021957729967], 1e-12);
    let found = test(numbers(12, &|k| k + 0.25), numbers(12, &|k| k * 1.9 + 0.5));
    assert_close(&found, &[0.5, 0.09954677170991616], 1e-12);
    let [statistic, p_value] = test(numbers(40, &|k| k), numbers(50, &|k| k + 33.3));
    assert!(statistic == 0.88 && (p_value / 1.6401660542522132e-18 - 1.0).abs() < 1e-9, "{p_value}");
    let found = test(numbers(3000, &|k| k), numbers(2000, &|k| k * 1.4 + 40.1));
    assert_close(&found, &[0.05366666666666667, 0.00199099754471385], 1e-12);
    assert_eq!(test(vec![1.0, 1.0], vec![1.0]), [0.0, 1.0]);
}

/// `scipy.stats.chi2_contingency(correction=False)`.
#[test]
fn chi_square_agrees_with_scipy() {
    let test = chi_square(&[30, 12, 0, 7, 5, 0], &[22, 25, 3, 1, 5, 0]).unwrap();
    assert_close(&[test.statistic, test.p_value], &[13.266358735108733, 0.010045053888155771], 1e-12);
    let same = chi_square(&[3, 0], &[5, 0]).unwrap();
    assert_eq!((same.statistic, same.p_value), (0.0, 1.0));
    assert!(chi_square(&[0, 0], &[1, 2]).is_err());
}

/// The formula in numpy 2.4.6; bins by `numpy.quantile`.
#[test]
fn stability_agrees_with_numpy() {
    let found = stability_of_levels(&[30, 12, 0, 7, 5], &[22, 25, 3, 1, 5]).unwrap();
    let a: Vec<f64> = (0..23_u32).map(|k| f64::from(k * 17 % 23) / 3.0).collect();
    let b: Vec<f64> = (0..31_u32).map(|k| f64::from(k * 5 % 31) / 5.0 + 0.41).collect();
    let of_numbers = stability_of_numbers(&a, &b, 4).unwrap();
    assert_close(&[found, of_numbers], &[0.47183275239698874, 0.0626198126081202], 1e-12);
    assert!(stability_of_numbers(&[1.0; 9], &[1.0; 4], 10).unwrap() < 0.05);
    assert!(stability_of_numbers(&a, &[], 4).is_err() && stability_of_numbers(&a, &b, 1).is_err());
    assert!(stability_of_numbers(&a, &[f64::NAN], 4).is_err());
}

#[test]
fn fits_are_diagnosed() {
    use crate::metric::Better::{Higher, Lower};
    assert_eq!(diagnose(0.95, 0.93, 0.6, Higher), Diagnosis::Good);
    assert_eq!(diagnose(0.99, 0.80, 0.6, Higher), Diagnosis::Over);
    assert_eq!(diagnose(0.62, 0.62, 0.6, Higher), Diagnosis::Under);
    assert_eq!(diagnose(0.1, 3.0, 2.0, Lower), Diagnosis::Over);
    assert_eq!(diagnose(2.5, 2.5, 2.0, Lower), Diagnosis::Under);
    assert_eq!(diagnose(0.0, 0.0, 0.0, Lower), Diagnosis::Good);
    assert_eq!(diagnose(f64::NAN, f64::NAN, 2.0, Lower), Diagnosis::Under);
}
