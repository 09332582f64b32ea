//! What an encoder has learned: the levels of each column.

use super::super::State;
use super::super::columns::{bad_state, fitted, shown, validate_names};
use super::{LeftOut, Unseen};
use crate::lookup::Lookup;
use crate::{Column, Kind, Role, Table};
use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{Array, ArrayRef, BooleanArray, Int64Array};
use arrow_buffer::BooleanBuffer;
use arrow_schema::DataType;
use pipewright_diagnostic::{Failure, code};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The levels of each column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EncoderState {
    pub(super) unseen: Unseen,
    pub(super) columns: Vec<Encoded>,
}

/// One column and its code.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Encoded {
    pub(super) name: Arc<str>,
    pub(super) kind: Kind,
    pub(super) coding: Coding,
}

/// How one column is encoded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub(super) enum Coding {
    /// A truth value for each of these levels, for missing values, and for rare and other levels.
    OneHot { levels: Vec<String>, rare: Vec<String>, missing: bool, other: bool },
    /// The place in this order.
    Ordinal { levels: Vec<String> },
    /// A truth value as it is, and one for missing values.
    Truth { missing: bool },
    /// Nothing.
    LeftOut { reason: String },
}

impl Coding {
    /// How many columns it makes.
    pub(super) fn members(&self) -> usize {
        match self {
            Coding::OneHot { levels, missing, other, .. } => levels.len() + usize::from(*missing) + usize::from(*other),
            Coding::Ordinal { .. } => 1,
            Coding::Truth { missing } => 1 + usize::from(*missing),
            Coding::LeftOut { .. } => 0,
        }
    }
}

impl EncoderState {
    /// The columns that were left out, in order.
    #[must_use]
    pub fn left_out(&self) -> Vec<LeftOut> {
        let left_out = self.columns.iter().filter_map(|encoded| match &encoded.coding {
            Coding::LeftOut { reason } => Some(LeftOut { column: encoded.name.to_string(), reason: reason.clone() }),
            _ => None,
        });
        left_out.collect()
    }
}

impl State for EncoderState {
    fn apply(&self, rows: &Table) -> Result<Table, Failure> {
        for encoded in self.columns.iter().filter(|encoded| !matches!(encoded.coding, Coding::LeftOut { .. })) {
            fitted(rows, &encoded.name, encoded.kind)?;
        }
        let encoded: BTreeMap<&str, &Encoded> = self.columns.iter().map(|encoded| (&*encoded.name, encoded)).collect();
        rows.map_columns(|column, array| match encoded.get(&*column.name) {
            None => Ok(vec![(column.clone(), array.clone())]),
            Some(encoded) => encoded.apply(column, array, self.unseen),
        })
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
            Coding::Ordinal { levels } => levels.join(" < "),
            Coding::Truth { missing: true } => "as it is, (missing)".to_string(),
            Coding::Truth { missing: false } => "as it is".to_string(),
            Coding::LeftOut { reason } => format!("left out: {reason}"),
        };
        shown("levels", self.columns.iter().map(|encoded| (encoded.name.to_string(), text(&encoded.coding))))
    }

    fn validate(&self) -> Result<(), Failure> {
        validate_names(self.columns.iter().map(|encoded| &encoded.name))?;
        for Encoded { name, kind, coding } in &self.columns {
            let has_levels = !matches!(kind, Kind::Continuous | Kind::Date | Kind::Time);
            let (levels, fits): (Vec<&String>, bool) = match coding {
                Coding::OneHot { levels, rare, .. } => (levels.iter().chain(rare).collect(), has_levels),
                Coding::Ordinal { levels } => (levels.iter().collect(), has_levels),
                Coding::Truth { .. } => (Vec::new(), *kind == Kind::Bool),
                Coding::LeftOut { .. } => (Vec::new(), true),
            };
            if !fits {
                return Err(bad_state(format!("`{name}` of kind {kind} is not encoded by its levels")));
            }
            let distinct: BTreeSet<&String> = levels.iter().copied().collect();
            if distinct.len() != levels.len() {
                return Err(bad_state(format!("a level of `{name}` is there twice")));
            }
        }
        Ok(())
    }
}

impl Encoded {
    fn apply(&self, column: &Column, array: &ArrayRef, unseen: Unseen) -> Result<Vec<(Column, ArrayRef)>, Failure> {
        match &self.coding {
            Coding::OneHot { levels, rare, missing, other } => {
                let codes = self.codes(array, levels, rare, unseen)?;
                Ok(one_hot(column, &codes, levels, *missing, *other))
            }
            Coding::Ordinal { levels } => {
                let codes = self.codes(array, levels, &[], Unseen::Zero)?;
                let places = codes.iter().map(|code| match code {
                    Code::Level(place) => i64::from(*place),
                    Code::Missing | Code::Other | Code::Nothing => -1,
                });
                let encoded = Column { kind: Kind::Count, ..column.clone() };
                Ok(vec![(encoded, Arc::new(Int64Array::from_iter_values(places)))])
            }
            Coding::Truth { missing } => {
                let truths = array.as_boolean().iter().map(|truth| truth == Some(true)).collect();
                let mut members = vec![member(column, column.name.to_string(), truths)];
                if *missing {
                    let missing = BooleanBuffer::collect_bool(array.len(), |row| array.is_null(row));
                    members.push(member(column, format!("{} (missing)", column.name), missing));
                }
                Ok(members)
            }
            Coding::LeftOut { .. } => Ok(Vec::new()),
        }
    }

    /// The code of each row.
    ///
    /// # Errors
    /// `UNSEEN_LEVEL` with the row, if that is what `unseen` asks for.
    fn codes(
        &self,
        array: &ArrayRef,
        levels: &[String],
        rare: &[String],
        unseen: Unseen,
    ) -> Result<Vec<Code>, Failure> {
        let places = levels.iter().enumerate().map(|(place, level)| (level.as_str(), Code::Level(place as u32)));
        let known: Lookup<&str, Code> = places.chain(rare.iter().map(|level| (level.as_str(), Code::Other))).collect();
        let mut codes = Vec::with_capacity(array.len());
        let mut refused = None;
        for_each_level(array, |row, level| {
            let Some(level) = level else { return codes.push(Code::Missing) };
            codes.push(known.get(level).copied().unwrap_or(match unseen {
                Unseen::Other => Code::Other,
                Unseen::Zero | Unseen::Error => Code::Nothing,
            }));
            if unseen == Unseen::Error && codes.last() == Some(&Code::Nothing) && refused.is_none() {
                refused = Some((row, level.to_string()));
            }
        });
        match refused {
            None => Ok(codes),
            Some((row, level)) => {
                let message = format!("`{}` was never `{level}` in training", self.name);
                Err(Failure::new(code::UNSEEN_LEVEL, message)
                    .column(&*self.name)
                    .row(row as u64 + 1)
                    .help("`unknown=other` gives such levels a place of their own"))
            }
        }
    }
}

/// What a value stands for.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Code {
    Level(u32),
    Missing,
    Other,
    /// A level that has no place.
    Nothing,
}

fn one_hot(column: &Column, codes: &[Code], levels: &[String], missing: bool, other: bool) -> Vec<(Column, ArrayRef)> {
    let name = &column.name;
    let mut names: Vec<String> = levels.iter().map(|level| format!("{name}={level}")).collect();
    names.extend(missing.then(|| format!("{name} (missing)")));
    names.extend(other.then(|| format!("{name} (other)")));
    let mut bits: Vec<Vec<u8>> = names.iter().map(|_| vec![0; codes.len().div_ceil(8)]).collect();
    for (row, &code) in codes.iter().enumerate() {
        let place = match code {
            Code::Level(place) => place as usize,
            Code::Missing if missing => levels.len(),
            Code::Other if other => names.len() - 1,
            Code::Missing | Code::Other | Code::Nothing => continue,
        };
        bits[place][row / 8] |= 1 << (row % 8);
    }
    let truths = |bits: Vec<u8>| BooleanBuffer::new(bits.into(), 0, codes.len());
    names.into_iter().zip(bits).map(|(name, bits)| member(column, name, truths(bits))).collect()
}

fn member(column: &Column, name: String, truths: BooleanBuffer) -> (Column, ArrayRef) {
    let column = Column { name: name.into(), kind: Kind::Bool, role: Role::Feature, sources: column.sources.clone() };
    (column, Arc::new(BooleanArray::new(truths, None)))
}

/// The value of every row as a level: text as it is, counts and truth values as they are written.
pub(super) fn for_each_level(array: &ArrayRef, mut take: impl FnMut(usize, Option<&str>)) {
    match array.data_type() {
        DataType::Utf8 => array.as_string::<i32>().iter().enumerate().for_each(|(row, level)| take(row, level)),
        DataType::Int64 => array.as_primitive::<Int64Type>().iter().enumerate().for_each(|(row, count)| {
            take(row, count.map(|count| count.to_string()).as_deref());
        }),
        DataType::Boolean => array.as_boolean().iter().enumerate().for_each(|(row, truth)| {
            take(row, truth.map(|truth| if truth { "true" } else { "false" }));
        }),
        other => unreachable!("{other} has no levels"),
    }
}
