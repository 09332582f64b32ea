//! Benchmark of transforms of matrices: fit and apply.
//!
//! `cargo run --release -p pipewright-learn --example transforms -- [NAME...]` times these steps, in script
//! notation; by default all of [`STEPS`]. It prints a line of JSON for each: the median of three runs in seconds, and the
//! mean magnitude of the output, for comparison with `xtask/peers/transforms.py`, which generates the same matrix.
#![allow(clippy::print_stdout, clippy::disallowed_methods)] // What a program is for; it times itself.

mod rows;

use pipewright_diagnostic::Failure;
use pipewright_learn::impute::{Iterative, Knn};
use pipewright_learn::reduce::Pca;
use pipewright_learn::select::{Best, Score};
use pipewright_learn::{Features, Target, Transform, Transformer};
use pipewright_world::random::Key;
use rows::{matrix, target};
use std::error::Error;
use std::time::Instant;

const TIMES: usize = 3;

/// Learns from a matrix and changes it.
struct Step {
    name: &'static str,
    rows: u64,
    columns: u64,
    run: fn(&Features, &Target) -> Result<Features, Failure>,
}

const STEPS: &[Step] = &[
    Step { name: "fillna knn[5]", rows: 10_000, columns: 10, run: |rows, _| changed(&Knn::new(5), rows, None) },
    Step {
        name: "fillna iterative",
        rows: 50_000,
        columns: 10,
        run: |rows, _| changed(&Iterative::default(), rows, None),
    },
    Step { name: "pca[10]", rows: 100_000, columns: 50, run: |rows, _| changed(&Pca::first(10), rows, None) },
    Step {
        name: "select_k mi[5]",
        rows: 10_000,
        columns: 20,
        run: |rows, target| best(Score::Information, rows, target),
    },
    Step { name: "select_k f[5]", rows: 200_000, columns: 50, run: |rows, target| best(Score::F, rows, target) },
];

fn changed<T: Transformer>(config: &T, rows: &Features, target: Option<&Target>) -> Result<Features, Failure> {
    config.fit(rows, target, Key::new(0))?.apply(rows)
}

fn best(score: Score, rows: &Features, target: &Target) -> Result<Features, Failure> {
    changed(&Best { score, count: 5 }, rows, Some(target))
}

fn main() -> Result<(), Box<dyn Error>> {
    let names: Vec<String> = std::env::args().skip(1).collect();
    if let Some(name) = names.iter().find(|name| STEPS.iter().all(|step| step.name != name.as_str())) {
        return Err(format!("no step `{name}`").into());
    }
    for step in STEPS.iter().filter(|step| names.is_empty() || names.iter().any(|name| name == step.name)) {
        let features = matrix(step.rows, step.columns, step.name.starts_with("fillna"));
        let target = Target::Numbers(target(step.rows, step.columns));
        let mut times = Vec::new();
        let mut size = 0.0;
        for _ in 0..TIMES {
            let start = Instant::now();
            let made = (step.run)(&features, &target)?;
            times.push(start.elapsed().as_secs_f64());
            let made = made.to_column_major();
            size = made.iter().map(|value| value.abs()).sum::<f64>() / made.len() as f64;
        }
        times.sort_by(f64::total_cmp);
        println!(r#"{{"name":"{}","seconds":{:.4},"result":"{size:.6}"}}"#, step.name, times[TIMES / 2]);
    }
    Ok(())
}
