//! Execution of a single job.

use crate::apart::{apart, appended};
use crate::observe::Observer;
use pipewright_diagnostic::{Failure, Progress, code};
use pipewright_frame::{Column, ColumnType, Role, Table};
use pipewright_learn::Predictions;
use pipewright_operator::result::{Assessed, Evaluation, Explained, Explanation, FoldResult, Output, Trial, Tuning};
use pipewright_operator::work::{
    Adjust, Adjusted, Adjustment, Choose, Combine, Consumer, Dropped, Evaluator, Explain, Fitted, FittedModel, Given,
    HeldOut, Learned, Round, RoundModel, RoundRows, Sitting, Splitter,
};
use pipewright_operator::{Data, Environment, EvaluationRecord, FittedPipeline, Preparation, Record, SeenRows, Task};
use pipewright_plan::{ExamHead, Job, Part, PipelineHead, ScriptHead, SearchHead, VerdictHead, Work};
use pipewright_world::random::Key;
use std::collections::BTreeSet;
use std::sync::Arc;

/// The result of a job. Cloning is cheap.
#[derive(Debug, Clone)]
pub enum Value {
    /// Rows.
    Data(Data),
    /// Train/test splits.
    Rounds(Arc<Vec<Round>>),
    /// A fitted step.
    State(Learned),
    /// A trained model.
    Model(Arc<dyn FittedModel>),
    /// Predictions of a model.
    Predictions(Arc<Predictions>),
    /// The result of one round of an evaluation.
    Fold(Arc<FoldResult>),
    /// The explanation of one round of an evaluation.
    Explained(Arc<Explained>),
    /// The result of a stage.
    Output(Arc<Output>),
    /// The permission to be assessed on rows that were set apart.
    Sitting(Arc<Sitting>),
    /// The indices of candidates, the best one first.
    Ranking(Arc<[usize]>),
    /// Nothing: a candidate of a search whose time is up.
    Skipped,
}

impl Value {
    fn output(&self) -> Option<Arc<Output>> {
        if let Value::Output(output) = self { Some(output.clone()) } else { None }
    }
}

/// Unpacks the inputs; the graph guarantees that each is what its job expects.
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
    rounds: &[usize],
    mut inputs: Vec<Value>,
    environment: &Environment,
    progress: &dyn Progress,
    observer: &dyn Observer,
) -> Result<Value, Failure> {
    let copes = matches!(job.work, Work::Choose(_) | Work::Suggest(..) | Work::Searched(_));
    if !copes && inputs.iter().any(|input| matches!(input, Value::Skipped)) {
        return Ok(Value::Skipped);
    }
    Ok(match &job.work {
        Work::Read(source, wanted) => Value::Data(source.read(wanted, environment, progress)?),
        Work::Rows(rows, key) => Value::Data(expect!(Data, &inputs[0]).changed(rows, *key, progress)?),
        Work::Combine(combine, name, key) => Value::Data(combined(combine, name.as_deref(), *key, &inputs, progress)?),
        Work::Split(splitter, task, key) => {
            let rows = expect!(Data, &inputs[0]);
            Value::Rounds(Arc::new(split(splitter.as_ref(), rows, task, *key, progress)?))
        }
        Work::Pick(index, part) => {
            let round = &expect!(Rounds, &inputs[1])[*index];
            let rows = if *part == Part::Train { &round.train } else { &round.test };
            Value::Data(expect!(Data, &inputs[0]).pick(rows)?)
        }
        Work::Append => Value::Data(append(&inputs, progress)?),
        Work::Apart(splitter) => {
            let [own, both] = [0, 1].map(|place| expect!(Data, &inputs[place]));
            Value::Rounds(Arc::new(apart(own, both, splitter.as_ref(), progress)?))
        }
        Work::Fit { step, context, .. } => {
            let learned = step.fit(expect!(Data, &inputs[0]).chunks(), context)?;
            learned.state.notices().into_iter().for_each(|notice| progress.notice(notice));
            observer.fitted(job.stage, rounds, learned.state.as_ref());
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
            let model = learner.fit(expect!(Data, &inputs[0]), validation, *key, progress)?;
            observer.trained(job.stage, rounds, model.as_ref());
            Value::Model(model)
        }
        Work::Adjust(adjusts, task) => Value::Model(adjusted(adjusts, task, &inputs)?),
        Work::Predict => Value::Predictions(Arc::new(predict(expect!(Model, &inputs[0]), expect!(Data, &inputs[1]))?)),
        Work::Score(judge, task, round) => Value::Fold(Arc::new(score(judge, task, *round, inputs)?)),
        Work::Explain(explain, task, round, key) => {
            Value::Explained(Arc::new(explained(explain.as_ref(), task, *round, *key, &inputs, progress)?))
        }
        Work::Admit(..) | Work::Assess(_) => examined(&job.work, &inputs, environment)?,
        Work::Choose(_) | Work::Suggest(..) | Work::Chosen(_) | Work::Candidate(_) => {
            Value::searched(&job.work, inputs, progress)?
        }
        Work::Searched(_)
        | Work::Inspect(_)
        | Work::Consumer(..)
        | Work::ModelSink(..)
        | Work::Freeze(..)
        | Work::Verdict(..)
        | Work::Explanation(..) => Value::Output(Arc::new(told(&job.work, inputs, environment)?)),
    })
}

/// Combines rows with another table, whose columns are named after it if it has a name.
fn combined(
    combine: &Arc<dyn Combine>,
    name: Option<&str>,
    key: Key,
    inputs: &[Value],
    progress: &dyn Progress,
) -> Result<Data, Failure> {
    let [own, other] = [0, 1].map(|place| expect!(Data, &inputs[place]));
    let sourced = |column: &Column| pipewright_plan::sourced(column, name);
    let other = other.table()?.map_columns(|column, array| Ok(vec![(sourced(column), array.clone())]))?;
    own.changed(&combine.with(other)?, key, progress)
}

/// Appends the rows of a table to evaluate on.
fn append(inputs: &[Value], progress: &dyn Progress) -> Result<Data, Failure> {
    let [own, input, other] = [0, 1, 2].map(|place| expect!(Data, &inputs[place]));
    let states: Vec<_> = inputs[3..].iter().map(|state| expect!(State, state).state.clone()).collect();
    appended(own, input, other, &states, progress)
}

/// What a stage tells: the result of its work.
fn told(work: &Work, inputs: Vec<Value>, environment: &Environment) -> Result<Output, Failure> {
    Ok(match work {
        Work::Searched(head) => Output::Tuning(tuning(head, &inputs)),
        Work::Verdict(judge, head) => Output::Evaluation(verdict(judge, head, inputs)),
        Work::Explanation(explain, head) => {
            let rounds = inputs.into_iter().map(|part| Arc::unwrap_or_clone(expect!(Explained, part))).collect();
            Output::Explanation(Explanation {
                arm: head.arm.as_deref().map(str::to_owned),
                model: head.model.clone(),
                task: head.task.clone(),
                shown: explain.combine(rounds)?,
            })
        }
        Work::Inspect(inspect) => inspect.inspect(expect!(Data, &inputs[0]), environment)?,
        Work::Consumer(consumer, head) => consumed(consumer.as_ref(), head, &inputs, environment)?,
        Work::ModelSink(sink, head) => sink.store(&Arc::new(pipeline(head, &inputs)?), environment)?,
        Work::Freeze(freeze, head) => freeze.freeze(&preparation(head, &inputs[0], &inputs[1..]), environment)?,
        _ => unreachable!("only the work of results is passed here"),
    })
}

/// The final exam of a pipeline: the permission to take it, or its verdict.
fn examined(work: &Work, inputs: &[Value], environment: &Environment) -> Result<Value, Failure> {
    match work {
        Work::Admit(exam, head) => {
            let sitting = sitting(head, expect!(Data, &inputs[0]), &expect!(Rounds, &inputs[1])[0])?;
            exam.admit(&sitting, environment)?;
            Ok(Value::Sitting(Arc::new(sitting)))
        }
        Work::Assess(exam) => {
            let verdict = inputs[1].output().and_then(|output| output.as_evaluation().cloned());
            let mut verdict = verdict.expect("lowering gives an evaluation");
            let times = exam.record(expect!(Sitting, &inputs[0]), &verdict, environment)?;
            verdict.assessed = Some(Assessed { holdout: exam.holdout().to_owned(), times });
            Ok(Value::Output(Arc::new(Output::Evaluation(verdict))))
        }
        _ => unreachable!("only the work of an exam is passed here"),
    }
}

/// The pipeline that is to be assessed on the rows that a round holds out.
fn sitting(head: &ExamHead, rows: &Data, round: &Round) -> Result<Sitting, Failure> {
    let target = rows.select(std::slice::from_ref(&head.task.target))?.take(&round.test);
    Ok(Sitting::new(&round.test, &target, head.plan.clone(), head.script.clone()))
}

/// Runs a consumer of results; its inputs are those, and the rows that pass through, if any.
fn consumed(
    consumer: &dyn Consumer,
    head: &ScriptHead,
    inputs: &[Value],
    environment: &Environment,
) -> Result<Output, Failure> {
    let results: Vec<Arc<Output>> = inputs.iter().filter_map(Value::output).collect();
    let rows = inputs.last().filter(|input| input.output().is_none()).map(|rows| expect!(Data, rows));
    consumer.consume(&Given { results: &results, rows, script: &head.script, seed: head.seed }, environment)
}

/// Adjusts a model by its out-of-fold predictions; its inputs are the model, its training rows, inner rounds, and
/// the predictions for the held-out rows of each.
fn adjusted(adjusts: &[Arc<dyn Adjust>], task: &Task, inputs: &[Value]) -> Result<Arc<dyn FittedModel>, Failure> {
    let (rows, rounds) = (expect!(Data, &inputs[1]), expect!(Rounds, &inputs[2]));
    let parts = inputs[3..].iter().map(|input| expect!(Predictions, input).as_ref().clone());
    let all = Predictions::concat(parts);
    let all = all.ok_or_else(|| Failure::new(code::BUG, "a model predicts something else in each fold"))?;
    let order: Vec<u32> = rounds.iter().flat_map(|round| round.test.iter().copied()).collect();
    let mut predictions = all;
    let mut adjustments: Vec<Arc<dyn Adjustment>> = Vec::new();
    let truth = target(rows, task, None)?.take(&order);
    for adjust in adjusts {
        let adjustment = adjust.fit(&truth, task, &predictions)?;
        predictions = adjustment.apply(predictions)?;
        adjustments.push(adjustment);
    }
    Ok(Arc::new(Adjusted::new(expect!(Model, &inputs[0]).clone(), adjustments)))
}

/// Explains what was fitted in one round; its inputs are training rows, held-out rows, rounds, the model, and states.
fn explained(
    explain: &dyn Explain,
    task: &Task,
    round: usize,
    key: Key,
    inputs: &[Value],
    progress: &dyn Progress,
) -> Result<Explained, Failure> {
    let (training, held_out) = (expect!(Data, &inputs[0]).table()?, expect!(Data, &inputs[1]).table()?);
    let steps = inputs[4..].iter().map(|state| expect!(State, state).state.clone()).collect();
    let model = RoundModel::new(steps, expect!(Model, &inputs[3]).clone(), task.clone());
    let rounds = expect!(Rounds, &inputs[2]);
    let indices = rounds[round].test.clone();
    let rows = RoundRows { training: &training, held_out: &held_out, indices, rounds: rounds.len() };
    explain.explain(&model, &rows, key, progress)
}

/// Combines the results of the rounds, and which candidates a search in each of them has chosen.
fn verdict(judge: &Arc<dyn Evaluator>, head: &VerdictHead, inputs: Vec<Value>) -> Evaluation {
    let (mut results, mut chosen) = (Vec::new(), Vec::new());
    for input in inputs {
        match (input, &head.candidates) {
            (Value::Ranking(winner), Some(candidates)) => chosen.push(candidates[winner[0]].clone()),
            (input, _) => results.push(Arc::unwrap_or_clone(expect!(Fold, input))),
        }
    }
    let mut evaluation = judge.evaluation(results, &head.model, &head.task, head.seed);
    evaluation.arm = head.arm.as_deref().map(str::to_owned);
    evaluation.chosen = chosen;
    evaluation
}

impl Value {
    /// What a search decides: which candidate is tried or wins, and its value.
    fn searched(work: &Work, mut inputs: Vec<Value>, progress: &dyn Progress) -> Result<Value, Failure> {
        Ok(match work {
            Work::Choose(choose) => Value::Ranking(ranking(choose.as_ref(), &inputs, progress)?.into()),
            Work::Suggest(search, pool) => Value::Ranking([search.next(pool, &tried(&inputs))?].into()),
            // The scheduler adds the candidate in this place; a ranking ends where candidates were skipped.
            Work::Chosen(_) if inputs.len() < 2 => Value::Skipped,
            Work::Chosen(_) => inputs.pop().expect("two inputs"),
            Work::Candidate(index) => Value::Ranking([*index].into()),
            _ => unreachable!("only the work of a search is passed here"),
        })
    }
}

/// The places of candidates by their evaluations, the best one first, without those that were skipped.
fn ranking(choose: &dyn Choose, inputs: &[Value], progress: &dyn Progress) -> Result<Vec<usize>, Failure> {
    let evaluated = inputs.iter().enumerate().filter_map(|(place, input)| Some((place, input.output()?)));
    let (places, results): (Vec<usize>, Vec<Arc<Output>>) = evaluated.unzip();
    if results.len() < inputs.len() {
        let message = format!("the time was up after {} of {} candidates", results.len(), inputs.len());
        let notice = Failure::warning(code::TIME_UP, message);
        progress.notice(notice.help("with the same seed, another machine may choose another one: raise the budget"));
    }
    match results.is_empty() {
        // None on this rung was evaluated: the best one of the rung below stays the best.
        true => Ok(vec![0]),
        false => Ok(choose.rank(&results)?.into_iter().map(|place| places[place]).collect()),
    }
}

/// The candidates that were tried, with their evaluations.
fn tried(inputs: &[Value]) -> Vec<(usize, Arc<Output>)> {
    let of_pair = |pair: &[Value]| match (&pair[0], pair[1].output()) {
        (Value::Ranking(name), Some(evaluation)) => Some((name[0], evaluation)),
        _ => None,
    };
    inputs.chunks_exact(2).filter_map(of_pair).collect()
}

/// Collects the trials of a search; its inputs are the winner, and a candidate with its evaluation for each trial.
fn tuning(head: &SearchHead, inputs: &[Value]) -> Tuning {
    let metric = head.search.metric(&head.task);
    let mut trials = Vec::new();
    for (pair, &share) in inputs[1..].chunks_exact(2).zip(&head.shares) {
        for (candidate, output) in tried(pair) {
            let evaluation = output.as_evaluation().expect("a trial has an evaluation");
            let values = head.candidates[candidate].clone();
            trials.push(Trial::of(candidate, values, share, evaluation, metric.name));
        }
    }
    let arm = head.arm.as_deref().map(str::to_owned);
    let mut tuning =
        Tuning::new(head.search.label(), head.task.clone(), metric, trials, expect!(Ranking, &inputs[0])[0]);
    tuning.skipped = head.shares.len() - tuning.trials.len();
    tuning.in_arm(arm)
}

/// Scores one round; its inputs are held-out rows, predictions, those of the baseline, and all rounds.
fn score(judge: &Arc<dyn Evaluator>, task: &Task, round: usize, mut inputs: Vec<Value>) -> Result<FoldResult, Failure> {
    let truth = target(expect!(Data, &inputs[0]), task, judge.by())?;
    let Round { train, test: rows } = expect!(Rounds, &inputs[3])[round].clone();
    // Predictions without another owner are moved, not copied.
    let baseline = Arc::unwrap_or_clone(expect!(Predictions, inputs.swap_remove(2)));
    let predictions = Arc::unwrap_or_clone(expect!(Predictions, inputs.swap_remove(1)));
    judge.score(HeldOut { round, rows, training: train.len(), truth: &truth, predictions, baseline }, task)
}

/// Loads the target and the weights of all rows, and another column if it is named: the input of an evaluation.
fn target(rows: &Data, task: &Task, other: Option<&Arc<str>>) -> Result<Table, Failure> {
    let columns = rows.columns();
    let weights = columns.iter().filter(|column| column.role == Role::Weight).map(|column| column.name.clone());
    let mut names: Vec<Arc<str>> = std::iter::once(task.target.clone()).chain(weights).collect();
    names.extend(other.filter(|other| !names.contains(other)).cloned());
    rows.select(&names)
}

/// Splits rows, and looks at them where they are in memory.
fn split(
    splitter: &dyn Splitter,
    rows: &Data,
    task: &Task,
    key: Key,
    progress: &dyn Progress,
) -> Result<Vec<Round>, Failure> {
    if let Data::Stream(stream) = rows {
        // The target, its order, and what is predicted are kept per row, and every round lists its rows.
        const ROW_BYTES: u64 = 40;
        const LISTED_BYTES: u64 = 4;
        let row_bytes = LISTED_BYTES.saturating_mul(splitter.rounds() as u64).saturating_add(ROW_BYTES);
        stream.admit(row_bytes.saturating_mul(rows.rows()? as u64))?;
    }
    let said = if splitter.needs_features() { rows.table()? } else { split_by(rows, task)? };
    let rounds = splitter.split(&said, task, key, progress)?;
    if let Data::Table(rows) = rows {
        splitter.examine(rows, &rounds, progress);
    }
    Ok(rounds)
}

/// Loads the columns that a split needs: the target, groups and times.
fn split_by(rows: &Data, task: &Task) -> Result<Table, Failure> {
    let columns = rows.columns();
    // Without a column of the role time, a date may be the time.
    let is_timed = columns.iter().any(|column| column.role == Role::Time);
    let says = |column: &Column| {
        matches!(column.role, Role::Group | Role::Time | Role::Fold) || (column.kind == ColumnType::Date && !is_timed)
    };
    let others = columns.iter().filter(|column| says(column) && column.name != task.target);
    let others = others.map(|column| column.name.clone());
    let names: Vec<Arc<str>> = std::iter::once(task.target.clone()).chain(others).collect();
    rows.select(&names)
}

/// Predicts for all rows.
fn predict(model: &Arc<dyn FittedModel>, rows: &Data) -> Result<Predictions, Failure> {
    let stream = match rows {
        Data::Table(table) => return model.predict(table),
        Data::Stream(stream) => stream,
    };
    let parts = stream.collect(|chunk| model.predict(&chunk), Predictions::memory_bytes)?;
    Predictions::concat(parts).ok_or_else(|| Failure::new(code::BUG, "a model predicts something else for each chunk"))
}

/// Collects the steps of these states, and the columns that they need from rows like these.
fn preparation(head: &PipelineHead, rows: &Value, states: &[Value]) -> Preparation {
    let columns = expect!(Data, rows).columns();
    let states: Vec<Arc<dyn Fitted>> = states.iter().map(|state| expect!(State, state).state.clone()).collect();
    // Columns that the first step drops unread are not required of new rows.
    let dropped = match states.first().map(|state| state.needs().drops) {
        Some(Dropped::Columns(names)) => names.into_iter().collect(),
        Some(Dropped::All) | None => BTreeSet::new(),
    };
    let reads: BTreeSet<Arc<str>> = states.iter().flat_map(|state| state.needs().reads).collect();
    let wanted =
        |column: &Column| reads.contains(&column.name) || (head.wants(column) && !dropped.contains(&column.name));
    head.preparation(columns.into_iter().filter(wanted).collect(), states)
}

/// Assembles the whole pipeline; its inputs are sample rows, training rows, states, the model, and evaluations.
fn pipeline(head: &PipelineHead, inputs: &[Value]) -> Result<FittedPipeline, Failure> {
    let (states, rest) = inputs[2..].split_at(head.verbs.len());
    let (model, evaluations) = rest.split_first().expect("lowering gives a model");
    let evaluations = evaluations.iter().filter_map(Value::output);
    let evaluations = evaluations.filter_map(|output| output.as_evaluation().map(EvaluationRecord::of)).collect();
    let rows = expect!(Data, &inputs[1]);
    let mut record = Record::new(rows.rows()?, rows.fingerprint(), evaluations);
    let preparation = preparation(head, &inputs[0], states);
    if let Data::Table(rows) = expect!(Data, &inputs[0]) {
        record.seen = Some(SeenRows::of(rows, &preparation.input)?);
    }
    let pipeline = head.pipeline(preparation, expect!(Model, model).clone(), record);
    Ok(pipeline.expect("lowering names the model of a pipeline that it keeps"))
}
