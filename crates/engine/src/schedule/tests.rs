//! Which values are computed and retained: demands and choices.

use super::{Retain, Run};
use crate::NoObserver;
use crate::execute::Value;
use pipewright_diagnostic::{Failure, Progress};
use pipewright_frame::{ReadOptions, Schema, Table, file};
use pipewright_operator::result::{Assertion, Output};
use pipewright_operator::work::{Choose, Inspect, Pushdown, Rows, Sketch, Source};
use pipewright_operator::{Data, Effect, Environment, Footprint, Implied, Registry, Stream};
use pipewright_plan::{Identity, JobGraph, JobId, ScopeId, Work};
use pipewright_world::random::Key;
use pipewright_world::{Content, MemoryWorld};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

static REGISTRY: Registry = Registry {
    verbs: &[],
    models: &[],
    functions: pipewright_frame::Functions::BUILT_IN,
    samples: &[],
    generators: &[],
    layers: &[],
    adjustments: &[],
    shorthands: &[],
    implied: Implied {
        source: "",
        target: "",
        encode: "",
        judge: "",
        fit: "",
        look: "",
        keep: "",
        drop: "",
        train: "",
        in_order: "",
        look_back: "",
    },
};

/// Counts how often it is at work.
#[derive(Default)]
struct Counted(AtomicUsize);

impl Counted {
    fn at_work(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    fn times(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

fn table() -> Table {
    Table::empty(&Schema::new([])).expect("a table without columns")
}

impl Source for Counted {
    fn sketch(&self, _: &Environment) -> Result<Option<Sketch>, Failure> {
        Ok(None)
    }

    fn read(&self, _: &Pushdown, _: &Environment, _: &dyn Progress) -> Result<Data, Failure> {
        self.at_work();
        Ok(Data::Table(table()))
    }

    fn origins(&self, _: &Environment, _: bool) -> Vec<String> {
        Vec::new()
    }
}

impl Rows for Counted {
    fn footprint(&self, verb: Effect) -> Footprint {
        Footprint::of(verb)
    }

    fn schema(&self, input: &Schema) -> Result<Schema, Failure> {
        Ok(input.clone())
    }

    fn apply(&self, table: &Table, _: Key, _: &dyn Progress) -> Result<Table, Failure> {
        self.at_work();
        Ok(table.clone())
    }
}

impl Inspect for Counted {
    fn inspect(&self, _: &Data, _: &Environment) -> Result<Output, Failure> {
        self.at_work();
        Ok(Output::Assertion(Assertion::new("true")))
    }
}

/// The second candidate wins.
struct Second;

impl Choose for Second {
    fn rank(&self, _: &[Arc<Output>]) -> Result<Vec<usize>, Failure> {
        Ok(vec![1, 0])
    }
}

#[derive(Default)]
struct Fixture {
    graph: JobGraph,
}

impl Fixture {
    fn add(&mut self, work: Work, inputs: &[JobId]) -> JobId {
        let identity = Identity::of("job").number(self.graph.jobs().len() as u64);
        self.graph.add(work, identity, inputs, 0, ScopeId::ROOT)
    }

    fn read(&mut self, source: &Arc<Counted>) -> JobId {
        self.add(Work::Read(source.clone(), Pushdown::default()), &[])
    }

    fn rows(&mut self, rows: &Arc<Counted>, input: JobId) -> JobId {
        self.add(Work::Rows(rows.clone(), Key::new(0)), &[input])
    }

    fn look(&mut self, look: &Arc<Counted>, input: JobId) -> JobId {
        self.add(Work::Inspect(look.clone()), &[input])
    }
}

/// Rows that exceed the memory limit.
struct Streamed;

impl Source for Streamed {
    fn sketch(&self, _: &Environment) -> Result<Option<Sketch>, Failure> {
        Ok(None)
    }

    fn read(&self, _: &Pushdown, environment: &Environment, _: &dyn Progress) -> Result<Data, Failure> {
        let content: Arc<dyn Content> = Arc::new(b"x\n1\n2\n".to_vec());
        let scan = file::scan(&content, &ReadOptions::new("t.csv"), environment.world.as_ref())?;
        Ok(Data::Stream(Stream::new(scan, environment.world.clone(), 1)))
    }

    fn origins(&self, _: &Environment, _: bool) -> Vec<String> {
        Vec::new()
    }
}

/// Notes how many of it are at work at the same time.
#[derive(Default)]
struct Together {
    now: AtomicUsize,
    most: AtomicUsize,
}

impl Inspect for Together {
    fn inspect(&self, _: &Data, _: &Environment) -> Result<Output, Failure> {
        self.most.fetch_max(self.now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        std::thread::sleep(std::time::Duration::from_millis(5));
        self.now.fetch_sub(1, Ordering::SeqCst);
        Ok(Output::Assertion(Assertion::new("true")))
    }
}

fn environment() -> Environment {
    Environment::new(Arc::new(MemoryWorld::new()), PathBuf::new(), &REGISTRY)
}

#[test]
fn only_what_is_demanded_is_made_and_nothing_twice() {
    let (source, wanted, other) = (Arc::<Counted>::default(), Arc::<Counted>::default(), Arc::<Counted>::default());
    let mut fixture = Fixture::default();
    let read = fixture.read(&source);
    let (first, second) = (fixture.rows(&wanted, read), fixture.rows(&other, read));
    let environment = environment();
    let mut run = Run::new(&environment, &NoObserver);
    run.demand(&fixture.graph, &[first], Retain::ForLater);
    assert_eq!((source.times(), wanted.times(), other.times()), (1, 1, 0));
    assert!(run.value(first).is_some() && run.value(read).is_some(), "`second` may be demanded later");
    run.demand(&fixture.graph, &[first, second], Retain::Demanded);
    assert_eq!((source.times(), wanted.times(), other.times()), (1, 1, 1));
    assert!(run.value(read).is_none(), "nothing needs it any more");
}

#[test]
fn jobs_on_rows_beyond_the_memory_limit_run_one_at_a_time() {
    let mut fixture = Fixture::default();
    let read = fixture.add(Work::Read(Arc::new(Streamed), Pushdown::default()), &[]);
    let looks = Arc::<Together>::default();
    let jobs: Vec<JobId> = (0..8).map(|_| fixture.add(Work::Inspect(looks.clone()), &[read])).collect();
    let environment = environment();
    let mut run = Run::new(&environment, &NoObserver);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(4).build().unwrap();
    pool.install(|| run.demand(&fixture.graph, &jobs, Retain::Demanded));
    assert!(jobs.iter().all(|&job| run.value(job).is_some()));
    assert_eq!(looks.most.load(Ordering::SeqCst), 1);
}

#[test]
fn values_go_as_soon_as_nothing_needs_them() {
    let work = Arc::<Counted>::default();
    let mut fixture = Fixture::default();
    let read = fixture.read(&work);
    let middle = fixture.rows(&work, read);
    let last = fixture.rows(&work, middle);
    let environment = environment();
    let mut run = Run::new(&environment, &NoObserver);
    run.demand(&fixture.graph, &[last], Retain::ForLater);
    assert!(run.value(read).is_none() && run.value(middle).is_none() && run.value(last).is_some());
}

/// A choice between two candidates whose verdicts come first; returns how often each candidate was made.
fn chosen(asked_for_choice_first: bool) -> (usize, usize) {
    let (shared, loser, winner) = (Arc::<Counted>::default(), Arc::<Counted>::default(), Arc::<Counted>::default());
    let mut fixture = Fixture::default();
    let read = fixture.read(&shared);
    let verdicts = [fixture.look(&shared, read), fixture.look(&shared, read)];
    let choice = fixture.add(Work::Choose(Arc::new(Second)), &verdicts);
    let losing = fixture.rows(&loser, read);
    let inner = fixture.rows(&winner, read);
    let winning = fixture.rows(&winner, inner);
    let passed_on = fixture.add(Work::Chosen(0), &[choice, losing, winning]);
    let end = fixture.rows(&shared, passed_on);
    let environment = environment();
    let mut run = Run::new(&environment, &NoObserver);
    if asked_for_choice_first {
        run.demand(&fixture.graph, &[choice], Retain::ForLater);
        assert!(matches!(run.value(choice), Some(Value::Ranking(ranking)) if **ranking == [1, 0]));
    }
    run.demand(&fixture.graph, &[end], Retain::Demanded);
    assert_eq!(run.failure(&fixture.graph), None);
    assert!(matches!(run.value(end), Some(Value::Data(_))));
    (loser.times(), winner.times())
}

#[test]
fn the_candidate_that_wins_is_made_and_no_other() {
    assert_eq!(chosen(false), (0, 2));
    assert_eq!(chosen(true), (0, 2));
}
