//! Makes numbers of texts.

pub(super) mod codes;
mod scores;
mod state;

use crate::columns::{chosen, fitted, replaced};
use crate::{Estimator, Summary};
use arrow_array::Array;
use codes::{count_levels, kept_and_rare};
use pipewright_diagnostic::{Failure, code};
use pipewright_expr::Selection;
use pipewright_table::summary::Levels;
use pipewright_table::text::quoted;
use pipewright_table::{Column, ColumnType, Entry, Role, Schema, Table};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

pub(super) use scores::{Member, Scores};
pub use state::EncoderState;
pub(super) use state::{Coding, Encoded, hash_name};

/// Encodes columns of names as columns of numbers.
///
/// One-hot: `sex` becomes the truth values `sex=female`, `sex=male` (levels in sorted order), `sex (missing)` if a
/// value was missing in training, and `sex (other)` if levels were rare or [`Unseen::Other`] asks for it. A value that
/// was missing in no row of training, and by default a level that was not seen, is false everywhere.
#[derive(Debug, Clone, PartialEq)]
pub struct Encoder {
    /// How.
    pub method: EncoderMethod,
    /// What to do about a level that was not there in training.
    pub unseen: Unseen,
    /// Folds levels that are rarer than this into one; not where an order is declared.
    pub rare: Option<Rare>,
    /// The order of all levels, from the least; for ordinal columns, in place of the sorted one.
    pub order: Option<Arc<[String]>>,
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
    /// The level's place in sorted or declared order, from 0; rare levels share the place behind all others; -1 for a
    /// missing value or a level that was not seen.
    Ordinal,
    /// How many rows of training have the level; as a share of all rows if asked for. Missing values are counted too;
    /// a level that was not seen has none, or the count of all rare ones.
    Count {
        /// A share of all rows.
        share: bool,
    },
    /// A truth value for each of so many buckets, `town (hash 17)`, of which the level's hash chooses one; false
    /// everywhere where the value is missing. Learns nothing: levels may be without number, and some share a bucket.
    Hash {
        /// How many.
        buckets: u32,
    },
}

/// What to do about a level that was not there in training.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Unseen {
    /// It says nothing: false in every column of its group, a count of 0, the mean of the target.
    #[default]
    Zero,
    /// It is what rare levels are: true in `NAME (other)`, their number.
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
        Encoder { method: EncoderMethod::Auto, unseen: Unseen::Zero, rare: None, order: None, on: None }
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

    /// How many rows have the level.
    #[must_use]
    pub fn count() -> Encoder {
        Encoder { method: EncoderMethod::Count { share: false }, ..Encoder::auto() }
    }

    /// So many buckets of the level's hash.
    #[must_use]
    pub fn hash(buckets: u32) -> Encoder {
        Encoder { method: EncoderMethod::Hash { buckets }, ..Encoder::auto() }
    }

    /// The same with the levels in this order, from the least.
    #[must_use]
    pub fn in_order(self, levels: impl IntoIterator<Item = impl Into<String>>) -> Encoder {
        Encoder { order: Some(levels.into_iter().map(Into::into).collect()), ..self }
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
            EncoderMethod::Count { .. } => "`encode count`",
            EncoderMethod::Hash { .. } => "`encode hash`",
        };
        let may_be_target = self.method == EncoderMethod::Ordinal;
        if let EncoderMethod::Hash { buckets } = self.method {
            let columns = discrete(self.on.as_ref(), input, name, may_be_target)?;
            let members = buckets as usize * columns.len();
            let first = columns.first().filter(|_| members > MEMBERS_MAX);
            return first.map_or(Ok(columns.clone()), |first| Err(too_many(&first.name, members)));
        }
        if self.method != EncoderMethod::Auto {
            return discrete(self.on.as_ref(), input, name, may_be_target);
        }
        let named = self.on.is_some();
        let mut columns = chosen(self.on.as_ref(), input, name, |kind| named || !kind.is_numeric())?;
        // There is nothing to do for numbers.
        columns.retain(|column| !column.kind.is_numeric());
        refuse_target(columns, name)
    }
}

/// The columns whose values are levels: texts, and where they are named also counts, truth values and ids.
///
/// # Errors
/// Those of [`chosen`]; `READS_TARGET` for the target, unless it may be one of them.
pub(super) fn discrete(
    on: Option<&Selection>,
    input: &Schema,
    name: &str,
    may_be_target: bool,
) -> Result<Vec<Column>, Failure> {
    let named = on.is_some();
    let accepts = |kind: ColumnType| match kind {
        ColumnType::Category | ColumnType::Ordered | ColumnType::Text => true,
        ColumnType::Count | ColumnType::Bool | ColumnType::Id => named,
        ColumnType::Continuous | ColumnType::Date | ColumnType::Time => false,
    };
    let columns = chosen(on, input, name, accepts)?;
    if may_be_target { Ok(columns) } else { refuse_target(columns, name) }
}

/// The columns, none of which is the target.
///
/// # Errors
/// `READS_TARGET` if one is.
pub(super) fn refuse_target(columns: Vec<Column>, name: &str) -> Result<Vec<Column>, Failure> {
    match columns.iter().find(|column| column.role == Role::Target) {
        None => Ok(columns),
        Some(target) => {
            let message = format!("{name} would make features of the target `{}`", target.name);
            Err(Failure::new(code::READS_TARGET, message).column(&*target.name))
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
        let columns = self.columns(input)?;
        Ok(replaced(input, &columns, |column| match (self.method, column.kind) {
            (EncoderMethod::Ordinal, _) => vec![Entry::Column(Column { kind: ColumnType::Count, ..column.clone() })],
            (EncoderMethod::Count { share }, _) => {
                let kind = if share { ColumnType::Continuous } else { ColumnType::Count };
                vec![Entry::Column(Column { kind, ..column.clone() })]
            }
            (EncoderMethod::Hash { buckets }, _) => {
                let member = |bucket| hash_name(&column.name, bucket).into();
                let column = |name| Column { name, kind: ColumnType::Bool, role: Role::Feature, ..column.clone() };
                (0..buckets).map(|bucket| Entry::Column(column(member(bucket)))).collect()
            }
            (EncoderMethod::Auto, ColumnType::Date | ColumnType::Time | ColumnType::Id) => Vec::new(),
            _ => vec![Entry::Open { from: column.name.clone(), kind: ColumnType::Bool }],
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
            let levels_matter = match (self.method, column.kind) {
                (EncoderMethod::Auto, kind) => kind.is_string() && kind != ColumnType::Id,
                _ => true,
            };
            seen.missing += match levels_matter {
                true => count_levels(&mut seen.levels, array),
                false => array.null_count() as u64,
            };
        }
        Ok(())
    }

    fn needs_rows(&self) -> bool {
        !matches!(self.method, EncoderMethod::Hash { .. })
    }

    fn finish(&self, summary: EncoderSummary) -> Result<EncoderState, Failure> {
        let encoded = summary.columns.into_iter().map(|(column, seen)| {
            let coding = self.coding(&column, &seen)?;
            Ok(Encoded { name: column.name, kind: column.kind, coding })
        });
        let state = EncoderState { unseen: self.unseen, columns: encoded.collect::<Result<_, Failure>>()? };
        let members: usize = state.columns.iter().map(|encoded| encoded.coding.members()).sum();
        let largest = state.columns.iter().max_by_key(|encoded| encoded.coding.members());
        match largest {
            Some(largest) if members > MEMBERS_MAX => Err(too_many(&largest.name, members)),
            _ => Ok(state),
        }
    }
}

/// The most columns that one step makes.
const MEMBERS_MAX: usize = 100_000;

/// The most buckets of a hash.
const BUCKETS_MAX: u32 = MEMBERS_MAX as u32;

fn too_many(largest: &str, members: usize) -> Failure {
    let message = format!("encoding makes {members} columns; a table has at most {MEMBERS_MAX}");
    Failure::new(code::LIMIT_REACHED, message)
        .column(largest)
        .help(format!("`drop {}`, or fold rare levels with `rare=1%`", quoted(largest)))
}

impl Encoder {
    /// How a column is encoded after this was seen of it.
    ///
    /// # Errors
    /// `UNSEEN_LEVEL` for a level that the declared order lacks.
    fn coding(&self, column: &Column, seen: &Seen) -> Result<Coding, Failure> {
        let (levels, total) = (&seen.levels, seen.levels.total());
        Ok(match (self.method, column.kind) {
            (EncoderMethod::Ordinal, kind) => match &self.order {
                None => {
                    let (levels, rare) = kept_and_rare(levels, self.rare, kind);
                    Coding::Ordinal { levels, rare }
                }
                Some(order) => Coding::Ordinal { levels: declared(order, column, levels)?, rare: Vec::new() },
            },
            (EncoderMethod::Auto, ColumnType::Bool) => Coding::Truth { missing: seen.missing > 0 },
            (EncoderMethod::Auto, ColumnType::Date) => Coding::LeftOut { reason: "it holds dates".into() },
            (EncoderMethod::Auto, ColumnType::Time) => Coding::LeftOut { reason: "it holds times of day".into() },
            (EncoderMethod::Auto, ColumnType::Id) => Coding::LeftOut { reason: "it holds ids".into() },
            (EncoderMethod::Auto, ColumnType::Text) if nearly_unique(levels) => {
                Coding::LeftOut { reason: format!("{} of {total} values are different", levels.len()) }
            }
            (EncoderMethod::Hash { buckets }, _) => Coding::Hash { buckets },
            (EncoderMethod::Count { share }, kind) => self.counts(kind, seen, share),
            (EncoderMethod::Auto | EncoderMethod::OneHot, kind) => {
                let (levels, rare) = kept_and_rare(levels, self.rare, kind);
                let other = !rare.is_empty() || self.unseen == Unseen::Other;
                Coding::OneHot { levels, rare, missing: seen.missing > 0, other }
            }
        })
    }

    /// The frequencies of the levels.
    fn counts(&self, kind: ColumnType, seen: &Seen, share: bool) -> Coding {
        let (levels, rare) = kept_and_rare(&seen.levels, self.rare, kind);
        let count = |level: &String| seen.levels.count(level);
        let others = rare.iter().map(count).sum();
        let counts = levels.iter().map(count).chain([seen.missing, others, 0]);
        let rows = if share { (seen.levels.total() + seen.missing).max(1) as f64 } else { 1.0 };
        let values = counts.map(|count| count as f64 / rows).collect();
        let kind = if share { ColumnType::Continuous } else { ColumnType::Count };
        Coding::Scores(Scores { levels, rare, kind, members: vec![Member { suffix: String::new(), values }] })
    }
}

/// The declared order of a column's levels, which has to hold all of them.
fn declared(order: &[String], column: &Column, levels: &Levels<String>) -> Result<Vec<String>, Failure> {
    match levels.iter().find(|(level, _)| !order.contains(level)) {
        None => Ok(order.to_vec()),
        Some((level, _)) => {
            let message = format!("`{}` is `{level}`, which the declared order lacks", column.name);
            let help = format!("the order is {}; add it there", order.join(" < "));
            Err(Failure::new(code::UNSEEN_LEVEL, message).column(&*column.name).help(help))
        }
    }
}

/// Nearly every value its own level: such texts say nothing about new rows.
fn nearly_unique(levels: &Levels<String>) -> bool {
    levels.len() > 20 && levels.len() as u64 * 2 > levels.total()
}
