//! Reads the records of one chunk into typed cells.

use super::cells::{Cells, Start, Values};
use super::dialect::Dialect;
use super::literal::{self, Decimal};
use super::scan::{self, Fault, FaultKind};

/// The cells of a range of records.
#[derive(Debug)]
pub(super) struct Chunk {
    pub(super) cells: Vec<Cells>,
    pub(super) rows: usize,
}

/// Reads all records of `bytes` into as many columns as there are `starts`, at most `rows_max` rows. Offsets of
/// faults count from the start of `bytes`.
pub(super) fn read(bytes: &[u8], starts: &[Start], rows_max: usize, dialect: &Dialect) -> Result<Chunk, Fault> {
    check_text(bytes)?;
    let rows_expected = rows_expected(bytes).min(rows_max);
    let mut cells: Vec<Cells> = starts.iter().map(|&start| Cells::new(start, rows_expected)).collect();
    let (mut position, mut row) = (0, 0);
    while position < bytes.len() && row < rows_max {
        if read_record(bytes, &mut position, &mut cells, row, dialect)? {
            row += 1;
        }
    }
    Ok(Chunk { cells, rows: row })
}

/// Reads the record at `position`; says whether there was one (and not a blank line).
fn read_record(
    bytes: &[u8],
    position: &mut usize,
    cells: &mut [Cells],
    row: usize,
    dialect: &Dialect,
) -> Result<bool, Fault> {
    let (start, columns) = (*position, cells.len());
    for (column, cells) in cells.iter_mut().enumerate() {
        let last = column + 1 == columns;
        if dialect.plain_decimals && push_decimal(bytes, position, cells, dialect.delimiter, last) {
            continue;
        }
        let offset = *position;
        let field = scan::next_field(bytes, position, dialect.delimiter)?;
        if field.last != last {
            if column == 0 && field.last && field.is_blank() {
                return Ok(false);
            }
            let fields = scan::record(bytes, &mut start.clone(), dialect.delimiter)?.len();
            return Err(Fault { offset: start, kind: FaultKind::Ragged { fields } });
        }
        if dialect.is_null(&field) {
            cells.push_null(row);
        } else if cells.push(&field, row).is_err() {
            return Err(Fault { offset, kind: FaultKind::Misfit { column } });
        }
    }
    Ok(true)
}

/// The common case in one pass: a plain decimal number, right up to its delimiter or line end, in a numeric column.
#[inline]
fn push_decimal(bytes: &[u8], position: &mut usize, cells: &mut Cells, delimiter: u8, last: bool) -> bool {
    if !matches!(cells.values, Values::Continuous(_) | Values::Count(_)) {
        return false;
    }
    let Some(Decimal { value, length, fractional }) = literal::leading_decimal(&bytes[*position..]) else {
        return false;
    };
    let end = *position + length;
    let next = match (last, bytes.get(end)) {
        (false, Some(&byte)) if byte == delimiter => end + 1,
        (true, Some(b'\n')) => end + 1,
        (true, Some(b'\r')) if bytes.get(end + 1) == Some(&b'\n') => end + 2,
        (true, None) => end,
        _ => return false,
    };
    match &mut cells.values {
        Values::Continuous(values) => {
            values.push(value);
            cells.fractional |= fractional;
        }
        // Floats hold whole numbers exactly up to 2^53.
        Values::Count(values) if !fractional && value.abs() < 9_007_199_254_740_992.0 => values.push(value as i64),
        _ => return false,
    }
    *position = next;
    true
}

fn check_text(bytes: &[u8]) -> Result<(), Fault> {
    if let Some(offset) = memchr::memchr(0, bytes) {
        return Err(Fault { offset, kind: FaultKind::Nul });
    }
    match std::str::from_utf8(bytes) {
        Ok(_) => Ok(()),
        Err(error) => Err(Fault { offset: error.valid_up_to(), kind: FaultKind::NotText }),
    }
}

/// A guess at the number of records, from the first few lines: room is made once.
fn rows_expected(bytes: &[u8]) -> usize {
    let sample = &bytes[..bytes.len().min(4096)];
    let lines = memchr::memchr_iter(b'\n', sample).count().max(1);
    bytes.len() * (lines + 1) / sample.len().max(1) + 1
}
