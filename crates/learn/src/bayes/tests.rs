//! Naive Bayes against scikit-learn, with missing values, and at the limits of numbers.

use super::*;
use crate::data::Categories;
use crate::data::{Sparse, Target};
use crate::threads::on_any_threads;
use std::sync::Arc;

fn names(count: usize) -> Arc<[String]> {
    (0..count).map(|index| format!("x{index}")).collect()
}

fn features(columns: &[Vec<f64>]) -> Features {
    Features::new(columns.first().map_or(0, Vec::len), names(columns.len()), columns.concat())
}

/// The same numbers as `grid` in the script that made the constants below.
fn grid(rows: usize, columns: usize, shift: usize) -> Vec<Vec<f64>> {
    let number =
        |row: usize, column: usize| (row * row * 37 * (column + 1) + row * 101 + column * column * 211 + 17) % 9973;
    let column = |column| (shift..shift + rows).map(|row| number(row, column) as f64 / 997.3).collect();
    (0..columns).map(column).collect()
}

fn target(columns: &[Vec<f64>]) -> Target {
    let class = |row: usize| u32::from(columns[0][row] + columns[1][row] > 10.0) + u32::from(columns[2][row] > 6.0);
    Target::Classes { codes: (0..columns[0].len()).map(class).collect(), count: 3 }
}

fn weights(rows: usize) -> Vec<f64> {
    (0..rows).map(|row| (1 + row % 3) as f64).collect()
}

/// Whole numbers, most of them 0.
fn whole(columns: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let whole = |number: &f64| if *number < 4.0 { 0.0 } else { number.floor() };
    columns.iter().map(|column| column.iter().map(whole).collect()).collect()
}

fn as_sparse(columns: &[Vec<f64>]) -> Features {
    let sparse = |column: &Vec<f64>| {
        let (positions, values): (Vec<u32>, Vec<f64>) =
            column.iter().zip(0..).filter(|(value, _)| **value != 0.0).map(|(value, row)| (row, *value)).unzip();
        Column::Sparse(Sparse::new(column.len(), positions.into(), values.into()))
    };
    Features::from_columns(columns[0].len(), names(columns.len()), columns.iter().map(sparse).collect())
}

fn as_categories(columns: &[Vec<f64>]) -> Features {
    let levels: Arc<[String]> = (0..11).map(|level| level.to_string()).collect();
    let column = |column: &Vec<f64>| {
        let codes: Vec<u32> = column.iter().map(|number| *number as u32).collect();
        Column::Categories(Categories::new(codes.into(), levels.clone()))
    };
    Features::from_columns(columns[0].len(), names(columns.len()), columns.iter().map(column).collect())
}

fn predict(learner: Bayes, train: &Dataset, queries: &Features) -> Vec<f64> {
    let model = learner.fit(train).unwrap();
    let loaded: BayesModel = serde_json::from_str(&serde_json::to_string(&model).unwrap()).unwrap();
    loaded.validate().unwrap();
    assert_eq!(loaded, model);
    loaded.predict(queries).unwrap().values().to_vec()
}

#[track_caller]
fn assert_close(found: &[f64], wanted: &[f64], tolerance: f64) {
    assert_eq!(found.len(), wanted.len());
    for (found, wanted) in found.iter().zip(wanted) {
        assert!((found - wanted).abs() <= tolerance, "{found} {wanted}");
    }
}

const GAUSSIAN: [f64; 15] = [
    0.9808636384168811,
    0.019136361583113812,
    5.45087542351569e-15,
    0.9424041971040492,
    0.05759166268561182,
    4.140210338154743e-06,
    3.5695148241711695e-05,
    0.3160298140708109,
    0.6839344907809473,
    0.022300291405635768,
    0.9776997085943643,
    6.57469213102989e-17,
    0.0044895462685900145,
    0.9949111909808926,
    0.0005992627505179383,
];
const GAUSSIAN_WEIGHTED: [f64; 15] = [
    0.9865782468535794,
    0.013421753146399418,
    2.1548719916724268e-14,
    0.9678061786142237,
    0.03218282194552871,
    1.0999440248332302e-05,
    3.939041134729737e-06,
    0.20494930337835368,
    0.7950467575805115,
    0.0047377768689081615,
    0.995262223131091,
    9.684117229259157e-17,
    0.002997009348969112,
    0.9964903108002285,
    0.0005126798508019705,
];
const GAUSSIAN_SMOOTH: [f64; 15] = [
    0.9045888908925045,
    0.09399723260209125,
    0.0014138765054042505,
    0.852947450876222,
    0.13753179876459903,
    0.009520750359179136,
    0.022172816590340393,
    0.5399739715100443,
    0.43785321189961546,
    0.16650031593908557,
    0.8238090393830634,
    0.009690644677851457,
    0.06397664832739416,
    0.7814353109950418,
    0.15458804067756327,
];
const MULTINOMIAL: [f64; 15] = [
    0.43333333333333335,
    0.44166666666666665,
    0.12499999999999997,
    0.7441703818810631,
    0.061602173031703386,
    0.194227445087233,
    0.015096989593701253,
    0.49979649142787624,
    0.4851065189784248,
    0.0010033810388643007,
    0.9938159160963839,
    0.005180702864753363,
    0.005195453884718522,
    0.9251654568294481,
    0.06963908928583461,
];
const BERNOULLI: [f64; 15] = [
    0.9718165971238469,
    0.028113065877970262,
    7.033699818268288e-05,
    0.8341507002166813,
    0.14746888428356297,
    0.018380415499755758,
    0.13152591117331763,
    0.5541686320370047,
    0.3143054567896775,
    0.05286530701860833,
    0.9253543548058876,
    0.021780338175504146,
    0.10445380532620537,
    0.8525115594465325,
    0.043034635227262114,
];
const COMPLEMENT: [f64; 15] = [
    0.3333333333333333,
    0.3333333333333333,
    0.3333333333333333,
    0.4388322009579711,
    0.08673617763091773,
    0.47443162141111034,
    0.1511812794615751,
    0.579793204523186,
    0.26902551601524116,
    0.018060402021849685,
    0.9628859335940809,
    0.01905366438407075,
    0.05155779094106337,
    0.8555214235684365,
    0.09292078549049886,
];
const CATEGORICAL: [f64; 15] = [
    0.9717511773617357,
    0.028200629523716138,
    4.819311454818297e-05,
    0.9739330274525817,
    0.02539084771531296,
    0.0006761248321053267,
    0.0014232628334844184,
    0.11497511677850035,
    0.8836016203880148,
    0.0014080420940526315,
    0.9969439893453638,
    0.0016479685605833463,
    0.1280741638186263,
    0.8454733104130708,
    0.02645252576830261,
];

/// `predict_proba` of scikit-learn 1.9.1's naive Bayes models, fitted to `grid(60, 4)` and asked for `grid(5, 4, 1000)`:
/// `GaussianNB()`, the same with `sample_weight` and with `var_smoothing=0.5`; `MultinomialNB`, `BernoulliNB`,
/// `ComplementNB` and `CategoricalNB` (levels numbered without gaps) with `alpha=0.5` and `sample_weight` on the numbers made whole.
#[test]
fn scikit_learn_agrees() {
    let (columns, queries) = (grid(60, 4, 0), grid(5, 4, 1000));
    let rows = Dataset::new(features(&columns), target(&columns));
    let asked = features(&queries);
    assert_close(&predict(Bayes::default(), &rows, &asked), &GAUSSIAN, 1e-12);
    assert_close(&predict(Bayes { var_smoothing: 0.5, ..Bayes::default() }, &rows, &asked), &GAUSSIAN_SMOOTH, 1e-12);
    // scikit-learn smooths by the variance without weights.
    let weighted = rows.with_weights(weights(60)).unwrap();
    assert_close(&predict(Bayes::default(), &weighted, &asked), &GAUSSIAN_WEIGHTED, 1e-8);
    let (counts, count_queries) = (whole(&columns), whole(&queries));
    let half = |likelihood| Bayes { alpha: 0.5, ..Bayes::new(likelihood) };
    for (likelihood, wanted) in [
        (Likelihood::Multinomial, MULTINOMIAL),
        (Likelihood::Bernoulli, BERNOULLI),
        (Likelihood::Complement, COMPLEMENT),
    ] {
        for form in [features, as_sparse] {
            let rows = Dataset::new(form(&counts), weighted.labels.clone());
            assert_close(&predict(half(likelihood), &rows, &form(&count_queries)), &wanted, 1e-12);
        }
    }
    let rows = Dataset::new(as_categories(&counts), weighted.labels.clone());
    assert_close(&predict(half(Likelihood::Mixed), &rows, &as_categories(&count_queries)), &CATEGORICAL, 1e-12);
}

#[test]
fn weights_are_repetitions_and_threads_change_nothing() {
    let columns = grid(300, 3, 0);
    let repeated: Vec<u32> = (0..300).flat_map(|row| std::iter::repeat_n(row, row as usize % 4)).collect();
    for likelihood in [Likelihood::Mixed, Likelihood::Multinomial, Likelihood::Bernoulli, Likelihood::Complement] {
        let rows = Dataset::new(features(&whole(&columns)), target(&columns));
        let twice = rows.take(&repeated);
        let weighted = rows.with_weights((0..300).map(|row| f64::from(row % 4)).collect()).unwrap();
        let asked = features(&whole(&grid(3000, 3, 300)));
        let found = on_any_threads(|| predict(Bayes::new(likelihood), &weighted, &asked));
        assert_close(&found, &predict(Bayes::new(likelihood), &twice, &asked), 1e-12);
    }
}

/// The product over the columns that are there.
#[test]
fn missing_and_unseen_values_are_left_out() {
    let columns = grid(60, 2, 0);
    let codes: Vec<u32> = (0..60).map(|row| row % 3).collect();
    let level = |row: u32| if row.is_multiple_of(7) { Categories::MISSING } else { (row / 4) % 2 };
    let levels: Arc<[String]> = ["a", "b", "never"].map(str::to_owned).into();
    let table = |first: Vec<f64>, second: Vec<f64>, codes: Vec<u32>| {
        let columns = vec![
            Column::Dense(first.into()),
            Column::Dense(second.into()),
            Column::Categories(Categories::new(codes.into(), levels.clone())),
        ];
        Features::from_columns(columns[0].rows(), names(3), columns)
    };
    let train = table(columns[0].clone(), columns[1].clone(), (0..60).map(level).collect());
    let train = Dataset::new(train, Target::Classes { codes, count: 3 });
    let model = Bayes::default().fit(&train).unwrap();
    let ask = |first: f64, second: f64, code: u32| {
        model.predict(&table(vec![first], vec![second], vec![code])).unwrap().values().to_vec()
    };
    let (nothing, missing) = (Categories::MISSING, f64::NAN);
    assert_close(&ask(missing, missing, nothing), &[1.0 / 3.0; 3], 1e-15);
    assert_eq!(ask(2.0, missing, 2), ask(2.0, missing, nothing));
    let product: Vec<f64> = [ask(2.0, missing, nothing), ask(missing, 3.0, nothing), ask(missing, missing, 1)]
        .iter()
        .fold(vec![1.0; 3], |product, part| product.iter().zip(part).map(|(a, b)| a * b).collect());
    let total: f64 = product.iter().sum();
    assert_close(&ask(2.0, 3.0, 1), &product.iter().map(|part| part / total).collect::<Vec<f64>>(), 1e-12);
    let changed = model.predict(&Features::from_rows(["a", "b", "c"], &[[1.0, 2.0, 3.0]]));
    assert_eq!(changed.unwrap_err().code, code::KIND_CHANGED);
}

#[test]
fn units_do_not_matter() {
    let (columns, queries) = (grid(60, 3, 0), grid(9, 3, 1000));
    let by = |columns: &[Vec<f64>], unit: f64| -> Vec<Vec<f64>> {
        columns.iter().map(|column| column.iter().map(|number| number * unit).collect()).collect()
    };
    let usual = predict(Bayes::default(), &Dataset::new(features(&columns), target(&columns)), &features(&queries));
    for unit in [2.0_f64.powi(-900), 2.0_f64.powi(500), 2.0_f64.powi(1000)] {
        let train = Dataset::new(features(&by(&columns, unit)), target(&columns));
        assert_close(&predict(Bayes::default(), &train, &features(&by(&queries, unit))), &usual, 1e-12);
    }
    // Far beyond all training rows, and a column next to which others have no variance.
    let far = features(&vec![vec![1e300, f64::MAX, -f64::MAX]; 3]);
    let mut uneven = columns.clone();
    uneven[1].iter_mut().for_each(|number| *number *= 1e300);
    for columns in [&columns, &uneven] {
        let found = predict(Bayes::default(), &Dataset::new(features(columns), target(columns)), &far);
        assert!(found.iter().all(|share| (0.0..=1.0).contains(share)), "{found:?}");
    }
    for likelihood in [Likelihood::Multinomial, Likelihood::Complement] {
        let train = Dataset::new(features(&columns), target(&columns));
        let found = predict(Bayes::new(likelihood), &train, &features(&vec![vec![1e300, f64::MAX]; 3]));
        assert!(found.iter().all(|share| (0.0..=1.0).contains(share)), "{found:?}");
    }
}

#[test]
fn odd_tables_are_answered() {
    let target = |codes: &[u32]| Target::Classes { codes: codes.to_vec(), count: 3 };
    let columns = [vec![f64::NAN; 4], vec![0.1; 4], vec![1.0, 2.0, f64::NAN, f64::NAN]];
    let found =
        predict(Bayes::default(), &Dataset::new(features(&columns), target(&[0, 0, 0, 2])), &features(&columns));
    assert_close(&found[9..], &[0.75, 0.0, 0.25], 1e-15);
    assert!(found.iter().all(|share| (0.0..=1.0).contains(share)));
    let one_class = Dataset::new(features(&columns), target(&[1; 4]));
    assert_eq!(predict(Bayes::default(), &one_class, &features(&[vec![1.0], vec![1.0], vec![1.0]])), [0.0, 1.0, 0.0]);
    let no_columns = Dataset::new(Features::new(2, names(0), Vec::new()), target(&[0, 1]));
    assert_eq!(predict(Bayes::default(), &no_columns, &no_columns.features)[..3], [0.5, 0.5, 0.0]);
    for likelihood in [Likelihood::Multinomial, Likelihood::Bernoulli, Likelihood::Complement] {
        let zeros = Dataset::new(features(&vec![vec![0.0; 3]; 5]), target(&[0, 1, 1]));
        let found = predict(Bayes::new(likelihood), &zeros, &zeros.features);
        assert!(found.iter().all(|share| (0.0..=1.0).contains(share)), "{found:?}");
    }
}

#[test]
fn unfit_data_and_hostile_files_are_refused() {
    let classes = |codes: &[u32]| Target::Classes { codes: codes.to_vec(), count: 2 };
    let refusal = |learner: Bayes, columns: &[Vec<f64>], target: Target| {
        learner.fit(&Dataset::new(features(columns), target)).unwrap_err().code
    };
    let good = [vec![1.0, 2.0, 2.0]];
    let usual = Bayes::default();
    assert_eq!(refusal(usual, &good, Target::Numbers(vec![1.0; 3])), code::WRONG_TASK);
    assert_eq!(refusal(usual, &[Vec::new()], classes(&[])), code::TOO_FEW_ROWS);
    assert_eq!(refusal(Bayes { alpha: 0.0, ..usual }, &good, classes(&[0, 1, 1])), code::BAD_VALUE);
    assert_eq!(refusal(Bayes { var_smoothing: f64::NAN, ..usual }, &good, classes(&[0, 1, 1])), code::BAD_VALUE);
    let unsmoothed = Bayes { var_smoothing: 0.0, ..usual };
    assert_eq!(refusal(unsmoothed, &good, classes(&[0, 1, 1])), code::VALUE_OUT_OF_RANGE);
    let multinomial = Bayes::new(Likelihood::Multinomial);
    assert_eq!(refusal(multinomial, &[vec![1.0, -1.0]], classes(&[0, 1])), code::VALUE_OUT_OF_RANGE);
    assert_eq!(refusal(multinomial, &[vec![1.0, f64::NAN]], classes(&[0, 1])), code::NON_FINITE);
    assert_eq!(refusal(multinomial, &vec![vec![f64::MAX; 4]; 2], classes(&[0, 1, 1, 1])), code::VALUE_OUT_OF_RANGE);
    let model = multinomial.fit(&Dataset::new(features(&good), classes(&[0, 1, 1]))).unwrap();
    assert_eq!(model.predict(&features(&[vec![-1.0]])).unwrap_err().code, code::VALUE_OUT_OF_RANGE);
    assert_eq!(model.predict(&features(&[vec![f64::NAN]])).unwrap_err().code, code::NON_FINITE);
    let model = usual.fit(&Dataset::new(features(&good), classes(&[0, 1, 1]))).unwrap();
    let saved = serde_json::to_value(&model).unwrap();
    for (path, bad) in [
        ("/shares", "[2.0]"),
        ("/shares", "[]"),
        ("/columns/mixed/0/gaussian/variances", "[0.0,1.0]"),
        ("/columns/mixed/0/gaussian/means", "[0.0]"),
    ] {
        let mut hostile = saved.clone();
        *hostile.pointer_mut(path).unwrap() = serde_json::from_str(bad).unwrap();
        assert!(serde_json::from_value::<BayesModel>(hostile).unwrap().validate().is_err(), "{path}");
    }
}
