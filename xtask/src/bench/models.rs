//! Benchmarks of models: fits and predictions in memory, by `crates/learn/examples/models.rs` and by other tools. Each
//! program times itself, so that startup and the rows do not count; the peak of memory is that of the whole process.

use super::Family;
use super::environment::Environment;
use super::estimators::timed;
use super::job::{Goal, Job, Tool};
use super::measure::Call;

pub(super) static FAMILY: Family = Family { name: "models", files: &[], jobs, goals: GOALS };

/// Boosting, which several tools do.
const BOOSTED: [&str; 3] = ["gbdt-small", "gbdt-large", "gbdt-predict"];

/// Models that scikit-learn has.
const CLASSICAL: [&str; 9] =
    ["linear", "ridge", "lasso", "logistic", "forest", "extra_trees", "forest-numbers", "knn", "kmeans"];

fn jobs(environment: &Environment) -> Result<Vec<Job>, String> {
    let job = |name, peers: &[&'static str]| {
        let mut tools = vec![timed("learn", environment.matrix_example("models", &[name])?.with_peak())];
        for &peer in peers {
            let call = Call::new(environment.python(), &[&environment.script("models"), peer, name]).with_peak();
            tools.push(Tool { probe: Some(environment.probe(peer)), ..timed(peer, call) });
        }
        Ok(Job { name, rounds: 1, own: "learn", tools })
    };
    let boosted = BOOSTED.into_iter().map(|name| job(name, &["lightgbm", "sklearn", "xgboost"]));
    boosted.chain(CLASSICAL.into_iter().map(|name| job(name, &["sklearn"]))).collect()
}

const fn than(job: &'static str, slow: &'static str, least: f64) -> Goal {
    Goal::Ratio { job, slow, fast: "learn", least }
}

const GOALS: &[Goal] = &[
    than("gbdt-small", "lightgbm", 1.0),
    than("gbdt-large", "lightgbm", 1.0),
    than("gbdt-predict", "lightgbm", 1.0),
    than("forest", "sklearn", 3.0),
    than("extra_trees", "sklearn", 1.0),
    than("forest-numbers", "sklearn", 3.0),
    than("logistic", "sklearn", 3.0),
    than("ridge", "sklearn", 3.0),
    than("lasso", "sklearn", 3.0),
    than("knn", "sklearn", 1.5),
    than("kmeans", "sklearn", 1.5),
];
