//! Lowering of a search: inner evaluations of all candidates of the searched stages on the training rows of a scope, and
//! jobs that forward the value of whichever candidate wins.
//!
//! A search climbs rungs. On the first one all candidates are evaluated; on the next ones the best of the rung below, on
//! more rows. The places on a higher rung are filled at run time: [`Work::Chosen`] forwards the evaluation of the
//! candidate that was ranked there, so that no other one is computed. The fits on all training rows are forwarded in the
//! same way.

use super::Lowering;
use super::evaluate::{Judging, Round};
use crate::fingerprint::Identity;
use crate::graph::{JobId, Part, ScopeId, SearchHead, Work};
use crate::path::Path;
use pipewright_operator::Bound;
use pipewright_operator::result::Values;
use pipewright_operator::work::ModelSink;
use pipewright_world::random::Key;
use std::sync::Arc;

/// The jobs of a search on some rows.
pub(super) struct Ranked {
    /// Of each rung, the ranking of its places, and how many of them go on.
    rankings: Vec<(JobId, usize)>,
    /// Of each rung, the share of the rows, and the evaluations in its places.
    evaluations: Vec<(f64, Vec<JobId>)>,
}

impl<'a> Lowering<'a> {
    /// Does something with the path of a candidate for the searched stages; with the own path for none.
    pub(super) fn as_candidate<R>(&mut self, candidate: Option<usize>, work: impl FnOnce(&mut Self) -> R) -> R {
        let Some(place) = candidate else { return work(self) };
        let searched = self.path.branch.searched.as_ref().expect("a path with candidates");
        let path = Path::new(&self.plan.nodes, &searched.candidates[place].branch);
        let own = std::mem::replace(&mut self.path, path);
        let result = work(self);
        self.path = own;
        result
    }

    fn candidates(&self) -> usize {
        self.path.branch.searched.as_ref().map_or(0, |searched| searched.candidates.len())
    }

    /// The values that make each candidate, as text.
    pub(super) fn labels(&self) -> Arc<[Values]> {
        let searched = self.path.branch.searched.iter();
        searched.flat_map(|searched| &searched.candidates).map(|candidate| candidate.values.clone()).collect()
    }

    /// The label of what a search makes of rows, which may be any of its candidates.
    pub(super) fn search_label(&self) -> Option<String> {
        let search = &self.path.branch.searched.as_ref()?.search;
        Some(format!("{} {}", self.node(self.search_stage()?).verb.spec.name, search.label()))
    }

    /// The stage of the own path that searches.
    fn search_stage(&self) -> Option<usize> {
        self.path.nodes.iter().position(|node| matches!(node.bound, Bound::Search(_)))
    }

    /// Adds the inner evaluations of the candidates on some rows, and their rankings.
    fn ranked(&mut self, table: JobId, scope: ScopeId) -> Option<Ranked> {
        let search = self.path.branch.searched.as_ref()?.search.clone();
        let (stage, candidates) = (self.search_stage()?, self.candidates());
        let canonical = self.node(stage).canonical.clone();
        let seed = search.seed().unwrap_or(self.plan.seed);
        let judging = Judging { judge: search.judge(), canonical: format!("inner {canonical}"), seed, stage };
        let mut ranked = Ranked { rankings: Vec::new(), evaluations: Vec::new() };
        for rung in search.rungs(candidates) {
            if let Some((_, kept)) = ranked.rankings.last_mut() {
                *kept = rung.candidates;
            }
            let (rows, inner) = self.share(table, rung.share, &judging, scope)?;
            let evaluations: Option<Vec<JobId>> =
                (0..candidates).map(|candidate| self.evaluation(&judging, Some(candidate), rows, inner)).collect();
            let places = self.forwarded(&evaluations?, &ranked, stage, scope);
            let identity = Identity::of("choose").text(&canonical);
            let ranking = self.add(Work::Choose(search.clone()), identity, &places, stage, scope);
            ranked.rankings.push((ranking, 1));
            ranked.evaluations.push((rung.share, places));
        }
        Some(ranked)
    }

    /// A share of the rows, drawn as a holdout draws them, and the scope in which they are the training rows.
    fn share(&mut self, table: JobId, share: f64, judging: &Judging, scope: ScopeId) -> Option<(JobId, ScopeId)> {
        if share >= 1.0 {
            return Some((table, scope));
        }
        let search = self.path.branch.searched.as_ref()?.search.clone();
        let task = self.path.branch.task.clone()?;
        let key = self.in_scope(Key::new(judging.seed).child("share"), scope);
        let identity = Identity::of("share").text(&judging.canonical).text(&share.to_string()).key(key);
        let split = Work::Split(search.share(share), task, key);
        let rounds = self.add(split, identity, &[table], judging.stage, scope);
        let scope = self.graph.enter(scope, rounds, 0);
        let rows = self.pick(&Round { table, rounds, round: 0, scope }, Part::Train, judging.stage);
        Some((rows, scope))
    }

    /// Of values of all candidates, those in the places of the rung above the last ranking; all before the first one.
    fn forwarded(&mut self, values: &[JobId], ranked: &Ranked, stage: usize, scope: ScopeId) -> Vec<JobId> {
        let mut places = values.to_vec();
        for &(ranking, kept) in &ranked.rankings {
            let inputs: Vec<JobId> = std::iter::once(ranking).chain(places).collect();
            let chosen = |place: usize| {
                let identity = Identity::of("chosen").number(place as u64);
                self.add(Work::Chosen(place), identity, &inputs, stage, scope)
            };
            places = (0..kept).map(chosen).collect();
        }
        places
    }

    /// A job per candidate that says which one it is.
    fn names(&mut self, stage: usize) -> Vec<JobId> {
        let candidates = 0..self.candidates();
        let name = |candidate: usize| {
            let identity = Identity::of("candidate").number(candidate as u64);
            self.add(Work::Candidate(candidate), identity, &[], stage, ScopeId::ROOT)
        };
        candidates.map(name).collect()
    }

    /// Searches on the training rows of a round, and predicts its held-out rows with the winner, fitted on all of the
    /// training rows: the predictions, and which candidate wins.
    pub(super) fn searched_fold(&mut self, round: &Round) -> Option<(JobId, JobId)> {
        let (stage, scope) = (self.search_stage()?, round.scope);
        let train = self.pick(round, Part::Train, stage);
        let test = self.pick(round, Part::Test, stage);
        let ranked = self.ranked(train, scope)?;
        let fits: Option<Vec<JobId>> = (0..self.candidates())
            .map(|candidate| self.as_candidate(Some(candidate), |lowering| lowering.fitted(train, test, scope)))
            .collect();
        let predicted = *self.forwarded(&fits?, &ranked, stage, scope).first()?;
        let names = self.names(stage);
        let winner = *self.forwarded(&names, &ranked, stage, scope).first()?;
        Some((predicted, winner))
    }

    /// Saves the winner, fitted on all rows.
    pub(super) fn stored_winner(
        &mut self,
        keep: &Arc<dyn ModelSink>,
        identity: &Identity,
        stage: usize,
    ) -> Option<JobId> {
        let (whole, at) = (self.whole?, self.id(stage));
        let ranked = self.ranked(whole, self.scope)?;
        let mut sinks = Vec::new();
        for candidate in 0..self.candidates() {
            let own = (std::mem::take(&mut self.states), self.model.take(), self.table);
            let sink = self.as_candidate(Some(candidate), |lowering| {
                lowering.finish(whole);
                lowering.stored(keep, identity.clone(), at)
            });
            (self.states, self.model, self.table) = own;
            sinks.push(sink?);
        }
        self.forwarded(&sinks, &ranked, stage, self.scope).first().copied()
    }

    /// Fits everything down to the training on all rows.
    fn finish(&mut self, whole: JobId) {
        self.table = Some(whole);
        let first = self.path.shared_end();
        let finally = self.final_fit(whole);
        for stage in first..self.path.nodes.len() {
            match &self.node(stage).bound {
                Bound::Step(step) => self.final_step(stage, step, Some(finally)),
                Bound::Training(training) => self.final_model(stage, training.as_ref(), Some(finally)),
                _ => {}
            }
        }
    }

    /// Reports a search on all rows, unless an evaluation below nests it and nothing needs the winner.
    pub(super) fn search_report(&mut self, stage: usize, is_needed: bool) {
        let below = &self.path.nodes[stage + 1..];
        if below.iter().any(|node| matches!(node.bound, Bound::Evaluator(_))) && !is_needed {
            return;
        }
        let report = self.whole.and_then(|whole| self.searched(stage, whole));
        self.reports.extend(report);
    }

    fn searched(&mut self, stage: usize, whole: JobId) -> Option<JobId> {
        let ranked = self.ranked(whole, self.scope)?;
        let names = self.names(stage);
        let mut inputs = vec![*self.forwarded(&names, &ranked, stage, self.scope).first()?];
        let mut below = Ranked { rankings: Vec::new(), evaluations: Vec::new() };
        for (rung, (_, places)) in ranked.evaluations.iter().enumerate() {
            let names = self.forwarded(&names, &below, stage, self.scope);
            inputs.extend(names.into_iter().zip(places).flat_map(|(name, &place)| [name, place]));
            below.rankings.push(ranked.rankings[rung]);
        }
        let rungs = ranked.evaluations.iter().map(|(share, places)| (*share, places.len())).collect();
        let search = self.path.branch.searched.as_ref()?.search.clone();
        let task = self.path.branch.task.clone()?;
        let head = SearchHead { search, task, candidates: self.labels(), rungs, arm: self.path.branch.arm.clone() };
        let identity = Identity::of("searched").text(&self.node(stage).canonical);
        Some(self.add(Work::Searched(Arc::new(head)), identity, &inputs, stage, self.scope))
    }
}
