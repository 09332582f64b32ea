//! Measures path-dependent Shapley values of a boosted model: 1,000 rows, 300 trees of 31 leaves. Run with `--release`.

#![allow(clippy::disallowed_methods, clippy::print_stdout)] // A program of its own, which measures time.

use pipewright_explain::{Players, trees};
use pipewright_learn::boost::Gbdt;
use pipewright_learn::{Dataset, Failure, Features, Key, Learner, Target};
use std::time::Instant;

fn main() -> Result<(), Failure> {
    let (rows, columns) = (20_000, 20);
    let key = Key::new(1);
    let values = (0..rows * columns).map(|place| key.uniform(place as u64)).collect();
    let names = (0..columns).map(|column| format!("x{column}")).collect();
    let features = Features::new(rows, names, values);
    let target = |row: usize| {
        let x = |column: usize| features.column(column)[row];
        10.0 * (std::f64::consts::PI * x(0) * x(1)).sin() + 20.0 * (x(2) - 0.5).powi(2) + 10.0 * x(3) + 5.0 * x(4)
    };
    let target = (0..rows).map(target).collect();
    let model = Gbdt { leaves: Some(31), ..Gbdt::with_trees(300) }
        .fit(&Dataset::new(features.clone(), Target::Numbers(target)))?;
    let few = features.take(&(0..1000).collect::<Vec<u32>>());
    let players = Players::each(&few);
    let mut best = f64::INFINITY;
    for _ in 0..5 {
        let start = Instant::now();
        let found = trees::path_dependent(&model, &few, &players)?;
        best = best.min(start.elapsed().as_secs_f64());
        assert!((found.total(0, 0) - model.scores(&few)[0]).abs() < 1e-6);
    }
    println!("{} trees, 1000 rows, {} threads: {best:.4} s", model.trees().len(), rayon::current_num_threads());
    Ok(())
}
