//! Delimited text.

use crate::Outline;
use crate::format::{FileFormat, Format, Signature};
use crate::source::{Reader, Writer};
use std::io;

pub(super) struct Csv;

impl Format {
    /// Delimited text: comma, tab, semicolon, pipe.
    pub const CSV: Format = Format::new(&Csv);
}

impl Csv {
    pub(super) const SIGNATURE: Signature =
        Signature { words: &["csv"], endings: &["csv", "tsv", "tab", "txt"], is_written: true, ..Signature::BASE };
}

impl FileFormat for Csv {
    fn signature(&self) -> &'static Signature {
        &Csv::SIGNATURE
    }

    fn reader(&self) -> Option<&'static dyn Reader> {
        Some(&crate::csv::CsvReader)
    }

    fn writer<'a>(&self, outline: &Outline, out: &'a mut dyn io::Write) -> io::Result<Box<dyn Writer + 'a>> {
        crate::csv::writer(outline, out)
    }
}
