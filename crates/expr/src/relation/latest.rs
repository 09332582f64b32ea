//! As-of matching: the latest row of another table that is not later.

use super::join::{BothKeys, is_time};
use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type, Time64MicrosecondType, TimestampMicrosecondType};
use arrow_array::{Array, ArrayRef};
use arrow_schema::DataType;
use pipewright_diagnostic::{Failure, code};
use pipewright_table::numbers::non_finite;
use pipewright_table::rows::{Groups, Lookup, Members, NONE, STRIDE_ROWS, comparable};
use pipewright_table::text::plural;
use pipewright_table::{Column, ColumnType};
use rayon::prelude::*;

/// Two time columns.
pub(super) struct Latest<'a> {
    pub(super) left: &'a ArrayRef,
    pub(super) right: &'a ArrayRef,
    /// Maximum distance back.
    pub(super) tolerance: Option<f64>,
}

impl Latest<'_> {
    /// # Errors
    /// [`code::TYPE_MISMATCH`] for columns that are no times, or do not compare.
    pub(super) fn check(left: &Column, right: &Column) -> Result<(), Failure> {
        if let Some(column) = [left, right].into_iter().find(|column| !is_time(column.kind)) {
            let message = format!("`{}` holds {}, which have no time order", column.name, plural(column.kind));
            return Err(Failure::new(code::TYPE_MISMATCH, message).column(&*column.name));
        }
        comparable(left, right)
    }

    /// Returns the row of the right table for each row of the left one; [`NONE`] if there is none. Only rows with equal
    /// keys match, if there are keys.
    pub(super) fn rows(
        &self,
        keys: Option<&BothKeys>,
        (left_column, right_column): (&Column, &Column),
    ) -> Result<Vec<u32>, Failure> {
        let lookup = keys.map(|(left, right)| {
            let lookup = Lookup::of(right.clone());
            (lookup.find(left), lookup)
        });
        let (codes, groups) = match &lookup {
            Some((codes, lookup)) => (Some(codes), lookup.groups().clone()),
            None => (None, Groups::of(&[], self.right.len())),
        };
        let members = Members::of(&groups);
        let find = Find { codes: codes.map(Vec::as_slice), members: &members, tolerance: self.tolerance };
        if [left_column, right_column].iter().all(|column| column.kind != ColumnType::Continuous) {
            return Ok(find.rows(&wholes(self.left), &wholes(self.right), |later, earlier| {
                (i128::from(later) - i128::from(earlier)) as f64
            }));
        }
        let (left, right) = (reals(left_column, self.left)?, reals(right_column, self.right)?);
        Ok(find.rows(&left, &right, |later, earlier| later - earlier))
    }
}

/// State of the search.
struct Find<'a> {
    /// The group of each row of the left table; the first one for all, if `None`.
    codes: Option<&'a [u32]>,
    /// The rows of each group of the right table.
    members: &'a Members,
    tolerance: Option<f64>,
}

impl Find<'_> {
    fn rows<T: Copy + PartialOrd + Send + Sync>(
        &self,
        left: &[Option<T>],
        right: &[Option<T>],
        gap: impl Fn(T, T) -> f64 + Sync,
    ) -> Vec<u32> {
        // By time within their group; on ties the later row comes last.
        let in_order = |group: usize| {
            let there = self.members.of_group(group).iter().filter_map(|&row| Some((right[row as usize]?, row)));
            let mut times: Vec<(T, u32)> = there.collect();
            times.par_sort_by(|(one, _), (other, _)| one.partial_cmp(other).expect("times are finite"));
            times
        };
        let times: Vec<Vec<(T, u32)>> = (0..self.members.groups()).into_par_iter().map(in_order).collect();
        let latest = |row: usize| {
            let time = left[row]?;
            let times = times.get(self.codes.map_or(0, |codes| codes[row] as usize))?;
            let not_later = times.partition_point(|(other, _)| *other <= time);
            let (other, found) = times[not_later.checked_sub(1)?];
            self.tolerance.is_none_or(|most| gap(time, other) <= most).then_some(found)
        };
        let rows = (0..left.len()).into_par_iter().with_min_len(STRIDE_ROWS);
        rows.map(|row| latest(row).unwrap_or(NONE)).collect()
    }
}

/// Returns whole numbers, dates or times of day.
fn wholes(array: &ArrayRef) -> Vec<Option<i64>> {
    match array.data_type() {
        DataType::Int64 => array.as_primitive::<Int64Type>().iter().collect(),
        DataType::Timestamp(..) => array.as_primitive::<TimestampMicrosecondType>().iter().collect(),
        DataType::Time64(..) => array.as_primitive::<Time64MicrosecondType>().iter().collect(),
        other => unreachable!("times are not stored as {other}"),
    }
}

/// Returns real numbers; whole ones are rounded beyond 2^53.
fn reals(column: &Column, array: &ArrayRef) -> Result<Vec<Option<f64>>, Failure> {
    if column.kind == ColumnType::Count {
        return Ok(array.as_primitive::<Int64Type>().iter().map(|count| count.map(|count| count as f64)).collect());
    }
    let numbers = array.as_primitive::<Float64Type>().iter().enumerate().map(|(row, number)| match number {
        Some(number) if !number.is_finite() => Err(non_finite(&column.name, row, number)),
        number => Ok(number),
    });
    numbers.collect()
}
