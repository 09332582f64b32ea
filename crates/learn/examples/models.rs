//! Benchmark of models: fit, or predict, in memory.
//!
//! `cargo run --release -p pipewright-learn --example models -- [NAME...]` times these jobs; by default all of [`JOBS`].
//! It prints a line of JSON for each: the median of the runs in seconds, and a number that tells how good the model is, for
//! comparison with `xtask/peers/models.py`, which generates the same rows.
#![allow(clippy::print_stdout, clippy::disallowed_methods)] // What a program is for; it times itself.

mod rows;

use pipewright_diagnostic::Failure;
use pipewright_learn::boost::Gbdt;
use pipewright_learn::cluster::{Clusterer, Count, KMeans};
use pipewright_learn::forest::Forest;
use pipewright_learn::knn::Neighbors;
use pipewright_learn::linear::{ElasticNet, Linear, Logistic, Ridge};
use pipewright_learn::{Dataset, Key, Learner, Model, Outputs, Target};
use rows::{matrix, target};
use std::error::Error;
use std::time::Instant;

/// A model on rows, and what is timed.
struct Job {
    name: &'static str,
    rows: u64,
    columns: u64,
    target: Kind,
    times: usize,
    run: fn(&Dataset) -> Result<(f64, f64), Failure>,
}

/// What is predicted.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Number,
    /// Is the number above its expectation?
    Class,
}

const fn job(name: &'static str, rows: u64, columns: u64, run: fn(&Dataset) -> Result<(f64, f64), Failure>) -> Job {
    Job { name, rows, columns, target: Kind::Number, times: 3, run }
}

const fn of_classes(job: Job) -> Job {
    Job { target: Kind::Class, ..job }
}

const fn once(job: Job) -> Job {
    Job { times: 1, ..job }
}

const JOBS: &[Job] = &[
    job("linear", 100_000, 50, |rows| fitted(&Linear::default(), rows)),
    job("ridge", 100_000, 50, |rows| fitted(&Ridge::default(), rows)),
    job("lasso", 100_000, 50, |rows| fitted(&ElasticNet { tolerance: 1e-8, ..ElasticNet::lasso(1000.0) }, rows)),
    of_classes(job("logistic", 100_000, 50, |rows| fitted(&Logistic::default(), rows))),
    of_classes(job("gbdt-small", 100_000, 20, |rows| fitted(&gbdt(), rows))),
    once(of_classes(job("gbdt-large", 3_000_000, 20, |rows| fitted(&gbdt(), rows)))),
    of_classes(job("gbdt-predict", 1_000_000, 20, |rows| predicted(&gbdt(), rows, 100_000))),
    once(of_classes(job("forest", 100_000, 20, |rows| fitted(&Forest::default(), rows)))),
    once(of_classes(job("extra_trees", 100_000, 20, |rows| fitted(&Forest::extra_trees(), rows)))),
    once(job("forest-numbers", 20_000, 20, |rows| fitted(&Forest::default(), rows))),
    of_classes(job("knn", 20_000, 10, |rows| predicted(&Neighbors::new(5), rows, 20_000))),
    job("kmeans", 100_000, 20, clustered),
];

/// The size of boosting that all tools are given.
fn gbdt() -> Gbdt {
    Gbdt { leaves: Some(31), min_rows: 20, l2: 0.0, rows: 1.0, ..Gbdt::with_trees(100) }
}

/// Times a fit; the result is the mean loss on the training rows.
fn fitted<L: Learner>(learner: &L, rows: &Dataset) -> Result<(f64, f64), Failure> {
    let start = Instant::now();
    let model = learner.fit(rows)?;
    let seconds = start.elapsed().as_secs_f64();
    Ok((seconds, loss(rows, &model.predict(&rows.features)?)))
}

/// Times the predictions of a model for all rows, which is fitted on the first of them.
fn predicted<L: Learner>(learner: &L, rows: &Dataset, first: u32) -> Result<(f64, f64), Failure> {
    let model = learner.fit(&rows.take(&(0..first).collect::<Vec<_>>()))?;
    let start = Instant::now();
    let outputs = model.predict(&rows.features)?;
    Ok((start.elapsed().as_secs_f64(), loss(rows, &outputs)))
}

/// The mean squared error, or the share of wrong classes.
fn loss(rows: &Dataset, outputs: &Outputs) -> f64 {
    let sum: f64 = match rows.target() {
        Target::Numbers(truth) => truth.iter().zip(outputs.values()).map(|(y, z)| (y - z).powi(2)).sum(),
        Target::Classes { codes, .. } => {
            outputs.labels().iter().zip(codes.iter()).filter(|(label, code)| label != code).count() as f64
        }
    };
    sum / outputs.rows() as f64
}

/// Times k-means; the result is the mean squared distance to the centres.
fn clustered(rows: &Dataset) -> Result<(f64, f64), Failure> {
    let start = Instant::now();
    let clusters =
        KMeans { count: Count::Exactly(8), starts: 1, ..KMeans::new(8) }.fit(&rows.features, None, Key::new(0))?;
    Ok((start.elapsed().as_secs_f64(), clusters.inertia() / rows.rows() as f64))
}

fn main() -> Result<(), Box<dyn Error>> {
    let names: Vec<String> = std::env::args().skip(1).collect();
    if let Some(name) = names.iter().find(|name| JOBS.iter().all(|job| job.name != name.as_str())) {
        return Err(format!("no job `{name}`").into());
    }
    for job in JOBS.iter().filter(|job| names.is_empty() || names.iter().any(|name| name == job.name)) {
        let numbers = target(job.rows, job.columns);
        let target = match job.target {
            Kind::Number => Target::Numbers(numbers),
            Kind::Class => Target::Classes {
                codes: numbers.iter().map(|number| u32::from(*number > EXPECTED)).collect(),
                count: 2,
            },
        };
        let rows = Dataset::new(matrix(job.rows, job.columns, false), target);
        let runs = (0..job.times).map(|_| (job.run)(&rows)).collect::<Result<Vec<_>, _>>()?;
        let mut times: Vec<f64> = runs.iter().map(|(seconds, _)| *seconds).collect();
        times.sort_by(f64::total_cmp);
        println!(
            r#"{{"name":"{}","seconds":{:.4},"result":"{:.4}"}}"#,
            job.name,
            times[times.len() / 2],
            runs.first().map_or(f64::NAN, |(_, result)| *result)
        );
    }
    Ok(())
}

/// The expectation of [`target`].
const EXPECTED: f64 = 0.5 + 0.35 - 0.25 + 1.0;
