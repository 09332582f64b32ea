//! Tables from workbooks: one sheet of an Excel (xlsx, xlsm, xlsb, xls) or OpenDocument (ods) file.
//!
//! * The first row with values is the header, unless it holds numbers in all columns that hold numbers below. Rows
//!   before it, empty rows at the end and columns without any cell are ignored.
//!
//! * Formulas are the values that the workbook caches; errors (`#N/A`) are missing. Cells formatted as dates or times
//!   are dates or times; durations are seconds. Declared null values (`null=`) are missing.
//!
//! * What a workbook claims (sizes, repetitions, counts) is checked before its decoder runs.

mod compound;
mod package;
mod repeats;
mod sheet;

use crate::ReadOptions;
use crate::source::{Reader, Reading, Scan, Sketch, Whole, unreadable};
use calamine::{Data, DataRef, Ods, Range, Reader as _, Sheet, SheetType, Xls, Xlsb, Xlsx};
use package::Kind;
use pipewright_diagnostic::{Failure, code, nearest};
use pipewright_table::{Origin, Schema};
use pipewright_world::Content;
use sheet::{Cells, Value};
use std::fmt::Display;
use std::io::Cursor;
use std::sync::Arc;

/// The workbook reader.
pub(crate) struct ExcelReader;

impl Reader for ExcelReader {
    fn sketch(&self, content: &Arc<dyn Content>, truncated: bool, options: &ReadOptions) -> Result<Sketch, Failure> {
        if truncated {
            // The head of a workbook has no information about its sheets.
            let (schema, notes) = (Schema::default(), Vec::new());
            return Ok(Sketch { schema, certain: false, rows_seen: 0, memory_bytes: 0, notes, whole: None });
        }
        let reading = self.read(content, options)?;
        let (table, notes) = (&reading.table, reading.notes.clone());
        let memory_bytes = table.arrays().iter().map(|array| array.get_array_memory_size() as u64).sum();
        let certain = table.rows() > 0;
        let (schema, rows_seen) = (table.schema(), table.rows());
        Ok(Sketch { schema, certain, rows_seen, memory_bytes, notes, whole: Some(reading) })
    }

    fn read(&self, content: &Arc<dyn Content>, options: &ReadOptions) -> Result<Reading, Failure> {
        let copied: Vec<u8>;
        let bytes = match content.as_slice() {
            Some(bytes) => bytes,
            None => {
                refuse_large(content.size(), options)?;
                copied = content.start(usize::MAX).map_err(|error| unreadable(&error, options))?;
                &copied
            }
        };
        if bytes.is_empty() {
            return Err(Failure::new(code::EMPTY_DATA, "the file is empty").file(&options.name));
        }
        if bytes.starts_with(b"\xD0\xCF\x11\xE0") {
            compound::check(bytes, options.limits.memory_bytes).map_err(|fault| fault.failure(options))?;
            return old(bytes, options);
        }
        match package::check(bytes, &options.limits).map_err(|fault| fault.failure(options))? {
            Kind::Xlsx => xml(bytes, options),
            Kind::Xlsb => binary(bytes, options),
            Kind::Ods => open_document(bytes, options),
        }
    }

    fn scan(&self, content: &Arc<dyn Content>, options: &ReadOptions) -> Result<Arc<dyn Scan>, Failure> {
        Ok(Arc::new(Whole(self.read(content, options)?)))
    }
}

/// Why a workbook is rejected before decoding.
#[derive(Debug)]
enum Fault {
    Damaged(String),
    TooLarge(String),
}

impl Fault {
    fn locked() -> Fault {
        Fault::Damaged("it is password-protected".to_string())
    }

    fn failure(self, options: &ReadOptions) -> Failure {
        match self {
            Fault::Damaged(what) => damaged(what, options),
            Fault::TooLarge(what) => Failure::new(code::LIMIT_REACHED, what)
                .file(&options.name)
                .help("`load … max_unpacked=32G` and `--mem 16G` raise the limits"),
        }
    }
}

fn damaged(error: impl Display, options: &ReadOptions) -> Failure {
    Failure::new(code::BAD_FILE, format!("the workbook cannot be read: {error}")).file(&options.name)
}

fn refuse_large(bytes: u64, options: &ReadOptions) -> Result<(), Failure> {
    let limit = options.limits.memory_bytes;
    if bytes <= limit {
        return Ok(());
    }
    let message = format!("the workbook exceeds its memory limit of {limit} bytes");
    Err(Fault::TooLarge(message).failure(options))
}

fn xml(bytes: &[u8], options: &ReadOptions) -> Result<Reading, Failure> {
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(|error| damaged(error, options))?;
    let chosen = Chosen::of(book.sheets_metadata(), options)?;
    let mut cells = Cells::new(&chosen.name, options);
    let mut reader = book.worksheet_cells_reader(&chosen.name).map_err(|error| damaged(error, options))?;
    while let Some(cell) = reader.next_cell().map_err(|error| damaged(error, options))? {
        let (row, column) = cell.get_position();
        cells.push(row, column, value_of(cell.get_value().clone()))?;
    }
    finish(cells, chosen, "xlsx", options)
}

fn binary(bytes: &[u8], options: &ReadOptions) -> Result<Reading, Failure> {
    let mut book: Xlsb<_> = Xlsb::new(Cursor::new(bytes)).map_err(|error| damaged(error, options))?;
    let chosen = Chosen::of(book.sheets_metadata(), options)?;
    let mut cells = Cells::new(&chosen.name, options);
    let mut reader = book.worksheet_cells_reader(&chosen.name).map_err(|error| damaged(error, options))?;
    while let Some(cell) = reader.next_cell().map_err(|error| damaged(error, options))? {
        let (row, column) = cell.get_position();
        cells.push(row, column, value_of(cell.get_value().clone()))?;
    }
    finish(cells, chosen, "xlsb", options)
}

fn old(bytes: &[u8], options: &ReadOptions) -> Result<Reading, Failure> {
    let mut book: Xls<_> = Xls::new(Cursor::new(bytes)).map_err(|error| damaged(error, options))?;
    let chosen = Chosen::of(book.sheets_metadata(), options)?;
    let range = book.worksheet_range(&chosen.name).map_err(|error| damaged(error, options))?;
    whole_range(range, chosen, "xls", options)
}

fn open_document(bytes: &[u8], options: &ReadOptions) -> Result<Reading, Failure> {
    let mut book: Ods<_> = Ods::new(Cursor::new(bytes)).map_err(|error| damaged(error, options))?;
    let chosen = Chosen::of(book.sheets_metadata(), options)?;
    let range = book.worksheet_range(&chosen.name).map_err(|error| damaged(error, options))?;
    whole_range(range, chosen, "ods", options)
}

fn whole_range(
    range: Range<Data>,
    chosen: Chosen,
    format: &'static str,
    options: &ReadOptions,
) -> Result<Reading, Failure> {
    let mut cells = Cells::new(&chosen.name, options);
    let (first_row, first_column) = range.start().unwrap_or_default();
    for (row, column, data) in range.used_cells() {
        let data = match data {
            Data::String(text) => DataRef::SharedString(text),
            Data::Int(value) => DataRef::Int(*value),
            Data::Float(value) => DataRef::Float(*value),
            Data::Bool(value) => DataRef::Bool(*value),
            Data::DateTime(value) => DataRef::DateTime(*value),
            Data::DateTimeIso(text) => DataRef::DateTimeIso(text.clone()),
            Data::DurationIso(text) => DataRef::DurationIso(text.clone()),
            Data::Error(error) => DataRef::Error(error.clone()),
            Data::Empty => DataRef::Empty,
        };
        cells.push(first_row + row as u32, first_column + column as u32, value_of(data))?;
    }
    finish(cells, chosen, format, options)
}

fn value_of(data: DataRef<'_>) -> Value<'_> {
    match data {
        DataRef::Int(value) => Value::Whole(value),
        DataRef::Float(value) => Value::of_number(value),
        DataRef::String(text) => Value::Text(text.into()),
        DataRef::SharedString(text) => Value::Text(text.into()),
        DataRef::Bool(value) => Value::Bool(value),
        DataRef::DateTime(moment) if moment.is_duration() => Value::Seconds(moment.as_f64() * 86_400.0),
        // Only the decoder knows whether days are counted from 1900 or 1904; its day reflects that.
        DataRef::DateTime(moment) => Value::of_serial(moment.as_f64(), moment.to_ymd_hms_milli()),
        DataRef::DateTimeIso(text) => Value::of_moment(&text),
        DataRef::DurationIso(text) => Value::of_duration(&text),
        DataRef::Error(error) => Value::Error(error.to_string()),
        DataRef::Empty => Value::Empty,
    }
}

/// The sheet to read, and the names of the others.
struct Chosen {
    name: String,
    others: Vec<String>,
}

impl Chosen {
    fn of(sheets: &[Sheet], options: &ReadOptions) -> Result<Chosen, Failure> {
        let names: Vec<&str> =
            sheets.iter().filter(|sheet| sheet.typ == SheetType::WorkSheet).map(|sheet| &*sheet.name).collect();
        let Some(first) = names.first() else {
            return Err(Failure::new(code::EMPTY_DATA, "the workbook has no sheet").file(&options.name));
        };
        let name = match &options.part {
            None => first,
            Some(part) => {
                let exact = names.iter().find(|name| *name == part);
                exact.or(names.iter().find(|name| name.to_lowercase() == part.to_lowercase())).ok_or_else(|| {
                    let message = format!("the workbook has no sheet `{}`", part.escape_debug());
                    let failure = Failure::new(code::BAD_VALUE, message).file(&options.name);
                    let near = nearest(part, names.iter().copied());
                    match near.is_empty() {
                        false => failure.help(format!("did you mean {}?", listed(&near, " or "))),
                        true => failure.help(format!("sheets here: {}", listed(&names, ", "))),
                    }
                })?
            }
        };
        let others = names.iter().filter(|other| *other != name).map(|other| (*other).to_string()).collect();
        Ok(Chosen { name: (*name).to_string(), others })
    }
}

fn listed(names: &[impl AsRef<str>], between: &str) -> String {
    let shown = names.iter().take(10).map(|name| format!("`{}`", name.as_ref().escape_debug()));
    let more = names.len().saturating_sub(10);
    let shown = shown.collect::<Vec<_>>().join(between);
    if more == 0 { shown } else { format!("{shown} and {more} more") }
}

fn finish(cells: Cells<'_, '_>, chosen: Chosen, format: &str, options: &ReadOptions) -> Result<Reading, Failure> {
    let (table, mut notes) = cells.into_table()?;
    if !chosen.others.is_empty() && options.part.is_none() {
        let message = format!("sheet `{}` of the workbook is read", chosen.name.escape_debug());
        let note = Failure::note(code::PART_CHOSEN, message).file(&options.name);
        notes.push(note.help(format!("other sheets, by `load … sheet=`: {}", listed(&chosen.others, ", "))));
    }
    let facts = vec![("format", format.to_string()), ("sheet", chosen.name)];
    let origin = Arc::new(Origin { file: options.name.clone(), facts });
    Ok(Reading { table: table.with_origin(Some(origin)), notes, rejected: Vec::new() })
}

#[cfg(test)]
mod tests;
