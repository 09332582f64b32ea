//! What a script alone cannot show: an outside that fails, a run that is stopped, a bug, a check without data.
#![allow(clippy::disallowed_methods)]

mod support;

use pipewright::{NoObserver, Observer, Options, Session, Stop, code};
use pipewright_frame::{ReadOptions, csv};
use pipewright_operator::work::{Fitted, FittedModel};
use pipewright_world::{Content, Fill, MemoryWorld, OsWorld, World};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use support::example_world;

const SCRIPT: &str = "load iris.csv | target species | scale | train logistic | save iris.pw";

fn session(world: MemoryWorld) -> Session {
    Session::new(Arc::new(world), Options::default())
}

#[test]
fn a_disk_that_fills_up_is_e0702_and_ends_with_1() {
    let done = session(example_world().failing_after(100)).run_watched(SCRIPT, &NoObserver);
    assert_eq!(done.diagnostics.last().map(|diagnostic| diagnostic.code.as_str()), Some("E0702"));
    assert_eq!(done.exit_code(), 1);
}

#[test]
fn a_run_that_is_stopped_is_e0802_and_ends_with_130() {
    struct Impatient;
    impl Observer for Impatient {
        fn stop(&self) -> Stop {
            let stop = Stop::default();
            stop.set();
            stop
        }
    }
    let done = session(example_world()).run_watched(SCRIPT, &Impatient);
    assert_eq!(done.diagnostics.last().map(|diagnostic| diagnostic.code.as_str()), Some("E0802"));
    assert_eq!(done.exit_code(), 130);
    assert!(done.outputs().next().is_none());
}

#[test]
fn a_panic_is_e0999_with_its_message_and_ends_with_70() {
    struct Clumsy;
    impl Observer for Clumsy {
        fn fitted(&self, _: usize, _: &[usize], _: &dyn Fitted) {}

        fn trained(&self, _: usize, _: &[usize], _: &dyn FittedModel) {
            panic!("a plate fell");
        }
    }
    let done = session(example_world()).run_watched(SCRIPT, &Clumsy);
    let last = done.diagnostics.last().expect("a panic is told");
    assert_eq!(last.code.as_str(), "E0999");
    assert!(last.message.contains("a plate fell"), "{}", last.message);
    assert_eq!(done.exit_code(), 70);
}

#[test]
fn a_check_without_data_says_what_is_open_with_n0301() {
    let checked = session(MemoryWorld::new()).check("load | fillna mean | scale | train mlp[64,32,1] | eval kfold 5");
    assert!(checked.is_sound());
    assert!(checked.diagnostics.iter().any(|diagnostic| diagnostic.code.as_str() == "N0301"));
}

#[test]
fn a_script_beyond_the_limits_is_e0109() {
    let script = format!("load iris.csv{}", " | show".repeat(100_001));
    let done = session(example_world()).run_watched(&script, &NoObserver);
    assert_eq!(done.diagnostics.first().map(|diagnostic| diagnostic.code), Some(code::SCRIPT_TOO_LONG));
    assert_eq!(done.exit_code(), 2);
}

/// A plan encodes texts before it trains; a program that does not is told so.
#[test]
fn a_text_where_numbers_are_needed_is_e0419() {
    let (table, _) = csv::read(b"sex,age\nf,1\nm,2\n", &ReadOptions::new("people.csv")).expect("it is sound");
    let failure = table.numbers(&["age".into(), "sex".into()]).expect_err("texts are no numbers");
    assert_eq!((failure.code.as_str(), failure.place.column.as_deref()), ("E0419", Some("sex")));
}

/// A workbook with several sheets, of which one is read, and with a cell that could not be computed: N0322, N0504.
#[test]
fn a_workbook_says_which_sheet_was_read_and_what_is_missing() {
    let files = support::files("crates/io/tests/data", "xlsx");
    let bytes = OsWorld::new().read(&files[0]).expect("the fixture is part of the repository");
    let done =
        session(MemoryWorld::new().with_file("people.xlsx", bytes)).run_watched("load people.xlsx | show", &NoObserver);
    let codes: Vec<&str> = done.diagnostics.iter().map(|diagnostic| diagnostic.code.as_str()).collect();
    assert!(done.is_ok() && ["N0322", "N0504"].iter().all(|code| codes.contains(code)), "{codes:?}");
}

/// A world that counts how often a file is opened and read.
#[derive(Default)]
struct Counting {
    inner: MemoryWorld,
    opens: AtomicUsize,
    reads: Arc<AtomicUsize>,
}

/// What a disk holds: its bytes cannot be had without reading them.
struct OnDisk {
    content: Arc<dyn Content>,
    reads: Arc<AtomicUsize>,
}

impl Content for OnDisk {
    fn size(&self) -> u64 {
        self.content.size()
    }

    fn read_at(&self, offset: u64, out: &mut [u8]) -> std::io::Result<()> {
        self.reads.fetch_add(1, Ordering::Relaxed);
        self.content.read_at(offset, out)
    }
}

impl World for Counting {
    fn read(&self, path: &Path) -> std::io::Result<Vec<u8>> {
        self.inner.read(path)
    }

    fn open(&self, path: &Path) -> std::io::Result<Arc<dyn Content>> {
        self.opens.fetch_add(1, Ordering::Relaxed);
        Ok(Arc::new(OnDisk { content: self.inner.open(path)?, reads: self.reads.clone() }))
    }

    fn canonical(&self, path: &Path) -> PathBuf {
        self.inner.canonical(path)
    }

    fn exists(&self, path: &Path) -> bool {
        self.inner.exists(path)
    }

    fn matching(&self, pattern: &Path) -> std::io::Result<Vec<PathBuf>> {
        self.inner.matching(pattern)
    }

    fn scratch(&self, fill: Fill<'_>) -> std::io::Result<Arc<dyn Content>> {
        self.inner.scratch(fill)
    }

    fn standard_input(&self) -> std::io::Result<Arc<dyn Content>> {
        self.inner.standard_input()
    }

    fn standard_input_is_terminal(&self) -> bool {
        self.inner.standard_input_is_terminal()
    }

    fn replace(&self, path: &Path, fill: Fill<'_>) -> std::io::Result<()> {
        self.inner.replace(path, fill)
    }

    fn append(&self, path: &Path, bytes: &[u8]) -> std::io::Result<()> {
        self.inner.append(path, bytes)
    }

    fn state_folder(&self) -> Option<PathBuf> {
        self.inner.state_folder()
    }

    fn elapsed(&self) -> std::time::Duration {
        self.inner.elapsed()
    }

    fn now(&self) -> std::time::Duration {
        self.inner.now()
    }
}

#[test]
fn a_small_file_is_opened_once_and_read_once_by_check_and_run() {
    let json: String = (1..5).map(|x| format!("{{\"x\":{x},\"y\":{}}}\n", 2 * x)).collect();
    for (name, text) in [("t.csv", "x,y\n1,2\n2,4\n3,6\n4,8\n"), ("t.jsonl", &json)] {
        let world = Arc::new(Counting { inner: MemoryWorld::new().with_file(name, text), ..Counting::default() });
        let session = Session::new(world.clone(), Options::default());
        for runs in 1..3 {
            let done = session.run(&format!("load {name} | target y | fillna mean | train linear | save m.pw"));
            assert_eq!(done.exit_code(), 0, "{:?}", done.diagnostics);
            let counted = (world.opens.load(Ordering::Relaxed), world.reads.load(Ordering::Relaxed));
            // Each run sees the file as it is then.
            assert_eq!(counted, (runs, runs), "{name}");
        }
    }
}

#[test]
fn a_thousand_new_columns_are_checked_and_made_at_once() {
    let session = session(example_world());
    let all: Vec<String> = (0..1000).map(|column| format!("c{column} = petal_width + {column}")).collect();
    let chain: Vec<String> = (1..1000).map(|column| format!("c{column} = c{} + 1", column - 1)).collect();
    let scripts = [
        format!("load iris.csv | derive {} | select c999 | show 1", all.join(", ")),
        format!("load iris.csv | derive c0 = petal_width, {} | select c999 | show 1", chain.join(", ")),
        format!("load iris.csv | derive {} | select c999 | show 1", all.join(" | derive ")),
    ];
    for script in scripts {
        let start = std::time::Instant::now();
        let done = session.run(&script);
        assert_eq!(done.exit_code(), 0, "{:?}", done.diagnostics);
        // Less than a second; a check of every pair of columns for every stage would take many times as long.
        assert!(start.elapsed().as_secs() < 10, "{:?}: {}", start.elapsed(), &script[..60]);
    }
}

#[test]
fn blocks_and_definitions_nest_on_a_small_stack() {
    let blocks =
        |open: &str, depth: usize| format!("load iris | {}head 1{} | show", open.repeat(depth), " }".repeat(depth));
    let calls: String = (1..=100).map(|call| format!("def d{call}() = d{}()\n", call - 1)).collect();
    let scripts = [
        blocks("only train { ", 100),
        blocks("columns { _ => ", 100),
        format!("def d0() = head 1\n{calls}load iris | d100() | show"),
        "let a = load iris | a\na".to_owned(),
    ];
    let check = move || {
        for script in scripts {
            let done = session(example_world()).check(&script);
            let codes: Vec<_> = done.diagnostics.iter().map(|said| said.code).collect();
            assert!(codes.contains(&code::TOO_DEEP) || codes.contains(&code::RECURSIVE), "{script}: {codes:?}");
        }
        // As deep as it may be.
        for open in ["only train { ", "columns { _ => "] {
            let done = session(example_world()).check(&blocks(open, 32).replace("head 1", "scale"));
            assert!(done.is_sound(), "{:?}", done.diagnostics);
        }
    };
    let thread = std::thread::Builder::new().stack_size(512 << 10).spawn(check).expect("room for a thread");
    thread.join().expect("no panic, and no exhausted stack");
}

#[test]
fn boosting_beyond_the_memory_limit_gives_the_model_of_rows_in_memory() {
    const ROWS: usize = 40_000;
    let line = |row: usize| {
        let (group, weight, x, z) = (row / 400, row % 4, row * 7919 % 1000, row * 104_729 % 100_003);
        let gap = if row.is_multiple_of(11) { String::new() } else { x.to_string() };
        // Levels come in other orders in every part of the file.
        let level = (row / 5000 + row * 31) % 17;
        format!("g{group},{weight},{gap},{z}.5,level {level},{}\n", x / 100 + level % 3 + group * 37 % 50)
    };
    let text: String = std::iter::once("g,w,x,z,c,y\n".to_owned()).chain((0..ROWS).map(line)).collect();
    let world = Arc::new(MemoryWorld::new().with_file("t.csv", text));
    let predictions = |roles: &str, memory_bytes: Option<u64>| {
        let train = format!("load t.csv | target y | {roles} | train gbdt(leaves=5, patience=2, lr=0.5) | save m.pw");
        for (script, memory_bytes) in [(&*train, memory_bytes), ("load t.csv | predict m.pw | write p.csv", None)] {
            let options = Options { memory_bytes, ..Options::default() };
            let done = Session::new(world.clone(), options).run_watched(script, &NoObserver);
            assert_eq!(done.exit_code(), 0, "{script}: {:?}", done.diagnostics);
        }
        world.read("p.csv".as_ref()).unwrap()
    };
    let grouped = predictions("role group=g | role weight=w", None);
    assert!(grouped == predictions("role group=g | role weight=w", Some(1_500_000)));
    assert!(grouped != predictions("drop g | role weight=w", None), "groups are held out as a whole");
}
