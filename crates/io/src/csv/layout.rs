//! The layout of a text, from its head: dialect, column names, and start of the records.

use super::cells::Rules;
use super::chunk::Terms;
use super::dialect::Dialect;
use super::failure;
use super::quoting::Meaning;
use super::scan::{self, Fault, FaultKind, Field, Marks};
use super::split::Shape;
use super::window::Body;
use super::{encoding, sniff};
use crate::infer::Type;
use crate::names;
use crate::{BadRows, Quote, ReadOptions};
use pipewright_diagnostic::{Failure, code};
use pipewright_table::Origin;
use pipewright_world::Content;
use std::io;
use std::sync::Arc;

/// The layout of a text.
#[derive(Clone)]
pub(super) struct Layout {
    pub(super) names: Vec<Arc<str>>,
    pub(super) body: Body,
    pub(super) terms: Terms,
    /// What the header says about quotes.
    pub(super) quotes: Meaning,
    pub(super) notes: Vec<Failure>,
    pub(super) origin: Arc<Origin>,
}

/// Bytes of the head read first; more if the header does not end within.
const HEAD_BYTES: usize = 256 << 10;

/// Positions in a chunk are 32-bit.
const RECORD_BYTES_MAX: usize = 1 << 30;

impl Layout {
    /// Determines the layout of a content; a `truncated` one may end anywhere, and is only read up to the last whole
    /// record.
    ///
    /// # Errors
    /// Errors in the head.
    pub(super) fn find(content: &Arc<dyn Content>, truncated: bool, options: &ReadOptions) -> Result<Layout, Failure> {
        let unreadable = |error: io::Error| crate::source::unreadable(&error, options);
        let (content, encoding) = encoding::to_utf8(content, truncated, options)?;
        let end = end_of_text(&*content, b"\n\r ").map_err(unreadable)?;
        if end == 0 {
            return Err(Failure::new(code::EMPTY_DATA, "the file is empty").file(&options.name));
        }
        let end = if truncated { content.size() } else { end };
        let mut head = Head { content, end, truncated, bytes: Vec::new(), complete: false };
        head.read(if truncated { usize::MAX } else { HEAD_BYTES }).map_err(unreadable)?;
        let (sample, lone_returns) = head.sample(0);
        let dialect = sniff::dialect(&sample, head.is_all(&sample), options)?;
        let marks = Marks::of(&dialect, lone_returns);
        refuse_marks(&marks, options)?;
        if marks.delimiter == b' ' {
            // The last fields may be empty.
            head.end = end_of_text(&*head.content, b"\n\r").map_err(unreadable)?;
        }
        let first = head.first_record(&dialect, &marks, options)?;
        let (names, header) = first.names(&head, &dialect, &marks, options)?;
        let body_start = if header { first.end } else { first.start };
        let quotes = if header { Meaning::of(&first.fields(&head, &marks), &marks) } else { Meaning::Nothing };
        let (names, mut notes) = names::unique(&names, &options.name);
        names::declared(names.iter().map(|name| &**name), options)?;
        if !header {
            notes.clear();
            notes.extend(headless_note(names.len(), options));
        }
        notes.extend(dialect.note(options));
        let start = head.end.min(body_start as u64);
        let mut body = Body { content: head.content.clone(), start, end: head.end };
        if truncated {
            let known = head.bytes.get(body_start..).and_then(|rest| rest.strip_suffix(b"\n"));
            body.end = body.start + whole_records(known.unwrap_or_default(), &marks) as u64;
        }
        let origin = origin(encoding, &dialect, header, options);
        let shape = Shape {
            marks,
            columns: names.len(),
            field_bytes: options.limits.field_bytes.min(RECORD_BYTES_MAX),
            record_bytes: options.limits.record_bytes.min(RECORD_BYTES_MAX),
        };
        let terms = Terms::new(Rules::new(dialect, marks), shape, &names, options);
        Ok(Layout { names, body, terms, quotes, notes, origin })
    }

    /// Returns the same text with options that declare other types.
    pub(super) fn under(&self, options: &ReadOptions) -> Layout {
        let terms = Terms::new(self.terms.rules.clone(), self.terms.shape, &self.names, options);
        Layout { terms, ..self.clone() }
    }

    /// Creates the failure of a fault.
    pub(super) fn failure(&self, fault: &Fault, options: &ReadOptions) -> Failure {
        failure::of(fault, &*self.body.content, &self.names, &self.terms.shape, options)
    }
}

impl Terms {
    fn new(rules: Rules, shape: Shape, names: &[Arc<str>], options: &ReadOptions) -> Terms {
        let bad_rows = options.bad_rows;
        // Which rows are skipped must not depend on the selected columns.
        let is_checked = |name: &str| bad_rows == BadRows::Reject || options.wants(name);
        let declared = names.iter().enumerate().filter(|(_, name)| is_checked(name));
        let declared = declared.filter_map(|(column, name)| Some((column, Type::of(*options.kinds.get(&**name)?))));
        Terms { rules, shape, bad_rows, declared: declared.collect() }
    }
}

/// Returns the offset after the last byte that is not one of `ends`.
fn end_of_text(content: &dyn Content, ends: &[u8]) -> io::Result<u64> {
    const STEP: u64 = 4 << 10;
    let mut end = content.size();
    let mut piece = vec![0; STEP as usize];
    while end > 0 {
        let start = end.saturating_sub(STEP);
        let piece = &mut piece[..(end - start) as usize];
        content.read_at(start, piece)?;
        if let Some(last) = piece.iter().rposition(|byte| !ends.contains(byte)) {
            return Ok(start + last as u64 + 1);
        }
        end = start;
    }
    Ok(0)
}

/// The first bytes of a text.
struct Head {
    content: Arc<dyn Content>,
    /// The end of the text in the content.
    end: u64,
    /// Is there more text after it?
    truncated: bool,
    bytes: Vec<u8>,
    /// Is it the whole text? Then a line end is appended.
    complete: bool,
}

impl Head {
    fn read(&mut self, bytes: usize) -> io::Result<()> {
        let length = usize::try_from(self.end).unwrap_or(usize::MAX).min(bytes);
        self.bytes = vec![0; length];
        self.content.read_at(0, &mut self.bytes)?;
        self.complete = length as u64 == self.end;
        if self.complete {
            self.bytes.push(b'\n');
        }
        Ok(())
    }

    /// Returns the text from `start` used for detection; and whether lines end in lone carriage returns, which are then
    /// replaced.
    fn sample(&self, start: usize) -> (Vec<u8>, bool) {
        let text = self.bytes.strip_suffix(b"\n").filter(|_| self.complete).unwrap_or(&self.bytes);
        let mut sample = text[start.min(text.len())..].to_vec();
        sample.truncate(sniff::SAMPLE_BYTES);
        let lone_returns = !text.contains(&b'\n') && text.contains(&b'\r');
        if lone_returns {
            sample.iter_mut().filter(|byte| **byte == b'\r').for_each(|byte| *byte = b'\n');
        }
        (sample, lone_returns)
    }

    /// Is this sample all of the text?
    fn is_all(&self, sample: &[u8]) -> bool {
        self.complete && !self.truncated && sample.len() < sniff::SAMPLE_BYTES
    }

    /// Finds the first record after skipped lines that is neither a comment nor blank.
    fn first_record(&mut self, dialect: &Dialect, marks: &Marks, options: &ReadOptions) -> Result<First, Failure> {
        loop {
            match self.try_first_record(dialect, marks, options)? {
                Ok(first) => return Ok(first),
                Err(fault) if self.complete || self.bytes.len() > options.limits.record_bytes => {
                    let kind = if self.complete { fault.kind } else { FaultKind::LongRecord };
                    return Err(self.failure(&Fault { kind, ..fault }, marks, options));
                }
                Err(_) => {
                    let more = self.bytes.len() * 4;
                    self.read(more).map_err(|error| crate::source::unreadable(&error, options))?;
                }
            }
        }
    }

    /// Like [`Head::first_record`]; or a fault if the head ends within the record.
    fn try_first_record(
        &self,
        dialect: &Dialect,
        marks: &Marks,
        options: &ReadOptions,
    ) -> Result<Result<First, Fault>, Failure> {
        let unfinished = |position: usize| Ok(Err(self.fault(position, FaultKind::OpenQuote)));
        let mut position = 0;
        for _ in 0..dialect.skip_lines {
            match scan::line_end(&self.bytes, position, marks) {
                Some(end) => position = end,
                None if self.complete => {
                    let message = format!("the file ends within the {} lines to skip", dialect.skip_lines);
                    return Err(Failure::new(code::EMPTY_DATA, message).file(&options.name));
                }
                None => return unfinished(position),
            }
        }
        while position < self.bytes.len() {
            if marks.comment == Some(self.bytes[position]) {
                let Some(end) = scan::line_end(&self.bytes, position, marks) else { return unfinished(position) };
                position = end;
                continue;
            }
            let mut starts = vec![position as u32];
            let record = match scan::record(&self.bytes, position, marks, &mut starts) {
                Ok(record) => record,
                Err(end) => return unfinished(end.quote.unwrap_or(position)),
            };
            if let Some((quote, kind)) = record.misplaced_quote
                && options.bad_rows != BadRows::Fill
            {
                return Err(self.failure(&self.fault(quote, kind), marks, options));
            }
            let first = First { start: position, end: record.end, starts };
            if first.starts.len() > 2 || !first.field(&self.bytes, 0, marks).is_blank() {
                return Ok(Ok(first));
            }
            position = record.end;
        }
        if self.complete {
            return Err(Failure::new(code::EMPTY_DATA, "the file contains only comments").file(&options.name));
        }
        unfinished(self.bytes.len())
    }

    fn fault(&self, position: usize, kind: FaultKind) -> Fault {
        Fault { offset: position as u64, kind, shown: scan::line_shown(&self.bytes, position) }
    }

    fn failure(&self, fault: &Fault, marks: &Marks, options: &ReadOptions) -> Failure {
        let shape = Shape { marks: *marks, columns: 0, field_bytes: 0, record_bytes: 0 };
        failure::of(fault, &*self.content, &[], &shape, options)
    }
}

/// The first record of a text.
struct First {
    start: usize,
    /// The position after its line end.
    end: usize,
    starts: Vec<u32>,
}

impl First {
    fn field<'a>(&self, bytes: &'a [u8], column: usize, marks: &Marks) -> Field<'a> {
        let (start, end) = (self.starts[column] as usize, self.starts[column + 1] as usize - 1);
        Field::of(&bytes[start..end], column + 2 == self.starts.len(), marks)
    }

    fn fields<'a>(&self, head: &'a Head, marks: &Marks) -> Vec<Field<'a>> {
        (0..self.starts.len() - 1).map(|column| self.field(&head.bytes, column, marks)).collect()
    }

    /// Returns the column names, and whether this record is the header; otherwise they are empty.
    fn names(
        &self,
        head: &Head,
        dialect: &Dialect,
        marks: &Marks,
        options: &ReadOptions,
    ) -> Result<(Vec<String>, bool), Failure> {
        let columns = self.starts.len() - 1;
        if columns > options.limits.columns {
            return Err(failure::too_many_columns(columns, options));
        }
        let fields = self.fields(head, marks);
        let header = options.header.unwrap_or_else(|| {
            let is_declared = |name: &str| options.kinds.contains_key(name);
            let known = fields.iter().any(|field| std::str::from_utf8(&field.text(marks)).is_ok_and(is_declared));
            known || sniff::has_header(&fields, &self.sample_behind(head, marks), dialect)
        });
        if !header {
            return Ok((vec![String::new(); columns], false));
        }
        let text = &head.bytes[self.start..self.end];
        if let Some(nul) = memchr::memchr(0, text) {
            return Err(head.failure(&head.fault(self.start + nul, FaultKind::Nul), marks, options));
        }
        let name = |field: &Field<'_>| {
            String::from_utf8(field.text(marks).into_owned()).map_err(|_| {
                let valid = std::str::from_utf8(text).map_or_else(|error| error.valid_up_to(), str::len);
                head.failure(&head.fault(self.start + valid, FaultKind::NotText), marks, options)
            })
        };
        Ok((fields.iter().map(name).collect::<Result<_, _>>()?, true))
    }

    /// Returns whole records after this one.
    fn sample_behind(&self, head: &Head, marks: &Marks) -> Vec<u8> {
        let (mut sample, _) = head.sample(self.end);
        if !head.is_all(&sample) {
            let plain = Marks { lone_returns: false, ..*marks };
            sample.truncate(whole_records(&sample, &plain));
        }
        sample
    }
}

/// Returns the length of the whole records of a text that starts at a record.
fn whole_records(text: &[u8], marks: &Marks) -> usize {
    let (mut position, mut starts) = (0, Vec::new());
    while position < text.len() {
        starts.clear();
        let end = match marks.comment {
            Some(comment) if text[position] == comment => scan::line_end(text, position, marks),
            _ => scan::record(text, position, marks, &mut starts).ok().map(|record| record.end),
        };
        match end {
            Some(end) => position = end,
            None => break,
        }
    }
    position
}

fn refuse_marks(marks: &Marks, options: &ReadOptions) -> Result<(), Failure> {
    let named = [("delimiter", Some(marks.delimiter)), ("quote", Some(marks.quote)), ("escape", marks.escape)];
    for (name, mark) in named {
        if mark.is_some_and(|byte| !byte.is_ascii() && byte != Quote::ABSENT) {
            let message = format!("the {name} must be an ASCII character");
            return Err(Failure::new(code::BAD_VALUE, message).file(&options.name));
        }
    }
    Ok(())
}

fn headless_note(columns: usize, options: &ReadOptions) -> Option<Failure> {
    if options.header == Some(false) {
        return None;
    }
    let range = if columns == 1 { "column_1".into() } else { format!("column_1 … column_{columns}") };
    let message = format!("the first line holds values, not names: the columns are named {range}");
    Some(
        Failure::note(code::RENAMED_COLUMN, message).file(&options.name).help("`load … header=true` reads it as names"),
    )
}

fn origin(encoding: &str, dialect: &Dialect, header: bool, options: &ReadOptions) -> Arc<Origin> {
    let mut facts = vec![("format", "CSV".to_string()), ("encoding", encoding.to_string())];
    facts.extend(dialect.facts());
    facts.push(("header", if header { "yes" } else { "no" }.to_string()));
    Arc::new(Origin { file: options.name.clone(), facts })
}
