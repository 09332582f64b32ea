//! Text vectorisation: bag of words, TF-IDF, feature hashing.

use crate::columns::{bad_state, chosen, fitted, replaced, shown, validate_names};
use crate::encoder::codes::hash;
use crate::encoder::{hash_name, refuse_target};
use crate::{Estimator, State, Summary};
use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef};
use pipewright_diagnostic::{Failure, code};
use pipewright_expr::Selection;
use pipewright_table::{CHUNK_ROWS, Column, ColumnType, Entry, Role, Schema, SparseArray, Stored, Table};
use pipewright_table::{TextArray, TextOffset};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

/// Replaces texts by numbers per word: `notes (word)`.
///
/// A word is a run of two or more letters, digits and underscores, in lower case. A missing text has no words.
///
/// ```
/// use pipewright_frame::{ReadOptions, State, VectorizerMethod, TextVectorizer, csv, fit};
/// let (table, _) = csv::read(b"notes\nThe old cat\nOld: the dog. Old!\n", &ReadOptions::new("t.csv")).unwrap();
/// let state = fit(&TextVectorizer::new(VectorizerMethod::Count, 1), &table).unwrap();
/// assert_eq!(state.apply(&table).unwrap().numbers(&["notes (old)".into()]).unwrap(), [1.0, 2.0]);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct TextVectorizer {
    /// Vectorisation method.
    pub method: VectorizerMethod,
    /// Maximum number of columns: the most frequent words over all texts, on ties in lexicographic order; for hashing,
    /// the number of buckets.
    pub size: u32,
    /// Maximum n-gram length; 1 for single words.
    pub longest: u32,
    /// The columns; all features of type text if `None`.
    pub on: Option<Selection>,
}

/// Vectorisation method.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum VectorizerMethod {
    /// TF-IDF: count in the text times ln((1 + n) / (1 + d)) + 1, where d of the n training texts contain the word;
    /// each text is normalised to Euclidean length 1 (as scikit-learn's `TfidfVectorizer`).
    Tfidf,
    /// Count in the text.
    Count,
    /// Feature hashing: count of the words of a bucket, with negative sign for half of the words (Weinberger et al.
    /// 2009), normalised to Euclidean length 1. Learns nothing.
    Hash,
}

/// Maximum number of columns per text.
const SIZE_MAX: u32 = 100_000;

impl TextVectorizer {
    /// Limits the number of columns.
    #[must_use]
    pub fn new(method: VectorizerMethod, size: u32) -> TextVectorizer {
        TextVectorizer { method, size, longest: 1, on: None }
    }

    /// Includes n-grams up to this length.
    #[must_use]
    pub fn with_runs(self, longest: u32) -> TextVectorizer {
        TextVectorizer { longest, ..self }
    }

    /// Restricts to these columns.
    #[must_use]
    pub fn on(self, columns: Selection) -> TextVectorizer {
        TextVectorizer { on: Some(columns), ..self }
    }

    fn columns(&self, input: &Schema) -> Result<Vec<Column>, Failure> {
        let named = self.on.is_some();
        let columns = chosen(self.on.as_ref(), input, "`text`", |kind| match kind {
            ColumnType::Text => true,
            ColumnType::Category | ColumnType::Ordered => named,
            _ => false,
        })?;
        let columns = refuse_target(columns, "`text`")?;
        match columns.first() {
            Some(first) if self.size > SIZE_MAX => {
                let message = format!("{} columns per text; the maximum is {SIZE_MAX}", self.size);
                Err(Failure::new(code::LIMIT_REACHED, message).column(&*first.name))
            }
            _ => Ok(columns),
        }
    }
}

/// Frequencies of a word.
#[derive(Debug, Clone, Copy, Default)]
struct Seen {
    /// Number of texts that contain it.
    texts: u64,
    /// Total count.
    times: u64,
}

/// Summary of the texts.
#[derive(Debug)]
pub struct TextVectorizerSummary {
    columns: Vec<(Column, Texts)>,
}

#[derive(Debug, Default)]
struct Texts {
    count: u64,
    words: BTreeMap<String, Seen>,
}

impl Texts {
    fn add(&mut self, word: String, seen: Seen) {
        let all = self.words.entry(word).or_default();
        all.texts += seen.texts;
        all.times += seen.times;
    }
}

impl Summary for TextVectorizerSummary {
    fn merge(&mut self, later: TextVectorizerSummary) {
        for ((_, texts), (_, more)) in self.columns.iter_mut().zip(later.columns) {
            texts.count += more.count;
            more.words.into_iter().for_each(|(word, seen)| texts.add(word, seen));
        }
    }
}

/// The vocabulary of each column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TextVectorizerState {
    method: VectorizerMethod,
    longest: u32,
    columns: Vec<Worded>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Worded {
    name: Arc<str>,
    kind: ColumnType,
    /// The words that have a column, in order; empty for hashing.
    words: Vec<String>,
    /// The IDF weight of each word; for `Tfidf` only.
    weights: Vec<f64>,
    /// The number of columns.
    size: u32,
}

impl Estimator for TextVectorizer {
    type Summary = TextVectorizerSummary;
    type State = TextVectorizerState;

    fn schema(&self, input: &Schema) -> Result<Schema, Failure> {
        Ok(replaced(input, &self.columns(input)?, |column| match self.method {
            VectorizerMethod::Tfidf => vec![Entry::Open { from: column.name.clone(), kind: ColumnType::Continuous }],
            VectorizerMethod::Count => vec![Entry::Open { from: column.name.clone(), kind: ColumnType::Count }],
            VectorizerMethod::Hash => {
                let name = |bucket| hash_name(&column.name, bucket);
                (0..self.size).map(|bucket| Entry::Column(feature(column, name(bucket), self.method))).collect()
            }
        }))
    }

    fn empty(&self, input: &Schema) -> Result<TextVectorizerSummary, Failure> {
        let columns = self.columns(input)?.into_iter().map(|column| (column, Texts::default()));
        Ok(TextVectorizerSummary { columns: columns.collect() })
    }

    fn needs_rows(&self) -> bool {
        self.method != VectorizerMethod::Hash
    }

    fn observe(&self, summary: &mut TextVectorizerSummary, rows: &Table) -> Result<(), Failure> {
        for (column, texts) in &mut summary.columns {
            let array = fitted(rows, &column.name, column.kind)?.as_string::<TextOffset>();
            texts.count += array.len() as u64;
            // In order of first appearance; the map is only looked up.
            let mut found: Vec<(String, Seen, usize)> = Vec::new();
            let mut places: HashMap<String, usize> = HashMap::new();
            for (row, text) in array.iter().enumerate() {
                for_each_word(text.unwrap_or_default(), self.longest, |word| {
                    let place = places.get(word).copied().unwrap_or_else(|| {
                        places.insert(word.to_owned(), found.len());
                        found.push((word.to_owned(), Seen::default(), usize::MAX));
                        found.len() - 1
                    });
                    let (_, seen, last) = &mut found[place];
                    seen.texts += u64::from(*last != row);
                    seen.times += 1;
                    *last = row;
                });
            }
            found.into_iter().for_each(|(word, seen, _)| texts.add(word, seen));
        }
        Ok(())
    }

    fn finish(&self, summary: TextVectorizerSummary) -> Result<TextVectorizerState, Failure> {
        let columns = summary.columns.into_iter().map(|(column, texts)| {
            let (words, weights) = if self.needs_rows() { self.vocabulary(&texts) } else { (Vec::new(), Vec::new()) };
            let size = if self.needs_rows() { words.len() as u32 } else { self.size };
            Worded { name: column.name, kind: column.kind, words, weights, size }
        });
        Ok(TextVectorizerState { method: self.method, longest: self.longest, columns: columns.collect() })
    }
}

impl TextVectorizer {
    /// Returns the most frequent words, in order, and their weights.
    fn vocabulary(&self, texts: &Texts) -> (Vec<String>, Vec<f64>) {
        let mut all: Vec<(&String, &Seen)> = texts.words.iter().collect();
        // The sort is stable: ties are in lexicographic order.
        all.sort_by_key(|(_, seen)| std::cmp::Reverse(seen.times));
        all.truncate(self.size as usize);
        all.sort_by_key(|(word, _)| *word);
        let weight = |seen: &Seen| ((1 + texts.count) as f64 / (1 + seen.texts) as f64).ln() + 1.0;
        let weights = match self.method {
            VectorizerMethod::Tfidf => all.iter().map(|(_, seen)| weight(seen)).collect(),
            VectorizerMethod::Count | VectorizerMethod::Hash => Vec::new(),
        };
        (all.into_iter().map(|(word, _)| word.clone()).collect(), weights)
    }
}

/// Passes the words of a text, in lower case, and the n-grams of up to `longest` words, joined by spaces.
fn for_each_word(text: &str, longest: u32, mut take: impl FnMut(&str)) {
    let lower = text.to_lowercase();
    let is_part = |sign: char| sign.is_alphanumeric() || sign == '_';
    let words = lower.split(|sign| !is_part(sign)).filter(|word| word.chars().nth(1).is_some());
    if longest == 1 {
        return words.for_each(take);
    }
    let words: Vec<&str> = words.collect();
    for length in 1..=(longest as usize).min(words.len()) {
        words.windows(length).for_each(|run| take(&run.join(" ")));
    }
}

/// Returns the column of a word or a bucket.
fn feature(text: &Column, name: String, method: VectorizerMethod) -> Column {
    let kind = if method == VectorizerMethod::Count { ColumnType::Count } else { ColumnType::Continuous };
    Column { name: name.into(), kind, role: Role::Feature, sources: text.sources.clone() }
}

impl Worded {
    /// Returns the non-zero numbers of each text.
    fn numbers(&self, method: VectorizerMethod, longest: u32, texts: &TextArray) -> Sparse {
        // Lookup only, never iterated.
        let places: HashMap<&str, usize> = self.words.iter().map(String::as_str).zip(0..).collect();
        let mut numbers = Vec::new();
        // The columns of one text's words, each once, and their counts.
        let (mut touched, mut counts) = (Vec::new(), vec![0.0; self.size as usize]);
        for (row, text) in texts.iter().enumerate() {
            for_each_word(text.unwrap_or_default(), longest, |word| {
                let (place, sign) = match method {
                    VectorizerMethod::Hash => {
                        let hash = hash(word);
                        ((hash % u64::from(self.size)) as usize, if hash >> 63 == 0 { 1.0 } else { -1.0 })
                    }
                    VectorizerMethod::Tfidf | VectorizerMethod::Count => match places.get(word) {
                        Some(&place) => (place, 1.0),
                        None => return,
                    },
                };
                touched.push(place);
                counts[place] += sign;
            });
            // Sorted, so that a text's norm does not depend on the order of its words.
            touched.sort_unstable();
            touched.dedup();
            self.weigh(method, &touched, &mut counts);
            for place in touched.drain(..) {
                numbers.push((place, row, std::mem::take(&mut counts[place])));
            }
        }
        Sparse::new(self.size as usize, &numbers)
    }

    /// Converts counts of words to the method's numbers.
    fn weigh(&self, method: VectorizerMethod, touched: &[usize], counts: &mut [f64]) {
        match method {
            VectorizerMethod::Count => return,
            VectorizerMethod::Tfidf => touched.iter().for_each(|&place| counts[place] *= self.weights[place]),
            VectorizerMethod::Hash => {}
        }
        let length = touched.iter().map(|&place| counts[place].powi(2)).sum::<f64>().sqrt();
        if length > 0.0 {
            touched.iter().for_each(|&place| counts[place] /= length);
        }
    }

    fn apply(&self, method: VectorizerMethod, longest: u32, text: &Column, array: &ArrayRef) -> Vec<(Column, Stored)> {
        let texts = array.as_string::<TextOffset>();
        let starts: Vec<usize> = (0..texts.len()).step_by(CHUNK_ROWS).collect();
        let chunk =
            |&start: &usize| self.numbers(method, longest, &texts.slice(start, CHUNK_ROWS.min(texts.len() - start)));
        let chunks: Vec<Sparse> = starts.par_iter().map(chunk).collect();
        let numbers = |place: usize| {
            let parts = chunks.iter().zip(starts.iter().copied());
            parts.flat_map(move |(chunk, start)| chunk.column(place).map(move |(row, number)| (start + row, number)))
        };
        let array = |place: usize| -> Stored {
            let (rows, numbers): (Vec<u32>, Vec<f64>) =
                numbers(place).map(|(row, number)| (row as u32, number)).unzip();
            let sparse = match method {
                VectorizerMethod::Count => SparseArray::counts(texts.len(), rows.into(), numbers.into()),
                VectorizerMethod::Tfidf | VectorizerMethod::Hash => {
                    SparseArray::numbers(texts.len(), rows.into(), numbers.into())
                }
            };
            sparse.into()
        };
        let name = |place: usize| match self.words.get(place) {
            Some(word) => format!("{} ({word})", text.name),
            None => hash_name(&text.name, place as u32),
        };
        let places = (0..self.size as usize).into_par_iter();
        places.map(|place| (feature(text, name(place), method), array(place))).collect()
    }
}

/// A sparse matrix in column-major order.
struct Sparse {
    /// Start of the entries of each column, and the end.
    starts: Vec<usize>,
    /// The row of each entry.
    rows: Vec<usize>,
    numbers: Vec<f64>,
}

impl Sparse {
    /// Creates a matrix from entries (column, row, number) in row order.
    fn new(columns: usize, entries: &[(usize, usize, f64)]) -> Sparse {
        let mut starts = vec![0; columns + 1];
        entries.iter().for_each(|(column, ..)| starts[column + 1] += 1);
        (0..columns).for_each(|column| starts[column + 1] += starts[column]);
        let mut next = starts.clone();
        let (mut rows, mut numbers) = (vec![0; entries.len()], vec![0.0; entries.len()]);
        for &(column, row, number) in entries {
            let place = &mut next[column];
            (rows[*place], numbers[*place]) = (row, number);
            *place += 1;
        }
        Sparse { starts, rows, numbers }
    }

    /// Returns rows and numbers of a column.
    fn column(&self, column: usize) -> impl Iterator<Item = (usize, f64)> {
        let range = self.starts[column]..self.starts[column + 1];
        self.rows[range.clone()].iter().copied().zip(self.numbers[range].iter().copied())
    }
}

impl State for TextVectorizerState {
    const TAG: &str = "text_vectorizer";

    fn apply(&self, rows: &Table) -> Result<Table, Failure> {
        for worded in &self.columns {
            fitted(rows, &worded.name, worded.kind)?;
        }
        let texts: BTreeMap<&str, &Worded> = self.columns.iter().map(|worded| (&*worded.name, worded)).collect();
        rows.map_columns(|column, array| match texts.get(&*column.name) {
            None => Ok(vec![(column.clone(), array.clone())]),
            Some(worded) => Ok(worded.apply(self.method, self.longest, column, array.array())),
        })
    }

    fn show(&self) -> Table {
        let text = |worded: &Worded| match self.method {
            VectorizerMethod::Hash => format!("{} buckets", worded.size),
            VectorizerMethod::Tfidf | VectorizerMethod::Count => worded.words.join(", "),
        };
        shown("words", self.columns.iter().map(|worded| (worded.name.to_string(), text(worded))))
    }

    fn validate(&self) -> Result<(), Failure> {
        validate_names(self.columns.iter().map(|worded| &worded.name))?;
        if self.longest == 0 {
            return Err(bad_state("n-grams of length 0"));
        }
        for Worded { name, kind, words, weights, size } in &self.columns {
            let distinct: BTreeSet<&String> = words.iter().collect();
            let (wanted, weighed) = match self.method {
                VectorizerMethod::Hash => (0, 0),
                VectorizerMethod::Count => (*size as usize, 0),
                VectorizerMethod::Tfidf => (*size as usize, words.len()),
            };
            let is_empty = self.method == VectorizerMethod::Hash && *size == 0;
            let fits = words.len() == wanted && weights.len() == weighed && distinct.len() == words.len();
            if !kind.is_string() || !fits || is_empty || *size > SIZE_MAX || !weights.iter().all(|it| it.is_finite()) {
                return Err(bad_state(format!("the words of `{name}` are inconsistent")));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
