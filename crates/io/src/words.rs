//! Words that mean a missing value, such as `NA` and `-`.
//!
//! No number is called `NA`, so that the usual words are missing in every column of numbers, dates and booleans. In a
//! column of texts they may be values: the code of Namibia, a surname, a rhesus factor.

use crate::{NULLS, ReadOptions};
use pipewright_diagnostic::{Failure, code};

/// Unquoted fields that mean a missing value, besides the empty one.
#[derive(Debug, Clone)]
pub(crate) struct NullWords {
    words: Vec<Vec<u8>>,
    /// Is `NaN` one of them, in any case and with any sign?
    nan: bool,
    /// Which bytes start one: most fields are distinguished from all of them by the first byte.
    begins: [bool; 256],
}

impl NullWords {
    fn new<'a>(words: impl IntoIterator<Item = &'a str>, nan: bool) -> NullWords {
        let words: Vec<Vec<u8>> = words.into_iter().map(|word| word.trim().as_bytes().to_vec()).collect();
        let mut begins = [false; 256];
        let nan_begins: &[u8] = if nan { b"nN+-" } else { b"" };
        for first in words.iter().filter_map(|word| word.first()).chain(nan_begins) {
            begins[usize::from(*first)] = true;
        }
        NullWords { words, nan, begins }
    }

    /// Those of columns that are not text: the usual ones and the declared ones.
    pub(crate) fn of_values(declared: Option<&[String]>) -> NullWords {
        NullWords::new(NULLS.into_iter().chain(declared.into_iter().flatten().map(String::as_str)), true)
    }

    /// Those of columns inferred to be text: exactly the declared ones, or the usual ones.
    pub(crate) fn of_texts(declared: Option<&[String]>) -> NullWords {
        declared.map_or_else(|| NullWords::of_values(None), NullWords::only)
    }

    /// Those of columns declared as text: exactly the declared ones, or none.
    pub(crate) fn of_declared_texts(declared: Option<&[String]>) -> NullWords {
        NullWords::only(declared.unwrap_or_default())
    }

    fn only(words: &[String]) -> NullWords {
        NullWords::new(words.iter().map(String::as_str), false)
    }

    /// Is this text missing if unquoted? The empty one is.
    #[inline]
    pub(crate) fn has(&self, text: &[u8]) -> bool {
        match text.first() {
            None => true,
            Some(first) => {
                self.begins[usize::from(*first)]
                    && (self.words.iter().any(|word| word == text) || (self.nan && is_nan(text)))
            }
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &[u8]> {
        self.words.iter().map(Vec::as_slice)
    }
}

/// Is it `NaN`, in any case and with any sign? Unquoted it is a missing value; quoted it is a number.
fn is_nan(text: &[u8]) -> bool {
    text.strip_prefix(b"-").or(text.strip_prefix(b"+")).unwrap_or(text).eq_ignore_ascii_case(b"nan")
}

/// The words that were taken for missing values in a column, in the order of their appearance, with their numbers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Taken(Vec<(Box<[u8]>, u64)>);

impl Taken {
    #[inline]
    pub(crate) fn add(&mut self, word: &[u8]) {
        self.add_many(word, 1);
    }

    fn add_many(&mut self, word: &[u8], more: u64) {
        match self.0.iter_mut().find(|(known, _)| **known == *word) {
            Some((_, count)) => *count += more,
            None => self.0.push((word.into(), more)),
        }
    }

    pub(crate) fn join(&mut self, later: &Taken) {
        later.0.iter().for_each(|(word, count)| self.add_many(word, *count));
    }

    /// Creates the note about a text column, if there are any.
    pub(crate) fn note(&self, name: &str, options: &ReadOptions) -> Option<Failure> {
        // Whoever has said what is missing need not be told.
        if self.0.is_empty() || options.nulls.is_some() {
            return None;
        }
        let part = |(word, count): &(Box<[u8]>, u64)| {
            let rows = if *count == 1 { "row" } else { "rows" };
            format!("`{}` ({count} {rows})", String::from_utf8_lossy(word))
        };
        let parts: Vec<String> = self.0.iter().map(part).collect();
        let message = format!("`{name}` is text, and missing where it says {}", parts.join(", "));
        Some(
            Failure::note(code::READ_AS_MISSING, message)
                .file(&options.name)
                .column(name)
                .help(format!("to keep such texts: load … schema=\"{name}: text\", or null=[] for all columns")),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_words_are_missing_among_numbers_whatever_is_declared() {
        let declared = ["oops".to_owned()];
        let (values, texts) = (NullWords::of_values(Some(&declared)), NullWords::of_texts(Some(&declared)));
        for word in ["NA", "-", "NaN", "-nan", "oops", ""] {
            assert!(values.has(word.as_bytes()), "{word}");
        }
        assert!(texts.has(b"oops") && texts.has(b"") && !texts.has(b"NA") && !texts.has(b"nan"));
        assert!(NullWords::of_texts(None).has(b"NA") && !NullWords::of_declared_texts(None).has(b"NA"));
        assert!(!NullWords::of_texts(Some(&[])).has(b"NA"));
    }
}
