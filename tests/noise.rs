//! How often intervals and verdicts are right, counted on tables whose truth is known: noise, a model beside itself, a
//! difference that is there, and prediction intervals.
//!
//! CI counts on 20 tables, `PIPEWRIGHT_WHOLE=1` on 100 (`cargo test --release -p pipewright --test noise -- --nocapture`). The
//! counts are printed; those of `docs/trust.md` are of the whole.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, clippy::print_stdout)]

mod support;

use pipewright::RunResult;
use pipewright::output::{Output, Ranking};
use pipewright_learn::compare::Interval;
use pipewright_world::random::Key;
use std::f64::consts::TAU;
use support::run_on;

const ROWS: u64 = 200;
const COLUMNS: u64 = 10;
/// How the target depends on the first columns, unless it is noise: `a` matters most, six columns do not matter.
const SIGNAL: [f64; 4] = [1.0, 0.5, 0.5, 0.3];

/// What is predicted.
#[derive(Clone, Copy, PartialEq)]
enum Target {
    Classes,
    Numbers,
}

/// The tables that are counted on, by their seeds.
fn tables() -> std::ops::Range<u64> {
    let whole = std::env::var_os("PIPEWRIGHT_WHOLE").is_some();
    0..if whole { 100 } else { 20 }
}

/// What must hold in 95 % of tables holds in this number of them: 90 of 100, or 16 of 20, which chance alone makes fewer
/// in one of 40 and one of 400 cases.
fn least() -> usize {
    let count = tables().count();
    if count < 100 { count * 8 / 10 } else { count * 9 / 10 }
}

/// Independent normal columns `a` to `j`, and the target `y`: the sum of `weights` times the first ones, plus noise; its sign,
/// if it is a class.
fn table(seed: u64, weights: &[f64], target: Target) -> String {
    let key = Key::new(seed).child("noise");
    let line = |row: u64| {
        let features: Vec<f64> = (0..COLUMNS).map(|column| normal(key.index(column), row)).collect();
        let signal: f64 = weights.iter().zip(&features).map(|(weight, feature)| weight * feature).sum();
        let target = match target {
            Target::Numbers => (signal + normal(key.child("target"), row)).to_string(),
            Target::Classes => {
                let uniform = key.child("target").uniform(row);
                let is_positive = signal + (uniform / (1.0 - uniform)).ln() > 0.0;
                if is_positive { "yes" } else { "no" }.to_owned()
            }
        };
        features.iter().map(|feature| format!("{feature},")).collect::<String>() + &target + "\n"
    };
    "a,b,c,d,e,f,g,h,i,j,y\n".to_owned() + &(0..ROWS).map(line).collect::<String>()
}

/// A normal number, by the method of Box and Muller.
fn normal(key: Key, at: u64) -> f64 {
    let (radius, angle) = (key.uniform(2 * at), key.uniform(2 * at + 1));
    (-2.0 * (1.0 - radius).ln()).sqrt() * (TAU * angle).cos()
}

/// Runs the stages below the target on every table.
fn each<'a>(weights: &'a [f64], target: Target, stages: &'a str) -> impl Iterator<Item = RunResult> + 'a {
    let script = format!("load t.csv | target y | {stages}");
    tables().map(move |seed| run_on(table(seed, weights, target), &script, seed))
}

/// Counts the tables on which something holds.
fn count(weights: &[f64], target: Target, stages: &str, holds: impl Fn(&RunResult) -> bool) -> usize {
    let count = each(weights, target, stages).filter(|done| holds(done)).count();
    println!("{count} of {}: {stages}", tables().count());
    count
}

/// The mean of a metric, and its interval.
fn metric(done: &RunResult, name: &str) -> (f64, Option<Interval>) {
    let metric = done.evaluation().unwrap().metric(name).unwrap();
    (metric.mean().unwrap(), metric.interval())
}

fn ranking(done: &RunResult) -> &Ranking {
    done.outputs().find_map(|output| if let Output::Ranking(ranking) = output { Some(ranking) } else { None }).unwrap()
}

/// The arm that a comparison says to be better, with a p-value below 5 %, if it has one.
fn winner(done: &RunResult) -> Option<&str> {
    let ranking = ranking(done);
    let lead = ranking.entries[1].lead.as_ref().unwrap();
    let is_better = lead.verdict.to_string() == "better" || lead.p_value.is_some_and(|p_value| p_value < 0.05);
    is_better.then_some(&*ranking.entries[0].arm)
}

/// The best inner score of a search over noise is above chance; the interval of the nested evaluation holds chance.
#[test]
fn nested_searches_over_noise_score_as_chance() {
    for search in [
        "train knn[choose[1, 3, 7, 15, 31]](weights=choose[uniform, distance]) | tune grid metric=auc",
        "train logistic(l2=loguniform(0.01, 100)) | tune random 5 metric=auc",
        "train tree(depth=choose[1, 3, 6]) | tune grid metric=auc inner=kfold[2]",
    ] {
        for evaluation in ["eval kfold 5 metric=auc", "eval holdout 30% metric=auc"] {
            let stages = format!("{search} | {evaluation}");
            let held = count(&[], Target::Classes, &stages, |done| {
                let interval = metric(done, "auc").1.unwrap();
                interval.low <= 0.5 && 0.5 <= interval.high
            });
            assert!(held >= least(), "the interval holds chance in {held} tables: {stages}");
        }
    }
}

#[test]
fn a_model_is_indistinguishable_from_itself_with_another_seed() {
    for (model, target, evaluation) in [
        ("forest(trees=50)", Target::Classes, "eval kfold 5 metric=accuracy"),
        ("forest(trees=50)", Target::Classes, "eval kfold 5 repeat=2 metric=auc"),
        ("forest(trees=50)", Target::Classes, "eval holdout 30% metric=log_loss"),
        ("forest(trees=50)", Target::Numbers, "eval kfold 5 metric=rmse"),
        ("mlp[8, auto] epochs=5", Target::Classes, "eval kfold 5 metric=auc"),
    ] {
        let stages =
            format!("fork {{ one: train {model} seed=1; two: train {model} seed=2 }} | {evaluation} | compare");
        let alike = count(&SIGNAL, target, &stages, |done| winner(done).is_none());
        assert!(alike >= least(), "indistinguishable in {alike} tables: {stages}");
    }
}

/// Logistic regression on all columns is better than without the one that matters most: found in about two thirds of the
/// tables by five folds, in more of them by five times five, and never the other way round.
#[test]
fn a_difference_is_found_as_often_as_there_is_data_for_it() {
    let found = |weights: &[f64], evaluation: &str| {
        let stages = format!("fork {{ all: train logistic; less: drop a | train logistic }} | {evaluation} | compare");
        let winners: Vec<Option<String>> =
            each(weights, Target::Classes, &stages).map(|done| winner(&done).map(str::to_owned)).collect();
        let of = |arm: &str| winners.iter().flatten().filter(|winner| *winner == arm).count();
        let (right, wrong) = (of("all"), of("less"));
        println!("{right} right, {wrong} wrong of {}: {stages}", winners.len());
        assert!(wrong * 20 <= winners.len(), "the worse one is said to be better in {wrong} tables: {stages}");
        right
    };
    let (once, often) = (found(&SIGNAL, "eval kfold 5 metric=auc"), found(&SIGNAL, "eval kfold 5 repeat=5 metric=auc"));
    let count = tables().count();
    assert!(once * 10 >= count * 4 && once * 10 <= count * 9, "{once} of {count}");
    assert!(often > once && often * 10 >= count * 8, "{often} of {count}");
    // A gain of a hundredth is hardly found on 200 rows.
    let small = found(&[0.3, 0.5, 0.5, 0.3], "eval kfold 5 metric=auc");
    assert!(small * 10 <= count * 2, "{small} of {count}");
}

#[test]
fn a_model_is_better_than_none() {
    let stages = "fork { base: train dummy; line: train logistic } | eval kfold 5 metric=auc | compare";
    let found = count(&[2.0], Target::Classes, stages, |done| winner(done) == Some("line"));
    assert_eq!(found, tables().count());
}

/// The mean coverage over tables is that asked for, up to 1 / (n + 1) more and what chance makes of it. The bound is
/// learned from models of four fifths of the rows, so that the final one, which is a little better, covers more.
#[test]
fn conformal_predictions_cover_what_was_asked_for() {
    for (model, target, asked) in [
        ("linear", Target::Numbers, 0.9),
        ("forest(trees=20)", Target::Numbers, 0.9),
        ("knn[5]", Target::Numbers, 0.7),
        ("logistic", Target::Classes, 0.9),
    ] {
        let name = if target == Target::Numbers { "coverage" } else { "set_coverage" };
        let stages = format!("train {model} | conformal {:.0}% | eval kfold 5 metric={name}", 100.0 * asked);
        let coverages: Vec<f64> = each(&SIGNAL, target, &stages).map(|done| metric(&done, name).0).collect();
        let tables = coverages.len() as f64;
        let mean = coverages.iter().sum::<f64>() / tables;
        let variance = coverages.iter().map(|coverage| (coverage - mean).powi(2)).sum::<f64>() / (tables - 1.0);
        let error = (variance / tables).sqrt();
        println!("coverage {mean:.4} ± {error:.4}: {stages}");
        let training = ROWS as f64 * 0.8;
        let (low, high) = (asked - 3.0 * error, asked + 1.0 / (training + 1.0) + 3.0 * error + 0.005);
        assert!(mean >= low && mean <= high, "{mean} is not within {low} to {high}: {stages}");
    }
}
