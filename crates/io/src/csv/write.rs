//! Writing of CSV: the inverse of reading with the same types.

use super::dialect::Dialect;
use crate::NULLS;
use crate::source::Writer;
use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type, Time64MicrosecondType, TimestampMicrosecondType};
use arrow_array::{Array, ArrayRef};
use pipewright_table::TextOffset;
use pipewright_table::literal;
use pipewright_table::{ColumnType, Schema, Table};
use std::io::{self, Write};

/// Writes the header and all rows, delimited by commas and line feeds.
pub(super) fn table(table: &Table, out: &mut dyn Write) -> io::Result<()> {
    let mut writer = writer(&table.schema(), out)?;
    writer.write(table)?;
    writer.finish()
}

/// Writes the header, and returns a writer for the rows of consecutive tables.
pub(super) fn writer<'a>(schema: &Schema, out: &'a mut dyn Write) -> io::Result<Box<dyn Writer + 'a>> {
    let dialect = Dialect::new(b',', &NULLS.map(str::to_string));
    let mut line: Vec<u8> = Vec::new();
    for (position, column) in schema.columns().enumerate() {
        delimit(&mut line, position);
        text(&mut line, column.name.as_bytes(), &dialect);
    }
    line.push(b'\n');
    out.write_all(&line)?;
    Ok(Box::new(CsvWriter { out, dialect }))
}

struct CsvWriter<'a> {
    out: &'a mut dyn Write,
    dialect: Dialect,
}

impl Writer for CsvWriter<'_> {
    fn write(&mut self, rows: &Table) -> io::Result<()> {
        body(rows, &self.dialect, self.out)
    }

    fn finish(self: Box<Self>) -> io::Result<()> {
        Ok(())
    }
}

fn body(table: &Table, dialect: &Dialect, out: &mut dyn Write) -> io::Result<()> {
    let mut line: Vec<u8> = Vec::new();
    let columns: Vec<(ColumnType, &ArrayRef)> =
        table.columns().iter().map(|column| column.kind).zip(table.arrays()).collect();
    for row in 0..table.rows() {
        for (position, (kind, array)) in columns.iter().enumerate() {
            delimit(&mut line, position);
            match array.is_null(row) {
                // The only field of a record cannot be empty: its line would be blank.
                true if columns.len() == 1 => line.extend_from_slice(b"NA"),
                true => {}
                false => value(&mut line, *kind, array, row, dialect)?,
            }
        }
        line.push(b'\n');
        if line.len() > BUFFER_BYTES {
            out.write_all(&line)?;
            line.clear();
        }
    }
    out.write_all(&line)
}

const BUFFER_BYTES: usize = 64 << 10;

fn delimit(line: &mut Vec<u8>, position: usize) {
    if position > 0 {
        line.push(b',');
    }
}

fn value(line: &mut Vec<u8>, kind: ColumnType, array: &ArrayRef, row: usize, dialect: &Dialect) -> io::Result<()> {
    match kind {
        ColumnType::Continuous => match array.as_primitive::<Float64Type>().value(row) {
            // Unquoted it would be a missing value.
            number if number.is_nan() => line.write_all(b"\"NaN\""),
            number => write!(line, "{}", Float(number)),
        },
        ColumnType::Count => write!(line, "{}", array.as_primitive::<Int64Type>().value(row)),
        ColumnType::Bool => write!(line, "{}", array.as_boolean().value(row)),
        ColumnType::Date => {
            let micros = array.as_primitive::<TimestampMicrosecondType>().value(row);
            line.write_all(literal::date_text(micros).as_bytes())
        }
        ColumnType::Time => {
            let micros = array.as_primitive::<Time64MicrosecondType>().value(row);
            line.write_all(literal::time_text(micros).as_bytes())
        }
        ColumnType::Category | ColumnType::Ordered | ColumnType::Text | ColumnType::Id => {
            text(line, array.as_string::<TextOffset>().value(row).as_bytes(), dialect);
            Ok(())
        }
    }
}

/// Formats a float as the shortest text that parses to it; very large and small ones with an exponent.
pub(crate) struct Float(pub(crate) f64);

impl std::fmt::Display for Float {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let magnitude = self.0.abs();
        if magnitude == 0.0 || !magnitude.is_finite() || (1e-5..1e16).contains(&magnitude) {
            write!(f, "{}", self.0)
        } else {
            write!(f, "{:e}", self.0)
        }
    }
}

/// Prefixes that a reader might misinterpret: a byte order mark, a comment, another quote, a declared delimiter.
const MISLEADING: [&[u8]; 4] = [b"\xEF\xBB\xBF", b"#", b"'", b"sep="];

/// Quotes whatever would not read back unchanged: nulls, surrounding spaces, delimiters, quotes, line ends.
fn text(line: &mut Vec<u8>, text: &[u8], dialect: &Dialect) {
    let blank = |byte: Option<&u8>| matches!(byte, Some(b' ' | b'\t'));
    let edged = blank(text.first()) || blank(text.last()) || MISLEADING.iter().any(|start| text.starts_with(start));
    let special = memchr::memchr3(b',', b'"', b'\n', text).is_some() || memchr::memchr(b'\r', text).is_some();
    let plain = !special && !dialect.is_null_text(text) && !edged;
    if plain {
        line.extend_from_slice(text);
        return;
    }
    line.push(b'"');
    for &byte in text {
        if byte == b'"' {
            line.push(b'"');
        }
        line.push(byte);
    }
    line.push(b'"');
}

#[cfg(test)]
mod tests;
