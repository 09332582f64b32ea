//! Lowering: the judged part of a plan is rewritten into folds, and everything becomes jobs.
//!
//! What stands above the first stage that learns is done once and shared. What stands from there down to the
//! training is fitted anew in every round on that round's training rows only. A sink pulls one final fit on all rows.

use crate::check::{Node, PipelinePlan, Plan};
use crate::graph::{Frame, JobGraph, JobId, Part, StageId, VerdictHead, Work};
use pipewright_frame::About;
use pipewright_operator::work::{Judge, Learner, Step, Training};
use pipewright_operator::{Bound, Effect, Structure, Task, TrainingRows};
use pipewright_world::random::Key;
use std::sync::Arc;

/// The jobs that make every pipeline's table down to its first stage that learns, and the table's job for each.
#[must_use]
pub fn lower_tables(plan: &Plan) -> (JobGraph, Vec<Tables>) {
    let mut graph = JobGraph::default();
    let tables = (0..plan.pipelines.len())
        .map(|index| {
            let mut lowering = Lowering::new(plan, index, &mut graph);
            lowering.tables();
            lowering.pinned()
        })
        .collect();
    (graph, tables)
}

/// The tables that a pipeline's data is pinned by.
#[derive(Debug, Clone)]
pub struct Tables {
    /// As read.
    pub source: Option<JobId>,
    /// At the first stage that learns.
    pub prepared: Option<JobId>,
    /// Those of the other tables that stages bring in, in order.
    pub others: Vec<Tables>,
}

/// All jobs of a plan, and the reports among them in the order of the script.
///
/// # Panics
/// If a plan would learn from held-out rows: that is a bug, never a user's mistake.
#[must_use]
pub fn lower(plan: &Plan) -> (JobGraph, Vec<JobId>) {
    let mut graph = JobGraph::default();
    let mut reports = Vec::new();
    for index in 0..plan.pipelines.len() {
        let mut lowering = Lowering::new(plan, index, &mut graph);
        lowering.tables();
        lowering.learning();
        reports.append(&mut lowering.reports);
    }
    graph.check().expect("no job learns from rows that its round holds out");
    (graph, reports)
}

struct Lowering<'a> {
    graph: &'a mut JobGraph,
    plan: &'a PipelinePlan,
    index: usize,
    seed: u64,
    source: Option<JobId>,
    /// The table at the stage in hand, on the way of what is done once or finally.
    table: Option<JobId>,
    reports: Vec<JobId>,
    /// The final fit, once something has pulled it: states so far and the model.
    states: Vec<(String, JobId)>,
    model: Option<JobId>,
    /// Where the final rows are parted for validation, the training part stands in `table`; this is all of them.
    whole: Option<JobId>,
    /// The table with which new rows are to be alike, and the states of what is done once that they go through.
    input: Option<JobId>,
    replayed: Vec<(String, JobId)>,
    /// The other tables that stages bring in.
    others: Vec<Tables>,
    /// The stage that brings this table in, where it is another one's.
    for_stage: Option<StageId>,
}

impl<'a> Lowering<'a> {
    fn new(plan: &'a Plan, index: usize, graph: &'a mut JobGraph) -> Lowering<'a> {
        Lowering::of(&plan.pipelines[index], index, plan.seed, graph)
    }

    fn of(plan: &'a PipelinePlan, index: usize, seed: u64, graph: &'a mut JobGraph) -> Lowering<'a> {
        Lowering {
            graph,
            plan,
            index,
            seed,
            source: None,
            table: None,
            reports: Vec::new(),
            states: Vec::new(),
            model: None,
            whole: None,
            input: None,
            replayed: Vec::new(),
            others: Vec::new(),
            for_stage: None,
        }
    }

    fn pinned(&mut self) -> Tables {
        Tables { source: self.source, prepared: self.table, others: std::mem::take(&mut self.others) }
    }

    fn stage(&self, stage: usize) -> StageId {
        self.for_stage.unwrap_or(StageId { pipeline: self.index, stage })
    }

    fn add(&mut self, work: Work, what: &str, inputs: &[JobId], stage: usize, round: Option<usize>) -> JobId {
        let id = self.stage(stage);
        self.graph.add(work, what, inputs, id, round)
    }

    fn key(&self, own: Option<u64>) -> Key {
        Key::new(own.unwrap_or(self.seed))
    }

    /// What is done once, down to the first stage that learns.
    fn tables(&mut self) {
        let plan = self.plan;
        let replayed = plan.replayed();
        for (stage, node) in plan.nodes.iter().enumerate().take(plan.first_fit()) {
            if stage == replayed.start {
                self.input = self.table;
            }
            self.shared_stage(stage, node, replayed.contains(&stage));
        }
        self.input = self.input.or(self.table);
    }

    fn shared_stage(&mut self, stage: usize, node: &Node, is_replayed: bool) {
        match &node.bound {
            Bound::Source(source) => {
                let wanted = crate::wanted::wanted(self.plan);
                let read = self.add(
                    Work::Read(source.clone(), wanted.clone()),
                    &format!("read {} {wanted:?}", node.text),
                    &[],
                    stage,
                    None,
                );
                self.source = Some(read);
                self.table = Some(read);
            }
            Bound::Rows(rows) => {
                let key = self.key(node.args.whole("seed").map(|seed| seed as u64)).child("rows").index(stage as u64);
                let what = format!("{} {key:?}", node.text);
                self.table =
                    self.table.map(|table| self.add(Work::Rows(rows.clone(), key), &what, &[table], stage, None));
            }
            Bound::Combine(combine) => {
                let (Some(table), Some(other)) = (self.table, &node.other) else { return };
                let own = self.stage(stage);
                let mut lowering = Lowering::of(&other.plan, self.index, self.seed, self.graph);
                lowering.for_stage = Some(own);
                lowering.tables();
                let (tables, joined) = (lowering.pinned(), lowering.table);
                self.others.push(tables);
                let Some(joined) = joined else { return };
                let key = self.key(None).child("combine").index(stage as u64);
                let work = Work::Combine(combine.clone(), other.name.clone(), key);
                let what = format!("{} {:?} {key:?}", node.text, other.name);
                self.table = Some(self.add(work, &what, &[table, joined], stage, None));
            }
            Bound::Step(step) => {
                let Some(table) = self.table else { return };
                let (state, table) = self.fit(stage, node, step, table, None);
                self.table = Some(table);
                if is_replayed {
                    self.replayed.push((node.verb.spec.name.to_owned(), state));
                }
            }
            _ => self.tee(stage, node),
        }
    }

    /// What a step learns from rows, and what they become.
    fn fit(
        &mut self,
        stage: usize,
        node: &Node,
        step: &Arc<dyn Step>,
        rows: JobId,
        round: Option<usize>,
    ) -> (JobId, JobId) {
        let own = node.args.whole("seed").map(|seed| seed as u64);
        let number = round.map_or(0, |round| round as u64 + 1);
        let sees_target = matches!(node.footprint.effect, Effect::FitTarget | Effect::RowsTrain);
        let aim = self.plan.task.as_ref().filter(|_| sees_target).map(Task::aim);
        let about = About { aim, key: self.key(own).child("fit").child(&node.text).index(number) };
        let what = format!("fit {} {about:?}", node.text);
        let state = self.add(Work::Fit(step.clone(), about.clone()), &what, &[rows], stage, round);
        let become_what = match node.footprint.training {
            TrainingRows::AsOthers => self.add(Work::Apply, "apply", &[state, rows], stage, round),
            TrainingRows::Apart => self.add(Work::ApplyTraining, "apply training", &[state, rows], stage, round),
        };
        (state, become_what)
    }

    /// From the first stage that learns to the end.
    fn learning(&mut self) {
        let plan = self.plan;
        let first = plan.first_fit();
        self.whole = self.table;
        let finally = self.final_rows(first);
        for (stage, node) in plan.nodes.iter().enumerate().skip(first) {
            match &node.bound {
                Bound::Step(step) => self.final_step(stage, node, step, finally),
                Bound::Training(training) => self.final_model(stage, node, training.clone(), finally),
                Bound::Judge(judge) => self.folds(stage, judge.clone()),
                _ => self.tee(stage, node),
            }
        }
    }

    /// Does anything look at, or take out, what all rows teach? Then: the rows for validation, if the model wants
    /// some.
    fn final_rows(&mut self, first: usize) -> Option<Final> {
        let pulls = |node: &Node| {
            node.verb.spec.structure == Structure::Final || matches!(node.bound, Bound::Look(_) | Bound::Check(_))
        };
        let plan = self.plan;
        let training = plan.training();
        // What looks at a table below the training looks at nothing that was learned.
        let pulled = plan.nodes.iter().enumerate().skip(first).any(|(stage, node)| {
            pulls(node)
                && (training.is_none_or(|training| stage < training) || node.verb.spec.structure == Structure::Final)
        });
        let table = self.table.filter(|_| pulled)?;
        let Some(stage) = training else { return Some(Final { validation: None }) };
        let Bound::Training(training) = &plan.nodes[stage].bound else { return Some(Final { validation: None }) };
        let Some((train, validation)) = self.reserve(training.as_ref(), table, stage, None) else {
            return Some(Final { validation: None });
        };
        self.table = Some(train);
        Some(Final { validation: Some(validation) })
    }

    /// Sets rows for validation aside, if the model wants some: (training rows, validation rows).
    fn reserve(
        &mut self,
        training: &dyn Training,
        table: JobId,
        stage: usize,
        round: Option<usize>,
    ) -> Option<(JobId, JobId)> {
        let (task, splitter) = (self.plan.task.clone()?, training.validation()?);
        let number = round.map_or(0, |round| round as u64 + 1);
        let key = self.key(training.seed()).child("validation").index(number);
        let what = format!("reserve {} {key:?}", self.plan.nodes[stage].text);
        let rounds = self.add(Work::Split(splitter, task, key), &what, &[table], stage, round);
        let train = self.add(Work::Pick(0, Part::Train), "pick 0 train", &[table, rounds], stage, round);
        let validation = self.add(Work::Pick(0, Part::Test), "pick 0 test", &[table, rounds], stage, round);
        Some((train, validation))
    }

    fn final_step(&mut self, stage: usize, node: &Node, step: &Arc<dyn Step>, finally: Option<Final>) {
        let (Some(_), Some(table)) = (finally, self.table) else { return };
        let (state, table) = self.fit(stage, node, step, table, None);
        self.states.push((node.verb.spec.name.to_owned(), state));
        self.table = Some(table);
    }

    fn final_model(&mut self, stage: usize, node: &Node, training: Arc<dyn Training>, finally: Option<Final>) {
        let (Some(finally), Some(table), Some(learner)) = (finally, self.table, self.plan.learner.clone()) else {
            return;
        };
        let validation = finally.validation.map(|rows| self.apply_states(rows, stage, None));
        let key = self.key(training.seed()).child("train").index(0);
        self.model = Some(self.learn(stage, node, learner, key, table, validation, None));
    }

    fn apply_states(&mut self, rows: JobId, stage: usize, round: Option<usize>) -> JobId {
        let states: Vec<JobId> = self.states.iter().map(|(_, state)| *state).collect();
        states.into_iter().fold(rows, |rows, state| self.add(Work::Apply, "apply", &[state, rows], stage, round))
    }

    #[allow(clippy::too_many_arguments)]
    fn learn(
        &mut self,
        stage: usize,
        node: &Node,
        learner: Arc<dyn Learner>,
        key: Key,
        table: JobId,
        validation: Option<JobId>,
        round: Option<usize>,
    ) -> JobId {
        let what = format!("learn {} {key:?} {}", node.text, validation.is_some());
        let inputs: Vec<JobId> = std::iter::once(table).chain(validation).collect();
        self.add(Work::Learn(learner, key), &what, &inputs, stage, round)
    }

    /// The rewrite of a judge: everything from the first stage that learns down to the training, once a round.
    fn folds(&mut self, stage: usize, judge: Arc<dyn Judge>) {
        let plan = self.plan;
        let (Some(table), Some(task), Some(learner), Some(trained_at)) =
            (self.whole, plan.task.clone(), plan.learner.clone(), plan.training())
        else {
            return;
        };
        let Bound::Training(training) = &plan.nodes[trained_at].bound else { return };
        let seed = judge.seed().unwrap_or(self.seed);
        let split_key = Key::new(seed).child("split");
        let what = format!("split {} {split_key:?} {}", plan.nodes[stage].text, task.target);
        let rounds = self.add(Work::Split(judge.clone(), task.clone(), split_key), &what, &[table], stage, None);
        let baseline = judge.baseline(&task);
        let scores: Vec<JobId> = (0..judge.rounds())
            .map(|round| {
                let fold = Fold { stage, table, rounds, round, task: &task, trained_at };
                let predicted = self.fold(&fold, training.clone(), learner.clone());
                let baseline = self.baseline(&fold, baseline.clone());
                let test = self.pick(&fold, Part::Test);
                let what = format!("score {}", plan.nodes[stage].text);
                let work = Work::Score(judge.clone(), task.clone(), round);
                self.add(work, &what, &[test, predicted, baseline, rounds], stage, Some(round))
            })
            .collect();
        let head = Arc::new(VerdictHead { model: training.label(), task, seed });
        let what = format!("verdict {} {head:?}", plan.nodes[stage].text);
        let report = self.add(Work::Verdict(judge, head), &what, &scores, stage, None);
        self.reports.push(report);
    }

    fn pick(&mut self, fold: &Fold<'_>, part: Part) -> JobId {
        let what = format!("pick {} {part:?}", fold.round);
        let inputs = [fold.table, fold.rounds];
        self.add(Work::Pick(fold.round, part), &what, &inputs, fold.stage, Some(fold.round))
    }

    /// Fits everything on one round's training rows and predicts its held-out rows.
    fn fold(&mut self, fold: &Fold<'_>, training: Arc<dyn Training>, learner: Arc<dyn Learner>) -> JobId {
        let plan = self.plan;
        let round = Some(fold.round);
        let mut train = self.pick(fold, Part::Train);
        let mut validation = None;
        if let Some((rest, reserved)) = self.reserve(training.as_ref(), train, fold.trained_at, round) {
            train = rest;
            validation = Some(reserved);
        }
        let mut test = self.pick(fold, Part::Test);
        for (stage, node) in plan.nodes.iter().enumerate().take(fold.trained_at).skip(plan.first_fit()) {
            let Bound::Step(step) = &node.bound else { continue };
            let (state, rows) = self.fit(stage, node, step, train, round);
            train = rows;
            test = self.add(Work::Apply, "apply", &[state, test], stage, round);
            validation = validation.map(|rows| self.add(Work::Apply, "apply", &[state, rows], stage, round));
        }
        let key = self.key(training.seed()).child("train").index(fold.round as u64 + 1);
        let node = &plan.nodes[fold.trained_at];
        let model = self.learn(fold.trained_at, node, learner, key, train, validation, round);
        self.add(Work::Predict, "predict", &[model, test], fold.trained_at, round)
    }

    fn baseline(&mut self, fold: &Fold<'_>, learner: Arc<dyn Learner>) -> JobId {
        let round = Some(fold.round);
        let (train, test) = (self.pick(fold, Part::Train), self.pick(fold, Part::Test));
        let what = format!("baseline {:?}", fold.task);
        let model = self.add(Work::Learn(learner, Key::new(0)), &what, &[train], fold.stage, round);
        self.add(Work::Predict, "predict", &[model, test], fold.stage, round)
    }

    /// What looks and passes on, and what takes something out.
    fn tee(&mut self, stage: usize, node: &Node) {
        let what = format!("{} {}.{stage}", node.text, self.index);
        match &node.bound {
            Bound::Look(look) => {
                let Some(table) = self.table else { return };
                let report = self.add(Work::Look(look.clone()), &what, &[table], stage, None);
                self.reports.push(report);
            }
            Bound::Check(check) => {
                let mut inputs = self.reports.clone();
                inputs.extend(self.table);
                let report = self.add(Work::Check(check.clone()), &what, &inputs, stage, None);
                self.reports.push(report);
            }
            Bound::Keep(keep) => {
                let (Some(input), Some(model), Some(task)) = (self.input, self.model, self.plan.task.clone()) else {
                    return;
                };
                let frame = self.frame(task);
                let states = self.replayed.iter().chain(&self.states).map(|(_, state)| *state);
                let inputs: Vec<JobId> = std::iter::once(input).chain(states).chain([model]).collect();
                let report = self.add(Work::Keep(keep.clone(), Arc::new(frame)), &what, &inputs, stage, None);
                self.reports.push(report);
            }
            _ => {}
        }
    }

    fn frame(&self, task: Task) -> Frame {
        let model_name = self.plan.nodes.iter().find_map(|node| {
            node.args
                .given()
                .find_map(|(name, _)| node.args.model(name))
                .map(|chosen| chosen.model.spec.name.to_owned())
        });
        Frame {
            verbs: self.replayed.iter().chain(&self.states).map(|(verb, _)| verb.clone()).collect(),
            model_name: model_name.unwrap_or_default(),
            task,
            script: self.plan.without_secrets(&self.plan.explicit()),
            seed: self.seed,
            columns: self.plan.replayed_columns(),
        }
    }
}

#[derive(Clone, Copy)]
struct Final {
    validation: Option<JobId>,
}

struct Fold<'a> {
    stage: usize,
    table: JobId,
    rounds: JobId,
    round: usize,
    task: &'a Task,
    trained_at: usize,
}
