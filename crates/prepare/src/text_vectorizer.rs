//! Makes numbers of texts by the words in them.

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

/// Replaces texts by numbers of their words: `notes (word)`.
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
    /// Which numbers.
    pub method: VectorizerMethod,
    /// How many columns at most: those of the words that are most frequent in all texts together, of equally frequent
    /// ones the first by character; for hashes, as many as that.
    pub size: u32,
    /// Runs of up to so many words count as words too; 1 for words alone.
    pub longest: u32,
    /// The columns; without it all features of kind text.
    pub on: Option<Selection>,
}

/// Which number a word gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum VectorizerMethod {
    /// How often it stands in the text, times ln((1 + n) / (1 + d)) + 1, where d of the n texts of training have it;
    /// all numbers of a text divided by their Euclidean length (as scikit-learn's `TfidfVectorizer`).
    Tfidf,
    /// How often it stands in the text.
    Count,
    /// How often words of a bucket stand in the text, half of the words counting negatively (Weinberger et al. 2009),
    /// divided by the Euclidean length. Learns nothing.
    Hash,
}

/// The most columns of a text.
const SIZE_MAX: u32 = 100_000;

impl TextVectorizer {
    /// So many columns at most.
    #[must_use]
    pub fn new(method: VectorizerMethod, size: u32) -> TextVectorizer {
        TextVectorizer { method, size, longest: 1, on: None }
    }

    /// The same with runs of up to so many words.
    #[must_use]
    pub fn with_runs(self, longest: u32) -> TextVectorizer {
        TextVectorizer { longest, ..self }
    }

    /// The same for these columns.
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
                let message = format!("{} columns of a text; there are at most {SIZE_MAX}", self.size);
                Err(Failure::new(code::LIMIT_REACHED, message).column(&*first.name))
            }
            _ => Ok(columns),
        }
    }
}

/// How often a word was seen.
#[derive(Debug, Clone, Copy, Default)]
struct Seen {
    /// In how many texts.
    texts: u64,
    /// How often in all.
    times: u64,
}

/// What was seen of the texts.
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

/// The words of each column.
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
    /// The words that have a column, in order; none for hashes.
    words: Vec<String>,
    /// What a word's number is multiplied with; for `Tfidf` only.
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
    /// The most frequent words, in order, and their weights.
    fn vocabulary(&self, texts: &Texts) -> (Vec<String>, Vec<f64>) {
        let mut all: Vec<(&String, &Seen)> = texts.words.iter().collect();
        // The sort is stable: of equally frequent words the first by character comes first.
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

/// The words of a text, in lower case, and the runs of up to `longest` of them with blanks between.
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

/// The column of a word or a bucket.
fn feature(text: &Column, name: String, method: VectorizerMethod) -> Column {
    let kind = if method == VectorizerMethod::Count { ColumnType::Count } else { ColumnType::Continuous };
    Column { name: name.into(), kind, role: Role::Feature, sources: text.sources.clone() }
}

impl Worded {
    /// The numbers of each text that are not 0.
    fn numbers(&self, method: VectorizerMethod, longest: u32, texts: &TextArray) -> Sparse {
        // Only looked up, never walked through.
        let places: HashMap<&str, usize> = self.words.iter().map(String::as_str).zip(0..).collect();
        let mut numbers = Vec::new();
        // The places of one text's words, each once, and what they count.
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
            // In order, so that a text's length is the same sum whatever the order of its words.
            touched.sort_unstable();
            touched.dedup();
            self.weigh(method, &touched, &mut counts);
            for place in touched.drain(..) {
                numbers.push((place, row, std::mem::take(&mut counts[place])));
            }
        }
        Sparse::new(self.size as usize, &numbers)
    }

    /// From counts of words to what the method makes of them.
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

/// A matrix of which few entries are not 0, column after column.
struct Sparse {
    /// Where the entries of each column begin, and their end.
    starts: Vec<usize>,
    /// Of each entry.
    rows: Vec<usize>,
    numbers: Vec<f64>,
}

impl Sparse {
    /// Of entries (column, row, number) in the order of their rows.
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

    /// Rows and numbers of a column.
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
            return Err(bad_state("runs of no words"));
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
                return Err(bad_state(format!("the words of `{name}` do not fit each other")));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
