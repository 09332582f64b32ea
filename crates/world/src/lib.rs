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

mod memory;
mod os;
pub mod random;

pub use memory::MemoryWorld;
pub use os::OsWorld;

use std::io;
use std::path::Path;
use std::time::Duration;

/// Writes the whole content of a file into the sink it is given.
pub type Fill<'a> = &'a mut dyn FnMut(&mut dyn io::Write) -> io::Result<()>;

/// What the project may ask of the outside.
pub trait World: Send + Sync {
    /// The whole content of a file.
    ///
    /// # Errors
    /// As the system says; a directory, or a file that changes while it is read, is an error too.
    fn read(&self, path: &Path) -> io::Result<Vec<u8>>;

    /// The first bytes of a file, `limit_bytes` at most.
    ///
    /// # Errors
    /// As the system says.
    fn read_start(&self, path: &Path, limit_bytes: usize) -> io::Result<Vec<u8>>;

    /// All of standard input.
    ///
    /// # Errors
    /// As the system says.
    fn read_standard_input(&self) -> io::Result<Vec<u8>>;

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
