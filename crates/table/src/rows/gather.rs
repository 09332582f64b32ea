//! Rows of a column in any order, some of them missing.

use super::{NONE, STRIDE_ROWS};
use arrow_array::cast::AsArray;
use arrow_array::types::{ArrowPrimitiveType, Float64Type, Int64Type, Time64MicrosecondType, TimestampMicrosecondType};
use arrow_array::{Array, ArrayRef, PrimitiveArray, UInt32Array};
use arrow_buffer::{BooleanBuffer, NullBuffer};
use arrow_schema::DataType;
use pipewright_diagnostic::{Failure, code};
use rayon::prelude::*;
use std::sync::Arc;

/// The values at these rows; [`NONE`] gives a missing one.
///
/// # Errors
/// [`code::LIMIT_REACHED`] for more than 2 GiB of text.
pub fn gather(name: &str, array: &ArrayRef, rows: &[u32]) -> Result<ArrayRef, Failure> {
    Ok(match array.data_type() {
        DataType::Float64 => numbers(array.as_primitive::<Float64Type>(), rows),
        DataType::Int64 => numbers(array.as_primitive::<Int64Type>(), rows),
        DataType::Timestamp(..) => numbers(array.as_primitive::<TimestampMicrosecondType>(), rows),
        DataType::Time64(..) => numbers(array.as_primitive::<Time64MicrosecondType>(), rows),
        DataType::Utf8 => {
            let texts = array.as_string::<i32>();
            let bytes = |row: &u32| if *row == NONE { 0 } else { texts.value_length(*row as usize) as u64 };
            if rows.par_iter().with_min_len(STRIDE_ROWS).map(bytes).sum::<u64>() > i32::MAX as u64 {
                return Err(too_much_text(name));
            }
            let part_rows = rows.len().div_ceil(rayon::current_num_threads()).max(STRIDE_ROWS);
            let parts: Vec<ArrayRef> = rows.par_chunks(part_rows).map(|rows| taken(array, rows)).collect();
            joined(name, &parts)?.unwrap_or_else(|| taken(array, &[]))
        }
        _ => taken(array, rows),
    })
}

/// Arrays of one type, one after another; none, if there is no array.
///
/// # Errors
/// [`code::LIMIT_REACHED`] for more than 2 GiB of text.
pub fn joined(name: &str, arrays: &[ArrayRef]) -> Result<Option<ArrayRef>, Failure> {
    let parts: Vec<&dyn Array> = arrays.iter().map(AsRef::as_ref).collect();
    match arrays {
        [] => Ok(None),
        [array] => Ok(Some(array.clone())),
        _ => arrow_select::concat::concat(&parts).map(Some).map_err(|_| too_much_text(name)),
    }
}

fn too_much_text(name: &str) -> Failure {
    Failure::new(code::LIMIT_REACHED, "more than 2 GiB of text in a column").column(name)
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
