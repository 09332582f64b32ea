//! A saved pipeline predicts what the fitted one does: row by row, whatever else stands in the table.

use crate::sample::{Sample, all_values, run_well, trained};
use crate::{MODELS, STEPS, chosen};
use pipewright::render;
use pipewright::{Options, REGISTRY};
use pipewright_diagnostic::NoProgress;
use pipewright_engine::Value;
use pipewright_frame::{OnInvalid, ReadOptions, Table, csv};
use pipewright_learn::Outputs;
use pipewright_operator::{Data, FittedPipeline};
use pipewright_plan::Work;
use pipewright_world::World;
use pipewright_world::random::Key;
use proptest::prelude::*;
use std::sync::Arc;

/// Every step before a model of its kind, and every model behind the usual steps.
fn pipelines() -> Vec<String> {
    let steps = chosen(STEPS).map(|step| {
        let (target, others, model) = match step.targets.contains(&"price") {
            true => ("price", "grade, shape", "ridge"),
            false => ("grade", "price, shape", "logistic"),
        };
        format!("load t.csv | target {target} | drop {others} | {} | encode | fillna mean | train {model}", step.text)
    });
    steps.chain(chosen(MODELS).map(|model| trained(model.text, model.target))).collect()
}

fn table(sample: &Sample) -> Table {
    csv::read(sample.csv().as_bytes(), &ReadOptions::new("t.csv")).expect("samples can be read").0
}

fn fitted(sample: &Sample, script: &str) -> FittedPipeline {
    let world = Arc::new(sample.world());
    run_well(&world, &Options::default(), &format!("{script} | save m.pw"));
    let bytes = world.read("m.pw".as_ref()).expect("it was saved");
    pipewright_artifact::decode(&bytes, &REGISTRY).expect("what was saved can be read")
}

/// Predictions as text that keeps every bit.
fn bits(predicted: &Outputs) -> String {
    format!("{predicted:?}")
}

/// The predictions for `count` rows from `start` on.
fn part(predicted: &Outputs, start: usize, count: usize) -> Outputs {
    match predicted {
        Outputs::Numbers(values) => Outputs::Numbers(values[start..start + count].to_vec()),
        Outputs::Probabilities { values, classes } => Outputs::Probabilities {
            values: values[start * classes..(start + count) * classes].to_vec(),
            classes: *classes,
        },
    }
}

#[test]
fn a_saved_pipeline_predicts_what_the_fitted_one_does() {
    let sample = Sample::new(21, 70);
    for script in pipelines() {
        let script = format!("{script} | save m.pw");
        let (graph, values) = all_values(&sample, &script);
        let keep = graph.jobs().iter().find(|job| matches!(job.work, Work::ModelSink(..))).expect("it saves");
        // Training rows stand beside those that new ones are like.
        let mut values =
            keep.inputs.iter().enumerate().filter(|(place, _)| *place != 1).map(|(_, &input)| &values[input]);
        let Some(Value::Data(Data::Table(rows))) = values.next() else { unreachable!("first the rows") };
        let mut rows = rows.clone();
        let mut predicted = None;
        for value in values {
            match value {
                Value::State(learned) => rows = learned.state.apply(&rows).unwrap(),
                Value::Model(model) => predicted = Some(model.predict(&rows).unwrap()),
                _ => unreachable!("then states, then the model"),
            }
        }
        let served = fitted(&sample, script.trim_end_matches(" | save m.pw"))
            .predict(&table(&sample), OnInvalid::Error, &NoProgress)
            .unwrap();
        assert_eq!(bits(&served), bits(&predicted.expect("a model predicts")), "{script}");
    }
}

#[test]
fn the_order_of_columns_and_extra_ones_do_not_matter_at_predict() {
    let sample = Sample::new(22, 70);
    let wider = sample.clone().with_column("extra", |row| format!("text {row}"));
    for script in pipelines() {
        let pipeline = fitted(&sample, &script);
        let expected = bits(&pipeline.predict(&table(&sample), OnInvalid::Error, &NoProgress).unwrap());
        assert_eq!(
            bits(&pipeline.predict(&table(&wider), OnInvalid::Error, &NoProgress).unwrap()),
            expected,
            "{script}"
        );
        let shuffled = table(&wider.reordered(Key::new(5)));
        assert_eq!(bits(&pipeline.predict(&shuffled, OnInvalid::Error, &NoProgress).unwrap()), expected, "{script}");
    }
}

#[test]
fn a_model_fitted_to_columns_in_another_order_predicts_the_same() {
    let sample = Sample::new(23, 120);
    let prepared = "load t.csv | target price | drop grade, shape | fillna mean on @numeric | encode onehot on @string";
    for (model, tolerance) in [("dummy", 1e-12), ("linear", 1e-9), ("ridge", 1e-9)] {
        let script = format!("{prepared} | train {model}");
        let price = |sample: &Sample| {
            let predicted = fitted(sample, &script).predict(&table(sample), OnInvalid::Error, &NoProgress).unwrap();
            let Outputs::Numbers(values) = predicted.outputs else { panic!("{script} predicts numbers") };
            values
        };
        let expected = price(&sample);
        for order in 0..3 {
            for (found, expected) in price(&sample.reordered(Key::new(order))).iter().zip(&expected) {
                let error = (found - expected).abs() / expected.abs().max(1.0);
                assert!(error < tolerance, "{model}: {found} for {expected}");
            }
        }
    }
}

/// Neither the key nor a value that was masked with it, wherever the stage stands.
#[test]
fn a_saved_pipeline_holds_no_key_and_nothing_that_was_masked() {
    let sample = Sample::new(25, 60);
    let masks = "mask hash key=$k on town | mask redact on colour";
    for masks in [masks.to_owned(), format!("columns {{ town, colour => {masks}; _ => keep }}")] {
        let pipeline = format!("load t.csv | target grade | drop price, shape | {masks} | encode | fillna 0");
        let script = format!("param k = \"correct horse\"\n{pipeline} | train logistic | save m.pw");
        let world = Arc::new(sample.world());
        let done = run_well(&world, &Options::default(), &script);
        let bytes = world.read("m.pw".as_ref()).expect("it was saved");
        let text = String::from_utf8_lossy(&bytes);
        for secret in ["correct horse", "blue", "green", "town 1", "town 7"] {
            assert!(!text.contains(secret), "`{secret}` in what {script} saves");
        }
        assert!(text.contains("key=$k") || text.contains("key=$key"), "the script names a parameter in its place");
        assert!(done.outputs().all(|output| !render::text(output).contains("correct horse")));
        let plan = pipewright::Session::new(world, Options::default()).check(&script).plan;
        assert!(!plan.text().contains("correct horse"));
    }
}

/// Rows of another table: other blanks, and levels that were not there in training.
fn others(seed: u64, rows: usize) -> Sample {
    let mut others = Sample::new(seed, rows);
    for row in (0..rows).step_by(4) {
        others.poison(row, &|column| matches!(column, "colour" | "town" | "real"));
    }
    others
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn a_row_is_predicted_the_same_whatever_stands_around_it(seed in 100_u64..1000, start in 0..40_usize, count in 0..40_usize) {
        let train = Sample::new(24, 90);
        let rows = table(&others(seed, 80));
        for script in pipelines() {
            let pipeline = fitted(&train, &script);
            let (mut whole, mut part) = (rows.clone(), rows.slice(start, count));
            let names: Vec<&str> = pipeline.input.iter().map(|column| &*column.name).collect();
            (whole, part) = (whole.select(&names).unwrap(), part.select(&names).unwrap());
            for step in &pipeline.steps {
                whole = step.fitted.apply(&whole).unwrap();
                part = step.fitted.apply(&part).unwrap();
                prop_assert!(part == whole.slice(start, count), "`{}` in {script}", step.verb);
            }
            // Missing values that no step of this pipeline fills are refused, in the whole as in the part.
            let Ok(predicted) = pipeline.predict(&rows, OnInvalid::Error, &NoProgress) else { continue };
            prop_assert_eq!(predicted.rows(), rows.rows());
            let of_part = pipeline.predict(&rows.slice(start, count), OnInvalid::Error, &NoProgress).unwrap();
            prop_assert_eq!(of_part.rows(), count);
            prop_assert_eq!(bits(&of_part), bits(&self::part(&predicted, start, count)), "{}", script);
        }
    }
}
