//! Whole columns from gathered parts: one type, one array, notes, and unique names.

use super::{Cells, LIST, NO_ROW, SORTS, Seen, Start, Type, Values, valid_bits};
use crate::ReadOptions;
use arrow_array::{
    ArrayRef, BooleanArray, Float64Array, Int64Array, Time64MicrosecondArray, TimestampMicrosecondArray,
};
use arrow_buffer::{BooleanBufferBuilder, Buffer, NullBuffer, OffsetBuffer, ScalarBuffer};
use pipewright_diagnostic::{Failure, code};
use pipewright_table::{TextArray, TextOffset};
use std::sync::Arc;

/// Observations of all parts of a column.
#[derive(Debug, Clone)]
pub(crate) struct Outcome {
    pub(crate) kind: Type,
    seen: Seen,
}

impl Outcome {
    pub(crate) fn new() -> Outcome {
        Outcome { kind: Type::Nothing, seen: Seen { first: [NO_ROW; SORTS.len()], fractional: false, huge: false } }
    }

    /// Adds a part that starts at a row of the table.
    pub(crate) fn add(&mut self, cells: &Cells, rows_before: u64) {
        self.kind = self.kind.join(cells.found());
        self.seen.fractional |= cells.seen.fractional;
        self.seen.huge |= cells.seen.huge;
        for (first, row) in self.seen.first.iter_mut().zip(cells.seen.first) {
            if row != NO_ROW {
                *first = (*first).min(rows_before + row);
            }
        }
    }

    /// Are all values null?
    pub(crate) fn is_empty(&self) -> bool {
        self.seen.first.iter().all(|&row| row == NO_ROW)
    }

    /// Are all values lists?
    pub(crate) fn is_of_lists(&self) -> bool {
        self.seen.first[..LIST].iter().all(|&row| row == NO_ROW) && !self.is_empty()
    }

    /// Creates the note about the column.
    pub(crate) fn notes(&self, name: &str, options: &ReadOptions) -> Option<Failure> {
        let stated = options.kinds.contains_key(name) || !options.wants(name);
        let note = |message: String| Failure::note(code::TYPE_WIDENED, message).file(&options.name).column(name);
        let shown = name.escape_debug();
        let mut sorts: Vec<(u64, &str)> = self.seen.first.into_iter().zip(SORTS).collect();
        sorts.retain(|(row, _)| *row != NO_ROW);
        sorts.sort_unstable();
        match sorts[..] {
            _ if stated => None,
            [(first, one), (second, other), ..] if self.kind == Type::Text => {
                let (first, second) = (first + 1, second + 1);
                let message =
                    format!("`{shown}` is read as text: it holds {one} in row {first} and {other} in row {second}");
                Some(note(message).row(second))
            }
            [(row, sort)] if sort == SORTS[LIST] => {
                Some(note(format!("`{shown}` holds lists: they are read as their JSON text")).row(row + 1))
            }
            _ if self.kind == Type::Continuous && self.seen.huge && !self.seen.fractional => {
                let message = "holds whole numbers beyond 64 bits: it is read as continuous and rounded";
                Some(note(format!("`{shown}` {message}")))
            }
            _ => None,
        }
    }
}

/// Concatenates the parts of a column to one array; each with its number of rows, and `None` for a part without any
/// cell.
pub(crate) fn array(parts: Vec<(Option<Cells>, usize)>, kind: Type) -> ArrayRef {
    let total: usize = parts.iter().map(|(_, rows)| rows).sum();
    let brought = |(cells, rows): (Option<Cells>, usize)| {
        let mut cells = cells.unwrap_or_else(|| Cells::new(Start::Narrowest));
        cells.pad(rows);
        cells.become_of(kind);
        cells
    };
    let mut parts: Vec<Cells> = parts.into_iter().map(brought).collect();
    let nulls = null_buffer(&mut parts, total);
    let values = parts.into_iter().map(|cells| cells.values);
    match kind {
        Type::Bool => {
            let mut all = BooleanBufferBuilder::new(total);
            values.for_each(|part| {
                if let Values::Bool(mut part) = part {
                    all.append_buffer(&part.finish());
                }
            });
            Arc::new(BooleanArray::new(all.finish(), nulls))
        }
        Type::Count => Arc::new(Int64Array::new(joined(values, total, Values::integers), nulls)),
        Type::Date => Arc::new(TimestampMicrosecondArray::new(joined(values, total, Values::integers), nulls)),
        Type::Time => Arc::new(Time64MicrosecondArray::new(joined(values, total, Values::integers), nulls)),
        Type::Continuous => Arc::new(Float64Array::new(joined(values, total, Values::floats), nulls)),
        Type::Nothing | Type::Text => Arc::new(texts(values, total, nulls)),
    }
}

impl Cells {
    /// Converts counts to continuous numbers, and empty parts to nulls of any type.
    fn become_of(&mut self, kind: Type) {
        match (&mut self.values, kind) {
            (Values::Count(values), Type::Continuous) => {
                self.values = Values::Continuous(values.iter().map(|&value| value as f64).collect());
            }
            (Values::Nothing, _) => {
                // Nulls need no text.
                let kind = if kind == Type::Nothing { Type::Text } else { kind };
                self.values = Values::nulls(kind, self.rows);
                self.valid = Some(valid_bits(self.rows, false));
            }
            _ => {}
        }
    }
}

impl Values {
    fn integers(self) -> Vec<i64> {
        match self {
            Values::Count(values) | Values::Date(values) | Values::Time(values) => values,
            _ => unreachable!("every part was brought to the type of its column"),
        }
    }

    fn floats(self) -> Vec<f64> {
        match self {
            Values::Continuous(values) => values,
            _ => unreachable!("every part was brought to the type of its column"),
        }
    }
}

fn null_buffer(parts: &mut [Cells], rows: usize) -> Option<NullBuffer> {
    if parts.iter().all(|cells| cells.valid.is_none() || cells.rows == 0) {
        return None;
    }
    let mut all = BooleanBufferBuilder::new(rows);
    for cells in parts {
        match &mut cells.valid {
            Some(valid) => all.append_buffer(&valid.finish()),
            None => all.append_n(cells.rows, true),
        }
    }
    Some(NullBuffer::new(all.finish()))
}

fn joined<T: arrow_buffer::ArrowNativeType>(
    mut parts: impl ExactSizeIterator<Item = Values>,
    rows: usize,
    take: fn(Values) -> Vec<T>,
) -> ScalarBuffer<T> {
    if parts.len() == 1 {
        return parts.next().map(take).unwrap_or_default().into();
    }
    let mut all = Vec::with_capacity(rows);
    parts.for_each(|part| all.extend_from_slice(&take(part)));
    all.into()
}

fn texts(parts: impl ExactSizeIterator<Item = Values>, rows: usize, nulls: Option<NullBuffer>) -> TextArray {
    let parts: Vec<(Vec<u8>, Vec<TextOffset>)> = parts
        .map(|part| match part {
            Values::Text { bytes, offsets } => (bytes, offsets),
            _ => unreachable!("every part was brought to the type of its column"),
        })
        .collect();
    let length: usize = parts.iter().map(|(bytes, _)| bytes.len()).sum();
    let mut all: Vec<u8> = Vec::with_capacity(length);
    let mut offsets: Vec<TextOffset> = Vec::with_capacity(rows + 1);
    offsets.push(0);
    for (bytes, part) in parts {
        let before = all.len() as TextOffset;
        offsets.extend(part[1..].iter().map(|end| before + end));
        all.extend_from_slice(&bytes);
    }
    let offsets = OffsetBuffer::new(offsets.into());
    TextArray::try_new(offsets, Buffer::from_vec(all), nulls).expect("readers check that texts are UTF-8")
}

/// Creates the failure for a file with too many columns.
pub(crate) fn too_many_columns(options: &ReadOptions) -> Failure {
    let message = format!("more than {} columns", options.limits.columns);
    Failure::new(code::LIMIT_REACHED, message)
        .file(&options.name)
        .help(format!("`load … max_columns={}` raises the limit", options.limits.columns.saturating_mul(2)))
}
