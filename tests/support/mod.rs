//! What the test programs share: files of sections, and a world with the example data.
#![allow(dead_code, clippy::disallowed_methods, unreachable_pub)]

use pipewright::{Options, RunResult, Session, Source};
use pipewright_world::MemoryWorld;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The root of the repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The files with this ending in a folder of the repository, in order of their names.
pub fn files(folder: &str, ending: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(root().join(folder)).expect("the folder is part of the repository");
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("it can be listed").path()).collect();
    files.retain(|path| path.extension().is_some_and(|found| found == ending));
    files.sort();
    files
}

/// A test in one file: sections that start with `=== name [argument]`.
pub struct Case {
    pub path: PathBuf,
    pub sections: Vec<Section>,
}

pub struct Section {
    pub name: String,
    pub argument: String,
    pub body: String,
}

impl Case {
    pub fn read(path: &Path) -> Case {
        let text = fs::read_to_string(path).expect("a case can be read");
        let mut sections: Vec<Section> = Vec::new();
        // Not `lines`: a carriage return is part of what is tested.
        for line in text.split_terminator('\n') {
            match line.strip_prefix("=== ") {
                Some(head) => {
                    let (name, argument) = head.split_once(' ').unwrap_or((head, ""));
                    sections.push(Section { name: name.into(), argument: argument.trim().into(), body: String::new() });
                }
                None => {
                    let section = sections.last_mut().expect("a case starts with a section");
                    section.body.push_str(line);
                    section.body.push('\n');
                }
            }
        }
        Case { path: path.to_path_buf(), sections }
    }

    pub fn body(&self, name: &str) -> Option<&str> {
        self.sections.iter().find(|section| section.name == name).map(|section| section.body.as_str())
    }

    /// The world of the case: its files, and the example data by name.
    pub fn world(&self) -> MemoryWorld {
        let mut world = example_world();
        for section in self.sections.iter().filter(|section| section.name == "file") {
            world = world.with_file(&section.argument, section.body.trim_end_matches('\n').to_owned() + "\n");
        }
        match self.body("input") {
            Some(input) => world.with_standard_input(input),
            None => world,
        }
    }

    /// The options of its `args` section: `--target NAME`, `--seed N`, `--mem SIZE`, `--strict`, a data file, `name=value`.
    pub fn options(&self) -> Options {
        let mut options = Options::default();
        let mut words = self.body("args").unwrap_or_default().split_whitespace();
        while let Some(word) = words.next() {
            match word {
                "--target" => options.target = words.next().map(str::to_owned),
                "--seed" => options.seed = words.next().and_then(|seed| seed.parse().ok()).expect("a seed"),
                "--mem" => {
                    let size = words.next().and_then(pipewright::bytes).expect("a size");
                    options.memory_bytes = Some(size as u64);
                }
                "--strict" => options.strict = true,
                other => match other.split_once('=') {
                    Some((name, value)) => drop(options.params.insert(name.into(), value.into())),
                    None => options.data = Some(other.into()),
                },
            }
        }
        options
    }

    /// A session in the world of the case.
    pub fn session(&self, threads: usize) -> Session {
        Session::new(Arc::new(self.world()), Options { threads: Some(threads), ..self.options() })
    }

    /// Runs a script in the world of the case, in which its `before` section, if there is one, has been run.
    pub fn run(&self, script: &str, threads: usize) -> RunResult {
        self.run_in(&self.session(threads), script)
    }

    /// The same for a script in which every parameter has its value.
    pub fn run_without_parameters(&self, script: &str) -> RunResult {
        let options = Options { params: Default::default(), ..self.options() };
        self.run_in(&Session::new(Arc::new(self.world()), options), script)
    }

    fn run_in(&self, session: &Session, script: &str) -> RunResult {
        if let Some(before) = self.body("before") {
            let done = session.run(before);
            assert!(done.is_ok(), "{}: {}", self.path.display(), messages(&done, before));
        }
        session.run(script)
    }

    /// Writes the case anew, with these sections replaced or added; sections without a body are left out.
    pub fn bless(&self, changes: &[(&str, String)]) {
        let mut text = String::new();
        let kept = self.sections.iter().filter(|section| changes.iter().all(|(name, _)| *name != section.name));
        for section in kept {
            text.push_str(format!("=== {} {}", section.name, section.argument).trim_end());
            text.push('\n');
            text.push_str(&section.body);
        }
        for (name, body) in changes.iter().filter(|(_, body)| !body.is_empty()) {
            text.push_str(&format!("=== {name}\n{body}"));
        }
        fs::write(&self.path, text).expect("a case can be written");
    }
}

/// A world that holds the files of `dsl-examples/data` by name, and under `data/`.
pub fn example_world() -> MemoryWorld {
    let mut world = MemoryWorld::new();
    for path in files("dsl-examples/data", "csv") {
        let name = path.file_name().expect("a file has a name").to_string_lossy().into_owned();
        let bytes = fs::read(&path).expect("the data is part of the repository");
        world = world.with_file(format!("data/{name}"), bytes.clone()).with_file(name, bytes);
    }
    world
}

/// Runs a script in a world with one file, `t.csv`; it must succeed.
pub fn run_on(data: String, script: &str, seed: u64) -> RunResult {
    let world = MemoryWorld::default().with_file("t.csv", data);
    let done = Session::new(Arc::new(world), Options { seed, ..Options::default() }).run(script);
    assert!(done.is_ok(), "{}", messages(&done, script));
    done
}

/// What a run prints on standard output.
pub fn output(done: &RunResult) -> String {
    let texts = pipewright::render::texts(done.outputs());
    texts.join("\n")
}

/// What a run prints on standard error.
pub fn messages(done: &RunResult, script: &str) -> String {
    let source = Source::new("script", script);
    done.diagnostics.iter().map(|diagnostic| pipewright::render_human(diagnostic, &source, false)).collect()
}

/// Should expectations be rewritten? Then their difference is to be read before it is committed.
pub fn blessing() -> bool {
    std::env::var_os("PIPEWRIGHT_BLESS").is_some()
}

/// Only cases whose file name holds this are run.
pub fn filter() -> String {
    std::env::var("PIPEWRIGHT_ONLY").unwrap_or_default()
}
