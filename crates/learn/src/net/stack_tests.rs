//! Stacks of layers train, resume, predict and are saved as plain networks are.

use super::descent::Descent;
use super::layer::{BatchNorm, Branches, Dense, Dropout, Glu, Layer, LayerNorm, Residual};
use super::tests::{parabola, sectors, signs, small};
use super::*;
use crate::data::{Outputs, Target};
use crate::learner::NoProgress;
use crate::metric::{ACCURACY, Judged};
use crate::threads::on_any_threads;
use pipewright_diagnostic::code;
use pipewright_world::random::Key;

fn dense(units: usize) -> Layer {
    Layer::Dense(Dense { units })
}

/// A stack with a layer of each kind.
fn every_kind(outputs: usize, epochs: usize) -> Stack {
    let activation = |activation| Layer::Activation(activation);
    let inner = vec![dense(24), activation(Activation::Silu), dense(32)];
    let branches = vec![vec![dense(8), Layer::BatchNorm(BatchNorm::default())], Vec::new()];
    let layers = vec![
        dense(32),
        Layer::BatchNorm(BatchNorm::default()),
        activation(Activation::Relu),
        Layer::Residual(Residual { layers: inner }),
        Layer::LayerNorm(LayerNorm::default()),
        Layer::Branches(Branches { branches }),
        Layer::Dropout(Dropout { rate: 0.05 }),
        Layer::Glu(Glu {}),
    ];
    Stack { layers, outputs, training: Training { epochs, ..small(epochs).training } }
}

fn bits(model: &StackModel) -> Vec<u32> {
    model.weights().iter().map(|weight| weight.to_bits()).collect()
}

#[test]
fn a_stack_of_dense_layers_is_the_plain_network() {
    let train = signs(300);
    let layers = vec![dense(32), Layer::Activation(Activation::Relu), dense(16), Layer::Activation(Activation::Relu)];
    let stack = Stack { layers, outputs: 1, training: small(5).training };
    let fit = Fit::new().seed(8);
    let (stack, network) = (stack.fit_with(&train, &fit).unwrap(), small(5).fit_with(&train, &fit).unwrap());
    assert_eq!(bits(&stack), super::tests::bits(&network));
    assert_eq!(stack.predict(&train.features), network.predict(&train.features));
}

#[test]
fn stacks_learn_numbers_and_classes() {
    for (train, outputs) in [(signs(1000), 1), (sectors(1000), 3)] {
        let model = every_kind(outputs, 30).fit_with(&train, &Fit::new().seed(1)).unwrap();
        let predicted = model.predict(&train.features).unwrap();
        let accuracy = ACCURACY.score(&Judged::new(&train.labels, &predicted)).unwrap();
        assert!(accuracy > 0.93, "{outputs} outputs: {accuracy}");
    }
    let train = parabola(1000);
    let model = every_kind(1, 40).fit_with(&train, &Fit::new().seed(1)).unwrap();
    let (Outputs::Numbers(found), Target::Numbers(truth)) = (model.predict(&train.features).unwrap(), train.target())
    else {
        panic!("numbers")
    };
    let error = found.iter().zip(truth).map(|(f, t)| (f - t) * (f - t)).sum::<f64>() / 1000.0;
    assert!(error < 100.0, "of a variance of about 1000, {error} is left");
}

#[test]
fn stacks_have_the_same_bits_on_any_number_of_threads_and_resume() {
    let (train, validation) = (signs(700), signs(100));
    let mut stack = every_kind(1, 5);
    stack.layers.insert(0, dense(256));
    stack.training = Training { early_stop: Some(9), ema: Some(0.8), batch: 128, ..stack.training };
    let fit = Fit::new().validation(&validation).seed(5);
    let whole = on_any_threads(|| {
        let model = stack.fit_with(&train, &fit).unwrap();
        let Outputs::Probabilities { values, .. } = model.predict(&train.features).unwrap() else { panic!("classes") };
        (bits(&model), values.into_iter().map(f64::to_bits).collect::<Vec<u64>>())
    });
    let start = || {
        let rows = ((&train).into(), Some((&validation).into()));
        Descent::start(stack.all_layers(), 1, &stack.training, rows, Key::new(5)).unwrap()
    };
    for stop in [0, 2] {
        let mut first = start();
        for _ in 0..stop {
            first.epoch(&NoProgress).unwrap();
        }
        let saved = serde_json::to_string(first.state()).unwrap();
        let mut second = start();
        second.resume(serde_json::from_str(&saved).unwrap()).unwrap();
        while !second.is_done() {
            second.epoch(&NoProgress).unwrap();
        }
        assert_eq!(bits(&StackModel::new(second.finish())), whole.0, "stopped after epoch {stop}");
    }
}

#[test]
fn predictions_of_a_row_do_not_depend_on_the_others() {
    let train = signs(200);
    let model = every_kind(1, 3).fit(&train).unwrap();
    let all = model.predict(&train.features).unwrap();
    for row in [0, 57] {
        let alone = model.predict(&train.take(&[row]).features).unwrap();
        let (alone, among) = (alone.values()[1], all.values()[2 * row as usize + 1]);
        assert!((alone - among).abs() < 1e-6, "row {row}: {alone} {among}");
    }
    assert_eq!(model.predict(&train.take(&[]).features).unwrap().rows(), 0);
}

#[test]
fn a_stack_survives_saving_and_damage_is_named() {
    let train = sectors(100);
    let model = every_kind(3, 2).fit(&train).unwrap();
    assert_eq!(model.validate(), Ok(()));
    let saved = serde_json::to_string(&model).unwrap();
    let loaded: StackModel = serde_json::from_str(&saved).unwrap();
    assert_eq!(loaded.predict(&train.features), model.predict(&train.features));
    let mut value: serde_json::Value = serde_json::from_str(&saved).unwrap();
    for (path, damage) in [
        ("/inputs", serde_json::json!(3)),
        ("/inputs", serde_json::json!(0)),
        ("/layers/0/dense/units", serde_json::json!(31)),
        ("/layers/0/dense/units", serde_json::json!(usize::MAX)),
        ("/layers/1/batch_norm/epsilon", serde_json::json!(-1.0)),
        ("/layers/5/branches/branches", serde_json::json!([])),
        ("/layers/6/dropout/rate", serde_json::json!(1.0)),
        ("/layers", serde_json::json!([])),
        ("/weights/3", serde_json::json!(null)),
        ("/head", serde_json::json!("binary")),
    ] {
        let kept = value.pointer(path).unwrap().clone();
        *value.pointer_mut(path).unwrap() = damage.clone();
        let verdict = serde_json::from_value::<StackModel>(value.clone()).map(|model| model.validate());
        assert!(!matches!(verdict, Ok(Ok(()))), "{path} = {damage}");
        *value.pointer_mut(path).unwrap() = kept;
    }
    // The last weight is a running variance.
    let last = format!("/weights/{}", model.weights().len() - 1);
    *value.pointer_mut(&last).unwrap() = serde_json::json!(-0.5);
    assert!(serde_json::from_value::<StackModel>(value).unwrap().validate().is_err());
}

#[test]
fn layers_that_do_not_fit_are_refused_before_training() {
    let code_of = |layers: Vec<Layer>| {
        Stack { layers, outputs: 1, training: Training::default() }.fit(&signs(20)).unwrap_err().code
    };
    assert_eq!(code_of(vec![dense(7), Layer::Glu(Glu {})]), code::WRONG_WIDTH);
    assert_eq!(code_of(vec![Layer::Residual(Residual { layers: vec![dense(3)] })]), code::WRONG_WIDTH);
    assert_eq!(code_of(vec![dense(0)]), code::BAD_VALUE);
    let nested = Layer::Residual(Residual { layers: vec![Layer::Dropout(Dropout { rate: 2.0 })] });
    assert_eq!(code_of(vec![nested]), code::BAD_VALUE);
    // The memory is asked for, not taken.
    assert_eq!(code_of(vec![dense(1 << 40), dense(1 << 40)]), code::LIMIT_REACHED);
}

#[test]
fn one_row_and_batches_of_one_row_are_trained_on() {
    let train = parabola(5);
    let mut stack = every_kind(1, 3);
    stack.training.batch = 1;
    for rows in [train.take(&[0]), train] {
        let model = stack.fit(&rows).unwrap();
        assert!(model.predict(&rows.features).unwrap().values().iter().all(|value| value.is_finite()));
    }
}
