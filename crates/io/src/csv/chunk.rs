//! One chunk of a text: its bytes, records and fields.

use super::cells::{Plan, Rules};
use super::fill::{Cells, Lane, Values};
use super::place::Slot;
use super::scan::{self, Fault, FaultKind, Field};
use super::split::{Index, Run, Shape};
use super::window::{Body, Window};
use crate::BadRows;
use crate::infer::Type;
use std::io;

/// A record that cannot be read as it is: skipped or repaired.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct BadRecord {
    /// Its start.
    pub(super) offset: u64,
    pub(super) fault: FaultKind,
    /// The field that does not fit, if any.
    pub(super) field: String,
    /// The record, if it is skipped.
    pub(super) text: String,
}

/// The rules for reading chunks.
#[derive(Debug, Clone)]
pub(super) struct Terms {
    pub(super) rules: Rules,
    pub(super) shape: Shape,
    /// What is done with invalid records.
    pub(super) bad_rows: BadRows,
    /// The columns whose declared type is checked.
    pub(super) declared: Vec<(usize, Type)>,
}

/// The records of a chunk. Reused for the next one, to reuse its memory.
#[derive(Debug, Default)]
pub(super) struct Chunk {
    window: Window,
    index: Index,
    /// The invalid records, in order, unless they end the reading.
    pub(super) bad_records: Vec<BadRecord>,
    /// The error that ends the reading, after the records of the index.
    pub(super) fault: Option<Fault>,
    /// Text size of each column in the last chunk, in bytes.
    text_bytes: Vec<usize>,
}

/// Bytes read beyond a chunk, in which its last record usually ends.
const BEHIND: u64 = 4 << 10;

/// Fields processed per batch of lines, so that the working set stays in the cache.
const FIELDS_AT_ONCE: usize = 8 << 10;

impl Chunk {
    /// Loads the bytes of the chunk `from..to`, and guesses where its first record starts (after the first line end);
    /// only the preceding chunks determine it.
    ///
    /// # Errors
    /// Those of the content.
    pub(super) fn load(&mut self, body: &Body, from: u64, to: u64) -> io::Result<u64> {
        self.bad_records.clear();
        self.fault = None;
        let before = from.saturating_sub(1).max(body.start);
        self.window.load(body, before, body.end.min(to + BEHIND))?;
        if from == body.start {
            return Ok(from);
        }
        let known = self.window.known();
        let start = memchr::memchr(b'\n', &known[self.window.position_of(before)..]);
        Ok(start.map_or(to, |line_end| to.min(before + line_end as u64 + 1)))
    }

    /// Finds all records that start between `start`, a record boundary, and `to`; returns where the next one starts.
    ///
    /// # Errors
    /// Those of the content.
    pub(super) fn find(&mut self, body: &Body, start: u64, to: u64, terms: &Terms) -> io::Result<u64> {
        self.load(body, start, to)?;
        let fast = self.split_fast(start, to, terms);
        self.split(body, start, to, fast, terms)
    }

    /// Finds all whole records between `start`, a record boundary, and `to`; returns where they end. `None` if that
    /// requires the state machine.
    pub(super) fn split_fast(&mut self, start: u64, to: u64, terms: &Terms) -> Option<usize> {
        let (start, end) = (self.window.position_of(start), self.window.position_of(to));
        // The line end that is appended to the body belongs to its last record.
        let end = if end + 1 == self.window.end() { end + 1 } else { end };
        self.index.split(&self.window, start, end, &terms.shape).ok()
    }

    /// Continues after [`Chunk::split_fast`] up to the end of the last record that starts before `to`, and returns that
    /// end.
    ///
    /// # Errors
    /// Those of the content.
    pub(super) fn split(
        &mut self,
        body: &Body,
        start: u64,
        to: u64,
        fast: Option<usize>,
        terms: &Terms,
    ) -> io::Result<u64> {
        let mut position = match fast {
            Some(whole) => whole,
            None => {
                let start = self.window.position_of(start);
                self.index.restart(start);
                start
            }
        };
        while self.fault.is_none() && self.window.offset_of(position) < to.min(body.end) {
            match self.next_record(body, position, terms)? {
                Some(next) => position = next,
                None => break,
            }
        }
        if terms.bad_rows == BadRows::Reject && !terms.declared.is_empty() {
            self.leave_out_misfits(terms);
        } else if self.fault.is_some()
            && let Some(misfit) = self.misfit(terms)
        {
            self.fault = Some(misfit);
        }
        Ok(body.end.min(self.window.offset_of(position)))
    }

    /// Parses the record at `position`, and returns where the next one starts; `None` if an error ends the text here.
    fn next_record(&mut self, body: &Body, position: usize, terms: &Terms) -> io::Result<Option<usize>> {
        let Terms { shape, bad_rows, .. } = terms;
        let known = self.window.known();
        if shape.marks.comment == Some(known[position]) {
            let Some(end) = scan::line_end(known, position, &shape.marks) else {
                return self.more(body, position, None, shape);
            };
            self.index.starts.push(end as u32);
            return Ok(Some(end));
        }
        let fields_before = self.index.starts.len();
        let record = match scan::record(known, position, &shape.marks, &mut self.index.starts) {
            Ok(record) => record,
            Err(unfinished) => {
                self.index.starts.truncate(fields_before);
                return self.more(body, position, unfinished.quote, shape);
            }
        };
        let fields = self.index.starts.len() - fields_before;
        let text = &known[position..record.end];
        let fault = |position: usize, kind: FaultKind| Some((position, kind));
        let fatal = match std::str::from_utf8(text) {
            Err(error) => fault(position + error.valid_up_to(), FaultKind::NotText),
            Ok(_) => memchr::memchr(0, text).and_then(|nul| fault(position + nul, FaultKind::Nul)),
        };
        let fatal = fatal.or_else(|| self.too_long(position, record.end, fields_before, shape));
        if let Some((position, kind)) = fatal {
            self.fault = Some(self.fault_at(position, kind));
            return Ok(None);
        }
        if fields == 1 && shape.columns > 1 && Field::of(&text[..text.len() - 1], true, &shape.marks).is_blank() {
            return Ok(Some(record.end));
        }
        let unreadable = match record.misplaced_quote {
            None if fields != shape.columns => fault(position, FaultKind::Ragged { fields }),
            misplaced => misplaced,
        };
        match (unreadable, bad_rows) {
            (None, _) => self.index.push_row(shape.columns),
            (Some((_, kind)), BadRows::Reject) => {
                let rejected = self.rejected(position, record.end, kind, String::new());
                self.bad_records.push(rejected);
            }
            (Some((_, fault)), BadRows::Fill) => {
                let offset = self.window.offset_of(position);
                self.bad_records.push(BadRecord { offset, fault, field: String::new(), text: String::new() });
                self.window.pad(shape.columns);
                self.index.push_ragged_row(fields, shape.columns);
            }
            (Some((position, kind)), BadRows::Refuse) => {
                self.fault = Some(self.fault_at(position, kind));
                return Ok(None);
            }
        }
        Ok(Some(record.end))
    }

    /// Loads more bytes to parse the record at `position` again; or finds that it has no end.
    fn more(&mut self, body: &Body, position: usize, quote: Option<usize>, shape: &Shape) -> io::Result<Option<usize>> {
        let length = self.window.end() - position;
        if length > shape.record_bytes {
            self.fault = Some(self.fault_at(position, FaultKind::LongRecord));
        } else if !self.window.grow(body, length.max(BEHIND as usize))? {
            self.fault = Some(self.fault_at(quote.unwrap_or(position), FaultKind::OpenQuote));
        } else {
            return Ok(Some(position));
        }
        Ok(None)
    }

    fn too_long(&self, start: usize, end: usize, fields_before: usize, shape: &Shape) -> Option<(usize, FaultKind)> {
        if end - start - 1 > shape.record_bytes {
            return Some((start, FaultKind::LongRecord));
        }
        if end - start <= shape.field_bytes {
            return None;
        }
        let starts = &self.index.starts[fields_before - 1..];
        let is_long = |pair: &&[u32]| {
            let field = &self.window.bytes()[pair[0] as usize..pair[1] as usize - 1];
            Field::of(field, pair[1] as usize == end, &shape.marks).bytes.len() > shape.field_bytes
        };
        starts.windows(2).find(is_long).map(|pair| (pair[0] as usize, FaultKind::LongField))
    }

    fn fault_at(&self, position: usize, kind: FaultKind) -> Fault {
        let shown = scan::line_shown(self.window.known(), position);
        Fault { offset: self.window.offset_of(position), kind, shown }
    }

    fn rejected(&self, start: usize, end: usize, fault: FaultKind, field: String) -> BadRecord {
        let text = String::from_utf8_lossy(&self.window.bytes()[start..end]);
        let text = text.trim_end_matches(['\n', '\r']).to_string();
        BadRecord { offset: self.window.offset_of(start), fault, field, text }
    }

    /// Returns the first field, by row, that does not fit its declared type.
    pub(super) fn misfit(&self, terms: &Terms) -> Option<Fault> {
        for run in &self.index.runs {
            for row in 0..run.rows {
                let first = run.first + row * terms.shape.columns;
                if let Some((column, field, position)) = self.misfit_in(first, terms) {
                    let offset = self.window.offset_of(position);
                    return Some(Fault { offset, kind: FaultKind::Misfit { column }, shown: field });
                }
            }
        }
        None
    }

    /// Returns the first field that does not fit in the record whose fields start at index `first`, and its position.
    fn misfit_in(&self, first: usize, terms: &Terms) -> Option<(usize, String, usize)> {
        let Terms { rules, shape, declared, .. } = terms;
        declared.iter().find_map(|&(column, kind)| {
            let pair = &self.index.starts[first + column..first + column + 2];
            let bytes = &self.window.bytes()[pair[0] as usize..pair[1] as usize - 1];
            let field = Field::of(bytes, column + 1 == shape.columns, &shape.marks);
            let fits = rules.fits(&field, kind);
            (!fits).then(|| (column, scan::shown(&field.text(&shape.marks)), pair[0] as usize))
        })
    }

    /// Skips the records with a value that does not fit its declared type.
    fn leave_out_misfits(&mut self, terms: &Terms) {
        let columns = terms.shape.columns;
        let runs = std::mem::take(&mut self.index.runs);
        for run in runs {
            let mut kept = run.first;
            let mut keep = |index: &mut Index, to: usize| {
                if to > kept {
                    index.runs.push(Run { first: kept, rows: (to - kept) / columns });
                }
                kept = to + columns;
            };
            for row in 0..run.rows {
                let first = run.first + row * columns;
                if let Some((column, field, _)) = self.misfit_in(first, terms) {
                    let starts = &self.index.starts;
                    let (start, end) = (starts[first] as usize, starts[first + columns] as usize);
                    let rejected = self.rejected(start, end, FaultKind::Misfit { column }, field);
                    self.bad_records.push(rejected);
                    keep(&mut self.index, first);
                }
            }
            keep(&mut self.index, run.first + run.rows * columns);
        }
        self.bad_records.sort_by_key(|record| record.offset);
    }

    /// Visits all fields, each with its column, record by record.
    pub(super) fn each_field(&self, terms: &Terms, mut visit: impl FnMut(usize, Field<'_>)) {
        let Shape { columns, marks, .. } = terms.shape;
        for run in &self.index.runs {
            let starts = &self.index.starts[run.first..=run.first + run.rows * columns];
            for (place, pair) in starts.windows(2).enumerate() {
                let column = place % columns;
                let bytes = &self.window.bytes()[pair[0] as usize..pair[1] as usize - 1];
                visit(column, Field::of(bytes, column + 1 == columns, &marks));
            }
        }
    }

    /// The number of records.
    pub(super) fn rows(&self) -> usize {
        self.index.rows()
    }

    /// Parses the cells into their slots; or finds a value that does not fit its declared type.
    ///
    /// # Errors
    /// That value.
    pub(super) fn fill(&mut self, plans: &[Plan], slots: Vec<Slot<'_>>, terms: &Terms) -> Result<Vec<Values>, Fault> {
        self.text_bytes.resize(plans.len(), 0);
        let cells = plans.iter().zip(slots).zip(&self.text_bytes);
        let mut cells: Vec<Cells<'_>> =
            cells.map(|((plan, slot), text_bytes)| Cells::new(*plan, slot, text_bytes + text_bytes / 16)).collect();
        let columns = terms.shape.columns;
        let rows_at_once = (FIELDS_AT_ONCE / columns).max(1);
        let mut at = 0;
        for run in &self.index.runs {
            for start in (0..run.rows).step_by(rows_at_once) {
                let rows = rows_at_once.min(run.rows - start);
                let part = Run { first: run.first + start * columns, rows };
                for (column, cells) in cells.iter_mut().enumerate().filter(|(_, cells)| !cells.is_skipped()) {
                    let lane = Lane::new(self.window.bytes(), &self.index, part, columns, column);
                    if !cells.fill(&lane, at, &terms.rules) {
                        let changed = || self.fault_at(self.index.starts[part.first] as usize, FaultKind::Changed);
                        return Err(self.misfit(terms).unwrap_or_else(changed));
                    }
                }
                at += rows;
            }
        }
        let values: Vec<Values> = cells.into_iter().map(Cells::finish).collect();
        for (known, values) in self.text_bytes.iter_mut().zip(&values) {
            *known = values.text.len();
        }
        Ok(values)
    }
}

#[cfg(test)]
mod tests;
