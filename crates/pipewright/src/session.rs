//! Sessions, in which scripts are checked and run.

use crate::registration::{Registration, extended};
use crate::{Options, REGISTRY};
use pipewright_diagnostic::{Failure, code};
use pipewright_frame::IntoTable;
use pipewright_operator::Environment;
use pipewright_world::{OsWorld, World};
use rayon::{ThreadPool, ThreadPoolBuilder};
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

/// A world and options for checking and running scripts. Cloning is cheap; clones share their threads.
#[derive(Debug, Clone)]
pub struct Session {
    pub(crate) environment: Environment,
    pub(crate) options: Options,
    threads: Arc<OnceLock<Result<ThreadPool, Failure>>>,
}

/// Maximum number of threads.
const THREADS_MAX: usize = 1024;

/// A builder of sessions.
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
    /// Sets the world, through which files are read and written. Default: the operating system.
    #[must_use]
    pub fn world(mut self, world: Arc<dyn World>) -> SessionBuilder {
        self.world = Some(world);
        self
    }

    /// Sets the number of threads. Default: the rayon pool of the caller.
    #[must_use]
    pub fn threads(mut self, threads: usize) -> SessionBuilder {
        self.options.threads = Some(threads);
        self
    }

    /// Sets the random seed. Default: 0.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> SessionBuilder {
        self.options.seed = seed;
        self
    }

    /// Sets the memory limit of a run, in bytes: larger tables are read chunk by chunk.
    #[must_use]
    pub fn memory_bytes(mut self, bytes: u64) -> SessionBuilder {
        self.options.memory_bytes = Some(bytes);
        self
    }

    /// Sets the directory for relative paths in scripts. Default: the working directory.
    #[must_use]
    pub fn folder(mut self, folder: impl Into<PathBuf>) -> SessionBuilder {
        self.options.folder = folder.into();
        self
    }

    /// Sets the value of a parameter of the script.
    #[must_use]
    pub fn param(mut self, name: impl Into<String>, value: impl Into<String>) -> SessionBuilder {
        self.options.params.insert(name.into(), value.into());
        self
    }

    /// Turns implied stages into errors, so that scripts must be explicit.
    #[must_use]
    pub fn strict(mut self) -> SessionBuilder {
        self.options.strict = true;
        self
    }

    /// Registers a verb, a model or a function of the host program. Registered items stay in memory until the process
    /// ends, so build one session and clone it.
    #[must_use]
    pub fn register(mut self, own: impl Into<Registration>) -> SessionBuilder {
        self.registrations.push(own.into());
        self
    }

    /// Builds the session.
    ///
    /// # Errors
    /// [`code::LIMIT_REACHED`] if the threads cannot be started; [`code::DUPLICATE_NAME`] if the name of a registered
    /// item is already taken.
    pub fn build(self) -> Result<Session, Failure> {
        let world = self.world.unwrap_or_else(|| Arc::new(OsWorld::new()));
        let mut session = Session::new(world, self.options);
        session.environment.registry = extended(self.registrations)?;
        session.pool()?;
        Ok(session)
    }
}

impl Session {
    /// Creates a session in `world`. Its threads are started by its first run.
    #[must_use]
    pub fn new(world: Arc<dyn World>, options: Options) -> Session {
        let mut environment = Environment::new(world, options.folder.clone(), &REGISTRY);
        environment.data.clone_from(&options.data);
        environment.memory_bytes = options.memory_bytes;
        environment.spend_again = options.spend_again;
        if let Some(ledger) = &options.ledger {
            environment.ledger.clone_from(ledger);
        }
        Session { environment, options, threads: Arc::default() }
    }

    /// Returns a builder.
    #[must_use]
    pub fn builder() -> SessionBuilder {
        SessionBuilder::default()
    }

    /// Registers a table, so that `load NAME` reads it: a [`Table`](crate::Table) or an Arrow record batch, shared and
    /// not copied. It replaces a table of that name, and shadows a sample data set of that name.
    ///
    /// # Errors
    /// [`code::BAD_VALUE`] for a name that needs quotes in a script; [`code::KIND_CHANGED`] for a column of an
    /// unsupported Arrow type.
    pub fn table(&mut self, name: &str, table: impl IntoTable) -> Result<(), Failure> {
        if !pipewright_syntax::is_plain_name(name) {
            let message = format!("`{name}` is not a valid table name: use letters, digits and `_` only");
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

    /// The thread pool of the session, if it has one.
    fn pool(&self) -> Result<Option<&ThreadPool>, Failure> {
        let Some(threads) = self.options.threads else { return Ok(None) };
        let refused = |reason: String| {
            let message = format!("cannot start {threads} threads: {reason}");
            Failure::new(code::LIMIT_REACHED, message).help("use fewer threads")
        };
        let start = || match threads {
            0..=THREADS_MAX => {
                ThreadPoolBuilder::new().num_threads(threads).build().map_err(|error| refused(error.to_string()))
            }
            _ => Err(refused(format!("the maximum is {THREADS_MAX}"))),
        };
        match self.threads.get_or_init(start) {
            Ok(pool) => Ok(Some(pool)),
            Err(failure) => Err(failure.clone()),
        }
    }

    /// Runs `work` on the threads of the session, or in the rayon pool of the caller.
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
