//! The scripts of `dsl-examples/` and those in the specs of verbs: what readers see is what runs.

mod support;

use pipewright::{Options, REGISTRY, Session};
use std::fs;
use std::sync::Arc;
use support::{example_world, files, messages, output};

#[test]
#[allow(clippy::disallowed_methods)]
fn every_example_script_ends_well() {
    for path in files("dsl-examples", "pipe") {
        let script = fs::read_to_string(&path).unwrap();
        let session = Session::new(Arc::new(example_world()), Options::default());
        let done = session.run(&script);
        assert!(done.is_ok(), "{}:\n{}", path.display(), messages(&done, &script));
        assert!(done.outputs().next().is_some(), "{} shows nothing", path.display());
        let formatted = pipewright::format(&script).unwrap();
        assert_eq!(formatted, script, "{} is not laid out as `fmt` would", path.display());
    }
}

/// The examples of verbs may use the pipeline that this saves.
const SAVED: &str = "load iris.csv | train logistic | save iris.pw\n\
                     load penguins.csv | select \"Beak*\" | fillna median | scale | freeze prep.pw";

#[test]
fn every_example_of_a_verb_prints_what_its_spec_says() {
    let generated = REGISTRY.generators.iter().map(|generator| &generator.spec);
    let specs = REGISTRY.verbs.iter().map(|verb| &verb.spec).chain(REGISTRY.models.iter().map(|model| &model.spec));
    let layers = REGISTRY.layers.iter().map(|layer| &layer.spec);
    let specs = specs.chain(generated).chain(layers);
    let mut failures = Vec::new();
    for spec in specs {
        assert!(!spec.examples.is_empty(), "`{}` has no example", spec.name);
        for example in spec.examples {
            let session = session_of(2);
            let saved = session.run(SAVED);
            assert!(saved.is_ok(), "{}", messages(&saved, SAVED));
            let done = session.run(example.script);
            let found = output(&done);
            for threads in [1, 3] {
                let session = session_of(threads);
                assert!(session.run(SAVED).is_ok());
                let again = output(&session.run(example.script));
                assert_eq!(again, found, "{threads} threads: {}", example.script);
            }
            if !done.is_ok() || found.trim_end() != example.output.trim_end() {
                let said = messages(&done, example.script);
                failures.push(format!(
                    "{}: {}\n--- expected\n{}\n--- found\n{found}{said}",
                    spec.name, example.script, example.output
                ));
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

fn session_of(threads: usize) -> Session {
    Session::new(Arc::new(example_world()), Options { threads: Some(threads), ..Options::default() })
}
