//! One job: its inputs become its output.

use crate::observe::Observer;
use pipewright_diagnostic::{Failure, Watch};
use pipewright_frame::{Column, Role, Table};
use pipewright_operator::work::{Dropped, Fitted, FittedModel, Learned, Report, Round, Score};
use pipewright_operator::{Data, Surroundings, Task};
use pipewright_plan::{Frame, Job, Part, Work};
use std::collections::BTreeSet;
use std::sync::Arc;

/// What a job yields. Cloning is cheap.
#[derive(Clone)]
pub enum Value {
    /// Rows.
    Data(Data),
    /// Ways to part rows.
    Rounds(Arc<Vec<Round>>),
    /// What a step has learned.
    State(Learned),
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
    mut inputs: Vec<Value>,
    surroundings: &Surroundings,
    watch: &dyn Watch,
    observer: &dyn Observer,
) -> Result<Value, Failure> {
    Ok(match &job.work {
        Work::Read(source, wanted) => Value::Data(source.read(wanted, surroundings, watch)?),
        Work::Rows(rows, key) => Value::Data(expect!(Data, &inputs[0]).changed(rows, *key, watch)?),
        Work::Combine(combine, name, key) => {
            let other = expect!(Data, &inputs[1]).table()?;
            let sourced = |column: &Column| pipewright_plan::sourced(column, name.as_deref());
            let other = other.map_columns(|column, array| Ok(vec![(sourced(column), array.clone())]))?;
            Value::Data(expect!(Data, &inputs[0]).changed(&combine.with(other)?, *key, watch)?)
        }
        Work::Split(splitter, task, key) => {
            let rows = split_by(expect!(Data, &inputs[0]), task)?;
            Value::Rounds(Arc::new(splitter.split(&rows, task, *key, watch)?))
        }
        Work::Pick(index, part) => {
            let round = &expect!(Rounds, &inputs[1])[*index];
            let rows = if *part == Part::Train { &round.train } else { &round.test };
            Value::Data(expect!(Data, &inputs[0]).pick(rows)?)
        }
        Work::Fit(step, about) => {
            let learned = step.fit(expect!(Data, &inputs[0]).chunks(), about)?;
            learned.state.notices().into_iter().for_each(|notice| watch.notice(notice));
            observer.fitted(job, learned.state.as_ref());
            Value::State(learned)
        }
        Work::Apply => {
            let rows = inputs.pop().expect("lowering gives this job two inputs");
            Value::Data(expect!(Data, rows).applied(&expect!(State, &inputs[0]).state)?)
        }
        Work::ApplyTraining => {
            let rows = expect!(Data, &inputs[1]).table()?;
            Value::Data(Data::Table(expect!(State, &inputs[0]).training_rows(rows)?))
        }
        Work::Learn(learner, key) => {
            let validation = inputs.get(1).map(|rows| expect!(Data, rows));
            let model = learner.fit(expect!(Data, &inputs[0]), validation, *key, watch)?;
            observer.trained(job, model.as_ref());
            Value::Model(model)
        }
        Work::Predict => Value::Data(Data::Table(predict(expect!(Model, &inputs[0]), expect!(Data, &inputs[1]))?)),
        Work::Score(judge, task) => {
            let truth = target(expect!(Data, &inputs[0]), task)?;
            let (predicted, baseline) = (expect!(Data, &inputs[1]).table()?, expect!(Data, &inputs[2]).table()?);
            Value::Score(Arc::new(judge.score(&truth, &predicted, &baseline, task)?))
        }
        Work::Verdict(judge, head) => {
            let scores: Vec<Score> = inputs.iter().map(|input| (**expect!(Score, input)).clone()).collect();
            Value::Report(Arc::new(judge.verdict(&scores, &head.model, &head.task, head.seed)))
        }
        Work::Look(look) => Value::Report(Arc::new(look.look(expect!(Data, &inputs[0]), surroundings)?)),
        Work::Check(check) => {
            let mut facts = Vec::new();
            let mut rows = None;
            for input in &inputs {
                match input {
                    Value::Report(report) => facts.extend(report.facts.iter().cloned()),
                    other => rows = Some(expect!(Data, other)),
                }
            }
            Value::Report(Arc::new(check.check(&facts, rows)?))
        }
        Work::Keep(keep, frame) => Value::Report(Arc::new(keep.keep(&pipeline(frame, &inputs), surroundings)?)),
    })
}

/// The target of all rows, in memory: all that a judge looks at.
fn target(rows: &Data, task: &Task) -> Result<Table, Failure> {
    rows.select(std::slice::from_ref(&task.target))
}

/// What a split looks at, in memory: the target, and the columns that say what belongs together and when it was.
fn split_by(rows: &Data, task: &Task) -> Result<Table, Failure> {
    let says = |column: &Column| matches!(column.role, Role::Group | Role::Time | Role::Fold);
    let columns = rows.columns();
    let others = columns.iter().filter(|column| says(column)).map(|column| column.name.clone());
    let names: Vec<Arc<str>> = std::iter::once(task.target.clone()).chain(others).collect();
    rows.select(&names)
}

/// The predictions for all rows, in memory.
fn predict(model: &Arc<dyn FittedModel>, rows: &Data) -> Result<Table, Failure> {
    let stream = match rows {
        Data::Table(table) => return model.predict(table),
        Data::Stream(stream) => stream,
    };
    stream.gather(|chunk| model.predict(&chunk))
}

fn pipeline(frame: &Frame, inputs: &[Value]) -> pipewright_operator::FittedPipeline {
    let columns = expect!(Data, &inputs[0]).columns();
    let states: Vec<Arc<dyn Fitted>> =
        inputs[1..inputs.len() - 1].iter().map(|state| expect!(State, state).state.clone()).collect();
    // What the first step drops unread is not asked of new rows.
    let dropped = match states.first().map(|state| state.needs().drops) {
        Some(Dropped::Columns(names)) => names,
        Some(Dropped::All) | None => Vec::new(),
    };
    let reads: BTreeSet<Arc<str>> = states.iter().flat_map(|state| state.needs().reads).collect();
    let wanted =
        |column: &Column| reads.contains(&column.name) || (frame.wants(column) && !dropped.contains(&column.name));
    let features = columns.into_iter().filter(wanted).collect();
    let model = expect!(Model, &inputs[inputs.len() - 1]).clone();
    frame.fill(features, states, model)
}
