//! Writing of CSV: the inverse of reading with the same types.

use super::cells::Rules;
use super::codes::{Codes, Verdict};
use super::dialect::Dialect;
use crate::Outline;
use crate::outline::HEAD_ROWS;
use crate::source::Writer;
use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type, Time64MicrosecondType, TimestampMicrosecondType};
use arrow_array::{Array, ArrayRef};
use pipewright_table::TextOffset;
use pipewright_table::{ColumnType, MomentForm, Table};
use std::io::{self, Write};

/// Writes the header and all rows, delimited by commas and line feeds.
pub(super) fn table(table: &Table, out: &mut dyn Write) -> io::Result<()> {
    let outline = Outline::of(table).map_err(io::Error::other)?;
    let mut writer = writer(&outline, out)?;
    writer.write(table)?;
    writer.finish()
}

/// Writes the header, and returns a writer for the rows of consecutive tables.
pub(super) fn writer<'a>(outline: &Outline, out: &'a mut dyn Write) -> io::Result<Box<dyn Writer + 'a>> {
    let rules = Rules::plain();
    let columns: Vec<Style> = outline
        .forms()
        .iter()
        .enumerate()
        .map(|(column, form)| Style { form: *form, quoted: is_misread(outline.head(), column, &rules) })
        .collect();
    let names: Vec<&[u8]> = outline.head().columns().iter().map(|column| column.name.as_bytes()).collect();
    // A header that quotes some names and not others says that quotes mean text.
    let bare = names.iter().zip(&columns).position(|(name, style)| !style.quoted && is_plain(name, &rules.dialect));
    let bare = bare.or_else(|| names.iter().position(|name| is_plain(name, &rules.dialect)));
    let mut line: Vec<u8> = Vec::new();
    for (position, (name, style)) in names.iter().zip(&columns).enumerate() {
        delimit(&mut line, position);
        let quoted = style.quoted && bare != Some(position);
        text(&mut line, name, quoted || !is_plain(name, &rules.dialect));
    }
    line.push(b'\n');
    out.write_all(&line)?;
    Ok(Box::new(CsvWriter { out, columns, dialect: rules.dialect }))
}

/// How the values of a column are written.
struct Style {
    /// The form of dates and times.
    form: MomentForm,
    /// Are all texts quoted?
    quoted: bool,
}

/// Would a column of texts be read as something else? If the first values do not tell, the others might not either.
fn is_misread(head: &Table, column: usize, rules: &Rules) -> bool {
    if !head.columns()[column].kind.is_string() {
        return false;
    }
    let texts = head.arrays()[column].as_string::<TextOffset>();
    let is_full = head.rows() == HEAD_ROWS;
    // Codes of one column stay text, if all of them are known.
    if !is_full && matches!(Codes::of(texts, &rules.dialect).verdict(), Some(Verdict::Codes(..))) {
        return false;
    }
    (is_full || texts.null_count() < texts.len())
        && !texts.iter().flatten().any(|text| rules.is_surely_text(text.as_bytes()))
}

struct CsvWriter<'a> {
    out: &'a mut dyn Write,
    columns: Vec<Style>,
    dialect: Dialect,
}

impl Writer for CsvWriter<'_> {
    fn write(&mut self, rows: &Table) -> io::Result<()> {
        let mut line: Vec<u8> = Vec::new();
        for row in 0..rows.rows() {
            for (position, (column, array)) in rows.columns().iter().zip(rows.arrays()).enumerate() {
                delimit(&mut line, position);
                match array.is_null(row) {
                    // The only field of a record cannot be empty: its line would be blank.
                    true if rows.columns().len() == 1 => line.extend_from_slice(b"NA"),
                    true => {}
                    false => value(&mut line, column.kind, array, row, &self.columns[position], &self.dialect)?,
                }
            }
            line.push(b'\n');
            if line.len() > BUFFER_BYTES {
                self.out.write_all(&line)?;
                line.clear();
            }
        }
        self.out.write_all(&line)
    }

    fn finish(self: Box<Self>) -> io::Result<()> {
        Ok(())
    }
}

const BUFFER_BYTES: usize = 64 << 10;

fn delimit(line: &mut Vec<u8>, position: usize) {
    if position > 0 {
        line.push(b',');
    }
}

fn value(
    line: &mut Vec<u8>,
    kind: ColumnType,
    array: &ArrayRef,
    row: usize,
    style: &Style,
    dialect: &Dialect,
) -> io::Result<()> {
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
            line.write_all(style.form.date_text(micros).as_bytes())
        }
        ColumnType::Time => {
            let micros = array.as_primitive::<Time64MicrosecondType>().value(row);
            line.write_all(style.form.time_text(micros).as_bytes())
        }
        ColumnType::Category | ColumnType::Ordered | ColumnType::Text | ColumnType::Id => {
            let value = array.as_string::<TextOffset>().value(row).as_bytes();
            text(line, value, style.quoted || !is_plain(value, dialect));
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

/// Would it read back unchanged without quotes? Not nulls, surrounding spaces, delimiters, quotes, line ends.
fn is_plain(text: &[u8], dialect: &Dialect) -> bool {
    let blank = |byte: Option<&u8>| matches!(byte, Some(b' ' | b'\t'));
    let edged = blank(text.first()) || blank(text.last()) || MISLEADING.iter().any(|start| text.starts_with(start));
    let special = memchr::memchr3(b',', b'"', b'\n', text).is_some() || memchr::memchr(b'\r', text).is_some();
    !special && !dialect.is_null_text(text) && !edged
}

fn text(line: &mut Vec<u8>, text: &[u8], quoted: bool) {
    if !quoted {
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
