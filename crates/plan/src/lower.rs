//! Lowering: the evaluated part of a plan is expanded into rounds, and all stages become jobs.
//!
//! Stages above the first one that learns (and above a fork) run once and are shared. Stages from there down to the
//! training are fitted anew in every round, on that round's training rows only. A sink demands one final fit on all
//! rows. Each branch of a fork is lowered separately; jobs that branches share have equal fingerprints and are merged.

mod evaluate;
mod exam;
mod explain;
mod search;

use crate::fingerprint::Identity;
use crate::graph::{JobGraph, JobId, Part, PipelineHead, ScopeId, ScriptHead, Work};
use crate::model::{Branch, Node, NodeId, Other, Plan};
use crate::path::Path;
use evaluate::Round;
use exam::Aside;
use pipewright_frame::FitContext;
use pipewright_operator::work::{Consumer, ModelSink, Step, Training};
use pipewright_operator::{Bound, Effect, Structure, Task, TrainingRows};
use pipewright_world::random::Key;
use std::sync::Arc;

/// Maximum number of jobs of an evaluation, which take about a kilobyte each.
pub(crate) const JOBS_MAX: usize = 500_000;

/// About the number of jobs of one round of an evaluation at the end of a path.
pub(crate) fn jobs_of_round(path: &Path<'_>) -> usize {
    // A step is fitted, and applied to training, validation and held-out rows.
    let steps = path.nodes[path.shared_end()..].iter().filter(|node| matches!(node.bound, Bound::Step(_))).count();
    // Two parts of the rows, the model and the baseline, their predictions, and the score.
    let own = 4 * steps + 7;
    let inner = |node: &&Node| if let Bound::Adjust(adjust) = &node.bound { adjust.splitter().rounds() } else { 0 };
    let own = own.saturating_mul(path.nodes.iter().map(inner).max().unwrap_or(0).saturating_add(1));
    // A search evaluates each candidate in inner rounds, and has a fit of each for the winner.
    path.branch.searched.as_ref().map_or(own, |searched| {
        let candidates = searched.candidates.len();
        let evaluations = searched.search.course(candidates).evaluations(candidates);
        let fits = searched.search.judge().rounds().saturating_mul(evaluations).saturating_add(candidates);
        own.saturating_mul(fits)
    })
}

/// The tables used to pin the data of a pipeline.
#[derive(Debug, Clone, Default)]
pub struct Tables {
    /// The table as read.
    pub source: Option<JobId>,
    /// The table at the first stage that learns.
    pub prepared: Option<JobId>,
    /// The shared part that a saved pipeline needs: the table that new rows must match, and states.
    pub saved: Vec<JobId>,
    /// The same for joined tables, in order, and for those that are evaluated on.
    pub others: Vec<Tables>,
    /// The tables that are evaluated on.
    pub apart: Vec<JobId>,
}

impl Tables {
    /// The jobs whose values later jobs use. For the source and other tables, the columns suffice.
    pub fn jobs(&self) -> impl Iterator<Item = JobId> {
        self.prepared.into_iter().chain(self.saved.iter().chain(&self.apart).copied())
    }
}

/// Adds the jobs that compute each pipeline's table down to its first stage that learns.
pub fn lower_tables(plan: &Plan, graph: &mut JobGraph) -> Vec<Tables> {
    let tables = plan.pipelines.iter().map(|pipeline| match pipeline.branches.first() {
        Some(branch) => Lowering::shared(plan, branch, graph).tables,
        None => Tables::default(),
    });
    tables.collect()
}

/// Adds all jobs of a plan, and returns those that produce its outputs, in the order of the script.
///
/// # Panics
/// If the plan would learn from held-out rows, which is a bug and never an error of the script.
pub fn lower(plan: &Plan, graph: &mut JobGraph) -> Vec<JobId> {
    let mut reports = Vec::new();
    for pipeline in &plan.pipelines {
        let mut verdicts = Vec::new();
        for (place, branch) in pipeline.branches.iter().enumerate() {
            let mut lowering = Lowering::shared(plan, branch, graph);
            lowering.beside = Beside { verdicts, is_last: place + 1 == pipeline.branches.len() };
            lowering.learning();
            verdicts = lowering.verdicts();
            reports.append(&mut lowering.reports);
        }
    }
    graph.check().expect("no job learns from rows that its rounds hold out");
    reports.sort_by_key(|&report| (graph.jobs()[report].stage, report));
    reports.dedup();
    reports
}

struct Lowering<'a> {
    graph: &'a mut JobGraph,
    plan: &'a Plan,
    path: Path<'a>,
    tables: Tables,
    /// The table at the current stage, on the shared or the final path.
    table: Option<JobId>,
    reports: Vec<JobId>,
    /// What the other arms of a fork have come to.
    beside: Beside,
    /// The final fit, once demanded: the states so far and the model.
    states: Vec<(String, JobId)>,
    model: Option<JobId>,
    /// All rows, if the final fit splits off validation rows; `table` then holds the training part.
    whole: Option<JobId>,
    /// The scope of these rows: the root, or the rows that a holdout leaves.
    scope: ScopeId,
    /// What a holdout has set apart.
    aside: Option<Aside>,
    /// The table that new rows must match, and the shared states that they pass through.
    input: Option<JobId>,
    replayed: Vec<(String, JobId)>,
    /// The stage that joins this table, if it is a second table.
    for_stage: Option<NodeId>,
}

impl<'a> Lowering<'a> {
    /// Lowers the shared stages, down to the first one that learns.
    fn shared(plan: &'a Plan, branch: &'a Branch, graph: &'a mut JobGraph) -> Lowering<'a> {
        let mut lowering = Lowering::of(plan, branch, graph, None);
        lowering.tables();
        lowering
    }

    fn of(plan: &'a Plan, branch: &'a Branch, graph: &'a mut JobGraph, for_stage: Option<NodeId>) -> Lowering<'a> {
        Lowering {
            graph,
            plan,
            path: Path::new(&plan.nodes, branch),
            tables: Tables::default(),
            table: None,
            reports: Vec::new(),
            beside: Beside::default(),
            states: Vec::new(),
            model: None,
            whole: None,
            scope: ScopeId::ROOT,
            aside: None,
            input: None,
            replayed: Vec::new(),
            for_stage,
        }
    }

    fn node(&self, stage: usize) -> &'a Node {
        self.path.nodes[stage]
    }

    /// The stage to which the jobs of a stage of the path belong.
    fn id(&self, stage: usize) -> NodeId {
        self.for_stage.unwrap_or(self.path.branch.path[stage])
    }

    fn add(&mut self, work: Work, identity: Identity, inputs: &[JobId], stage: usize, scope: ScopeId) -> JobId {
        let id = self.id(stage);
        self.graph.add(work, identity, inputs, id, scope)
    }

    /// The random stream of one purpose in one scope.
    fn stream(&self, seed: Option<u64>, purpose: &str, scope: ScopeId) -> Key {
        self.in_scope(Key::new(seed.unwrap_or(self.plan.seed)).child(purpose), scope)
    }

    /// The random stream of one stage in one scope, derived from its verb and its index among the stages of that verb,
    /// so that neither its spelling nor other stages change it.
    fn stream_of(&self, node: &Node, purpose: &str, scope: ScopeId) -> Key {
        let seed = node.args.whole("seed").map_or(self.plan.seed, |seed| seed as u64);
        let stage = Key::new(seed).child(purpose).child(node.verb.spec.name).index(node.ordinal);
        self.in_scope(stage, scope)
    }

    fn in_scope(&self, key: Key, scope: ScopeId) -> Key {
        let rounds = self.graph.rounds(scope);
        if rounds.is_empty() {
            return key.index(0);
        }
        rounds.iter().fold(key, |key, round| key.index(round.index as u64 + 1))
    }

    fn tables(&mut self) {
        let replayed = self.path.replayed();
        for stage in 0..self.path.shared_end() {
            if stage == replayed.start {
                self.input = self.table;
            }
            self.shared_stage(stage, replayed.contains(&stage));
        }
        self.input = self.input.or(self.table);
        self.tables.prepared = self.table;
        self.tables_apart();
        self.tables.saved = self.input.into_iter().chain(self.replayed.iter().map(|(_, state)| *state)).collect();
    }

    fn shared_stage(&mut self, stage: usize, is_replayed: bool) {
        let node = self.node(stage);
        match &node.bound {
            Bound::Source(source) => {
                let wanted = crate::wanted::wanted(&self.path);
                let identity = Identity::of("read").text(&node.canonical).text(&wanted_text(&wanted));
                let read = self.add(Work::Read(source.clone(), wanted), identity, &[], stage, ScopeId::ROOT);
                self.tables.source = Some(read);
                self.table = Some(read);
            }
            Bound::Rows(rows) => {
                let key = self.stream_of(node, "rows", ScopeId::ROOT);
                let identity = Identity::of("rows").text(&node.canonical).key(key);
                let work = Work::Rows(rows.clone(), key);
                self.table = self.table.map(|table| self.add(work, identity, &[table], stage, ScopeId::ROOT));
            }
            Bound::Combine(combine) => {
                let (Some(table), Some(other)) = (self.table, &node.other) else { return };
                let Some(joined) = self.other(other, stage) else { return };
                let key = self.stream_of(node, "combine", ScopeId::ROOT);
                let name = other.name.as_deref().unwrap_or_default();
                let identity = Identity::of("combine").text(&node.canonical).text(name).key(key);
                let work = Work::Combine(combine.clone(), other.name.clone(), key);
                self.table = Some(self.add(work, identity, &[table, joined], stage, ScopeId::ROOT));
            }
            Bound::Step(step) => {
                let Some(table) = self.table else { return };
                let (state, table) = self.fit(stage, step, table, ScopeId::ROOT);
                self.table = Some(table);
                if is_replayed {
                    self.replayed.push((node.verb.spec.name.to_owned(), state));
                }
            }
            _ => self.tee(stage),
        }
    }

    /// Lowers the second table of a stage.
    fn other(&mut self, other: &'a Other, stage: usize) -> Option<JobId> {
        let for_stage = self.for_stage.unwrap_or(self.path.branch.path[stage]);
        let mut lowering = Lowering::of(self.plan, &other.branch, self.graph, Some(for_stage));
        lowering.tables();
        let (tables, table) = (lowering.tables, lowering.table);
        self.tables.others.push(tables);
        table
    }

    /// Adds the fit of a step, and its application to the training rows.
    fn fit(&mut self, stage: usize, step: &Arc<dyn Step>, rows: JobId, scope: ScopeId) -> (JobId, JobId) {
        let node = self.node(stage);
        let sees_target = matches!(node.footprint.effect, Effect::FitTarget | Effect::RowsTrain);
        let task = self.path.branch.task.as_ref().filter(|_| sees_target);
        let context = FitContext { target_spec: task.map(Task::target_spec), key: self.stream_of(node, "fit", scope) };
        let identity = Identity::of("fit").text(&node.canonical).key(context.key).text(&task_text(task));
        let work = Work::Fit { step: step.clone(), context, learns: node.footprint.effect.learns() };
        let state = self.add(work, identity, &[rows], stage, scope);
        let rows = match node.footprint.training {
            TrainingRows::AsOthers => self.apply(state, rows, stage, scope),
            TrainingRows::Apart => {
                let identity = Identity::of("apply training");
                self.add(Work::ApplyTraining, identity, &[state, rows], stage, scope)
            }
        };
        (state, rows)
    }

    fn apply(&mut self, state: JobId, rows: JobId, stage: usize, scope: ScopeId) -> JobId {
        self.add(Work::Apply, Identity::of("apply"), &[state, rows], stage, scope)
    }

    /// Lowers the stages from the first one that learns to the end.
    fn learning(&mut self) {
        let first = self.path.shared_end();
        self.set_apart();
        self.whole = self.table;
        let finally = self.final_rows(first);
        for stage in first..self.path.nodes.len() {
            match &self.node(stage).bound {
                Bound::Step(step) => self.final_step(stage, step, finally),
                Bound::Training(training) => self.final_model(stage, training.as_ref(), finally),
                Bound::Evaluator(judge) => self.judged(stage, judge),
                Bound::Search(_) => self.search_report(stage, finally.is_some()),
                Bound::Exam(exam) => self.examined(stage, exam),
                Bound::Explain(explain) => self.explained(stage, explain).unwrap_or_default(),
                // Where nothing is evaluated or saved, rows may change below a stage that learns.
                Bound::Rows(_) | Bound::Combine(_) if finally.is_some() => self.shared_stage(stage, false),
                _ => self.tee(stage),
            }
        }
    }

    /// If a stage needs the fit on all rows, starts it.
    fn final_rows(&mut self, first: usize) -> Option<Final> {
        let structure = |node: &Node| node.verb.spec.structure;
        let pulls = |node: &Node| {
            structure(node) == Structure::Final || matches!(node.bound, Bound::Inspect(_) | Bound::Consumer(_))
        };
        let training = self.path.training();
        // A stage that inspects a table below the training does not need the model.
        let pulled = self.path.nodes.iter().enumerate().skip(first).any(|(stage, node)| {
            pulls(node) && (training.is_none_or(|training| stage < training) || structure(node) == Structure::Final)
        });
        let table = self.table.filter(|_| pulled)?;
        Some(self.final_fit(table))
    }

    /// Starts the fit on all rows: splits off validation rows, if the model needs some.
    fn final_fit(&mut self, table: JobId) -> Final {
        let reserved = self.path.training().and_then(|stage| match &self.node(stage).bound {
            Bound::Training(training) => self.reserve(training.as_ref(), table, stage, self.scope),
            _ => None,
        });
        if let Some((train, _)) = reserved {
            self.table = Some(train);
        }
        Final { validation: reserved.map(|(_, validation)| validation) }
    }

    /// Splits off validation rows, if the model needs some: (training rows, validation rows).
    fn reserve(
        &mut self,
        training: &dyn Training,
        table: JobId,
        stage: usize,
        scope: ScopeId,
    ) -> Option<(JobId, JobId)> {
        let (task, splitter) = (self.path.branch.task.clone()?, training.validation()?);
        let key = self.stream(training.seed(), "validation", scope);
        let identity = Identity::of("reserve").text(&self.node(stage).canonical).key(key).text(&task_text(Some(&task)));
        let rounds = self.add(Work::Split(splitter, task, key), identity, &[table], stage, scope);
        let round = Round { table, rounds, round: 0, scope };
        let (train, validation) = (self.pick(&round, Part::Train, stage), self.pick(&round, Part::Test, stage));
        Some((train, validation))
    }

    fn pick(&mut self, of: &Round, part: Part, stage: usize) -> JobId {
        let identity = Identity::of("pick").number(of.round as u64).number(u64::from(part == Part::Test));
        self.add(Work::Pick(of.round, part), identity, &[of.table, of.rounds], stage, of.scope)
    }

    fn final_step(&mut self, stage: usize, step: &Arc<dyn Step>, finally: Option<Final>) {
        let (Some(_), Some(table)) = (finally, self.table) else { return };
        let (state, table) = self.fit(stage, step, table, self.scope);
        self.states.push((self.node(stage).verb.spec.name.to_owned(), state));
        self.table = Some(table);
    }

    fn final_model(&mut self, stage: usize, training: &dyn Training, finally: Option<Final>) {
        let (Some(finally), Some(table)) = (finally, self.table) else { return };
        let states: Vec<JobId> = self.states.iter().map(|(_, state)| *state).collect();
        let validation = finally
            .validation
            .map(|rows| states.into_iter().fold(rows, |rows, state| self.apply(state, rows, stage, self.scope)));
        let model = self.learn(stage, training, table, validation, self.scope);
        self.model = model.zip(self.whole).and_then(|(model, whole)| self.adjusted(model, whole, self.scope));
    }

    fn learn(
        &mut self,
        stage: usize,
        training: &dyn Training,
        table: JobId,
        validation: Option<JobId>,
        scope: ScopeId,
    ) -> Option<JobId> {
        let learner = self.path.branch.learner.clone()?;
        let key = self.stream(training.seed(), "train", scope);
        let task = task_text(self.path.branch.task.as_ref());
        let identity = Identity::of("learn").text(&self.node(stage).canonical).key(key).text(&task);
        let inputs: Vec<JobId> = std::iter::once(table).chain(validation).collect();
        Some(self.add(Work::Learn(learner, key), identity, &inputs, stage, scope))
    }

    /// Lowers stages that inspect and sinks.
    fn tee(&mut self, stage: usize) {
        let node = self.node(stage);
        // Each stage reports separately, even if two are equal.
        let identity = Identity::of("tee").text(&node.canonical).number(self.path.branch.path[stage] as u64);
        let report = match &node.bound {
            Bound::Inspect(look) => {
                let Some(table) = self.table else { return };
                self.add(Work::Inspect(look.clone()), identity, &[table], stage, self.scope)
            }
            Bound::Consumer(check) if check.takes_all_arms() => {
                if !self.beside.is_last {
                    return;
                }
                let inputs: Vec<JobId> = self.verdicts().into_iter().chain(self.table).collect();
                self.add(self.consumer(check), identity, &inputs, stage, self.scope)
            }
            Bound::Consumer(check) => {
                let inputs: Vec<JobId> = self.reports.iter().copied().chain(self.table).collect();
                self.add(self.consumer(check), identity, &inputs, stage, self.scope)
            }
            Bound::ModelSink(keep) => {
                let stored = match &self.path.branch.searched {
                    Some(_) => self.stored_winner(keep, &identity, stage),
                    None => self.stored(keep, identity, self.id(stage)),
                };
                let Some(stored) = stored else { return };
                stored
            }
            Bound::Freeze(freeze) => {
                let Some(input) = self.input else { return };
                let states = self.replayed.iter().chain(&self.states).map(|(_, state)| *state);
                let inputs: Vec<JobId> = std::iter::once(input).chain(states).collect();
                let work = Work::Freeze(freeze.clone(), Arc::new(self.head(None)));
                self.add(work, identity, &inputs, stage, self.scope)
            }
            _ => return,
        };
        self.reports.push(report);
    }

    fn consumer(&self, consumer: &Arc<dyn Consumer>) -> Work {
        let head = ScriptHead { script: self.path.explicit(), seed: self.plan.seed };
        Work::Consumer(consumer.clone(), Arc::new(head))
    }

    fn is_verdict(&self, report: JobId) -> bool {
        matches!(self.graph.jobs()[report].work, Work::Verdict(..))
    }

    fn is_assessment(&self, report: JobId) -> bool {
        matches!(self.graph.jobs()[report].work, Work::Assess(_))
    }

    fn is_explanation(&self, report: JobId) -> bool {
        matches!(self.graph.jobs()[report].work, Work::Explanation(..))
    }

    /// The evaluations of this arm and of those before it, with their explanations; without any, the final exam.
    fn verdicts(&self) -> Vec<JobId> {
        let own = |is: &dyn Fn(JobId) -> bool| -> Vec<JobId> {
            self.reports.iter().copied().filter(|&report| is(report)).collect()
        };
        let verdicts = own(&|report| self.is_verdict(report));
        let verdicts = if verdicts.is_empty() { own(&|report| self.is_assessment(report)) } else { verdicts };
        let explanations = own(&|report| self.is_explanation(report));
        self.beside.verdicts.iter().copied().chain(verdicts).chain(explanations).collect()
    }

    /// Saves the final fit.
    fn stored(&mut self, keep: &Arc<dyn ModelSink>, identity: Identity, at: NodeId) -> Option<JobId> {
        let (input, whole, model, task) = (self.input?, self.whole?, self.model?, self.path.branch.task.clone()?);
        let states = self.replayed.iter().chain(&self.states).map(|(_, state)| *state);
        let is_judged = |&report: &JobId| self.is_verdict(report) || self.is_assessment(report);
        let verdicts = self.reports.iter().copied().filter(is_judged);
        let inputs: Vec<JobId> = [input, whole].into_iter().chain(states).chain([model]).chain(verdicts).collect();
        let work = Work::ModelSink(keep.clone(), Arc::new(self.head(Some(task))));
        Some(self.graph.add(work, identity, &inputs, at, self.scope))
    }

    fn head(&self, task: Option<Task>) -> PipelineHead {
        let model_name = self.path.nodes.iter().find_map(|node| {
            let chosen = node.args.given().find_map(|(name, _)| node.args.model(name));
            chosen.map(|chosen| chosen.model.spec.name.to_owned())
        });
        PipelineHead {
            verbs: self.replayed.iter().chain(&self.states).map(|(verb, _)| verb.clone()).collect(),
            model: model_name.zip(task),
            target: self.path.branch.target.clone(),
            script: self.path.explicit(),
            seed: self.plan.seed,
            columns: self.path.replayed_columns(),
        }
    }
}

/// A task as a part of an identity; empty for jobs without one.
fn task_text(task: Option<&Task>) -> String {
    task.map(|task| task.to_json().to_string()).unwrap_or_default()
}

/// The columns and rows requested of a source, as a part of an identity.
fn wanted_text(wanted: &pipewright_operator::work::Pushdown) -> String {
    let filter =
        wanted.filter.as_ref().map(|filter| serde_json::to_string(filter).expect("an expression is plain data"));
    let columns =
        wanted.columns.as_ref().map(|columns| columns.iter().map(|name| &**name).collect::<Vec<_>>().join("\n"));
    format!("{columns:?} {filter:?}")
}

#[derive(Clone, Copy)]
struct Final {
    validation: Option<JobId>,
}

/// The arms of a fork that were lowered before.
#[derive(Default)]
struct Beside {
    /// Their evaluations.
    verdicts: Vec<JobId>,
    /// Is no arm left?
    is_last: bool,
}
