//! Conversion of Arrow arrays of any type to columns: the part shared by the readers of Parquet and Arrow IPC.
//!
//! A [`Layout`] maps a file's fields to columns: structs are flattened into `parent.child`, everything else is one
//! column, and types without an equivalent (lists, maps, unions) become JSON text. An array of such a column is
//! extracted from a batch by [`Cells::of`] and converted by [`Source::convert`].
//!
//! For two types the result depends on the values: unsigned 64-bit numbers are counts unless one exceeds the signed
//! range, and bytes are text unless they are not UTF-8. [`Source::settle`] decides, and has to see all values.

mod allowance;
mod convert;
mod declare;
mod gather;
mod loss;
mod text;

use crate::{ReadOptions, names};
use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef};
use arrow_buffer::NullBuffer;
use arrow_schema::{DataType, Field, Fields};
use pipewright_diagnostic::{Failure, code};
use pipewright_table::{Column, ColumnType, Role};
use std::sync::Arc;

pub(crate) use allowance::Allowance;
pub(crate) use gather::Gather;
pub(crate) use loss::Loss;

/// Maximum nesting of types: deeper ones are not real data, and walking them would exhaust the stack.
pub(crate) const DEPTH_MAX: usize = 60;

/// The columns of a file, with notes.
#[derive(Debug, Clone)]
pub(crate) struct Layout {
    /// The requested columns, in file order.
    pub(crate) sources: Vec<Source>,
    /// Renamed columns, widened types.
    pub(crate) notes: Vec<Failure>,
}

/// A column, and where its values are in a batch.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    /// The index of the root field, and of the nested fields within structs.
    pub(crate) path: Vec<usize>,
    /// Its type in the file.
    pub(crate) stored: DataType,
    /// The resulting column.
    pub(crate) column: Column,
    /// How its values are converted.
    goal: Goal,
    /// Was the type declared, so that the values do not decide?
    declared: bool,
}

/// Target of the conversion of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Goal {
    Real,
    Whole,
    Truth,
    Date,
    Time,
    Text,
    /// Bytes as hexadecimal digits.
    Hex,
}

/// The values of a column in one batch, and the rows where enclosing structs are null.
#[derive(Debug, Clone)]
pub(crate) struct Cells {
    array: ArrayRef,
    outer: Option<NullBuffer>,
}

impl Layout {
    /// Maps these fields to columns.
    pub(crate) fn of(fields: &Fields, options: &ReadOptions) -> Result<Layout, Failure> {
        let mut found = Vec::new();
        for (position, field) in fields.iter().enumerate() {
            flatten(field, field.name().clone(), vec![position], options, &mut found)?;
        }
        let stated: Vec<String> = found.iter().map(|(name, ..)| name.clone()).collect();
        let (names, mut notes) = names::unique(&stated, &options.name);
        names::declared(names.iter().map(|name| &**name), options)?;
        let mut sources = Vec::new();
        for ((_, path, field), name) in found.into_iter().zip(names) {
            if options.wants(&name) {
                let source = Source::of(field, path, name, options)?;
                notes.extend(source.note(options));
                sources.push(source);
            } else {
                notes.retain(|note| note.place.column.as_deref() != Some(&*name));
            }
        }
        Ok(Layout { sources, notes })
    }
}

type Found<'a> = (String, Vec<usize>, &'a Field);

fn flatten<'a>(
    field: &'a Field,
    name: String,
    path: Vec<usize>,
    options: &ReadOptions,
    found: &mut Vec<Found<'a>>,
) -> Result<(), Failure> {
    if path.len() > DEPTH_MAX || too_deep(field.data_type(), DEPTH_MAX) {
        return Err(Failure::new(code::LIMIT_REACHED, format!("types are nested more than {DEPTH_MAX} deep"))
            .file(&options.name)
            .column(name));
    }
    if let DataType::Struct(children) = field.data_type() {
        for (position, child) in children.iter().enumerate() {
            let mut path = path.clone();
            path.push(position);
            flatten(child, format!("{name}.{}", child.name()), path, options, found)?;
        }
        return Ok(());
    }
    if found.len() == options.limits.columns {
        let message = format!("more than {} columns", options.limits.columns);
        return Err(Failure::new(code::LIMIT_REACHED, message).file(&options.name));
    }
    found.push((name, path, field));
    Ok(())
}

fn too_deep(data_type: &DataType, levels: usize) -> bool {
    let deeper = |field: &Field| levels == 0 || too_deep(field.data_type(), levels - 1);
    match data_type {
        DataType::List(field)
        | DataType::LargeList(field)
        | DataType::ListView(field)
        | DataType::LargeListView(field)
        | DataType::FixedSizeList(field, _)
        | DataType::Map(field, _) => deeper(field),
        DataType::Struct(fields) => fields.iter().any(|field| deeper(field)),
        DataType::Union(fields, _) => fields.iter().any(|(_, field)| deeper(field)),
        DataType::RunEndEncoded(_, values) => deeper(values),
        DataType::Dictionary(_, values) => levels == 0 || too_deep(values, levels - 1),
        _ => false,
    }
}

impl Source {
    fn of(field: &Field, path: Vec<usize>, name: Arc<str>, options: &ReadOptions) -> Result<Source, Failure> {
        let stored = field.data_type().clone();
        let mut goal = goal_of(&stored);
        let mut column = Column::new(name, goal.kind());
        stated(field, &mut column);
        let declared = options.kinds.get(&*column.name).copied();
        if let Some(kind) = declared {
            column.kind = kind;
            // Text is made from the stored value: converting to a number first would round it.
            if kind.is_string() && goal != Goal::Hex {
                goal = Goal::Text;
            }
        }
        Ok(Source { path, stored, column, goal, declared: declared.is_some() })
    }

    /// Returns the note due to the type of a column.
    fn note(&self, options: &ReadOptions) -> Option<Failure> {
        let name = &self.column.name;
        let message = match plain(&self.stored) {
            _ if self.declared => return None,
            DataType::Timestamp(_, Some(zone)) if !is_utc(zone) => {
                format!("`{name}` has the time zone {zone}: its moments are read as UTC")
            }
            DataType::List(_)
            | DataType::LargeList(_)
            | DataType::ListView(_)
            | DataType::LargeListView(_)
            | DataType::FixedSizeList(..) => format!("`{name}` holds lists: they are read as text, in JSON"),
            DataType::Map(..) => format!("`{name}` holds maps: they are read as text, in JSON"),
            DataType::Union(..) => format!("`{name}` holds values of several types: they are read as text, in JSON"),
            DataType::Struct(_) => format!("`{name}` holds structures: they are read as text, in JSON"),
            _ => return None,
        };
        Some(Failure::note(code::TYPE_WIDENED, message).file(&options.name).column(&**name))
    }

    /// Can the values require another type?
    pub(crate) fn is_open(&self) -> bool {
        !self.declared && self.wider().is_some()
    }

    /// Decides by the values; `fit` says whether all of them fit ([`Source::fits`]).
    pub(crate) fn settle(&mut self, fit: bool, options: &ReadOptions) -> Option<Failure> {
        let wider = self.wider().filter(|_| !fit && !self.declared)?;
        let name = &self.column.name;
        let message = match wider {
            Goal::Real => format!("`{name}` holds whole numbers beyond 64 bits: it is read as continuous and rounded"),
            _ => format!("`{name}` holds bytes that are not UTF-8 text: they are read as hexadecimal digits"),
        };
        let note = Failure::note(code::TYPE_WIDENED, message).file(&options.name).column(&**name);
        self.goal = wider;
        if !self.column.kind.is_string() {
            self.column.kind = wider.kind();
        }
        Some(note)
    }

    /// Returns the target for values that do not all fit the usual one.
    fn wider(&self) -> Option<Goal> {
        match plain(&self.stored) {
            DataType::UInt64 if self.goal == Goal::Whole => Some(Goal::Real),
            bytes if is_bytes(bytes) && self.goal == Goal::Text => Some(Goal::Hex),
            _ => None,
        }
    }
}

impl Cells {
    /// Extracts the values of a column from a batch.
    pub(crate) fn of(arrays: &[ArrayRef], path: &[usize]) -> Option<Cells> {
        let (first, rest) = path.split_first()?;
        let mut array = arrays.get(*first)?.clone();
        let mut outer = None;
        for position in rest {
            let parent = array.as_struct_opt()?;
            outer = NullBuffer::union(outer.as_ref(), parent.nulls());
            let child = parent.columns().get(*position)?.clone();
            array = child;
        }
        Some(Cells { array, outer })
    }

    pub(crate) fn rows(&self) -> usize {
        self.array.len()
    }

    /// Returns the size of its texts in bytes, for text columns.
    pub(crate) fn text_bytes(&self) -> u64 {
        let bytes = match self.array.data_type() {
            DataType::Utf8 => self.array.as_string::<i32>().values().len(),
            DataType::LargeUtf8 => self.array.as_string::<i64>().values().len(),
            DataType::LargeBinary => self.array.as_binary::<i64>().values().len(),
            DataType::Binary => self.array.as_binary::<i32>().values().len(),
            _ => 0,
        };
        bytes as u64
    }

    /// Validates that texts are UTF-8, which a decoder may have skipped.
    pub(crate) fn checked(self, options: &ReadOptions) -> Result<Cells, Failure> {
        self.array.to_data().validate_full().map_err(|error| {
            Failure::new(code::BAD_FILE, format!("the file is damaged: {error}")).file(&options.name)
        })?;
        Ok(self)
    }
}

/// Applies the field metadata that [`pipewright_table::Table::to_batch`] writes.
fn stated(field: &Field, column: &mut Column) {
    let word = |key: &str| field.metadata().get(key).map(|text| serde_json::Value::String(text.clone()));
    if let Some(kind) = word("kind").and_then(|word| serde_json::from_value::<ColumnType>(word).ok())
        && kind.storage() == column.kind.storage()
    {
        column.kind = kind;
    }
    if let Some(role) = word("role").and_then(|word| serde_json::from_value::<Role>(word).ok()) {
        column.role = role;
    }
    let sources = field.metadata().get("sources");
    if let Some(sources) = sources.and_then(|text| serde_json::from_str(text).ok()) {
        column.sources = sources;
    }
}

impl Goal {
    fn kind(self) -> ColumnType {
        match self {
            Goal::Real => ColumnType::Continuous,
            Goal::Whole => ColumnType::Count,
            Goal::Truth => ColumnType::Bool,
            Goal::Date => ColumnType::Date,
            Goal::Time => ColumnType::Time,
            Goal::Text | Goal::Hex => ColumnType::Text,
        }
    }
}

fn goal_of(data_type: &DataType) -> Goal {
    match plain(data_type) {
        DataType::Float16 | DataType::Float32 | DataType::Float64 | DataType::Duration(_) => Goal::Real,
        DataType::Decimal32(..) | DataType::Decimal64(..) | DataType::Decimal128(..) | DataType::Decimal256(..) => {
            Goal::Real
        }
        integer if integer.is_integer() => Goal::Whole,
        DataType::Boolean => Goal::Truth,
        DataType::Date32 | DataType::Date64 | DataType::Timestamp(..) => Goal::Date,
        DataType::Time32(_) | DataType::Time64(_) => Goal::Time,
        _ => Goal::Text,
    }
}

/// Returns the value type of dictionaries and run-end encodings.
fn plain(data_type: &DataType) -> &DataType {
    match data_type {
        DataType::Dictionary(_, values) => plain(values),
        DataType::RunEndEncoded(_, values) => plain(values.data_type()),
        other => other,
    }
}

fn is_bytes(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Binary | DataType::LargeBinary | DataType::BinaryView | DataType::FixedSizeBinary(_))
}

fn is_utc(zone: &str) -> bool {
    matches!(zone, "UTC" | "utc" | "Z" | "Etc/UTC" | "GMT" | "+00:00" | "-00:00" | "+0000" | "00:00")
}

/// Returns the approximate size of a value in a table in bytes; for text, without the text itself.
pub(crate) fn width(data_type: &DataType) -> u64 {
    match plain(data_type) {
        DataType::Boolean => 1,
        DataType::FixedSizeBinary(size) => 4 + u64::try_from(*size).unwrap_or(0),
        DataType::Null => 4,
        _ => 8,
    }
}

#[cfg(test)]
mod tests;
