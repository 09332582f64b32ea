//! An open file: its head is read and parsed only once.

use crate::{ReadOptions, Reading, Scan, Sketch};
use pipewright_diagnostic::Failure;
use pipewright_world::{Content, Headed, World};
use std::sync::{Arc, Mutex, PoisonError};

/// An open file with a cached head. A check reads the head and a run the whole file: the head stays in memory between
/// the two, and so does the table of a small file.
///
/// ```
/// use pipewright_frame::ReadOptions;
/// use pipewright_frame::file::OpenFile;
/// use pipewright_world::MemoryWorld;
/// use std::sync::Arc;
/// let file = OpenFile::new(Arc::new(b"age,sex\n38,f\n,m\n".to_vec()));
/// let options = ReadOptions::new("people.csv");
/// assert_eq!(file.sketch(&options)?.rows_seen, 2);
/// assert_eq!(file.read(&options, &MemoryWorld::new())?.table.rows(), 2);
/// # Ok::<(), pipewright_diagnostic::Failure>(())
/// ```
pub struct OpenFile {
    content: Arc<dyn Content>,
    /// Is what has been read kept in memory: the head, and the table of a small file?
    keeps: bool,
    /// Sketches by options. There are as many as a script has ways to read one file.
    sketches: Mutex<Vec<(ReadOptions, Sketch)>>,
    /// What it unpacks to, if it is compressed and was unpacked for a scan.
    unpacked: Mutex<Option<Arc<OpenFile>>>,
}

impl std::fmt::Debug for OpenFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OpenFile").field("size", &self.size()).finish_non_exhaustive()
    }
}

impl OpenFile {
    /// Opens a file with this content; nothing is read yet.
    #[must_use]
    pub fn new(content: Arc<dyn Content>) -> OpenFile {
        OpenFile::with(Arc::new(Headed::new(content)), true)
    }

    /// Like [`OpenFile::new`], keeping nothing of the file in memory: for many files.
    #[must_use]
    pub fn keeping_nothing(content: Arc<dyn Content>) -> OpenFile {
        OpenFile::with(content, false)
    }

    fn with(content: Arc<dyn Content>, keeps: bool) -> OpenFile {
        OpenFile { content, keeps, sketches: Mutex::default(), unpacked: Mutex::default() }
    }

    /// The content for one reading, which looks at the head several times.
    fn headed(&self) -> Arc<dyn Content> {
        if self.keeps { self.content.clone() } else { Arc::new(Headed::new(self.content.clone())) }
    }

    /// Returns the size of the file in bytes.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.content.size()
    }

    /// Reads the head: names, likely types, size.
    ///
    /// # Errors
    /// As [`super::sketch`].
    pub fn sketch(&self, options: &ReadOptions) -> Result<Sketch, Failure> {
        let mut sketches = self.sketches.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, sketch)) = sketches.iter().find(|(known, _)| known == options) {
            return Ok(sketch.clone());
        }
        let mut sketch = super::sketch(&self.headed(), options)?;
        if !self.keeps {
            sketch.whole = None;
        }
        sketches.push((options.clone(), sketch.clone()));
        Ok(sketch)
    }

    /// Reads the whole file, unless a sketch already has.
    ///
    /// # Errors
    /// As [`super::read`].
    pub fn read(&self, options: &ReadOptions, world: &dyn World) -> Result<Reading, Failure> {
        // A filter allows rows to be skipped, but does not require it.
        let asked = ReadOptions { filter: None, ..options.clone() };
        let sketches = self.sketches.lock().unwrap_or_else(PoisonError::into_inner);
        let known = sketches.iter().find(|(known, _)| *known == asked).and_then(|(_, sketch)| sketch.whole.clone());
        drop(sketches);
        match known {
            Some(reading) => super::unchanged(&self.content, options).map(|()| reading),
            None => super::read(&self.headed(), options, world),
        }
    }

    /// Returns what the file unpacks to, if it is compressed, or else the file itself: of known size, and unpacked once.
    ///
    /// # Errors
    /// A damaged file; an exceeded limit.
    pub fn unpacked(self: &Arc<OpenFile>, options: &ReadOptions, world: &dyn World) -> Result<Arc<OpenFile>, Failure> {
        let mut unpacked = self.unpacked.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = &*unpacked {
            return Ok(known.clone());
        }
        let content = crate::unpack::whole(&self.content, options, world)?;
        if Arc::ptr_eq(&content, &self.content) {
            return Ok(self.clone());
        }
        super::unchanged(&self.content, options)?;
        Ok(unpacked.insert(Arc::new(OpenFile::new(content))).clone())
    }

    /// Opens the file for reading chunk by chunk.
    ///
    /// # Errors
    /// As [`super::scan`].
    pub fn scan(&self, options: &ReadOptions, world: &dyn World) -> Result<Arc<dyn Scan>, Failure> {
        // A file too large for memory is not kept there as a sketch.
        self.sketches.lock().unwrap_or_else(PoisonError::into_inner).clear();
        super::scan(&self.content, options, world)
    }
}
