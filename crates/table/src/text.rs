//! Values, names and types as text.

use crate::{ColumnType, MomentForm};
use arrow_array::GenericStringArray;
use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type, Time64MicrosecondType, TimestampMicrosecondType};
use arrow_array::{Array, ArrayRef};
use arrow_schema::DataType;
use std::borrow::Cow;

/// Offsets of texts: 64 bits, so that a column can exceed 2 GiB.
pub type TextOffset = i64;

/// Storage of texts, categories and ids.
pub type TextArray = GenericStringArray<TextOffset>;

/// Returns the value of a row as text; `None` if it is missing.
#[must_use]
pub fn text_of(array: &ArrayRef, row: usize) -> Option<String> {
    text_at(array, row).map(Cow::into_owned)
}

/// Like [`text_of`], without copying text.
pub(crate) fn text_at(array: &ArrayRef, row: usize) -> Option<Cow<'_, str>> {
    text_in(array, row, MomentForm::Day)
}

/// Like [`text_of`], with dates and times in the form of their column ([`MomentForm::of_array`]), and without copying
/// text.
#[must_use]
pub fn text_in(array: &ArrayRef, row: usize, form: MomentForm) -> Option<Cow<'_, str>> {
    if array.is_null(row) {
        return None;
    }
    Some(Cow::Owned(match array.data_type() {
        DataType::Float64 => (array.as_primitive::<Float64Type>().value(row) + 0.0).to_string(),
        DataType::Int64 => array.as_primitive::<Int64Type>().value(row).to_string(),
        DataType::Boolean => return Some(Cow::Borrowed(if array.as_boolean().value(row) { "true" } else { "false" })),
        DataType::LargeUtf8 => return Some(Cow::Borrowed(array.as_string::<TextOffset>().value(row))),
        DataType::Timestamp(..) => form.date_text(array.as_primitive::<TimestampMicrosecondType>().value(row)),
        DataType::Time64(..) => form.time_text(array.as_primitive::<Time64MicrosecondType>().value(row)),
        other => unreachable!("no kind is stored as {other}"),
    }))
}

/// Formats a column name as in the language: in backticks unless it is an identifier.
#[must_use]
pub fn quoted(name: &str) -> String {
    let mut characters = name.chars();
    let starts_well = characters.next().is_some_and(|first| first.is_alphabetic() || first == '_');
    let plain = starts_well && characters.all(|other| other.is_alphanumeric() || other == '_');
    if plain { name.to_string() } else { format!("`{name}`") }
}

/// Returns what a column of this type holds, in the plural: "whole numbers".
#[must_use]
pub fn plural(kind: ColumnType) -> &'static str {
    match kind {
        ColumnType::Continuous => "real numbers",
        ColumnType::Count => "whole numbers",
        ColumnType::Bool => "booleans",
        ColumnType::Category | ColumnType::Ordered => "categories",
        ColumnType::Date => "dates",
        ColumnType::Time => "times of day",
        ColumnType::Text => "text",
        ColumnType::Id => "ids",
    }
}
