//! What training promises: it learns, it resumes, it stops where it must, and it has the same bits every time.

use super::*;
use crate::data::{Features, Outputs, Target};
use crate::learner::{Model, NoProgress, Progress};
use crate::threads::on_any_threads;
use pipewright_diagnostic::{Severity, code};
use pipewright_world::random::Key;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// `rows` × `columns` numbers in [-1, 1).
pub(super) fn features(rows: usize, columns: usize, seed: u64) -> Features {
    let key = Key::new(seed);
    let values = (0..rows * columns).map(|position| 2.0 * key.uniform(position as u64) - 1.0).collect();
    Features::new(rows, (0..columns).map(|column| format!("x{column}")).collect(), values)
}

/// Whether the product of the first two columns is positive: no linear model knows.
pub(super) fn signs(rows: usize) -> Dataset {
    signs_among(rows, 4)
}

pub(super) fn signs_among(rows: usize, columns: usize) -> Dataset {
    let features = features(rows, columns, 7);
    let codes = features.column(0).iter().zip(features.column(1)).map(|(a, b)| u32::from(a * b > 0.0)).collect();
    Dataset::new(features, Target::Classes { codes, count: 2 })
}

/// Which of three sectors of the plane.
pub(super) fn sectors(rows: usize) -> Dataset {
    let features = features(rows, 2, 8);
    let sector = |(y, x): (&f64, &f64)| ((y.atan2(*x) / std::f64::consts::TAU + 0.5) * 3.0).min(2.0) as u32;
    let codes = features.column(0).iter().zip(features.column(1)).map(sector).collect();
    Dataset::new(features, Target::Classes { codes, count: 3 })
}

/// 1000 + 50·(a² + b), far from the range in which a fresh network's outputs lie.
pub(super) fn parabola(rows: usize) -> Dataset {
    let features = features(rows, 2, 9);
    let target = features.column(0).iter().zip(features.column(1)).map(|(a, b)| 1000.0 + 50.0 * (a * a + b)).collect();
    Dataset::new(features, Target::Numbers(target))
}

pub(super) fn accuracy(model: &NetworkModel, examples: &Dataset) -> f64 {
    let predicted = model.predict(&examples.features).unwrap();
    crate::metric::ACCURACY.score(&crate::Judged::new(&examples.labels, &predicted)).unwrap()
}

pub(super) fn small(epochs: usize) -> Network {
    Network {
        hidden: vec![32, 16],
        training: Training { epochs, optimizer: OptimizerConfig::default().with_lr(0.01), ..Training::default() },
        ..Network::default()
    }
}

pub(super) fn bits(model: &NetworkModel) -> Vec<u32> {
    model.layers().iter().flat_map(|layer| layer.kernel.iter().chain(&layer.bias)).map(|w| w.to_bits()).collect()
}

#[test]
fn two_classes_are_learned_with_every_activation_and_optimiser() {
    let examples = signs(1000);
    let optimizers = [
        OptimizerConfig::Sgd(Sgd { lr: 0.1, momentum: 0.9, ..Sgd::default() }),
        OptimizerConfig::RmsProp(RmsProp { lr: 0.005, ..RmsProp::default() }),
        OptimizerConfig::Adam(Adam { lr: 0.01, ..Adam::default() }),
        OptimizerConfig::AdamW(AdamW { adam: Adam { lr: 0.01, ..Adam::default() }, weight_decay: 0.01 }),
    ];
    for optimizer in optimizers {
        for activation in [Activation::Relu, Activation::Tanh] {
            let network = Network { activation, training: Training { optimizer, ..small(40).training }, ..small(40) };
            let model = network.fit_with(&examples, &Fit::new().seed(1)).unwrap();
            let accuracy = accuracy(&model, &examples);
            assert!(accuracy > 0.95, "{optimizer:?} {activation:?}: {accuracy}");
        }
    }
    let linear = Network { activation: Activation::None, ..small(20) };
    let model = linear.fit_with(&examples, &Fit::new().seed(1)).unwrap();
    assert!(accuracy(&model, &examples) < 0.65, "a linear network cannot know");
}

#[test]
fn classes_and_numbers_are_learned() {
    let examples = sectors(900);
    let model = Network { outputs: 3, ..small(40) }.fit_with(&examples, &Fit::new().seed(2)).unwrap();
    assert!(accuracy(&model, &examples) > 0.95, "{}", accuracy(&model, &examples));
    let Outputs::Probabilities { values, classes: 3 } = model.predict(&examples.features).unwrap() else {
        panic!("three classes")
    };
    assert!(values.chunks(3).all(|row| (row.iter().sum::<f64>() - 1.0).abs() < 1e-12));

    let two = Network {
        outputs: 2,
        training: Training { loss: Some(Loss::MeanSquaredError), ..small(40).training },
        ..small(40)
    };
    let examples = signs(1000);
    assert!(accuracy(&two.fit_with(&examples, &Fit::new().seed(2)).unwrap(), &examples) > 0.95);

    let examples = parabola(1000);
    let model = small(40).fit_with(&examples, &Fit::new().seed(3)).unwrap();
    let (Outputs::Numbers(found), Target::Numbers(truth)) =
        (model.predict(&examples.features).unwrap(), examples.target())
    else {
        panic!("numbers")
    };
    let error = found.iter().zip(truth).map(|(f, t)| (f - t) * (f - t)).sum::<f64>() / 1000.0;
    assert!(error < 25.0, "of a variance of about 1000, {error} is left");
}

#[test]
fn a_constant_target_is_predicted_exactly_enough() {
    let examples = Dataset::new(features(50, 3, 1), Target::Numbers(vec![7.0; 50]));
    let model = small(30).fit(&examples).unwrap();
    let Outputs::Numbers(found) = model.predict(&examples.features).unwrap() else { panic!("numbers") };
    assert!(found.iter().all(|value| (value - 7.0).abs() < 0.3), "{found:?}");
}

#[test]
fn training_has_the_same_bits_every_time() {
    let examples = signs(3000);
    let fit = |key: u64| bits(&small(3).fit_with(&examples, &Fit::new().seed(key)).unwrap());
    assert_eq!(fit(4), fit(4));
    assert_ne!(fit(4), fit(5), "the key decides");
}

/// More rows than a block of prediction has; and products that are cut for idle threads, which those of 1024 rows
/// through a layer of 256 are.
#[test]
fn any_number_of_threads_trains_and_predicts_the_same() {
    for (hidden, examples) in [(vec![64, 32], signs(2500)), (vec![256, 256, 256], signs_among(1100, 256))] {
        let features = &examples.features;
        let rows: Vec<f32> = features.to_column_major().into_iter().map(|value| value as f32).collect();
        for batch in [32, 256, 1024] {
            let network =
                Network { hidden: hidden.clone(), training: Training { batch, ..small(1).training }, ..small(1) };
            on_any_threads(|| {
                let model = network.fit_with(&examples, &Fit::new().seed(4)).unwrap();
                let Outputs::Probabilities { values, .. } = model.predict(features).unwrap() else {
                    panic!("probabilities")
                };
                let of_rows: Vec<u32> = model.predict_rows(&rows).into_iter().map(f32::to_bits).collect();
                (bits(&model), values.into_iter().map(f64::to_bits).collect::<Vec<u64>>(), of_rows)
            });
        }
    }
}

#[test]
fn resuming_equals_never_having_stopped() {
    let (train, validation) = (signs(333), signs(100));
    for optimizer in [
        OptimizerConfig::Sgd(Sgd { momentum: 0.9, ..Sgd::default() }),
        OptimizerConfig::RmsProp(RmsProp::default()),
        OptimizerConfig::Adam(Adam::default()),
    ] {
        let training = Training { optimizer, early_stop: Some(20), ..small(7).training };
        let network = Network { dropout: 0.2, training, ..small(7) };
        let key = Key::new(6);
        let whole = network.fit_with(&train, &Fit::new().validation(&validation).key(key)).unwrap();
        for stop in [0, 1, 4, 7] {
            let mut first = Trainer::start(&network, &train, Some((&validation).into()), key).unwrap();
            for _ in 0..stop {
                first.epoch(&NoProgress).unwrap();
            }
            let saved = serde_json::to_string(&first.checkpoint()).unwrap();
            let checkpoint = serde_json::from_str(&saved).unwrap();
            let mut second = Trainer::resume(&network, &train, Some((&validation).into()), key, checkpoint).unwrap();
            while !second.is_done() {
                second.epoch(&NoProgress).unwrap();
            }
            assert_eq!(bits(&second.finish()), bits(&whole), "stopped after epoch {stop}");
        }
    }
}

#[test]
fn a_checkpoint_of_another_network_is_refused() {
    let examples = signs(50);
    let checkpoint = Trainer::start(&small(1), &examples, None, Key::new(0)).unwrap().checkpoint();
    let other = Network { hidden: vec![3], ..small(1) };
    let failure = Trainer::resume(&other, &examples, None, Key::new(0), checkpoint).unwrap_err();
    assert_eq!(failure.code, code::BAD_BUNDLE);
}

#[test]
fn early_stop_takes_the_best_weights_and_looks_at_validation_only_then() {
    // The validation target is the opposite of what training teaches: every epoch makes it worse.
    let train = signs(400);
    let Target::Classes { codes, count } = train.target().clone() else { panic!("classes") };
    let opposite = Target::Classes { codes: codes.iter().map(|code| 1 - code).collect(), count };
    let validation = Dataset::new(train.features.clone(), opposite);
    let network = Network { training: Training { early_stop: Some(3), ..small(100).training }, ..small(100) };
    let mut trainer = Trainer::start(&network, &train, Some((&validation).into()), Key::new(1)).unwrap();
    let mut losses = Vec::new();
    while !trainer.is_done() {
        losses.push(trainer.epoch(&NoProgress).unwrap().validation_loss.expect("validation rows"));
    }
    let best = (0..losses.len()).min_by(|&a, &b| losses[a].total_cmp(&losses[b])).unwrap();
    assert_eq!(losses.len(), best + 4, "three epochs of patience after the best: {losses:?}");
    let short = Network {
        training: Training { early_stop: None, epochs: best + 1, ..network.training.clone() },
        ..network.clone()
    };
    let expected = short.fit_with(&train, &Fit::new().validation(&validation).seed(1)).unwrap();
    assert_eq!(bits(&trainer.finish()), bits(&expected), "the weights after the best epoch");
    let blind = short.fit_with(&train, &Fit::new().seed(1)).unwrap();
    assert_eq!(bits(&blind), bits(&expected), "without early stop validation is not looked at");
}

/// Watches and writes down; cancels after some looks.
#[derive(Default)]
struct Recorder {
    progress: Mutex<Vec<(u64, u64)>>,
    notices: Mutex<Vec<Failure>>,
    looks: AtomicUsize,
    looks_max: Option<usize>,
}

impl Progress for Recorder {
    fn cancelled(&self) -> bool {
        let looks = self.looks.fetch_add(1, Ordering::Relaxed);
        self.looks_max.is_some_and(|most| looks >= most)
    }

    fn report(&self, done: u64, total: u64) {
        self.progress.lock().unwrap().push((done, total));
    }

    fn notice(&self, notice: Failure) {
        self.notices.lock().unwrap().push(notice);
    }
}

#[test]
fn training_tells_of_progress_and_can_be_cancelled() {
    let progress = Recorder::default();
    small(3).fit_with(&signs(100), &Fit::new().seed(0).progress(&progress)).unwrap();
    assert_eq!(*progress.progress.lock().unwrap(), [(1, 3), (2, 3), (3, 3)]);
    assert!(progress.notices.lock().unwrap().is_empty());

    let progress = Recorder { looks_max: Some(2), ..Recorder::default() };
    let failure = small(1000).fit_with(&signs(100), &Fit::new().seed(0).progress(&progress)).unwrap_err();
    assert_eq!(failure.code, code::CANCELLED);
    assert!(progress.progress.lock().unwrap().len() <= 2);
}

#[test]
fn divergence_stops_at_once_and_says_where() {
    let mut examples = parabola(200);
    let huge: Vec<f64> = examples.features.to_column_major().iter().map(|value| value * 1e30).collect();
    examples.features = Features::new(200, examples.features.names().clone(), huge);
    let optimizer = OptimizerConfig::Sgd(Sgd { lr: 1e9, ..Sgd::default() });
    let failure =
        Network { training: Training { optimizer, ..small(5).training }, ..small(5) }.fit(&examples).unwrap_err();
    assert_eq!(failure.code, code::DIVERGED);
    assert!(failure.message.contains("epoch 1, step "), "{failure}");
    assert!(failure.help[0].contains("smaller `lr`"), "{:?}", failure.help);
}

#[test]
fn unscaled_columns_are_named_once() {
    let key = Key::new(1);
    let rows = 100;
    let mut values: Vec<f64> = (0..rows).map(|row| 1e6 + 10.0 * key.uniform(row)).collect();
    values.extend((0..rows).map(|row| key.uniform(1000 + row)));
    values.extend(vec![5.0; rows as usize]);
    // A rare level is no small scale.
    values.extend((0..rows).map(|row| f64::from(u8::from(row == 3))));
    let names: std::sync::Arc<[String]> = ["income", "share", "constant", "rare"].map(String::from).into();
    let examples = |values: Vec<f64>, names: std::sync::Arc<[String]>| {
        Dataset::new(
            Features::new(rows as usize, names, values),
            Target::Numbers((0..rows).map(|r| r as f64).collect()),
        )
    };
    let progress = Recorder::default();
    small(2).fit_with(&examples(values.clone(), names.clone()), &Fit::new().progress(&progress)).unwrap();
    let notices = progress.notices.lock().unwrap();
    assert_eq!(notices.len(), 1);
    assert_eq!((notices[0].code, notices[0].severity), (code::UNSCALED_NETWORK, Severity::Warning));
    assert!(notices[0].message.contains("`income`") && notices[0].message.contains("`share`"), "{}", notices[0]);

    let progress = Recorder::default();
    let tail = values[rows as usize..].to_vec();
    small(1).fit_with(&examples(tail, names[1..].into()), &Fit::new().progress(&progress)).unwrap();
    assert!(progress.notices.lock().unwrap().is_empty());
}

#[test]
fn widths_and_losses_that_do_not_fit_are_refused() {
    let failure = |network: Network, examples: &Dataset| network.fit(examples).unwrap_err();
    let wrong = failure(small(1), &sectors(30));
    assert_eq!(wrong.code, code::WRONG_WIDTH);
    assert_eq!(wrong.message, "the network has 1 output, the target needs 3 (one per class)");
    assert_eq!(failure(Network { outputs: 2, ..small(1) }, &parabola(30)).code, code::WRONG_WIDTH);
    let bce = Network { training: Training { loss: Some(Loss::BinaryCrossEntropy), ..small(1).training }, ..small(1) };
    assert_eq!(failure(bce, &parabola(30)).code, code::WRONG_TASK);
    assert_eq!(failure(small(1), &Dataset::new(features(0, 2, 0), Target::Numbers(vec![]))).code, code::EMPTY_DATA);
    let one_class = Dataset::new(features(2, 2, 0), Target::Classes { codes: vec![0, 0], count: 1 });
    assert_eq!(failure(small(1), &one_class).code, code::ONE_CLASS);
    assert_eq!(natural_outputs(sectors(5).target()), 3);
    assert_eq!(natural_outputs(signs(5).target()), 1);
}

#[test]
fn a_model_survives_saving_and_damage_is_named() {
    let examples = sectors(100);
    let model = Network { outputs: 3, ..small(2) }.fit(&examples).unwrap();
    assert_eq!(model.validate(), Ok(()));
    assert_eq!(model.inputs(), 2);
    let saved = serde_json::to_string(&model).unwrap();
    let loaded: NetworkModel = serde_json::from_str(&saved).unwrap();
    assert_eq!(loaded.predict(&examples.features), model.predict(&examples.features));

    let mut value: serde_json::Value = serde_json::from_str(&saved).unwrap();
    for (path, damage) in [
        ("/layers/0/inputs", serde_json::json!(3)),
        ("/layers/0/outputs", serde_json::json!(usize::MAX)),
        ("/layers/1/inputs", serde_json::json!(31)),
        ("/layers/2/bias", serde_json::json!("7f80000000000000000000000")),
        ("/layers/2/bias", serde_json::json!("7f8000000000000000000000")),
        ("/layers", serde_json::json!([])),
        ("/head", serde_json::json!("binary")),
        ("/head", serde_json::json!({"classes": {"count": 0}})),
    ] {
        let kept = value.pointer(path).unwrap().clone();
        *value.pointer_mut(path).unwrap() = damage.clone();
        let verdict = serde_json::from_value::<NetworkModel>(value.clone()).map(|model| model.validate());
        assert!(!matches!(verdict, Ok(Ok(()))), "{path} = {damage}");
        *value.pointer_mut(path).unwrap() = kept;
    }
}

#[test]
fn predictions_of_no_rows_and_of_one_row_are_well_formed() {
    let model = Network { outputs: 3, ..small(1) }.fit(&sectors(40)).unwrap();
    for rows in [0, 1] {
        let outputs = model.predict(&features(rows, 2, 0)).unwrap();
        assert_eq!(outputs.rows(), rows);
    }
}

#[test]
fn inputs_outside_memory_teach_the_same() {
    let (train, validation) = (parabola(300), parabola(100));
    let spill = |examples: &Dataset| {
        let features = &examples.features;
        let content = std::sync::Arc::new(OnDisk::row_major(features));
        OnDisk::new(features.names().clone(), content, examples.labels.clone(), crate::Scales::of(features))
    };
    let network = Network { training: Training { early_stop: Some(2), epochs: 6, ..small(1).training }, ..small(1) };
    let inside = network.fit_with(&train, &Fit::new().validation(&validation).seed(4)).unwrap();
    let outside = network.fit_on_disk(&spill(&train), &Fit::new().validation(&spill(&validation)).seed(4)).unwrap();
    assert_eq!(bits(&inside), bits(&outside));
}

#[test]
fn rows_of_single_precision_are_predicted_as_features_are() {
    for (examples, outputs) in [(signs(3000), 1), (sectors(200), 3), (parabola(200), 1)] {
        let model = Network { outputs, ..small(1) }.fit_with(&examples, &Fit::new().seed(1)).unwrap();
        let features = &examples.features;
        let row = |row: usize| (0..features.columns()).map(move |column| features.column(column)[row] as f32);
        let found = model.predict_rows(&(0..features.rows()).flat_map(row).collect::<Vec<f32>>());
        let expected: Vec<f64> = match model.predict(features).unwrap() {
            Outputs::Numbers(numbers) => numbers,
            Outputs::Probabilities { values, classes: 2 } => values.chunks(2).map(|pair| pair[1]).collect(),
            Outputs::Probabilities { values, .. } => values,
        };
        assert_eq!(found.len(), expected.len());
        for (found, expected) in found.into_iter().zip(expected) {
            assert!((f64::from(found) - expected).abs() <= 1e-6 * expected.abs().max(1.0), "{found} {expected}");
        }
    }
}
