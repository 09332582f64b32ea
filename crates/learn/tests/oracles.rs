//! Agreement with scikit-learn and PyTorch, on the numbers that `tests/oracles/freeze.py` froze.

#![allow(clippy::unwrap_used)] // All of this file is tests.

use pipewright_learn::forest::IsolationForest;
use pipewright_learn::linear::{Linear, Logistic, Ridge};
use pipewright_learn::metric::{METRICS, SPEARMAN};
use pipewright_learn::net::{Adam, AdamW, Optimizer, OptimizerConfig, RmsProp, Sgd};
use pipewright_learn::split::{Folds, kfold, stratified};
use pipewright_learn::{Dataset, Features, Judged, Key, Labels, Learner, Model, NoProgress, Outputs, Target};
use pipewright_tensor::{Element, Graph, Program};
use serde_json::Value;

/// The text of a file of the repository.
macro_rules! text {
    ($path:literal) => {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../", $path))
    };
}

/// The path and the text of a file of the repository.
macro_rules! file {
    ($path:literal) => {
        ($path, text!($path))
    };
}

fn parse(text: &str) -> (f64, Vec<Value>) {
    let document: Value = serde_json::from_str(text).unwrap();
    (document["tolerance"].as_f64().unwrap(), document["cases"].as_array().unwrap().clone())
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect()
}

fn codes(value: &Value) -> Vec<u32> {
    value.as_array().unwrap().iter().map(|code| u32::try_from(code.as_u64().unwrap()).unwrap()).collect()
}

fn size(value: &Value) -> usize {
    usize::try_from(value.as_u64().unwrap()).unwrap()
}

#[test]
fn metrics_agree() {
    let (tolerance, cases) = parse(text!("tests/oracles/metrics.json"));
    let mut compared = 0;
    for case in &cases {
        let (truth, outputs): (Labels, Outputs) = if case["codes"].is_array() {
            let classes = size(&case["classes"]);
            let values = numbers(&case["probabilities"]);
            (
                Target::Classes { codes: codes(&case["codes"]), count: classes }.into(),
                Outputs::Probabilities { values, classes },
            )
        } else {
            (Target::Numbers(numbers(&case["truth"])).into(), Outputs::Numbers(numbers(&case["predicted"])))
        };
        for metric in METRICS {
            let Some(wanted) = case["metrics"].get(metric.name) else { continue };
            compared += 1;
            match (metric.score(&Judged::new(&truth, &outputs)), wanted.as_f64()) {
                (Ok(found), Some(wanted)) => {
                    let close = (found - wanted).abs() <= tolerance * wanted.abs().max(1.0);
                    assert!(close, "{} {}: {found} {wanted}", case["name"], metric.name);
                }
                (Err(_), None) => {}
                (found, wanted) => panic!("{} {}: {found:?} {wanted:?}", case["name"], metric.name),
            }
        }
    }
    assert!(compared > 300, "{compared} figures");
}

#[test]
fn folds_are_the_same_lists() {
    let (_, cases) = parse(text!("tests/oracles/folds.json"));
    for case in &cases {
        let k = size(&case["k"]);
        let Folds { folds, .. } = match case["scheme"].as_str() {
            Some("kfold") => kfold(size(&case["rows"]), k, None).unwrap(),
            _ => stratified(&codes(&case["codes"]), k, None).unwrap(),
        };
        let found: Vec<Vec<u32>> = folds.into_iter().map(|fold| fold.test).collect();
        let wanted: Vec<Vec<u32>> = case["test_rows"].as_array().unwrap().iter().map(codes).collect();
        assert_eq!(found, wanted, "{case}");
    }
    assert!(cases.len() >= 8);
}

#[test]
fn coefficients_agree() {
    let (tolerance, cases) = parse(text!("tests/oracles/coefficients.json"));
    for case in &cases {
        let (rows, columns) = (size(&case["rows"]), size(&case["columns"]));
        let inputs = numbers(&case["inputs"]);
        let values = (0..columns).flat_map(|column| inputs.iter().skip(column).step_by(columns).copied()).collect();
        let names: Vec<String> = (0..columns).map(|column| format!("x{column}")).collect();
        let features = Features::new(rows, names.into(), values);
        let (coefficients, intercepts) = fit(case, features);
        let wanted = numbers(&case["coefficients"]);
        let scale = wanted.iter().fold(0.0, |most: f64, weight| most.max(weight.abs()));
        for (found, wanted) in coefficients.iter().zip(&wanted) {
            assert!(
                (found - wanted).abs() <= tolerance * scale,
                "{} {}: {found} {wanted}",
                case["name"],
                case["model"]
            );
        }
        assert_eq!(coefficients.len(), wanted.len());
        for (found, wanted) in intercepts.iter().zip(numbers(&case["intercepts"])) {
            let close = (found - wanted).abs() <= tolerance * wanted.abs().max(1.0);
            assert!(close, "{} {}: {found} {wanted}", case["name"], case["model"]);
        }
    }
    assert!(cases.len() >= 21);
}

/// The coefficients, function after function, and the intercepts.
fn fit(case: &Value, features: Features) -> (Vec<f64>, Vec<f64>) {
    if let Some(options) = case["model"].get("logistic") {
        let codes = codes(&case["target"]);
        let count = codes.iter().max().map_or(0, |&code| code as usize + 1);
        let train = Dataset::new(features, Target::Classes { codes, count });
        let learner = Logistic { l2: options["l2"].as_f64().unwrap(), ..Logistic::default() };
        let model = learner.fit(&train).unwrap();
        return (model.coefficients().concat(), model.intercepts().to_vec());
    }
    let train = Dataset::new(features, Target::Numbers(numbers(&case["target"])));
    let model = match case["model"].get("ridge") {
        Some(options) => Ridge { l2: options["l2"].as_f64().unwrap(), ..Ridge::default() }.fit(&train),
        None => Linear::default().fit(&train),
    };
    let model = model.unwrap();
    (model.coefficients().to_vec(), vec![model.intercept()])
}

/// Single-precision parameters after every tenth of fifty steps along given gradients.
#[test]
fn optimisers_agree() {
    let (tolerance, cases) = parse(text!("tests/oracles/optimisers.json"));
    for case in &cases {
        let single = |value: &Value| -> Vec<f32> { numbers(value).into_iter().map(|number| number as f32).collect() };
        let mut parameters = single(&case["start"]);
        let mut optimizer = Optimizer::new(optimizer_config(case), parameters.len());
        for (step, gradients) in case["gradients"].as_array().unwrap().iter().enumerate() {
            optimizer.step(&mut parameters, &single(gradients));
            if (step + 1) % 10 == 0 {
                for (found, wanted) in parameters.iter().zip(single(&case["after_each_10_steps"][step / 10])) {
                    let close = f64::from((found - wanted).abs()) <= tolerance * f64::from(wanted.abs()).max(1.0);
                    assert!(close, "{} after {} steps: {found} {wanted}", case["optimiser"], step + 1);
                }
            }
        }
    }
    assert_eq!(cases.len(), 5);
}

fn optimizer_config(case: &Value) -> OptimizerConfig {
    let options = &case["options"];
    let number = |name: &str| options[name].as_f64().unwrap();
    let adam = || Adam {
        lr: number("lr"),
        beta1: options["betas"][0].as_f64().unwrap(),
        beta2: options["betas"][1].as_f64().unwrap(),
        epsilon: number("eps"),
    };
    match case["optimiser"].as_str().unwrap() {
        "adam" => OptimizerConfig::Adam(adam()),
        "adamw" => OptimizerConfig::AdamW(AdamW { adam: adam(), weight_decay: number("weight_decay") }),
        "rmsprop" => {
            OptimizerConfig::RmsProp(RmsProp { lr: number("lr"), alpha: number("alpha"), epsilon: number("eps") })
        }
        "sgd" | "sgd_momentum" | "sgd_nesterov" => OptimizerConfig::Sgd(Sgd {
            lr: number("lr"),
            momentum: number("momentum"),
            nesterov: options["nesterov"] == true,
            weight_decay: options["weight_decay"].as_f64().unwrap_or(0.0),
        }),
        other => panic!("no optimiser {other}"),
    }
}

/// A hundred full-batch steps of a 4-5-3-1 network with each optimiser: the loss before each, and the weights at the end.
#[test]
fn trainings_of_a_network_agree() {
    let (tolerance, cases) = parse(text!("tests/oracles/network.json"));
    for case in &cases {
        train_as::<f64>(case, tolerance);
        train_as::<f32>(case, 1e-4);
    }
    assert_eq!(cases.len(), 6);
}

fn train_as<T: Element>(case: &Value, tolerance: f64) {
    let of = |numbers: Vec<f64>| numbers.into_iter().map(T::from_f64).collect::<Vec<T>>();
    let lists = |name: &str| case[name].as_array().unwrap().iter().flat_map(numbers).collect::<Vec<f64>>();
    let (inputs, truth, mut weights) = (of(lists("inputs")), of(numbers(&case["truth"])), of(lists("start")));
    let mut graph = Graph::new();
    let (rows, labels) = (graph.input(4), graph.input(1));
    let shapes = [(4, 5), (1, 5), (5, 3), (1, 3), (3, 1), (1, 1)];
    let parameters = shapes.map(|(rows, columns)| graph.parameter(rows, columns));
    let layer = |graph: &mut Graph, values, layer: usize| {
        let product = graph.matmul(values, parameters[2 * layer]);
        graph.add_row(product, parameters[2 * layer + 1])
    };
    let first = layer(&mut graph, rows, 0);
    let first = graph.tanh(first);
    let second = layer(&mut graph, first, 1);
    let second = graph.relu(second);
    let logits = layer(&mut graph, second, 2);
    let loss = graph.binary_cross_entropy(logits, labels);
    let outputs = [vec![loss], graph.gradients(loss, &parameters)].concat();
    let mut program = Program::<T>::new(&graph, &outputs, truth.len());
    let mut optimizer = Optimizer::<T>::new(optimizer_config(case), weights.len());
    let close = |found: T, wanted: f64| (found.to_f64() - wanted).abs() <= tolerance * wanted.abs().max(1.0);
    for (step, wanted) in numbers(&case["losses"]).into_iter().enumerate() {
        program.run(truth.len(), &[&inputs, &truth], &weights);
        let found = program.output(0)[0];
        assert!(close(found, wanted), "{} step {step}: {found} {wanted}", case["optimiser"]);
        optimizer.step(&mut weights, program.flat_outputs(1));
    }
    for (&found, wanted) in weights.iter().zip(lists("after_100_steps")) {
        assert!(close(found, wanted), "{}: {found} {wanted}", case["optimiser"]);
    }
}

/// Mean imputation, standardisation and a linear model, fitted in every fold: rows, and every metric of every fold.
#[test]
fn pipelines_agree() {
    const FILES: [(&str, &str); 7] = [
        file!("dsl-examples/data/diabetes.csv"),
        file!("dsl-examples/data/breast_cancer.csv"),
        file!("dsl-examples/data/iris.csv"),
        file!("dsl-examples/data/wine.csv"),
        file!("dsl-examples/data/titanic.csv"),
        file!("tests/oracles/diabetes_blanks.csv"),
        file!("tests/oracles/breast_cancer_blanks.csv"),
    ];
    let (tolerance, cases) = parse(text!("tests/oracles/pipelines.json"));
    for case in &cases {
        let (_, text) = FILES.iter().find(|(name, _)| case["data"] == *name).unwrap();
        let table = Table::parse(text, case);
        let k = size(&case["k"]);
        let folds = match &table.target {
            Target::Classes { codes, .. } => stratified(codes, k, None).unwrap().folds,
            Target::Numbers(values) => kfold(values.len(), k, None).unwrap().folds,
        };
        for (fold, wanted) in folds.iter().zip(case["folds"].as_array().unwrap()) {
            assert_eq!(fold.test, codes(&wanted["test_rows"]), "{}", case["data"]);
            let (train, test) = table.prepared(&fold.train, &fold.test);
            let outputs = predict(case["model"].as_str().unwrap(), &train, &test.features);
            for metric in METRICS {
                let Some(wanted) = wanted["metrics"].get(metric.name) else { continue };
                let found = metric.score(&Judged::new(&test.labels, &outputs)).ok();
                let close = match (found, wanted.as_f64()) {
                    (Some(found), Some(wanted)) => (found - wanted).abs() <= tolerance * wanted.abs().max(1.0),
                    (found, wanted) => found.is_none() && wanted.is_none(),
                };
                assert!(close, "{} {} {}: {found:?} {wanted}", case["data"], case["model"], metric.name);
            }
        }
    }
    assert_eq!(cases.len(), 9);
}

fn predict(model: &str, train: &Dataset, test: &Features) -> Outputs {
    match model {
        "linear" => Linear::default().fit(train).unwrap().predict(test).unwrap(),
        "ridge(l2=1)" => Ridge::default().fit(train).unwrap().predict(test).unwrap(),
        "logistic(l2=1)" => Logistic::default().fit(train).unwrap().predict(test).unwrap(),
        other => panic!("no model {other}"),
    }
}

/// A CSV file without quotes, blanks as NaN.
struct Table {
    columns: Vec<Vec<f64>>,
    target: Target,
}

impl Table {
    fn parse(text: &str, case: &Value) -> Table {
        let mut lines = text.lines();
        let header: Vec<&str> = lines.next().unwrap().split(',').collect();
        let rows: Vec<Vec<&str>> = lines.map(|line| line.split(',').collect()).collect();
        let wanted = |name: &str| match case["only"].as_array() {
            Some(only) => only.iter().any(|only| only == name),
            None => case["target"] != name,
        };
        let place = header.iter().position(|name| case["target"] == *name).unwrap();
        let columns = (0..header.len())
            .filter(|&column| wanted(header[column]))
            .map(|column| rows.iter().map(|row| row[column].parse().unwrap_or(f64::NAN)).collect())
            .collect();
        let target = match case["classes"].as_array() {
            None => Target::Numbers(rows.iter().map(|row| row[place].parse().unwrap()).collect()),
            Some(classes) => {
                let code = |name: &str| u32::try_from(classes.iter().position(|class| class == name).unwrap()).unwrap();
                Target::Classes { codes: rows.iter().map(|row| code(row[place])).collect(), count: classes.len() }
            }
        };
        Table { columns, target }
    }

    /// Both parts, blanks filled and columns standardised by what the training rows say.
    fn prepared(&self, train: &[u32], test: &[u32]) -> (Dataset, Dataset) {
        let (mut train_values, mut test_values) = (Vec::new(), Vec::new());
        for column in &self.columns {
            let known: Vec<f64> = train.iter().map(|&row| column[row as usize]).filter(|x| !x.is_nan()).collect();
            let mean = known.iter().sum::<f64>() / known.len() as f64;
            let filled = |row: &u32| if column[*row as usize].is_nan() { mean } else { column[*row as usize] };
            let variance = train.iter().map(|row| (filled(row) - mean).powi(2)).sum::<f64>() / train.len() as f64;
            let scaled = |row: &u32| (filled(row) - mean) / variance.sqrt();
            train_values.extend(train.iter().map(scaled));
            test_values.extend(test.iter().map(scaled));
        }
        (self.examples(train, train_values), self.examples(test, test_values))
    }

    fn examples(&self, rows: &[u32], values: Vec<f64>) -> Dataset {
        let names: Vec<String> = (0..self.columns.len()).map(|column| format!("x{column}")).collect();
        let target = match &self.target {
            Target::Numbers(numbers) => Target::Numbers(rows.iter().map(|&row| numbers[row as usize]).collect()),
            Target::Classes { codes, count } => {
                Target::Classes { codes: rows.iter().map(|&row| codes[row as usize]).collect(), count: *count }
            }
        };
        Dataset::new(Features::new(rows.len(), names.into(), values), target)
    }
}

/// The scores of scikit-learn are the mean of 20 forests, so that they vary less than those of one.
#[test]
fn isolation_scores_rank_rows_as_scikit_learn() {
    let document: Value = serde_json::from_str(text!("tests/oracles/numeric.json")).unwrap();
    let forest = &document["forest"];
    let columns: Vec<Vec<f64>> = forest["rows"].as_array().unwrap().iter().map(numbers).collect();
    let names: Vec<String> = (0..columns.len()).map(|index| format!("x{index}")).collect();
    let features = Features::new(columns[0].len(), names.into(), columns.concat());
    let model = IsolationForest { trees: 500, ..IsolationForest::default() };
    let scores = model.fit(&features, Key::new(0), &NoProgress).unwrap().scores(&features).unwrap();
    let wanted = numbers(&forest["scores"]);
    let worst = scores.iter().zip(&wanted).map(|(found, wanted)| (found - wanted).abs()).fold(0.0, f64::max);
    let (wanted, scores) = (Target::Numbers(wanted).into(), Outputs::Numbers(scores));
    let correlation = SPEARMAN.score(&Judged::new(&wanted, &scores)).unwrap();
    assert!(correlation > 0.99 && worst < 0.03, "{correlation} {worst}");
}
