//! Makes numbers of texts.

mod state;

use super::columns::{chosen, fitted, replaced};
use super::{Estimator, Summary};
use crate::summary::Levels;
use crate::table::quoted;
use crate::{Column, Entry, Kind, Role, Schema, Selection, Table};
use arrow_array::Array;
use arrow_array::cast::AsArray;
use pipewright_diagnostic::{Failure, code};
use serde::{Deserialize, Serialize};
use state::{Coding, Encoded, for_each_level};

pub use state::EncoderState;

/// Encodes columns of names as columns of numbers.
///
/// One-hot: `sex` becomes the truth values `sex=female`, `sex=male` (levels in sorted order), `sex (missing)` if a
/// value was missing in training, and `sex (other)` if levels were rare or [`Unseen::Other`] asks for it. A value that
/// was missing in no row of training, and by default a level that was not seen, is false everywhere.
#[derive(Debug, Clone, PartialEq)]
pub struct Encoder {
    /// How.
    pub method: EncoderMethod,
    /// What to do about a level that was not there in training; for one-hot columns.
    pub unseen: Unseen,
    /// Folds levels that are rarer than this into `NAME (other)`; for one-hot columns.
    pub rare: Option<Rare>,
    /// The columns to encode; without it all features of the kinds that the method is for.
    pub on: Option<Selection>,
}

/// How to make numbers of names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EncoderMethod {
    /// What fits each column: texts become one-hot, truth values stay one column (and `NAME (missing)` where a value
    /// was missing); dates, ids, and texts whose values are nearly all different (more than 20 levels, and more than
    /// half as many as values) are left out.
    Auto,
    /// A truth value for each level. Takes texts; where they are named also counts and truth values.
    OneHot,
    /// The level's place in sorted order, from 0; -1 for a missing value or a level that was not seen.
    Ordinal,
}

/// What to do about a level that was not there in training.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Unseen {
    /// False in every column of its group.
    #[default]
    Zero,
    /// True in `NAME (other)`.
    Other,
    /// A failure.
    Error,
}

/// When a level is rare.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Rare {
    /// In fewer than this share of the rows that have a value.
    Share(f64),
    /// In fewer than this many rows.
    Count(u64),
}

impl Encoder {
    /// What fits each column.
    #[must_use]
    pub fn auto() -> Encoder {
        Encoder { method: EncoderMethod::Auto, unseen: Unseen::Zero, rare: None, on: None }
    }

    /// A truth value for each level.
    #[must_use]
    pub fn onehot() -> Encoder {
        Encoder { method: EncoderMethod::OneHot, ..Encoder::auto() }
    }

    /// Places in sorted order.
    #[must_use]
    pub fn ordinal() -> Encoder {
        Encoder { method: EncoderMethod::Ordinal, ..Encoder::auto() }
    }

    /// The same for these columns.
    #[must_use]
    pub fn on(self, columns: Selection) -> Encoder {
        Encoder { on: Some(columns), ..self }
    }

    /// The same with rare levels folded into one.
    #[must_use]
    pub fn with_rare(self, rare: Rare) -> Encoder {
        Encoder { rare: Some(rare), ..self }
    }

    /// The same with another rule for unseen levels.
    #[must_use]
    pub fn with_unseen(self, unseen: Unseen) -> Encoder {
        Encoder { unseen, ..self }
    }
}

impl Encoder {
    /// The columns to encode.
    fn columns(&self, input: &Schema) -> Result<Vec<Column>, Failure> {
        let name = match self.method {
            EncoderMethod::Auto => "`encode auto`",
            EncoderMethod::OneHot => "`encode onehot`",
            EncoderMethod::Ordinal => "`encode ordinal`",
        };
        let named = self.on.is_some();
        let accepts = |kind: Kind| match self.method {
            EncoderMethod::Auto => named || !kind.is_numeric(),
            EncoderMethod::OneHot | EncoderMethod::Ordinal => match kind {
                Kind::Category | Kind::Ordered | Kind::Text => true,
                Kind::Count | Kind::Bool | Kind::Id => named,
                Kind::Continuous | Kind::Date | Kind::Time => false,
            },
        };
        let mut columns = chosen(self.on.as_ref(), input, name, accepts)?;
        // `auto` has nothing to do for numbers.
        columns.retain(|column| self.method != EncoderMethod::Auto || !column.kind.is_numeric());
        match columns.iter().find(|column| column.role == Role::Target && self.method != EncoderMethod::Ordinal) {
            None => Ok(columns),
            Some(target) => {
                let message = format!("{name} would make features of the target `{}`", target.name);
                Err(Failure::new(code::READS_TARGET, message).column(&*target.name))
            }
        }
    }
}

/// A column that was left out, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// Its name.
    pub column: String,
    /// Why, as the end of a sentence: `681 of 891 values are different`.
    pub reason: String,
}

/// What was seen of the columns to encode.
#[derive(Debug)]
pub struct EncoderSummary {
    columns: Vec<(Column, Seen)>,
}

/// What was seen of one column.
#[derive(Debug)]
struct Seen {
    levels: Levels<String>,
    missing: u64,
}

impl Summary for EncoderSummary {
    fn merge(&mut self, later: EncoderSummary) {
        for ((_, seen), (_, more)) in self.columns.iter_mut().zip(later.columns) {
            seen.levels.merge(more.levels);
            seen.missing += more.missing;
        }
    }
}

impl Estimator for Encoder {
    type Summary = EncoderSummary;
    type State = EncoderState;

    fn schema(&self, input: &Schema) -> Result<Schema, Failure> {
        Ok(replaced(input, &self.columns(input)?, |column| match (self.method, column.kind) {
            (EncoderMethod::Ordinal, _) => vec![Entry::Column(Column { kind: Kind::Count, ..column.clone() })],
            (EncoderMethod::Auto, Kind::Date | Kind::Time | Kind::Id) => Vec::new(),
            _ => vec![Entry::Open { from: column.name.clone(), kind: Kind::Bool }],
        }))
    }

    fn empty(&self, input: &Schema) -> Result<EncoderSummary, Failure> {
        let columns = self.columns(input)?.into_iter();
        let unseen = |column| (column, Seen { levels: Levels::default(), missing: 0 });
        Ok(EncoderSummary { columns: columns.map(unseen).collect() })
    }

    fn observe(&self, summary: &mut EncoderSummary, rows: &Table) -> Result<(), Failure> {
        for (column, seen) in &mut summary.columns {
            let array = fitted(rows, &column.name, column.kind)?;
            seen.missing += array.null_count() as u64;
            let levels_matter = match (self.method, column.kind) {
                (EncoderMethod::Auto, kind) => kind.is_string() && kind != Kind::Id,
                _ => true,
            };
            match array.as_string_opt::<i32>() {
                _ if !levels_matter => {}
                Some(texts) => seen.levels.add_all(texts.iter().flatten()),
                None => for_each_level(array, |_, level| level.into_iter().for_each(|level| seen.levels.add(level))),
            }
        }
        Ok(())
    }

    fn finish(&self, summary: EncoderSummary) -> Result<EncoderState, Failure> {
        let encoded = summary.columns.into_iter().map(|(column, seen)| {
            let coding = self.coding(column.kind, &seen);
            Encoded { name: column.name, kind: column.kind, coding }
        });
        let state = EncoderState { unseen: self.unseen, columns: encoded.collect() };
        let members: usize = state.columns.iter().map(|encoded| encoded.coding.members()).sum();
        if members <= MEMBERS_MAX {
            return Ok(state);
        }
        let largest = state.columns.iter().max_by_key(|encoded| encoded.coding.members()).expect("there are members");
        let message = format!("encoding makes {members} columns; a table has at most {MEMBERS_MAX}");
        Err(Failure::new(code::LIMIT_REACHED, message)
            .column(&*largest.name)
            .help(format!("`drop {}`, or fold rare levels with `rare=1%`", quoted(&largest.name))))
    }
}

/// The most columns that one step makes.
const MEMBERS_MAX: usize = 100_000;

impl Encoder {
    /// How a column of this kind is encoded after this was seen of it.
    fn coding(&self, kind: Kind, seen: &Seen) -> Coding {
        let levels = || in_order(seen.levels.iter().map(|(level, _)| level.clone()).collect(), kind);
        match (self.method, kind) {
            (EncoderMethod::Ordinal, _) => Coding::Ordinal { levels: levels() },
            (EncoderMethod::Auto, Kind::Bool) => Coding::Truth { missing: seen.missing > 0 },
            (EncoderMethod::Auto, Kind::Date) => Coding::LeftOut { reason: "it holds dates".into() },
            (EncoderMethod::Auto, Kind::Time) => Coding::LeftOut { reason: "it holds times of day".into() },
            (EncoderMethod::Auto, Kind::Id) => Coding::LeftOut { reason: "it holds ids".into() },
            (EncoderMethod::Auto, Kind::Text) if nearly_unique(&seen.levels) => {
                let (different, total) = (seen.levels.len(), seen.levels.total());
                Coding::LeftOut { reason: format!("{different} of {total} values are different") }
            }
            _ => {
                let fewest = match self.rare {
                    None => 0.0,
                    Some(Rare::Count(count)) => count as f64,
                    Some(Rare::Share(share)) => share * seen.levels.total() as f64,
                };
                let rare: Vec<String> = seen
                    .levels
                    .iter()
                    .filter(|(_, count)| (*count as f64) < fewest)
                    .map(|(level, _)| level.clone())
                    .collect();
                let kept = levels().into_iter().filter(|level| rare.binary_search(level).is_err()).collect();
                let other = !rare.is_empty() || self.unseen == Unseen::Other;
                Coding::OneHot { levels: kept, rare, missing: seen.missing > 0, other }
            }
        }
    }
}

/// Nearly every value its own level: such texts say nothing about new rows.
fn nearly_unique(levels: &Levels<String>) -> bool {
    levels.len() > 20 && levels.len() as u64 * 2 > levels.total()
}

/// Levels of counts are ordered by size, all others by character.
fn in_order(mut levels: Vec<String>, kind: Kind) -> Vec<String> {
    if kind == Kind::Count {
        levels.sort_by_key(|level| level.parse::<i64>().expect("levels of counts are whole numbers"));
    }
    levels
}
