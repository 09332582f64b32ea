//! Gathering rows of a column in any order, with nulls.

use super::{NONE, STRIDE_ROWS};
use arrow_array::cast::AsArray;
use arrow_array::types::{ArrowPrimitiveType, Float64Type, Int64Type, Time64MicrosecondType, TimestampMicrosecondType};
use arrow_array::{Array, ArrayRef, PrimitiveArray, UInt32Array};
use arrow_buffer::{BooleanBuffer, NullBuffer};
use arrow_schema::DataType;
use rayon::prelude::*;
use std::sync::Arc;

/// Gathers the values at these rows; [`NONE`] gives null.
///
/// # Panics
/// If a row is out of bounds.
#[must_use]
pub fn gather(array: &ArrayRef, rows: &[u32]) -> ArrayRef {
    match array.data_type() {
        DataType::Float64 => numbers(array.as_primitive::<Float64Type>(), rows),
        DataType::Int64 => numbers(array.as_primitive::<Int64Type>(), rows),
        DataType::Timestamp(..) => numbers(array.as_primitive::<TimestampMicrosecondType>(), rows),
        DataType::Time64(..) => numbers(array.as_primitive::<Time64MicrosecondType>(), rows),
        DataType::LargeUtf8 => {
            let part_rows = rows.len().div_ceil(rayon::current_num_threads()).max(STRIDE_ROWS);
            let parts: Vec<ArrayRef> = rows.par_chunks(part_rows).map(|rows| taken(array, rows)).collect();
            joined(&parts).unwrap_or_else(|| taken(array, &[]))
        }
        _ => taken(array, rows),
    }
}

/// Concatenates arrays of one type; `None` if there are none.
///
/// # Panics
/// If their types differ.
#[must_use]
pub fn joined(arrays: &[ArrayRef]) -> Option<ArrayRef> {
    let parts: Vec<&dyn Array> = arrays.iter().map(AsRef::as_ref).collect();
    match arrays {
        [] => None,
        [array] => Some(array.clone()),
        _ => Some(arrow_select::concat::concat(&parts).expect("the arrays are of one type")),
    }
}

fn numbers<T: ArrowPrimitiveType>(array: &PrimitiveArray<T>, rows: &[u32]) -> ArrayRef {
    let values = array.values();
    let value = |&row: &u32| values.get(row as usize).copied().unwrap_or_default();
    let gathered: Vec<T::Native> = rows.par_iter().with_min_len(STRIDE_ROWS).map(value).collect();
    let nulls = array.nulls();
    let some_missing = nulls.is_some() || rows.par_iter().with_min_len(STRIDE_ROWS).any(|&row| row == NONE);
    let is_there = |row: u32| row != NONE && nulls.is_none_or(|nulls| nulls.is_valid(row as usize));
    let nulls = some_missing.then(|| NullBuffer::new(BooleanBuffer::collect_bool(rows.len(), |at| is_there(rows[at]))));
    Arc::new(PrimitiveArray::<T>::new(gathered.into(), nulls))
}

fn taken(array: &ArrayRef, rows: &[u32]) -> ArrayRef {
    let positions: UInt32Array = rows.iter().map(|&row| (row != NONE).then_some(row)).collect();
    arrow_select::take::take(array.as_ref(), &positions, None).expect("positions lie in the array")
}
