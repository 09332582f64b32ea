//! Benchmarks of estimators: fit and transform of a million rows of 16 columns in memory, by
//! `crates/frame/examples/estimators.rs` and by scikit-learn; of categories and texts, by
//! `crates/frame/examples/encoders.rs`; and of transforms with neighbours, regressions or decompositions, by
//! `crates/learn/examples/transforms.rs`. Each program times itself, so that startup does not count.

use super::Family;
use super::environment::Environment;
use super::job::{Goal, Job, Tool};
use super::measure::Call;
use serde_json::Value as Json;

/// Steps on numbers, in script notation.
const NUMBERS: [&str; 16] = [
    "fillna mean",
    "fillna median",
    "scale standard",
    "scale minmax",
    "scale robust",
    "scale maxabs",
    "power yeojohnson",
    "quantile normal",
    "quantile uniform",
    "log1p",
    "clip 1% 99%",
    "bin 10 width",
    "bin 10 quantile",
    "bin 10 kmeans",
    "poly 2",
    "spline 5",
];

/// Steps on categories and texts.
const NAMES: [&str; 8] = [
    "encode onehot",
    "encode ordinal",
    "encode count",
    "encode hash[256]",
    "encode target",
    "text tfidf[200]",
    "text bow[200]",
    "text hash[256]",
];

pub(super) static FAMILY: Family = Family { name: "encode", files: &[], jobs, goals: &GOALS };

/// Steps with neighbours, regressions or decompositions.
pub(super) static IMPUTE: Family = Family { name: "impute", files: &[], jobs: transform_jobs, goals: TRANSFORM_GOALS };

fn jobs(environment: &Environment) -> Result<Vec<Job>, String> {
    let job = |(program, name)| {
        let peer = Call::new(environment.python(), &[&environment.script(program), name]);
        let sklearn = Tool { probe: Some(environment.probe("sklearn")), ..timed("sklearn", peer) };
        let tools = vec![timed("frame", environment.example(program, &[name])?), sklearn];
        Ok(Job { name, rounds: 1, own: "frame", tools })
    };
    let numbers = NUMBERS.into_iter().map(|name| ("estimators", name));
    numbers.chain(NAMES.into_iter().map(|name| ("encoders", name))).map(job).collect()
}

/// Steps on matrices, in script notation.
const TRANSFORMS: [&str; 5] = ["fillna knn[5]", "fillna iterative", "pca[10]", "select_k mi[5]", "select_k f[5]"];

fn transform_jobs(environment: &Environment) -> Result<Vec<Job>, String> {
    let job = |name| {
        let peer = Call::new(environment.python(), &[&environment.script("transforms"), name]);
        let sklearn = Tool { probe: Some(environment.probe("sklearn")), ..timed("sklearn", peer) };
        let tools = vec![timed("learn", environment.matrix_example("transforms", &[name])?), sklearn];
        Ok(Job { name, rounds: 1, own: "learn", tools })
    };
    TRANSFORMS.into_iter().map(job).collect()
}

const TRANSFORM_GOALS: &[Goal] = &[
    Goal::Ratio { job: "fillna knn[5]", slow: "sklearn", fast: "learn", least: 1.0 },
    Goal::Ratio { job: "fillna iterative", slow: "sklearn", fast: "learn", least: 1.0 },
    Goal::Ratio { job: "pca[10]", slow: "sklearn", fast: "learn", least: 1.0 },
    Goal::Ratio { job: "select_k mi[5]", slow: "sklearn", fast: "learn", least: 3.0 },
    Goal::Ratio { job: "select_k f[5]", slow: "sklearn", fast: "learn", least: 1.0 },
];

/// A program that reports its own time.
pub(super) fn timed(name: &'static str, call: Call) -> Tool {
    Tool {
        told: Some(|output| told(output, "seconds")?.as_f64()),
        read: |output| told(output, "result")?.as_str().map(str::to_owned),
        ..Tool::new(name, vec![call])
    }
}

fn told(output: &str, name: &str) -> Option<Json> {
    serde_json::from_str::<Json>(output.lines().last()?).ok()?.get(name).cloned()
}

const fn thrice(job: &'static str) -> Goal {
    Goal::Ratio { job, slow: "sklearn", fast: "frame", least: 3.0 }
}

static GOALS: [Goal; NUMBERS.len() + NAMES.len()] = {
    let mut goals = [const { thrice("") }; NUMBERS.len() + NAMES.len()];
    let mut place = 0;
    while place < goals.len() {
        goals[place] = thrice(if place < NUMBERS.len() { NUMBERS[place] } else { NAMES[place - NUMBERS.len()] });
        place += 1;
    }
    goals
};
