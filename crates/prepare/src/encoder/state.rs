//! The fitted state of an encoder: the levels of each column.

use super::super::State;
use super::super::columns::{bad_state, fitted, shown, validate_names};
use super::codes::{PLACES_BEHIND, Places, bucket, for_each_level};
use super::scores::Scores;
use super::{BUCKETS_MAX, LeftOut, Unseen};
use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, BooleanArray, Int64Array};
use arrow_buffer::{BooleanBuffer, Buffer, ScalarBuffer};
use pipewright_diagnostic::{Failure, code};
use pipewright_table::{Column, ColumnType, Role, SparseArray, Stored, Table};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

/// The levels of each column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EncoderState {
    pub(in super::super) unseen: Unseen,
    pub(in super::super) columns: Vec<Encoded>,
}

/// One column and its encoding.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct Encoded {
    pub(in super::super) name: Arc<str>,
    pub(in super::super) kind: ColumnType,
    pub(in super::super) coding: Coding,
}

/// Encoding of one column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub(in super::super) enum Coding {
    /// One boolean column per level, for missing values, and for rare and other levels.
    OneHot { levels: Vec<String>, rare: Vec<String>, missing: bool, other: bool },
    /// The index in this order, followed by that of rare and other levels.
    Ordinal {
        levels: Vec<String>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        rare: Vec<String>,
    },
    /// The boolean unchanged, and one for missing values.
    Truth { missing: bool },
    /// No output.
    LeftOut { reason: String },
    /// One boolean column per hash bucket of the level.
    Hash { buckets: u32 },
    /// One or several numbers.
    Scores(Scores),
}

impl Coding {
    /// Returns the number of output columns.
    pub(super) fn members(&self) -> usize {
        match self {
            Coding::OneHot { levels, missing, other, .. } => levels.len() + usize::from(*missing) + usize::from(*other),
            Coding::Ordinal { .. } => 1,
            Coding::Truth { missing } => 1 + usize::from(*missing),
            Coding::LeftOut { .. } => 0,
            Coding::Hash { buckets } => *buckets as usize,
            Coding::Scores(scores) => scores.members.len(),
        }
    }
}

impl EncoderState {
    /// Returns the columns that were left out, in order.
    #[must_use]
    pub fn left_out(&self) -> Vec<LeftOut> {
        let left_out = self.columns.iter().filter_map(|encoded| match &encoded.coding {
            Coding::LeftOut { reason } => Some(LeftOut { column: encoded.name.to_string(), reason: reason.clone() }),
            _ => None,
        });
        left_out.collect()
    }

    /// Replaces every encoded column by the result of `encode`, in parallel.
    pub(in super::super) fn replaced(
        &self,
        rows: &Table,
        encode: impl Fn(&Encoded, &Column, &ArrayRef) -> Result<Vec<(Column, Stored)>, Failure> + Sync,
    ) -> Result<Table, Failure> {
        let made: Vec<(&str, Result<Vec<_>, Failure>)> = self
            .columns
            .par_iter()
            .filter_map(|encoded| {
                let (column, array) = rows.find(&encoded.name)?;
                Some((&*encoded.name, encode(encoded, column, array)))
            })
            .collect();
        let mut made: BTreeMap<&str, Result<Vec<_>, Failure>> = made.into_iter().collect();
        rows.map_columns(|column, array| {
            made.remove(&*column.name).unwrap_or_else(|| Ok(vec![(column.clone(), array.clone())]))
        })
    }
}

impl State for EncoderState {
    const TAG: &str = "encoder";

    fn apply(&self, rows: &Table) -> Result<Table, Failure> {
        for encoded in self.columns.iter().filter(|encoded| !matches!(encoded.coding, Coding::LeftOut { .. })) {
            fitted(rows, &encoded.name, encoded.kind)?;
        }
        self.replaced(rows, |encoded, column, array| encoded.apply(column, array, self.unseen))
    }

    fn remarks(&self, rows: &Table) -> Vec<Failure> {
        let unseen = |encoded: &Encoded| encoded.unseen_in(rows.array(&encoded.name).ok()?);
        self.columns.iter().filter_map(unseen).collect()
    }

    fn show(&self) -> Table {
        let text = |coding: &Coding| match coding {
            Coding::OneHot { levels, rare, missing, other } => {
                let more = missing.then(|| "(missing)".to_string()).into_iter();
                let rest = (*other).then(|| match rare.as_slice() {
                    [] => "(other)".to_string(),
                    rare => format!("(other: {})", rare.join(", ")),
                });
                levels.iter().cloned().chain(more).chain(rest).collect::<Vec<_>>().join(", ")
            }
            Coding::Ordinal { levels, rare } if rare.is_empty() => levels.join(" < "),
            Coding::Ordinal { levels, rare } => format!("{} < (other: {})", levels.join(" < "), rare.join(", ")),
            Coding::Truth { missing: true } => "as it is, (missing)".to_string(),
            Coding::Truth { missing: false } => "as it is".to_string(),
            Coding::LeftOut { reason } => format!("left out: {reason}"),
            Coding::Hash { buckets } => format!("{buckets} buckets"),
            Coding::Scores(scores) => scores.text(),
        };
        shown("levels", self.columns.iter().map(|encoded| (encoded.name.to_string(), text(&encoded.coding))))
    }

    fn validate(&self) -> Result<(), Failure> {
        validate_names(self.columns.iter().map(|encoded| &encoded.name))?;
        for Encoded { name, kind, coding } in &self.columns {
            let has_levels = !matches!(kind, ColumnType::Continuous | ColumnType::Date | ColumnType::Time);
            let (levels, fits): (Vec<&String>, bool) = match coding {
                Coding::OneHot { levels, rare, .. } | Coding::Ordinal { levels, rare } => {
                    (levels.iter().chain(rare).collect(), has_levels)
                }
                Coding::Truth { .. } => (Vec::new(), *kind == ColumnType::Bool),
                Coding::LeftOut { .. } => (Vec::new(), true),
                Coding::Hash { buckets } => (Vec::new(), has_levels && (1..=BUCKETS_MAX).contains(buckets)),
                Coding::Scores(scores) => (scores.all_levels().collect(), has_levels && scores.is_valid()),
            };
            if !fits {
                return Err(bad_state(format!("`{name}` of kind {kind} is not encoded by its levels")));
            }
            let distinct: BTreeSet<&String> = levels.iter().copied().collect();
            if distinct.len() != levels.len() {
                return Err(bad_state(format!("a level of `{name}` occurs twice")));
            }
        }
        Ok(())
    }
}

impl Encoded {
    /// Returns a note on the levels that did not occur in training.
    fn unseen_in(&self, array: &ArrayRef) -> Option<Failure> {
        let levels: HashSet<&str> = match &self.coding {
            Coding::OneHot { levels, rare, .. } | Coding::Ordinal { levels, rare } => {
                levels.iter().chain(rare).map(String::as_str).collect()
            }
            Coding::Scores(scores) => scores.all_levels().map(String::as_str).collect(),
            Coding::Truth { .. } | Coding::LeftOut { .. } | Coding::Hash { .. } => return None,
        };
        let (mut count, mut first) = (0, None);
        for_each_level(array, |_, level| {
            if let Some(level) = level.filter(|level| !levels.contains(level)) {
                count += 1;
                first.get_or_insert_with(|| level.to_owned());
            }
        });
        let (first, name) = (first?, &self.name);
        let message = match count {
            1 => format!("a value of `{name}` did not occur in training: `{}`", first.escape_debug()),
            _ => format!("{count} values of `{name}` did not occur in training, such as `{}`", first.escape_debug()),
        };
        Some(Failure::note(code::UNSEEN_LEVELS, message).column(&**name))
    }

    fn apply(&self, column: &Column, array: &ArrayRef, unseen: Unseen) -> Result<Vec<(Column, Stored)>, Failure> {
        let name = &column.name;
        match &self.coding {
            Coding::OneHot { levels, rare, missing, other } => {
                let places = Places::new(levels, rare, unseen);
                let mut members: Vec<(String, u32)> =
                    levels.iter().zip(0..).map(|(level, place)| (format!("{name}={level}"), place)).collect();
                members.extend(missing.then(|| (format!("{name} (missing)"), places.missing())));
                members.extend(other.then(|| (format!("{name} (other)"), places.other())));
                let codes = places.codes(name, array)?;
                Ok(one_hot(column, &codes, levels.len() + PLACES_BEHIND, members))
            }
            Coding::Ordinal { levels, rare } => {
                let places = Places::new(levels, rare, unseen);
                let place = |code: u32| match code as usize {
                    level if level < levels.len() => i64::from(code),
                    _ if code == places.other() => levels.len() as i64,
                    _ => -1,
                };
                let encoded = Column { kind: ColumnType::Count, ..column.clone() };
                let codes = places.codes(name, array)?;
                let places: ArrayRef = Arc::new(Int64Array::from_iter_values(codes.into_iter().map(place)));
                Ok(vec![(encoded, places.into())])
            }
            Coding::Truth { missing } => {
                let truths = array.as_boolean().iter().map(|truth| truth == Some(true)).collect();
                let mut members = vec![member(column, name.to_string(), truths)];
                if *missing {
                    let missing = BooleanBuffer::collect_bool(array.len(), |row| array.is_null(row));
                    members.push(member(column, format!("{name} (missing)"), missing));
                }
                Ok(members)
            }
            Coding::LeftOut { .. } => Ok(Vec::new()),
            Coding::Hash { buckets } => {
                // After the buckets comes the code of a missing value, which is not a member.
                let mut codes = vec![*buckets; array.len()];
                for_each_level(array, |row, level| {
                    if let Some(level) = level {
                        codes[row] = bucket(level, *buckets);
                    }
                });
                let members = (0..*buckets).map(|place| (hash_name(name, place), place)).collect();
                Ok(one_hot(column, &codes, *buckets as usize + 1, members))
            }
            Coding::Scores(scores) => scores.apply(column, array, unseen),
        }
    }
}

/// Returns the name of the column of a bucket.
pub(in super::super) fn hash_name(name: &str, bucket: u32) -> String {
    format!("{name} (hash {bucket})")
}

/// With more members than this, each is stored as the rows where it is true, which then takes less memory than a bit
/// per row.
const DENSE_MEMBERS_MAX: usize = 32;

/// Creates one boolean column per member: true where the code of a row is the member's.
fn one_hot(column: &Column, codes: &[u32], places: usize, members: Vec<(String, u32)>) -> Vec<(Column, Stored)> {
    if members.len() > DENSE_MEMBERS_MAX {
        return sparse_one_hot(column, codes, places, members);
    }
    const WORD: usize = u64::BITS as usize;
    let words = codes.len().div_ceil(WORD);
    let mut slots = vec![None; places];
    members.iter().enumerate().for_each(|(slot, (_, place))| slots[*place as usize] = Some(slot * words));
    // All members in one bit buffer, so that each row sets one bit and touches no other.
    let mut bits = vec![0_u64; members.len() * words];
    for (row, &code) in codes.iter().enumerate() {
        if let Some(start) = slots[code as usize] {
            bits[start + row / WORD] |= 1 << (row % WORD);
        }
    }
    let bits = Buffer::from_vec(bits);
    let truths = |slot: usize| BooleanBuffer::new(bits.clone(), slot * words * WORD, codes.len());
    members.into_iter().enumerate().map(|(slot, (name, _))| member(column, name, truths(slot))).collect()
}

/// As [`one_hot`], sparse: the rows of all members in one list, member after member.
fn sparse_one_hot(column: &Column, codes: &[u32], places: usize, members: Vec<(String, u32)>) -> Vec<(Column, Stored)> {
    let mut starts = vec![0; places + 1];
    codes.iter().for_each(|&code| starts[code as usize + 1] += 1);
    (0..places).for_each(|place| starts[place + 1] += starts[place]);
    let (mut next, mut rows) = (starts.clone(), vec![0_u32; codes.len()]);
    for (row, &code) in codes.iter().enumerate() {
        rows[next[code as usize]] = row as u32;
        next[code as usize] += 1;
    }
    let rows = ScalarBuffer::from(rows);
    let truths = |place: usize| rows.slice(starts[place], starts[place + 1] - starts[place]);
    let sparse = |(name, place): (String, u32)| {
        (member_column(column, name), SparseArray::truths(codes.len(), truths(place as usize)).into())
    };
    members.into_iter().map(sparse).collect()
}

fn member(column: &Column, name: String, truths: BooleanBuffer) -> (Column, Stored) {
    (member_column(column, name), Stored::Array(Arc::new(BooleanArray::new(truths, None))))
}

fn member_column(column: &Column, name: String) -> Column {
    Column { name: name.into(), kind: ColumnType::Bool, role: Role::Feature, sources: column.sources.clone() }
}
