//! Reading of JSON files to tables: whole, or chunk by chunk.
//!
//! Lines are grouped into chunks of a fixed size, since no JSON value spans lines; an array, and objects over several
//! lines, are read as one chunk.

use super::chunk::{Chunk, Plan};
use super::fault::Report;
use super::parse::{Fault, FaultKind};
use super::scan::ScanLines;
use super::shape::{self, Shape};
use crate::gather::{self, Cells, Outcome, Start};
use crate::infer::Type;
use crate::source::{Rejected, Sketch, unreadable};
use crate::{BadRows, ReadOptions, Reading, names};
use pipewright_diagnostic::{Failure, code};
use pipewright_table::{Column, Origin, Schema, Table};
use pipewright_world::Content;
use rayon::prelude::*;
use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};
use std::ops::Range;
use std::sync::Arc;

/// The bytes of a chunk: fixed, so that results do not depend on threads.
pub(super) const CHUNK_BYTES: usize = 1 << 20;

/// Bytes per chunk of a scan.
pub(super) fn scanned_bytes(options: &ReadOptions) -> usize {
    usize::try_from(options.limits.chunk_bytes).unwrap_or(usize::MAX).min(CHUNK_BYTES)
}

/// Number of chunks per thread processed at once, when only their common properties are kept.
const CHUNKS_A_THREAD: usize = 4;

/// Number of cells always allowed in a table.
const CELLS_MIN: u64 = 1 << 28;
/// Additional cells allowed per byte of the file.
const CELLS_A_BYTE: u64 = 16;

/// An open file.
pub(super) struct Source<'a> {
    pub(super) content: &'a Arc<dyn Content>,
    pub(super) options: &'a ReadOptions,
    pub(super) chunk_bytes: usize,
    /// Is it only the head of a file? The rest may have more columns.
    pub(super) partial: bool,
}

impl<'a> Source<'a> {
    /// Returns the start of the first value, and the layout that it implies.
    pub(super) fn shape(&self) -> Result<(u64, Shape), Failure> {
        let head = self.bytes(0..self.content.size().min(4))?;
        if head.starts_with(b"\xFF\xFE") || head.starts_with(b"\xFE\xFF") {
            return Err(Failure::new(code::BAD_FILE, "the file is UTF-16, but JSON must be UTF-8")
                .file(&self.options.name)
                .line(1)
                .help("convert it: iconv -f utf-16 -t utf-8"));
        }
        let start = if head.starts_with(b"\xEF\xBB\xBF") { 3 } else { 0 };
        let mut at = start;
        while at < self.content.size() {
            let block = self.bytes(at..self.content.size().min(at + (64 << 10)))?;
            if let Some(place) = block.iter().position(|byte| !byte.is_ascii_whitespace()) {
                let first = at + place as u64;
                let end = self.content.size().min(first + shape::HEAD_BYTES as u64);
                return Ok((start, Shape::of(&self.bytes(first..end)?)));
            }
            at += block.len() as u64;
        }
        Err(Failure::new(code::EMPTY_DATA, "the file is empty").file(&self.options.name))
    }

    pub(super) fn bytes(&self, range: Range<u64>) -> Result<Cow<'a, [u8]>, Failure> {
        if let Some(all) = self.content.as_slice() {
            return Ok(Cow::Borrowed(&all[range.start as usize..range.end as usize]));
        }
        let length = usize::try_from(range.end - range.start).unwrap_or(usize::MAX);
        let mut bytes = Vec::new();
        bytes.try_reserve_exact(length).map_err(|_| {
            Failure::new(code::LIMIT_REACHED, "JSON that is not one object per line, and larger than memory")
                .file(&self.options.name)
                .help("JSON lines are read piece by piece: `jq -c '.[]'` makes them of an array, `jq -c .` of objects")
        })?;
        bytes.resize(length, 0);
        self.content.read_at(range.start, &mut bytes).map_err(|error| unreadable(&error, self.options))?;
        Ok(Cow::Owned(bytes))
    }

    /// Returns the ranges of whole lines from `start`.
    fn chunks(&self, start: u64) -> Result<Vec<Range<u64>>, Failure> {
        let size = self.content.size();
        let nominal: Vec<u64> = (start..size).step_by(self.chunk_bytes).skip(1).collect();
        let cuts: Vec<Result<u64, Failure>> = nominal.into_par_iter().map(|place| self.line_behind(place)).collect();
        let mut ranges = Vec::with_capacity(cuts.len() + 1);
        let mut begin = start;
        for cut in cuts.into_iter().chain([Ok(size)]) {
            let cut = cut?;
            if cut > begin {
                ranges.push(begin..cut);
                begin = cut;
            }
        }
        Ok(ranges)
    }

    /// Returns the start of the first line at or after a position.
    fn line_behind(&self, place: u64) -> Result<u64, Failure> {
        let size = self.content.size();
        let (first, mut at, mut step) = (place - 1, place - 1, 4 << 10);
        while at < size {
            let block = self.bytes(at..size.min(at + step))?;
            if let Some(end) = memchr::memchr(b'\n', &block) {
                return Ok(at + end as u64 + 1);
            }
            at += block.len() as u64;
            step = (2 * step).min(1 << 20);
            self.check_record(at - first)?;
        }
        Ok(size)
    }

    fn check_record(&self, length: u64) -> Result<(), Failure> {
        let limit = self.options.limits.record_bytes;
        if length <= limit as u64 + self.chunk_bytes as u64 {
            return Ok(());
        }
        Err(Failure::new(code::LIMIT_REACHED, format!("a line is longer than {} MiB", limit >> 20))
            .file(&self.options.name)
            .help(format!("`load … max_record={}M` allows longer ones", (limit >> 20).max(1) * 2)))
    }

    fn plan<'b>(&self, start: &'b (dyn Fn(&str) -> Start + Sync)) -> Plan<'b> {
        let limits = &self.options.limits;
        Plan { start, columns_max: limits.columns, field_bytes_max: limits.field_bytes }
    }

    /// Reads the rows of a range of lines.
    pub(super) fn lines(&self, range: &Range<u64>, start: &(dyn Fn(&str) -> Start + Sync)) -> Result<Lines, Failure> {
        let bytes = self.bytes(range.clone())?;
        let plan = self.plan(start);
        let mut rejected = Vec::new();
        let mut read = Chunk::of_lines(&bytes, &plan);
        if self.options.bad_rows == BadRows::Reject && matches!(&read, Err(fault) if fault.kind.is_of_row()) {
            read = Chunk::of_good_lines(&bytes, &plan, |line, fault| {
                let before = memchr::memchr_iter(b'\n', &bytes[..line.start]).count() as u64;
                let text = String::from_utf8_lossy(&bytes[line]).trim_end().to_string();
                rejected.push(Rejected { line: before + 1, reason: Report::of(&fault.kind).message, text });
            });
        }
        let chunk = read.map_err(|fault| self.failure(range, &bytes, fault))?;
        // Line numbers are only needed for skipped lines.
        let counted = self.options.bad_rows == BadRows::Reject;
        let lines = if counted { memchr::memchr_iter(b'\n', &bytes).count() as u64 } else { 0 };
        Ok(Lines { chunk, rejected, lines })
    }

    /// Creates the failure of a fault in a range of the file.
    fn failure(&self, range: &Range<u64>, bytes: &[u8], fault: Fault) -> Failure {
        let (mut line, mut at) = (1, 0);
        while at < range.start {
            let Ok(block) = self.bytes(at..range.start.min(at + (1 << 20))) else { break };
            line += memchr::memchr_iter(b'\n', &block).count() as u64;
            at += block.len() as u64;
        }
        let before = &bytes[..fault.offset];
        line += memchr::memchr_iter(b'\n', before).count() as u64;
        let begin = memchr::memrchr(b'\n', before).map_or(0, |end| end + 1);
        let character = String::from_utf8_lossy(&bytes[begin..fault.offset]).chars().count() + 1;
        Report::of(&fault.kind).failure(line, character, &bytes[fault.offset..], self.options)
    }

    /// Reads the whole file.
    pub(super) fn read(&self) -> Result<Reading, Failure> {
        match self.shape()? {
            (start, Shape::Lines) => self.read_lines(start),
            (start, shape) => {
                let range = start..self.content.size();
                let bytes = self.bytes(range.clone())?;
                self.read_values(shape, &range, &bytes, usize::MAX)
            }
        }
    }

    fn read_lines(&self, start: u64) -> Result<Reading, Failure> {
        let ranges = self.chunks(start)?;
        let first = |name: &str| Start::of(name, self.options);
        let parts: Vec<Result<Lines, Failure>> = ranges.par_iter().map(|range| self.lines(range, &first)).collect();
        let mut found = Found::default();
        let mut chunks = Vec::with_capacity(parts.len());
        for part in parts {
            chunks.push(found.add(part?, self)?);
        }
        let columns = found.columns(self)?;
        let chunks = ranges.into_par_iter().zip(chunks).map(|(range, mut chunk)| {
            let again = reread(&chunk, &columns);
            if !again.is_empty() {
                chunk.replace(self.lines(&range, &|name| *again.get(name).unwrap_or(&Start::Skip))?.chunk);
            }
            Ok(chunk)
        });
        let chunks = chunks.collect::<Result<Vec<Chunk>, Failure>>()?;
        let notes = found.notes(self, &columns);
        self.refuse_columns_in_rows(&found)?;
        let table = table(chunks, &columns)?.with_origin(Some(self.origin(Shape::Lines)));
        Ok(Reading { table, notes, rejected: found.rejected })
    }

    /// Reads an array or objects that are not lines, or the first rows of them.
    fn read_values(&self, shape: Shape, range: &Range<u64>, bytes: &[u8], rows_max: usize) -> Result<Reading, Failure> {
        let read = |start: &(dyn Fn(&str) -> Start + Sync)| {
            let chunk = Chunk::of_values(shape, bytes, &self.plan(start), rows_max);
            chunk.map_err(|(_, fault)| self.failure(range, bytes, fault))
        };
        let chunk = read(&|name| Start::of(name, self.options))?;
        let mut found = Found::default();
        let mut chunk = found.add(Lines { chunk, rejected: Vec::new(), lines: 0 }, self)?;
        let columns = found.columns(self)?;
        let again = reread(&chunk, &columns);
        if !again.is_empty() {
            chunk.replace(read(&|name| *again.get(name).unwrap_or(&Start::Skip))?);
        }
        let notes = found.notes(self, &columns);
        if shape == Shape::Objects {
            self.refuse_columns_in_rows(&found)?;
        }
        let table = table(vec![chunk], &columns)?.with_origin(Some(self.origin(shape)));
        Ok(Reading { table, notes, rejected: Vec::new() })
    }

    /// Sketches the file from its head.
    pub(super) fn sketch(&self, truncated: bool, head_bytes: usize) -> Result<Sketch, Failure> {
        let (start, shape) = self.shape()?;
        let size = self.content.size();
        let mut end = size.min(start + head_bytes as u64);
        let mut complete = end == size && !truncated;
        if shape == Shape::Lines && !complete {
            let cut = |end: u64| Ok(memchr::memrchr(b'\n', &self.bytes(start..end)?).map(|at| start + at as u64 + 1));
            end = match cut(end)? {
                Some(end) => end,
                None if truncated => return Ok(nothing_seen()),
                None => self.line_behind(end.max(start + 1))?,
            };
            complete = end == size && !truncated;
        }
        let bytes = self.bytes(start..end)?;
        let content: Arc<dyn Content> = Arc::new(bytes.to_vec());
        let head = Source { content: &content, partial: !complete, ..*self };
        let reading = match shape {
            Shape::Lines => head.read_lines(0)?,
            Shape::Array | Shape::Objects => {
                // The head usually ends inside a row: the rows before it are used.
                let first = |name: &str| Start::of(name, self.options);
                let plan = self.plan(&first);
                let rows_max = match Chunk::of_values(shape, &bytes, &plan, usize::MAX) {
                    Err((chunk, fault)) if !complete && fault.offset + 4 >= bytes.len() => chunk.rows,
                    _ => usize::MAX,
                };
                if rows_max == 0 {
                    return Ok(nothing_seen());
                }
                head.read_values(shape, &(0..content.size()), &bytes, rows_max)?
            }
        };
        let held: usize = reading.table.arrays().iter().map(|array| array.get_array_memory_size()).sum();
        let share = size as f64 / bytes.len().max(1) as f64;
        Ok(Sketch {
            schema: reading.table.schema(),
            certain: complete && reading.table.rows() > 0,
            rows_seen: reading.table.rows(),
            memory_bytes: (held as f64 * share) as u64,
            notes: reading.notes.clone(),
            whole: complete.then_some(reading),
        })
    }

    /// Determines what only the whole file tells.
    pub(super) fn scan(&self, start: u64) -> Result<ScanLines, Failure> {
        let ranges = self.chunks(start)?;
        let first = |name: &str| Start::of(name, self.options);
        let mut found = Found::default();
        let mut rows_before = Vec::with_capacity(ranges.len());
        for some in ranges.chunks(CHUNKS_A_THREAD * rayon::current_num_threads()) {
            let parts: Vec<Result<Lines, Failure>> = some.par_iter().map(|range| self.lines(range, &first)).collect();
            for part in parts {
                rows_before.push(found.rows as usize);
                found.add(part?, self)?;
            }
        }
        let columns = found.columns(self)?;
        self.refuse_columns_in_rows(&found)?;
        let notes = found.notes(self, &columns);
        Ok(ScanLines {
            content: self.content.clone(),
            options: self.options.clone(),
            ranges,
            rows_before,
            starts: columns.iter().map(|(column, kind)| (column.name.clone(), Start::Exactly(*kind))).collect(),
            columns,
            notes,
            rejected: found.rejected,
            rows: found.rows as usize,
            origin: self.origin(Shape::Lines),
        })
    }

    /// A single object whose values are all lists is a column-oriented table.
    fn refuse_columns_in_rows(&self, found: &Found) -> Result<(), Failure> {
        let lists = found.rows == 1 && found.outcomes.iter().all(|(_, outcome)| outcome.is_of_lists());
        if !lists {
            return Ok(());
        }
        let message = "the file is one object of lists, not one object per row";
        Err(Failure::new(code::BAD_FILE, message)
            .file(&self.options.name)
            .line(1)
            .help("use one object per line (pandas: to_json(orient=\"records\", lines=True)), or an array of objects"))
    }

    fn origin(&self, shape: Shape) -> Arc<Origin> {
        let format = match shape {
            Shape::Lines => "JSON lines",
            Shape::Objects => "JSON objects",
            Shape::Array => "JSON array",
        };
        Arc::new(Origin { file: self.options.name.clone(), facts: vec![("format", format.to_string())] })
    }
}

/// The sketch of a head without a whole row.
fn nothing_seen() -> Sketch {
    Sketch { schema: Schema::default(), certain: false, rows_seen: 0, memory_bytes: 0, notes: Vec::new(), whole: None }
}

/// The rows of a range of lines, the skipped ones (lines counted from the start of the range), and the number of lines.
pub(super) struct Lines {
    pub(super) chunk: Chunk,
    rejected: Vec<Rejected>,
    lines: u64,
}

/// Observations of all chunks so far.
#[derive(Default)]
struct Found {
    outcomes: Vec<(Arc<str>, Outcome)>,
    places: HashMap<Arc<str>, usize>,
    parents: BTreeSet<String>,
    rows: u64,
    lines: u64,
    rejected: Vec<Rejected>,
}

impl Found {
    fn add(&mut self, part: Lines, source: &Source<'_>) -> Result<Chunk, Failure> {
        for (name, cells) in &part.chunk.columns {
            let place = *self.places.entry(name.clone()).or_insert(self.outcomes.len());
            if place == self.outcomes.len() {
                self.outcomes.push((name.clone(), Outcome::new()));
            }
            self.outcomes[place].1.add(cells, self.rows);
        }
        if self.outcomes.len() > source.options.limits.columns {
            return Err(gather::too_many_columns(source.options));
        }
        for parent in part.chunk.parents() {
            if !self.parents.contains(parent) {
                self.parents.insert(parent.to_string());
            }
        }
        self.rows += part.chunk.rows as u64;
        if u32::try_from(self.rows).is_err() {
            let message = "a table has at most 4,294,967,295 rows";
            return Err(Failure::new(code::LIMIT_REACHED, message).file(&source.options.name));
        }
        let lines_before = self.lines;
        let moved = |rejected: Rejected| Rejected { line: rejected.line + lines_before, ..rejected };
        self.rejected.extend(part.rejected.into_iter().map(moved));
        self.lines += part.lines;
        Ok(part.chunk)
    }

    /// Returns the columns of the table and their types.
    fn columns(&self, source: &Source<'_>) -> Result<Vec<(Column, Type)>, Failure> {
        let options = source.options;
        if self.outcomes.is_empty() {
            let message = if self.rows == 0 { "the file has no rows" } else { "the objects of the file have no keys" };
            return Err(Failure::new(code::EMPTY_DATA, message).file(&options.name));
        }
        if !source.partial {
            names::declared(self.outcomes.iter().map(|(name, _)| &**name), options)?;
        }
        // A null instead of an object is null in all columns of the object.
        let is_object = |name: &str, outcome: &Outcome| outcome.is_empty() && self.parents.contains(name);
        let wanted = self.outcomes.iter().filter(|(name, outcome)| {
            options.wants(name) && (options.kinds.contains_key(&**name) || !is_object(name, outcome))
        });
        let column = |(name, outcome): &(Arc<str>, Outcome)| {
            let kind = options.kinds.get(&**name).copied().unwrap_or(outcome.kind.kind());
            (Column::new(name.clone(), kind), Type::of(kind))
        };
        let columns: Vec<(Column, Type)> = wanted.map(column).collect();
        let cells = self.rows.saturating_mul(columns.len() as u64);
        if cells > CELLS_MIN.max(source.content.size().saturating_mul(CELLS_A_BYTE)) {
            let kind = FaultKind::Sparse;
            return Err(Report::of(&kind).failure(1, 1, b"", options));
        }
        Ok(columns)
    }

    fn notes(&self, source: &Source<'_>, columns: &[(Column, Type)]) -> Vec<Failure> {
        let outcome = |(column, _): &(Column, Type)| {
            let place = *self.places.get(&column.name)?;
            self.outcomes[place].1.notes(&column.name, source.options)
        };
        columns.iter().filter_map(outcome).collect()
    }
}

/// Returns how to reread the columns of a chunk whose type differs from the final one.
fn reread(chunk: &Chunk, columns: &[(Column, Type)]) -> HashMap<Arc<str>, Start> {
    let kinds: HashMap<&str, Type> = columns.iter().map(|(column, kind)| (&*column.name, *kind)).collect();
    let again = chunk.columns.iter().filter_map(|(name, cells)| {
        let kind = *kinds.get(&**name)?;
        cells.needs_rereading(kind).then(|| (name.clone(), Start::Exactly(kind)))
    });
    again.collect()
}

/// Concatenates chunks to one table.
pub(super) fn table(chunks: Vec<Chunk>, columns: &[(Column, Type)]) -> Result<Table, Failure> {
    let places: HashMap<Arc<str>, usize> =
        columns.iter().enumerate().map(|(place, (column, _))| (column.name.clone(), place)).collect();
    let rows: usize = chunks.iter().map(|chunk| chunk.rows).sum();
    let mut parts: Vec<Vec<(Option<Cells>, usize)>> =
        columns.iter().map(|_| Vec::with_capacity(chunks.len())).collect();
    for chunk in chunks {
        parts.iter_mut().for_each(|part| part.push((None, chunk.rows)));
        for (name, cells) in chunk.columns {
            if let Some((part, _)) = places.get(&name).and_then(|&place| parts[place].last_mut()) {
                *part = Some(cells);
            }
        }
    }
    let arrays = parts.into_par_iter().zip(columns).map(|(parts, (_, kind))| gather::array(parts, *kind)).collect();
    Table::with_rows(columns.iter().map(|(column, _)| column.clone()).collect(), arrays, rows)
}
