//! The façade: one small API that the command line, the interactive session, tests and other programs call.
//!
//! ```
//! use pipewright::{Options, Session};
//! use pipewright_world::MemoryWorld;
//! use std::sync::Arc;
//!
//! let world = MemoryWorld::new().with_file("t.csv", "x,y\n1,2\n2,4\n3,6\n4,8\n5,10\n6,12\n");
//! let session = Session::new(Arc::new(world), Options::default());
//! let done = session.run("load t.csv | target y | train linear | eval kfold 3");
//! let rmse = done.reports[0].json["metrics"]["rmse"]["mean"].as_f64().unwrap();
//! assert!(rmse < 1e-12);
//! ```
//!
//! **Invariant:** this crate knows no terminal. What people see is text in a [`Done`]; who shows it is the caller's
//! affair.

mod check;
mod help;
mod json;
mod pin;
mod run;

pub use check::Checked;
pub use help::{effect_sentence, explain_code, function_chapters, function_list, usage, verb_help, verb_list};
pub use json::document;
pub use run::{Done, StageLine};

pub use pipewright_catalog::REGISTRY;
pub use pipewright_diagnostic::{Diagnostic, Severity, Source, code, render_human, render_json};
pub use pipewright_engine::{Observer, Silent};
pub use pipewright_operator::bytes;
pub use pipewright_syntax::{format, is_complete};

use pipewright_operator::Surroundings;
use pipewright_world::World;
use std::path::PathBuf;
use std::sync::Arc;

/// The failure for a script that cannot be read.
#[must_use]
pub fn unreadable(file: &str, error: &std::io::Error) -> pipewright_diagnostic::Failure {
    pipewright_operator::failure_of(code::WRONG_USAGE, "cannot read the script", file.as_ref(), error)
}

/// What the caller says about every run.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The column to predict, whatever the script says.
    pub target: Option<String>,
    /// The seed that governs everything.
    pub seed: u64,
    /// Implied steps are errors.
    pub strict: bool,
    /// How many threads; as many as there are cores, if not said.
    pub threads: Option<usize>,
    /// The folder that paths in the script are relative to; empty for the working directory.
    pub folder: PathBuf,
    /// The data file for a `load` without a path; `-` is standard input.
    pub data: Option<PathBuf>,
    /// The memory that a run may take, in bytes: what would take more is read chunk by chunk.
    pub memory_bytes: Option<u64>,
    /// Values for the script's parameters.
    pub params: std::collections::BTreeMap<String, String>,
}

/// A world and options, in which scripts are checked and run.
#[derive(Clone)]
pub struct Session {
    surroundings: Surroundings,
    options: Options,
}

impl Session {
    /// A session in `world`.
    #[must_use]
    pub fn new(world: Arc<dyn World>, options: Options) -> Session {
        let mut surroundings = Surroundings::new(world, options.folder.clone(), &REGISTRY);
        surroundings.data.clone_from(&options.data);
        surroundings.memory_bytes = options.memory_bytes;
        Session { surroundings, options }
    }

    fn plan_options(&self) -> pipewright_plan::Options {
        pipewright_plan::Options {
            strict: self.options.strict,
            target: self.options.target.clone(),
            seed: self.options.seed,
        }
    }

    /// Runs `work` in a pool of the threads that the options ask for.
    fn in_pool<T: Send>(&self, work: impl FnOnce() -> T + Send) -> T {
        // faer would otherwise start a pool of its own inside every product.
        faer::set_global_parallelism(faer::Par::Seq);
        match self.options.threads {
            None => work(),
            Some(threads) => {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
                pool.expect("threads can be started").install(work)
            }
        }
    }
}
