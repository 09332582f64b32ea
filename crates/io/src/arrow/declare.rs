//! Conversion of values to a declared type: lossless, or not at all.

use super::convert::Misfit;
use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type};
use arrow_array::{
    Array, ArrayRef, BooleanArray, Float64Array, Int64Array, Time64MicrosecondArray, TimestampMicrosecondArray,
    new_null_array,
};
use arrow_schema::DataType;
use pipewright_table::TextOffset;
use pipewright_table::text::text_of;
use pipewright_table::{ColumnType, literal};
use std::sync::Arc;

/// Converts values to the storage of `kind`.
pub(super) fn to(array: &ArrayRef, kind: ColumnType) -> Result<ArrayRef, Misfit> {
    if array.null_count() == array.len() {
        return Ok(new_null_array(&kind.storage(), array.len()));
    }
    Ok(match kind {
        ColumnType::Continuous => {
            Arc::new(each(array, |row| number(array, row))?.into_iter().collect::<Float64Array>())
        }
        ColumnType::Count => Arc::new(each(array, |row| count(array, row))?.into_iter().collect::<Int64Array>()),
        ColumnType::Bool => Arc::new(each(array, |row| truth(array, row))?.into_iter().collect::<BooleanArray>()),
        ColumnType::Date => {
            let dates = each(array, |row| literal::date(texts(array, row)?.as_bytes()))?;
            Arc::new(dates.into_iter().collect::<TimestampMicrosecondArray>())
        }
        ColumnType::Time => {
            let times = each(array, |row| literal::time(texts(array, row)?.as_bytes()))?;
            Arc::new(times.into_iter().collect::<Time64MicrosecondArray>())
        }
        ColumnType::Category | ColumnType::Ordered | ColumnType::Text | ColumnType::Id => {
            unreachable!("text is made of what is stored")
        }
    })
}

fn each<T>(array: &ArrayRef, change: impl Fn(usize) -> Option<T>) -> Result<Vec<Option<T>>, Misfit> {
    let value = |row: usize| {
        if array.is_null(row) {
            return Ok(None);
        }
        change(row).map(Some).ok_or_else(|| Misfit::Row(row, text_of(array, row).unwrap_or_default()))
    };
    (0..array.len()).map(value).collect()
}

/// Only text is parsed again.
fn texts(array: &ArrayRef, row: usize) -> Option<&str> {
    (*array.data_type() == DataType::LargeUtf8).then(|| array.as_string::<TextOffset>().value(row).trim())
}

fn number(array: &ArrayRef, row: usize) -> Option<f64> {
    match array.data_type() {
        DataType::Int64 => Some(array.as_primitive::<Int64Type>().value(row) as f64),
        DataType::Boolean => Some(f64::from(u8::from(array.as_boolean().value(row)))),
        _ => texts(array, row)?.parse().ok(),
    }
}

fn count(array: &ArrayRef, row: usize) -> Option<i64> {
    match array.data_type() {
        DataType::Float64 => {
            let number = array.as_primitive::<Float64Type>().value(row);
            (number.fract() == 0.0 && number.abs() <= literal::EXACT_MAX as f64).then_some(number as i64)
        }
        DataType::Boolean => Some(i64::from(array.as_boolean().value(row))),
        _ => texts(array, row)?.parse().ok(),
    }
}

fn truth(array: &ArrayRef, row: usize) -> Option<bool> {
    match array.data_type() {
        DataType::Int64 => match array.as_primitive::<Int64Type>().value(row) {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        },
        _ => match texts(array, row)? {
            text if text.eq_ignore_ascii_case("true") => Some(true),
            text if text.eq_ignore_ascii_case("false") => Some(false),
            _ => None,
        },
    }
}
