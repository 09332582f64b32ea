//! Reading, from the bytes of a file to a table.

use super::cells::{Cells, Start, Type, Values};
use super::chunk::{self, Chunk};
use super::dialect::Dialect;
use super::scan::{self, FIELD_BYTES_MAX, Fault, FaultKind};
use super::{sniff, suspect};
use crate::file::Sketch;
use crate::{Column, Kind, ReadOptions, Table};
use arrow_array::{
    ArrayRef, BooleanArray, Float64Array, Int64Array, StringArray, Time64MicrosecondArray, TimestampMicrosecondArray,
};
use arrow_buffer::{BooleanBuffer, BooleanBufferBuilder, Buffer, NullBuffer, OffsetBuffer, ScalarBuffer};
use pipewright_diagnostic::{Failure, code};
use rayon::prelude::*;
use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

/// The bytes of a chunk: fixed, so that results do not depend on threads.
pub(super) const CHUNK_BYTES: usize = 1 << 20;

/// The most columns.
const COLUMNS_MAX: usize = 100_000;

/// Reads a whole file in chunks of about `chunk_bytes`.
pub(super) fn table(bytes: &[u8], options: &ReadOptions, chunk_bytes: usize) -> Result<(Table, Vec<Failure>), Failure> {
    let layout = Layout::find(bytes, options, true)?;
    let body = &bytes[layout.body.clone()];
    let starts = layout.starts(body, options, chunk_bytes);
    let chunks = read_chunks(body, &starts, chunk_bytes, &layout.dialect)
        .map_err(|fault| layout.failure(bytes, Fault { offset: layout.body.start + fault.offset, ..fault }, options))?;
    let rows: usize = chunks.iter().map(|(_, chunk)| chunk.rows).sum();
    if u32::try_from(rows).is_err() {
        return Err(Failure::new(code::LIMIT_REACHED, "a table has at most 4,294,967,295 rows").file(&options.name));
    }
    let types: Vec<Type> = (0..starts.len()).map(|column| joined_type(&chunks, column)).collect();
    let mut notes = layout.notes.clone();
    let mut columns = Vec::with_capacity(starts.len());
    for (column, name) in layout.names.iter().enumerate() {
        let kind = options.kinds.get(&**name).copied().unwrap_or_else(|| types[column].kind());
        columns.push(Column::new(name.clone(), kind));
        notes.extend(widened_note(&chunks, column, types[column], name, options));
    }
    let chunks = read_again(body, chunks, &types, &layout.dialect);
    let arrays =
        arrays(chunks, &types, rows).map_err(|column| text_limit(&layout.names[column]).file(&options.name))?;
    Ok((Table::with_rows(columns, arrays, rows)?, notes))
}

/// What the first bytes of a file tell.
pub(super) fn sketch(prefix: &[u8], options: &ReadOptions, truncated: bool) -> Result<Sketch, Failure> {
    let complete = if truncated { complete_records(prefix) } else { prefix };
    // A prefix without a complete line still has a header to look at.
    let prefix = if complete.is_empty() { prefix } else { complete };
    let (table, mut notes) = table(prefix, options, prefix.len().max(1))?;
    notes.extend(suspect::almost_numbers(&table, options));
    let certain = !truncated && table.rows() > 0;
    Ok(Sketch { schema: table.schema(), certain, rows_seen: table.rows(), memory_bytes: 0, notes })
}

/// The prefix up to the last line end outside quotes.
fn complete_records(prefix: &[u8]) -> &[u8] {
    let (mut inside, mut end) = (false, 0);
    for position in memchr::memchr2_iter(b'"', b'\n', prefix) {
        match prefix[position] {
            b'"' => inside = !inside,
            _ if !inside => end = position + 1,
            _ => {}
        }
    }
    &prefix[..end]
}

/// Where things are in a file.
struct Layout {
    dialect: Dialect,
    names: Vec<Arc<str>>,
    body: Range<usize>,
    notes: Vec<Failure>,
}

impl Layout {
    fn find(bytes: &[u8], options: &ReadOptions, complete: bool) -> Result<Layout, Failure> {
        let start = if bytes.starts_with(b"\xEF\xBB\xBF") { 3 } else { 0 };
        refuse_other_encodings(bytes, options)?;
        let is_end = |byte: &u8| matches!(byte, b'\n' | b'\r' | b' ');
        let end = bytes.iter().rposition(|byte| !is_end(byte)).map_or(start, |last| last + 1);
        if end <= start {
            return Err(Failure::new(code::EMPTY_DATA, "the file is empty").file(&options.name));
        }
        let sample = &bytes[start..end.min(start + sniff::SAMPLE_BYTES)];
        let complete = complete && start + sample.len() == end;
        let dialect = sniff::dialect(sample, complete, options)?;
        let mut layout = Layout { dialect, names: Vec::new(), body: start..end, notes: Vec::new() };
        layout.read_header(bytes, options)?;
        Ok(layout)
    }

    /// Names the columns, and moves the start of the body behind the header, if there is one.
    fn read_header(&mut self, bytes: &[u8], options: &ReadOptions) -> Result<(), Failure> {
        let text = &bytes[..self.body.end];
        let mut position = self.body.start;
        let first = loop {
            let start = position;
            let record = scan::record(text, &mut position, self.dialect.delimiter);
            let record = record.map_err(|fault| self.failure(bytes, fault, options))?;
            if record.len() > 1 || !record[0].is_blank() {
                self.body.start = start;
                break record;
            }
        };
        if first.len() > COLUMNS_MAX {
            let message = format!("{} columns; a table has at most {COLUMNS_MAX}", first.len());
            return Err(Failure::new(code::LIMIT_REACHED, message).file(&options.name).line(1));
        }
        let sample = &text[position..(position + sniff::SAMPLE_BYTES).min(text.len())];
        let sample = if position + sample.len() < text.len() { complete_records(sample) } else { sample };
        let header = options.header.unwrap_or_else(|| {
            let known = first
                .iter()
                .any(|field| std::str::from_utf8(&field.text()).is_ok_and(|name| options.kinds.contains_key(name)));
            known || sniff::has_header(&first, sample, &self.dialect)
        });
        if header {
            let mut names = Vec::with_capacity(first.len());
            for field in &first {
                let name = String::from_utf8(field.text().into_owned()).map_err(|error| {
                    let offset = self.body.start + error.utf8_error().valid_up_to();
                    self.failure(bytes, Fault { offset, kind: FaultKind::NotText }, options)
                })?;
                names.push(name);
            }
            self.body.start = position;
            self.name_columns(names, options);
        } else {
            self.name_columns(vec![String::new(); first.len()], options);
            self.notes.clear();
            if options.header == Some(false) {
                return Ok(());
            }
            let note = "the first line holds values, not names";
            let range =
                if first.len() == 1 { "column_1".into() } else { format!("column_1 … column_{}", first.len()) };
            self.notes = vec![
                Failure::note(code::RENAMED_COLUMN, format!("{note}: the columns are called {range}"))
                    .file(&options.name)
                    .help("`load … header=true` takes it for names"),
            ];
        }
        Ok(())
    }

    /// Gives every column a name of its own, with a note for each that had none.
    fn name_columns(&mut self, names: Vec<String>, options: &ReadOptions) {
        let stated: BTreeSet<&str> = names.iter().map(String::as_str).collect();
        let mut taken: BTreeSet<String> = BTreeSet::new();
        for (position, name) in names.iter().enumerate() {
            if !name.is_empty() && taken.insert(name.clone()) {
                self.names.push(name.as_str().into());
                continue;
            }
            let base = if name.is_empty() { "column".to_string() } else { name.clone() };
            let first = if name.is_empty() { position + 1 } else { 2 };
            let new = (first..)
                .map(|number| format!("{base}_{number}"))
                .find(|new| !taken.contains(new) && !stated.contains(new.as_str()))
                .expect("there are more numbers than columns");
            let why = if name.is_empty() { "has no name" } else { "has the name of another one" };
            let number = position + 1;
            self.notes.push(
                Failure::note(code::RENAMED_COLUMN, format!("column {number} {why}: it is called `{new}`"))
                    .file(&options.name)
                    .column(&*new),
            );
            self.names.push(new.as_str().into());
            taken.insert(new);
        }
    }

    /// How each column is read: as asked for, else at least as the beginning of the body tells.
    fn starts(&self, body: &[u8], options: &ReadOptions, chunk_bytes: usize) -> Vec<Start> {
        let sample = complete_records(&body[..body.len().min(sniff::SAMPLE_BYTES)]);
        let guessed =
            if body.len() > chunk_bytes { sniff::types(sample, self.names.len(), &self.dialect) } else { None };
        let guessed = guessed.unwrap_or_else(|| vec![Type::Nothing; self.names.len()]);
        let start = |(name, guess): (&Arc<str>, Type)| match options.kinds.get(&**name) {
            Some(kind) => Start::Exactly(Type::of(*kind)),
            None => Start::AtLeast(guess),
        };
        self.names.iter().zip(guessed).map(start).collect()
    }

    /// A fault in the body, told to a reader. Offsets count from the start of the file.
    fn failure(&self, bytes: &[u8], fault: Fault, options: &ReadOptions) -> Failure {
        let line = memchr::memchr_iter(b'\n', &bytes[..fault.offset]).count() as u64 + 1;
        let expected = self.names.len();
        let rest = &bytes[fault.offset..];
        let text = String::from_utf8_lossy(rest.split(|&byte| byte == b'\n').next().unwrap_or(rest));
        let shown: String = text.trim_end().chars().take(60).collect();
        let bad = |message: String| Failure::new(code::BAD_CSV, message);
        let failure = match fault.kind {
            FaultKind::OpenQuote => bad(format!("a quote is opened and never closed: {shown}"))
                .help("inside quotes a quote is written twice: \"\""),
            FaultKind::StrayQuote => bad(format!("a quote inside a field that does not begin with one: {shown}"))
                .help("put the whole field in quotes, and write the quotes inside it twice: \"5\"\" disk\""),
            FaultKind::TextAfterQuote => {
                bad(format!("text after a closing quote: {shown}")).help("inside quotes a quote is written twice: \"\"")
            }
            FaultKind::NotText => bad("bytes that are not UTF-8 text".into())
                .help("save the file as UTF-8, or convert it: iconv -f latin1 -t utf-8"),
            FaultKind::Nul => bad("a byte of value zero, which no text has".into()).help("is it a binary file?"),
            FaultKind::LongField => {
                let message = format!("a field is longer than {} MiB", FIELD_BYTES_MAX >> 20);
                Failure::new(code::LIMIT_REACHED, message).help("is a quote missing?")
            }
            FaultKind::Ragged { fields } => {
                let (fields, expected) = (count(fields, "field"), count(expected, "column"));
                let message = format!("a row of {fields} in a table of {expected}: {shown}");
                Failure::new(code::RAGGED_ROW, message).help(format!(
                    "a field that holds the delimiter `{}` has to be quoted",
                    char::from(self.dialect.delimiter).escape_default()
                ))
            }
            FaultKind::Misfit { column } => {
                let name = &self.names[column];
                let kind = options.kinds.get(&**name).copied().unwrap_or(Kind::Text);
                let field: String = match scan::next_field(bytes, &mut fault.offset.clone(), self.dialect.delimiter) {
                    Ok(field) => String::from_utf8_lossy(&field.text()).chars().take(60).collect(),
                    Err(_) => shown,
                };
                Failure::new(code::KIND_CHANGED, format!("`{field}` is no value of a column of kind {kind}"))
                    .column(&**name)
            }
        };
        failure.file(&options.name).line(line)
    }
}

fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

fn refuse_other_encodings(bytes: &[u8], options: &ReadOptions) -> Result<(), Failure> {
    let head = &bytes[..bytes.len().min(1000)];
    let zeros = memchr::memchr_iter(0, head).count();
    let utf16 = head.starts_with(b"\xFF\xFE") || head.starts_with(b"\xFE\xFF") || zeros * 3 > head.len();
    if utf16 {
        return Err(Failure::new(code::BAD_CSV, "the file looks like UTF-16 or a binary file, not UTF-8 text")
            .file(&options.name)
            .line(1)
            .help("save the file as UTF-8, or convert it: iconv -f utf-16 -t utf-8"));
    }
    if memchr::memchr(b'\n', bytes).is_none() && head.contains(&b'\r') {
        return Err(Failure::new(code::BAD_CSV, "the lines end in a carriage return alone")
            .file(&options.name)
            .line(1)
            .help("convert the line ends: tr '\\r' '\\n'"));
    }
    Ok(())
}

type ReadChunk = (Range<usize>, Chunk);

/// Reads all chunks in parallel. Should one be faulty, the body is read again as one chunk: only that tells the first
/// fault, since a stray quote misleads the cutting of all chunks behind it.
fn read_chunks(body: &[u8], starts: &[Start], chunk_bytes: usize, dialect: &Dialect) -> Result<Vec<ReadChunk>, Fault> {
    let ranges = scan::split(body, chunk_bytes);
    let chunks: Result<Vec<ReadChunk>, Fault> = ranges
        .into_par_iter()
        .map(|range| Ok((range.clone(), chunk::read(&body[range], starts, usize::MAX, dialect)?)))
        .collect();
    chunks.or_else(|_| Ok(vec![(0..body.len(), chunk::read(body, starts, usize::MAX, dialect)?)]))
}

/// The narrowest type that holds what all chunks found; quoted empty fields and nothing else are texts.
fn joined_type(chunks: &[ReadChunk], column: usize) -> Type {
    let cells = || chunks.iter().map(|(_, chunk)| &chunk.cells[column]);
    match cells().map(Cells::type_found).fold(Type::Nothing, Type::join) {
        Type::Nothing if cells().any(|cells| cells.quoted_empty) => Type::Text,
        joined => joined,
    }
}

/// A note if whole numbers became continuous only because they are too large.
fn widened_note(
    chunks: &[ReadChunk],
    column: usize,
    found: Type,
    name: &str,
    options: &ReadOptions,
) -> Option<Failure> {
    let any = |fact: fn(&Cells) -> bool| chunks.iter().any(|(_, chunk)| fact(&chunk.cells[column]));
    let stated = options.kinds.contains_key(name);
    let widened = found == Type::Continuous && any(|cells| cells.huge) && !any(|cells| cells.fractional) && !stated;
    widened.then(|| {
        let message = format!("`{name}` holds whole numbers beyond 64 bits: it is read as continuous and rounded");
        Failure::note(code::TYPE_WIDENED, message).file(&options.name).column(name)
    })
}

/// Reads once more what a chunk read as another type than the whole column has; most often nothing.
fn read_again(body: &[u8], chunks: Vec<ReadChunk>, types: &[Type], dialect: &Dialect) -> Vec<Chunk> {
    let reread = |(range, mut chunk): ReadChunk| {
        let wanted = |(cells, kind): (&Cells, &Type)| match cells.needs_rereading(*kind) {
            true => Start::Exactly(*kind),
            false => Start::Skip,
        };
        let starts: Vec<Start> = chunk.cells.iter().zip(types).map(wanted).collect();
        if starts.iter().any(|start| *start != Start::Skip) {
            let again = chunk::read(&body[range], &starts, usize::MAX, dialect);
            let again = again.expect("what was read once reads again as text");
            for (cells, new) in chunk.cells.iter_mut().zip(again.cells) {
                if new.values != Values::Skipped {
                    *cells = new;
                }
            }
        }
        chunk
    };
    chunks.into_par_iter().map(reread).collect()
}

/// Joins the cells of all chunks into one array a column; or the column that holds more text than an array can.
fn arrays(chunks: Vec<Chunk>, types: &[Type], rows: usize) -> Result<Vec<ArrayRef>, usize> {
    let mut parts: Vec<Vec<(Cells, usize)>> = types.iter().map(|_| Vec::with_capacity(chunks.len())).collect();
    for chunk in chunks {
        for (column, cells) in chunk.cells.into_iter().enumerate() {
            parts[column].push((cells, chunk.rows));
        }
    }
    let arrays = parts.into_par_iter().zip(types).enumerate();
    arrays.map(|(column, (parts, kind))| array(parts, *kind, rows).ok_or(column)).collect()
}

fn array(parts: Vec<(Cells, usize)>, kind: Type, rows: usize) -> Option<ArrayRef> {
    let nulls = null_buffer(&parts, rows);
    let values = parts.into_iter().map(|(cells, rows)| match cells.values {
        Values::Nothing => Values::nulls(kind, rows),
        Values::Count(values) if kind == Type::Continuous => {
            Values::Continuous(values.into_iter().map(|value| value as f64).collect())
        }
        values => values,
    });
    Some(match kind {
        Type::Bool => {
            let mut all = BooleanBufferBuilder::new(rows);
            values.for_each(|part| {
                if let Values::Bool(part) = part {
                    all.append_slice(&part)
                }
            });
            Arc::new(BooleanArray::new(all.finish(), nulls))
        }
        Type::Count => Arc::new(Int64Array::new(joined(values, rows, Values::integers), nulls)),
        Type::Date => Arc::new(TimestampMicrosecondArray::new(joined(values, rows, Values::integers), nulls)),
        Type::Time => Arc::new(Time64MicrosecondArray::new(joined(values, rows, Values::integers), nulls)),
        Type::Continuous => Arc::new(Float64Array::new(joined(values, rows, Values::floats), nulls)),
        Type::Nothing | Type::Text => Arc::new(text_array(values, rows, nulls)?),
    })
}

impl Values {
    fn integers(self) -> Vec<i64> {
        match self {
            Values::Count(values) | Values::Date(values) | Values::Time(values) => values,
            _ => unreachable!("every chunk was brought to the type of its column"),
        }
    }

    fn floats(self) -> Vec<f64> {
        match self {
            Values::Continuous(values) => values,
            _ => unreachable!("every chunk was brought to the type of its column"),
        }
    }
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

fn text_array(parts: impl Iterator<Item = Values>, rows: usize, nulls: Option<NullBuffer>) -> Option<StringArray> {
    let mut all: Vec<u8> = Vec::new();
    let mut offsets: Vec<i32> = Vec::with_capacity(rows + 1);
    offsets.push(0);
    for part in parts {
        match part {
            Values::Text { bytes, ends } => {
                i32::try_from(all.len() + bytes.len()).ok()?;
                offsets.extend(ends.iter().map(|end| (all.len() + end) as i32));
                all.extend_from_slice(&bytes);
            }
            Values::Nothing => {}
            _ => unreachable!("every chunk was brought to the type of its column"),
        }
    }
    // A column that is nothing but nulls has no texts to end anywhere.
    offsets.resize(rows + 1, all.len() as i32);
    let offsets = OffsetBuffer::new(offsets.into());
    Some(StringArray::try_new(offsets, Buffer::from_vec(all), nulls).expect("the chunks were checked to be UTF-8"))
}

fn null_buffer(parts: &[(Cells, usize)], rows: usize) -> Option<NullBuffer> {
    let nothing = |cells: &Cells| cells.values == Values::Nothing;
    if parts.iter().all(|(cells, rows)| cells.nulls.is_empty() && (*rows == 0 || !nothing(cells))) {
        return None;
    }
    let mut valid = BooleanBufferBuilder::new(rows);
    for (cells, rows) in parts {
        if nothing(cells) {
            valid.append_n(*rows, false);
            continue;
        }
        let start = valid.len();
        valid.append_n(*rows, true);
        cells.nulls.iter().for_each(|&row| valid.set_bit(start + row as usize, false));
    }
    let valid: BooleanBuffer = valid.finish();
    Some(NullBuffer::new(valid))
}

fn text_limit(name: &str) -> Failure {
    Failure::new(code::LIMIT_REACHED, format!("`{name}` holds more than 2 GiB of text")).column(name)
}
