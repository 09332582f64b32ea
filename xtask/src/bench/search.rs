//! Benchmarks of searches. `tune`: a grid search over eight networks on three given folds, and the fit of the winner on
//! all rows, beside scikit-learn's `GridSearchCV` on two processes; the whole process is timed. `tpe`: 60 trials of
//! functions with the tree-structured Parzen estimator, for 31 seeds, by `crates/learn/examples/search.rs` and by Optuna;
//! the results are the median and the quartiles of the lowest value. `learn-pick` takes its points of a random pool, as
//! `tune tpe` does.

use super::Family;
use super::environment::Environment;
use super::estimators::timed;
use super::job::{Goal, Job, Tool};
use super::measure::Call;
use serde_json::Value as Json;

pub(super) static TUNE: Family = Family { name: "tune", files: &["folds.csv"], jobs: tune, goals: TUNE_GOALS };
pub(super) static TPE: Family = Family { name: "tpe", files: &[], jobs: tpe, goals: TPE_GOALS };

const TUNE_GOALS: &[Goal] = &[Goal::Ratio { job: "tune", slow: "sklearn", fast: "pipewright", least: 10.0 }];

const SEARCH: &str = "load | target target | role fold=fold | fillna mean | scale \
    | train mlp[choose[16, 32, 64, 128], 1](recipe=plain) lr=choose[0.001, 0.01] epochs=20 batch=32 \
    | tune grid metric=log_loss";

fn tune(environment: &Environment) -> Result<Vec<Job>, String> {
    let file = environment.data("folds.csv");
    let script = format!("{SEARCH} | save {}", environment.scratch("tuned.pw"));
    let own = environment.pipewright(&script, &[&file, "--json", "--threads", "2"])?;
    // The warnings are those of joblib's workers: the networks do not converge in so few epochs.
    let peer = Call::new(environment.python(), &[&environment.script("tune"), &file]);
    let peer = peer.variable("PYTHONWARNINGS", "ignore");
    let told = |output: &str| Some(json(output.lines().last()?)?["result"].as_str()?.to_owned());
    let tools = vec![
        Tool { read: winner, ..Tool::new("pipewright", vec![own]) },
        Tool { probe: Some(environment.probe("sklearn")), read: told, ..Tool::new("sklearn", vec![peer]) },
    ];
    Ok(vec![Job { name: "tune", rounds: 3, own: "pipewright", tools }])
}

/// The winner of a search, from the JSON of its run.
fn winner(output: &str) -> Option<String> {
    let document = json(output)?;
    let result = document["results"].as_array()?.iter().find(|result| result["kind"] == "tune")?;
    let best = result["trials"].as_array()?.iter().find(|trial| trial["candidate"] == result["best"])?;
    let values: Vec<&str> = best["values"].as_object()?.values().filter_map(Json::as_str).collect();
    Some(format!("{} units, lr {}, log loss {:.4}", values.first()?, values.last()?, best["mean"].as_f64()?))
}

fn json(text: &str) -> Option<Json> {
    serde_json::from_str(text).ok()
}

const FUNCTIONS: [&str; 6] = ["sphere", "rosenbrock", "branin", "ackley", "hartmann", "mixed"];

fn tpe(environment: &Environment) -> Result<Vec<Job>, String> {
    let job = |name| {
        let own = |tool, way| Ok::<Tool, String>(timed(tool, environment.matrix_example("search", &[name, way])?));
        let peer = Call::new(environment.python(), &[&environment.script("tpe"), name]);
        let optuna = Tool { probe: Some(environment.probe("optuna")), ..timed("optuna", peer) };
        let tools = vec![own("learn", "suggest")?, own("learn-pick", "pick")?, own("random", "random")?, optuna];
        Ok(Job { name, rounds: 1, own: "learn", tools })
    };
    FUNCTIONS.into_iter().map(job).collect()
}

const TPE_GOALS: &[Goal] = &[
    Goal::Ratio { job: "sphere", slow: "optuna", fast: "learn", least: 10.0 },
    Goal::Ratio { job: "hartmann", slow: "optuna", fast: "learn", least: 10.0 },
    Goal::Ratio { job: "mixed", slow: "optuna", fast: "learn", least: 10.0 },
];
