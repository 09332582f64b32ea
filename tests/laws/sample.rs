//! A made-up table with a column of every usual kind, and what a run over it has learned.

use pipewright::{Observer, Options, REGISTRY, RunResult, Session, Source, render_human};
use pipewright_engine::{Retain, Run, Value};
use pipewright_operator::Environment;
use pipewright_operator::work::{Fitted, FittedModel};
use pipewright_plan::{JobGraph, JobId, NodeId, lower};
use pipewright_world::MemoryWorld;
use pipewright_world::random::Key;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

/// Rows of texts, as they stand in a file; empty where a value is missing.
#[derive(Clone)]
pub(crate) struct Sample {
    pub(crate) names: Vec<String>,
    pub(crate) rows: Vec<Vec<String>>,
}

/// The columns that can be predicted: two classes, three classes, a number.
pub(crate) const TARGETS: [&str; 3] = ["grade", "shape", "price"];
const GRADES: [&str; 2] = ["high", "low"];
const SHAPES: [&str; 3] = ["cone", "cube", "ring"];

impl Sample {
    /// A function of `seed` alone.
    pub(crate) fn new(seed: u64, rows: usize) -> Sample {
        let names = ["real", "count", "flag", "colour", "town", "grade", "shape", "price"];
        let key = Key::new(seed);
        let rows = (0..rows).map(|row| row_of(key, row as u64)).collect();
        Sample { names: names.map(str::to_owned).to_vec(), rows }
    }

    pub(crate) fn csv(&self) -> String {
        let lines = std::iter::once(&self.names).chain(&self.rows).map(|cells| cells.join(",") + "\n");
        lines.collect()
    }

    /// The same with another value in every one of these columns of one row; kinds of columns and classes of targets
    /// stay what they are, and blanks move.
    pub(crate) fn poison(&mut self, row: usize, columns: &dyn Fn(&str) -> bool) {
        for (column, name) in self.names.iter().enumerate().filter(|(_, name)| columns(name)) {
            let cell = &mut self.rows[row][column];
            let other = |all: &[&str]| {
                let place = all.iter().position(|known| known == cell).expect("the sample has these values only");
                all[(place + 1) % all.len()].to_owned()
            };
            *cell = match name.as_str() {
                "grade" => other(&GRADES),
                "shape" => other(&SHAPES),
                "flag" => other(&["true", "false"]),
                "price" => format!("{}.25", 7_000_000 + row),
                // A value where there was none, and none where there was every third one.
                _ if !cell.is_empty() && row.is_multiple_of(3) => String::new(),
                "real" => format!("-{row}.5e12"),
                "count" => format!("{}", 900_000_000 + row),
                _ => format!("poison {row}"),
            };
        }
    }

    /// The same columns in another order.
    pub(crate) fn reordered(&self, key: Key) -> Sample {
        let order = key.permutation(self.names.len());
        let pick = |cells: &Vec<String>| order.iter().map(|&column| cells[column as usize].clone()).collect();
        Sample { names: pick(&self.names), rows: self.rows.iter().map(pick).collect() }
    }

    pub(crate) fn with_column(mut self, name: &str, cell: impl Fn(usize) -> String) -> Sample {
        self.names.insert(0, name.to_owned());
        self.rows.iter_mut().enumerate().for_each(|(row, cells)| cells.insert(0, cell(row)));
        self
    }

    pub(crate) fn world(&self) -> MemoryWorld {
        MemoryWorld::new().with_file("t.csv", self.csv())
    }
}

fn row_of(key: Key, row: u64) -> Vec<String> {
    let uniform = |name: &str| key.child(name).uniform(row);
    let below = |name: &str, bound: u64| key.child(name).below(row, bound);
    let present = |name: &str, text: String| if uniform(name) < 0.12 { String::new() } else { text };
    let (real, count, colour) = (10.0 * uniform("real") - 3.0, below("count", 9), below("colour", 4));
    let score = real - 0.7 * count as f64 + 2.0 * colour as f64 + 4.0 * uniform("noise");
    let shape = SHAPES[((score.abs() + uniform("shape")) as usize) % SHAPES.len()];
    vec![
        present("no real", format!("{real:.4}")),
        present("no count", format!("{count}")),
        format!("{}", uniform("flag") < 0.4),
        present("no colour", ["blue", "green", "red", "white"][colour as usize].to_owned()),
        present("no town", format!("town {}", below("town", 12))),
        GRADES[usize::from(score < 3.0)].to_owned(),
        shape.to_owned(),
        format!("{score:.6}"),
    ]
}

/// A pipeline that judges a stage below a model that looks at no feature, so that the stage alone is tried, and a step
/// that looks at what is left of the texts.
pub(crate) fn judged_step(step: &str, target: &str, eval: &str) -> String {
    format!("load t.csv | target {target} | {} | {step} | encode | train dummy | {eval}", drop_others(target))
}

/// A pipeline that judges a model on all kinds of features.
pub(crate) fn judged_model(model: &str, target: &str, eval: &str) -> String {
    format!("{} | {eval}", trained(model, target))
}

/// A pipeline down to its model.
pub(crate) fn trained(model: &str, target: &str) -> String {
    let prepared = "fillna mean on @numeric | scale | encode onehot on @string";
    format!("load t.csv | target {target} | {} | {prepared} | train {model}", drop_others(target))
}

/// The other targets would give the target away.
fn drop_others(target: &str) -> String {
    let others: Vec<&str> = TARGETS.into_iter().filter(|name| *name != target).collect();
    format!("drop {}", others.join(", "))
}

/// Where something was learned: the stage and the round (`None` for what is fitted once), and whether it is a model.
pub(crate) type Place = (usize, Option<usize>, bool);

/// Writes down everything that a run learns, as text that keeps every bit.
#[derive(Default)]
pub(crate) struct Recorder(Mutex<BTreeMap<Place, String>>);

impl Recorder {
    fn write(&self, stage: NodeId, rounds: &[usize], is_model: bool, learned: String) {
        let place = (stage, rounds.last().copied(), is_model);
        let before = self.0.lock().unwrap().insert(place, learned);
        assert!(before.is_none(), "two jobs at {place:?}");
    }
}

impl Observer for Recorder {
    fn fitted(&self, stage: NodeId, rounds: &[usize], state: &dyn Fitted) {
        self.write(stage, rounds, false, state.save().to_string());
    }

    fn trained(&self, stage: NodeId, rounds: &[usize], model: &dyn FittedModel) {
        self.write(stage, rounds, true, model.save().to_string());
    }
}

/// Runs a script that must end well.
pub(crate) fn run_well(world: &Arc<MemoryWorld>, options: &Options, script: &str) -> RunResult {
    well(Session::new(world.clone(), options.clone()).run(script), script)
}

/// Everything that a script learns over a sample.
pub(crate) fn learned(sample: &Sample, options: &Options, script: &str) -> BTreeMap<Place, String> {
    let recorder = Recorder::default();
    let session = Session::new(Arc::new(sample.world()), options.clone());
    well(session.run_watched(script, &recorder), script);
    let learned = recorder.0.into_inner().unwrap();
    assert!(!learned.is_empty(), "{script} learns nothing");
    learned
}

fn well(done: RunResult, script: &str) -> RunResult {
    let source = Source::new("law", script);
    let said: String = done.diagnostics.iter().map(|diagnostic| render_human(diagnostic, &source, false)).collect();
    assert!(done.is_ok(), "{script}\n{said}");
    done
}

/// The graph of a script over a sample, and the value of every job.
pub(crate) fn all_values(sample: &Sample, script: &str) -> (JobGraph, Vec<Value>) {
    let world = Arc::new(sample.world());
    let checked = Session::new(world.clone(), Options::default()).check(script);
    assert!(checked.is_sound(), "{script}: {:?}", checked.diagnostics);
    let mut graph = JobGraph::default();
    lower(&checked.plan, &mut graph);
    let environment = Environment::new(world, PathBuf::new(), &REGISTRY);
    let mut run = Run::new(&environment, &pipewright::NoObserver);
    let all: Vec<JobId> = (0..graph.jobs().len()).collect();
    run.demand(&graph, &all, Retain::All);
    assert_eq!(run.failure(&graph), None, "{script}");
    let values = all.iter().map(|&job| run.value(job).expect("it was demanded").clone()).collect();
    (graph, values)
}
