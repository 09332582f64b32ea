//! Tests of the optimisers.

use super::*;

/// Two steps of each, worked by hand in double precision from the formulas above.
#[test]
fn steps_follow_the_formulas() {
    let gradients = [0.5_f64, -0.25];
    let cases = [
        OptimizerConfig::Sgd(Sgd { lr: 0.1, momentum: 0.9, nesterov: false, weight_decay: 0.1 }),
        OptimizerConfig::Sgd(Sgd { lr: 0.1, momentum: 0.9, nesterov: true, weight_decay: 0.0 }),
        OptimizerConfig::RmsProp(RmsProp { lr: 0.1, ..RmsProp::default() }),
        OptimizerConfig::Adam(Adam { lr: 0.1, ..Adam::default() }),
        OptimizerConfig::AdamW(AdamW { adam: Adam { lr: 0.1, ..Adam::default() }, weight_decay: 0.2 }),
    ];
    for config in cases {
        let mut optimizer = Optimizer::new(config, 1);
        let mut parameter = [1.0_f32];
        for gradient in gradients {
            optimizer.step(&mut parameter, &[gradient as f32]);
        }
        let expected = by_hand(config, gradients);
        assert!((f64::from(parameter[0]) - expected).abs() < 1e-6, "{config:?}: {parameter:?} {expected}");
    }
}

fn by_hand(config: OptimizerConfig, [first, second]: [f64; 2]) -> f64 {
    match config {
        OptimizerConfig::Sgd(Sgd { nesterov: false, .. }) => {
            let moment = first + 0.1;
            let after = 1.0 - 0.1 * moment;
            after - 0.1 * (0.9 * moment + second + 0.1 * after)
        }
        OptimizerConfig::Sgd(_) => {
            let after = 1.0 - 0.1 * (first + 0.9 * first);
            after - 0.1 * (second + 0.9 * (0.9 * first + second))
        }
        OptimizerConfig::RmsProp(_) => {
            let square = 0.01 * first * first;
            let after = 1.0 - 0.1 * first / (square.sqrt() + 1e-8);
            after - 0.1 * second / ((0.99 * square + 0.01 * second * second).sqrt() + 1e-8)
        }
        OptimizerConfig::Adam(_) | OptimizerConfig::AdamW(_) => {
            let kept = if matches!(config, OptimizerConfig::AdamW(_)) { 0.98 } else { 1.0 };
            let after = kept - 0.1 * first.signum();
            let mean = 0.9 * (0.1 * first) + 0.1 * second;
            let square = 0.999 * (0.001 * first * first) + 0.001 * second * second;
            let corrected = (square / (1.0 - 0.999_f64.powi(2))).sqrt();
            kept * after - 0.1 * mean / (1.0 - 0.81) / (corrected + 1e-8)
        }
        other => unreachable!("{other:?} is compared with another tool"),
    }
}

/// A hundred steps as frozen by `tests/oracles/freeze_optimizers.py`.
#[test]
fn a_hundred_steps_are_those_of_others() {
    let document: serde_json::Value =
        serde_json::from_str(include_str!("../../../tests/oracles/optimizers.json")).unwrap();
    let numbers = |value: &serde_json::Value| -> Vec<f64> { serde_json::from_value(value.clone()).unwrap() };
    let adam = Adam { lr: 0.01, beta2: 0.95, ..Adam::default() };
    let cases = [
        ("nadam", OptimizerConfig::NAdam(NAdam { lr: 0.01, ..NAdam::default() })),
        ("radam", OptimizerConfig::RAdam(RAdam { lr: 0.01, ..RAdam::default() })),
        ("adagrad", OptimizerConfig::Adagrad(Adagrad { lr: 0.05, ..Adagrad::default() })),
        ("adamw", OptimizerConfig::AdamW(AdamW { adam, weight_decay: 0.02 })),
        ("sgd", OptimizerConfig::Sgd(Sgd { lr: 0.01, momentum: 0.9, nesterov: true, weight_decay: 0.1 })),
        ("rmsprop", OptimizerConfig::RmsProp(RmsProp { lr: 0.01, ..RmsProp::default() })),
        ("lion", OptimizerConfig::Lion(Lion { lr: 0.003, weight_decay: 0.1, ..Lion::default() })),
        ("muon", OptimizerConfig::Muon(Muon { weight_decay: 0.1, ..Muon::default() })),
        (
            "schedule_free",
            OptimizerConfig::ScheduleFree(ScheduleFree { lr: 0.01, weight_decay: 0.05, ..ScheduleFree::default() }),
        ),
    ];
    let start = numbers(&document["start"]);
    let groups = [Group { sides: [3, 5], lr: 1.0, decay: 1.0 }];
    for (name, config) in cases {
        let (mut optimizer, mut parameters) = (Optimizer::new(config, 15), start.clone());
        for gradients in document["gradients"].as_array().unwrap() {
            optimizer.step_groups(&mut parameters, &numbers(gradients), &groups, Now { lr: 1.0, decay: 1.0 });
        }
        let mut memory = Vec::new();
        let found = optimizer.settled(&parameters, &mut memory);
        for (found, wanted) in found.iter().zip(numbers(&document["after"][name])) {
            assert!((found - wanted).abs() < 1e-9 * (1.0 + wanted.abs()), "{name}: {found} is not {wanted}");
        }
        // A state that was saved goes on as the one that was not.
        let mut back: Optimizer<f64> = serde_json::from_value(serde_json::to_value(&optimizer).unwrap()).unwrap();
        let mut others = parameters.clone();
        optimizer.step_groups(&mut parameters, &start, &groups, Now { lr: 0.5, decay: 1.0 });
        back.step_groups(&mut others, &start, &groups, Now { lr: 0.5, decay: 1.0 });
        assert_eq!(parameters, others, "{name}");
    }
}

#[test]
fn groups_have_their_own_rates_and_decays() {
    let adam = Adam { lr: 0.1, ..Adam::default() };
    let config = OptimizerConfig::AdamW(AdamW { adam, weight_decay: 0.5 });
    let group = |lr, decay| Group { sides: [1, 2], lr, decay };
    let mut parameters = [1.0, -2.0, 1.0, -2.0, 1.0, -2.0];
    let mut optimizer = Optimizer::new(config, 6);
    let groups = [group(1.0, 1.0), group(3.0, 0.0), group(0.0, 2.0)];
    // Without a gradient, decay alone: a share lr·λ of each, whatever the group's own rate.
    optimizer.step_groups(&mut parameters, &[0.0; 6], &groups, Now { lr: 0.5, decay: 1.0 });
    let expected: [f64; 6] = [0.975, -1.95, 1.0, -2.0, 0.95, -1.9];
    assert!(parameters.iter().zip(expected).all(|(found, wanted): (&f64, f64)| (found - wanted).abs() < 1e-12));
    // The first step of Adam is one learning rate, the group's.
    let mut parameters = [0.0; 6];
    Optimizer::new(config, 6).step_groups(&mut parameters, &[1.0; 6], &groups, Now { lr: 0.5, decay: 1.0 });
    for (found, wanted) in parameters.into_iter().zip([-0.05_f64, -0.05, -0.15, -0.15, 0.0, 0.0]) {
        assert!((found - wanted).abs() < 1e-8, "{parameters:?}");
    }
}
