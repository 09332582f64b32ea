//! File formats: detection, readers and writers.

use crate::source::{Reader, Writer};
use crate::{Outline, ReadOptions};
use pipewright_diagnostic::{Failure, code};
use std::fmt;
use std::hash::{Hash, Hasher};
use std::io;

/// How a file format is recognised.
#[derive(Debug)]
pub struct Signature {
    /// Names of the format, the usual one first. File extensions are names too.
    pub words: &'static [&'static str],
    /// File extensions, without the dot.
    pub endings: &'static [&'static str],
    /// URL schemes, without the colon.
    pub schemes: &'static [&'static str],
    /// Magic bytes at the start of files.
    pub magic: &'static [&'static [u8]],
    /// A test of the first bytes, for formats without magic bytes.
    pub begins: Option<fn(&[u8]) -> bool>,
    /// Is it human-readable text?
    pub is_text: bool,
    /// Can this build write it?
    pub is_written: bool,
    /// The feature of this crate that it needs, if any.
    pub feature: Option<&'static str>,
}

impl Signature {
    /// Default signature: a text format that is always available, without names.
    pub const BASE: Signature = Signature {
        words: &[],
        endings: &[],
        schemes: &[],
        magic: &[],
        begins: None,
        is_text: true,
        is_written: false,
        feature: None,
    };
}

/// A file format for tables. Each is one file of `formats/` and one line of its list.
pub trait FileFormat: Sync {
    /// Returns how it is recognised.
    fn signature(&self) -> &'static Signature;

    /// Returns the reader, if this build has it.
    fn reader(&self) -> Option<&'static dyn Reader>;

    /// Starts a file for the rows of this outline.
    ///
    /// # Errors
    /// Those of `out`; [`io::ErrorKind::Unsupported`] unless [`Signature::is_written`].
    fn writer<'a>(&self, outline: &Outline, out: &'a mut dyn io::Write) -> io::Result<Box<dyn Writer + 'a>> {
        let _ = (outline, out);
        Err(io::ErrorKind::Unsupported.into())
    }
}

/// A file format: built-in, or provided by the host program. Formats with the same name are equal.
///
/// ```
/// use pipewright_frame::Format;
/// assert_eq!(Format::of_word("parquet"), Some(Format::PARQUET));
/// assert_eq!(Format::PARQUET.word(), "parquet");
/// ```
#[derive(Clone, Copy)]
pub struct Format(&'static dyn FileFormat);

impl Format {
    /// Wraps a format.
    #[must_use]
    pub const fn new(format: &'static dyn FileFormat) -> Format {
        Format(format)
    }

    /// Returns its name.
    #[must_use]
    pub fn word(self) -> &'static str {
        self.signature().words.first().copied().unwrap_or_default()
    }

    /// Returns how it is recognised.
    #[must_use]
    pub fn signature(self) -> &'static Signature {
        self.0.signature()
    }

    /// Can this build write it?
    #[must_use]
    pub fn is_written(self) -> bool {
        self.signature().is_written
    }

    /// Creates a writer for the rows of this outline, in consecutive tables.
    ///
    /// # Errors
    /// Those of `out`; [`io::ErrorKind::Unsupported`] unless [`Format::is_written`].
    pub fn writer<'a>(self, outline: &Outline, out: &'a mut dyn io::Write) -> io::Result<Box<dyn Writer + 'a>> {
        self.0.writer(outline, out)
    }

    /// Returns the reader, if this build has it.
    pub(crate) fn reader(self, options: &ReadOptions) -> Result<&'static dyn Reader, Failure> {
        self.0.reader().ok_or_else(|| {
            let feature = self.signature().feature.unwrap_or(self.word());
            let message = format!("this build cannot read {}: it was compiled without it", self.word());
            Failure::new(code::UNKNOWN_FORMAT, message)
                .file(&options.name)
                .help(format!("build it with the feature `{feature}`"))
        })
    }
}

impl PartialEq for Format {
    fn eq(&self, other: &Format) -> bool {
        self.word() == other.word()
    }
}

impl Eq for Format {}

impl Hash for Format {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.word().hash(state);
    }
}

impl fmt::Debug for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Format({})", self.word())
    }
}
