//! An in-memory world, for tests and for programs that store files elsewhere.

use crate::{Content, Fill, World};
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// An in-memory world: files, a text as standard input, a clock that stands still or ticks, and writes that can be made to fail.
#[derive(Debug, Default)]
pub struct MemoryWorld {
    files: Mutex<BTreeMap<PathBuf, Vec<u8>>>,
    standard_input: Option<Vec<u8>>,
    fail_after_bytes: Option<usize>,
    tick: Duration,
    looks: AtomicU32,
}

impl MemoryWorld {
    /// Creates an empty world.
    #[must_use]
    pub fn new() -> MemoryWorld {
        MemoryWorld::default()
    }

    /// Adds a file.
    #[must_use]
    pub fn with_file(self, path: impl Into<PathBuf>, content: impl Into<Vec<u8>>) -> MemoryWorld {
        self.lock().insert(path.into(), content.into());
        self
    }

    /// Sets the standard input.
    #[must_use]
    pub fn with_standard_input(mut self, content: impl Into<Vec<u8>>) -> MemoryWorld {
        self.standard_input = Some(content.into());
        self
    }

    /// Makes every write fail after this many bytes.
    #[must_use]
    pub fn failing_after(mut self, bytes: usize) -> MemoryWorld {
        self.fail_after_bytes = Some(bytes);
        self
    }

    /// Lets the clock advance by this much every time it is read.
    #[must_use]
    pub fn ticking(mut self, tick: Duration) -> MemoryWorld {
        self.tick = tick;
        self
    }

    /// Returns the names of all files, in order.
    #[must_use]
    pub fn names(&self) -> Vec<PathBuf> {
        self.lock().keys().cloned().collect()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<PathBuf, Vec<u8>>> {
        self.files.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl World for MemoryWorld {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        self.lock().get(path).cloned().ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "no such file"))
    }

    fn open(&self, path: &Path) -> io::Result<Arc<dyn Content>> {
        Ok(Arc::new(self.read(path)?))
    }

    fn matching(&self, pattern: &Path) -> io::Result<Vec<PathBuf>> {
        let pattern = pattern.to_str().ok_or(io::ErrorKind::InvalidInput)?;
        let bad = |error: glob::PatternError| io::Error::new(io::ErrorKind::InvalidInput, error);
        let pattern = glob::Pattern::new(pattern).map_err(bad)?;
        let fits = |path: &&PathBuf| pattern.matches_path_with(path, crate::GLOB_RULES);
        Ok(self.lock().keys().filter(fits).cloned().collect())
    }

    fn scratch(&self, fill: Fill<'_>) -> io::Result<Arc<dyn Content>> {
        let mut sink = Limited { bytes: Vec::new(), limit: self.fail_after_bytes };
        fill(&mut sink)?;
        Ok(Arc::new(sink.bytes))
    }

    fn standard_input(&self) -> io::Result<Arc<dyn Content>> {
        Ok(Arc::new(self.standard_input.clone().unwrap_or_default()))
    }

    fn standard_input_is_terminal(&self) -> bool {
        self.standard_input.is_none()
    }

    fn replace(&self, path: &Path, fill: Fill<'_>) -> io::Result<()> {
        let mut sink = Limited { bytes: Vec::new(), limit: self.fail_after_bytes };
        fill(&mut sink)?;
        self.lock().insert(path.to_path_buf(), sink.bytes);
        Ok(())
    }

    fn append(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let mut files = self.lock();
        let mut sink = Limited { bytes: files.get(path).cloned().unwrap_or_default(), limit: self.fail_after_bytes };
        io::Write::write_all(&mut sink, bytes)?;
        files.insert(path.to_path_buf(), sink.bytes);
        Ok(())
    }

    fn exists(&self, path: &Path) -> bool {
        self.lock().contains_key(path)
    }

    fn elapsed(&self) -> Duration {
        self.tick.saturating_mul(self.looks.fetch_add(1, Ordering::Relaxed))
    }

    /// The first day of 2020.
    fn now(&self) -> Duration {
        Duration::from_secs(1_577_836_800)
    }
}

struct Limited {
    bytes: Vec<u8>,
    limit: Option<usize>,
}

impl io::Write for Limited {
    fn write(&mut self, part: &[u8]) -> io::Result<usize> {
        if self.limit.is_some_and(|limit| self.bytes.len() + part.len() > limit) {
            return Err(io::Error::new(io::ErrorKind::StorageFull, "no space left on device"));
        }
        self.bytes.extend_from_slice(part);
        Ok(part.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
