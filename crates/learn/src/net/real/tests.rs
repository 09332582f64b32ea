//! Tests of RealMLP as a whole, and of its layers.

use super::layers::{Layers, Training};
use super::*;
use crate::data::{Categories, Column, Features, Outputs, Target};
use crate::threads::on_any_threads;
use pipewright_diagnostic::Progress;
use pipewright_tensor::{Program, interpret};
use pipewright_world::random::Key;
use std::sync::Mutex;

fn small() -> RealMlp {
    RealMlp { hidden: vec![16, 16], epochs: Some(20), batch: Some(32), ..RealMlp::default() }
}

/// A number in [−1, 1).
fn uniform(key: u64, place: usize) -> f64 {
    2.0 * Key::new(key).uniform(place as u64) - 1.0
}

fn names(count: usize) -> std::sync::Arc<[String]> {
    (0..count).map(|index| format!("c{index}")).collect()
}

fn categories(codes: Vec<u32>, levels: usize) -> Column {
    Column::Categories(Categories::new(codes.into(), (0..levels).map(|level| format!("level {level}")).collect()))
}

fn numbers(values: Vec<f64>) -> Column {
    Column::Dense(values.into())
}

/// Two numbers, one with missing values, and columns of two, five and twelve levels.
fn mixed(rows: usize) -> Features {
    let code = |salt: u64, count: u64| (0..rows as u64).map(|row| Key::new(salt).below(row, count) as u32).collect();
    let columns = vec![
        numbers((0..rows).map(|row| uniform(1, row)).collect()),
        numbers((0..rows).map(|row| if row % 7 == 3 { f64::NAN } else { 100.0 * uniform(2, row) }).collect()),
        categories(code(3, 2), 2),
        categories(code(4, 5), 5),
        categories(
            (0..rows as u64)
                .map(|row| if row % 11 == 5 { u32::MAX } else { Key::new(5).below(row, 12) as u32 })
                .collect(),
            12,
        ),
    ];
    Features::from_columns(rows, names(5), columns)
}

/// A number that depends on the first, third and fifth of these columns.
fn number_of(features: &Features) -> Target {
    let (a, b, c) = (features.column(0), features.column(2), features.column(4));
    let value = |row: usize| 3.0 * (2.0 * a[row]).sin() + 2.0 * b[row] + if c[row] > 5.0 { 1.0 } else { -1.0 };
    Target::Numbers((0..features.rows()).map(value).collect())
}

fn class_of(features: &Features, count: u32) -> Target {
    let Target::Numbers(values) = number_of(features) else { unreachable!("numbers") };
    let code = |value: &f64| ((value + 4.0).max(0.0) / 9.0 * f64::from(count)).min(f64::from(count) - 1.0) as u32;
    Target::Classes { codes: values.iter().map(code).collect(), count: count as usize }
}

fn layers(curve: Curve) -> Layers {
    Layers {
        numbers: 2,
        others: 1,
        tables: vec![3],
        table_width: 2,
        hidden: vec![5, 4],
        outputs: 3,
        curve,
        periodic: Some(Periodic { frequencies: 4, width: 2, deviation: 0.5 }),
        scaling: true,
        parametric: true,
    }
}

#[test]
fn gradients_are_those_of_finite_differences() {
    const ROWS: usize = 6;
    let rows: Vec<f64> =
        (0..ROWS).flat_map(|row| [uniform(2, row), uniform(3, row), uniform(4, row), (row % 3) as f64]).collect();
    let weights: Vec<f64> = (0..ROWS).map(|row| 0.5 + row as f64 / 5.0).collect();
    let cases = [(Curve::Mish, false, true), (Curve::Selu, true, false), (Curve::Selu, true, true)];
    for (curve, classes, weighted) in cases {
        let outputs = if classes { 3 } else { 1 };
        let layers = Layers { outputs, ..layers(curve) };
        let graph = layers.training(Training { classes, weighted, dropout: Some(7) });
        let count = layers.parameter_count().unwrap();
        assert_eq!(count, graph.graph.parameter_count());
        let parameters: Vec<f64> = (0..count).map(|place| 0.7 * uniform(1, place)).collect();
        let of_row = |row: usize| if row.is_multiple_of(2) { [0.8, 0.1, 0.1] } else { [0.0, 0.0, 1.0] };
        let target: Vec<f64> = (0..ROWS).flat_map(|row| of_row(row)[..outputs].to_vec()).collect();
        let mut inputs: Vec<&[f64]> = vec![&rows, &[3.0], &[0.2], &target];
        if weighted {
            inputs.push(&weights);
        }
        compare(&graph.graph, graph.loss, &graph.gradients, ROWS, &inputs, &parameters);
    }
}

fn compare(
    graph: &pipewright_tensor::Graph,
    loss: pipewright_tensor::Node,
    gradients: &[pipewright_tensor::Node],
    rows: usize,
    inputs: &[&[f64]],
    parameters: &[f64],
) {
    let values = interpret(graph, rows, inputs, parameters);
    let found: Vec<f64> = gradients.iter().flat_map(|&node| values.get(node)).copied().collect();
    assert!(found.iter().any(|gradient| gradient.abs() > 1e-3));
    for (place, found) in found.into_iter().enumerate() {
        let at = |step: f64| {
            let mut moved = parameters.to_vec();
            moved[place] += step;
            interpret(graph, rows, inputs, &moved).get(loss)[0]
        };
        let slope = (at(1e-5) - at(-1e-5)) / 2e-5;
        assert!((found - slope).abs() < 1e-7, "parameter {place}: {found} is not {slope}");
    }
}

#[test]
fn without_a_rate_training_computes_what_prediction_does() {
    let layers = layers(Curve::Mish);
    let training = layers.training(Training { classes: true, weighted: false, dropout: Some(1) });
    let plain = layers.training(Training { classes: true, weighted: false, dropout: None });
    let parameters: Vec<f64> = (0..layers.parameter_count().unwrap()).map(|place| uniform(9, place)).collect();
    let (rows, target) = ([0.3, -0.4, 1.0, 2.0], [0.0, 1.0, 0.0]);
    let loss = |rate: f64| {
        interpret(&training.graph, 1, &[&rows, &[5.0], &[rate], &target], &parameters).get(training.loss)[0]
    };
    let expected = interpret(&plain.graph, 1, &[&rows, &target], &parameters).get(plain.loss)[0];
    assert_eq!(loss(0.0), expected);
    assert_ne!(loss(0.5), expected);
    // The share of wrong labels ε costs (1 − ε)·loss(true) + ε·mean of all losses.
    let of = |target: [f64; 3]| interpret(&plain.graph, 1, &[&rows, &target], &parameters).get(plain.loss)[0];
    let mean = (of([1.0, 0.0, 0.0]) + of([0.0, 1.0, 0.0]) + of([0.0, 0.0, 1.0])) / 3.0;
    let smooth = of([0.1 / 3.0, 0.9 + 0.1 / 3.0, 0.1 / 3.0]);
    assert!((smooth - (0.9 * expected + 0.1 * mean)).abs() < 1e-12);
}

#[test]
fn the_start_has_unit_variance_on_the_rows() {
    let layers = Layers { tables: Vec::new(), ..layers(Curve::Selu) };
    let rows: Vec<f32> = (0..3000).map(|place| 5.0 * uniform(1, place) as f32 + 2.0).collect();
    let parameters = start::parameters(&layers, &rows, 1000, true, Key::new(1));
    let recorded = layers.prediction();
    let mut program = Program::<f32>::new(&recorded.graph, &recorded.sums, 1000);
    program.run(1000, &[&rows], &parameters);
    for layer in 0..3 {
        let width = [5, 4, 3][layer];
        for unit in 0..width {
            let values: Vec<f64> =
                program.output(layer).iter().skip(unit).step_by(width).map(|&value| f64::from(value)).collect();
            let mean = values.iter().sum::<f64>() / 1000.0;
            let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / 1000.0;
            assert!((variance - 1.0).abs() < 1e-3, "layer {layer}, unit {unit}: {variance}");
            // The bias is minus a mean of rows, so that some row of each unit is on either side of 0.
            assert!(values.iter().any(|value| *value > 0.0) && values.iter().any(|value| *value < 0.0));
        }
    }
}

#[test]
fn it_learns_numbers_and_classes_from_mixed_columns() {
    let features = mixed(600);
    let train = Dataset::new(features.clone(), number_of(&features));
    let model = small().fit(&train).unwrap();
    let Outputs::Numbers(found) = model.predict(&features).unwrap() else { panic!("numbers") };
    let Target::Numbers(values) = train.target() else { unreachable!("numbers") };
    let error = found.iter().zip(values).map(|(a, b)| (a - b).powi(2)).sum::<f64>() / 600.0;
    assert!(error < 0.3, "{error} of a variance of about 6");
    let (low, high) =
        values.iter().fold((f64::MAX, f64::MIN), |(low, high), value| (low.min(*value), high.max(*value)));
    assert!(found.iter().all(|value| (low..=high).contains(value)), "within the range of the target");

    for count in [2, 3] {
        let train = Dataset::new(features.clone(), class_of(&features, count));
        let model = small().fit(&train).unwrap();
        let outputs = model.predict(&features).unwrap();
        let Target::Classes { codes, .. } = train.target() else { unreachable!("classes") };
        let right = outputs.labels().iter().zip(codes).filter(|(a, b)| a == b).count();
        assert!(right > 510, "{right} of 600");
        assert!(outputs.values().chunks(count as usize).all(|row| (row.iter().sum::<f64>() - 1.0).abs() < 1e-9));
    }
}

#[test]
fn every_part_can_be_turned_off() {
    let features = mixed(200);
    let train = Dataset::new(features.clone(), number_of(&features));
    let base = RealMlp { epochs: Some(3), ..small() };
    let all = base.fit(&train).unwrap();
    let without: [RealMlp; 12] = [
        RealMlp { periodic: None, ..base.clone() },
        RealMlp { scaling: false, ..base.clone() },
        RealMlp { parametric: false, ..base.clone() },
        RealMlp { start_by_data: false, ..base.clone() },
        RealMlp { ntp: false, lr: Some(0.01), ..base.clone() },
        RealMlp { schedule: Schedule::Constant, ..base.clone() },
        RealMlp { dropout: 0.0, ..base.clone() },
        RealMlp { keep: Keep::Last, ..base.clone() },
        RealMlp { validation: 0.0, ..base.clone() },
        RealMlp { one_hot: 2, ..base.clone() },
        RealMlp { curve: Some(Curve::Relu), ..base.clone() },
        RealMlp { hidden: Vec::new(), ..base.clone() },
    ];
    for other in without {
        let model = other.fit(&train).unwrap();
        assert_ne!(model.predict(&features).unwrap(), all.predict(&features).unwrap(), "{other:?}");
    }
}

#[test]
fn levels_that_are_new_are_as_missing_ones() {
    let features = mixed(300);
    let model = small().fit(&Dataset::new(features.clone(), class_of(&features, 2))).unwrap();
    let with = |code: u32, level: &str| {
        let column = |levels: usize, code: u32| {
            let mut all: Vec<String> = (0..levels).map(|level| format!("level {level}")).collect();
            all.push(level.to_owned());
            Column::Categories(Categories::new(vec![code].into(), all.into()))
        };
        let known = |levels: usize| if code == Categories::MISSING { code } else { levels as u32 };
        let columns = vec![
            numbers(vec![0.1]),
            numbers(vec![f64::NAN]),
            column(2, known(2)),
            column(5, known(5)),
            column(12, known(12)),
        ];
        model.predict(&Features::from_columns(1, names(5), columns)).unwrap()
    };
    assert_eq!(with(0, "never seen"), with(Categories::MISSING, "never seen"));
    // Columns of another kind than in training are as missing ones too.
    let columns = vec![
        categories(vec![0], 1),
        categories(vec![0], 1),
        numbers(vec![1.0]),
        numbers(vec![2.0]),
        numbers(vec![3.0]),
    ];
    let outputs = model.predict(&Features::from_columns(1, names(5), columns)).unwrap();
    assert!(outputs.values().iter().all(|value| value.is_finite()));
}

#[test]
fn columns_that_say_nothing_change_nothing() {
    let rows = 120;
    let plain = mixed(rows).select(&[0, 2]);
    let target = class_of(&mixed(rows), 2);
    let columns = vec![
        plain.stored(0).clone(),
        numbers(vec![f64::NAN; rows]),
        plain.stored(1).clone(),
        numbers(vec![7.0; rows]),
        categories(vec![u32::MAX; rows], 3),
        categories(vec![1; rows], 3),
    ];
    let more = Features::from_columns(rows, names(6), columns);
    let of = |features: &Features| {
        small().fit(&Dataset::new(features.clone(), target.clone())).unwrap().predict(features).unwrap()
    };
    assert_eq!(of(&plain), of(&more));
    // Nothing but such columns: the shares of the classes.
    let none = more.select(&[1, 3, 4]);
    let outputs = of(&none);
    assert_eq!(outputs.values()[..2], outputs.values()[2..4]);
}

#[test]
fn few_rows_and_few_classes() {
    let features = mixed(1);
    let model = small().fit(&Dataset::new(features.clone(), Target::Numbers(vec![3.0]))).unwrap();
    assert_eq!(model.predict(&features).unwrap(), Outputs::Numbers(vec![3.0]));
    let features = mixed(40);
    let one = |count| Target::Classes { codes: vec![0; 40], count };
    let failure = small().fit(&Dataset::new(features.clone(), one(1))).unwrap_err();
    assert_eq!(failure.code, code::ONE_CLASS);
    let model = small().fit(&Dataset::new(features.clone(), one(2))).unwrap();
    assert!(model.predict(&features).unwrap().values().chunks(2).all(|row| row[0] > 0.8));
    let failure = small().fit(&Dataset::new(mixed(0), Target::Numbers(Vec::new()))).unwrap_err();
    assert_eq!(failure.code, code::EMPTY_DATA);
}

#[test]
fn columns_of_many_levels_are_learned() {
    let rows = 12_000_usize;
    let codes: Vec<u32> = (0..rows as u32).map(|row| row % 10_000).collect();
    let target = Target::Numbers(codes.iter().map(|code| f64::from(code % 2)).collect());
    let features = Features::from_columns(rows, names(1), vec![categories(codes, 10_000)]);
    let mlp = RealMlp { hidden: vec![8], epochs: Some(2), ..RealMlp::default() };
    let model = mlp.fit(&Dataset::new(features.clone(), target)).unwrap();
    assert!(model.predict(&features).unwrap().values().iter().all(|value| value.is_finite()));
    model.validate().unwrap();
}

#[test]
fn threads_do_not_change_the_bits() {
    let features = mixed(150);
    let train = Dataset::new(features.clone(), class_of(&features, 3));
    let mlp = RealMlp { members: 3, epochs: Some(4), ..small() };
    let model = on_any_threads(|| mlp.fit(&train).unwrap());
    assert_eq!(model.members().len(), 3);
    assert_ne!(model.members()[0], model.members()[1]);
}

#[test]
fn a_weight_is_a_repeated_row() {
    let features = mixed(60);
    let weights: Vec<f64> = (0..60).map(|row| f64::from(1 + row % 3)).collect();
    let repeated: Vec<u32> = (0..60_u32).flat_map(|row| vec![row; 1 + row as usize % 3]).collect();
    let train = Dataset::new(features.clone(), number_of(&features));
    // In one step per epoch, without anything that depends on the places of rows.
    let mlp =
        RealMlp { batch: Some(1000), epochs: Some(5), validation: 0.0, dropout: 0.0, start_by_data: false, ..small() };
    let twice = mlp.fit(&train.take(&repeated)).unwrap().predict(&features).unwrap();
    let weighted = mlp.fit(&train.clone().with_weights(weights).unwrap()).unwrap().predict(&features).unwrap();
    let plain = mlp.fit(&train).unwrap().predict(&features).unwrap();
    let distance =
        |a: &Outputs, b: &Outputs| a.values().iter().zip(b.values()).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    assert!(distance(&twice, &weighted) < 1e-3, "{}", distance(&twice, &weighted));
    assert!(distance(&twice, &plain) > 1e-2);
}

/// Remembers what is reported, and cancels after some reports.
#[derive(Default)]
struct Watching {
    reports: Mutex<Vec<(u64, u64)>>,
    stop_after: Option<usize>,
}

impl Progress for Watching {
    fn cancelled(&self) -> bool {
        self.stop_after.is_some_and(|most| self.reports.lock().expect("a lock").len() >= most)
    }

    fn report(&self, done: u64, total: u64) {
        self.reports.lock().expect("a lock").push((done, total));
    }
}

#[test]
fn every_epoch_is_reported_and_may_be_the_last() {
    let features = mixed(100);
    let train = Dataset::new(features.clone(), number_of(&features));
    let mlp = RealMlp { members: 2, epochs: Some(3), ..small() };
    let watching = Watching::default();
    mlp.fit_with(&train, &Fit::new().progress(&watching)).unwrap();
    let mut reports = watching.reports.into_inner().expect("a lock");
    reports.sort_unstable();
    assert_eq!(reports, (1..=6).map(|done| (done, 6)).collect::<Vec<_>>());

    let watching = Watching { stop_after: Some(1), ..Watching::default() };
    let failure = mlp.fit_with(&train, &Fit::new().progress(&watching)).unwrap_err();
    assert_eq!(failure.code, code::CANCELLED);
}

#[test]
fn the_best_epoch_is_kept() {
    let features = mixed(200);
    let train = Dataset::new(features.clone(), class_of(&features, 2));
    let apart = Dataset::new(mixed(250), class_of(&mixed(250), 2)).take(&(200..250).collect::<Vec<u32>>());
    let mlp = RealMlp { keep: Keep::Errors, label_smoothing: 0.1, ..small() };
    let model = mlp.fit_with(&train, &Fit::new().validation(&apart)).unwrap();
    let [member] = model.members() else { panic!("one member") };
    let errors: Vec<f64> = member.history.iter().map(|score| score.validation_errors.unwrap()).collect();
    let least = errors.iter().copied().fold(f64::INFINITY, f64::min);
    assert_eq!(errors.len(), 20);
    assert_eq!(member.epoch, 1 + errors.iter().rposition(|error| *error == least).unwrap());
    // Its outputs are those of that epoch.
    let outputs = model.predict(&apart.features).unwrap().labels();
    let Target::Classes { codes, .. } = apart.target() else { unreachable!("classes") };
    let wrong = outputs.iter().zip(codes).filter(|(a, b)| a != b).count();
    assert_eq!(wrong as f64 / 50.0, least);
    let last = RealMlp { keep: Keep::Last, ..small() }.fit(&train).unwrap();
    assert_eq!(last.members()[0].epoch, 20);
}

#[test]
fn early_stopping_ends_after_epochs_without_progress_and_keeps_the_best() {
    let features = mixed(200);
    // The target of the validation rows is the opposite: sooner or later, learning makes it worse.
    let train = Dataset::new(features.clone(), class_of(&features, 2));
    let Target::Classes { codes, count } = train.target().clone() else { unreachable!("classes") };
    let opposite = Target::Classes { codes: codes.iter().map(|code| 1 - code).collect(), count };
    let apart = Dataset::new(features, opposite);
    let all = RealMlp { epochs: Some(30), ..small() };
    let fit = Fit::new().validation(&apart).seed(2);
    let whole = all.fit_with(&train, &fit).unwrap();
    let stopped = RealMlp { early_stop: Some(4), ..all }.fit_with(&train, &fit).unwrap();
    let ([whole], [stopped]) = (whole.members(), stopped.members()) else { panic!("one member each") };
    let losses: Vec<f64> = stopped.history.iter().map(|score| score.validation_loss.unwrap()).collect();
    let best = (0..losses.len()).rev().min_by(|&a, &b| losses[a].total_cmp(&losses[b])).unwrap();
    assert_eq!(stopped.epoch, best + 1);
    assert_eq!(losses.len(), best + 5, "four epochs of patience after the best: {losses:?}");
    assert!(losses.len() < 30);
    assert_eq!(stopped.history, whole.history[..losses.len()], "the epochs are those of a whole training");
}

#[test]
fn a_training_that_diverges_says_so() {
    let features = mixed(100);
    let train = Dataset::new(features.clone(), number_of(&features));
    let failure = RealMlp { lr: Some(1e30), ..small() }.fit(&train).unwrap_err();
    assert_eq!(failure.code, code::DIVERGED);
}

#[test]
fn validation_rows_of_another_kind_are_refused() {
    let features = mixed(60);
    let train = Dataset::new(features.clone(), class_of(&features, 2));
    let code_with = |other: Dataset| small().fit_with(&train, &Fit::new().validation(&other)).unwrap_err().code;
    assert_eq!(code_with(Dataset::new(features.clone(), number_of(&features))), code::WRONG_TASK);
    assert_eq!(code_with(Dataset::new(features.clone(), class_of(&features, 3))), code::WRONG_TASK);
    let narrow = features.select(&[0, 1]);
    assert_eq!(code_with(Dataset::new(narrow, class_of(&features, 2))), code::WRONG_WIDTH);
}

#[test]
fn settings_out_of_range_are_refused() {
    let train = Dataset::new(mixed(10), number_of(&mixed(10)));
    let wrong: [RealMlp; 8] = [
        RealMlp { dropout: 1.0, ..small() },
        RealMlp { label_smoothing: -0.1, ..small() },
        RealMlp { validation: 0.7, ..small() },
        RealMlp { members: 0, ..small() },
        RealMlp { lr: Some(f64::NAN), ..small() },
        RealMlp { hidden: vec![0], ..small() },
        RealMlp { schedule: Schedule::Step { every: 0.0, gamma: 0.1 }, ..small() },
        RealMlp { level_width: 0, ..small() },
    ];
    for mlp in wrong {
        assert_eq!(mlp.fit(&train).unwrap_err().code, code::BAD_VALUE, "{mlp:?}");
    }
}

#[test]
fn a_model_survives_its_file_and_damage_is_found() {
    let features = mixed(80);
    let train = Dataset::new(features.clone(), class_of(&features, 3));
    let model = RealMlp { hidden: vec![3], epochs: Some(2), ..small() }.fit(&train).unwrap();
    let text = serde_json::to_value(&model).unwrap();
    let back: RealMlpModel = serde_json::from_value(text.clone()).unwrap();
    assert_eq!(back, model);
    // Any number replaced by any other: an error, or a model that predicts without a panic.
    let mut paths = Vec::new();
    list(&text, &mut String::new(), &mut paths);
    let mut refused = 0;
    for path in paths.iter().filter(|path| !path.contains("/parameters/") || path.ends_with("/0")) {
        for value in ["-1", "0", "7", "1e300", "18446744073709551615", "null", "\"x\"", "[]"] {
            let mut damaged = text.clone();
            *damaged.pointer_mut(path).unwrap() = serde_json::from_str(value).unwrap();
            match serde_json::from_value::<RealMlpModel>(damaged) {
                Ok(model) if model.validate().is_ok() && model.inputs() == 5 => {
                    assert_eq!(model.outputs(&features).rows(), 80, "{path} = {value}");
                }
                _ => refused += 1,
            }
        }
    }
    assert!(refused > 100, "{refused}");
}

/// The paths of all values that are not objects or lists of lists.
fn list(value: &serde_json::Value, path: &mut String, into: &mut Vec<String>) {
    let length = path.len();
    let mut enter = |name: String, value: &serde_json::Value, path: &mut String| {
        path.push('/');
        path.push_str(&name);
        list(value, path, into);
        path.truncate(length);
    };
    match value {
        serde_json::Value::Object(fields) => {
            for (name, value) in fields {
                enter(name.clone(), value, path);
            }
        }
        serde_json::Value::Array(values) => {
            for (index, value) in values.iter().enumerate() {
                enter(index.to_string(), value, path);
            }
        }
        _ => into.push(path.clone()),
    }
    if !path.is_empty() && !matches!(value, serde_json::Value::Object(_)) && !into.contains(path) {
        into.push(path.clone());
    }
}
