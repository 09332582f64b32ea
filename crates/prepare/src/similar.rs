//! Merging texts that are spelled alike.

use crate::State;
use crate::by_column::{ByColumn, Seen};
use crate::columns::{bad_state, chosen, map_fitted, shown, validate_names};
use arrow_array::ArrayRef;
use arrow_array::cast::AsArray;
use pipewright_diagnostic::{Failure, code, go_on};
use pipewright_expr::Selection;
use pipewright_table::summary::Levels;
use pipewright_table::{Column, ColumnType, Entry, Schema, Table, TextArray, TextOffset};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// Replaces texts by the most frequent spelling among those that are similar: `Berlin`, `berlin ` and `Berlln`.
///
/// Spellings are compared without regard to case and to repeated white space. Two are similar if the number of letters
/// to insert, delete, replace or swap (optimal string alignment), divided by the length of the longer one, is at most
/// 1 − `similarity`. The spellings of the training rows are visited from the most frequent to the least (ties in the
/// order of texts): each joins the most similar of those that came before it and stand for themselves, or else stands
/// for itself. Spellings that were not seen in training are treated likewise.
///
/// ```
/// use pipewright_frame::{MergeSimilar, ReadOptions, State, csv, fit};
/// let (table, _) = csv::read(b"city\nHamburg\nHamburg\nhamburg \nHambrug\nBonn\n", &ReadOptions::new("t.csv")).unwrap();
/// let state = fit(&MergeSimilar { similarity: 0.8, on: None }, &table).unwrap();
/// assert_eq!(state.apply(&table).unwrap().classes("city").unwrap(), ["Bonn", "Hamburg"]);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct MergeSimilar {
    /// The least similarity, from 0 to 1: 1 merges only what differs in case and white space.
    pub similarity: f64,
    /// The columns; all text features if `None`.
    pub on: Option<Selection>,
}

/// Every spelling is compared with every one that stands for itself.
const SPELLINGS_MAX: usize = 5_000;

impl ByColumn for MergeSimilar {
    type Learned = Spellings;
    type State = MergeSimilarState;

    fn columns(&self, input: &Schema) -> Result<Vec<Column>, Failure> {
        if !(0.0..=1.0).contains(&self.similarity) {
            let message = format!("{} is not a similarity from 0 to 1", self.similarity);
            return Err(Failure::new(code::BAD_VALUE, message));
        }
        chosen(self.on.as_ref(), input, "`merge similar`", ColumnType::is_string)
    }

    fn entries(&self, column: &Column) -> Vec<Entry> {
        vec![Entry::Column(column.clone())]
    }

    fn seen(&self, _: &Column) -> Seen {
        Seen::Texts(Levels::default())
    }

    fn learn(&self, column: Column, seen: Seen) -> Result<Spellings, Failure> {
        let Seen::Texts(levels) = seen else { unreachable!("spellings are texts") };
        if levels.len() > SPELLINGS_MAX {
            let message = format!("`{}` has {} different texts", column.name, levels.len());
            return Err(Failure::new(code::LIMIT_REACHED, message)
                .column(&*column.name)
                .help(format!("`merge similar` compares up to {SPELLINGS_MAX}; extract the part that matters first")));
        }
        let mut counted: Vec<(&String, u64)> = levels.iter().collect();
        counted.sort_by(|(left, more), (right, less)| less.cmp(more).then(left.cmp(right)));
        let (mut known, mut others) = (Known { similarity: self.similarity, folded: Vec::new() }, BTreeMap::new());
        let mut own: Vec<String> = Vec::new();
        for (spelling, _) in counted {
            go_on()?;
            let folded = folded(spelling);
            match known.nearest(&folded) {
                Some(place) => drop(others.insert(spelling.clone(), place)),
                None => {
                    known.folded.push(folded);
                    own.push(spelling.clone());
                }
            }
        }
        Ok(Spellings { name: column.name, kind: column.kind, similarity: self.similarity, own, others })
    }

    fn state(&self, columns: Vec<Spellings>) -> MergeSimilarState {
        MergeSimilarState { columns }
    }
}

/// Returns the text in lower case, with single blanks and none at the ends.
fn folded(text: &str) -> String {
    text.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The spellings of each column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MergeSimilarState {
    columns: Vec<Spellings>,
}

/// The spellings of one column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spellings {
    name: Arc<str>,
    kind: ColumnType,
    similarity: f64,
    /// Those that stand for themselves.
    own: Vec<String>,
    /// Other spellings, with the place of the one that stands for them.
    others: BTreeMap<String, usize>,
}

/// Spellings that stand for themselves, as they are compared.
struct Known {
    similarity: f64,
    folded: Vec<String>,
}

impl Known {
    /// Returns the place of the most similar spelling, if it is similar enough; the first on ties.
    fn nearest(&self, text: &str) -> Option<usize> {
        let length = text.chars().count();
        let mut best: Option<(f64, usize)> = None;
        for (place, other) in self.folded.iter().enumerate() {
            let other_length = other.chars().count();
            let longer = length.max(other_length).max(1) as f64;
            // No distance is shorter than the difference of the lengths.
            let bound = 1.0 - length.abs_diff(other_length) as f64 / longer;
            if bound < self.similarity || best.is_some_and(|(similarity, _)| bound <= similarity) {
                continue;
            }
            let similarity = 1.0 - strsim::osa_distance(text, other) as f64 / longer;
            if similarity >= self.similarity && best.is_none_or(|(so_far, _)| similarity > so_far) {
                best = Some((similarity, place));
            }
        }
        best.map(|(_, place)| place)
    }
}

impl Spellings {
    fn merged(&self, array: &ArrayRef) -> ArrayRef {
        let known = Known { similarity: self.similarity, folded: self.own.iter().map(|own| folded(own)).collect() };
        let own: HashMap<&str, usize> = self.own.iter().enumerate().map(|(place, own)| (own.as_str(), place)).collect();
        let mut new: HashMap<&str, Option<usize>> = HashMap::new();
        let texts = array.as_string::<TextOffset>().iter().map(|text| {
            let text = text?;
            let seen = own.get(text).or_else(|| self.others.get(text)).copied();
            let place = seen.or_else(|| *new.entry(text).or_insert_with(|| known.nearest(&folded(text))));
            Some(place.map_or(text, |place| &self.own[place]))
        });
        Arc::new(texts.collect::<TextArray>())
    }
}

impl State for MergeSimilarState {
    const TAG: &str = "merge_similar";

    fn apply(&self, rows: &Table) -> Result<Table, Failure> {
        let column_of = |spellings: &Spellings| (spellings.name.clone(), spellings.kind);
        map_fitted(rows.clone(), &self.columns, column_of, |spellings, column, array| {
            Ok(vec![(column.clone(), spellings.merged(&array))])
        })
    }

    fn show(&self) -> Table {
        let merged = self.columns.iter().flat_map(|spellings| {
            let into = |place: &usize| spellings.own[*place].clone();
            spellings
                .others
                .iter()
                .map(move |(spelling, place)| (format!("{}: {spelling}", spellings.name), into(place)))
        });
        shown("merged into", merged)
    }

    fn validate(&self) -> Result<(), Failure> {
        validate_names(self.columns.iter().map(|spellings| &spellings.name))?;
        for spellings in &self.columns {
            let places = spellings.others.values().all(|place| *place < spellings.own.len());
            if !places || !(0.0..=1.0).contains(&spellings.similarity) || !spellings.kind.is_string() {
                return Err(bad_state("merged spellings refer to none"));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fit;
    use crate::laws::check;
    use pipewright_table::testing::{random_table, table};
    use pipewright_table::text::text_of;
    use pipewright_world::random::Key;

    fn merged(similarity: f64, training: &str, new: &str) -> Vec<Option<String>> {
        let step = MergeSimilar { similarity, on: Some(Selection::name("c")) };
        let state = fit(&step, &table(training)).unwrap();
        assert_eq!(state.validate(), Ok(()));
        let applied = state.apply(&table(new)).unwrap();
        (0..applied.rows()).map(|row| text_of(applied.array("c").unwrap(), row)).collect()
    }

    #[test]
    fn spellings_join_the_most_frequent_one_and_new_ones_do_too() {
        let training = "c,n\nMunich,1\nMunich,1\nmunich,1\nMunihc,1\nZurich,1\n,1\n";
        let some = |text: &str| Some(text.to_owned());
        let new = "c,n\nMUNICH,1\nMunlch,1\nZurich,1\nParis,1\n,1\n";
        let expected = vec![some("Munich"), some("Munich"), some("Zurich"), some("Paris"), None];
        assert_eq!(merged(0.8, training, new), expected);
        let case_only = vec![some("Munich"), some("Munlch"), some("Zurich"), some("Paris"), None];
        assert_eq!(merged(1.0, training, new), case_only);
    }

    #[test]
    fn it_obeys_the_laws_of_estimators() {
        check(&MergeSimilar { similarity: 0.9, on: None }, &random_table(Key::new(4), 60));
        let refused = fit(&MergeSimilar { similarity: 1.5, on: None }, &table("c,n\nx,1\ny,2\n")).unwrap_err();
        assert_eq!(refused.code, code::BAD_VALUE);
    }
}
