//! Lowering of a search: inner evaluations of all candidates of the searched stages on the training rows of a scope, and
//! jobs that forward the value of whichever candidate wins.
//!
//! A *name* is a job whose value is the index of a candidate. Which candidate is tried next, or goes on to the next rung,
//! is known at run time only, so a name stands for it; [`Work::Chosen`] forwards the value of the named candidate, so that
//! no other one is computed. The fits on all training rows are forwarded in the same way.

use super::Lowering;
use super::evaluate::{Judging, Round};
use crate::fingerprint::Identity;
use crate::graph::{JobId, Part, ScopeId, SearchHead, Work};
use crate::path::Path;
use pipewright_operator::Bound;
use pipewright_operator::result::Values;
use pipewright_operator::work::{Course, ModelSink, Race};
use pipewright_world::random::Key;
use std::sync::Arc;

/// The jobs of a search on some rows.
struct Found {
    /// The name of the winner.
    winner: JobId,
    /// What is tried.
    trials: Vec<Trial>,
}

/// A candidate that is tried.
struct Trial {
    /// Its name.
    name: JobId,
    /// Its evaluation.
    evaluation: JobId,
    /// The share of the rows on which it is evaluated.
    share: f64,
}

/// The jobs of a race.
struct Run {
    /// The name of the winner.
    winner: JobId,
    /// The first trial of the last rung.
    last: usize,
    trials: Vec<Trial>,
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

    /// Adds a search on some rows.
    fn found(&mut self, table: JobId, scope: ScopeId) -> Option<Found> {
        let search = self.path.branch.searched.as_ref()?.search.clone();
        let stage = self.search_stage()?;
        let canonical = format!("inner {}", self.node(stage).canonical);
        let seed = search.seed().unwrap_or(self.plan.seed);
        let judging = Judging { judge: search.judge(), canonical, seed, stage };
        match search.course(self.candidates()) {
            Course::Races(races) => self.races(&races, &judging, table, scope),
            Course::OneByOne(trials) => self.one_by_one(trials, &judging, table, scope),
        }
    }

    /// Adds races, and compares their winners if there are several.
    fn races(&mut self, races: &[Race], judging: &Judging, table: JobId, scope: ScopeId) -> Option<Found> {
        let (mut trials, mut winners) = (Vec::new(), Vec::new());
        for race in races {
            let run = self.race(race, judging, table, scope)?;
            winners.push((run.winner, trials.len() + run.last));
            trials.extend(run.trials);
        }
        let names: Vec<JobId> = winners.iter().map(|(name, _)| *name).collect();
        let winner = match names[..] {
            [winner] => winner,
            _ => {
                let evaluations: Vec<JobId> = winners.iter().map(|(_, last)| trials[*last].evaluation).collect();
                let ranking = self.ranking(&evaluations, judging.stage, scope);
                self.forwarded(ranking, 0, &names, judging.stage, scope)
            }
        };
        Some(Found { winner, trials })
    }

    fn race(&mut self, race: &Race, judging: &Judging, table: JobId, scope: ScopeId) -> Option<Run> {
        let stage = judging.stage;
        let count = race.rungs.first()?.candidates;
        let all = self.names(stage);
        // Within the race, candidates are counted from its first one.
        let (names, own) = (&all[race.first..race.first + count], &all[..count]);
        let mut run = Run { winner: names[0], last: 0, trials: Vec::new() };
        let mut places = own.to_vec();
        for (height, rung) in race.rungs.iter().enumerate() {
            let (rows, inner) = self.share(table, rung.share, judging, scope)?;
            let candidates = race.first..race.first + count;
            let evaluations: Option<Vec<JobId>> =
                candidates.map(|candidate| self.tried(candidate, judging, rows, inner, scope)).collect();
            let evaluations = evaluations?;
            run.last = run.trials.len();
            for (place, &name) in places.iter().enumerate() {
                let evaluation = match height {
                    0 => evaluations[place],
                    _ => self.forwarded(name, 0, &evaluations, stage, scope),
                };
                let name = self.forwarded_name(name, own, names, stage, scope);
                run.trials.push(Trial { name, evaluation, share: rung.share });
            }
            let on_rung: Vec<JobId> = run.trials[run.last..].iter().map(|trial| trial.evaluation).collect();
            let ranking = self.ranking(&on_rung, stage, scope);
            let kept = race.rungs.get(height + 1).map_or(1, |next| next.candidates);
            places = (0..kept).map(|place| self.forwarded(ranking, place, &places, stage, scope)).collect();
        }
        run.winner = self.forwarded_name(places[0], own, names, stage, scope);
        Some(run)
    }

    /// The name among all candidates of one that a race counts from its first one.
    fn forwarded_name(&mut self, name: JobId, own: &[JobId], names: &[JobId], stage: usize, scope: ScopeId) -> JobId {
        if own == names { name } else { self.forwarded(name, 0, names, stage, scope) }
    }

    /// Adds trials, of which each one is chosen by those before it.
    fn one_by_one(&mut self, count: usize, judging: &Judging, table: JobId, scope: ScopeId) -> Option<Found> {
        let searched = self.path.branch.searched.as_ref()?;
        let (search, pool, stage) = (searched.search.clone(), searched.pool.clone(), judging.stage);
        let candidates = 0..self.candidates();
        let evaluations: Option<Vec<JobId>> =
            candidates.map(|candidate| self.tried(candidate, judging, table, scope, scope)).collect();
        let evaluations = evaluations?;
        let (mut trials, mut tried) = (Vec::new(), Vec::new());
        for _ in 0..count {
            let identity = Identity::of("suggest").text(&judging.canonical);
            let name = self.add(Work::Suggest(search.clone(), pool.clone()), identity, &tried, stage, scope);
            let evaluation = self.forwarded(name, 0, &evaluations, stage, scope);
            tried.extend([name, evaluation]);
            trials.push(Trial { name, evaluation, share: 1.0 });
        }
        let (names, evaluations): (Vec<JobId>, Vec<JobId>) =
            trials.iter().map(|trial| (trial.name, trial.evaluation)).unzip();
        let ranking = self.ranking(&evaluations, stage, scope);
        Some(Found { winner: self.forwarded(ranking, 0, &names, stage, scope), trials })
    }

    /// Adds the inner evaluation of a candidate. All but the first one are skipped when the time is up.
    fn tried(
        &mut self,
        candidate: usize,
        judging: &Judging,
        rows: JobId,
        inner: ScopeId,
        scope: ScopeId,
    ) -> Option<JobId> {
        let budget = self.path.branch.searched.as_ref()?.search.budget();
        let id = self.id(judging.stage);
        let deadline = budget.map(|budget| self.graph.deadline_of(id, scope, budget)).filter(|_| candidate > 0);
        let before = self.graph.until(deadline);
        let evaluation = self.evaluation(judging, Some(candidate), rows, inner);
        self.graph.until(before);
        evaluation
    }

    fn ranking(&mut self, evaluations: &[JobId], stage: usize, scope: ScopeId) -> JobId {
        let search = &self.path.branch.searched.as_ref().expect("a path with candidates").search;
        let (work, identity) = (Work::Choose(search.clone()), Identity::of("choose").text(&self.node(stage).canonical));
        self.add(work, identity, evaluations, stage, scope)
    }

    /// Of several values, that in a place of a ranking, or that of a named candidate.
    fn forwarded(&mut self, ranking: JobId, place: usize, values: &[JobId], stage: usize, scope: ScopeId) -> JobId {
        let inputs: Vec<JobId> = std::iter::once(ranking).chain(values.iter().copied()).collect();
        self.add(Work::Chosen(place), Identity::of("chosen").number(place as u64), &inputs, stage, scope)
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

    /// The names of all candidates.
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
        self.of_winner(train, stage, scope, |lowering| lowering.fitted(train, test, scope))
    }

    /// Searches on some rows, and adds a job for the winner: that job, and which candidate wins.
    pub(super) fn of_winner(
        &mut self,
        train: JobId,
        stage: usize,
        scope: ScopeId,
        of: impl Fn(&mut Self) -> Option<JobId>,
    ) -> Option<(JobId, JobId)> {
        let winner = self.found(train, scope)?.winner;
        let each: Option<Vec<JobId>> =
            (0..self.candidates()).map(|candidate| self.as_candidate(Some(candidate), &of)).collect();
        Some((self.forwarded(winner, 0, &each?, stage, scope), winner))
    }

    /// Saves the winner, fitted on all rows.
    pub(super) fn stored_winner(
        &mut self,
        keep: &Arc<dyn ModelSink>,
        identity: &Identity,
        stage: usize,
    ) -> Option<JobId> {
        let (whole, at) = (self.whole?, self.id(stage));
        let winner = self.found(whole, self.scope)?.winner;
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
        Some(self.forwarded(winner, 0, &sinks, stage, self.scope))
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
        let Found { winner, trials } = self.found(whole, self.scope)?;
        let of_trial = |trial: &Trial| [trial.name, trial.evaluation];
        let inputs: Vec<JobId> = std::iter::once(winner).chain(trials.iter().flat_map(of_trial)).collect();
        let shares = trials.iter().map(|trial| trial.share).collect();
        let search = self.path.branch.searched.as_ref()?.search.clone();
        let task = self.path.branch.task.clone()?;
        let head = SearchHead { search, task, candidates: self.labels(), shares, arm: self.path.named() };
        let identity = Identity::of("searched").text(&self.node(stage).canonical);
        Some(self.add(Work::Searched(Arc::new(head)), identity, &inputs, stage, self.scope))
    }
}
