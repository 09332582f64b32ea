//! Training speed of a network, after a warm-up epoch.
//!
//! `cargo run --release -p pipewright-learn --example train -- FILE LAYERS BATCH EPOCHS`, as in `mid.csv 64,32,1 32 4`,
//! reads a file of numbers whose column `target` is 0 or 1, fills blanks with means and standardises, trains with Adam,
//! and prints a line of JSON: the seconds per epoch, and the last loss. `xtask/peers/mlp_*.py` do the same.
#![allow(clippy::print_stdout, clippy::disallowed_methods)] // What a program is for; it times itself.

use pipewright_learn::net::{Adam, Network, OptimizerConfig, Trainer, Training};
use pipewright_learn::{Dataset, Features, NoProgress, Target};
use pipewright_world::random::Key;
use std::error::Error;
use std::time::Instant;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [file, layers, batch, epochs] = &arguments[..] else { return Err("FILE LAYERS BATCH EPOCHS".into()) };
    let mut layers = layers.split(',').map(str::parse).collect::<Result<Vec<usize>, _>>()?;
    let outputs = layers.pop().ok_or("no layers")?;
    let epochs: usize = epochs.parse()?;
    let examples = examples(&std::fs::read_to_string(file)?)?;
    let optimizer = OptimizerConfig::Adam(Adam { epsilon: 1e-7, ..Adam::default() });
    let network = Network {
        hidden: layers,
        outputs,
        training: Training { batch: batch.parse()?, epochs, optimizer, ..Training::default() },
        ..Network::default()
    };
    let mut trainer = Trainer::start(&network, &examples, None, Key::new(1))?;
    let mut loss = trainer.epoch(&NoProgress)?.loss;
    let start = Instant::now();
    for _ in 1..epochs {
        loss = trainer.epoch(&NoProgress)?.loss;
    }
    let seconds = start.elapsed().as_secs_f64() / (epochs - 1) as f64;
    println!(r#"{{"seconds":{seconds:.5},"result":"loss {loss:.3}"}}"#);
    Ok(())
}

/// The table of a file, standardised column by column.
fn examples(text: &str) -> Result<Dataset, Box<dyn Error>> {
    let mut lines = text.lines();
    let names: Vec<&str> = lines.next().ok_or("an empty file")?.split(',').collect();
    let mut columns = vec![Vec::new(); names.len()];
    for line in lines {
        for (column, field) in columns.iter_mut().zip(line.split(',')) {
            column.push(if field.is_empty() { f64::NAN } else { field.parse()? });
        }
    }
    let target = names.iter().position(|&name| name == "target").ok_or("no column `target`")?;
    let codes: Vec<u32> = columns.remove(target).into_iter().map(|class| class as u32).collect();
    columns.iter_mut().for_each(|column| standardise(column));
    let names = names.into_iter().filter(|&name| name != "target").map(str::to_owned).collect();
    let features = Features::new(codes.len(), names, columns.concat());
    Ok(Dataset::new(features, Target::Classes { codes, count: 2 }))
}

fn standardise(column: &mut [f64]) {
    let known: Vec<f64> = column.iter().copied().filter(|number| !number.is_nan()).collect();
    let mean = known.iter().sum::<f64>() / known.len() as f64;
    column.iter_mut().filter(|number| number.is_nan()).for_each(|number| *number = mean);
    let variance = column.iter().map(|number| (number - mean).powi(2)).sum::<f64>() / column.len() as f64;
    column.iter_mut().for_each(|number| *number = (*number - mean) / variance.sqrt());
}
