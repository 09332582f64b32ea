//! Benchmarks on large files: 5 million rows of 20 columns (numbers, texts, dates; 5% blank).
//!
//! `csv`: the whole file into a table, every column parsed. `prepare`: read, impute means, standardise 16 numeric
//! columns, one-hot encode 3 text columns, into one matrix of 32-bit numbers. `parquet`: as `csv`, for the same table
//! as Parquet. `group` and `join`: 5 million rows of their own, as Parquet; every tool also reports the time without
//! reading.

use super::Family;
use super::environment::Environment;
use super::job::{Goal, Job, Tool};
use super::measure::Call;

pub(super) static CSV: Family = Family {
    name: "csv",
    files: &["big.csv"],
    jobs: |environment| Ok(vec![csv(environment)?]),
    goals: &[
        Goal::Best { job: "csv", fast: "pipewright", least: 1.5 },
        Goal::Best { job: "csv", fast: "frame", least: 1.5 },
    ],
};

pub(super) static PREPARE: Family = Family {
    name: "prepare",
    files: &["big.csv"],
    jobs: |environment| Ok(vec![prepare(environment)?]),
    goals: &[Goal::Best { job: "prepare", fast: "frame", least: 2.0 }],
};

pub(super) static PARQUET: Family = Family {
    name: "parquet",
    files: &["big.csv", "big.parquet"],
    jobs: |environment| Ok(vec![parquet(environment)?]),
    goals: &[Goal::Ratio { job: "parquet", slow: "polars", fast: "pipewright", least: 1.0 }],
};

pub(super) static GROUP: Family = Family {
    name: "group",
    files: &["rows.parquet"],
    jobs: |environment| Ok(vec![relation(environment, "group")?]),
    goals: &[Goal::Ratio { job: "group", slow: "polars", fast: "frame", least: 1.0 / 1.5 }],
};

pub(super) static JOIN: Family = Family {
    name: "join",
    files: &["rows.parquet", "lookup.parquet", "other.parquet"],
    jobs: |environment| Ok(vec![relation(environment, "join")?]),
    goals: &[Goal::Ratio { job: "join", slow: "polars", fast: "frame", least: 1.0 / 1.5 }],
};

const ROUNDS: usize = 5;

/// Every column is needed, since the schema reports missing values.
const WHOLE: &str = "load | assert rows == 5000000 | schema";

fn csv(environment: &Environment) -> Result<Job, String> {
    let file = environment.data("big.csv");
    let mut tools = vec![
        Tool::new("pipewright", vec![environment.pipewright(WHOLE, &[&file])?.with_peak()]),
        told("frame", environment.example("read_csv", &[&file])?),
    ];
    tools.extend(
        ["pandas", "pandas-pyarrow", "polars", "polars-scan", "pyarrow", "pyarrow-nulls", "duckdb"]
            .map(|name| peer(environment, "csv", name, &file)),
    );
    Ok(Job { name: "csv", rounds: ROUNDS, own: "pipewright", tools })
}

fn prepare(environment: &Environment) -> Result<Job, String> {
    let file = environment.data("big.csv");
    let mut tools = vec![told("frame", environment.example("prepare", &[&file])?)];
    tools.extend(
        ["pandas", "pandas-sklearn", "polars-lazy", "polars-eager", "duckdb"]
            .map(|name| peer(environment, "prepare", name, &file)),
    );
    Ok(Job { name: "prepare", rounds: ROUNDS, own: "frame", tools })
}

fn parquet(environment: &Environment) -> Result<Job, String> {
    let file = environment.data("big.parquet");
    let mut tools = vec![Tool::new("pipewright", vec![environment.pipewright(WHOLE, &[&file])?.with_peak()])];
    tools.extend(["polars", "pyarrow", "pandas", "duckdb"].map(|name| peer(environment, "parquet", name, &file)));
    Ok(Job { name: "parquet", rounds: ROUNDS, own: "pipewright", tools })
}

/// The job `group` or `join`.
fn relation(environment: &Environment, name: &'static str) -> Result<Job, String> {
    let folder = environment.data("");
    let mut tools = vec![told("frame", environment.example("relation", &[name, &folder])?)];
    let peer = |tool| peer_of(environment, "relation", name, tool, &folder);
    tools.extend(["polars", "polars-ordered", "pandas", "duckdb"].map(peer));
    Ok(Job { name, rounds: ROUNDS, own: "frame", tools })
}

/// A peer for a job with one file.
fn peer(environment: &Environment, job: &str, name: &'static str, file: &str) -> Tool {
    peer_of(environment, "tables", job, name, file)
}

/// A peer in one configuration; the package is the first word of its name.
fn peer_of(environment: &Environment, script: &str, job: &str, name: &'static str, file: &str) -> Tool {
    let package = name.split('-').next().unwrap_or(name);
    let call = Call::new(environment.python(), &[&environment.script(script), job, name, file]);
    Tool { probe: Some(environment.probe(package)), ..told(name, call) }
}

/// A program whose last line is its result.
fn told(name: &'static str, call: Call) -> Tool {
    let last_line = |output: &str| output.trim_end().lines().last().map(str::to_owned);
    Tool { read: last_line, ..Tool::new(name, vec![call.with_peak()]) }
}
