//! The environment of a script: its world, its directory, the data file of the command line.

use crate::Registry;
use pipewright_diagnostic::{Code, Failure, code, go_on};
use pipewright_frame::Table;
use pipewright_frame::file::OpenFile;
use pipewright_world::{Content, World, scheme};
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

/// The name of the ledger of a script that is not a file.
const LEDGER: &str = "pipewright.ledger.json";

/// The environment of a script. Cloning is cheap.
#[derive(Debug, Clone)]
pub struct Environment {
    /// The world: files, clock, environment variables.
    pub world: Arc<dyn World>,
    /// The directory for relative paths in the script; empty for the working directory.
    pub folder: PathBuf,
    /// The data file of the command line, relative to the working directory.
    pub data: Option<PathBuf>,
    /// The memory limit of a run, in bytes; larger tables are read chunk by chunk. `None`: unlimited.
    pub memory_bytes: Option<u64>,
    /// The registry of verbs and models.
    pub registry: &'static Registry,
    /// Tables registered by the host program, by name.
    pub tables: Arc<BTreeMap<String, Table>>,
    /// The ledger of holdouts that were assessed.
    pub ledger: PathBuf,
    /// May a holdout be assessed again, although another pipeline was assessed on it?
    pub spend_again: bool,
    /// Does the caller take fitted pipelines from the results, so that they need not be saved to a file?
    pub takes_models: bool,
    standard_input: Arc<OnceLock<Result<Arc<dyn Content>, io::ErrorKind>>>,
    /// The files opened since [`Environment::forget_files`].
    files: Arc<Mutex<BTreeMap<PathBuf, Arc<OpenFile>>>>,
}

impl Environment {
    /// Creates an environment in `folder`, without a data file.
    #[must_use]
    pub fn new(world: Arc<dyn World>, folder: PathBuf, registry: &'static Registry) -> Environment {
        Environment {
            world,
            ledger: folder.join(LEDGER),
            spend_again: false,
            folder,
            data: None,
            memory_bytes: None,
            registry,
            tables: Arc::default(),
            takes_models: false,
            standard_input: Arc::default(),
            files: Arc::default(),
        }
    }

    /// Names of tables that are not files: registered tables and sample data sets.
    pub fn table_names(&self) -> impl Iterator<Item = &str> {
        self.tables.keys().map(String::as_str).chain(self.registry.samples.iter().map(|sample| sample.name))
    }

    /// Resolves a path of the script relative to its directory, unless it is an address such as `https://…`.
    #[must_use]
    pub fn place(&self, path: &str) -> PathBuf {
        if scheme(path).is_some() { PathBuf::from(path) } else { self.folder.join(path) }
    }

    /// Opens a file for random access; a pipe is waited for only until the run is stopped.
    ///
    /// # Errors
    /// Any I/O error.
    pub fn open(&self, path: &Path) -> io::Result<Arc<dyn Content>> {
        if !self.world.may_wait(path) {
            return self.world.open(path);
        }
        let (world, path) = (self.world.clone(), path.to_path_buf());
        until_stopped(move || world.open(&path))
    }

    /// Returns all of standard input, which is read only once, and waited for only until the run is stopped.
    ///
    /// # Errors
    /// A [`Failure`] if it cannot be read.
    pub fn standard_input(&self) -> Result<Arc<dyn Content>, Failure> {
        let world = self.world.clone();
        let read = || until_stopped(move || world.standard_input()).map_err(|error| error.kind());
        match self.standard_input.get_or_init(read) {
            Ok(content) => Ok(content.clone()),
            Err(kind) => Err(failure_of(code::CANNOT_READ, "cannot read", Path::new("-"), &(*kind).into())),
        }
    }
}

/// Files kept open from check to run.
impl Environment {
    /// Returns the file of this key: opened by `open` on the first request, and the same open file from then on, until
    /// [`Environment::forget_files`]. So a check and the run after it read the head of a file once.
    ///
    /// # Errors
    /// Those of `open`; failures are not cached.
    pub fn file(
        &self,
        key: &Path,
        open: impl FnOnce() -> Result<Arc<dyn Content>, Failure>,
    ) -> Result<Arc<OpenFile>, Failure> {
        let mut files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(file) = files.get(key) {
            return Ok(file.clone());
        }
        let file = Arc::new(OpenFile::new(open()?));
        files.insert(key.to_path_buf(), file.clone());
        Ok(file)
    }

    /// Returns the files that were opened since then, with their sizes in bytes, in the order of their names.
    #[must_use]
    pub fn opened_files(&self) -> Vec<(PathBuf, u64)> {
        let files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        files.iter().map(|(path, file)| (path.clone(), file.size())).collect()
    }

    /// Closes all files, so that the next request opens them anew.
    pub fn forget_files(&self) {
        self.files.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

/// Does work that may wait for another program, but no longer than until the run is stopped: the work then goes on by
/// itself, and ends with the process.
fn until_stopped<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
    const GLANCE: Duration = Duration::from_millis(50);
    let (sender, receiver) = channel();
    std::thread::Builder::new().spawn(move || {
        // Nobody may be waiting any more.
        let _ = sender.send(work());
    })?;
    loop {
        match receiver.recv_timeout(GLANCE) {
            Ok(done) => return done,
            Err(RecvTimeoutError::Timeout) if go_on().is_ok() => {}
            Err(RecvTimeoutError::Timeout) => return Err(io::ErrorKind::Interrupted.into()),
            Err(RecvTimeoutError::Disconnected) => return Err(io::Error::other("reading ended with a panic")),
        }
    }
}

/// Creates the failure for a system error about a file.
#[must_use]
pub fn failure_of(code: Code, what: &str, path: &Path, error: &io::Error) -> Failure {
    if error.kind() == io::ErrorKind::Interrupted
        && let Err(stopped) = go_on()
    {
        return stopped;
    }
    let reason = match error.kind() {
        io::ErrorKind::NotFound => "no such file".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        io::ErrorKind::IsADirectory => "it is a directory".to_owned(),
        io::ErrorKind::StorageFull => "the disk is full".to_owned(),
        _ => error.to_string(),
    };
    let name = path.to_string_lossy();
    Failure::new(code, format!("{what} `{}`: {reason}", name.escape_debug()))
}
