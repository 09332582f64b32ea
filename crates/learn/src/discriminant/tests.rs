//! Discriminants against scikit-learn, on columns that repeat each other, and at the limits of numbers.

use super::*;
use crate::data::{Outputs, Target};
use crate::learner::{Learner, Model};
use crate::threads::on_any_threads;

fn features(columns: &[Vec<f64>]) -> Features {
    let names: Vec<String> = (0..columns.len()).map(|index| format!("x{index}")).collect();
    Features::new(columns.first().map_or(0, Vec::len), names.into(), columns.concat())
}

/// The same numbers as `grid` in the script that made the constants below.
fn grid(rows: usize, columns: usize, shift: usize) -> Vec<Vec<f64>> {
    let number =
        |row: usize, column: usize| (row * row * 37 * (column + 1) + row * 101 + column * column * 211 + 17) % 9973;
    let column = |column| (shift..shift + rows).map(|row| number(row, column) as f64 / 997.3).collect();
    (0..columns).map(column).collect()
}

fn classes(columns: &[Vec<f64>], most: u32) -> Target {
    let class = |row: usize| u32::from(columns[0][row] + columns[1][row] > 10.0) + u32::from(columns[2][row] > 6.0);
    Target::Classes { codes: (0..columns[0].len()).map(|row| class(row).min(most)).collect(), count: 1 + most as usize }
}

fn rows(columns: &[Vec<f64>]) -> Dataset {
    Dataset::new(features(columns), classes(columns, 2))
}

fn predict<L: Learner>(learner: &L, train: &Dataset, queries: &Features) -> Vec<f64> {
    let model = learner.fit(train).unwrap();
    let loaded: L::Model = serde_json::from_str(&serde_json::to_string(&model).unwrap()).unwrap();
    loaded.validate().unwrap();
    let Outputs::Probabilities { values, classes } = loaded.predict(queries).unwrap() else { unreachable!("classes") };
    for shares in values.chunks_exact(classes) {
        assert!((shares.iter().sum::<f64>() - 1.0).abs() < 1e-12, "{shares:?}");
    }
    values
}

#[track_caller]
fn assert_close(found: &[f64], wanted: &[f64], tolerance: f64) {
    assert_eq!(found.len(), wanted.len());
    for (found, wanted) in found.iter().zip(wanted) {
        assert!((found - wanted).abs() <= tolerance, "{found} {wanted}");
    }
}

fn shrunk(shrinkage: Shrinkage) -> Lda {
    Lda { shrinkage, ..Lda::default() }
}

fn given() -> Priors {
    Priors::Given(vec![2.0, 3.0, 5.0])
}

const LDA: [f64; 15] = [
    0.9968883787554594,
    0.003109210449180453,
    2.4107953600943734e-06,
    0.9474349172454091,
    0.051783816476380466,
    0.000781266278210392,
    0.0006869993298884789,
    0.5264457741843104,
    0.47286722648580126,
    0.026086838074506048,
    0.9682751525047156,
    0.005638009420778276,
    0.0003205377526950742,
    0.7855927172024066,
    0.21408674504489833,
];
const LDA_PRIORS: [f64; 15] = [
    0.9954928506146237,
    0.004484794766205306,
    2.23546191711373e-05,
    0.9202968550601903,
    0.0726563286856679,
    0.0070468162541416435,
    0.00013334566094885675,
    0.14759684075974486,
    0.8522698135793064,
    0.01766133253470812,
    0.9468946339074149,
    0.03544403355787682,
    0.00010263731153586553,
    0.36334933651418716,
    0.636548026174277,
];
const LDA_SHRUNK: [f64; 15] = [
    0.991385994612539,
    0.00859285830229413,
    2.1147085166758966e-05,
    0.9438269165313325,
    0.05464578431700625,
    0.0015272991516611567,
    0.0026525935794901347,
    0.5441350949235066,
    0.4532123114970033,
    0.040037404883219774,
    0.9521783117631696,
    0.007784283353610741,
    0.001717637402619072,
    0.8328032002885776,
    0.1654791623088035,
];
const LDA_AUTO: [f64; 15] = [
    0.9895255656941487,
    0.010445310216361125,
    2.9124089490057662e-05,
    0.955070290155773,
    0.0435744376317148,
    0.0013552722125122919,
    0.001855566900620615,
    0.5066529317152327,
    0.49149150138414666,
    0.03789207377773367,
    0.9550793619558264,
    0.007028564266439794,
    0.002591941901111292,
    0.8481317490073824,
    0.1492763090915064,
];
const LDA_TWO: [f64; 10] = [
    0.9965771539711961,
    0.0034228460288038922,
    0.9537471804426426,
    0.04625281955735737,
    0.001976246600479903,
    0.9980237533995201,
    0.027551086361206067,
    0.9724489136387939,
    0.0005673308931352095,
    0.9994326691068648,
];
const LDA_DEPENDENT: [f64; 15] = [
    0.9968883787554594,
    0.003109210449180445,
    2.410795360094361e-06,
    0.9474349172454094,
    0.05178381647638023,
    0.0007812662782103841,
    0.0006869993298884704,
    0.526445774184307,
    0.47286722648580454,
    0.026086838074505955,
    0.9682751525047156,
    0.005638009420778276,
    0.0003205377526950745,
    0.785592717202408,
    0.21408674504489697,
];
const LDA_WIDE: [f64; 15] = [
    0.8685736048268622,
    0.03323501800467839,
    0.0981913771684595,
    0.5824674204664397,
    0.04401259417870796,
    0.3735199853548523,
    1.825035908875521e-07,
    0.9999998174854561,
    1.0953085412924384e-11,
    0.8035171781798996,
    0.0019050431604110537,
    0.19457777865968942,
    0.0001689989504578413,
    3.0980332193119817e-16,
    0.9998310010495418,
];
const LDA_WIDE_AUTO: [f64; 15] = [
    0.10289518152376183,
    0.018963447427182867,
    0.8781413710490553,
    0.16565421286682652,
    0.05185287884756486,
    0.7824929082856086,
    0.011466675972018565,
    0.9885331253958044,
    1.98632177091815e-07,
    0.5480903982536603,
    0.4519096017369379,
    9.401860842808325e-12,
    0.001107818984829172,
    2.597511603205944e-07,
    0.9988919212640105,
];
const QDA: [f64; 15] = [
    0.9999996688718852,
    3.311281147660287e-07,
    1.6183591544847835e-35,
    0.9968156948196003,
    0.0031843051803996923,
    7.039454677509266e-17,
    0.0001635645314809549,
    0.2872242238801663,
    0.7126122115883528,
    0.00016963901780447577,
    0.9998303609821955,
    1.2083249709225108e-32,
    0.0006912920169769426,
    0.9993087033445027,
    4.6385203783986154e-09,
];
const QDA_REG: [f64; 15] = [
    0.9999998307141897,
    1.6928581027540027e-07,
    8.948030502386406e-21,
    0.9980938018241662,
    0.001906197690075119,
    4.857587974908775e-10,
    2.9803672126385798e-06,
    0.0381651316768416,
    0.9618318879559457,
    5.2645357148265364e-05,
    0.9999473546428517,
    3.8502809634208714e-17,
    8.912138095753955e-05,
    0.9996067687490954,
    0.00030410986994710773,
];

/// `predict_proba` of scikit-learn 1.9.1, fitted to `grid(60, 4)` and asked for `grid(5, 4, 1000)`:
/// `LinearDiscriminantAnalysis()`, with `priors=[.2, .3, .5]`, with `solver="lsqr"` and `shrinkage` of .3 and "auto", with
/// two classes; `QuadraticDiscriminantAnalysis()` and the same with `reg_param=.3` and these priors.
#[test]
fn scikit_learn_agrees() {
    let (columns, asked) = (grid(60, 4, 0), features(&grid(5, 4, 1000)));
    let train = rows(&columns);
    assert_close(&predict(&Lda::default(), &train, &asked), &LDA, 1e-11);
    assert_close(&predict(&Lda { priors: given(), ..Lda::default() }, &train, &asked), &LDA_PRIORS, 1e-11);
    assert_close(&predict(&shrunk(Shrinkage::Share(0.3)), &train, &asked), &LDA_SHRUNK, 1e-11);
    assert_close(&predict(&shrunk(Shrinkage::Auto), &train, &asked), &LDA_AUTO, 1e-11);
    let two = Dataset::new(features(&columns), classes(&columns, 1));
    assert_close(&predict(&Lda::default(), &two, &asked), &LDA_TWO, 1e-11);
    assert_close(&predict(&Qda::default(), &train, &asked), &QDA, 1e-11);
    assert_close(&predict(&Qda { reg: 0.3, priors: given() }, &train, &asked), &QDA_REG, 1e-11);
}

/// As above, with columns that repeat another and a constant, and with 20 columns of 12 rows.
#[test]
fn scikit_learn_agrees_without_full_rank() {
    let dependent = |rows, shift| {
        let mut columns = grid(rows, 4, shift);
        columns.push(columns[0].iter().map(|number| number * 2.0 + 1.0).collect());
        columns.push(vec![1.0; rows]);
        columns
    };
    let (columns, asked) = (dependent(60, 0), features(&dependent(5, 1000)));
    assert_close(&predict(&Lda::default(), &rows(&columns), &asked), &LDA_DEPENDENT, 1e-9);
    let codes = (0..12).map(|row| row % 3).collect();
    let wide = Dataset::new(features(&grid(12, 20, 0)), Target::Classes { codes, count: 3 });
    let asked = features(&grid(5, 20, 1000));
    assert_close(&predict(&Lda::default(), &wide, &asked), &LDA_WIDE, 1e-9);
    assert_close(&predict(&shrunk(Shrinkage::Auto), &wide, &asked), &LDA_WIDE_AUTO, 1e-9);
    // No class of 4 rows has a covariance of 20 columns. With `reg` it is I where the rows say nothing.
    assert_eq!(Qda::default().fit(&wide).unwrap_err().code, code::TOO_FEW_ROWS);
    predict(&Qda { reg: 0.5, ..Qda::default() }, &wide, &asked);
}

/// A wide class without directions of its own: the covariance is (1 - reg)·S + reg·I over all columns.
#[test]
fn directions_without_rows_have_the_variance_of_reg() {
    let columns = vec![vec![-1.0, 1.0, 3.0, 3.0], vec![0.0, 0.0, -2.0, 2.0], vec![0.0, 0.0, 1.0, 1.0]];
    let train = Dataset::new(features(&columns), Target::Classes { codes: vec![0, 0, 1, 1], count: 2 });
    let asked = [0.5, -0.25, 2.0];
    let found = predict(&Qda { reg: 0.5, ..Qda::default() }, &train, &features(&asked.map(|number| vec![number])));
    let score = |mean: [f64; 3], variances: [f64; 3]| -> f64 {
        (0..3).map(|at| -0.5 * ((asked[at] - mean[at]).powi(2) / variances[at] + variances[at].ln())).sum()
    };
    let (first, second) = (score([0.0; 3], [1.0, 0.5, 0.5]), score([3.0, 0.0, 1.0], [0.5, 2.5, 0.5]));
    assert_close(&found, &[1.0 / (1.0 + (second - first).exp()), 1.0 / (1.0 + (first - second).exp())], 1e-14);
}

#[test]
fn weights_are_repetitions_and_threads_change_nothing() {
    let train = rows(&grid(300, 3, 0));
    let repeated: Vec<u32> = (0..300).flat_map(|row| std::iter::repeat_n(row, row as usize % 4)).collect();
    let twice = train.take(&repeated);
    let weighted = train.with_weights((0..300).map(|row| f64::from(row % 4)).collect()).unwrap();
    let asked = features(&grid(3000, 3, 300));
    for shrinkage in [Shrinkage::None, Shrinkage::Auto, Shrinkage::Share(0.2)] {
        let found = on_any_threads(|| predict(&shrunk(shrinkage), &weighted, &asked));
        assert_close(&found, &predict(&shrunk(shrinkage), &twice, &asked), 1e-12);
    }
    for reg in [0.0, 0.2] {
        let qda = Qda { reg, ..Qda::default() };
        let found = on_any_threads(|| predict(&qda, &weighted, &asked));
        assert_close(&found, &predict(&qda, &twice, &asked), 1e-12);
    }
}

#[test]
fn units_do_not_matter() {
    let (columns, queries) = (grid(60, 3, 0), grid(9, 3, 1000));
    let units = [1e-150, 1.0, 1e200];
    let by = |columns: &[Vec<f64>]| -> Vec<Vec<f64>> {
        columns.iter().zip(units).map(|(column, unit)| column.iter().map(|number| number * unit).collect()).collect()
    };
    let (train, asked) = (rows(&columns), features(&queries));
    let (other_train, other_asked) =
        (Dataset::new(features(&by(&columns)), classes(&columns, 2)), features(&by(&queries)));
    for shrinkage in [Shrinkage::None, Shrinkage::Auto] {
        let found = predict(&shrunk(shrinkage), &other_train, &other_asked);
        assert_close(&found, &predict(&shrunk(shrinkage), &train, &asked), 1e-10);
    }
    assert_close(
        &predict(&Qda::default(), &other_train, &other_asked),
        &predict(&Qda::default(), &train, &asked),
        1e-10,
    );
    let far = features(&vec![vec![1e300, f64::MAX, -f64::MAX]; 3]);
    for learner in [shrunk(Shrinkage::None), shrunk(Shrinkage::Share(0.5))] {
        predict(&learner, &train, &far);
        predict(&learner, &other_train, &far);
    }
    predict(&Qda::default(), &other_train, &far);
    predict(&Qda { reg: 0.1, ..Qda::default() }, &train, &far);
    // Beside 1e200, `reg` is nothing.
    let beside = Qda { reg: 0.1, ..Qda::default() }.fit(&other_train);
    assert_eq!(beside.unwrap_err().code, code::VALUE_OUT_OF_RANGE);
}

/// A column that is constant within each class tells them apart, but not by how much: it is left out of `lda`.
#[test]
fn columns_without_deviation_are_no_noise() {
    let mut columns = grid(60, 3, 0);
    let train = rows(&columns);
    let codes = match train.target() {
        Target::Classes { codes, .. } => codes.clone(),
        Target::Numbers(_) => unreachable!("classes"),
    };
    columns.push(codes.iter().map(|code| 0.1 + 0.3 * f64::from(*code)).collect());
    columns.push(vec![0.1; 60]);
    let mut queries = grid(5, 3, 1000);
    let usual = predict(&Lda::default(), &train, &features(&queries));
    queries.extend([vec![0.4; 5], vec![7.0; 5]]);
    let train = Dataset::new(features(&columns), train.labels);
    assert_close(&predict(&Lda::default(), &train, &features(&queries)), &usual, 1e-9);
    assert_eq!(Qda::default().fit(&train).unwrap_err().code, code::VALUE_OUT_OF_RANGE);
}

#[test]
fn unfit_data_and_hostile_files_are_refused() {
    let columns = grid(60, 3, 0);
    let train = rows(&columns);
    let numbers = Dataset::new(features(&columns), Target::Numbers(vec![1.0; 60]));
    let one = Dataset::new(features(&columns), Target::Classes { codes: vec![1; 60], count: 3 });
    assert_eq!(Lda::default().fit(&numbers).unwrap_err().code, code::WRONG_TASK);
    assert_eq!(Qda::default().fit(&numbers).unwrap_err().code, code::WRONG_TASK);
    assert_eq!(Lda::default().fit(&one).unwrap_err().code, code::ONE_CLASS);
    assert_eq!(Qda::default().fit(&one).unwrap_err().code, code::ONE_CLASS);
    assert_eq!(shrunk(Shrinkage::Share(1.5)).fit(&train).unwrap_err().code, code::BAD_VALUE);
    assert_eq!(Qda { reg: f64::NAN, ..Qda::default() }.fit(&train).unwrap_err().code, code::BAD_VALUE);
    for priors in [vec![1.0], vec![1.0, -1.0, 1.0], vec![0.0; 3], vec![f64::NAN; 3]] {
        let lda = Lda { priors: Priors::Given(priors), ..Lda::default() };
        assert_eq!(lda.fit(&train).unwrap_err().code, code::BAD_VALUE);
    }
    let two = train.take(&[0, 7]);
    assert_eq!(Lda::default().fit(&two).unwrap_err().code, code::TOO_FEW_ROWS);
    let huge = Dataset::new(
        features(&[vec![f64::MAX, -f64::MAX, 0.0, 1.0]]),
        Target::Classes { codes: vec![0, 0, 1, 1], count: 2 },
    );
    assert_eq!(Lda::default().fit(&huge).unwrap_err().code, code::VALUE_OUT_OF_RANGE);
    let saved = serde_json::to_value(Lda::default().fit(&train).unwrap()).unwrap();
    for (path, bad) in
        [("/priors", "[1.0]"), ("/priors", "[0.0,0.0,0.0]"), ("/intercepts", "[1.0]"), ("/coefficients/0", "[]")]
    {
        let mut hostile = saved.clone();
        *hostile.pointer_mut(path).unwrap() = serde_json::from_str(bad).unwrap();
        assert!(serde_json::from_value::<LdaModel>(hostile).unwrap().validate().is_err(), "{path}");
    }
    let saved = serde_json::to_value(Qda::default().fit(&train).unwrap()).unwrap();
    for (path, bad) in [
        ("/priors", "[1.0]"),
        ("/units", "[-1.0,1.0,1.0]"),
        ("/classes/0", "null"),
        ("/classes/0/variances", "[0.0,1.0,1.0]"),
        ("/classes/0/directions", "[]"),
    ] {
        let mut hostile = saved.clone();
        *hostile.pointer_mut(path).unwrap() = serde_json::from_str(bad).unwrap();
        assert!(serde_json::from_value::<QdaModel>(hostile).unwrap().validate().is_err(), "{path}");
    }
}
