//! Masking of personal data: keyed hashes, redaction, or generalisation.
//!
//! What it protects against, and what not: a **hash** is the same for the same value and key, in every column and every
//! table, so that tables can still be joined. Anyone with the key, or a saved state, can test guesses, and frequencies
//! are preserved. A saved state does not contain the key, but the HMAC state derived from it: the key cannot be
//! recovered from it, but it hashes as the key does. **Generalised** values can still be rare enough to identify a
//! person. Only **redacted** values are gone.

mod hmac;

use crate::columns::{bad_state, chosen, fitted, for_each_number, replaced, shown, validate_names};
use crate::encoder::refuse_target;
use crate::{Estimator, State, Summary};
use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type, TimestampMicrosecondType};
use arrow_array::{Array, ArrayRef, new_null_array};
use pipewright_diagnostic::{Failure, code};
use pipewright_expr::Selection;
use pipewright_table::literal::{DAY, civil, days_since_1970};
use pipewright_table::text::text_of;
use pipewright_table::{Column, ColumnType, Entry, Schema, Table};
use pipewright_table::{TextArray, TextOffset};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

pub use hmac::Hmac;

/// Masks columns; missing values stay missing, and roles are kept.
///
/// ```
/// use pipewright_frame::{Hmac, Mask, Masking, ReadOptions, Selection, State, csv, fit};
/// let (table, _) = csv::read(b"name\nAda\nBob\nAda\n", &ReadOptions::new("t.csv")).unwrap();
/// let mask = Mask::new(Masking::Hash(Hmac::new(b"a long random key")), Selection::name("name"));
/// let masked = fit(&mask, &table).unwrap().apply(&table).unwrap();
/// let names = masked.classes("name").unwrap();
/// assert_eq!((names.len(), names[0].len()), (2, 16));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Mask {
    /// Masking method.
    pub masking: Masking,
    /// The columns.
    pub on: Selection,
}

/// Masking method.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub enum Masking {
    /// The first 16 hexadecimal digits (64 bits) of HMAC-SHA-256 (RFC 2104, FIPS 180-4) of its text.
    Hash(Hmac),
    /// `•••`.
    Redact,
    /// The value becomes missing.
    Blank,
    /// A coarser value.
    Generalise(Generalise),
}

/// Granularity of generalised values.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Generalise {
    /// Width of number ranges: with 10, 37 becomes `30..40`, from 30 up to below 40.
    pub step: Option<f64>,
    /// Dates become the first of their year or month.
    pub date: Option<Period>,
    /// Number of leading characters kept of texts.
    pub letters: Option<u32>,
}

/// Granularity of a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Period {
    /// The year.
    Year,
    /// Year and month.
    Month,
}

/// Replacement of redacted values.
const REDACTED: &str = "•••";

/// Number of bytes of a hash, two hexadecimal digits each.
const HASH_BYTES: usize = 8;

impl Mask {
    /// Masks these columns with this method.
    #[must_use]
    pub fn new(masking: Masking, on: Selection) -> Mask {
        Mask { masking, on }
    }

    fn columns(&self, input: &Schema) -> Result<Vec<Column>, Failure> {
        let Masking::Generalise(less) = self.masking else {
            return refuse_target(chosen(Some(&self.on), input, "`mask`", |_| true)?, "`mask`");
        };
        let name = "`mask generalise`";
        let columns = refuse_target(chosen(Some(&self.on), input, name, |kind| option_for(kind).is_some())?, name)?;
        match columns.iter().find(|column| !less.fits(column.kind)) {
            None => Ok(columns),
            Some(column) => {
                let option = option_for(column.kind).expect("other kinds were refused");
                let message = format!("{name} of `{}` needs a granularity", column.name);
                Err(Failure::new(code::MISSING_ARGUMENT, message).column(&*column.name).help(format!("write {option}")))
            }
        }
    }
}

/// Returns the option for generalising values of a type, if supported.
fn option_for(kind: ColumnType) -> Option<&'static str> {
    match kind {
        ColumnType::Continuous | ColumnType::Count => Some("step=10"),
        ColumnType::Date => Some("date=year or date=month"),
        ColumnType::Category | ColumnType::Ordered | ColumnType::Text | ColumnType::Id => Some("letters=1"),
        ColumnType::Bool | ColumnType::Time => None,
    }
}

impl Generalise {
    fn fits(self, kind: ColumnType) -> bool {
        match kind {
            ColumnType::Continuous | ColumnType::Count => self.step.is_some(),
            ColumnType::Date => self.date.is_some(),
            ColumnType::Category | ColumnType::Ordered | ColumnType::Text | ColumnType::Id => self.letters.is_some(),
            ColumnType::Bool | ColumnType::Time => false,
        }
    }
}

impl Masking {
    /// Returns the output type of a column.
    fn kind(&self, kind: ColumnType) -> ColumnType {
        match self {
            Masking::Blank => kind,
            Masking::Hash(_) | Masking::Redact if kind.is_string() => kind,
            Masking::Hash(_) | Masking::Redact => ColumnType::Text,
            Masking::Generalise(_) if kind.is_numeric() => ColumnType::Category,
            Masking::Generalise(_) => kind,
        }
    }

    fn apply(&self, array: &ArrayRef) -> ArrayRef {
        let texts = |text: &(dyn Fn(usize) -> Option<String> + Sync)| -> ArrayRef {
            let texts: Vec<Option<String>> = (0..array.len()).into_par_iter().map(text).collect();
            Arc::new(TextArray::from(texts))
        };
        match self {
            Masking::Hash(hmac) => texts(&|row| {
                let hash = hmac.hash(text_of(array, row)?.as_bytes());
                Some(hash[..HASH_BYTES].iter().map(|byte| format!("{byte:02x}")).collect())
            }),
            Masking::Redact => texts(&|row| array.is_valid(row).then(|| REDACTED.to_owned())),
            Masking::Blank => new_null_array(array.data_type(), array.len()),
            Masking::Generalise(less) => {
                if let Some(moments) = array.as_primitive_opt::<TimestampMicrosecondType>() {
                    let period = less.date.expect("a column of dates was taken");
                    return Arc::new(moments.unary::<_, TimestampMicrosecondType>(|moment| period.start(moment)));
                }
                if let Some(own) = array.as_string_opt::<TextOffset>() {
                    let letters = less.letters.expect("a column of texts was taken") as usize;
                    return texts(&|row| own.is_valid(row).then(|| own.value(row).chars().take(letters).collect()));
                }
                let step = less.step.expect("a column of numbers was taken");
                texts(&|row| array.is_valid(row).then(|| range(number(array, row), step)))
            }
        }
    }

    /// Returns the method as text, without the key.
    fn text(&self) -> String {
        match self {
            Masking::Hash(_) => "hash".to_owned(),
            Masking::Redact => format!("`{REDACTED}`"),
            Masking::Blank => "missing".to_owned(),
            Masking::Generalise(less) => {
                let step = less.step.map(|step| format!("ranges of {step}"));
                let date = less.date.map(|period| match period {
                    Period::Year => "year of dates".to_owned(),
                    Period::Month => "month of dates".to_owned(),
                });
                let letters = less.letters.map(|letters| format!("first {letters} of texts"));
                step.into_iter().chain(date).chain(letters).collect::<Vec<_>>().join(", ")
            }
        }
    }
}

impl Period {
    /// Returns the first moment of the period, in microseconds since 1970.
    fn start(self, moment: i64) -> i64 {
        let (year, month, _) = civil(moment.div_euclid(DAY));
        let month = if self == Period::Year { 1 } else { month };
        days_since_1970(year, month, 1).expect("the first of a month is a day").saturating_mul(DAY)
    }
}

fn number(array: &ArrayRef, row: usize) -> f64 {
    match array.as_primitive_opt::<Float64Type>() {
        Some(floats) => floats.value(row),
        None => array.as_primitive::<Int64Type>().value(row) as f64,
    }
}

/// Returns the range of a number: from, and up to below.
fn range(number: f64, step: f64) -> String {
    let start = (number / step).floor();
    // Adding 0 makes +0 of -0.
    let edge = |steps: f64| steps * step + 0.0;
    format!("{}..{}", edge(start), edge(start + 1.0))
}

/// Empty summary: a mask learns nothing from rows.
#[derive(Debug)]
pub struct MaskSummary {
    columns: Vec<Column>,
}

impl Summary for MaskSummary {
    fn merge(&mut self, _: MaskSummary) {}
}

/// The masked columns and the method.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MaskState {
    masking: Masking,
    columns: Vec<Masked>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Masked {
    name: Arc<str>,
    kind: ColumnType,
}

impl Estimator for Mask {
    type Summary = MaskSummary;
    type State = MaskState;

    fn schema(&self, input: &Schema) -> Result<Schema, Failure> {
        Ok(replaced(input, &self.columns(input)?, |column| {
            vec![Entry::Column(Column { kind: self.masking.kind(column.kind), ..column.clone() })]
        }))
    }

    fn empty(&self, input: &Schema) -> Result<MaskSummary, Failure> {
        Ok(MaskSummary { columns: self.columns(input)? })
    }

    fn observe(&self, _: &mut MaskSummary, _: &Table) -> Result<(), Failure> {
        Ok(())
    }

    fn needs_rows(&self) -> bool {
        false
    }

    fn finish(&self, summary: MaskSummary) -> Result<MaskState, Failure> {
        let columns = summary.columns.into_iter().map(|column| Masked { name: column.name, kind: column.kind });
        Ok(MaskState { masking: self.masking.clone(), columns: columns.collect() })
    }
}

impl State for MaskState {
    const TAG: &str = "mask";

    fn apply(&self, rows: &Table) -> Result<Table, Failure> {
        for masked in &self.columns {
            fitted(rows, &masked.name, masked.kind)?;
            if masked.kind.is_numeric() && matches!(self.masking, Masking::Generalise(_)) {
                for_each_number(&masked.name, rows.array(&masked.name)?, |_| ())?;
            }
        }
        let kinds: BTreeMap<&str, ColumnType> =
            self.columns.iter().map(|masked| (&*masked.name, masked.kind)).collect();
        rows.map_columns(|column, array| match kinds.get(&*column.name) {
            None => Ok(vec![(column.clone(), array.clone())]),
            Some(&kind) => {
                let column = Column { kind: self.masking.kind(kind), ..column.clone() };
                Ok(vec![(column, self.masking.apply(array.array()).into())])
            }
        })
    }

    fn show(&self) -> Table {
        shown("mask", self.columns.iter().map(|masked| (masked.name.to_string(), self.masking.text())))
    }

    fn validate(&self) -> Result<(), Failure> {
        validate_names(self.columns.iter().map(|masked| &masked.name))?;
        let Masking::Generalise(less) = self.masking else { return Ok(()) };
        if less.step.is_some_and(|step| !step.is_finite() || step <= 0.0) {
            return Err(bad_state("ranges of an invalid width"));
        }
        match self.columns.iter().find(|masked| !less.fits(masked.kind)) {
            None => Ok(()),
            Some(masked) => Err(bad_state(format!("`{}` cannot be generalised", masked.name))),
        }
    }
}

#[cfg(test)]
mod tests;
