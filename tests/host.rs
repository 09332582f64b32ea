//! What a program that embeds Pipewright relies on.
#![allow(clippy::unwrap_used)]

#[path = "../crates/pipewright/examples/host.rs"]
mod example;

use pipewright::{IntoTable, MemoryWorld, Model, Output, Outputs, Session, Table, World, code};
use std::sync::Arc;

fn table(csv: &str) -> Table {
    let session = session_with_file("t.csv", csv);
    session.run("load t.csv | show 1000").table().unwrap().clone()
}

fn session_with_file(name: &str, text: &str) -> Session {
    let world = MemoryWorld::new().with_file(name, text);
    Session::builder().world(Arc::new(world)).threads(2).build().unwrap()
}

#[test]
fn the_example_ends_well() {
    example::main().unwrap();
}

#[test]
fn a_named_table_hides_a_sample_set_and_is_not_copied() {
    let mut session = session_with_file("x.csv", "a\n1\n");
    assert_eq!(session.run("load iris | show 1").table().unwrap().columns().len(), 5);
    let own = table("a,b\n1,2\n3,4\n");
    session.table("iris", own.clone()).unwrap();
    let run = session.run("load iris | show 2");
    let shown = run.table().unwrap();
    assert_eq!(*shown, own);
    assert_eq!(shown.array("a").unwrap().to_data().buffers(), own.array("a").unwrap().to_data().buffers());
    let same = |one: &Table, other: &Table| {
        let start = |table: &Table| table.array("a").unwrap().to_data().buffers()[0].as_ptr();
        start(one) == start(other)
    };
    assert!(same(shown, &own), "the array is the one that was handed in");
    let both = session.run("load x.csv | join iris on a | show 9");
    assert_eq!(both.table().unwrap().rows(), 1, "{:?}", both.diagnostics);
}

#[test]
fn what_is_wrong_with_a_named_table_is_said() {
    let mut session = session_with_file("x.csv", "a\n1\n");
    let own = table("a\n1\n");
    for bad in ["two words", "a.csv", "", "1st"] {
        assert_eq!(session.table(bad, own.clone()).unwrap_err().code, code::BAD_VALUE, "{bad}");
    }
    session.table("people", own).unwrap();
    let message = |script: &str| {
        let run = session.run(script);
        let error = run.diagnostics.iter().find(|diagnostic| diagnostic.is_error()).unwrap();
        (error.code, error.help.join(" "))
    };
    assert_eq!(message("load people header=true | show").0, code::MISPLACED_OPTION);
    let (unknown, help) = message("load peopel | show");
    assert_eq!(unknown, code::UNKNOWN_NAME);
    assert!(help.contains("did you mean `people`?"), "{help}");
}

#[test]
fn a_run_is_read_as_values() {
    let session = session_with_file("t.csv", "x,y\n1,a\n2,a\n3,a\n4,b\n5,b\n6,b\n");
    let run = session.run("load t.csv | target y | train logistic | eval kfold 3 | eval holdout 50% | schema").ok();
    assert!(run.is_err(), "a look after a model is an error");
    let run =
        session.run("load t.csv | schema | target y | train logistic | eval kfold 3 | eval holdout 50%").ok().unwrap();
    assert_eq!(run.outputs().map(Output::kind).collect::<Vec<_>>(), ["schema", "eval", "eval"]);
    let folds: Vec<usize> = run.evaluations().map(|evaluation| evaluation.results.len()).collect();
    assert_eq!(folds, [3, 1]);
    let last = run.evaluation().unwrap();
    assert_eq!(last.scheme.name(), "holdout");
    let Outputs::Probabilities { values, classes } = &last.results[0].predictions.outputs else {
        panic!("classes have probabilities")
    };
    assert_eq!((values.len(), *classes), (2 * last.results[0].rows.len(), 2));
    assert_eq!(run.table().unwrap_err().code, code::UNKNOWN_NAME);
    let failed = session.run("load t.csv | target nothing | train logistic");
    assert_eq!(failed.evaluation().unwrap_err().code, code::UNKNOWN_COLUMN);
}

#[test]
fn a_fitted_pipeline_in_memory_predicts_what_the_saved_one_does() {
    let world = Arc::new(MemoryWorld::new().with_file("t.csv", "x,y\n1,a\n2,a\n3,a\n4,b\n5,b\n6,b\n"));
    let session = Session::builder().world(world.clone()).build().unwrap();
    let script = "load t.csv | target y | scale | train logistic";
    let fitted = session.fit(script).unwrap();
    assert!(!world.exists("-".as_ref()), "nothing is written");
    let run = session.run(&format!("{script} | save m.pw | eval kfold 2"));
    let saved = run.model("m.pw").unwrap();
    let loaded = Model::load(&world.read("m.pw".as_ref()).unwrap()).unwrap();
    let rows = table("x\n0\n3.5\n9\n");
    let expected = fitted.predictions(&rows).unwrap();
    assert_eq!(expected.rows(), 3);
    for other in [&saved, &loaded, &session.load_model(&fitted.to_bytes()).unwrap()] {
        assert_eq!(other.predictions(&rows).unwrap(), expected);
    }
    let predicted = fitted.predict(&rows).unwrap();
    let names: Vec<&str> = predicted.columns().iter().map(|column| &*column.name).collect();
    assert_eq!(names, ["prediction", "p(a)", "p(b)"]);
    assert_eq!(run.model("other.pw").unwrap_err().code, code::UNKNOWN_NAME);
    assert_eq!(session.fit("load t.csv | show").unwrap_err().code, code::WRONG_ORDER);
    assert_eq!(Model::load(b"no model").unwrap_err().code, code::BAD_BUNDLE);
    assert_eq!(fitted.predict(&table("z\n1\n")).unwrap_err().code, code::UNKNOWN_COLUMN);
}

#[test]
fn a_model_is_kept_in_memory_only_for_a_host_program() {
    let session = session_with_file("t.csv", "x,y\n1,a\n2,a\n3,b\n4,b\n");
    let run = session.run("load t.csv | target y | train logistic | save -");
    assert_eq!(run.diagnostics.iter().find(|diagnostic| diagnostic.is_error()).unwrap().code, code::MISSING_ARGUMENT);
}

#[test]
fn a_name_that_is_taken_cannot_be_registered() {
    let mut verb = example::EVERY;
    verb.spec.name = "scale";
    assert_eq!(Session::builder().register(verb).build().err().unwrap().code, code::DUPLICATE_NAME);
    let twice = Session::builder().register(example::EVERY).register(example::EVERY);
    assert_eq!(twice.build().err().unwrap().code, code::DUPLICATE_NAME);
    let mut function = example::AREA;
    function.name = "sqrt";
    assert_eq!(Session::builder().register(function).build().err().unwrap().code, code::DUPLICATE_NAME);
}

#[test]
fn a_batch_of_another_type_is_refused() {
    use arrow_array::{ArrayRef, Int8Array, RecordBatch};
    let column: ArrayRef = Arc::new(Int8Array::from(vec![1]));
    let batch = RecordBatch::try_from_iter([("a", column)]).unwrap();
    assert_eq!((&batch).into_table().unwrap_err().code, code::KIND_CHANGED);
}

/// Three trees and four more are seven trees, as exact as the rounding of derivatives allows.
#[test]
fn training_goes_on_from_a_saved_model() {
    let line =
        |row: i32| format!("{},{},{}\n", row, ["p", "q", "r"][row as usize % 3], f64::from(row * row % 17) + 0.5);
    let session = session_with_file("t.csv", &("x,c,y\n".to_owned() + &(0..60).map(line).collect::<String>()));
    let script = |trees: u32, more: &str| {
        format!("load t.csv | target y | train gbdt(trees={trees}, rows=1.0, min_rows=2) {more}")
    };
    session.run(&(script(3, "") + " | save old.pw")).ok().unwrap();
    let rows = session.run("load t.csv | show 60").table().unwrap().clone();
    let predicted = |script: &str| session.fit(script).unwrap().predictions(&rows).unwrap().values().to_vec();
    let [first, more, whole] =
        [script(3, ""), script(4, "warm_start=\"old.pw\""), script(7, "")].map(|script| predicted(&script));
    let furthest = |one: &[f64], other: &[f64]| one.iter().zip(other).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    assert!(furthest(&more, &whole) < 1e-6 && furthest(&more, &first) > 0.1, "{}", furthest(&more, &whole));
}
