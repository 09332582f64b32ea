//! The outside as an argument: files, standard streams, time and randomness, so that everything above can be tested
//! in a world made for the test.
//!
//! * [`World`] is the trait; [`OsWorld`] the one audited place that touches the system; [`MemoryWorld`] a world in
//!   memory whose writes can be told to fail.
//! * [`random::Key`] gives random numbers that are functions of (seed, path, position), never of a shared stream.
//!
//! **Invariant:** nothing else in the project calls the file system, the clock or the environment (a lint denies it).
//! Held by `.clippy.toml`.
//!
//! ```
//! use pipewright_world::{MemoryWorld, World};
//! let world = MemoryWorld::new().with_file("a.csv", "x\n1\n");
//! assert_eq!(world.read("a.csv".as_ref()).unwrap(), b"x\n1\n");
//! world.replace("b.csv".as_ref(), &mut |out| out.write_all(b"y\n")).unwrap();
//! assert_eq!(world.read("b.csv".as_ref()).unwrap(), b"y\n");
//! ```

mod content;
mod memory;
mod os;
pub mod random;

pub use content::{Content, Headed};
pub use memory::MemoryWorld;
pub use os::OsWorld;

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// How patterns are read: a star stops at a folder's end and passes over hidden files.
const GLOB_RULES: glob::MatchOptions =
    glob::MatchOptions { case_sensitive: true, require_literal_separator: true, require_literal_leading_dot: true };

/// Writes the whole content of a file into the sink it is given.
pub type Fill<'a> = &'a mut dyn FnMut(&mut dyn io::Write) -> io::Result<()>;

/// What the project may ask of the outside.
pub trait World: Send + Sync {
    /// The whole content of a file.
    ///
    /// # Errors
    /// As the system says; a directory, or a file that changes while it is read, is an error too.
    fn read(&self, path: &Path) -> io::Result<Vec<u8>>;

    /// Opens a file whose bytes are then read at any place. What is no regular file (a pipe, a device) is read into
    /// memory first.
    ///
    /// # Errors
    /// As the system says; a directory is an error too.
    fn open(&self, path: &Path) -> io::Result<Arc<dyn Content>>;

    /// The paths that a pattern with `*`, `?`, `[…]` or `**` names, in order; none is no error.
    ///
    /// # Errors
    /// A pattern that is none, or what the system says.
    fn matching(&self, pattern: &Path) -> io::Result<Vec<PathBuf>>;

    /// Writes bytes to a temporary file without a name, which is gone when the content is dropped, whatever ends the
    /// process.
    ///
    /// # Errors
    /// As the system says.
    fn scratch(&self, fill: Fill<'_>) -> io::Result<Arc<dyn Content>>;

    /// All of standard input: a file that it is redirected from is opened, what is piped in is read first.
    ///
    /// # Errors
    /// As the system says.
    fn standard_input(&self) -> io::Result<Arc<dyn Content>>;

    /// Is standard input a terminal? Then `load` must not wait for it.
    fn standard_input_is_terminal(&self) -> bool;

    /// Replaces a file as a whole and durably: whoever looks finds the old content or the new, never a part.
    ///
    /// # Errors
    /// As the system says; the old file is then untouched and no temporary file is left.
    fn replace(&self, path: &Path, fill: Fill<'_>) -> io::Result<()>;

    /// Is there a file (or directory) of this name?
    fn exists(&self, path: &Path) -> bool;

    /// Time since some fixed moment; it never goes back.
    fn elapsed(&self) -> Duration;
}

impl fmt::Debug for dyn World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("dyn World")
    }
}
