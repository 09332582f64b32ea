//! A network is defined, trained, evaluated, saved and loaded: a complete program.
//!
//! `cargo run -p pipewright-learn --example network` prints its accuracy on points of a square.
#![allow(clippy::print_stdout)] // What a program is for.

use pipewright_learn::net::{Network, NetworkModel, Training};
use pipewright_learn::{Dataset, Features, Fit, Judged, Key, Learner, Model, Target, metric, split};
use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    // Points of a square, and whether each lies within a circle.
    let key = Key::new(7);
    let place = |number: u64| 2.0 * key.uniform(number) - 1.0;
    let points: Vec<[f64; 2]> = (0..1000).map(|point| [place(2 * point), place(2 * point + 1)]).collect();
    let codes = points.iter().map(|[x, y]| u32::from(x * x + y * y < 0.5)).collect();
    let examples = Dataset::new(Features::from_rows(["x", "y"], &points), Target::Classes { codes, count: 2 });

    // Training ends when the loss of rows that it does not learn from has not become smaller for ten epochs.
    let parts = split::holdout(examples.rows(), 0.2, key)?;
    let (train, validation) = (examples.take(&parts.train), examples.take(&parts.test));
    let network = Network {
        hidden: vec![16, 16],
        training: Training { epochs: 200, early_stop: Some(10), ..Training::default() },
        ..Network::default()
    };
    let model = network.fit_with(&train, &Fit::new().validation(&validation).key(key))?;

    let predicted = model.predict(&validation.features)?;
    let accuracy = metric::ACCURACY.score(&Judged::new(&validation.labels, &predicted))?;
    println!("{:.1}% of {} points", 100.0 * accuracy, validation.rows());

    // A model is plain data; what comes from outside is validated before it is used.
    let saved = serde_json::to_string(&model)?;
    let loaded: NetworkModel = serde_json::from_str(&saved)?;
    loaded.validate()?;
    assert_eq!(loaded.predict(&validation.features)?, predicted);
    Ok(())
}
