//! Tables to JSON lines: one object per row.

use crate::Outline;
use crate::source::Writer;
use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type, Time64MicrosecondType, TimestampMicrosecondType};
use arrow_array::{Array, ArrayRef};
use pipewright_table::TextOffset;
use pipewright_table::{ColumnType, MomentForm, Table};
use std::io;

/// Writes one JSON object per line, with members in column order. Nulls and numbers that JSON cannot represent
/// (infinities) are `null`; dates are ISO 8601 texts.
///
/// ```
/// use pipewright_frame::{ReadOptions, csv, json};
/// let (table, _) = csv::read(b"a,b\n1,x\n,\n", &ReadOptions::new("t.csv")).unwrap();
/// let mut out = Vec::new();
/// json::write(&table, &mut out).unwrap();
/// assert_eq!(out, b"{\"a\":1,\"b\":\"x\"}\n{\"a\":null,\"b\":null}\n");
/// ```
///
/// # Errors
/// Those of `out`.
pub fn write(table: &Table, out: &mut dyn io::Write) -> io::Result<()> {
    let outline = Outline::of(table).map_err(io::Error::other)?;
    rows(table, outline.forms(), out)
}

/// Creates a writer for the rows of this outline, in consecutive tables.
#[allow(clippy::unnecessary_wraps)] // As the other formats, which begin with a header.
pub(crate) fn writer<'a>(outline: &Outline, out: &'a mut dyn io::Write) -> io::Result<Box<dyn Writer + 'a>> {
    Ok(Box::new(JsonWriter { out, forms: outline.forms().to_vec() }))
}

struct JsonWriter<'a> {
    out: &'a mut dyn io::Write,
    /// The form of the dates and times of each column.
    forms: Vec<MomentForm>,
}

impl Writer for JsonWriter<'_> {
    fn write(&mut self, table: &Table) -> io::Result<()> {
        rows(table, &self.forms, self.out)
    }

    fn finish(self: Box<Self>) -> io::Result<()> {
        Ok(())
    }
}

fn rows(table: &Table, forms: &[MomentForm], out: &mut dyn io::Write) -> io::Result<()> {
    let keys = table.columns().iter().map(|column| serde_json::to_string(&*column.name));
    let keys = keys.collect::<Result<Vec<String>, _>>()?;
    let mut line = Vec::new();
    for row in 0..table.rows() {
        line.push(b'{');
        for (((key, column), array), form) in keys.iter().zip(table.columns()).zip(table.arrays()).zip(forms) {
            if line.last() != Some(&b'{') {
                line.push(b',');
            }
            line.extend_from_slice(key.as_bytes());
            line.push(b':');
            value(&mut line, column.kind, array, row, *form)?;
        }
        line.extend_from_slice(b"}\n");
        out.write_all(&line)?;
        line.clear();
    }
    Ok(())
}

fn value(line: &mut Vec<u8>, kind: ColumnType, array: &ArrayRef, row: usize, form: MomentForm) -> io::Result<()> {
    if array.is_null(row) {
        line.extend_from_slice(b"null");
        return Ok(());
    }
    let written = match kind {
        // serde_json writes non-finite numbers as null.
        ColumnType::Continuous => serde_json::to_writer(line, &array.as_primitive::<Float64Type>().value(row)),
        ColumnType::Count => serde_json::to_writer(line, &array.as_primitive::<Int64Type>().value(row)),
        ColumnType::Bool => serde_json::to_writer(line, &array.as_boolean().value(row)),
        ColumnType::Date => {
            serde_json::to_writer(line, &form.date_text(array.as_primitive::<TimestampMicrosecondType>().value(row)))
        }
        ColumnType::Time => {
            serde_json::to_writer(line, &form.time_text(array.as_primitive::<Time64MicrosecondType>().value(row)))
        }
        ColumnType::Category | ColumnType::Ordered | ColumnType::Text | ColumnType::Id => {
            serde_json::to_writer(line, array.as_string::<TextOffset>().value(row))
        }
    };
    Ok(written?)
}
