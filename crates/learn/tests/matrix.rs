//! Agreement with scikit-learn on transforms of matrices: the numbers that `tests/oracles/freeze_matrix.py` froze.

#![allow(clippy::unwrap_used)] // All of this file is tests.

use pipewright_learn::impute::{Iterative, Knn, Weights};
use pipewright_learn::linear::ElasticNet;
use pipewright_learn::reduce::{Pca, Projection, Svd};
use pipewright_learn::select::{Best, Direction, Eliminate, Remaining, Score, Sequential, information};
use pipewright_learn::{Dataset, Features, NoProgress, Target, Transform, Transformer};
use pipewright_world::random::Key;
use serde_json::Value;

/// The tolerance and the cases of a topic.
fn topic(name: &str) -> (f64, Vec<Value>) {
    let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/oracles/matrix.json"));
    let document: Value = serde_json::from_str(text).unwrap();
    let topic = &document[name];
    (topic["tolerance"].as_f64().unwrap(), topic["cases"].as_array().unwrap().clone())
}

/// A list of numbers; a null is a missing one.
fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|number| number.as_f64().unwrap_or(f64::NAN)).collect()
}

fn lists(value: &Value) -> Vec<Vec<f64>> {
    value.as_array().unwrap().iter().map(numbers).collect()
}

fn size(value: &Value) -> usize {
    usize::try_from(value.as_u64().unwrap()).unwrap()
}

fn sizes(value: &Value) -> Vec<usize> {
    value.as_array().unwrap().iter().map(size).collect()
}

fn features(value: &Value) -> Features {
    let columns = lists(value);
    let names: Vec<String> = (0..columns.len()).map(|index| format!("x{index}")).collect();
    Features::new(columns[0].len(), names.into(), columns.concat())
}

/// The `codes` of a case, or its `numbers`.
fn target(case: &Value) -> Target {
    match case.get("codes") {
        Some(_) => classes(case),
        None => Target::Numbers(numbers(&case["numbers"])),
    }
}

fn classes(case: &Value) -> Target {
    let codes: Vec<u32> = sizes(&case["codes"]).into_iter().map(|code| u32::try_from(code).unwrap()).collect();
    Target::Classes { count: codes.iter().max().map_or(0, |code| *code as usize + 1), codes }
}

fn columns(features: &Features) -> Vec<Vec<f64>> {
    (0..features.columns()).map(|index| features.column(index).to_vec()).collect()
}

/// No entry is further off than the tolerance times the largest entry.
#[track_caller]
fn assert_close(found: &[f64], wanted: &[f64], tolerance: f64) {
    assert_eq!(found.len(), wanted.len());
    let size = wanted.iter().fold(0.0, |most: f64, value| most.max(value.abs()));
    for (found, wanted) in found.iter().zip(wanted) {
        assert!((found - wanted).abs() <= tolerance * size, "{found} {wanted}");
    }
}

#[test]
fn components_agree() {
    let (tolerance, cases) = topic("reduce");
    for case in &cases {
        let (inputs, keep) = (features(&case["inputs"]), &case["keep"]);
        let pca = keep.as_u64().map_or_else(|| Pca::share(keep.as_f64().unwrap()), |count| Pca::first(count as usize));
        let close = |found: Vec<Vec<f64>>, wanted: &str| {
            assert_close(&found.concat(), &lists(&case[wanted]).concat(), tolerance);
        };
        let of = |found: &Projection| columns(&found.apply(&inputs).unwrap());
        let found = pca.fit(&inputs, None, Key::new(0)).unwrap();
        close(found.directions().to_vec(), "directions");
        close(of(&found), "pca");
        assert_close(found.variances(), &numbers(&case["variances"]), tolerance);
        assert_close(found.shares(), &numbers(&case["shares"]), tolerance);
        // Division by a small deviation enlarges what is off.
        let white = of(&pca.whitened().fit(&inputs, None, Key::new(0)).unwrap());
        assert_close(&white.concat(), &lists(&case["white"]).concat(), 10.0 * tolerance);
        let svd = Svd::first(found.directions().len()).fit(&inputs, None, Key::new(0)).unwrap();
        close(svd.directions().to_vec(), "svd_directions");
        close(of(&svd), "svd");
    }
    assert_eq!(cases.len(), 4);
}

/// What fills `train` and `other`, column by column.
fn assert_fills(transformer: &impl Transformer, case: &Value, tolerance: f64) {
    let train = features(&case["train"]);
    let filling = transformer.fit(&train, None, Key::new(0)).unwrap();
    for (inputs, filled) in [("train", "filled"), ("other", "filled_other")] {
        let found = columns(&filling.apply(&features(&case[inputs])).unwrap());
        for (found, wanted) in found.iter().zip(lists(&case[filled])) {
            assert_close(found, &wanted, tolerance);
        }
    }
}

#[test]
fn nearest_neighbours_fill_the_same() {
    let (_, cases) = topic("knn");
    for case in &cases {
        let tolerance = case["tolerance"].as_f64().unwrap();
        let weights = if case["weights"] == "uniform" { Weights::Uniform } else { Weights::Distance };
        assert_fills(&Knn { neighbours: size(&case["neighbours"]), weights }, case, tolerance);
    }
    assert_eq!(cases.len(), 4);
}

#[test]
fn iterated_regressions_fill_the_same() {
    let (tolerance, cases) = topic("iterative");
    cases.iter().for_each(|case| assert_fills(&Iterative::default(), case, tolerance));
    assert_eq!(cases.len(), 4);
}

#[test]
fn scores_agree() {
    let (tolerance, cases) = topic("scores");
    for case in &cases {
        let score = |inputs: &str, score: Score, target: &Target| {
            let choice = Best { score, count: 1 }.fit(&features(&case[inputs]), Some(target), Key::new(0)).unwrap();
            choice.scores().to_vec()
        };
        let in_numbers = Target::Numbers(numbers(&case["numbers"]));
        assert_close(&score("inputs", Score::F, &in_numbers), &numbers(&case["f_numbers"]), tolerance);
        assert_close(&score("inputs", Score::F, &classes(case)), &numbers(&case["f_classes"]), tolerance);
        assert_close(&score("positive", Score::Chi2, &classes(case)), &numbers(&case["chi2"]), tolerance);
    }
    assert_eq!(cases.len(), 2);
}

#[test]
fn mutual_information_agrees() {
    let (tolerance, cases) = topic("information");
    for case in &cases {
        let discrete: Vec<bool> = case["discrete"].as_array().unwrap().iter().map(|is| is.as_bool().unwrap()).collect();
        let of = |target: &Target| information(&features(&case["inputs"]), target, &discrete, 3, None).unwrap();
        assert_close(&of(&Target::Numbers(numbers(&case["numbers"]))), &numbers(&case["of_numbers"]), tolerance);
        assert_close(&of(&classes(case)), &numbers(&case["of_classes"]), tolerance);
    }
    assert_eq!(cases.len(), 2);
}

#[test]
fn lasso_paths_agree() {
    let (tolerance, cases) = topic("lasso");
    for case in &cases {
        let train = Dataset::new(features(&case["inputs"]), target(case));
        let (share, rows) = (case["l1_share"].as_f64().unwrap(), train.rows() as f64);
        let (l1, l2) = (share * rows, (1.0 - share) * rows);
        let net = ElasticNet { l1, l2, tolerance: 1e-15, rounds_max: 1_000_000, ..ElasticNet::default() };
        let models = net.path(&train, &numbers(&case["alphas"]), &NoProgress).unwrap();
        let wanted = lists(&case["coefficients"]);
        assert_eq!(models.len(), wanted.len());
        for ((model, wanted), intercept) in models.iter().zip(wanted).zip(numbers(&case["intercepts"])) {
            assert_close(model.coefficients(), &wanted, tolerance);
            assert!((model.intercept() - intercept).abs() <= tolerance * intercept.abs().max(1.0));
        }
    }
    assert_eq!(cases.len(), 4);
}

#[test]
fn eliminations_rank_the_same() {
    let (_, cases) = topic("eliminate");
    for case in &cases {
        let ranks = |keep: Remaining| {
            let config = Eliminate { keep, step: size(&case["step"]) };
            let choice = config.fit(&features(&case["inputs"]), Some(&target(case)), Key::new(0)).unwrap();
            choice.scores().iter().map(|rank| *rank as usize).collect::<Vec<_>>()
        };
        assert_eq!(ranks(Remaining::Count(size(&case["keep"]))), sizes(&case["ranks"]));
        assert_eq!(ranks(Remaining::Validated), sizes(&case["validated"]));
    }
    assert_eq!(cases.len(), 4);
}

#[test]
fn sequential_selections_agree() {
    let (_, cases) = topic("sequential");
    for case in &cases {
        let direction = if case["direction"] == "forward" { Direction::Forward } else { Direction::Backward };
        let config = Sequential { count: size(&case["keep"]), direction };
        let choice = config.fit(&features(&case["inputs"]), Some(&target(case)), Key::new(0)).unwrap();
        assert_eq!(choice.kept(), sizes(&case["kept"]));
    }
    assert_eq!(cases.len(), 4);
}
