//! The built-in file formats: each is a file of `formats/` and a line of the list at the end.

use crate::ReadOptions;
use crate::format::{FileFormat, Format, Signature};
use crate::source::unreadable;
use pipewright_diagnostic::Failure;
use pipewright_world::Content;
use std::sync::Arc;

/// Bytes at the start of a file by which its format is recognised.
const FIRST_BYTES: usize = 4 << 10;

impl Format {
    /// The names of all formats, including synonyms.
    pub const WORDS: &'static [&'static str] = &words::<{ word_count(false) }>(false);

    /// The names of the formats that this build can write.
    pub const WRITTEN: &'static [&'static str] = &words::<{ word_count(true) }>(true);

    /// Returns all formats.
    pub fn all() -> impl Iterator<Item = Format> {
        FORMATS.iter().copied().map(Format::new)
    }

    /// Finds a format by name: one of [`Format::WORDS`], or a file extension.
    #[must_use]
    pub fn of_word(word: &str) -> Option<Format> {
        let names = |signature: &Signature| signature.words.contains(&word) || signature.endings.contains(&word);
        Format::all().find(|format| names(format.signature()))
    }

    /// Finds the format of a file name by its extension, ignoring compression, or of a URL by its scheme.
    ///
    /// ```
    /// use pipewright_frame::Format;
    /// assert_eq!(Format::of_path("visits/2024.csv.gz"), Some(Format::CSV));
    /// assert_eq!(Format::of_path("model.pw"), None);
    /// ```
    #[must_use]
    pub fn of_path(path: &str) -> Option<Format> {
        let begins = |scheme: &&str| path.strip_prefix(*scheme).is_some_and(|rest| rest.starts_with(':'));
        if let Some(format) = Format::all().find(|format| format.signature().schemes.iter().any(begins)) {
            return Some(format);
        }
        let lower = path.to_ascii_lowercase();
        let plain = lower.strip_suffix(".gz").or(lower.strip_suffix(".zst")).unwrap_or(&lower);
        let (_, ending) = plain.rsplit_once('.')?;
        Format::all().find(|format| format.signature().endings.contains(&ending))
    }

    /// Returns the format of an unpacked content: as declared, or by its first bytes, or by its name; CSV if nothing
    /// matches.
    pub(crate) fn of_content(content: &Arc<dyn Content>, options: &ReadOptions) -> Result<Format, Failure> {
        if let Some(format) = options.format {
            return Ok(format);
        }
        let start = content.start(FIRST_BYTES).map_err(|error| unreadable(&error, options))?;
        let begins = |format: &Format| {
            let Signature { magic, begins, .. } = format.signature();
            magic.iter().any(|magic| start.starts_with(magic)) || begins.is_some_and(|begins| begins(&start))
        };
        // A text with the extension of another format is not taken for that format.
        let found = Format::all().find(begins).or_else(|| Format::of_path(&options.name));
        Ok(found.unwrap_or(Format::CSV))
    }
}

const fn word_count(written: bool) -> usize {
    let (mut count, mut place) = (0, 0);
    while place < SIGNATURES.len() {
        if SIGNATURES[place].is_written || !written {
            count += SIGNATURES[place].words.len();
        }
        place += 1;
    }
    count
}

const fn words<const COUNT: usize>(written: bool) -> [&'static str; COUNT] {
    let mut words = [""; COUNT];
    let (mut count, mut place) = (0, 0);
    while place < SIGNATURES.len() {
        let mut word = 0;
        while (SIGNATURES[place].is_written || !written) && word < SIGNATURES[place].words.len() {
            words[count] = SIGNATURES[place].words[word];
            count += 1;
            word += 1;
        }
        place += 1;
    }
    words
}

macro_rules! formats {
    ($($file:ident :: $Format:ident,)*) => {
        $(mod $file;)*

        /// All built-in formats, in the order in which their first bytes are tried.
        pub const FORMATS: &[&dyn FileFormat] = &[$(&$file::$Format),*];

        const SIGNATURES: &[&Signature] = &[$(&$file::$Format::SIGNATURE),*];
    };
}

formats! {
    csv::Csv,
    json::Json,
    parquet::Parquet,
    ipc::Ipc,
    excel::Excel,
    sqlite::Sqlite,
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn no_two_formats_share_a_word_an_ending_or_a_magic() {
        let mut names = BTreeSet::new();
        let mut magics = BTreeSet::new();
        for format in Format::all() {
            let Signature { words, endings, magic, .. } = format.signature();
            assert!(words.first().is_some_and(|word| !word.is_empty()), "{format:?}");
            // A name may be an extension of the same format.
            let own: BTreeSet<&str> = words.iter().chain(*endings).copied().collect();
            own.into_iter().for_each(|name| assert!(names.insert(name), "`{name}` names two formats"));
            magic.iter().for_each(|magic| assert!(magic.len() <= FIRST_BYTES && magics.insert(*magic)));
            assert_eq!(Format::of_word(format.word()), Some(format));
        }
    }

    #[test]
    fn what_a_build_says_it_writes_it_writes() {
        let schema =
            pipewright_table::Schema::new([pipewright_table::Column::new("a", pipewright_table::ColumnType::Count)]);
        let outline = crate::Outline::of(&pipewright_table::Table::empty(&schema).unwrap()).unwrap();
        for format in Format::all() {
            let mut out = Vec::new();
            let begun = format.writer(&outline, &mut out).map(drop).map_err(|error| error.kind());
            let expected = if format.is_written() { Ok(()) } else { Err(std::io::ErrorKind::Unsupported) };
            assert_eq!(begun, expected, "{format:?}");
            assert_eq!(Format::WRITTEN.contains(&format.word()), format.is_written());
            assert!(Format::WORDS.contains(&format.word()));
        }
    }

    #[test]
    fn first_bytes_count_more_than_names() {
        let of = |bytes: &[u8], name: &str| {
            let content: Arc<dyn Content> = Arc::new(bytes.to_vec());
            Format::of_content(&content, &ReadOptions::new(name)).unwrap()
        };
        assert_eq!(of(b"PAR1....", "table.csv"), Format::PARQUET);
        assert_eq!(of(b"a,b\n", "table"), Format::CSV);
        assert_eq!(of(b"a b", "table.jsonl"), Format::JSON);
        assert_eq!(of(b"{\"a\":1}\n", "standard input"), Format::JSON);
        assert_eq!(of(b"\n[ {\"a\"", "table.csv"), Format::JSON);
        assert_eq!(of(b"\xFF\xFF\xFF\xFF\x10\0\0\0", "table"), Format::IPC);
        assert_eq!(of(b"\xFF\xFF\xFF\xFF", "adbc:driver:chess.db"), Format::IPC);
    }
}
