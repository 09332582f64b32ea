//! The common part of single-column estimators: selecting columns, and finding them again in new rows.

use arrow_array::cast::AsArray;
use arrow_array::types::{ArrowPrimitiveType, Float64Type, Int64Type};
use arrow_array::{Array, ArrayRef, BooleanArray, Float64Array, PrimitiveArray};
use arrow_buffer::{BooleanBuffer, MutableBuffer, NullBuffer, ScalarBuffer};
use arrow_schema::DataType;
use pipewright_diagnostic::{Failure, code};
use pipewright_expr::Selection;
use pipewright_table::TextArray;
use pipewright_table::numbers::{all_within, non_finite};
use pipewright_table::summary::BLOCK;
use pipewright_table::text::{plural, quoted};
use pipewright_table::{CHUNK_ROWS, Column, ColumnType, Entry, Role, Schema, Stored, Table};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Returns the columns of a step: those selected, or all features of an accepted type; `step` is its name in messages.
///
/// # Errors
/// [`code::NOT_NUMERIC`] for a selected column of another type, and those of the selection.
pub fn chosen(
    on: Option<&Selection>,
    schema: &Schema,
    step: &str,
    accepts: impl Fn(ColumnType) -> bool,
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
        let message = format!("{step} does not support `{name}`: it holds {}", plural(column.kind));
        Err(Failure::new(code::NOT_NUMERIC, message).column(&*name))
    });
    columns.collect()
}

/// Returns the entries of `input` with each of the `chosen` columns replaced by the result of `change`.
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

/// Returns the values of a fitted column.
///
/// # Errors
/// `UNKNOWN_COLUMN` if it does not exist, `KIND_CHANGED` if its type has changed.
pub(super) fn fitted<'a>(rows: &'a Table, name: &str, kind: ColumnType) -> Result<&'a ArrayRef, Failure> {
    let column = rows.column(name)?;
    if column.kind == kind {
        return rows.array(name);
    }
    let message = format!("`{name}` holds {}; it held {} when the step was fitted", plural(column.kind), plural(kind));
    Err(Failure::new(code::KIND_CHANGED, message).column(name))
}

/// Checks that a fitted column exists in new rows: with the same type, or real numbers where only whole ones were seen
/// in training.
///
/// # Errors
/// Those of [`fitted`].
pub(super) fn applies(rows: &Table, name: &str, kind: ColumnType) -> Result<(), Failure> {
    match (rows.column(name)?.kind, kind) {
        (ColumnType::Continuous, ColumnType::Count) => Ok(()),
        _ => fitted(rows, name, kind).map(drop),
    }
}

/// Returns the name of the missing-value indicator of `column`: `NAME (missing)`.
#[must_use]
pub fn indicator_of(column: &Column) -> Column {
    let name: Arc<str> = format!("{} (missing)", column.name).into();
    Column { name, kind: ColumnType::Bool, role: Role::Feature, sources: column.sources.clone() }
}

/// Returns where an array has missing values.
#[must_use]
pub fn missing_in(array: &ArrayRef) -> ArrayRef {
    let missing = BooleanBuffer::collect_bool(array.len(), |row| array.is_null(row));
    Arc::new(BooleanArray::new(missing, None))
}

/// Replaces each fitted column of the rows by the result of `change`, in parallel if there are more rows than in a
/// chunk, since columns are independent. (Chunks themselves are processed in parallel.) Arrays with a single owner are
/// passed on with that ownership.
///
/// # Errors
/// Those of [`applies`], and the first one of `change` in the order of the fitted columns.
pub(super) fn map_fitted<L: Sync>(
    rows: Table,
    learned: &[L],
    column_of: impl Fn(&L) -> (Arc<str>, ColumnType),
    change: impl Fn(&L, &Column, ArrayRef) -> Result<Vec<(Column, ArrayRef)>, Failure> + Sync,
) -> Result<Table, Failure> {
    let mut places = BTreeMap::new();
    for (place, learned) in learned.iter().enumerate() {
        let (name, kind) = column_of(learned);
        applies(&rows, &name, kind)?;
        places.insert(name, place);
    }
    map_places(rows, &places, &|place, column, array| change(&learned[place], column, array))
}

/// The transformation of a fitted column, by its index among the fitted columns.
type Change<'a> = &'a (dyn Fn(usize, &Column, ArrayRef) -> Result<Vec<(Column, ArrayRef)>, Failure> + Sync);

/// As [`map_fitted`], without type parameter: the parallel loop is compiled once for all estimators.
fn map_places(rows: Table, places: &BTreeMap<Arc<str>, usize>, change: Change<'_>) -> Result<Table, Failure> {
    let (count, origin) = (rows.rows(), rows.origin().cloned());
    let (columns, arrays) = rows.into_parts();
    let changed = |(column, array): (&Column, Stored)| match places.get(&column.name) {
        Some(&place) => match change(place, column, array.into_array()) {
            Ok(made) => Ok(made.into_iter().map(|(column, array)| (column, array.into())).collect()),
            Err(failure) => Err((place, failure)),
        },
        None => Ok(vec![(column.clone(), array)]),
    };
    let changed: Vec<_> = match count > CHUNK_ROWS {
        true => columns.par_iter().zip(arrays).map(changed).collect(),
        false => columns.iter().zip(arrays).map(changed).collect(),
    };
    let (mut made, mut failures) = (vec![], vec![]);
    for changed in changed {
        match changed {
            Ok(columns) => made.extend(columns),
            Err(failure) => failures.push(failure),
        }
    }
    if let Some((_, failure)) = failures.into_iter().min_by_key(|(place, _)| *place) {
        return Err(failure);
    }
    let (columns, arrays) = made.into_iter().unzip();
    Ok(Table::with_stored(columns, arrays, count)?.with_origin(origin))
}

/// Maps the numbers of a numeric column; missing values stay missing. Real numbers with a single owner are changed in
/// place.
///
/// # Errors
/// `NON_FINITE` with the row of a number that is not finite; the error of `refuse`, with the row, if `change` returns a
/// non-finite value.
pub(super) fn map_numbers(
    name: &str,
    array: ArrayRef,
    change: impl Fn(f64) -> f64,
    refuse: impl Fn(f64) -> Failure,
) -> Result<Float64Array, Failure> {
    let (nulls, rows) = (array.nulls().cloned(), array.len());
    let made = match array.data_type() {
        DataType::Float64 => match only_copy::<Float64Type>(array) {
            Ok(mut buffer) => {
                let read = |_, made: &[f64], numbers: &mut [f64]| numbers.copy_from_slice(made);
                change_all(buffer.typed_data_mut(), nulls.as_ref(), read, change)
                    .map(|()| ScalarBuffer::new(buffer.into(), 0, rows))
            }
            Err(values) => changed(&values, nulls.as_ref(), |number| number, change),
        },
        DataType::Int64 => {
            changed(array.as_primitive::<Int64Type>().values(), nulls.as_ref(), |count| count as f64, change)
        }
        other => unreachable!("a numeric column is not stored as {other}"),
    };
    match made {
        Ok(made) => Ok(Float64Array::new(made, nulls)),
        Err((row, number)) if number.is_finite() => Err(refuse(number).column(name).row(row as u64 + 1)),
        Err((row, number)) => Err(non_finite(name, row, number)),
    }
}

/// Returns the buffer of an array's values if it has no other owner, otherwise the values.
pub(super) fn only_copy<T: ArrowPrimitiveType>(array: ArrayRef) -> Result<MutableBuffer, ScalarBuffer<T::Native>> {
    let values = array.as_primitive::<T>().values().clone();
    drop(array);
    let rows = values.len();
    values.into_inner().into_mutable().map_err(|buffer| ScalarBuffer::new(buffer, 0, rows))
}

/// Maps all of these numbers.
fn changed<T: Copy>(
    values: &[T],
    nulls: Option<&NullBuffer>,
    number: impl Fn(T) -> f64,
    change: impl Fn(f64) -> f64,
) -> Result<ScalarBuffer<f64>, (usize, f64)> {
    let mut made = vec![0.0; values.len()];
    let read = |start: usize, _: &[f64], numbers: &mut [f64]| {
        numbers.iter_mut().zip(&values[start..]).for_each(|(place, &value)| *place = number(value));
    };
    change_all(&mut made, nulls, read, change).map(|()| made.into())
}

/// Writes the results for every number, block by block: `read` gets the row where a block starts, the previous content,
/// and the output. Fails with row and number of the first present value that is not finite, before or after.
fn change_all(
    made: &mut [f64],
    nulls: Option<&NullBuffer>,
    read: impl Fn(usize, &[f64], &mut [f64]),
    change: impl Fn(f64) -> f64,
) -> Result<(), (usize, f64)> {
    let mut numbers = [0.0; BLOCK];
    for (block, made) in made.chunks_mut(BLOCK).enumerate() {
        let (start, numbers) = (block * BLOCK, &mut numbers[..made.len()]);
        read(start, made, numbers);
        made.iter_mut().zip(&*numbers).for_each(|(place, &number)| *place = change(number));
        if all_within(numbers, f64::MAX) && all_within(made, f64::MAX) {
            continue;
        }
        // Where a value is missing, any result is allowed.
        let is_there = |row: usize| nulls.is_none_or(|nulls| nulls.is_valid(start + row));
        let is_bad = |&row: &usize| !(numbers[row].is_finite() && made[row].is_finite()) && is_there(row);
        if let Some(row) = (0..made.len()).find(is_bad) {
            return Err((start + row, numbers[row]));
        }
    }
    Ok(())
}

/// Creates the failure for a column without any value.
pub(super) fn all_missing(name: &str, what: &str) -> Failure {
    Failure::new(code::ALL_MISSING, format!("`{name}` has no values to compute the {what} of"))
        .column(name)
        .help(format!("`drop {}`", quoted(name)))
}

/// Creates the failure for a state that cannot be the result of a fit.
pub(super) fn bad_state(what: impl Into<String>) -> Failure {
    Failure::new(code::BAD_BUNDLE, what)
}

/// Checks that names are unique.
///
/// # Errors
/// [`code::BAD_BUNDLE`] with a duplicate name.
pub fn validate_names<'a>(names: impl Iterator<Item = &'a Arc<str>>) -> Result<(), Failure> {
    let mut seen = BTreeSet::new();
    for name in names {
        if !seen.insert(name) {
            return Err(bad_state(format!("the column `{name}` occurs twice")));
        }
    }
    Ok(())
}

/// Passes the finite numbers of a numeric column; missing values are skipped.
///
/// # Errors
/// `NON_FINITE` with the row.
pub(super) fn for_each_number(name: &str, array: &ArrayRef, mut take: impl FnMut(f64)) -> Result<(), Failure> {
    let mut bad = None;
    for_each_row(array, |row, number| {
        if number.is_finite() {
            take(number);
        } else if bad.is_none() {
            bad = Some((row, number));
        }
    });
    bad.map_or(Ok(()), |(row, number)| Err(non_finite(name, row, number)))
}

/// Passes the numbers of a numeric column, each with its row; missing values are skipped.
pub(super) fn for_each_row(array: &ArrayRef, mut take: impl FnMut(usize, f64)) {
    match array.data_type() {
        DataType::Float64 => present(array.as_primitive::<Float64Type>(), &mut take),
        DataType::Int64 => present(array.as_primitive::<Int64Type>(), &mut |row, count| take(row, count as f64)),
        other => unreachable!("a numeric column is not stored as {other}"),
    }
}

/// Passes the numbers of a numeric column in blocks of any size: faster than [`for_each_number`] for consumers of whole
/// blocks.
///
/// # Errors
/// As [`for_each_number`].
pub(super) fn for_each_block(name: &str, array: &ArrayRef, mut take: impl FnMut(&[f64])) -> Result<(), Failure> {
    let mut finite = true;
    let mut take = |block: &[f64]| {
        finite = finite && all_within(block, f64::MAX);
        if finite {
            take(block);
        }
    };
    match array.data_type() {
        DataType::Float64 => {
            let numbers = array.as_primitive::<Float64Type>();
            match numbers.nulls() {
                None => numbers.values().chunks(BLOCK).for_each(&mut take),
                Some(_) => present_blocks(numbers, |number| number, &mut take),
            }
        }
        DataType::Int64 => present_blocks(array.as_primitive::<Int64Type>(), |count| count as f64, &mut take),
        other => unreachable!("a numeric column is not stored as {other}"),
    }
    // Again, slowly, to find the row.
    if finite { Ok(()) } else { for_each_number(name, array, |_| ()) }
}

/// Passes the non-null values, gathered in blocks.
fn present_blocks<T: ArrowPrimitiveType>(
    array: &PrimitiveArray<T>,
    number: impl Fn(T::Native) -> f64,
    take: &mut impl FnMut(&[f64]),
) {
    let mut block = [0.0; BLOCK];
    let Some(nulls) = array.nulls() else {
        for values in array.values().chunks(BLOCK) {
            block.iter_mut().zip(values).for_each(|(place, &value)| *place = number(value));
            take(&block[..values.len()]);
        }
        return;
    };
    const WORD: usize = u64::BITS as usize;
    let mut count = 0;
    for (present, values) in nulls.inner().bit_chunks().iter_padded().zip(array.values().chunks(WORD)) {
        if count > BLOCK - WORD {
            take(&block[..count]);
            count = 0;
        }
        for (bit, &value) in values.iter().enumerate() {
            // Nulls are overwritten by the next value.
            block[count] = number(value);
            count += (present >> bit & 1) as usize;
        }
    }
    take(&block[..count]);
}

/// Passes the non-null values of an array, each with its row.
pub(super) fn present<T: ArrowPrimitiveType>(array: &PrimitiveArray<T>, take: &mut impl FnMut(usize, T::Native)) {
    match array.nulls() {
        None => array.values().iter().enumerate().for_each(|(row, &value)| take(row, value)),
        Some(nulls) => nulls.valid_indices().for_each(|row| take(row, array.value(row))),
    }
}

/// Creates the two-column table that shows a state: what was learned per column.
pub(super) fn shown(what: &str, learned: impl Iterator<Item = (String, String)>) -> Table {
    let (names, values): (Vec<String>, Vec<String>) = learned.unzip();
    let columns = vec![Column::new("column", ColumnType::Text), Column::new(what, ColumnType::Text)];
    let arrays: Vec<ArrayRef> = vec![Arc::new(TextArray::from(names)), Arc::new(TextArray::from(values))];
    Table::new(columns, arrays).expect("two columns of one length")
}
