//! Honest folds: nothing that a fold learns depends on the rows that it holds out.

use crate::sample::{Sample, TARGETS, all_values, judged_model, judged_step, learned, run_well};
use crate::{MODELS, STEPS, chosen};
use pipewright::Options;
use pipewright_engine::Value;
use pipewright_plan::{Identity, Job, JobGraph, Part, ScopeId, Work};
use pipewright_world::MemoryWorld;
use pipewright_world::random::Key;
use std::collections::HashMap;
use std::sync::Arc;

/// Folds that depend on the number of rows alone: then the target may be poisoned too.
const BLIND: [&str; 2] = ["eval kfold 3 shuffle=false stratified=false", "eval holdout 30% shuffle=false"];
/// Folds that depend on the target and a seed.
const SEEING: [&str; 2] = ["eval stratified 3 seed=5", "eval holdout 25% seed=5"];

/// The garbage stands in the file before anything is planned.
fn poison_changes_nothing(sample: &Sample, script: &str, target: &str, poison_target: bool) {
    let options = Options::default();
    let clean = learned(sample, &options, script);
    let rounds = held_out(sample, script);
    for (round, rows) in rounds.iter().enumerate() {
        let mut poisoned = sample.clone();
        for &row in rows {
            poisoned.poison(row as usize, &|column| poison_target || column != target);
        }
        assert_eq!(held_out(&poisoned, script)[round], *rows, "the folds stay the same: {script}");
        let found = learned(&poisoned, &options, script);
        let of_round =
            |(stage, of, model): &(usize, Option<usize>, bool)| (*of == Some(round)).then_some((*stage, *model));
        let places: Vec<_> = clean.keys().filter(|place| of_round(place).is_some()).collect();
        assert!(places.len() >= 2, "{script} learns in round {round}");
        for place in places {
            assert_eq!(found.get(place), clean.get(place), "round {round}, stage {}, of {script}", place.0);
        }
        assert_ne!(found, clean, "{script}: garbage in round {round} is training data of other rounds");
    }
}

/// The rows that each round of the outer split holds out.
fn held_out(sample: &Sample, script: &str) -> Vec<Vec<u32>> {
    let (graph, values) = all_values(sample, script);
    let scopes = graph.jobs().iter().filter_map(|job| graph.rounds(job.scope).first().copied());
    let outer = scopes.map(|round| round.split).next().expect("a judged script parts its rows");
    match &values[outer] {
        Value::Rounds(rounds) => rounds.iter().map(|round| round.test.to_vec()).collect(),
        _ => unreachable!("a split yields rounds"),
    }
}

/// With one round only, there are no other rounds in which garbage would be seen; a final fit on all rows is one.
fn with_final_fit(script: String) -> String {
    format!("{script} | save m.pw")
}

#[test]
fn steps_learn_nothing_from_rows_held_out() {
    let sample = Sample::new(1, 61);
    for variant in chosen(STEPS) {
        for &target in variant.targets {
            for eval in BLIND {
                let script = with_final_fit(judged_step(variant.text, target, eval));
                poison_changes_nothing(&sample, &script, target, true);
            }
        }
        for eval in SEEING {
            let script = with_final_fit(judged_step(variant.text, "grade", eval));
            poison_changes_nothing(&sample, &script, "grade", false);
        }
    }
}

#[test]
fn models_learn_nothing_from_rows_held_out() {
    let sample = Sample::new(2, 64);
    for variant in chosen(MODELS) {
        for eval in BLIND {
            let script = with_final_fit(judged_model(variant.text, variant.target, eval));
            poison_changes_nothing(&sample, &script, variant.target, true);
        }
        for eval in SEEING.iter().filter(|eval| variant.target != "price" || !eval.contains("stratified")) {
            let script = with_final_fit(judged_model(variant.text, variant.target, eval));
            poison_changes_nothing(&sample, &script, variant.target, false);
        }
    }
}

#[test]
fn steps_that_do_not_use_the_target_do_not_see_it() {
    let sample = Sample::new(3, 60);
    for variant in chosen(STEPS).filter(|variant| !variant.sees_target) {
        for target in TARGETS {
            let script = judged_step(variant.text, target, BLIND[0]);
            let mut changed = sample.clone();
            (0..sample.rows.len()).for_each(|row| changed.poison(row, &|column| column == target));
            let states = |sample: &Sample| {
                let mut all = learned(sample, &Options::default(), &script);
                all.retain(|(_, _, is_model), _| !is_model);
                all
            };
            assert_eq!(states(&changed), states(&sample), "{script}");
        }
    }
}

/// Ways to prepare a table above the first stage that learns; `price` is the target.
const ABOVE: &[&str] = &[
    "where real > -100 or real is null",
    "where price is not null",
    "derive double = 2 * price | drop double",
    "derive last = cumcount(real), mean = mean(count) over(colour)",
    "sort count, colour | derive n = cumcount(real)",
    "dedup on town, colour, flag, count",
    "columns { real, count => derive sum = real + count; _ => keep }",
    "bin 3 on real",
    "poly 2 on real, count",
];
/// Other tables of the same file, joined by a number of the row.
const OTHERS: &[(&str, &str)] = &[
    ("sort real", "join other how=semi on row"),
    ("where flag or not flag", "join other how=semi on row"),
    ("group colour { n = count() }", "join other how=left on colour"),
];

/// Whatever is done above the folds, the target of a row that a fold holds out does not change what the fold learns: also
/// in the arms of a fork.
#[test]
fn what_is_done_above_the_folds_does_not_tell_the_target() {
    let sample = Sample::new(4, 60).with_column("row", |row| row.to_string());
    let rest = "drop row, grade, shape | fillna mean on real, count | fillna mode | encode onehot";
    let scripts =
        ABOVE.iter().map(|above| format!("load t.csv | target price | {above} | {rest}")).chain(OTHERS.iter().map(
            |(other, join)| format!("let other = load t.csv | {other}\nload t.csv | target price | {join} | {rest}"),
        ));
    let arms = "fork { one: train ridge; two: scale | train linear }";
    let mut tried = 0;
    for script in scripts.flat_map(|script| [format!("{script} | train ridge"), format!("{script} | {arms}")]) {
        let script = format!("{script} | {}", BLIND[0]);
        let clean = learned(&sample, &Options::default(), &script);
        let rounds = held_out(&sample, &script);
        // Rows that the stages above left out or moved are counted differently: all that a round may not see is changed.
        let whole = rounds.iter().map(Vec::len).sum::<usize>() == sample.rows.len() && !script.contains("sort");
        tried += usize::from(whole);
        for (round, rows) in rounds.iter().enumerate().filter(|_| whole) {
            let mut poisoned = sample.clone();
            rows.iter().for_each(|&row| poisoned.poison(row as usize, &|column| column == "price"));
            let found = learned(&poisoned, &Options::default(), &script);
            let of_round = clean.keys().filter(|(_, of, _)| *of == Some(round));
            let mut places = 0;
            for place in of_round {
                places += 1;
                assert_eq!(found.get(place), clean.get(place), "round {round}, stage {}, of {script}", place.0);
            }
            assert!(places >= 2, "{script} learns in round {round}");
        }
    }
    assert!(tried >= 12, "only {tried} scripts keep all rows");
}

#[test]
fn noise_cannot_be_learned() {
    let key = Key::new(11);
    let rows = (0..2000_u64).map(|row| {
        let features: Vec<String> =
            (0..5).map(|column| format!("{:.4}", key.index(column).uniform(row) - 0.5)).collect();
        format!("{},level {},{}\n", features.join(","), key.child("text").below(row, 30), key.child("y").below(row, 2))
    });
    let table: String = std::iter::once("a,b,c,d,e,f,y\n".to_owned()).chain(rows).collect();
    for model in ["logistic", "mlp[16,auto] epochs=10"] {
        let world = Arc::new(MemoryWorld::new().with_file("t.csv", table.clone()));
        let script = format!("load t.csv | target y | scale | encode onehot on f | train {model} | eval kfold 3");
        let done = run_well(&world, &Options::default(), &script);
        let accuracy = done.evaluation().unwrap().metric("accuracy").unwrap().mean().unwrap();
        assert!((accuracy - 0.5).abs() < 0.06, "{model} finds {accuracy} in noise");
    }
}

/// A column whose values are nearly all different would carry the target, if the training rows saw their own.
#[test]
fn names_of_noise_teach_nothing() {
    let key = Key::new(12);
    let row = |row: u64| {
        let below = |name: &str, bound: u64| key.child(name).below(row, bound);
        format!("level {},near {},{}\n", below("f", 400), below("g", 1500), below("y", 2))
    };
    let table: String = std::iter::once("f,g,y\n".to_owned()).chain((0..2000).map(row)).collect();
    for (encode, model) in [("target", "logistic"), ("target smooth=0", "logistic"), ("woe", "mlp[8,auto] epochs=5")] {
        let world = Arc::new(MemoryWorld::new().with_file("t.csv", table.clone()));
        let script =
            format!("load t.csv | target y | encode {encode} | train {model} | eval kfold 5 metric=[accuracy, auc]");
        let done = run_well(&world, &Options::default(), &script);
        for metric in ["accuracy", "auc"] {
            let found = done.evaluation().unwrap().metric(metric).unwrap().mean().unwrap();
            assert!((found - 0.5).abs() < 0.05, "{encode}: {metric} {found} in noise");
        }
    }
}

/// Of a thousand columns of noise some follow any target by chance. Chosen outside of the folds they would score about
/// 0.84 (Hastie, Tibshirani, Friedman, "The Elements of Statistical Learning", 2009, 7.10.2).
#[test]
fn columns_of_noise_that_are_chosen_in_the_folds_teach_nothing() {
    const SEEDS: u64 = 3;
    let mut total = 0.0;
    for seed in 0..SEEDS {
        let key = Key::new(100 + seed);
        let row = |row: u64| {
            let cells = (0..1000).map(|column| format!("{:.5}", key.index(column).uniform(row)));
            cells.chain([key.child("y").below(row, 2).to_string()]).collect::<Vec<_>>().join(",") + "\n"
        };
        let head = (0..1000).map(|column| format!("x{column}")).chain(["y".to_owned()]).collect::<Vec<_>>().join(",");
        let table: String = std::iter::once(head + "\n").chain((0..200).map(row)).collect();
        let world = Arc::new(MemoryWorld::new().with_file("t.csv", table));
        let script = "load t.csv | target y | select_k f[20] | train logistic | eval kfold 5";
        let done = run_well(&world, &Options::default(), script);
        total += done.evaluation().unwrap().metric("accuracy").unwrap().mean().unwrap();
    }
    let accuracy = total / SEEDS as f64;
    assert!((accuracy - 0.5).abs() < 0.05, "accuracy {accuracy} in noise");
}

/// The same graph, but one input of one job of round 0 is another.
fn with_bait(honest: &JobGraph, bait: Bait) -> JobGraph {
    let jobs = honest.jobs();
    let find = |round: Option<usize>, is: &dyn Fn(&Work) -> bool| {
        let of_round = |job: &Job| honest.fold(job.scope) == round;
        let found = jobs.iter().position(|job| of_round(job) && is(&job.work));
        found.expect("two rounds fit a step, apply it, and pick both parts")
    };
    let is_fit = |work: &Work| matches!(work, Work::Fit { .. });
    let picks = |wanted: Part| move |work: &Work| matches!(work, Work::Pick(_, part) if *part == wanted);
    let (victim, instead) = match bait {
        Bait::HeldOut => (find(Some(0), &is_fit), find(Some(0), &picks(Part::Test))),
        Bait::OtherRound => (find(Some(0), &is_fit), find(Some(1), &picks(Part::Train))),
        Bait::AllRows => (find(Some(0), &is_fit), find(None, &|work| matches!(work, Work::Read(..)))),
        // Scaled by what another round has learned, the training rows of this round know of those it holds out.
        Bait::StateOfOtherRound => (find(Some(0), &|work| matches!(work, Work::Apply)), find(Some(1), &is_fit)),
    };
    let inputs = |id: usize| {
        let mut inputs = jobs[id].inputs.clone();
        if id == victim {
            inputs[0] = instead;
        }
        inputs
    };
    let mut graph = JobGraph::default();
    let mut places = HashMap::new();
    let mut open: Vec<usize> = (0..jobs.len()).rev().collect();
    while let Some(id) = open.pop() {
        let waits: Vec<usize> = inputs(id).into_iter().filter(|input| !places.contains_key(input)).collect();
        if places.contains_key(&id) {
            continue;
        } else if !waits.is_empty() {
            open.push(id);
            open.extend(waits);
            continue;
        }
        let own: Vec<usize> = inputs(id).iter().map(|input| places[input]).collect();
        let rounds = honest.rounds(jobs[id].scope);
        let scope =
            rounds.iter().fold(ScopeId::ROOT, |parent, round| graph.enter(parent, places[&round.split], round.index));
        let identity = Identity::of("job").number(id as u64);
        places.insert(id, graph.add(jobs[id].work.clone(), identity, &own, jobs[id].stage, scope));
    }
    graph
}

#[derive(Clone, Copy, Debug)]
enum Bait {
    HeldOut,
    OtherRound,
    AllRows,
    StateOfOtherRound,
}

#[test]
fn a_graph_that_learns_from_held_out_rows_is_refused() {
    let sample = Sample::new(4, 40);
    let (honest, _) = all_values(&sample, &judged_step("scale", "grade", BLIND[0]));
    assert_eq!(honest.check(), Ok(()));
    for bait in [Bait::HeldOut, Bait::OtherRound, Bait::AllRows, Bait::StateOfOtherRound] {
        let found = with_bait(&honest, bait).check();
        assert!(found.is_err_and(|why| why.contains(", 0)]")), "{bait:?}");
    }
}
