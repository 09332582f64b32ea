//! Machines against libsvm and LIBLINEAR, and at the limits of numbers.

use super::*;
use crate::data::{Column, Sparse};
use crate::learner::NoProgress;
use crate::threads::on_any_threads;
use pipewright_world::random::Key;
use smo::Search;

fn features(columns: &[Vec<f64>]) -> Features {
    let names: Vec<String> = (0..columns.len()).map(|index| format!("x{index}")).collect();
    Features::new(columns.first().map_or(0, Vec::len), names.into(), columns.concat())
}

/// The same numbers as `grid(…) / 5 - 1` in the script that made the constants below.
fn grid(rows: usize, columns: usize, shift: usize) -> Vec<Vec<f64>> {
    let number =
        |row: usize, column: usize| (row * row * 37 * (column + 1) + row * 101 + column * column * 211 + 17) % 9973;
    let column = |column| (shift..shift + rows).map(|row| number(row, column) as f64 / 997.3 / 5.0 - 1.0).collect();
    (0..columns).map(column).collect()
}

fn classes(x: &[Vec<f64>], most: u32) -> Target {
    let class = |r: usize| u32::from(x[0][r] + x[1][r] * x[2][r] > 0.0) + u32::from(x[2][r] + 0.5 * x[3][r] > 0.6);
    Target::Classes { codes: (0..x[0].len()).map(|row| class(row).min(most)).collect(), count: 1 + most as usize }
}

fn numbers(x: &[Vec<f64>]) -> Target {
    Target::Numbers((0..x[0].len()).map(|row| x[0][row] * 2.0 - x[3][row] * x[3][row]).collect())
}

fn weights(rows: usize) -> Vec<f64> {
    (0..rows).map(|row| (1 + row % 3) as f64).collect()
}

fn rows(target: impl Fn(&[Vec<f64>]) -> Target) -> Dataset {
    let columns = grid(80, 4, 0);
    let target = target(&columns);
    Dataset::new(features(&columns), target)
}

fn weighted(target: impl Fn(&[Vec<f64>]) -> Target) -> Dataset {
    rows(target).with_weights(weights(80)).unwrap()
}

fn exact(kernel: Kernel, c: f64) -> Svm {
    Svm { kernel, c, tolerance: 1e-11, ..Svm::default() }
}

fn decisions(learner: Svm, train: &Dataset) -> Vec<f64> {
    let asked = features(&grid(5, 4, 1000));
    learner.fit(train).unwrap().decisions(&asked).concat()
}

#[track_caller]
fn assert_close(found: &[f64], wanted: &[f64], tolerance: f64) {
    assert_eq!(found.len(), wanted.len());
    for (found, wanted) in found.iter().zip(wanted) {
        assert!((found - wanted).abs() <= tolerance, "{found} {wanted}");
    }
}

fn watch() -> Watch<'static> {
    Watch { bounds: Bounds::current(), progress: &NoProgress }
}

const RBF: [f64; 5] =
    [2.0555254696631504, -1.1077492224574672, -0.48311017894342173, 1.3995877782461212, -1.0156858674299634];
const RBF_OBJECTIVE: f64 = -32.2277046163106;
const RBF_WEIGHTED: [f64; 15] = [
    2.4743335494387058,
    1.5719723312284655,
    1.8865186758245185,
    -1.1351763642178514,
    0.9301294279632277,
    2.379896621823207,
    -1.337409815316112,
    0.44803626944389613,
    1.4020843843149007,
    1.4157369046426829,
    1.4419956051178926,
    1.2094009087832382,
    -1.1901028769745972,
    -0.12648526358798234,
    0.42790447570180734,
];
const RBF_THREE: [f64; 15] = [
    1.8616050232256227,
    1.4706949394284943,
    1.8275600250639434,
    -0.949484648933462,
    0.88137012175055,
    1.8710763736341895,
    -0.39952473000531064,
    0.495834844148054,
    1.3623796882432566,
    1.3784831899502246,
    1.3807332101863528,
    1.064640602784581,
    -0.9189007987926899,
    -0.17197199037106536,
    0.38268329027840275,
];
const POLY: [f64; 5] =
    [1.7518034481544844, -1.1107895721366028, -1.022184723042484, 1.3676537036808156, -0.7387035904168182];
const SVR_RBF: [f64; 5] =
    [-1.4656718908693618, -0.29588338511613155, -1.9911675466988963, -0.1404267681876763, 1.8170877898832203];
const SVR_OBJECTIVE: f64 = -15.12881719476296;
const HINGE: [f64; 5] =
    [0.9225322473014701, -1.0380442552938869, 1.936440680311235, 1.1450901327099428, -0.933582754496554];
const SQUARED: [f64; 15] = [
    0.6266217693513059,
    -0.38306343019382405,
    -3.3686091902971818,
    -0.5954146451222351,
    0.2903945732842175,
    -1.946199245579478,
    1.062469120480971,
    -1.363308023834648,
    -0.8323310640047998,
    0.5170597701080685,
    -0.5289515704508749,
    -1.9585466738404032,
    -0.7928662170361005,
    0.14878083679423582,
    -0.1835820197339475,
];
const SQUARED_BALANCED: [f64; 5] =
    [0.6175433517906861, -0.48296519528267834, 1.188928658659271, 0.4969562837381367, -0.6757920879827939];
const LINEAR_SVR: [f64; 5] =
    [-1.6467013235544354, 0.11309871951134726, -2.1567531483911786, -0.36477108179103096, 1.480938103171499];
const LINEAR_SVR_SQUARED: [f64; 5] =
    [-1.7038272047934941, -0.03432422301890975, -2.177604252007199, -0.45500707483419023, 1.3032915489592543];
const SIGMOID: [f64; 4] = [0.03323029932293718, 0.647438961794885, 0.9306650444359209, 0.9998092581216736];

const RBF_KERNEL: Kernel = Kernel::Rbf { gamma: None };

/// `decision_function` of scikit-learn 1.9.1's `SVC(tol=1e-12)`, positive for the first class, fitted to
/// `grid(80, 4) / 5 - 1` and asked for `grid(5, 4, 1000) / 5 - 1`: two classes with `C=2`; three with
/// `gamma=.7` and `class_weight="balanced"` or `sample_weight`; `kernel="poly"`; and `predict` of `SVR`.
/// libsvm keeps kernels in single precision.
#[test]
fn libsvm_agrees() {
    assert_close(&decisions(exact(RBF_KERNEL, 2.0), &rows(|x| classes(x, 1))), &RBF, 1e-6);
    let kernel = Kernel::Rbf { gamma: Some(0.7) };
    let balanced = Svm { balanced: true, ..exact(kernel, 2.0) };
    assert_close(&decisions(balanced, &rows(|x| classes(x, 2))), &RBF_THREE, 1e-6);
    assert_close(&decisions(exact(kernel, 2.0), &weighted(|x| classes(x, 2))), &RBF_WEIGHTED, 1e-6);
    let polynomial = Kernel::Polynomial { degree: 3, gamma: Some(0.5), coef0: 1.0 };
    assert_close(&decisions(exact(polynomial, 0.5), &rows(|x| classes(x, 1))), &POLY, 1e-6);
    let kernel = Kernel::Rbf { gamma: Some(0.5) };
    let tube = Svm { epsilon: 0.05, ..exact(kernel, 3.0) };
    assert_close(&decisions(tube, &weighted(numbers)), &SVR_RBF, 1e-6);
}

/// The dual objectives of the same fits of libsvm, from its `dual_coef_`.
#[test]
fn objectives_are_those_of_libsvm() {
    let search = |watch| Search { tolerance: 1e-11, cache_bytes: 1 << 20, watch };
    let watch = watch();
    let train = rows(|x| classes(x, 1));
    let options = exact(RBF_KERNEL, 2.0);
    let (scale, kernel) = options.settle(&train).unwrap();
    let points = Points::new(kernel, scaled_rows(&train.features, scale));
    let Target::Classes { codes, .. } = train.target() else { unreachable!("classes") };
    let signs = codes.iter().map(|code| if *code == 0 { 1.0 } else { -1.0 }).collect();
    let solution = machine::problem(signs, &[2.0; 80], false, None).solve(&points, search(&watch)).unwrap();
    assert!(solution.converged && (solution.objective - RBF_OBJECTIVE).abs() < 1e-9, "{}", solution.objective);
    let train = rows(numbers);
    let (scale, kernel) = exact(Kernel::Rbf { gamma: Some(0.5) }, 3.0).settle(&train).unwrap();
    let points = Points::new(kernel, scaled_rows(&train.features, scale));
    let Target::Numbers(target) = train.target() else { unreachable!("numbers") };
    let costs: Vec<f64> = weights(80).iter().map(|weight| 3.0 * weight).collect();
    let problem = machine::problem(target.clone(), &costs, false, Some(0.05));
    let solution = problem.solve(&points, search(&watch)).unwrap();
    assert!(solution.converged && (solution.objective - SVR_OBJECTIVE).abs() < 1e-9, "{}", solution.objective);
}

/// `LinearSVC` and `LinearSVR` of scikit-learn with `dual=True, tol=1e-9` on the same rows, `C=.5`.
#[test]
fn liblinear_agrees() {
    let hinge = exact(Kernel::Linear, 0.5);
    assert_close(&decisions(hinge, &rows(|x| classes(x, 1))), &HINGE, 1e-6);
    let squared = Svm { squared: true, ..hinge };
    assert_close(&decisions(squared, &weighted(|x| classes(x, 2))), &SQUARED, 1e-6);
    let balanced = Svm { balanced: true, ..squared };
    assert_close(&decisions(balanced, &rows(|x| classes(x, 1))), &SQUARED_BALANCED, 1e-6);
    assert_close(&decisions(hinge, &rows(numbers)), &LINEAR_SVR, 1e-6);
    assert_close(&decisions(squared, &rows(numbers)), &LINEAR_SVR_SQUARED, 1e-6);
}

#[test]
fn sparse_rows_are_dense_rows() {
    let train = rows(|x| classes(x, 2));
    let sparse = |index: usize| {
        let column = train.features.column(index);
        Column::Sparse(Sparse::new(80, (0..80).collect::<Vec<u32>>().into(), column.to_vec().into()))
    };
    let columns = (0..4).map(sparse).collect();
    let other = Features::from_columns(80, train.features.names().clone(), columns);
    let other = Dataset::new(other, train.labels.clone());
    let linear = exact(Kernel::Linear, 0.5);
    assert_close(&decisions(linear, &other), &decisions(linear, &train), 1e-9);
}

/// `_sigmoid_calibration` of scikit-learn minimises the same loss.
#[test]
fn sigmoids_are_those_of_platt() {
    let x = grid(80, 4, 0);
    let values: Vec<f64> = (0..80).map(|row| x[0][row] + x[1][row] * x[2][row] + 0.5 * x[3][row]).collect();
    let Target::Classes { codes, .. } = classes(&x, 1) else { unreachable!("classes") };
    let signs: Vec<f64> = codes.iter().map(|code| if *code == 1 { 1.0 } else { -1.0 }).collect();
    let sigmoid = Sigmoid::fit(&values, &signs, &weights(80));
    let found: Vec<f64> = [-1.0, 0.0, 0.5, 2.0].iter().map(|value| sigmoid.probability(*value)).collect();
    assert_close(&found, &SIGMOID, 1e-6);
    // Sides that are far apart have certain classes, and nothing overflows.
    let sigmoid = Sigmoid::fit(&[-1e200, -2e200, 1e200, 3e200], &[-1.0, -1.0, 1.0, 1.0], &[1.0; 4]);
    assert!(sigmoid.probability(1e200) > 0.6 && sigmoid.probability(-1e200) < 0.4);
    assert_eq!((sigmoid.probability(f64::MAX), sigmoid.probability(f64::MIN)), (1.0, 0.0));
}

/// Probabilities of pairs that agree with those of classes give these.
#[test]
fn pairs_are_coupled() {
    let shares = [0.5, 0.3, 0.15, 0.05];
    let pairs: Vec<f64> = (0..4)
        .flat_map(|first| (first + 1..4).map(move |second| shares[first] / (shares[first] + shares[second])))
        .collect();
    assert_close(&couple(&pairs, 4), &shares, 1e-9);
    let certain = couple(&[1.0, 1.0, 0.0], 3);
    assert!(certain[0] > 0.99 && (certain.iter().sum::<f64>() - 1.0).abs() < 1e-12);
}

fn noise(rows: usize, columns: usize, stream: u64) -> Vec<Vec<f64>> {
    let column = |column: usize| {
        let key = Key::new(stream).index(column as u64);
        (0..rows).map(|row| key.uniform(row as u64) * 2.0 - 1.0).collect()
    };
    (0..columns).map(column).collect()
}

/// Points that are left out for a while come back; a cache of two rows gives what one of all rows gives.
#[test]
fn shrinking_and_small_caches_change_nothing() {
    let columns = noise(700, 3, 1);
    let signs: Vec<f64> = (0..700)
        .map(|row| {
            columns[0][row] * columns[1][row] + 0.3 * columns[2][row].sin() + 0.1 * noise(1, 1, row as u64)[0][0]
        })
        .map(|value| if value > 0.0 { 1.0 } else { -1.0 })
        .collect();
    let points = Points::new(Settled::Rbf { gamma: 1.0 }, scaled_rows(&features(&columns), 1.0));
    let watch = watch();
    let solve = |tolerance: f64, cache_bytes: u64| {
        let problem = machine::problem(signs.clone(), &[10.0; 700], false, None);
        problem.solve(&points, Search { tolerance, cache_bytes, watch: &watch }).unwrap()
    };
    let (all, few) = (solve(1e-7, u64::MAX), solve(1e-7, 0));
    assert!(all.converged && few.converged);
    assert!((all.objective - few.objective).abs() <= 1e-7 * all.objective.abs());
    assert!((all.betas.iter().sum::<f64>()).abs() < 1e-9);
    // The conditions of the minimum hold, with sums computed afresh.
    let sums = points.sums(&points, &all.betas);
    for ((beta, sum), sign) in all.betas.iter().zip(&sums).zip(&signs) {
        let margin = sign * (sum + all.bias);
        match beta.abs() {
            0.0 => assert!(margin >= 1.0 - 1e-6),
            10.0 => assert!(margin <= 1.0 + 1e-6),
            _ => assert!((margin - 1.0).abs() <= 1e-6),
        }
    }
}

#[test]
fn weights_are_repetitions() {
    let columns = grid(60, 4, 0);
    let repeated: Vec<u32> = (0..60).flat_map(|row| std::iter::repeat_n(row, row as usize % 4)).collect();
    for target in [classes(&columns, 1), classes(&columns, 2), numbers(&columns)] {
        let train = Dataset::new(features(&columns), target);
        let twice = train.take(&repeated);
        let weighted = train.with_weights((0..60).map(|row| f64::from(row % 4)).collect()).unwrap();
        for kernel in [RBF_KERNEL, Kernel::Linear] {
            let learner = Svm { balanced: true, ..exact(kernel, 1.0) };
            assert_close(&decisions(learner, &weighted), &decisions(learner, &twice), 1e-7);
        }
    }
}

#[test]
fn threads_and_files_change_nothing() {
    let train = rows(|x| classes(x, 2));
    let asked = features(&grid(50, 4, 1000));
    for kernel in [RBF_KERNEL, Kernel::Linear] {
        let learner = Svm { kernel, ..Svm::default() };
        let model = on_any_threads(|| learner.fit(&train).unwrap());
        let loaded: SvmModel = serde_json::from_str(&serde_json::to_string(&model).unwrap()).unwrap();
        loaded.validate().unwrap();
        assert_eq!(loaded, model);
        let Outputs::Probabilities { values, .. } = loaded.predict(&asked).unwrap() else { unreachable!("classes") };
        assert_eq!(values, on_any_threads(|| model.predict(&asked).unwrap()).values());
        for shares in values.chunks_exact(3) {
            assert!((shares.iter().sum::<f64>() - 1.0).abs() < 1e-12 && shares.iter().all(|share| *share >= 0.0));
        }
    }
}

/// Held-out probabilities are near the truth where it is a sigmoid of the value.
#[test]
fn probabilities_are_calibrated() {
    let columns = noise(600, 2, 5);
    let chance = |row: usize| 1.0 / (1.0 + (-4.0 * columns[0][row]).exp());
    let codes = (0..600).map(|row| u32::from(Key::new(9).uniform(row as u64) < chance(row))).collect();
    let train = Dataset::new(features(&columns), Target::Classes { codes, count: 2 });
    for kernel in [RBF_KERNEL, Kernel::Linear] {
        let outputs = Svm { kernel, ..Svm::default() }.fit(&train).unwrap().predict(&train.features).unwrap();
        let missed: f64 = (0..600).map(|row| (outputs.values()[row * 2 + 1] - chance(row)).abs()).sum();
        assert!(missed / 600.0 < 0.08, "{kernel:?} {}", missed / 600.0);
    }
}

#[test]
fn odd_tables_are_answered() {
    let two = |codes: &[u32]| Target::Classes { codes: codes.to_vec(), count: 3 };
    let far = [vec![1e300, f64::MAX, -f64::MAX]];
    for kernel in [RBF_KERNEL, Kernel::Linear, Kernel::Polynomial { degree: 5, gamma: None, coef0: 1.0 }] {
        let learner = Svm { kernel, ..Svm::default() };
        for unit in [1e-200, 1.0, 1e140] {
            let column = [[-2.0, -1.0, 1.0, 2.0, 1.5].map(|x| x * unit).to_vec()];
            for target in [two(&[0, 0, 2, 2, 2]), two(&[0, 1, 2, 2, 0]), Target::Numbers(vec![1.0, 2.0, 3.0, 9.0, 4.0])]
            {
                match learner.fit(&Dataset::new(features(&column), target)) {
                    Ok(model) => {
                        let outputs = model.predict(&features(&far)).unwrap();
                        assert!(outputs.values().iter().all(|value| value.is_finite()), "{kernel:?} {unit}");
                    }
                    Err(failure) => assert_eq!(failure.code, code::VALUE_OUT_OF_RANGE, "{kernel:?} {unit}"),
                }
            }
        }
        let constant = Dataset::new(features(&[vec![3.0; 6], vec![0.0; 6]]), two(&[0, 0, 0, 0, 1, 1]));
        let outputs = learner.fit(&constant).unwrap().predict(&constant.features).unwrap();
        assert!(outputs.values()[0] > 0.5 && outputs.values()[2] == 0.0, "{outputs:?}");
        let wide = Dataset::new(features(&noise(6, 40, 3)), two(&[0, 1, 2, 0, 1, 2]));
        let outputs = learner.fit(&wide).unwrap().predict(&wide.features).unwrap();
        assert!(outputs.values().iter().all(|share| (0.0..=1.0).contains(share)));
        let none = Dataset::new(Features::new(3, Vec::new().into(), Vec::new()), two(&[0, 1, 1]));
        let outputs = learner.fit(&none).unwrap().predict(&none.features).unwrap();
        assert!(outputs.values().iter().all(|share| (0.0..=1.0).contains(share)));
    }
}

/// Stops when it is asked to.
struct Stopped;

impl Progress for Stopped {
    fn cancelled(&self) -> bool {
        true
    }
}

#[test]
fn unfit_data_and_hostile_files_are_refused() {
    let train = rows(|x| classes(x, 1));
    let usual = Svm::default();
    for bad in [
        Svm { c: 0.0, ..usual },
        Svm { epsilon: -1.0, ..usual },
        Svm { tolerance: f64::NAN, ..usual },
        Svm { kernel: Kernel::Rbf { gamma: Some(-1.0) }, ..usual },
        Svm { kernel: Kernel::Polynomial { degree: 0, gamma: None, coef0: 0.0 }, ..usual },
    ] {
        assert_eq!(bad.fit(&train).unwrap_err().code, code::BAD_VALUE);
    }
    let one = Dataset::new(train.features.clone(), Target::Classes { codes: vec![1; 80], count: 2 });
    assert_eq!(usual.fit(&one).unwrap_err().code, code::ONE_CLASS);
    let infinite = Dataset::new(train.features.clone(), Target::Numbers(vec![f64::INFINITY; 80]));
    assert_eq!(usual.fit(&infinite).unwrap_err().code, code::NON_FINITE);
    let huge = Dataset::new(features(&[vec![1e200, 1.0]]), Target::Classes { codes: vec![0, 1], count: 2 });
    assert_eq!(usual.fit(&huge).unwrap_err().code, code::VALUE_OUT_OF_RANGE);
    let linear = Svm { kernel: Kernel::Linear, ..usual };
    let stopped = linear.fit_with(&train, &Fit::new().progress(&Stopped));
    assert_eq!(stopped.unwrap_err().code, code::CANCELLED);
    let saved = serde_json::to_value(usual.fit(&train).unwrap()).unwrap();
    for (path, bad) in [
        ("/inputs", "3"),
        ("/answer/pairs/present", "[true,false]"),
        ("/answer/pairs/sigmoids", "[]"),
        ("/functions/kernel/scale", "0.0"),
        ("/functions/kernel/vectors", "[]"),
        ("/functions/kernel/intercepts", "[]"),
        ("/functions/kernel/kernel/rbf/gamma", "-1.0"),
    ] {
        let mut hostile = saved.clone();
        *hostile.pointer_mut(path).unwrap() = serde_json::from_str(bad).unwrap();
        assert!(serde_json::from_value::<SvmModel>(hostile).unwrap().validate().is_err(), "{path}");
    }
}
