//! Lowering of evaluations: everything from the first stage that learns down to the training, once per round.

use super::{Lowering, task_text};
use crate::fingerprint::Identity;
use crate::graph::{JobId, Part, ScopeId, VerdictHead, Work};
use crate::model::Node;
use pipewright_operator::work::{Adjust, Evaluator, Learner};
use pipewright_operator::{Bound, Task};
use pipewright_world::random::Key;
use std::sync::Arc;

/// A round of a split of some rows.
pub(super) struct Round {
    pub(super) table: JobId,
    pub(super) rounds: JobId,
    pub(super) round: usize,
    pub(super) scope: ScopeId,
}

/// A pipeline that was fitted on some rows.
pub(super) struct Fit {
    pub(super) model: JobId,
    /// Other rows, as the model takes them.
    pub(super) test: JobId,
    /// The states of its steps.
    pub(super) states: Vec<JobId>,
}

/// An evaluation, and the stage that it belongs to.
pub(super) struct Judging {
    pub(super) judge: Arc<dyn Evaluator>,
    pub(super) canonical: String,
    pub(super) seed: u64,
    pub(super) stage: usize,
}

impl Lowering<'_> {
    /// Expands an evaluation of the whole table.
    pub(super) fn judged(&mut self, stage: usize, judge: &Arc<dyn Evaluator>) {
        let Some(table) = self.whole else { return };
        let judging = self.judging(stage, judge);
        let report = self.evaluation(&judging, None, table, self.scope);
        self.reports.extend(report);
    }

    /// The evaluation of a stage.
    pub(super) fn judging(&self, stage: usize, judge: &Arc<dyn Evaluator>) -> Judging {
        let seed = judge.seed().unwrap_or(self.plan.seed);
        Judging { judge: judge.clone(), canonical: self.node(stage).canonical.clone(), seed, stage }
    }

    /// Adds an evaluation on some rows: everything from the first stage that learns down to the training, once per
    /// round. Of a search, it evaluates the candidate `of`, or else what the search makes of the training rows.
    pub(super) fn evaluation(
        &mut self,
        judging: &Judging,
        of: Option<usize>,
        table: JobId,
        scope: ScopeId,
    ) -> Option<JobId> {
        let task = self.as_candidate(of, |lowering| lowering.path.branch.task.clone())?;
        let rounds = self.rounds(judging, &task, table, scope);
        self.scored(judging, of, &rounds, scope)
    }

    /// The rounds of an evaluation on some rows.
    pub(super) fn rounds(&mut self, judging: &Judging, task: &Task, table: JobId, scope: ScopeId) -> Vec<Round> {
        let Judging { judge, canonical, seed, stage } = judging;
        if let Some(round) = self.apart(judging, table, scope) {
            return vec![round];
        }
        let key = match scope {
            ScopeId::ROOT => Key::new(*seed).child("split"),
            scope => self.in_scope(Key::new(*seed).child("split"), scope),
        };
        let identity = Identity::of("split").text(canonical).key(key).text(&task_text(Some(task)));
        let rounds = self.add(Work::Split(judge.clone(), task.clone(), key), identity, &[table], *stage, scope);
        let enter = |round| Round { table, rounds, round, scope: self.graph.enter(scope, rounds, round) };
        (0..judge.rounds()).map(enter).collect()
    }

    /// Lowers the tables that are evaluated on.
    pub(super) fn tables_apart(&mut self) {
        for stage in self.path.shared_end()..self.path.nodes.len() {
            let node = self.node(stage);
            if let (Bound::Evaluator(_), Some(other)) = (&node.bound, &node.other) {
                let table = self.other(other, stage);
                self.tables.apart.extend(table);
            }
        }
    }

    /// The only round of an evaluation on another table: its rows are appended and held out.
    fn apart(&mut self, judging: &Judging, table: JobId, scope: ScopeId) -> Option<Round> {
        let Judging { judge, canonical, stage, .. } = judging;
        let other = self.node(*stage).other.as_ref()?;
        let other = self.other(other, *stage)?;
        let states = self.replayed.iter().map(|(_, state)| *state);
        let inputs: Vec<JobId> = [table, self.input?, other].into_iter().chain(states).collect();
        let both = self.add(Work::Append, Identity::of("append"), &inputs, *stage, scope);
        let identity = Identity::of("apart").text(canonical);
        let rounds = self.add(Work::Apart(judge.clone()), identity, &[table, both], *stage, scope);
        Some(Round { table: both, rounds, round: 0, scope: self.graph.enter(scope, rounds, 0) })
    }

    /// Adds an evaluation in these rounds.
    pub(super) fn scored(
        &mut self,
        judging: &Judging,
        of: Option<usize>,
        rounds: &[Round],
        scope: ScopeId,
    ) -> Option<JobId> {
        let Judging { judge, canonical, seed, stage } = judging;
        let (task, mut label) = self.as_candidate(of, |lowering| {
            let trained_at = lowering.path.training()?;
            let Bound::Training(training) = &lowering.node(trained_at).bound else { return None };
            Some((lowering.path.branch.task.clone()?, lowering.path.label(&training.label())))
        })?;
        if let (None, Some(search)) = (of, self.search_label()) {
            label = search;
        }
        let baseline = judge.baseline(&task);
        let (mut scores, mut choices) = (Vec::new(), Vec::new());
        for round in rounds {
            let predicted = match (of, &self.path.branch.searched) {
                (None, Some(_)) => {
                    let (predicted, choice) = self.searched_fold(round)?;
                    choices.push(choice);
                    predicted
                }
                (of, _) => self.as_candidate(of, |lowering| lowering.fold(round))?,
            };
            let baseline = self.baseline(round, *stage, &task, baseline.clone());
            let test = self.pick(round, Part::Test, *stage);
            let identity = Identity::of("score").text(canonical).number(round.round as u64);
            let work = Work::Score(judge.clone(), task.clone(), round.round);
            scores.push(self.add(work, identity, &[test, predicted, baseline, round.rounds], *stage, round.scope));
        }
        let candidates = (!choices.is_empty()).then(|| self.labels());
        let arm = self.path.named();
        let head = VerdictHead { model: label, task, seed: *seed, arm, candidates };
        let arm = head.arm.as_deref().unwrap_or_default();
        let identity = Identity::of("verdict").text(canonical).text(&head.model).number(*seed).text(arm);
        let inputs: Vec<JobId> = scores.into_iter().chain(choices).collect();
        Some(self.add(Work::Verdict(judge.clone(), Arc::new(head)), identity, &inputs, *stage, scope))
    }

    /// Fits everything on one round's training rows and predicts its held-out rows.
    pub(super) fn fold(&mut self, round: &Round) -> Option<JobId> {
        let trained_at = self.path.training()?;
        let (train, test) = (self.pick(round, Part::Train, trained_at), self.pick(round, Part::Test, trained_at));
        self.fitted(train, test, round.scope)
    }

    /// Fits everything on these rows, adjustments of the model included, and predicts others.
    pub(super) fn fitted(&mut self, train: JobId, test: JobId, scope: ScopeId) -> Option<JobId> {
        let Fit { model, test, .. } = self.model_of(train, test, scope)?;
        let model = self.adjusted(model, train, scope)?;
        Some(self.predict(model, test, self.path.training()?, scope))
    }

    /// Fits the steps and the model on these rows, and applies the steps to others.
    pub(super) fn model_of(&mut self, mut train: JobId, mut test: JobId, scope: ScopeId) -> Option<Fit> {
        let trained_at = self.path.training()?;
        let Bound::Training(training) = &self.node(trained_at).bound else { return None };
        let (mut validation, mut states) = (None, Vec::new());
        if let Some((rest, reserved)) = self.reserve(training.as_ref(), train, trained_at, scope) {
            train = rest;
            validation = Some(reserved);
        }
        for stage in self.path.shared_end()..trained_at {
            let Bound::Step(step) = &self.node(stage).bound else { continue };
            let (state, rows) = self.fit(stage, step, train, scope);
            states.push(state);
            train = rows;
            test = self.apply(state, test, stage, scope);
            validation = validation.map(|rows| self.apply(state, rows, stage, scope));
        }
        let model = self.learn(trained_at, training.as_ref(), train, validation, scope)?;
        Some(Fit { model, test, states })
    }

    /// Adjusts a model by its predictions for inner folds of its training rows.
    pub(super) fn adjusted(&mut self, model: JobId, train: JobId, scope: ScopeId) -> Option<JobId> {
        let trained_at = self.path.training()?;
        let is_adjust = |node: &Node| matches!(node.bound, Bound::Adjust(_));
        let Some(stage) = self.path.nodes.iter().position(|&node| is_adjust(node)) else { return Some(model) };
        let stages = || self.path.nodes.iter().filter(|&&node| is_adjust(node));
        let canonical = stages().map(|node| node.canonical.as_str()).collect::<Vec<_>>().join(" | ");
        let adjusts: Arc<[Arc<dyn Adjust>]> = stages()
            .filter_map(|node| if let Bound::Adjust(adjust) = &node.bound { Some(adjust.clone()) } else { None })
            .collect();
        let task = self.path.branch.task.clone()?;
        let key = self.stream(adjusts[0].seed(), "adjust", scope);
        let identity = Identity::of("inner folds").text(&canonical).key(key).text(&task_text(Some(&task)));
        let splitter = adjusts[0].splitter();
        let count = splitter.rounds();
        let rounds = self.add(Work::Split(splitter, task.clone(), key), identity, &[train], stage, scope);
        let mut inputs = vec![model, train, rounds];
        for index in 0..count {
            let round = Round { table: train, rounds, round: index, scope: self.graph.enter(scope, rounds, index) };
            let (rest, held_out) =
                (self.pick(&round, Part::Train, trained_at), self.pick(&round, Part::Test, trained_at));
            let fit = self.model_of(rest, held_out, round.scope)?;
            inputs.push(self.predict(fit.model, fit.test, trained_at, round.scope));
        }
        let identity = Identity::of("adjust").text(&canonical).text(&task_text(Some(&task)));
        Some(self.add(Work::Adjust(adjusts, task), identity, &inputs, stage, scope))
    }

    pub(super) fn predict(&mut self, model: JobId, rows: JobId, stage: usize, scope: ScopeId) -> JobId {
        self.add(Work::Predict, Identity::of("predict"), &[model, rows], stage, scope)
    }

    pub(super) fn baseline(&mut self, round: &Round, stage: usize, task: &Task, learner: Arc<dyn Learner>) -> JobId {
        let train = self.pick(round, Part::Train, stage);
        let test = self.pick(round, Part::Test, stage);
        let identity = Identity::of("baseline").text(&task_text(Some(task)));
        let model = self.add(Work::Learn(learner, Key::new(0)), identity, &[train], stage, round.scope);
        self.predict(model, test, stage, round.scope)
    }
}
