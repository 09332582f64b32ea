//! Database queries as files: with [`AdbcWorld`] around another world, a path may be a query, which is run by an
//! [ADBC](https://arrow.apache.org/adbc/) driver.
//!
//! `adbc:DRIVER?uri=…&query=…` names the driver (the path of a shared library, or the name of an installed driver), the
//! database in the driver's syntax, and the query; `&opt.KEY=VALUE` sets an option of the driver. `%`, `&` and `?` in
//! them are written `%25`, `%26` and `%3F`. Such a path opens as an Arrow IPC stream.
//!
//! A driver is native code and must be trusted like this program itself.
//!
//! ```
//! use pipewright_adbc::AdbcWorld;
//! use pipewright_world::{MemoryWorld, World};
//! use std::sync::Arc;
//! let world = AdbcWorld::new(Arc::new(MemoryWorld::new().with_file("a.csv", "x\n1\n")));
//! assert_eq!(world.read("a.csv".as_ref())?, b"x\n1\n");
//! let error = world.read("adbc:some_driver?uri=some.db".as_ref()).unwrap_err();
//! assert!(error.to_string().contains("it has no query"));
//! # Ok::<(), std::io::Error>(())
//! ```

mod address;
mod query;

use address::{Address, is_address};
use pipewright_world::{Content, Fill, World};
use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// A world whose paths may also be queries; other paths are passed to the inner world.
///
/// A query is run once: its result is cached for the lifetime of this world.
#[derive(Debug)]
pub struct AdbcWorld {
    inner: Arc<dyn World>,
    results: Mutex<HashMap<String, Arc<dyn Content>>>,
}

impl AdbcWorld {
    /// Adds databases to a world. A driver is only loaded when a query names it.
    #[must_use]
    pub fn new(inner: Arc<dyn World>) -> AdbcWorld {
        AdbcWorld { inner, results: Mutex::default() }
    }

    fn result(&self, path: &str) -> io::Result<Arc<dyn Content>> {
        // Concurrent requests for the same query wait for the result.
        let mut results = self.results.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(result) = results.get(path) {
            return Ok(result.clone());
        }
        let wrong = |reason| io::Error::new(io::ErrorKind::InvalidInput, format!("wrong address: {reason}"));
        let address = Address::parse(path).map_err(wrong)?;
        let result = self.inner.scratch(&mut |out| query::run(&address, out))?;
        results.insert(path.to_owned(), result.clone());
        Ok(result)
    }
}

impl World for AdbcWorld {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        match query_of(path) {
            Some(query) => self.result(query)?.start(usize::MAX),
            None => self.inner.read(path),
        }
    }

    fn open(&self, path: &Path) -> io::Result<Arc<dyn Content>> {
        query_of(path).map_or_else(|| self.inner.open(path), |query| self.result(query))
    }

    fn matching(&self, pattern: &Path) -> io::Result<Vec<PathBuf>> {
        match query_of(pattern) {
            Some(_) => Ok(vec![pattern.to_path_buf()]),
            None => self.inner.matching(pattern),
        }
    }

    fn scratch(&self, fill: Fill<'_>) -> io::Result<Arc<dyn Content>> {
        self.inner.scratch(fill)
    }

    fn standard_input(&self) -> io::Result<Arc<dyn Content>> {
        self.inner.standard_input()
    }

    fn standard_input_is_terminal(&self) -> bool {
        self.inner.standard_input_is_terminal()
    }

    fn replace(&self, path: &Path, fill: Fill<'_>) -> io::Result<()> {
        if query_of(path).is_some() {
            return Err(io::Error::new(io::ErrorKind::Unsupported, "a query is only read; write to a file"));
        }
        self.inner.replace(path, fill)
    }

    /// A query counts as existing even if it will fail: to know better, it would have to be run.
    fn canonical(&self, path: &Path) -> PathBuf {
        if query_of(path).is_some() { path.to_path_buf() } else { self.inner.canonical(path) }
    }

    fn exists(&self, path: &Path) -> bool {
        query_of(path).is_some() || self.inner.exists(path)
    }

    fn append(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        self.inner.append(path, bytes)
    }

    fn state_folder(&self) -> Option<PathBuf> {
        self.inner.state_folder()
    }

    fn elapsed(&self) -> Duration {
        self.inner.elapsed()
    }

    fn now(&self) -> Duration {
        self.inner.now()
    }
}

fn query_of(path: &Path) -> Option<&str> {
    path.to_str().filter(|path| is_address(path))
}
