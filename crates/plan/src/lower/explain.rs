//! Lowering of explanations: what was fitted in each round of the evaluation above explains the rows held out.

use super::evaluate::{Fit, Round};
use super::{Lowering, task_text};
use crate::fingerprint::Identity;
use crate::graph::{JobId, Part, VerdictHead, Work};
use crate::model::NodeId;
use pipewright_operator::Bound;
use pipewright_operator::work::Explain;
use std::sync::Arc;

/// An explanation, and the stage that asks for it, which is on no path of a candidate.
struct Asked {
    explain: Arc<dyn Explain>,
    canonical: String,
    at: NodeId,
}

impl Lowering<'_> {
    /// Explains the models of the last evaluation above a stage.
    pub(super) fn explained(&mut self, stage: usize, explain: &Arc<dyn Explain>) -> Option<()> {
        let is_judge = |&at: &usize| matches!(self.node(at).bound, Bound::Evaluator(_));
        let judged_at = (0..stage).rev().find(is_judge)?;
        let Bound::Evaluator(judge) = &self.node(judged_at).bound else { return None };
        let (task, table) = (self.path.branch.task.clone()?, self.whole?);
        let judging = self.judging(judged_at, judge);
        let rounds = self.rounds(&judging, &task, table, self.scope);
        let asked =
            Asked { explain: explain.clone(), canonical: self.node(stage).canonical.clone(), at: self.id(stage) };
        let parts: Option<Vec<JobId>> = rounds.iter().map(|round| self.explained_round(stage, &asked, round)).collect();
        let model = match self.search_label() {
            Some(label) => label,
            None => {
                let Bound::Training(training) = &self.node(self.path.training()?).bound else { return None };
                self.path.label(&training.label())
            }
        };
        let arm = self.path.named();
        let head = VerdictHead { model, task, seed: judging.seed, arm, candidates: None };
        // Each stage reports separately, even if two are equal.
        let identity = Identity::of("explanation").text(&self.node(stage).canonical).number(self.id(stage) as u64);
        let report = self.add(Work::Explanation(explain.clone(), Arc::new(head)), identity, &parts?, stage, self.scope);
        self.reports.push(report);
        Some(())
    }

    /// The explanation of one round; of a search, that of its winner in this round.
    fn explained_round(&mut self, stage: usize, asked: &Asked, round: &Round) -> Option<JobId> {
        let (train, test) = (self.pick(round, Part::Train, stage), self.pick(round, Part::Test, stage));
        let of = |lowering: &mut Self| lowering.explained_fit(asked, round, train, test);
        match self.path.branch.searched {
            None => of(self),
            Some(_) => self.of_winner(train, stage, round.scope, of).map(|(explained, _)| explained),
        }
    }

    fn explained_fit(&mut self, asked: &Asked, round: &Round, train: JobId, test: JobId) -> Option<JobId> {
        let task = self.path.branch.task.clone()?;
        let Fit { model, states, .. } = self.model_of(train, test, round.scope)?;
        let model = self.adjusted(model, train, round.scope)?;
        let key = self.stream(None, "explain", round.scope);
        let identity = Identity::of("explain").text(&asked.canonical).key(key).text(&task_text(Some(&task)));
        let inputs: Vec<JobId> = [train, test, round.rounds, model].into_iter().chain(states).collect();
        let work = Work::Explain(asked.explain.clone(), task, round.round, key);
        Some(self.graph.add(work, identity.number(round.round as u64), &inputs, asked.at, round.scope))
    }
}
