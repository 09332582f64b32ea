//! What the estimators of single columns share: which columns they take, and finding them again.

use crate::table::{non_finite, plural, quoted};
use crate::{Column, Entry, Kind, Role, Schema, Selection, Table};
use arrow_array::cast::AsArray;
use arrow_array::types::{ArrowPrimitiveType, Float64Type, Int64Type};
use arrow_array::{Array, ArrayRef, BooleanArray, PrimitiveArray, StringArray};
use arrow_buffer::BooleanBuffer;
use arrow_schema::DataType;
use pipewright_diagnostic::{Failure, code};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The columns that a step takes: those selected, else all features of a kind that it accepts; `step` is how messages
/// call it.
///
/// # Errors
/// [`code::NOT_NUMERIC`] for a selected column of another kind, and those of the selection.
pub fn chosen(
    on: Option<&Selection>,
    schema: &Schema,
    step: &str,
    accepts: impl Fn(Kind) -> bool,
) -> Result<Vec<Column>, Failure> {
    let Some(selection) = on else {
        let columns = schema.columns().filter(|column| column.role == Role::Feature && accepts(column.kind));
        return Ok(columns.cloned().collect());
    };
    let known: BTreeMap<&str, &Column> = schema.columns().map(|column| (&*column.name, column)).collect();
    let columns = selection.resolve(schema)?.into_iter().map(|name| {
        let column = known[&*name];
        if accepts(column.kind) {
            return Ok(column.clone());
        }
        let message = format!("{step} cannot take `{name}`: it holds {}", plural(column.kind));
        Err(Failure::new(code::NOT_NUMERIC, message).column(&*name))
    });
    columns.collect()
}

/// The entries of `input` with each of the `chosen` columns replaced by what `change` makes of it.
pub(super) fn replaced(input: &Schema, chosen: &[Column], change: impl Fn(&Column) -> Vec<Entry>) -> Schema {
    let chosen: BTreeSet<&str> = chosen.iter().map(|column| &*column.name).collect();
    let mut entries = Vec::with_capacity(input.entries().len());
    for entry in input.entries() {
        match entry {
            Entry::Column(column) if chosen.contains(&*column.name) => entries.extend(change(column)),
            other => entries.push(other.clone()),
        }
    }
    Schema::with_entries(entries)
}

/// The values of a column that a state was fitted on.
///
/// # Errors
/// `UNKNOWN_COLUMN` if it is not there, `KIND_CHANGED` if it is of another kind than it was.
pub(super) fn fitted<'a>(rows: &'a Table, name: &str, kind: Kind) -> Result<&'a ArrayRef, Failure> {
    let column = rows.column(name)?;
    if column.kind == kind {
        return rows.array(name);
    }
    let message = format!("`{name}` holds {}; it held {} when this was fitted", plural(column.kind), plural(kind));
    Err(Failure::new(code::KIND_CHANGED, message).column(name))
}

/// Checks that a state fitted on a column of this kind applies to new rows: of the same kind, or real numbers where
/// only whole ones were seen.
///
/// # Errors
/// Those of [`fitted`].
pub(super) fn applies(rows: &Table, name: &str, kind: Kind) -> Result<(), Failure> {
    match (rows.column(name)?.kind, kind) {
        (Kind::Continuous, Kind::Count) => Ok(()),
        _ => fitted(rows, name, kind).map(drop),
    }
}

/// The column that says where `column` was missing: `NAME (missing)`.
#[must_use]
pub fn indicator_of(column: &Column) -> Column {
    let name: Arc<str> = format!("{} (missing)", column.name).into();
    Column { name, kind: Kind::Bool, role: Role::Feature, sources: column.sources.clone() }
}

/// Where an array misses a value.
#[must_use]
pub fn missing_in(array: &ArrayRef) -> ArrayRef {
    let missing = BooleanBuffer::collect_bool(array.len(), |row| array.is_null(row));
    Arc::new(BooleanArray::new(missing, None))
}

/// The failure for a column without a single value.
pub(super) fn all_missing(name: &str, what: &str) -> Failure {
    Failure::new(code::ALL_MISSING, format!("`{name}` has no value to take the {what} of"))
        .column(name)
        .help(format!("`drop {}`", quoted(name)))
}

/// The failure for a state that cannot have been fitted.
pub(super) fn bad_state(what: impl Into<String>) -> Failure {
    Failure::new(code::BAD_BUNDLE, what)
}

/// Every name once.
///
/// # Errors
/// [`code::BAD_BUNDLE`] with a name that is there twice.
pub fn validate_names<'a>(names: impl Iterator<Item = &'a Arc<str>>) -> Result<(), Failure> {
    let mut seen = BTreeSet::new();
    for name in names {
        if !seen.insert(name) {
            return Err(bad_state(format!("the column `{name}` is there twice")));
        }
    }
    Ok(())
}

/// The finite numbers of a numeric column, each with its row: what is missing is left out.
///
/// # Errors
/// `NON_FINITE` with the row.
pub(super) fn for_each_number(name: &str, array: &ArrayRef, mut take: impl FnMut(f64)) -> Result<(), Failure> {
    let mut bad = None;
    let mut each = |row: usize, number: f64| {
        if number.is_finite() {
            take(number);
        } else if bad.is_none() {
            bad = Some((row, number));
        }
    };
    match array.data_type() {
        DataType::Float64 => present(array.as_primitive::<Float64Type>(), &mut each),
        DataType::Int64 => present(array.as_primitive::<Int64Type>(), &mut |row, count| each(row, count as f64)),
        other => unreachable!("a numeric column is not stored as {other}"),
    }
    bad.map_or(Ok(()), |(row, number)| Err(non_finite(name, row, number)))
}

/// The values of an array that are not null, each with its row.
pub(super) fn present<T: ArrowPrimitiveType>(array: &PrimitiveArray<T>, take: &mut impl FnMut(usize, T::Native)) {
    match array.nulls() {
        None => array.values().iter().enumerate().for_each(|(row, &value)| take(row, value)),
        Some(nulls) => nulls.valid_indices().for_each(|row| take(row, array.value(row))),
    }
}

/// The table of two text columns that shows a state: what was learned of each column.
pub(super) fn shown(what: &str, learned: impl Iterator<Item = (String, String)>) -> Table {
    let (names, values): (Vec<String>, Vec<String>) = learned.unzip();
    let columns = vec![Column::new("column", Kind::Text), Column::new(what, Kind::Text)];
    let arrays: Vec<ArrayRef> = vec![Arc::new(StringArray::from(names)), Arc::new(StringArray::from(values))];
    Table::new(columns, arrays).expect("two columns of one length")
}
