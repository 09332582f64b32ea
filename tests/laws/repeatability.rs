//! The same bits for any number of threads, and for the same seed.

use crate::sample::{Sample, judged_model, judged_step, learned, run_well, trained};
use crate::{MODELS, STEPS, chosen};
use pipewright::render::text;
use pipewright::{Options, Source, document};
use pipewright_world::World;
use serde_json::Value as Json;
use std::sync::Arc;

/// What a script prints as JSON without its times, and the files that it leaves.
fn outcome(sample: &Sample, scripts: &[String], threads: usize) -> Vec<String> {
    let world = Arc::new(sample.world());
    let options = Options { threads: Some(threads), seed: 3, ..Options::default() };
    let mut found: Vec<String> = scripts
        .iter()
        .map(|script| {
            let done = run_well(&world, &options, script);
            let mut json = document(&done, &Source::new("law", script.as_str()));
            without_times(&mut json);
            json.to_string()
        })
        .collect();
    for name in world.names() {
        found.push(format!("{name:?} {:?}", world.read(&name).unwrap()));
    }
    found
}

fn without_times(json: &mut Json) {
    match json {
        Json::Object(fields) => {
            fields.remove("seconds");
            fields.values_mut().for_each(without_times);
        }
        Json::Array(items) => items.iter_mut().for_each(without_times),
        _ => {}
    }
}

fn threads_do_not_matter(sample: &Sample, scripts: &[String]) {
    let one = outcome(sample, scripts, 1);
    for threads in [2, 3, 8] {
        let found = outcome(sample, scripts, threads);
        for (script, (one, found)) in scripts.iter().zip(one.iter().zip(&found)) {
            assert_eq!(one, found, "{threads} threads, {script}");
        }
        assert!(one == found, "{threads} threads leave other files");
    }
}

/// Verbs that neither learn nor are carried along.
const OTHERS: &[&str] = &[
    "let towns = load t.csv | select town, price | dedup on town\nlet more = load t.csv | head 3 | keep town, colour, real\n\
     load t.csv | dropna on real | sort real descending=true | dedup on count, colour | select town, colour, real \
     | concat more | join towns how=left on town | group colour { m = mean(real), n = count() } | show",
    "load t.csv | pivot key=colour value=real agg=mean | show",
    "load t.csv | unpivot on real, count key=what value=much | keep what, much | describe | profile | show",
    "load t.csv | where real > 0 and count is not null | sample 50% | head 20 | show 5 | schema | write -",
    "load t.csv | select real, count, price | target price | fillna mean | show 3 | train linear | eval kfold 4 repeat=2 \
     | assert rmse > 0 and rows > 10 | save m.pw",
    "load t.csv | predict m.pw keep=[town, price] | write out.csv",
    "load t.csv | target price | fillna median | encode target on town | freeze prep.pw",
    "load t.csv | head 50 | apply prep.pw | write -",
    "load t.csv | drop price, shape | target grade | encode | fillna mean \
     | fork { plain: train dummy; scaled: scale | train logistic; net: scale | train mlp[3,auto] epochs=2 } | eval kfold 3",
    "load t.csv | role group=town | drop shape, grade | target log1p(count) | encode | fillna mean | train linear \
     | eval group 3",
    "load t.csv | drop price, shape | target grade | encode | fillna median indicator=true | train mlp[3,auto] epochs=2 \
     | eval holdout 30% metric=[auc, mcc]",
    "load t.csv | drop price, shape | target grade | encode | fillna mean | scale | train mlp[64,32,auto] epochs=2 \
     | eval kfold 10",
];

#[test]
fn threads_change_nothing() {
    let sample = Sample::new(5, 300);
    let judged = |variant: &crate::Variant| judged_step(variant.text, variant.target, "eval stratified 3");
    let mut scripts: Vec<String> = chosen(STEPS).map(judged).collect();
    scripts.extend(chosen(MODELS).map(|model| judged_model(model.text, model.target, "eval kfold 3 | save m.pw")));
    scripts.extend(OTHERS.iter().map(|script| (*script).to_owned()));
    threads_do_not_matter(&sample, &scripts);
}

/// More rows than a chunk or a block of rows has, so that there is something to share out.
#[test]
fn threads_change_nothing_in_large_tables() {
    let sample = Sample::new(6, 20_000);
    let steps = "fillna median | scale robust | encode onehot rare=1% on colour, town";
    let scripts = [
        judged_step(steps, "grade", "eval kfold 2"),
        judged_model("ridge", "price", "eval kfold 2"),
        judged_model("logistic", "shape", "eval holdout 50%"),
        judged_model("mlp[8,auto] epochs=1 batch=1024", "grade", "eval holdout 50%"),
        // Its products are large enough to be cut.
        judged_model("mlp[256,256,auto] epochs=1 batch=1024", "grade", "eval holdout 90%"),
    ];
    threads_do_not_matter(&sample, &scripts);
}

#[test]
fn a_seed_names_one_network_and_another_seed_another() {
    let sample = Sample::new(7, 80);
    let networks = |seed: u64, own: &str| {
        let script =
            format!("{} | eval kfold 3 shuffle=false seed=1", trained(&format!("mlp[4,auto] epochs=2{own}"), "grade"));
        let mut all = learned(&sample, &Options { seed, ..Options::default() }, &script);
        all.retain(|(stage, _, is_model), _| *is_model && *stage < 7);
        assert_eq!(all.len(), 3, "a network a fold");
        all
    };
    assert_eq!(networks(1, ""), networks(1, ""));
    let (one, two) = (networks(1, ""), networks(2, ""));
    assert!(one.iter().all(|(place, network)| two[place] != *network), "another seed, another network");
    assert_eq!(networks(1, " seed=9"), networks(2, " seed=9"), "a seed of its own wins");
    assert_eq!(networks(9, ""), networks(1, " seed=9"), "and means what --seed means");
}

#[test]
fn a_seed_names_one_split_and_another_seed_another() {
    let sample = Sample::new(8, 90);
    let folds = |seed: u64, own: &str| {
        let script = judged_model("logistic", "grade", &format!("eval kfold 3{own}"));
        let done = run_well(&Arc::new(sample.world()), &Options { seed, ..Options::default() }, &script);
        done.evaluation().unwrap().metric("log_loss").unwrap().values()
    };
    assert_eq!(folds(1, ""), folds(1, ""));
    assert_ne!(folds(1, ""), folds(2, ""));
    assert_eq!(folds(1, " seed=9"), folds(2, " seed=9"));
    assert_eq!(folds(9, ""), folds(1, " seed=9"));
}

#[test]
fn a_sample_is_drawn_by_its_seed() {
    let sample = Sample::new(9, 90);
    let rows = |seed: u64, own: &str| {
        let options = Options { seed, ..Options::default() };
        let done = run_well(&Arc::new(sample.world()), &options, &format!("load t.csv | sample 30{own} | write -"));
        text(done.outputs().next().unwrap())
    };
    assert_eq!(rows(1, ""), rows(1, ""));
    assert_ne!(rows(1, ""), rows(2, ""));
    assert_eq!(rows(1, " seed=9"), rows(2, " seed=9"));
}
