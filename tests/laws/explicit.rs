//! A script and the same with everything spelled out (`fmt --explicit`) do the same.

use crate::sample::{Sample, judged_model, judged_step};
use crate::{MODELS, STEPS, chosen};
use pipewright::{Options, REGISTRY, Session};
use pipewright_world::MemoryWorld;
use std::sync::Arc;

/// What a script reports, in full precision.
fn reports(world: &Arc<MemoryWorld>, script: &str) -> Vec<String> {
    let done = Session::new(world.clone(), Options::default()).run(script);
    assert!(done.is_ok(), "{script}\n{:?}", done.diagnostics);
    done.outputs().map(|output| pipewright::render::json(output).to_string()).collect()
}

/// Both ways to write a script report the same.
fn is_the_same_explicitly(world: &Arc<MemoryWorld>, script: &str) {
    let checked = Session::new(world.clone(), Options::default()).check(script);
    assert!(checked.is_sound(), "{script}: {:?}", checked.diagnostics);
    let explicit = checked.explicit();
    if explicit.contains("key=$key") {
        // A secret stands as the parameter that gives it.
        return;
    }
    assert_eq!(reports(world, script), reports(world, &explicit), "{script}\nspelled out:\n{explicit}");
}

#[test]
fn steps_and_models_do_the_same_with_their_defaults_spelled_out() {
    let world = Arc::new(Sample::new(17, 60).world());
    for variant in chosen(STEPS) {
        is_the_same_explicitly(&world, &judged_step(variant.text, variant.target, "eval kfold 2"));
    }
    for variant in chosen(MODELS) {
        is_the_same_explicitly(&world, &judged_model(variant.text, variant.target, "eval kfold 2"));
    }
}

#[test]
fn the_examples_of_verbs_do_the_same_with_their_defaults_spelled_out() {
    let only = crate::support::filter();
    let world = Arc::new(crate::support::example_world());
    reports(&world, "load iris.csv | train logistic | save iris.pw");
    let specs = REGISTRY.verbs.iter().map(|verb| &verb.spec).chain(REGISTRY.models.iter().map(|model| &model.spec));
    for example in specs.filter(|spec| spec.name.contains(&only)).flat_map(|spec| spec.examples) {
        is_the_same_explicitly(&world, example.script);
    }
}
