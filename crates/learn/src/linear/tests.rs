//! Linear models on data whose answer is known, on data without a single answer, and on data that must be refused.

use super::*;
use crate::data::Sparse;
use crate::learner::{NoProgress, Progress};
use crate::threads::on_any_threads;
use crate::twofold::Twofold;
use pipewright_world::random::Key;
use proptest::prelude::*;
use std::sync::Mutex;

/// Collects warnings.
#[derive(Default)]
struct Notices(Mutex<Vec<Failure>>);

impl Progress for Notices {
    fn notice(&self, notice: Failure) {
        self.0.lock().unwrap().push(notice);
    }
}

pub(super) fn features(columns: &[Vec<f64>]) -> Features {
    let names: Vec<String> = (0..columns.len()).map(|index| format!("x{index}")).collect();
    Features::new(columns.first().map_or(0, Vec::len), names.into(), columns.concat())
}

pub(super) fn numbers(columns: &[Vec<f64>], target: &[f64]) -> Dataset {
    Dataset::new(features(columns), Target::Numbers(target.to_vec()))
}

pub(super) fn classes(columns: &[Vec<f64>], codes: &[u32], count: usize) -> Dataset {
    Dataset::new(features(columns), Target::Classes { codes: codes.to_vec(), count })
}

pub(super) fn fit<L: Learner>(learner: &L, train: &Dataset) -> (L::Model, Vec<Failure>) {
    let notices = Notices::default();
    let model = learner.fit_with(train, &Fit::new().seed(0).progress(&notices)).unwrap();
    (model, notices.0.into_inner().unwrap())
}

pub(super) fn refusal<L: Learner>(learner: &L, train: &Dataset) -> pipewright_diagnostic::Code {
    learner.fit(train).err().unwrap().code
}

/// Numbers that look random and are the same everywhere.
pub(super) fn noise(rows: usize, stream: u64) -> Vec<f64> {
    (0..rows).map(|row| Key::new(7).index(stream).uniform(row as u64) * 2.0 - 1.0).collect()
}

pub(super) fn assert_close(found: &[f64], wanted: &[f64], tolerance: f64) {
    let size = wanted.iter().fold(0.0, |most: f64, value| most.max(value.abs()));
    for (found, wanted) in found.iter().zip(wanted) {
        assert!((found - wanted).abs() <= tolerance * size, "{found} {wanted}");
    }
}

#[test]
fn a_plane_is_found_exactly() {
    let columns = [vec![1.0, 2.0, 3.0, 5.0], vec![0.0, 1.0, 0.0, 2.0]];
    let target: Vec<f64> = (0..4).map(|row| 3.0 - 2.0 * columns[0][row] + 0.5 * columns[1][row]).collect();
    let (model, notices) = fit(&Linear::default(), &numbers(&columns, &target));
    assert_eq!((model.coefficients(), model.intercept()), (&[-2.0, 0.5][..], 3.0));
    assert!(notices.is_empty());
    assert_eq!(model.predict(&features(&columns)).unwrap(), Outputs::Numbers(target));
}

#[test]
fn without_columns_the_mean_is_predicted() {
    let train = Dataset::new(Features::new(3, Vec::new().into(), Vec::new()), Target::Numbers(vec![1.0, 2.0, 6.0]));
    assert_eq!(fit(&Linear::default(), &train).0.intercept(), 3.0);
    assert_eq!(fit(&Ridge::default(), &train).0.intercept(), 3.0);
}

/// The shortest coefficients of y = x0 + x1 with x1 = 2·x0 are along (1, 2), whatever the units of the rest.
#[test]
fn repeated_columns_share_and_are_named() {
    let first = noise(20, 1);
    let columns = [first.clone(), first.iter().map(|x| 2.0 * x).collect(), noise(20, 2), vec![0.1; 20]];
    let target: Vec<f64> = (0..20).map(|row| 5.0 * columns[0][row] + 7.0 * columns[2][row] + 1.0).collect();
    let (model, notices) = fit(&Linear::default(), &numbers(&columns, &target));
    assert_close(model.coefficients(), &[1.0, 2.0, 7.0, 0.0], 1e-14);
    assert_eq!(model.coefficients()[3], 0.0);
    assert_close(&[model.intercept()], &[1.0], 1e-14);
    assert_eq!(notices.len(), 1);
    assert_eq!(notices[0].code, code::SINGULAR_WARNING);
    assert!(notices[0].message.contains("`x3`"), "{}", notices[0].message);
}

/// With more columns than rows the rows are met exactly, and the coefficients are combinations of the centred rows:
/// orthogonal to everything that the rows do not see.
#[test]
fn fewer_rows_than_columns_give_the_shortest_coefficients() {
    let columns: Vec<Vec<f64>> = (0..9).map(|stream| noise(4, stream)).collect();
    let target = noise(4, 100);
    let (model, notices) = fit(&Linear::default(), &numbers(&columns, &target));
    let Outputs::Numbers(predicted) = model.predict(&features(&columns)).unwrap() else { unreachable!("numbers") };
    assert_close(&predicted, &target, 1e-13);
    assert_eq!(notices[0].message, "4 rows do not determine the coefficients of 9 columns");
    let (ridge, _) = fit(&Ridge { l2: 1e-10, ..Ridge::default() }, &numbers(&columns, &target));
    assert_close(ridge.coefficients(), model.coefficients(), 1e-8);
}

#[test]
fn extreme_units_do_not_matter() {
    let (a, b) = (noise(30, 1), noise(30, 2));
    let target: Vec<f64> = a.iter().zip(&b).map(|(a, b)| 2.0 * a - b).collect();
    let columns = [a.iter().map(|x| x * 1e150).collect(), b.iter().map(|x| x * 1e-150).collect()];
    let (model, notices) = fit(&Linear::default(), &numbers(&columns, &target));
    assert!(notices.is_empty());
    assert!((model.coefficients()[0] / 2e-150 - 1.0).abs() < 1e-14);
    assert!((model.coefficients()[1] / -1e150 - 1.0).abs() < 1e-14);
}

#[test]
fn ridge_without_penalty_is_linear() {
    let train = numbers(&[noise(30, 1), noise(30, 2)], &noise(30, 3));
    assert_eq!(fit(&Ridge { l2: 0.0, ..Ridge::default() }, &train).0, fit(&Linear::default(), &train).0);
}

#[test]
fn unfit_data_is_refused() {
    let good = numbers(&[vec![1.0, 2.0]], &[1.0, 2.0]);
    let empty = Dataset::new(Features::new(0, vec!["x".to_owned()].into(), Vec::new()), Target::Numbers(Vec::new()));
    assert_eq!(refusal(&Linear::default(), &empty), code::TOO_FEW_ROWS);
    assert_eq!(refusal(&Linear::default(), &numbers(&[vec![1.0, f64::NAN]], &[1.0, 2.0])), code::NON_FINITE);
    assert_eq!(refusal(&Linear::default(), &numbers(&[vec![1.0, 2.0]], &[1.0, f64::INFINITY])), code::NON_FINITE);
    assert_eq!(refusal(&Linear::default(), &classes(&[vec![1.0, 2.0]], &[0, 1], 2)), code::WRONG_TASK);
    assert_eq!(refusal(&Logistic::default(), &good), code::WRONG_TASK);
    assert_eq!(refusal(&Logistic::default(), &classes(&[vec![1.0, 2.0]], &[1, 1], 2)), code::ONE_CLASS);
    for l2 in [-1.0, f64::NAN, f64::INFINITY] {
        assert_eq!(refusal(&Ridge { l2, ..Ridge::default() }, &good), code::BAD_VALUE);
    }
    let tiny = [vec![0.0, 1e-300, 2e-300]];
    assert_eq!(refusal(&Linear::default(), &numbers(&tiny, &[0.0, 1e300, 2e300])), code::VALUE_OUT_OF_RANGE);
}

/// Shares of a class alone determine the intercept: the log-odds.
#[test]
fn logistic_without_signal_answers_with_the_shares() {
    let columns = [vec![1.0, -1.0, 1.0, -1.0, 1.0, -1.0, 1.0, -1.0]];
    let (model, _) = fit(&Logistic::default(), &classes(&columns, &[0, 0, 0, 0, 0, 0, 1, 1], 2));
    assert!(model.coefficients()[0][0].abs() < 1e-12);
    assert_close(model.intercepts(), &[(0.25_f64 / 0.75).ln()], 1e-12);
}

/// At the minimum the gradient vanishes: Σ (p - y)·x + l2·w = 0, for every class.
#[test]
fn logistic_is_converged() {
    for (count, l2) in [(2, 1.0), (2, 0.0), (3, 1.0), (4, 0.01)] {
        let columns: Vec<Vec<f64>> =
            (0..3).map(|stream| noise(300, stream).iter().map(|x| x * 50.0 + 9.0).collect()).collect();
        let codes: Vec<u32> = noise(300, 77)
            .iter()
            .enumerate()
            .map(|(row, x)| ((x + 1.0 + columns[0][row] / 200.0).abs() * 0.45 * f64::from(count)) as u32 % count)
            .collect();
        let train = classes(&columns, &codes, count as usize);
        let (model, notices) = fit(&Logistic { l2, ..Logistic::default() }, &train);
        assert!(notices.is_empty(), "{notices:?}");
        let Outputs::Probabilities { values, classes } = model.predict(&train.features).unwrap() else {
            unreachable!("classes")
        };
        for (function, weights) in model.coefficients().iter().enumerate() {
            let class = if count == 2 { 1 } else { function };
            let errors: Vec<f64> = (0..300)
                .map(|row| values[row * classes + class] - f64::from(u8::from(codes[row] as usize == class)))
                .collect();
            assert!(Twofold::sum(errors.iter().copied()).abs() < 1e-10);
            for (column, weight) in columns.iter().zip(weights) {
                let slope = Twofold::sum(column.iter().zip(&errors).map(|(x, error)| x * error)) + l2 * weight;
                assert!(slope.abs() < 1e-10 * 300.0 * 50.0, "{slope}");
            }
        }
    }
}

#[test]
fn separable_classes_without_penalty_stop_with_a_warning() {
    for columns in [[vec![-2.0, -1.0, 1.0, 2.0]], [vec![-2.0, 0.0, 0.0, 2.0]]] {
        let train = classes(&columns, &[0, 0, 1, 1], 2);
        let (model, notices) = fit(&Logistic { l2: 0.0, ..Logistic::default() }, &train);
        assert_eq!(notices.iter().map(|notice| notice.code).collect::<Vec<_>>(), [code::NOT_FULLY_CONVERGED]);
        assert!(model.coefficients()[0][0] > 1.0 && model.validate().is_ok());
        assert!(fit(&Logistic::default(), &train).1.is_empty());
    }
}

#[test]
fn repeated_columns_of_unpenalised_classes_are_named() {
    let first = noise(50, 1);
    let codes: Vec<u32> = first.iter().zip(noise(50, 2)).map(|(x, e)| u32::from(x + 2.0 * e > 0.0)).collect();
    let (model, notices) =
        fit(&Logistic { l2: 0.0, ..Logistic::default() }, &classes(&[first.clone(), first.clone()], &codes, 2));
    let (single, _) = fit(&Logistic { l2: 0.0, ..Logistic::default() }, &classes(&[first], &codes, 2));
    assert_eq!(notices.iter().map(|notice| notice.code).collect::<Vec<_>>(), [code::SINGULAR_WARNING]);
    let sum: f64 = model.coefficients()[0].iter().sum();
    assert_close(&[sum], &[single.coefficients()[0][0]], 1e-9);
}

#[test]
fn a_class_without_rows_has_probability_0() {
    let columns = [noise(30, 1)];
    let codes: Vec<u32> = columns[0].iter().map(|x| if *x > 0.1 { 3 } else { 1 }).collect();
    let (model, _) = fit(&Logistic::default(), &classes(&columns, &codes, 4));
    let Outputs::Probabilities { values, classes: 4 } = model.predict(&features(&columns)).unwrap() else {
        unreachable!("four")
    };
    for row in values.chunks(4) {
        assert!(row[0] == 0.0 && row[2] == 0.0 && (row[1] + row[3] - 1.0).abs() < 1e-15);
    }
}

/// The conjugate gradients find what the Cholesky steps find.
#[test]
fn many_parameters_take_the_other_road_to_the_same_place() {
    let columns: Vec<Vec<f64>> = (0..5).map(|stream| noise(200, stream)).collect();
    let codes: Vec<u32> = noise(200, 9).iter().zip(&columns[1]).map(|(e, x)| ((e + x + 2.0) * 0.74) as u32).collect();
    let labels = softmax::Labelled { codes: &codes, classes: 3, weights: None, intercept: true, balanced: true };
    let softmax = softmax::Softmax::new(&features(&columns), false, &labels, &[0.3; 5]);
    let run = |dense_size| {
        let limits = newton::Limits { iterations: 100, floor: f64::NEG_INFINITY, dense_size };
        let start = vec![0.0; newton::Objective::size(&softmax)];
        newton::minimise(&softmax, start, &[], &limits, &NoProgress).unwrap()
    };
    let (direct, iterated) = (run(2000), run(0));
    assert_eq!((direct.end, iterated.end), (newton::End::Converged, newton::End::Converged));
    assert_close(&iterated.at, &direct.at, 1e-9);
}

#[test]
fn a_cancelled_fit_stops() {
    struct Stop;
    impl Progress for Stop {
        fn cancelled(&self) -> bool {
            true
        }
    }
    let train = classes(&[vec![1.0, 2.0]], &[0, 1], 2);
    assert_eq!(
        Logistic::default().fit_with(&train, &Fit::new().seed(0).progress(&Stop)).unwrap_err().code,
        code::CANCELLED
    );
}

#[test]
fn any_number_of_threads_gives_the_same_model() {
    let columns: Vec<Vec<f64>> = (0..6).map(|stream| noise(5000, stream)).collect();
    let codes: Vec<u32> = noise(5000, 9).iter().zip(&columns[1]).map(|(e, x)| ((e + x + 2.0) * 0.74) as u32).collect();
    on_any_threads(|| {
        let logistic = fit(&Logistic::default(), &classes(&columns, &codes, 3)).0;
        (logistic, fit(&Linear::default(), &numbers(&columns, &noise(5000, 50))).0)
    });
}

#[test]
fn models_survive_a_file_and_hostile_ones_do_not() {
    let (linear, _) = fit(&Linear::default(), &numbers(&[noise(9, 1)], &noise(9, 2)));
    assert_eq!(serde_json::from_str::<LinearModel>(&serde_json::to_string(&linear).unwrap()).unwrap(), linear);
    let (logistic, _) = fit(&Logistic::default(), &classes(&[noise(9, 1)], &[0, 1, 2, 0, 1, 2, 0, 1, 2], 3));
    let text = serde_json::to_string(&logistic).unwrap();
    assert_eq!(serde_json::from_str::<LogisticModel>(&text).unwrap(), logistic);
    let hostile = [
        text.replace("\"inputs\":1", "\"inputs\":2"),
        text.replace("[true,true,true]", "[true,true,false]"),
        text.replace("[true,true,true]", "[true,false,false]"),
        text.replace("[true,true,true]", "[]"),
        text.replace("\"intercepts\":[", "\"intercepts\":[1.0,"),
    ];
    for text in hostile {
        assert_eq!(
            serde_json::from_str::<LogisticModel>(&text).unwrap().validate().unwrap_err().code,
            code::BAD_BUNDLE
        );
    }
    assert!(serde_json::from_str::<LinearModel>(r#"{"coefficients":[],"intercept":0.0,"code":"x"}"#).is_err());
    assert!(LinearModel::new(vec![f64::NAN], 0.0).validate().is_err());
}

/// A sparse column per level and a dense one, and numbers to be explained.
fn one_hot(rows: usize, levels: usize) -> (Features, Vec<f64>) {
    let level = |row: usize| Key::new(5).below(row as u64, levels as u64) as usize;
    let sparse = |wanted: usize| {
        let positions: Vec<u32> = (0..rows).filter(|&row| level(row) == wanted).map(|row| row as u32).collect();
        let ones = vec![1.0; positions.len()];
        Column::Sparse(Sparse::new(rows, positions.into(), ones.into()))
    };
    let slope = noise(rows, 60);
    let mut columns: Vec<Column> = (0..levels).map(sparse).collect();
    columns.push(Column::Dense(slope.clone().into()));
    let target = noise(rows, 61).into_iter().zip(&slope).enumerate();
    let target = target.map(|(row, (noise, slope))| level(row) as f64 + 2.0 * slope + noise).collect();
    let names: Vec<String> = (0..=levels).map(|index| format!("x{index}")).collect();
    (Features::from_columns(rows, names.into(), columns), target)
}

/// Also without a penalty, where one-hot columns and the intercept overlap and the shortest solution is wanted.
#[test]
fn iterations_find_what_decomposing_finds() {
    let (features, target) = one_hot(300, 20);
    let weights: Vec<f64> = (0..300).map(|row| 0.5 + f64::from(row % 4)).collect();
    for weights in [None, Some(weights.as_slice())] {
        for l2 in [0.0, 1e-3, 1.0, 100.0] {
            let (found, converged) = Iterative::new(&features, &target, weights, l2, true).solve();
            let wanted =
                LeastSquares { columns: columns_of(&features), target: &target, weights, l2, intercept: true }.solve();
            assert!(converged, "{l2}");
            assert_close(&found.coefficients, &wanted.coefficients, 1e-12);
            assert_close(&[found.intercept], &[wanted.intercept], 1e-12);
        }
    }
}

/// Columns that share a part, with a condition number of about 2,000, away from 0 and in several units.
fn many_rows() -> (Vec<Vec<f64>>, Vec<f64>, Vec<f64>) {
    const ROWS: usize = 20_000;
    let shared = noise(ROWS, 90);
    let column = |index: u64| {
        let unit = 10.0_f64.powi(index as i32 - 3);
        let own = noise(ROWS, 70 + index);
        own.iter().zip(&shared).map(|(own, shared)| unit * (0.3 * own + shared + 1.0)).collect()
    };
    let columns: Vec<Vec<f64>> = (0..6).map(column).collect();
    let target = noise(ROWS, 91).iter().zip(&columns[3]).map(|(noise, x)| noise + 2.0 * x).collect();
    (columns, target, noise(ROWS, 92).iter().map(|x| 1.0 + x * x).collect())
}

#[test]
fn normal_equations_find_what_decomposing_finds() {
    let (columns, target, weights) = many_rows();
    for weights in [None, Some(weights.as_slice())] {
        for (l2, intercept) in [(0.0, true), (0.0, false), (1.0, true), (100.0, false)] {
            let columns = columns.iter().map(Vec::as_slice).collect();
            let problem = LeastSquares { columns, target: &target, weights, l2, intercept };
            let (found, wanted) = (normal::solve(&problem).expect("a sound problem"), problem.solve_tall());
            for (found, wanted) in found.coefficients.iter().zip(&wanted.coefficients) {
                assert!((found / wanted - 1.0).abs() < 1e-11, "{found} {wanted}");
            }
            assert!((found.intercept - wanted.intercept).abs() < 1e-12);
            assert_eq!(found.errors.is_some(), wanted.errors.is_some());
            let Some((found, wanted)) = found.errors.zip(wanted.errors) else { continue };
            let all = |errors: &StandardErrors| -> Vec<f64> {
                errors.weights().iter().copied().chain(errors.intercept()).chain(errors.freedom()).collect()
            };
            for (found, wanted) in all(&found).into_iter().zip(all(&wanted)) {
                assert!((found / wanted - 1.0).abs() < 1e-9, "{found} {wanted}");
            }
        }
    }
}

#[test]
fn normal_equations_leave_problems_that_lose_digits() {
    let (mut columns, target, _) = many_rows();
    let solves = |columns: &[Vec<f64>], target: &[f64]| {
        let columns = columns.iter().map(Vec::as_slice).collect();
        normal::solve(&LeastSquares { columns, target, weights: None, l2: 0.0, intercept: true }).is_some()
    };
    assert!(solves(&columns, &target));
    let exact: Vec<f64> = columns[0].iter().zip(&columns[1]).map(|(a, b)| a - b).collect();
    assert!(!solves(&columns, &exact));
    assert!(!solves(&columns[..3], &target), "few numbers");
    columns[2] = columns[1].iter().zip(&target).map(|(x, y)| x + 1e-6 * y).collect();
    assert!(!solves(&columns, &target), "close to dependent");
    columns[2] = columns[1].iter().map(|x| x * 1e200).collect();
    assert!(!solves(&columns, &target), "squares overflow");
}

#[test]
fn any_number_of_threads_solves_to_the_same_bits() {
    let (columns, target, _) = many_rows();
    on_any_threads(|| fit(&Ridge::default(), &numbers(&columns, &target)).0);
}

#[test]
fn any_number_of_threads_iterates_to_the_same_bits() {
    let (features, target) = one_hot(9000, 30);
    on_any_threads(|| {
        let (solution, _) = Iterative::new(&features, &target, None, 0.1, true).solve();
        (solution.coefficients, solution.intercept.to_bits())
    });
}

proptest! {
    /// Normal equations: at the minimum, residuals are orthogonal to the columns up to the penalty, and sum to 0.
    #[test]
    fn ridge_solves_its_equations(
        rows in 2_usize..30, count in 1_usize..12, seed in 0_u64..1000, penalty in 0_u32..4
    ) {
        let l2 = [0.0, 1e-3, 1.0, 100.0][penalty as usize];
        let columns: Vec<Vec<f64>> = (0..count).map(|c| noise(rows, seed * 50 + c as u64).iter().map(|x| x + c as f64).collect()).collect();
        let target = noise(rows, seed * 50 + 49);
        let (model, _) = fit(&Ridge { l2, ..Ridge::default() }, &numbers(&columns, &target));
        let Outputs::Numbers(predicted) = model.predict(&features(&columns)).unwrap() else { unreachable!("numbers") };
        let residuals: Vec<f64> = target.iter().zip(&predicted).map(|(y, p)| y - p).collect();
        let size = 1.0 + model.coefficients().iter().fold(0.0, |most: f64, w| most.max(w.abs()));
        prop_assert!(residuals.iter().sum::<f64>().abs() < 1e-12 * size * (rows * count * 12) as f64);
        for (column, weight) in columns.iter().zip(model.coefficients()) {
            let slope: f64 = column.iter().zip(&residuals).map(|(x, r)| x * r).sum::<f64>() - l2 * weight;
            prop_assert!(slope.abs() < 1e-12 * size * (rows * count * 12) as f64, "{slope}");
        }
    }
}
