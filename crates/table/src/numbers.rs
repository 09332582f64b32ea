//! Conversion of columns to numbers, and of targets to classes.

use crate::text::{plural, quoted, text_at, text_of};
use crate::{Column, ColumnType, Table};
use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type, Time64MicrosecondType, TimestampMicrosecondType};
use arrow_array::{Array, ArrayRef};
use arrow_buffer::BooleanBuffer;
use arrow_schema::DataType;
use pipewright_diagnostic::{Failure, code};
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

/// Conversion for models.
impl Table {
    /// Converts the named columns to finite numbers, column-major: `rows` × `names.len()`. Booleans are 0 and 1.
    ///
    /// # Errors
    /// [`code::MISSING_VALUES`] with the first row without a value, [`code::NON_FINITE`] with the first such row,
    /// [`code::UNENCODED_COLUMN`] for text, dates and times, [`code::UNKNOWN_COLUMN`].
    pub fn numbers(&self, names: &[Arc<str>]) -> Result<Vec<f64>, Failure> {
        let mut numbers = Vec::with_capacity(names.len() * self.rows());
        for name in names {
            refuse_missing(self.column(name)?, self.array(name)?)?;
            let start = numbers.len();
            self.push_numbers(name, &mut numbers)?;
            refuse_beyond(name, &numbers[start..], f64::MAX)?;
        }
        Ok(numbers)
    }

    /// Like [`Table::numbers`], with NaN for missing values: for imputation.
    ///
    /// # Errors
    /// As [`Table::numbers`], but for missing values.
    pub fn numbers_or_nan(&self, names: &[Arc<str>]) -> Result<Vec<f64>, Failure> {
        let mut numbers = Vec::with_capacity(names.len() * self.rows());
        for name in names {
            let (array, start) = (self.array(name)?, numbers.len());
            self.push_numbers(name, &mut numbers)?;
            let column = &mut numbers[start..];
            if let Some(nulls) = array.nulls() {
                // The number at a missing value is arbitrary.
                column.iter_mut().zip(nulls.iter()).filter(|(_, valid)| !valid).for_each(|(number, _)| *number = 0.0);
            }
            refuse_beyond(name, column, f64::MAX)?;
            if let Some(nulls) = array.nulls() {
                let missing = column.iter_mut().zip(nulls.iter()).filter(|(_, valid)| !valid);
                missing.for_each(|(number, _)| *number = f64::NAN);
            }
        }
        Ok(numbers)
    }

    fn push_numbers(&self, name: &Arc<str>, numbers: &mut Vec<f64>) -> Result<(), Failure> {
        match Numeric::of(self, name)? {
            Numeric::Floats(values) => numbers.extend_from_slice(values),
            Numeric::Counts(values) => numbers.extend(values.iter().map(|&count| count as f64)),
            Numeric::Truths(values) => numbers.extend(values.iter().map(f64::from)),
        }
        Ok(())
    }

    /// Returns the time of each row: dates and times of day in seconds, numbers unchanged.
    ///
    /// # Errors
    /// [`code::MISSING_VALUES`] with the first row without a value; [`code::TYPE_MISMATCH`] for another type;
    /// [`code::UNKNOWN_COLUMN`].
    pub fn moments(&self, name: &str) -> Result<Vec<f64>, Failure> {
        refuse_missing(self.column(name)?, self.array(name)?)?;
        self.moments_or_nan(name)
    }

    /// Like [`Table::moments`], with NaN for missing values.
    ///
    /// # Errors
    /// As [`Table::moments`], but for missing values.
    pub fn moments_or_nan(&self, name: &str) -> Result<Vec<f64>, Failure> {
        let (column, array) = (self.column(name)?, self.array(name)?);
        let seconds = |micros: Option<i64>| micros.map_or(f64::NAN, |micros| micros as f64 / 1e6);
        match column.kind {
            ColumnType::Date => Ok(array.as_primitive::<TimestampMicrosecondType>().iter().map(seconds).collect()),
            ColumnType::Time => Ok(array.as_primitive::<Time64MicrosecondType>().iter().map(seconds).collect()),
            kind if kind.is_numeric() => self.numbers_or_nan(&[name.into()]),
            kind => {
                let message = format!("`{name}` holds {}, which cannot be the time of a row", plural(kind));
                Err(Failure::new(code::TYPE_MISMATCH, message).column(name))
            }
        }
    }

    /// Does the column look like row numbers: whole numbers, strictly increasing, none missing? Never for fewer than 20
    /// rows.
    #[must_use]
    pub fn is_row_number(&self, name: &str) -> bool {
        const ROWS_MIN: usize = 20;
        let Some((column, array)) = self.find(name) else { return false };
        if column.kind != ColumnType::Count || array.null_count() > 0 || array.len() < ROWS_MIN {
            return false;
        }
        array.as_primitive::<Int64Type>().values().windows(2).all(|pair| pair[0] < pair[1])
    }

    /// Returns the distinct values of a column as text, in order: numbers by size, false before true, texts
    /// lexicographically.
    ///
    /// # Errors
    /// [`code::UNKNOWN_COLUMN`].
    pub fn classes(&self, name: &str) -> Result<Vec<String>, Failure> {
        let array = self.array(name)?;
        Ok(match array.data_type() {
            DataType::Int64 => {
                let distinct: BTreeSet<i64> = array.as_primitive::<Int64Type>().iter().flatten().collect();
                distinct.into_iter().map(|count| count.to_string()).collect()
            }
            DataType::Float64 => {
                let mut numbers: Vec<f64> = array.as_primitive::<Float64Type>().iter().flatten().collect();
                // Adding 0 turns -0 into +0: the two are one class.
                numbers.iter_mut().for_each(|number| *number += 0.0);
                numbers.sort_unstable_by(f64::total_cmp);
                numbers.dedup_by_key(|number| number.to_bits());
                numbers.into_iter().map(|number| number.to_string()).collect()
            }
            _ => {
                let distinct: BTreeSet<String> = (0..self.rows()).filter_map(|row| text_of(array, row)).collect();
                distinct.into_iter().collect()
            }
        })
    }

    /// Returns the index of each row's value in `classes`; `None` if the value is missing.
    ///
    /// # Errors
    /// [`code::UNSEEN_LEVEL`] with the row of a value that is not in `classes`; [`code::UNKNOWN_COLUMN`].
    pub fn codes(&self, name: &str, classes: &[String]) -> Result<Vec<Option<u32>>, Failure> {
        let array = self.array(name)?;
        // Never iterated, so its order is irrelevant.
        let places: HashMap<&str, u32> = classes.iter().map(String::as_str).zip(0..).collect();
        let code = |row: usize| {
            let Some(text) = text_at(array, row) else { return Ok(None) };
            places.get(&*text).copied().map(Some).ok_or_else(|| {
                Failure::new(code::UNSEEN_LEVEL, format!("`{name}` is `{text}`, which is not one of the known classes"))
                    .column(name)
                    .row(row as u64 + 1)
            })
        };
        (0..self.rows()).map(code).collect()
    }
}

/// The values of a numeric or boolean column. Where a value is missing, the number is arbitrary.
#[derive(Debug, Clone, Copy)]
pub enum Numeric<'a> {
    /// Real numbers.
    Floats(&'a [f64]),
    /// Whole numbers.
    Counts(&'a [i64]),
    /// Truth values.
    Truths(&'a BooleanBuffer),
}

impl<'a> Numeric<'a> {
    /// # Errors
    /// [`code::UNENCODED_COLUMN`], [`code::UNKNOWN_COLUMN`].
    fn of(table: &'a Table, name: &str) -> Result<Numeric<'a>, Failure> {
        let (column, array) = (table.column(name)?, table.array(name)?);
        match column.kind {
            ColumnType::Continuous => Ok(Numeric::Floats(array.as_primitive::<Float64Type>().values())),
            ColumnType::Count => Ok(Numeric::Counts(array.as_primitive::<Int64Type>().values())),
            ColumnType::Bool => Ok(Numeric::Truths(array.as_boolean().values())),
            ColumnType::Category
            | ColumnType::Ordered
            | ColumnType::Text
            | ColumnType::Id
            | ColumnType::Date
            | ColumnType::Time => {
                let message = format!("`{name}` holds {}, not numbers", plural(column.kind));
                let help = match column.kind {
                    ColumnType::Date | ColumnType::Time => format!("`drop {}`", quoted(name)),
                    _ => format!("`encode auto` before it, or `drop {}`", quoted(name)),
                };
                Err(Failure::new(code::UNENCODED_COLUMN, message).column(name).help(help))
            }
        }
    }

    /// Returns the values of a column without missing values.
    ///
    /// # Errors
    /// Those of [`Table::numbers`], but for numbers that are not finite.
    pub fn complete(table: &'a Table, name: &str) -> Result<Numeric<'a>, Failure> {
        refuse_missing(table.column(name)?, table.array(name)?)?;
        Numeric::of(table, name)
    }
}

fn refuse_missing(column: &Column, array: &ArrayRef) -> Result<(), Failure> {
    let missing = array.null_count();
    if missing == 0 {
        return Ok(());
    }
    let first = (0..array.len()).find(|&row| array.is_null(row)).expect("there is a null") as u64;
    let how = if column.kind.is_numeric() { "mean" } else { "mode" };
    let name = &column.name;
    let are = if missing == 1 { "is" } else { "are" };
    Err(Failure::new(code::MISSING_VALUES, format!("{missing} of {} values {are} missing in `{name}`", array.len()))
        .column(&**name)
        .row(first + 1)
        .help(format!("fill them first: `fillna {how} on {}`", quoted(name))))
}

/// Are all numbers finite, and at most `largest` in magnitude?
pub fn all_within(numbers: &[f64], largest: f64) -> bool {
    const LANES: usize = 8;
    // Branch-free, so that it vectorises: non-finite values times 0 are NaN.
    let (mut most, mut zeros) = ([0.0_f64; LANES], [0.0; LANES]);
    let mut look = |lane: usize, number: f64| {
        most[lane] = if number.abs() > most[lane] { number.abs() } else { most[lane] };
        zeros[lane] += 0.0 * number;
    };
    let (groups, rest) = numbers.as_chunks::<LANES>();
    groups.iter().for_each(|group| (0..LANES).for_each(|lane| look(lane, group[lane])));
    rest.iter().for_each(|&number| look(0, number));
    zeros.into_iter().all(|zero| zero == 0.0) && most.into_iter().all(|most| most <= largest)
}

/// Checks that numbers are finite and at most `largest` in magnitude.
///
/// # Errors
/// `NON_FINITE`, `VALUE_OUT_OF_RANGE` with the first such row.
pub fn refuse_beyond(name: &str, numbers: &[f64], largest: f64) -> Result<(), Failure> {
    if all_within(numbers, largest) {
        return Ok(());
    }
    let beyond = |number: &f64| !all_within(std::slice::from_ref(number), largest);
    let row = numbers.iter().position(beyond).expect("one of them is refused");
    if !numbers[row].is_finite() {
        return Err(non_finite(name, row, numbers[row]));
    }
    let message = format!("`{name}` holds {:e}, which exceeds the range of 32-bit floats ({largest:e})", numbers[row]);
    Err(Failure::new(code::VALUE_OUT_OF_RANGE, message).column(name).row(row as u64 + 1))
}

/// Creates the failure for a non-finite value in a row (from 0).
pub fn non_finite(name: &str, row: usize, value: f64) -> Failure {
    let what = if value.is_nan() { "a value that is not a number" } else { "an infinite value" };
    Failure::new(code::NON_FINITE, format!("`{name}` holds {what}")).column(name).row(row as u64 + 1)
}
