//! The jobs of estimators: a million rows of 16 columns that are in memory already, learned from and changed, by
//! `crates/frame/examples/estimators.rs` and by scikit-learn. Each program times itself, since starting it is no part.

use super::Family;
use super::environment::Environment;
use super::job::{Goal, Job, Tool};
use super::measure::Call;
use serde_json::Value as Json;

/// The steps, as the language writes them.
const STEPS: [&str; 16] = [
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

pub(super) static FAMILY: Family = Family { name: "encode", files: &[], jobs, goals: &GOALS };

fn jobs(environment: &Environment) -> Result<Vec<Job>, String> {
    let job = |name| {
        let peer = Call::new(environment.python(), &[&environment.script("estimators"), name]);
        let sklearn = Tool { probe: Some(environment.probe("sklearn")), ..timed("sklearn", peer) };
        let tools = vec![timed("frame", environment.example("estimators", &[name])?), sklearn];
        Ok(Job { name, rounds: 1, own: "frame", tools })
    };
    STEPS.into_iter().map(job).collect()
}

/// A program that tells its own time.
fn timed(name: &'static str, call: Call) -> Tool {
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

static GOALS: [Goal; STEPS.len()] = {
    let mut goals = [const { thrice("") }; STEPS.len()];
    let mut place = 0;
    while place < STEPS.len() {
        goals[place] = thrice(STEPS[place]);
        place += 1;
    }
    goals
};
