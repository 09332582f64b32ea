//! Lowering of the final exam: rows are set apart before anything is learned, and judged on at the end.

use super::evaluate::{Judging, Round};
use super::{Lowering, task_text};
use crate::fingerprint::Identity;
use crate::graph::{ExamHead, JobId, Part, ScopeId, Work};
use pipewright_operator::Bound;
use pipewright_operator::work::Exam;
use pipewright_world::random::Key;
use std::sync::Arc;

/// What a holdout has set apart.
#[derive(Clone, Copy)]
pub(super) struct Aside {
    /// All rows.
    table: JobId,
    /// The split, whose only round holds out the rows that are set apart.
    rounds: JobId,
    /// The seed of the split.
    seed: u64,
    /// The permission to be assessed on them.
    sitting: Option<JobId>,
}

impl Lowering<'_> {
    /// Sets the rows of a holdout apart: the stages below see the others. Whether the pipeline may be assessed on them
    /// is asked first, before anything is fitted.
    pub(super) fn set_apart(&mut self) {
        let Some(stage) = self.path.holdout() else { return };
        let Bound::Holdout(holdout) = &self.node(stage).bound else { return };
        let (Some(table), Some(task)) = (self.table, self.path.branch.task.clone()) else { return };
        let (split, canonical) = (holdout.split(), self.node(stage).canonical.clone());
        let seed = split.seed().unwrap_or(self.plan.seed);
        let key = Key::new(seed).child("holdout");
        let identity = Identity::of("holdout").text(&canonical).key(key).text(&task_text(Some(&task)));
        let rounds = self.add(Work::Split(split, task.clone(), key), identity, &[table], stage, ScopeId::ROOT);
        self.scope = self.graph.enter_rest(rounds);
        let exam = (stage..self.path.nodes.len()).find_map(|stage| match &self.node(stage).bound {
            Bound::Exam(exam) => Some((stage, exam.clone())),
            _ => None,
        });
        let sitting = exam.map(|(stage, exam)| {
            let head = ExamHead { task, plan: self.decisive(), script: self.plan.explicit() };
            let identity = Identity::of("admit").text(&head.plan).text(&self.node(stage).canonical);
            self.add(Work::Admit(exam, Arc::new(head)), identity, &[table, rounds], stage, ScopeId::ROOT)
        });
        self.table = Some(self.pick(&Round { table, rounds, round: 0, scope: self.scope }, Part::Train, stage));
        self.aside = Some(Aside { table, rounds, seed, sitting });
    }

    /// A hash of everything that predictions depend on besides the rows: the stages that change, choose or learn from
    /// them, of all candidates of a search, and the seed.
    fn decisive(&self) -> String {
        let searched = self.path.branch.searched.iter();
        let candidates = searched.flat_map(|searched| &searched.candidates).map(|candidate| &candidate.branch.path);
        let looks = |bound: &Bound| {
            matches!(
                bound,
                Bound::Source(_)
                    | Bound::Inspect(_)
                    | Bound::Consumer(_)
                    | Bound::Evaluator(_)
                    | Bound::Exam(_)
                    | Bound::ModelSink(_)
                    | Bound::Freeze(_)
            )
        };
        let nodes = std::iter::once(&self.path.branch.path).chain(candidates).flatten().map(|&id| &self.plan.nodes[id]);
        let decisive = nodes.filter(|node| !looks(&node.bound));
        let identity = Identity::of("plan").number(self.plan.seed);
        let identity = decisive.fold(identity, |identity, node| identity.text(&node.canonical).number(node.ordinal));
        identity.with_inputs([]).to_string()
    }

    /// Judges what is learned from the rows that a holdout leaves on those that it has set apart.
    pub(super) fn examined(&mut self, stage: usize, exam: &Arc<dyn Exam>) {
        let Some(Aside { table, rounds, seed, sitting: Some(sitting) }) = self.aside else { return };
        let canonical = self.node(stage).canonical.clone();
        let judging = Judging { judge: exam.judge(), canonical: canonical.clone(), seed, stage };
        let round = Round { table, rounds, round: 0, scope: self.scope };
        let Some(verdict) = self.scored(&judging, None, &[round], self.scope) else { return };
        let identity = Identity::of("assess").text(&canonical);
        let report = self.add(Work::Assess(exam.clone()), identity, &[sitting, verdict], stage, self.scope);
        self.reports.push(report);
    }
}
