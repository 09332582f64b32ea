//! Access to the outside as an argument: files, standard streams, time and randomness, so that everything above can be
//! tested in a simulated environment.
//!
//! * [`World`] is the trait; [`OsWorld`] the single audited implementation on the operating system; [`MemoryWorld`] an
//!   in-memory implementation whose writes can be made to fail.
//! * [`random::Key`] gives random numbers that are functions of (seed, path, position), never of a shared stream.
//!
//! **Invariant:** nothing else in the project calls the file system, the clock or the environment (enforced by a lint
//! in `.clippy.toml`).
//!
//! ```
//! use pipewright_world::{MemoryWorld, World};
//! let world = MemoryWorld::new().with_file("a.csv", "x\n1\n");
//! assert_eq!(world.read("a.csv".as_ref()).unwrap(), b"x\n1\n");
//! world.replace("b.csv".as_ref(), &mut |out| out.write_all(b"y\n")).unwrap();
//! assert_eq!(world.read("b.csv".as_ref()).unwrap(), b"y\n");
//! ```
#![doc = include_str!("../README.md")]

mod address;
mod content;
mod memory;
mod os;
pub mod random;

pub use address::scheme;
pub use content::{Content, Headed};
pub use memory::MemoryWorld;
pub use os::OsWorld;

use std::fmt;
use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// Pattern rules: `*` matches neither path separators nor hidden files.
const GLOB_RULES: glob::MatchOptions =
    glob::MatchOptions { case_sensitive: true, require_literal_separator: true, require_literal_leading_dot: true };

/// A function that writes the whole content of a file into a sink.
pub type Fill<'a> = &'a mut dyn FnMut(&mut dyn io::Write) -> io::Result<()>;

/// The outside world: files, standard input and the clock.
pub trait World: Send + Sync {
    /// Reads a whole file.
    ///
    /// # Errors
    /// Any I/O error; also for a directory, or a file that changes while it is read.
    fn read(&self, path: &Path) -> io::Result<Vec<u8>>;

    /// Opens a file for random access. A pipe or a device is read to its end, once: its content is kept in memory or, if
    /// it is long, in a temporary file.
    ///
    /// # Errors
    /// Any I/O error; also for a directory.
    fn open(&self, path: &Path) -> io::Result<Arc<dyn Content>>;

    /// Returns the paths that match a pattern with `*`, `?`, `[…]` or `**`, in order; possibly none.
    ///
    /// # Errors
    /// Invalid pattern; any I/O error.
    fn matching(&self, pattern: &Path) -> io::Result<Vec<PathBuf>>;

    /// Writes an anonymous temporary file, which is deleted when the content is dropped or the process ends.
    ///
    /// # Errors
    /// Any I/O error.
    fn scratch(&self, fill: Fill<'_>) -> io::Result<Arc<dyn Content>>;

    /// Opens standard input: a redirected file is opened; piped input is read first, into memory or, if it is large, into
    /// a temporary file.
    ///
    /// # Errors
    /// Any I/O error.
    fn standard_input(&self) -> io::Result<Arc<dyn Content>>;

    /// Is standard input a terminal? Then `load` must not wait for it.
    fn standard_input_is_terminal(&self) -> bool;

    /// Replaces a file atomically and durably: readers see the old content or the new, never a part.
    ///
    /// # Errors
    /// Any I/O error; the old file is then unchanged and no temporary file is left.
    fn replace(&self, path: &Path, fill: Fill<'_>) -> io::Result<()>;

    /// Adds bytes to the end of a file, all at once, so that what several processes add does not mix. The file is created if
    /// there is none, and so are its folders.
    ///
    /// # Errors
    /// Any I/O error.
    fn append(&self, path: &Path, bytes: &[u8]) -> io::Result<()>;

    /// Returns the folder for what programs of this user keep from run to run, if there is one: `$XDG_STATE_HOME`, else
    /// `~/.local/state`.
    fn state_folder(&self) -> Option<PathBuf> {
        None
    }

    /// Returns the one path of a file that may be spelled in several ways: absolute and without `.` and `..` (by name
    /// only, where there is no such file).
    fn canonical(&self, path: &Path) -> PathBuf {
        let mut parts = PathBuf::new();
        for part in path.components() {
            match part {
                Component::CurDir => {}
                Component::ParentDir if parts.file_name().is_some() => drop(parts.pop()),
                part => parts.push(part),
            }
        }
        parts
    }

    /// Does a file or directory of this name exist?
    fn exists(&self, path: &Path) -> bool;

    /// Returns how many bytes of memory are free, where that is known.
    fn free_memory(&self) -> Option<u64> {
        None
    }

    /// May opening this file wait for another program, as a pipe does?
    fn may_wait(&self, path: &Path) -> bool {
        let _ = path;
        false
    }

    /// Returns the time since some fixed moment; monotonic.
    fn elapsed(&self) -> Duration;

    /// Returns the time of day, counted from 1970 in UTC.
    fn now(&self) -> Duration;
}

impl fmt::Debug for dyn World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("dyn World")
    }
}
