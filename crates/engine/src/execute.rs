//! One job: its inputs become its output.

use crate::observe::Observer;
use pipewright_diagnostic::{Failure, Watch};
use pipewright_frame::{Role, Table};
use pipewright_operator::Surroundings;
use pipewright_operator::work::{Fitted, FittedModel, Report, Round, Score};
use pipewright_plan::{Frame, Job, Part, Work};
use std::sync::Arc;

/// What a job yields. Cloning is cheap.
#[derive(Clone)]
pub enum Value {
    /// Rows.
    Table(Table),
    /// Ways to part rows.
    Rounds(Arc<Vec<Round>>),
    /// What a step has learned.
    State(Arc<dyn Fitted>),
    /// A trained model.
    Model(Arc<dyn FittedModel>),
    /// What one round says.
    Score(Arc<Score>),
    /// A result.
    Report(Arc<Report>),
}

/// Takes the inputs apart; a graph is built so that each is what its job expects.
macro_rules! expect {
    ($variant:ident, $value:expr) => {
        match $value {
            Value::$variant(value) => value,
            _ => unreachable!("lowering gives every job the inputs that it names"),
        }
    };
}

pub(crate) fn execute(
    job: &Job,
    inputs: &[Value],
    surroundings: &Surroundings,
    watch: &dyn Watch,
    observer: &dyn Observer,
) -> Result<Value, Failure> {
    Ok(match &job.work {
        Work::Read(source) => Value::Table(source.read(surroundings, watch)?),
        Work::Rows(rows, key) => Value::Table(rows.apply(expect!(Table, &inputs[0]), *key, watch)?),
        Work::Split(splitter, task, key) => {
            Value::Rounds(Arc::new(splitter.split(expect!(Table, &inputs[0]), task, *key, watch)?))
        }
        Work::Pick(index, part) => {
            let round = &expect!(Rounds, &inputs[1])[*index];
            let rows = if *part == Part::Train { &round.train } else { &round.test };
            Value::Table(expect!(Table, &inputs[0]).take(rows))
        }
        Work::Fit(step) => {
            let state = step.fit(expect!(Table, &inputs[0]))?;
            state.notices().into_iter().for_each(|notice| watch.notice(notice));
            observer.fitted(job, state.as_ref());
            Value::State(state)
        }
        Work::Apply => Value::Table(expect!(State, &inputs[0]).apply(expect!(Table, &inputs[1]))?),
        Work::Learn(learner, key) => {
            let validation = inputs.get(1).map(|rows| expect!(Table, rows));
            let model = learner.fit(expect!(Table, &inputs[0]), validation, *key, watch)?;
            observer.trained(job, model.as_ref());
            Value::Model(model)
        }
        Work::Predict => Value::Table(expect!(Model, &inputs[0]).predict(expect!(Table, &inputs[1]))?),
        Work::Score(judge, task) => {
            let tables: Vec<&Table> = inputs.iter().map(|input| expect!(Table, input)).collect();
            Value::Score(Arc::new(judge.score(tables[0], tables[1], tables[2], task)?))
        }
        Work::Verdict(judge, head) => {
            let scores: Vec<Score> = inputs.iter().map(|input| (**expect!(Score, input)).clone()).collect();
            Value::Report(Arc::new(judge.verdict(&scores, &head.model, &head.task, head.seed)))
        }
        Work::Look(look) => Value::Report(Arc::new(look.look(expect!(Table, &inputs[0]), surroundings)?)),
        Work::Check(check) => {
            let mut facts = Vec::new();
            let mut table = None;
            for input in inputs {
                match input {
                    Value::Report(report) => facts.extend(report.facts.iter().cloned()),
                    other => table = Some(expect!(Table, other)),
                }
            }
            Value::Report(Arc::new(check.check(&facts, table)?))
        }
        Work::Keep(keep, frame) => Value::Report(Arc::new(keep.keep(&pipeline(frame, inputs), surroundings)?)),
    })
}

fn pipeline(frame: &Frame, inputs: &[Value]) -> pipewright_operator::FittedPipeline {
    let table = expect!(Table, &inputs[0]);
    let features = table.columns().iter().filter(|column| column.role == Role::Feature).cloned().collect();
    let states = inputs[1..inputs.len() - 1].iter().map(|state| expect!(State, state).clone()).collect();
    let model = expect!(Model, &inputs[inputs.len() - 1]).clone();
    frame.fill(features, states, model)
}
