//! The formats, told apart by their first bytes and by names.

use super::{ReadOptions, Reader, Writer, unreadable};
use pipewright_diagnostic::{Failure, code};
use pipewright_table::Schema;
use pipewright_world::Content;
use std::io;
use std::sync::Arc;

/// A format of files that hold tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// Delimited text: commas, tabs, semicolons, bars.
    Csv,
    /// JSON: an object a line, or one array of objects.
    Json,
    /// Apache Parquet.
    Parquet,
    /// Arrow IPC: the file format (Feather 2) or a stream.
    Ipc,
    /// A workbook of Excel or OpenDocument.
    Excel,
    /// A database of SQLite.
    Sqlite,
}

/// A format's names: the word for it, and the endings of files.
struct Names {
    format: Format,
    word: &'static str,
    endings: &'static [&'static str],
}

const NAMES: [Names; 6] = [
    Names { format: Format::Csv, word: "csv", endings: &["csv", "tsv", "tab", "txt"] },
    Names { format: Format::Json, word: "json", endings: &["json", "jsonl", "ndjson"] },
    Names { format: Format::Parquet, word: "parquet", endings: &["parquet", "pq"] },
    Names { format: Format::Ipc, word: "ipc", endings: &["arrow", "feather", "ipc", "arrows"] },
    Names { format: Format::Excel, word: "excel", endings: &["xlsx", "xlsm", "xlsb", "xls", "ods"] },
    Names { format: Format::Sqlite, word: "sqlite", endings: &["sqlite", "sqlite3", "db"] },
];

impl Format {
    /// The words for all formats.
    pub const WORDS: [&'static str; 6] = ["csv", "json", "parquet", "ipc", "excel", "sqlite"];

    /// The format that a word names: one of [`Format::WORDS`], or an ending of file names.
    #[must_use]
    pub fn of_word(word: &str) -> Option<Format> {
        NAMES.iter().find(|names| names.word == word || names.endings.contains(&word)).map(|names| names.format)
    }

    /// The format that the name of a file ends in, whatever it is packed in.
    ///
    /// ```
    /// use pipewright_frame::Format;
    /// assert_eq!(Format::of_path("visits/2024.csv.gz"), Some(Format::Csv));
    /// assert_eq!(Format::of_path("model.pw"), None);
    /// ```
    #[must_use]
    pub fn of_path(path: &str) -> Option<Format> {
        let lower = path.to_ascii_lowercase();
        let plain = lower.strip_suffix(".gz").or(lower.strip_suffix(".zst")).unwrap_or(&lower);
        let (_, ending) = plain.rsplit_once('.')?;
        NAMES.iter().find(|names| names.endings.contains(&ending)).map(|names| names.format)
    }

    /// The word for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        NAMES.iter().find(|names| names.format == self).map_or("", |names| names.word)
    }

    /// The format of an unpacked content: as asked for, else as its first bytes say, else as its name ends; text that
    /// nothing is known of is CSV.
    pub(crate) fn of(content: &Arc<dyn Content>, options: &ReadOptions) -> Result<Format, Failure> {
        if let Some(format) = options.format {
            return Ok(format);
        }
        let start = content.start(64).map_err(|error| unreadable(&error, options))?;
        let named = Format::of_path(&options.name);
        let begins = |magic: &[u8]| start.starts_with(magic);
        Ok(if begins(b"PAR1") || begins(b"PARE") {
            Format::Parquet
        } else if begins(b"ARROW1")
            || (begins(b"\xFF\xFF\xFF\xFF") && (named == Some(Format::Ipc) || options.name.starts_with("adbc:")))
        {
            Format::Ipc
        } else if begins(b"PK\x03\x04") || begins(b"\xD0\xCF\x11\xE0") {
            Format::Excel
        } else if begins(b"SQLite format 3\0") {
            Format::Sqlite
        } else {
            match named {
                // A text under the name of another format is not believed to be that format's text.
                Some(format @ (Format::Json | Format::Parquet | Format::Ipc | Format::Excel | Format::Sqlite)) => {
                    format
                }
                _ => Format::Csv,
            }
        })
    }

    /// What reads it, if this build has it.
    #[allow(clippy::unnecessary_wraps)] // With all features there is no build without one.
    pub(crate) fn reader(self) -> Result<&'static dyn Reader, Failure> {
        match self {
            Format::Csv => Ok(&crate::csv::CsvReader),
            Format::Json => Ok(&crate::json::JsonReader),
            #[cfg(feature = "parquet")]
            Format::Parquet => Ok(&crate::parquet::ParquetReader),
            #[cfg(feature = "ipc")]
            Format::Ipc => Ok(&crate::ipc::IpcReader),
            #[cfg(feature = "excel")]
            Format::Excel => Ok(&crate::excel::ExcelReader),
            #[cfg(feature = "sqlite")]
            Format::Sqlite => Ok(&crate::sqlite::SqliteReader),
            #[allow(unreachable_patterns)]
            missing => {
                let message = format!("this build cannot read {}: it was made without it", missing.word());
                Err(Failure::new(code::UNKNOWN_FORMAT, message)
                    .help(format!("build it with the feature `{}`", missing.word())))
            }
        }
    }

    /// Can this build write it?
    #[must_use]
    pub fn is_written(self) -> bool {
        match self {
            Format::Csv | Format::Json => true,
            Format::Parquet => cfg!(feature = "parquet"),
            Format::Ipc => cfg!(feature = "ipc"),
            Format::Excel | Format::Sqlite => false,
        }
    }

    /// A writer of tables of this schema.
    ///
    /// # Errors
    /// Those of `out`; [`io::ErrorKind::Unsupported`] unless [`Format::is_written`].
    pub fn writer<'a>(self, schema: &Schema, out: &'a mut dyn io::Write) -> io::Result<Box<dyn Writer + 'a>> {
        match self {
            Format::Csv => crate::csv::writer(schema, out),
            Format::Json => crate::json::writer(schema, out),
            #[cfg(feature = "parquet")]
            Format::Parquet => crate::parquet::writer(schema, out),
            #[cfg(feature = "ipc")]
            Format::Ipc => crate::ipc::writer(schema, out),
            #[allow(unreachable_patterns)]
            _ => Err(io::ErrorKind::Unsupported.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_those_of_the_names() {
        assert_eq!(NAMES.each_ref().map(|names| names.word), Format::WORDS);
    }

    #[test]
    fn first_bytes_count_more_than_names() {
        let of = |bytes: &[u8], name: &str| {
            let content: Arc<dyn Content> = Arc::new(bytes.to_vec());
            Format::of(&content, &ReadOptions::new(name)).unwrap()
        };
        assert_eq!(of(b"PAR1....", "table.csv"), Format::Parquet);
        assert_eq!(of(b"a,b\n", "table"), Format::Csv);
        assert_eq!(of(b"{\"a\":1}\n", "table.jsonl"), Format::Json);
    }
}
