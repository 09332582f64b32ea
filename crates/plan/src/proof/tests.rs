//! Nested rounds: an honest search inside a fold, and every way to make it dishonest.

use crate::fingerprint::Identity;
use crate::graph::{JobGraph, JobId, Part, ScopeId, Work};
use pipewright_diagnostic::{Failure, Progress};
use pipewright_frame::{Chunks, Schema, Table};
use pipewright_operator::result::Output;
use pipewright_operator::work::{Choose, Learned, Learner, Pushdown, Round, Source, Splitter, Step};
use pipewright_operator::{Data, Effect, Environment, Footprint, Task, TaskKind};
use pipewright_world::random::Key;
use std::sync::Arc;

/// A stand-in for work, which is never run here.
struct Idle;

impl Source for Idle {
    fn sketch(&self, _: &Environment) -> Result<Option<pipewright_operator::work::Sketch>, Failure> {
        unreachable!("a proof runs nothing")
    }

    fn read(&self, _: &Pushdown, _: &Environment, _: &dyn Progress) -> Result<Data, Failure> {
        unreachable!("a proof runs nothing")
    }

    fn origins(&self, _: &Environment, _: bool) -> Vec<String> {
        Vec::new()
    }
}

impl Splitter for Idle {
    fn rounds(&self) -> usize {
        2
    }

    fn split(&self, _: &Table, _: &Task, _: Key, _: &dyn Progress) -> Result<Vec<Round>, Failure> {
        unreachable!("a proof runs nothing")
    }
}

impl Step for Idle {
    fn footprint(&self, verb: Effect) -> Footprint {
        Footprint::of(verb)
    }

    fn schema(&self, input: &Schema) -> Result<Schema, Failure> {
        Ok(input.clone())
    }

    fn fit(&self, _: &dyn Chunks, _: &pipewright_frame::FitContext) -> Result<Learned, Failure> {
        unreachable!("a proof runs nothing")
    }
}

impl Learner for Idle {
    fn fit(
        &self,
        _: &Data,
        _: Option<&Data>,
        _: Key,
        _: &dyn Progress,
    ) -> Result<Arc<dyn pipewright_operator::work::FittedModel>, Failure> {
        unreachable!("a proof runs nothing")
    }
}

impl Choose for Idle {
    fn rank(&self, _: &[Arc<Output>]) -> Result<Vec<usize>, Failure> {
        unreachable!("a proof runs nothing")
    }
}

/// A graph under construction: every job is distinct.
#[derive(Default)]
struct Sketch {
    graph: JobGraph,
}

impl Sketch {
    fn add(&mut self, work: Work, inputs: &[JobId], scope: ScopeId) -> JobId {
        let identity = Identity::of("job").number(self.graph.jobs().len() as u64);
        self.graph.add(work, identity, inputs, 0, scope)
    }

    fn read(&mut self) -> JobId {
        self.add(Work::Read(Arc::new(Idle), Pushdown::default()), &[], ScopeId::ROOT)
    }

    fn split(&mut self, table: JobId, scope: ScopeId) -> JobId {
        let task = Task { target: "y".into(), kind: TaskKind::Numbers, transform: None };
        self.add(Work::Split(Arc::new(Idle), task, Key::new(0)), &[table], scope)
    }

    fn pick(&mut self, table: JobId, split: JobId, round: usize, part: Part, scope: ScopeId) -> JobId {
        self.add(Work::Pick(round, part), &[table, split], scope)
    }

    fn fit(&mut self, rows: JobId, scope: ScopeId) -> JobId {
        let context = pipewright_frame::FitContext { target_spec: None, key: Key::new(0) };
        self.add(Work::Fit { step: Arc::new(Idle), context, learns: true }, &[rows], scope)
    }

    fn apply(&mut self, state: JobId, rows: JobId, scope: ScopeId) -> JobId {
        self.add(Work::Apply, &[state, rows], scope)
    }

    fn learn(&mut self, rows: JobId, scope: ScopeId) -> JobId {
        self.add(Work::Learn(Arc::new(Idle), Key::new(0)), &[rows], scope)
    }

    fn predict(&mut self, model: JobId, rows: JobId, scope: ScopeId) -> JobId {
        self.add(Work::Predict, &[model, rows], scope)
    }
}

/// The rows from which an inner round learns its scaler.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Lie {
    Nothing,
    /// From all training rows of the outer round: those that the inner round holds out among them.
    OuterTraining,
    /// From the training rows of the other inner round.
    OtherInnerRound,
    /// From the rows that the inner round holds out.
    InnerHeldOut,
    /// From the rows that the outer round holds out.
    OuterHeldOut,
    /// From all rows, before any split.
    AboveTheSplit,
    /// The choice scores candidates on the rows that the outer round holds out.
    ChoiceByOuterHeldOut,
}

/// A search inside each of two folds: two inner rounds, a scaler and a model in each, a choice, and the winner's fit.
fn search(lie: Lie) -> Result<(), String> {
    let mut sketch = Sketch::default();
    let mut table = sketch.read();
    if lie == Lie::AboveTheSplit {
        let state = sketch.fit(table, ScopeId::ROOT);
        table = sketch.apply(state, table, ScopeId::ROOT);
    }
    let outer = sketch.split(table, ScopeId::ROOT);
    for round in 0..2 {
        let scope = sketch.graph.enter(ScopeId::ROOT, outer, round);
        let train = sketch.pick(table, outer, round, Part::Train, scope);
        let held_out = sketch.pick(table, outer, round, Part::Test, scope);
        let inner = sketch.split(train, scope);
        let mut predictions = Vec::new();
        for inner_round in 0..2 {
            let nested = sketch.graph.enter(scope, inner, inner_round);
            let own = sketch.pick(train, inner, inner_round, Part::Train, nested);
            let validation = sketch.pick(train, inner, inner_round, Part::Test, nested);
            let other = sketch.pick(train, inner, 1 - inner_round, Part::Train, nested);
            let seen = match lie {
                Lie::OuterTraining => train,
                Lie::OtherInnerRound => other,
                Lie::InnerHeldOut => validation,
                Lie::OuterHeldOut => held_out,
                _ => own,
            };
            let state = sketch.fit(seen, nested);
            let (own, validation) = (sketch.apply(state, own, nested), sketch.apply(state, validation, nested));
            let model = sketch.learn(own, nested);
            predictions.push(sketch.predict(model, validation, nested));
            if lie == Lie::ChoiceByOuterHeldOut {
                predictions.push(sketch.predict(model, held_out, nested));
            }
        }
        let choice = sketch.add(Work::Choose(Arc::new(Idle)), &predictions, scope);
        let candidates = [sketch.learn(train, scope), sketch.learn(train, scope)];
        let winner = sketch.add(Work::Chosen(0), &[choice, candidates[0], candidates[1]], scope);
        sketch.predict(winner, held_out, scope);
    }
    sketch.graph.check()
}

#[test]
fn a_search_inside_folds_is_honest() {
    assert_eq!(search(Lie::Nothing), Ok(()));
}

#[test]
fn a_dishonest_search_is_refused_at_any_depth() {
    for lie in [
        Lie::OuterTraining,
        Lie::OtherInnerRound,
        Lie::InnerHeldOut,
        Lie::OuterHeldOut,
        Lie::AboveTheSplit,
        Lie::ChoiceByOuterHeldOut,
    ] {
        let found = search(lie);
        assert!(found.as_ref().is_err_and(|why| why.contains("outside their training rows")), "{lie:?}: {found:?}");
    }
}

/// An evaluation on another table, which learns from a part of both tables in the scope of its only round.
fn on_another_table(part: Option<Part>) -> Result<(), String> {
    let mut sketch = Sketch::default();
    let (own, other) = (sketch.read(), sketch.read());
    let both = sketch.add(Work::Append, &[own, own, other], ScopeId::ROOT);
    let rounds = sketch.add(Work::Apart(Arc::new(Idle)), &[own, both], ScopeId::ROOT);
    let scope = sketch.graph.enter(ScopeId::ROOT, rounds, 0);
    let seen = part.map_or(both, |part| sketch.pick(both, rounds, 0, part, scope));
    let state = sketch.fit(seen, scope);
    let held_out = sketch.pick(both, rounds, 0, Part::Test, scope);
    sketch.apply(state, held_out, scope);
    sketch.graph.check()
}

#[test]
fn rows_of_another_table_are_only_evaluated_on() {
    assert_eq!(on_another_table(Some(Part::Train)), Ok(()));
    assert!(on_another_table(Some(Part::Test)).is_err());
    assert!(on_another_table(None).is_err());
}
