//! Typed access to the values of a column by row.

use crate::numbers::non_finite;
use crate::summary::{Exponents, FixedPoint};
use crate::{Column, ColumnType};
use crate::{TextArray, TextOffset};
use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type, Time64MicrosecondType, TimestampMicrosecondType};
use arrow_array::{Array, ArrayRef, BooleanArray};
use arrow_buffer::{NullBuffer, ScalarBuffer};
use arrow_schema::DataType;
use pipewright_diagnostic::{Failure, code};
use rayon::prelude::*;
use std::cmp::Ordering;

/// A column and its values, for access by row.
#[derive(Debug)]
pub struct Values<'a> {
    /// The column.
    pub column: &'a Column,
    /// Its values.
    pub array: &'a ArrayRef,
    /// Which values are present; all, if `None`.
    pub nulls: Option<NullBuffer>,
    lane: Lane,
}

#[derive(Debug)]
enum Lane {
    Reals(ScalarBuffer<f64>),
    Wholes(ScalarBuffer<i64>),
    Truths(BooleanArray),
    Texts(TextArray),
}

impl<'a> Values<'a> {
    /// The values of a column.
    #[must_use]
    pub fn of(column: &'a Column, array: &'a ArrayRef) -> Values<'a> {
        let lane = match array.data_type() {
            DataType::Float64 => Lane::Reals(array.as_primitive::<Float64Type>().values().clone()),
            DataType::Int64 => Lane::Wholes(array.as_primitive::<Int64Type>().values().clone()),
            DataType::Timestamp(..) => Lane::Wholes(array.as_primitive::<TimestampMicrosecondType>().values().clone()),
            DataType::Time64(..) => Lane::Wholes(array.as_primitive::<Time64MicrosecondType>().values().clone()),
            DataType::Boolean => Lane::Truths(array.as_boolean().clone()),
            DataType::LargeUtf8 => Lane::Texts(array.as_string::<TextOffset>().clone()),
            other => unreachable!("no kind is stored as {other}"),
        };
        let nulls = array.logical_nulls().filter(|nulls| nulls.null_count() > 0);
        Values { column, array, nulls, lane }
    }

    /// Has the row a value?
    #[inline]
    #[must_use]
    pub fn is_there(&self, row: usize) -> bool {
        self.nulls.as_ref().is_none_or(|nulls| nulls.is_valid(row))
    }

    /// Filters these rows to those with a value.
    pub fn there<'r>(&'r self, rows: &'r [u32]) -> impl Iterator<Item = usize> + 'r {
        rows.iter().map(|&row| row as usize).filter(|&row| self.is_there(row))
    }

    /// Returns the number of a row with a value; booleans are 0 and 1.
    #[inline]
    pub fn number(&self, row: usize) -> f64 {
        match &self.lane {
            Lane::Reals(values) => values[row],
            Lane::Wholes(values) => values[row] as f64,
            Lane::Truths(values) => f64::from(values.value(row)),
            Lane::Texts(_) => unreachable!("a text is no number"),
        }
    }

    /// Returns the boolean of a row with a value.
    pub fn truth(&self, row: usize) -> bool {
        match &self.lane {
            Lane::Truths(values) => values.value(row),
            _ => unreachable!("this is no column of booleans"),
        }
    }

    /// Compares the values of two rows with values: numbers by size, false before true, texts lexicographically.
    #[inline]
    pub fn compare(&self, left: usize, right: usize) -> Ordering {
        match &self.lane {
            Lane::Reals(values) => (values[left] + 0.0).total_cmp(&(values[right] + 0.0)),
            Lane::Wholes(values) => values[left].cmp(&values[right]),
            Lane::Truths(values) => values.value(left).cmp(&values.value(right)),
            Lane::Texts(values) => values.value(left).cmp(values.value(right)),
        }
    }

    /// Returns the unit in which any sum of the numbers is exact, if there is one.
    ///
    /// # Errors
    /// [`code::NON_FINITE`] with the row of a number that is not finite.
    pub fn unit(&self) -> Result<Option<FixedPoint>, Failure> {
        let Lane::Reals(values) = &self.lane else { return Ok(Some(FixedPoint::ONE)) };
        const STRIDE: usize = super::STRIDE_ROWS;
        let exponents = |(stride, numbers): (usize, &[f64])| {
            let see = |seen: Exponents, (at, &number): (usize, &f64)| match self.is_there(stride * STRIDE + at) {
                true => seen.and(number),
                false => seen,
            };
            match &self.nulls {
                None => numbers.iter().fold(Exponents::NONE, |seen, &number| seen.and(number)),
                Some(_) => numbers.iter().enumerate().fold(Exponents::NONE, see),
            }
        };
        let strides = values.par_chunks(STRIDE).enumerate().map(exponents);
        let exponents = strides.reduce(|| Exponents::NONE, Exponents::merge);
        if exponents.has_non_finite() {
            let row = (0..values.len()).find(|&row| self.is_there(row) && !values[row].is_finite());
            let row = row.expect("a number is not finite");
            return Err(non_finite(&self.column.name, row, values[row]));
        }
        Ok(FixedPoint::of(exponents, values.len()))
    }

    /// Returns the number of a row in this unit.
    #[inline]
    pub fn units(&self, unit: FixedPoint, row: usize) -> i128 {
        match &self.lane {
            Lane::Reals(values) => unit.units(values[row]),
            Lane::Wholes(values) => i128::from(values[row]),
            Lane::Truths(values) => i128::from(values.value(row)),
            Lane::Texts(_) => unreachable!("a text is no number"),
        }
    }

    /// Returns one word per present value, in the order of the values.
    pub fn ordinals(&self) -> Vec<u64> {
        let rows = (0..self.array.len()).into_par_iter().with_min_len(super::STRIDE_ROWS);
        match &self.lane {
            Lane::Reals(values) => rows.map(|row| ordinal(values[row])).collect(),
            Lane::Wholes(values) => rows.map(|row| values[row].cast_unsigned() ^ 1 << 63).collect(),
            Lane::Truths(values) => rows.map(|row| u64::from(values.value(row))).collect(),
            Lane::Texts(values) => {
                let groups = super::index::Groups::of_column(&super::keys::Keys::of(self.array));
                let mut sorted: Vec<u32> = (0..groups.count() as u32).collect();
                let text = |group: &u32| values.value(groups.first[*group as usize] as usize);
                sorted.par_sort_unstable_by(|left, right| text(left).cmp(text(right)).then(left.cmp(right)));
                let mut ranks = vec![0; sorted.len()];
                sorted.iter().zip(0..).for_each(|(&group, rank)| ranks[group as usize] = rank);
                rows.map(|row| ranks[groups.codes[row] as usize]).collect()
            }
        }
    }
}

/// Returns the bits of a float, in numeric order.
fn ordinal(number: f64) -> u64 {
    let bits = (number + 0.0).to_bits();
    if bits >> 63 == 1 { !bits } else { bits | 1 << 63 }
}

/// Creates the failure for an overflow of a sum of whole numbers.
pub fn beyond_64_bits(column: &Column) -> Failure {
    let message = format!("a sum of `{}` overflows 64 bits", column.name);
    Failure::new(code::VALUE_OUT_OF_RANGE, message).column(&*column.name)
}

/// Does it hold whole numbers or booleans, whose sums are whole?
pub fn sums_are_whole(column: &Column) -> bool {
    matches!(column.kind, ColumnType::Count | ColumnType::Bool)
}
