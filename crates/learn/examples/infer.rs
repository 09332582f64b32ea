//! Inference speed of a trained network: a million rows of 20 numbers through 64, 32 and 1 units.
//!
//! `cargo run --release -p pipewright-learn --example infer` prints a line of JSON: the median of nine runs in seconds, and
//! the mean prediction. `xtask/peers/infer_onnx.py` does the same with onnxruntime.
#![allow(clippy::print_stdout, clippy::disallowed_methods)] // What a program is for; it times itself.

use pipewright_learn::net::{Network, Training};
use pipewright_learn::{Dataset, Features, Fit, Key, Learner, Target};
use std::error::Error;
use std::time::Instant;

const ROWS: usize = 1_000_000;
const COLUMNS: usize = 20;
const TIMES: usize = 9;

fn main() -> Result<(), Box<dyn Error>> {
    let key = Key::new(3);
    let number = |place: usize| 2.0 * key.uniform(place as u64) - 1.0;
    let names = (0..COLUMNS).map(|column| column.to_string()).collect();
    let features = Features::new(64, names, (0..64 * COLUMNS).map(number).collect());
    let codes = (0..64).map(|row| row % 2).collect();
    let examples = Dataset::new(features, Target::Classes { codes, count: 2 });
    let network = Network { training: Training { epochs: 1, ..Training::default() }, ..Network::default() };
    let model = network.fit_with(&examples, &Fit::new().key(key))?;

    let rows: Vec<f32> = (0..ROWS * COLUMNS).map(|place| number(place) as f32).collect();
    let mut mean = 0.0;
    let mut times: Vec<f64> = (0..TIMES)
        .map(|_| {
            let start = Instant::now();
            let predicted = model.predict_rows(&rows);
            let seconds = start.elapsed().as_secs_f64();
            mean = predicted.iter().map(|&probability| f64::from(probability)).sum::<f64>() / ROWS as f64;
            seconds
        })
        .collect();
    times.sort_by(f64::total_cmp);
    println!(r#"{{"seconds":{:.5},"result":"mean {mean:.3}"}}"#, times[TIMES / 2]);
    Ok(())
}
