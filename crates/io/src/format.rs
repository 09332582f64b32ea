//! What a format of files is: how its files are told, what reads them, what writes them.

use crate::ReadOptions;
use crate::source::{Reader, Writer};
use pipewright_diagnostic::{Failure, code};
use pipewright_table::Schema;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::io;

/// How files of a format are told from others.
#[derive(Debug)]
pub struct Signature {
    /// The words for the format, the usual one first. Endings of file names are words for it too.
    pub words: &'static [&'static str],
    /// How the names of its files end, without the dot.
    pub endings: &'static [&'static str],
    /// How addresses of it begin, without the colon.
    pub schemes: &'static [&'static str],
    /// How its files begin.
    pub magic: &'static [&'static [u8]],
    /// Is a file of it text that people can read?
    pub is_text: bool,
    /// Can this build write it?
    pub is_written: bool,
    /// The feature of this crate that it needs, if it needs one.
    pub feature: Option<&'static str>,
}

impl Signature {
    /// That of a format of texts that is always there, without a word.
    pub const BASE: Signature = Signature {
        words: &[],
        endings: &[],
        schemes: &[],
        magic: &[],
        is_text: true,
        is_written: false,
        feature: None,
    };
}

/// A format of files that hold tables. Each is one file of `formats/` and one line of its list.
pub trait FileFormat: Sync {
    /// How its files are told from others.
    fn signature(&self) -> &'static Signature;

    /// What reads it, if this build can.
    fn reader(&self) -> Option<&'static dyn Reader>;

    /// Begins a file for tables of this schema.
    ///
    /// # Errors
    /// Those of `out`; [`io::ErrorKind::Unsupported`] unless [`Signature::is_written`].
    fn writer<'a>(&self, schema: &Schema, out: &'a mut dyn io::Write) -> io::Result<Box<dyn Writer + 'a>> {
        let _ = (schema, out);
        Err(io::ErrorKind::Unsupported.into())
    }
}

/// One of the formats, or a format of the program that embeds this crate. Formats with the same word are equal.
///
/// ```
/// use pipewright_frame::Format;
/// assert_eq!(Format::of_word("parquet"), Some(Format::PARQUET));
/// assert_eq!(Format::PARQUET.word(), "parquet");
/// ```
#[derive(Clone, Copy)]
pub struct Format(&'static dyn FileFormat);

impl Format {
    /// This format.
    #[must_use]
    pub const fn new(format: &'static dyn FileFormat) -> Format {
        Format(format)
    }

    /// The word for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        self.signature().words.first().copied().unwrap_or_default()
    }

    /// How its files are told from others.
    #[must_use]
    pub fn signature(self) -> &'static Signature {
        self.0.signature()
    }

    /// Can this build write it?
    #[must_use]
    pub fn is_written(self) -> bool {
        self.signature().is_written
    }

    /// A writer of tables of this schema.
    ///
    /// # Errors
    /// Those of `out`; [`io::ErrorKind::Unsupported`] unless [`Format::is_written`].
    pub fn writer<'a>(self, schema: &Schema, out: &'a mut dyn io::Write) -> io::Result<Box<dyn Writer + 'a>> {
        self.0.writer(schema, out)
    }

    /// What reads it, if this build has it.
    pub(crate) fn reader(self, options: &ReadOptions) -> Result<&'static dyn Reader, Failure> {
        self.0.reader().ok_or_else(|| {
            let feature = self.signature().feature.unwrap_or(self.word());
            let message = format!("this build cannot read {}: it was made without it", self.word());
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
