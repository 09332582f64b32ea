//! Sessions: where scripts are checked and run.

use crate::registration::{Registration, extended};
use crate::{Options, REGISTRY};
use pipewright_diagnostic::{Failure, code};
use pipewright_frame::IntoTable;
use pipewright_operator::Environment;
use pipewright_world::{OsWorld, World};
use rayon::{ThreadPool, ThreadPoolBuilder};
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

/// A world and options, in which scripts are checked and run. Cloning is cheap; clones share their threads.
#[derive(Debug, Clone)]
pub struct Session {
    pub(crate) environment: Environment,
    pub(crate) options: Options,
    threads: Arc<OnceLock<Result<ThreadPool, Failure>>>,
}

/// More threads would only be in each other's way.
const THREADS_MAX: usize = 1024;

/// What a session is made of.
///
/// ```
/// let session = pipewright::Session::builder().threads(2).seed(7).build()?;
/// assert!(session.check("load iris | train logistic | eval").is_sound());
/// # Ok::<(), pipewright::Failure>(())
/// ```
#[derive(Debug, Default)]
pub struct SessionBuilder {
    options: Options,
    world: Option<Arc<dyn World>>,
    registrations: Vec<Registration>,
}

impl SessionBuilder {
    /// Where files are read and written: those of the system, unless it is said.
    #[must_use]
    pub fn world(mut self, world: Arc<dyn World>) -> SessionBuilder {
        self.world = Some(world);
        self
    }

    /// The number of threads. Without it, a run uses the rayon pool that it is called in.
    #[must_use]
    pub fn threads(mut self, threads: usize) -> SessionBuilder {
        self.options.threads = Some(threads);
        self
    }

    /// The seed of all random numbers. Default: 0.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> SessionBuilder {
        self.options.seed = seed;
        self
    }

    /// The memory that a run may take, in bytes: larger tables are read chunk by chunk.
    #[must_use]
    pub fn memory_bytes(mut self, bytes: u64) -> SessionBuilder {
        self.options.memory_bytes = Some(bytes);
        self
    }

    /// The folder that paths in scripts are relative to. Default: the working directory.
    #[must_use]
    pub fn folder(mut self, folder: impl Into<PathBuf>) -> SessionBuilder {
        self.options.folder = folder.into();
        self
    }

    /// The value of a parameter of the script.
    #[must_use]
    pub fn param(mut self, name: impl Into<String>, value: impl Into<String>) -> SessionBuilder {
        self.options.params.insert(name.into(), value.into());
        self
    }

    /// Turns implied stages into errors: a script has to say all that it does.
    #[must_use]
    pub fn strict(mut self) -> SessionBuilder {
        self.options.strict = true;
        self
    }

    /// Adds a verb, a model or a function of the host program's own. What is registered stays in memory until the
    /// process ends, so build one session with it and clone that.
    #[must_use]
    pub fn register(mut self, own: impl Into<Registration>) -> SessionBuilder {
        self.registrations.push(own.into());
        self
    }

    /// The session.
    ///
    /// # Errors
    /// [`code::LIMIT_REACHED`] if the system does not give the threads; [`code::DUPLICATE_NAME`] if the name of something
    /// registered is taken.
    pub fn build(self) -> Result<Session, Failure> {
        let world = self.world.unwrap_or_else(|| Arc::new(OsWorld::new()));
        let mut session = Session::new(world, self.options);
        session.environment.registry = extended(self.registrations)?;
        session.pool()?;
        Ok(session)
    }
}

impl Session {
    /// A session in `world`. Its threads are started by its first run.
    #[must_use]
    pub fn new(world: Arc<dyn World>, options: Options) -> Session {
        let mut environment = Environment::new(world, options.folder.clone(), &REGISTRY);
        environment.data.clone_from(&options.data);
        environment.memory_bytes = options.memory_bytes;
        Session { environment, options, threads: Arc::default() }
    }

    /// A session step by step.
    #[must_use]
    pub fn builder() -> SessionBuilder {
        SessionBuilder::default()
    }

    /// Gives a table a name, so that `load NAME` reads it: a [`Table`](crate::Table) or a record batch of Arrow, shared
    /// and not copied. A table that had the name before is replaced; a sample set of that name is hidden.
    ///
    /// # Errors
    /// [`code::BAD_VALUE`] for a name that a script cannot write bare; [`code::KIND_CHANGED`] for a column of an Arrow type
    /// that no kind of column is stored as.
    pub fn table(&mut self, name: &str, table: impl IntoTable) -> Result<(), Failure> {
        if !pipewright_syntax::is_plain_name(name) {
            let message = format!("`{name}` cannot be the name of a table: it needs letters, digits and `_` only");
            return Err(Failure::new(code::BAD_VALUE, message));
        }
        let table = table.into_table()?;
        Arc::make_mut(&mut self.environment.tables).insert(name.to_owned(), table);
        Ok(())
    }

    pub(crate) fn plan_options(&self) -> pipewright_plan::Options {
        pipewright_plan::Options {
            strict: self.options.strict,
            target: self.options.target.clone(),
            seed: self.options.seed,
        }
    }

    /// The threads of its own, if it has some.
    fn pool(&self) -> Result<Option<&ThreadPool>, Failure> {
        let Some(threads) = self.options.threads else { return Ok(None) };
        let refused = |reason: String| {
            let message = format!("cannot start {threads} threads: {reason}");
            Failure::new(code::LIMIT_REACHED, message).help("ask for fewer threads")
        };
        let start = || match threads {
            0..=THREADS_MAX => {
                ThreadPoolBuilder::new().num_threads(threads).build().map_err(|error| refused(error.to_string()))
            }
            _ => Err(refused(format!("a session has at most {THREADS_MAX}"))),
        };
        match self.threads.get_or_init(start) {
            Ok(pool) => Ok(Some(pool)),
            Err(failure) => Err(failure.clone()),
        }
    }

    /// Runs `work` on the threads of the session, or else in the rayon pool of the caller.
    pub(crate) fn in_pool<T: Send>(&self, work: impl FnOnce() -> T + Send) -> Result<T, Failure> {
        Ok(match self.pool()? {
            Some(pool) => pool.install(work),
            None => work(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pipewright_world::MemoryWorld;

    #[test]
    fn threads_that_cannot_be_started_are_an_error() {
        let failure = Session::builder().threads(usize::MAX).build().expect_err("that many threads are refused");
        assert_eq!(failure.code, code::LIMIT_REACHED);
        let session =
            Session::new(Arc::new(MemoryWorld::new()), Options { threads: Some(usize::MAX), ..Options::default() });
        let run = session.run("load iris | show 1");
        assert_eq!(run.exit_code(), 3, "{:?}", run.diagnostics);
        assert!(!session.check("load iris | show 1").is_sound());
    }

    #[test]
    fn a_run_leaves_the_settings_of_faer_as_they_are() {
        for parallelism in [faer::Par::rayon(2), faer::Par::Seq] {
            faer::set_global_parallelism(parallelism);
            let session = Session::builder().world(Arc::new(MemoryWorld::new())).threads(2).build().unwrap();
            let run = session.run("load iris | fillna mean | train logistic | eval kfold 2");
            assert!(run.is_ok(), "{:?}", run.diagnostics);
            assert_eq!(faer::get_global_parallelism(), parallelism);
        }
    }
}
