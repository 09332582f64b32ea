//! Error messages for delimited text.

use super::chunk::BadRecord;
use super::dialect;
use super::scan::{Fault, FaultKind};
use super::split::Shape;
use crate::{BadRows, ReadOptions, Rejected};
use pipewright_diagnostic::{Failure, code};
use pipewright_table::ColumnType;
use pipewright_world::Content;
use std::io;
use std::sync::Arc;

/// Creates the failure of a fault, with its line.
pub(super) fn of(
    fault: &Fault,
    content: &dyn Content,
    names: &[Arc<str>],
    shape: &Shape,
    options: &ReadOptions,
) -> Failure {
    let shown = &fault.shown;
    let bad = |message: String| Failure::new(code::BAD_CSV, message);
    let doubled = "inside quotes a quote is written twice: \"\"";
    let failure = match fault.kind {
        FaultKind::OpenQuote => bad(format!("a quote is opened and never closed: {shown}")).help(doubled),
        FaultKind::TextAfterQuote => bad(format!("text after a closing quote: {shown}")).help(doubled),
        FaultKind::StrayQuote => bad(format!("a quote inside a field that may hide a delimiter: {shown}"))
            .help("is a delimiter missing before it? `load … quote=none` reads quotes as text"),
        FaultKind::NotText => bad("bytes that are not UTF-8 text".into())
            .help("declare the encoding: load … encoding=latin1, or save the file as UTF-8"),
        FaultKind::Nul => bad("a zero byte, which is not valid in text".into()).help("is it a binary file?"),
        FaultKind::LongField => too_long("field", "max_field", options.limits.field_bytes),
        FaultKind::LongRecord => too_long("record", "max_record", options.limits.record_bytes),
        FaultKind::Ragged { fields } => {
            let message = format!("{}: {shown}", ragged(fields, shape));
            Failure::new(code::RAGGED_ROW, message).help(format!(
                "a field that holds the delimiter `{}` must be quoted",
                dialect::shown(shape.marks.delimiter)
            ))
        }
        FaultKind::Misfit { column } => {
            let name = &names[column];
            Failure::new(code::KIND_CHANGED, misfit(shown, name, options)).column(&**name)
        }
        FaultKind::Changed => {
            return changed(options);
        }
    };
    let failure = failure.file(&options.name);
    match lines_before(content, &[fault.offset], shape.marks.lone_returns) {
        Ok(lines) => failure.line(lines[0] + 1),
        Err(_) => failure,
    }
}

/// Creates the failure for a text that has changed since it was first read.
pub(super) fn changed(options: &ReadOptions) -> Failure {
    let message = format!("`{}` changed while it was read", options.name.escape_debug());
    Failure::new(code::CANNOT_READ, message).file(&options.name)
}

/// Creates the failure for too many columns.
pub(super) fn too_many_columns(columns: usize, options: &ReadOptions) -> Failure {
    let limit = options.limits.columns;
    Failure::new(code::LIMIT_REACHED, format!("{columns} columns; at most {limit} are read"))
        .file(&options.name)
        .line(1)
        .help(format!("to allow it: load … max_columns={columns}"))
}

/// Returns the skipped rows with reasons; and a note if there are any, or repaired ones.
pub(super) fn bad_records(
    rows: Vec<BadRecord>,
    content: &dyn Content,
    names: &[Arc<str>],
    shape: &Shape,
    options: &ReadOptions,
) -> Result<(Vec<Rejected>, Option<Failure>), Failure> {
    let offsets: Vec<u64> = rows.iter().map(|row| row.offset).collect();
    let lines = lines_before(content, &offsets, shape.marks.lone_returns);
    let lines = lines.map_err(|error| crate::source::unreadable(&error, options))?;
    let reason = |row: &BadRecord| match row.fault {
        FaultKind::Ragged { fields } => ragged(fields, shape),
        FaultKind::Misfit { column } => {
            format!("`{}`: {}", names[column], misfit(&row.field, &names[column], options))
        }
        FaultKind::StrayQuote => "a quote inside a field that may hide a delimiter".to_string(),
        _ => "text after a closing quote".to_string(),
    };
    if options.bad_rows == BadRows::Fill {
        let first = rows.first().zip(lines.first());
        let note = first.map(|(first, line)| {
            let message = format!("{}; the first: {}", repaired(&rows, shape), reason(first));
            Failure::note(code::ROWS_REPAIRED, message).file(&options.name).line(line + 1)
        });
        return Ok((Vec::new(), note));
    }
    let rejected = rows.into_iter().zip(lines).map(|(row, line)| Rejected {
        line: line + 1,
        reason: reason(&row),
        text: row.text,
    });
    let rejected: Vec<Rejected> = rejected.collect();
    let note = rejected.first().map(|first| {
        let (rows, were) = (count(rejected.len(), "row"), if rejected.len() == 1 { "was" } else { "were" });
        let message = format!("{rows} {were} skipped; the first: {}", first.reason);
        Failure::note(code::ROWS_LEFT_OUT, message).file(&options.name).line(first.line)
    });
    Ok((rejected, note))
}

/// Describes what was done to rows to make them fit.
fn repaired(rows: &[BadRecord], shape: &Shape) -> String {
    let (mut short, mut long, mut lost, mut quoted) = (0, 0, 0, 0);
    for row in rows {
        match row.fault {
            FaultKind::Ragged { fields } if fields < shape.columns => short += 1,
            FaultKind::Ragged { fields } => {
                long += 1;
                lost += fields - shape.columns;
            }
            _ => quoted += 1,
        }
    }
    let short = (short > 0).then(|| format!("{} padded with missing values", count(short, "short row")));
    let long = (long > 0).then(|| format!("{} cut off ({} lost)", count(long, "long row"), count(lost, "field")));
    let quoted = (quoted > 0).then(|| format!("{} with misplaced quotes read as they stand", count(quoted, "row")));
    [short, long, quoted].into_iter().flatten().collect::<Vec<_>>().join(", ")
}

fn too_long(what: &str, option: &str, limit: usize) -> Failure {
    let size =
        |bytes: usize| if bytes >= 1 << 20 { format!("{}M", bytes.div_ceil(1 << 20)) } else { bytes.to_string() };
    Failure::new(code::LIMIT_REACHED, format!("a {what} is longer than {} bytes", size(limit)))
        .help(format!("is a quote missing? if not: load … {option}={}", size(limit.saturating_mul(4))))
}

fn ragged(fields: usize, shape: &Shape) -> String {
    format!("a row of {} in a table of {}", count(fields, "field"), count(shape.columns, "column"))
}

fn misfit(field: &str, name: &str, options: &ReadOptions) -> String {
    let kind = options.kinds.get(name).copied().unwrap_or(ColumnType::Text);
    format!("`{field}` is not a value of type {kind}")
}

fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

/// Returns the number of line ends before each of some ascending offsets.
fn lines_before(content: &dyn Content, offsets: &[u64], lone_returns: bool) -> io::Result<Vec<u64>> {
    const PIECE: u64 = 1 << 20;
    let (mut lines, mut position) = (0, 0);
    let mut piece = vec![0; PIECE.min(offsets.last().copied().unwrap_or(0)) as usize];
    let mut last = 0;
    let mut before = Vec::with_capacity(offsets.len());
    for &offset in offsets {
        while position < offset {
            let length = PIECE.min(offset - position) as usize;
            content.read_at(position, &mut piece[..length])?;
            lines += if lone_returns {
                returns(&piece[..length], &mut last)
            } else {
                memchr::memchr_iter(b'\n', &piece[..length]).count() as u64
            };
            position += length as u64;
        }
        before.push(lines);
    }
    Ok(before)
}

/// Counts line ends including lone carriage returns; `last` is the byte before the piece.
fn returns(piece: &[u8], last: &mut u8) -> u64 {
    let mut lines = 0;
    for &byte in piece {
        lines += u64::from(byte == b'\r' || (byte == b'\n' && *last != b'\r'));
        *last = byte;
    }
    lines
}
