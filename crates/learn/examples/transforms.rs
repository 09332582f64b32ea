//! Benchmark of transforms of matrices: fit and apply.
//!
//! `cargo run --release -p pipewright-learn --example transforms -- [NAME...]` times these steps, in script
//! notation; by default all of [`STEPS`]. It prints a line of JSON for each: the median of three runs in seconds, and the
//! mean magnitude of the output, for comparison with `xtask/peers/transforms.py`, which generates the same matrix.
#![allow(clippy::print_stdout, clippy::disallowed_methods)] // What a program is for; it times itself.

use pipewright_diagnostic::Failure;
use pipewright_learn::impute::{Iterative, Knn};
use pipewright_learn::reduce::Pca;
use pipewright_learn::select::{Best, Score};
use pipewright_learn::{Features, Target, Transform, Transformer};
use pipewright_world::random::Key;
use std::error::Error;
use std::time::Instant;

const TIMES: usize = 3;
/// The share of values that is missing, where some are.
const MISSING: f64 = 0.1;

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

/// Columns that have a part in common with the one before, and a part of their own.
fn matrix(rows: u64, columns: u64, blanks: bool) -> Features {
    let value = |column: u64, row: u64| {
        let at = |column: u64| uniform((column * rows + row) * 2);
        let missing = blanks && uniform((column * rows + row) * 2 + 1) < MISSING;
        if missing { f64::NAN } else { at(column) + 0.5 * at((column + columns - 1) % columns) }
    };
    let values = (0..columns).flat_map(|column| (0..rows).map(move |row| (column, row)));
    let names: Vec<String> = (0..columns).map(|column| format!("x{column}")).collect();
    Features::new(rows as usize, names.into(), values.map(|(column, row)| value(column, row)).collect())
}

/// Most of it is noise.
fn target(rows: u64, columns: u64) -> Vec<f64> {
    let part = |column: u64, row: u64| uniform((column * rows + row) * 2);
    (0..rows).map(|row| part(0, row) + 0.7 * part(1, row) - 0.5 * part(2, row) + 2.0 * part(columns, row)).collect()
}

/// A number in 0 to 1 that looks random (Steele, Lea and Flood 2014: SplitMix64).
fn uniform(place: u64) -> f64 {
    let state = (place + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let state = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let state = (state ^ (state >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    ((state ^ (state >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
}
