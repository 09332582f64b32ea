//! Where a script runs: its world, its folder, the data file of the command line.

use crate::Registry;
use pipewright_diagnostic::{Code, Failure, code};
use pipewright_frame::Table;
use pipewright_frame::file::OpenFile;
use pipewright_world::{Content, World};
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// Where a script runs. Cloning is cheap.
#[derive(Debug, Clone)]
pub struct Environment {
    /// The outside.
    pub world: Arc<dyn World>,
    /// Paths in the script are relative to this folder; empty for the working directory.
    pub folder: PathBuf,
    /// The data file of the command line, relative to the working directory.
    pub data: Option<PathBuf>,
    /// The memory that a run may take, in bytes; what would take more is read chunk by chunk. As much as there is, if
    /// it is not said.
    pub memory_bytes: Option<u64>,
    /// Every verb and model there is.
    pub registry: &'static Registry,
    /// The tables that a host program hands in, by the names that scripts call them.
    pub tables: Arc<BTreeMap<String, Table>>,
    /// Does whoever runs the script take fitted pipelines from its results? Then they need not go to a file.
    pub takes_models: bool,
    standard_input: Arc<OnceLock<Result<Arc<dyn Content>, io::ErrorKind>>>,
    /// The files that were opened since [`Environment::forget_files`].
    files: Arc<Mutex<BTreeMap<PathBuf, Arc<OpenFile>>>>,
}

impl Environment {
    /// A script in `folder`, without a data file.
    #[must_use]
    pub fn new(world: Arc<dyn World>, folder: PathBuf, registry: &'static Registry) -> Environment {
        Environment {
            world,
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

    /// The names that stand for tables without a file: those that were handed in, and the sample sets.
    pub fn table_names(&self) -> impl Iterator<Item = &str> {
        self.tables.keys().map(String::as_str).chain(self.registry.samples.iter().map(|sample| sample.name))
    }

    /// The place of a path that the script names: in its folder, unless it is an address such as `https://…`.
    #[must_use]
    pub fn place(&self, path: &str) -> PathBuf {
        if is_address(path) { PathBuf::from(path) } else { self.folder.join(path) }
    }

    /// All of standard input; read once, however often it is asked for.
    ///
    /// # Errors
    /// A [`Failure`] when it cannot be read.
    pub fn standard_input(&self) -> Result<Arc<dyn Content>, Failure> {
        let read = || self.world.standard_input().map_err(|error| error.kind());
        match self.standard_input.get_or_init(read) {
            Ok(content) => Ok(content.clone()),
            Err(kind) => Err(failure_of(code::CANNOT_READ, "cannot read", Path::new("-"), &(*kind).into())),
        }
    }
}

/// Files that stay open from check to run.
impl Environment {
    /// The file of this key: opened by `open` when it is first asked for, and the same open file from then on, until
    /// [`Environment::forget_files`]. So a check and the run after it read the head of a file once.
    ///
    /// # Errors
    /// Those of `open`; nothing is remembered then.
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

    /// Closes all files: the next one that asks for a file sees it as it is then.
    pub fn forget_files(&self) {
        self.files.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

/// Does a path begin with a scheme (`https://`, `s3://`, `adbc:`), of two letters at least?
fn is_address(path: &str) -> bool {
    let scheme = path.split_once("://").map(|(scheme, _)| scheme);
    let named = |scheme: &str| scheme.len() > 1 && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric());
    scheme.is_some_and(named) || path.starts_with("adbc:")
}

/// The failure for an error of the system about a file.
#[must_use]
pub fn failure_of(code: Code, what: &str, path: &Path, error: &io::Error) -> Failure {
    let reason = match error.kind() {
        io::ErrorKind::NotFound => "there is no such file".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        io::ErrorKind::IsADirectory => "it is a directory".to_owned(),
        io::ErrorKind::StorageFull => "the disk is full".to_owned(),
        _ => error.to_string(),
    };
    let name = path.to_string_lossy();
    Failure::new(code, format!("{what} `{}`: {reason}", name.escape_debug()))
}
