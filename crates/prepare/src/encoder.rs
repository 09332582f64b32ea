//! Categorical encoding: numeric columns from levels.

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
use pipewright_table::{Column, ColumnType, Entry, Role, Schema, Table, is_amount, stage_for_amounts};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

pub(super) use scores::{Member, Scores};
pub use state::EncoderState;
pub(super) use state::{Coding, Encoded, hash_name};

/// Encodes categorical columns as numeric columns.
///
/// One-hot: `sex` becomes the boolean columns `sex=female`, `sex=male` (levels in sorted order), `sex (missing)` if a
/// value was missing in training, and `sex (other)` if levels were rare or [`Unseen::Other`] asks for it. A missing
/// value that did not occur in training and, by default, an unseen level, are false everywhere.
#[derive(Debug, Clone, PartialEq)]
pub struct Encoder {
    /// Encoding method.
    pub method: EncoderMethod,
    /// Handling of levels that did not occur in training.
    pub unseen: Unseen,
    /// Threshold below which levels are merged into one; ignored if an order is given.
    pub rare: Option<Rare>,
    /// Order of all levels, lowest first, for ordinal encoding; sorted if `None`.
    pub order: Option<Arc<[String]>>,
    /// The columns to encode; all features of supported types if `None`.
    pub on: Option<Selection>,
}

/// Encoding method.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EncoderMethod {
    /// Per column: text becomes one-hot, booleans stay one column (and `NAME (missing)` if a value was missing); dates,
    /// ids, and text with nearly unique values (more than 20 levels, and more than half as many as values) are left
    /// out.
    Auto,
    /// One-hot: one boolean column per level. Supports text; also counts and booleans if selected.
    OneHot,
    /// Ordinal: the index of the level in sorted or given order, from 0; rare levels share the index after all others;
    /// -1 for missing values and unseen levels.
    Ordinal,
    /// Count encoding: the number of training rows with the level, or their share of all rows. Missing values are
    /// counted too; an unseen level has 0, or the count of all rare ones.
    Count {
        /// As a share of all rows?
        share: bool,
    },
    /// Feature hashing: one boolean column per bucket, `town (hash 17)`, chosen by the level's hash; all false if the
    /// value is missing. Learns nothing: the number of levels is unlimited, and some share a bucket.
    Hash {
        /// Number of buckets.
        buckets: u32,
    },
}

/// Handling of levels that did not occur in training.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Unseen {
    /// Neutral: false in every column of its group, a count of 0, the mean of the target.
    #[default]
    Zero,
    /// Treated as a rare level: true in `NAME (other)`, or their number.
    Other,
    /// An error.
    Error,
}

/// Threshold for rare levels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Rare {
    /// Fewer than this fraction of the rows that have a value.
    Share(f64),
    /// Fewer than this many rows.
    Count(u64),
}

impl Encoder {
    /// Chooses the encoding per column.
    #[must_use]
    pub fn auto() -> Encoder {
        Encoder { method: EncoderMethod::Auto, unseen: Unseen::Zero, rare: None, order: None, on: None }
    }

    /// One-hot encoding.
    #[must_use]
    pub fn onehot() -> Encoder {
        Encoder { method: EncoderMethod::OneHot, ..Encoder::auto() }
    }

    /// Ordinal encoding in sorted order.
    #[must_use]
    pub fn ordinal() -> Encoder {
        Encoder { method: EncoderMethod::Ordinal, ..Encoder::auto() }
    }

    /// Count encoding.
    #[must_use]
    pub fn count() -> Encoder {
        Encoder { method: EncoderMethod::Count { share: false }, ..Encoder::auto() }
    }

    /// Feature hashing.
    #[must_use]
    pub fn hash(buckets: u32) -> Encoder {
        Encoder { method: EncoderMethod::Hash { buckets }, ..Encoder::auto() }
    }

    /// Sets the order of the levels, lowest first.
    #[must_use]
    pub fn in_order(self, levels: impl IntoIterator<Item = impl Into<String>>) -> Encoder {
        Encoder { order: Some(levels.into_iter().map(Into::into).collect()), ..self }
    }

    /// Restricts to these columns.
    #[must_use]
    pub fn on(self, columns: Selection) -> Encoder {
        Encoder { on: Some(columns), ..self }
    }

    /// Merges rare levels into one.
    #[must_use]
    pub fn with_rare(self, rare: Rare) -> Encoder {
        Encoder { rare: Some(rare), ..self }
    }

    /// Sets the handling of unseen levels.
    #[must_use]
    pub fn with_unseen(self, unseen: Unseen) -> Encoder {
        Encoder { unseen, ..self }
    }
}

impl Encoder {
    /// Returns the columns to encode.
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
        // Numbers need no encoding.
        columns.retain(|column| !column.kind.is_numeric());
        refuse_target(columns, name)
    }
}

/// Returns the columns with levels: text; also counts, booleans and ids if selected.
///
/// # Errors
/// Those of [`chosen`]; `READS_TARGET` for the target, unless it is allowed.
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

/// Checks that the target is not among the columns.
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

/// A column that was left out, with the reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// The name of the column.
    pub column: String,
    /// Why, as the end of a sentence: `681 of 891 values are distinct`.
    pub reason: String,
}

/// Summaries of the columns to encode.
#[derive(Debug)]
pub struct EncoderSummary {
    columns: Vec<(Column, Seen)>,
}

/// Summary of one column.
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

/// Maximum number of columns that one step creates.
const MEMBERS_MAX: usize = 100_000;

/// Maximum number of hash buckets.
const BUCKETS_MAX: u32 = MEMBERS_MAX as u32;

fn too_many(largest: &str, members: usize) -> Failure {
    let message = format!("encoding creates {members} columns; the maximum is {MEMBERS_MAX}");
    Failure::new(code::LIMIT_REACHED, message)
        .column(largest)
        .help(format!("`drop {}`, or merge rare levels with `rare=1%`", quoted(largest)))
}

impl Encoder {
    /// Returns the encoding of a column given its summary.
    ///
    /// # Errors
    /// `UNSEEN_LEVEL` for a level that is not in the given order.
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
                let reason = format!("{} of {total} values are distinct", levels.len());
                Coding::LeftOut { reason: reason + &amounts_hint(levels, &column.name) }
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

    /// Returns the counts of the levels.
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

/// Returns the given order of a column's levels, which must contain all of them.
fn declared(order: &[String], column: &Column, levels: &Levels<String>) -> Result<Vec<String>, Failure> {
    match levels.iter().find(|(level, _)| !order.contains(level)) {
        None => Ok(order.to_vec()),
        Some((level, _)) => {
            let message = format!("`{}` has the level `{level}`, which is not in the given order", column.name);
            let help = format!("the order is {}; add it there", order.join(" < "));
            Err(Failure::new(code::UNSEEN_LEVEL, message).column(&*column.name).help(help))
        }
    }
}

/// Returns the end of a sentence about texts that are amounts of money and the like, which numbers could replace.
fn amounts_hint(levels: &Levels<String>, column: &str) -> String {
    let texts = || levels.iter().map(|(text, _)| text.as_str());
    let all = |mark: usize| texts().all(|text| is_amount(text)[mark] || text.trim().parse::<f64>().is_ok());
    match [0, 1].into_iter().find(|mark| all(*mark)) {
        Some(mark) => format!("; they look like amounts: {}", stage_for_amounts(column, mark == 1)),
        None => String::new(),
    }
}

/// Are the values nearly unique? Such texts carry no information about new rows.
fn nearly_unique(levels: &Levels<String>) -> bool {
    levels.len() > 20 && levels.len() as u64 * 2 > levels.total()
}
