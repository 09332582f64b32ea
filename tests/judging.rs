//! Searches and the final exam: what is fitted, how often and on which rows. How often verdicts are right is counted in
//! `tests/noise.rs`.
#![allow(clippy::unwrap_used)]

mod support;

use pipewright::output::{Output, Tuning};
use pipewright::{Options, Session};
use pipewright_plan::{JobGraph, Work, lower};
use pipewright_world::MemoryWorld;
use pipewright_world::random::Key;
use std::sync::Arc;
use std::time::Duration;
use support::{example_world, messages, run_on};

/// Four features of noise; `y` is yes where `signal` times the first one plus noise is above 0: by chance if `signal` is 0.
fn table(seed: u64, rows: u64, signal: f64) -> String {
    let key = Key::new(seed).child("judging");
    let number = |place: u64, row: u64| key.index(place).uniform(row) * 2.0 - 1.0;
    let line = |row: u64| {
        let class = if signal * number(0, row) + number(9, row) > 0.0 { "yes" } else { "no" };
        let features: Vec<String> = (0..4).map(|place| number(place, row).to_string()).collect();
        format!("{},{class}\n", features.join(","))
    };
    "a,b,c,d,y\n".to_owned() + &(0..rows).map(line).collect::<String>()
}

fn tuning(done: &pipewright::RunResult) -> &Tuning {
    done.outputs().find_map(|output| if let Output::Tuning(tuning) = output { Some(tuning) } else { None }).unwrap()
}

/// The trials of a search are evaluations of the same pipelines, written out, on the same folds.
#[test]
fn a_trial_is_the_evaluation_of_its_candidate() {
    let session = Session::new(Arc::new(example_world()), Options::default());
    let searched = session.run("load wine.csv | target cultivar | scale | train knn[choose[3, 9]] | tune grid metric=log_loss inner=kfold[4] seed=7");
    let trials = &tuning(&searched).trials;
    for (trial, neighbours) in trials.iter().zip([3, 9]) {
        let script = format!(
            "load wine.csv | target cultivar | scale | train knn[{neighbours}] | eval kfold 4 metric=log_loss seed=7"
        );
        let done = session.run(&script);
        let evaluation = done.evaluation().unwrap();
        let folds: Vec<f64> = evaluation.metric("log_loss").unwrap().values();
        assert_eq!(trial.folds.iter().map(|fold| fold.clone().unwrap()).collect::<Vec<_>>(), folds, "{script}");
    }
    let best = if trials[0].mean().unwrap() <= trials[1].mean().unwrap() { 0 } else { 1 };
    assert_eq!(tuning(&searched).winner, best);
}

/// What candidates share is fitted once per fold and inner fold: a scaler above twelve networks.
#[test]
fn candidates_share_the_steps_above_their_choices() {
    let script = "load titanic.csv | target survived | select survived, age, sibsp, parch | fillna mean | scale \
                  | train mlp[choose[2, 3, 4, 5], auto] lr=choose[0.001, 0.01, 0.1] epochs=1 | tune grid inner=kfold[3] | eval kfold 5";
    let session = Session::new(Arc::new(example_world()), Options::default());
    let checked = session.check(script);
    assert!(checked.is_sound(), "{:?}", checked.diagnostics);
    let mut graph = JobGraph::default();
    lower(&checked.plan, &mut graph);
    let fits = |verb: &str| {
        let is_fit = |work: &Work| matches!(work, Work::Fit { .. });
        let jobs = graph.jobs().iter().filter(|job| is_fit(&job.work));
        jobs.filter(|job| checked.plan.nodes[job.stage].verb.spec.name == verb).count()
    };
    // Once on the training rows of each fold, and once on those of each of its three inner folds.
    assert_eq!((fits("scale"), fits("fillna")), (5 * (1 + 3), 5 * (1 + 3)));
    let trainings = graph.jobs().iter().filter(|job| matches!(job.work, Work::Learn(..))).count();
    // Twelve candidates on each inner fold and on each fold, of which a run computes the winner's only; and baselines.
    assert_eq!(trainings, 5 * (12 * 3 + 12) + 5 * (3 + 1));
}

#[test]
fn a_run_trains_the_winner_of_a_fold_only() {
    let script =
        "load wine.csv | target cultivar | train knn[choose[1, 2, 3, 4, 5]] | tune grid inner=kfold[2] | eval kfold 3";
    let done = Session::new(Arc::new(example_world()), Options::default()).run(script);
    let trained =
        done.stages.iter().filter(|stage| stage.text.starts_with("train")).map(|stage| stage.time.runs).sum::<usize>();
    assert_eq!(trained, 3 * (5 * 2 + 1));
    assert_eq!(done.evaluation().unwrap().chosen.len(), 3);
}

/// A saved winner predicts as the same pipeline without choices.
#[test]
fn a_saved_winner_is_the_pipeline_of_its_values() {
    let world = Arc::new(example_world());
    let session = Session::new(world.clone(), Options::default());
    let stages = "load wine.csv | target cultivar | scale choose[standard, minmax] | train knn[choose[3, 40]] | tune grid | save tuned.pw";
    let done = session.run(stages);
    assert!(done.is_ok(), "{}", messages(&done, stages));
    let values = &tuning(&done).best().unwrap().values;
    let (scaler, neighbours) = (&values[0].1, &values[1].1);
    let plain = format!("load wine.csv | target cultivar | scale {scaler} | train knn[{neighbours}] | save plain.pw");
    assert!(session.run(&plain).is_ok());
    let predict = |file: &str| {
        let done = session.run(&format!("load wine.csv | predict {file} proba=true | show 200"));
        assert!(done.is_ok());
        pipewright::render::text(done.outputs().next().unwrap())
    };
    assert_eq!(predict("tuned.pw"), predict("plain.pw"));
}

/// A calibration is learned inside every fold, and makes the probabilities of naive Bayes better.
#[test]
fn a_calibration_is_learned_in_every_fold_and_saved() {
    let world = Arc::new(example_world());
    let session = Session::new(world, Options::default());
    let loss = |calibrate: &str| {
        let script = format!(
            "load breast_cancer.csv | target diagnosis | train bayes {calibrate} | eval kfold 5 metric=log_loss"
        );
        let done = session.run(&script);
        assert!(done.is_ok(), "{}", messages(&done, &script));
        done.evaluation().unwrap().metric("log_loss").unwrap().mean().unwrap()
    };
    for method in ["platt", "isotonic", "beta", "temperature"] {
        assert!(loss(&format!("| calibrate {method}")) < loss(""), "{method}");
    }
    let save = "load breast_cancer.csv | target diagnosis | train bayes | calibrate isotonic | save calibrated.pw";
    assert!(session.run(save).is_ok());
    assert!(session.run("load breast_cancer.csv | train bayes | save plain.pw").is_ok());
    let predict = |file: &str| {
        let done = session.run(&format!("load breast_cancer.csv | predict {file} proba=true | show 600"));
        pipewright::render::text(done.outputs().next().unwrap())
    };
    assert_ne!(predict("calibrated.pw"), predict("plain.pw"));
}

/// Whatever the rows say that a holdout has set apart, what is learned from the others is the same.
#[test]
fn nothing_is_learned_from_rows_set_apart_for_the_final_exam() {
    let script = "load t.csv | target y | holdout 25% seed=5 as test | scale | train knn[choose[1, 5]] | tune grid \
                  metric=accuracy | eval kfold 3 metric=accuracy | assess test metric=accuracy | save m.pw";
    let rows = table(1, 80, 3.0);
    let clean = run_on(rows.clone(), script, 0);
    let exam =
        |done: &pipewright::RunResult| done.evaluations().find(|found| found.assessed.is_some()).cloned().unwrap();
    let apart = exam(&clean).results[0].rows.clone();
    assert_eq!(apart.len(), 20);
    let poisoned: Vec<String> = rows
        .lines()
        .enumerate()
        .map(|(line, text)| match line.checked_sub(1) {
            Some(row) if apart.contains(&(row as u32)) => {
                format!("1e6,-1e6,1e6,-1e6,{}", text.rsplit(',').next().unwrap())
            }
            _ => text.to_owned(),
        })
        .collect();
    let poisoned = run_on(poisoned.join("\n") + "\n", script, 0);
    assert_eq!(tuning(&clean), tuning(&poisoned));
    let folds = |done: &pipewright::RunResult| done.evaluations().find(|found| found.assessed.is_none()).cloned();
    assert_eq!(folds(&clean), folds(&poisoned));
    assert_ne!(exam(&clean), exam(&poisoned), "the exam is on these rows");
}

/// Candidates that are left when the time is up are skipped; the first one never is, and what was tried decides.
#[test]
fn a_search_whose_time_is_up_keeps_the_best_so_far() {
    let script = "load t.csv | target y | scale | train knn[int(1, 30)] | tune random 20 metric=accuracy budget=BUDGET \
                  | eval kfold 3 metric=accuracy | save m.pw";
    let within = |budget: &str| {
        let world = MemoryWorld::default().with_file("t.csv", table(2, 80, 1.0)).ticking(Duration::from_millis(1));
        let options = Options { threads: Some(1), ..Options::default() };
        let done = Session::new(Arc::new(world), options).run(&script.replace("BUDGET", budget));
        assert!(done.is_ok(), "{}", messages(&done, script));
        done
    };
    let (all, some, first) = (within("10h"), within("1s"), within("1ms"));
    assert_eq!((tuning(&all).trials.len(), tuning(&all).skipped), (20, 0));
    assert!(!messages(&all, script).contains("W0605"));
    let tried = tuning(&some);
    assert!(tried.skipped > 0 && tried.trials.len() > 1 && tried.trials.len() + tried.skipped == 20, "{tried:?}");
    assert_eq!(tried.trials[..], tuning(&all).trials[..tried.trials.len()], "candidates are tried in order");
    assert_eq!(tried.winner, tried.ranked()[0].candidate);
    assert!(messages(&some, script).contains("W0605"));
    assert_eq!(tuning(&first).trials.len(), 1);
    assert_eq!(first.evaluation().unwrap().chosen.len(), 3);
}

/// A number whose spread grows with the feature: y = 3x + x·noise.
fn spreading(seed: u64, rows: u64) -> String {
    let key = Key::new(seed).child("spreading");
    let line = |row: u64| {
        let x = key.child("x").uniform(row) * 4.0;
        let noise: f64 = (0..6).map(|place| key.index(place).uniform(row) - 0.5).sum();
        format!("{x},{}\n", 3.0 * x + x * noise)
    };
    "x,y\n".to_owned() + &(0..rows).map(line).collect::<String>()
}

/// Conformalised quantile regression covers new rows as often as intervals of one width, and is narrower where the spread
/// depends on the rows.
#[test]
fn conformal_quantiles_cover_what_they_promise_and_are_narrower() {
    const RUNS: u64 = 20;
    let scores = |model: &str| {
        let script = format!(
            "load t.csv | target y | train {model} | conformal 90% | eval holdout 50% metric=[coverage, width]"
        );
        let of_run = |seed: u64| {
            let done = run_on(spreading(seed, 600), &script, seed);
            let evaluation = done.evaluation().unwrap();
            ["coverage", "width"].map(|metric| evaluation.metric(metric).unwrap().mean().unwrap())
        };
        let all: Vec<[f64; 2]> = (0..RUNS).map(of_run).collect();
        [0, 1].map(|place| all.iter().map(|scores| scores[place]).sum::<f64>() / RUNS as f64)
    };
    let [coverage, width] = scores("quantile_regression(quantile=[10%, 90%])");
    assert!((0.88..0.93).contains(&coverage), "{coverage}");
    let [plain_coverage, plain_width] = scores("linear");
    assert!((0.88..0.93).contains(&plain_coverage) && width < 0.9 * plain_width, "{width} {plain_width}");
}

/// A blend drops the model that is being tried when most of its time is up: only the first one is fitted in any case.
#[test]
fn a_blend_whose_time_is_up_keeps_the_models_so_far() {
    let run = |model: &str| {
        let script = format!("load t.csv | target y | scale | train {model} | eval kfold 3 metric=log_loss");
        let world = MemoryWorld::default().with_file("t.csv", table(3, 80, 1.0)).ticking(Duration::from_millis(1));
        let options = Options { threads: Some(1), ..Options::default() };
        let done = Session::new(Arc::new(world), options).run(&script);
        assert!(done.is_ok(), "{}", messages(&done, &script));
        let score = done.evaluation().unwrap().metric("log_loss").unwrap().values();
        (score, messages(&done, &script))
    };
    let (alone, said) = run("blend[logistic]");
    assert!(!said.contains("W0605"), "{said}");
    let (cut, said) = run("blend[logistic, gbdt(trees=100)](budget=100ms)");
    assert!(said.contains("the time was up after 1 of 2 models"), "{said}");
    assert_eq!(cut, alone);
    let (both, said) = run("blend[logistic, gbdt(trees=100)](budget=10h)");
    assert!(!said.contains("W0605"), "{said}");
    assert_ne!(both, alone);
}
