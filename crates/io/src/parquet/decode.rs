//! Decoding: one column of some row groups at a time, in as few pieces as its text allows.

use super::open::{Opened, failure};
use super::pages;
use crate::ReadOptions;
use crate::arrow::{Cells, Loss, Source};
use crate::source::guarded;
use arrow_array::{ArrayRef, new_empty_array};
use arrow_schema::ArrowError;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ParquetRecordBatchReaderBuilder, RowSelection, RowSelector};
use parquet::basic::{ConvertedType, Type as Physical};
use pipewright_diagnostic::{Failure, code};
use pipewright_table::Table;
use rayon::prelude::*;
use std::ops::Range;

/// A range of rows: whole row groups, or a part of one.
#[derive(Debug, Clone)]
pub(super) struct Piece {
    pub(super) groups: Vec<usize>,
    /// The rows of the only group, if not all are wanted.
    pub(super) part: Option<Range<usize>>,
    pub(super) rows: usize,
    /// The number of rows before it.
    pub(super) before: usize,
}

/// Approximate step size for decoding shared text that could be too large at once.
const STEP_BYTES: u64 = 64 << 20;

/// With fewer columns than this, each is split into runs of row groups, so that there is work for every thread.
const TASKS: usize = 16;

/// A decoded column, and what its conversion lost.
type Read = (ArrayRef, Option<Loss>);

impl Opened {
    /// Decodes all selected columns of the row groups, with notes.
    pub(super) fn table(&mut self, options: &ReadOptions) -> Result<(Table, Vec<Failure>), Failure> {
        let mut notes = Vec::new();
        let whole = Piece { groups: self.groups.clone(), part: None, rows: self.rows, before: 0 };
        let columns = self.layout.sources.len();
        // The largest columns first, so that none of them starts last.
        let mut order: Vec<usize> = (0..columns).collect();
        order.sort_by_key(|&column| std::cmp::Reverse(self.packed_bytes(column)));
        let opened = &*self;
        let work = |column: usize| (column, opened.column(column, &whole, options));
        let mut done: Vec<_> = order.into_par_iter().with_max_len(1).map(work).collect();
        done.sort_by_key(|(column, _)| *column);
        let mut arrays = Vec::with_capacity(columns);
        for (column, done) in done {
            let done = done?;
            let source = &mut self.layout.sources[column];
            notes.extend(source.settle(done.fit, options));
            notes.extend(done.lost.map(|lost| source.loss_note(lost, options)));
            arrays.push(done.array);
        }
        let columns = self.layout.sources.iter().map(|source| source.column.clone()).collect();
        Ok((Table::with_rows(columns, arrays, self.rows)?, notes))
    }

    /// Decodes some rows, with known types.
    pub(super) fn piece(&self, piece: &Piece, options: &ReadOptions) -> Result<Table, Failure> {
        let columns = (0..self.layout.sources.len()).into_par_iter().with_max_len(1);
        let arrays = columns.map(|column| {
            let source = &self.layout.sources[column];
            let parts = self.cells(column, piece, options)?;
            Ok(self.joined(source, &parts, piece, options)?.0)
        });
        let arrays = arrays.collect::<Result<Vec<ArrayRef>, Failure>>()?;
        let columns = self.layout.sources.iter().map(|source| source.column.clone()).collect();
        Table::with_rows(columns, arrays, piece.rows)
    }

    /// Do the values of some rows fit the default type of a column?
    pub(super) fn fits(&self, column: usize, piece: &Piece, options: &ReadOptions) -> Result<bool, Failure> {
        let parts = self.cells(column, piece, options)?;
        Ok(parts.iter().all(|cells| self.layout.sources[column].fits(cells)))
    }
}

/// A column of the whole table.
struct Done {
    array: ArrayRef,
    lost: Option<Loss>,
    /// Did the values fit the default type?
    fit: bool,
}

impl Opened {
    fn packed_bytes(&self, column: usize) -> i64 {
        let leaves = &self.leaves[column];
        let of_group = |&group: &usize| {
            let group = self.group(group);
            leaves.clone().map(|leaf| group.column(leaf).compressed_size()).fold(0, i64::saturating_add)
        };
        self.groups.iter().map(of_group).fold(0, i64::saturating_add)
    }

    fn column(&self, column: usize, whole: &Piece, options: &ReadOptions) -> Result<Done, Failure> {
        let runs = self.runs(whole);
        let parts: Vec<Vec<Cells>> = runs
            .par_iter()
            .with_max_len(1)
            .map(|run| self.cells(column, run, options))
            .collect::<Result<_, Failure>>()?;
        let parts: Vec<Cells> = parts.into_iter().flatten().collect();
        let mut source = self.layout.sources[column].clone();
        let fit = !source.is_open() || parts.iter().all(|cells| source.fits(cells));
        source.settle(fit, options);
        let (array, lost) = self.joined(&source, &parts, whole, options)?;
        Ok(Done { array, lost, fit })
    }

    /// Returns the runs of row groups decoded in parallel. Usually one: columns give enough parallelism, and a column
    /// decoded at once need not be concatenated.
    fn runs(&self, whole: &Piece) -> Vec<Piece> {
        let runs = TASKS.div_ceil(self.layout.sources.len().max(1)).clamp(1, whole.groups.len().max(1));
        let mut before = 0;
        let length = whole.groups.len().div_ceil(runs).max(1);
        let run = |groups: &[usize]| {
            let rows = groups.iter().map(|&group| self.rows_of(group)).sum();
            let run = Piece { groups: groups.to_vec(), part: None, rows, before };
            before += rows;
            run
        };
        whole.groups.chunks(length).map(run).collect()
    }

    /// Decodes the values of a column, in as many parts as needed.
    fn cells(&self, column: usize, piece: &Piece, options: &ReadOptions) -> Result<Vec<Cells>, Failure> {
        let source = &self.layout.sources[column];
        let name = &*source.column.name;
        let located = |failure: Failure| match failure.place.column {
            Some(_) => failure,
            None => failure.column(name),
        };
        let step = self.step(column, piece, options)?;
        let decode = |piece: &Piece| guarded(options, || self.decode(column, piece, step, options)).map_err(located);
        let failed = match decode(piece) {
            Err(failed) if failed.code == code::BAD_FILE => failed,
            other => return other,
        };
        let alone = |&group: &usize| Piece { groups: vec![group], part: None, rows: self.rows_of(group), before: 0 };
        let culprit = match &piece.groups[..] {
            [only] => Some(only),
            groups => groups.iter().find(|group| decode(&alone(group)).is_err()),
        };
        let place = culprit.map(|group| format!(" (row group {group})")).unwrap_or_default();
        Err(Failure { message: failed.message.clone() + &place, ..failed })
    }

    /// Returns how many rows are decoded at once: all, unless shared text could be too large.
    fn step(&self, column: usize, piece: &Piece, options: &ReadOptions) -> Result<usize, Failure> {
        let (mut bytes, mut text, mut longest) = (0_u64, 0_u64, 0_u64);
        for &group in &piece.groups {
            for leaf in self.leaves[column].clone() {
                let chunk = self.group(group).column(leaf);
                let claims = guarded(options, || pages::inspect(&self.input, chunk, &self.allowance, options))?;
                bytes = bytes.saturating_add(claims.bytes);
                if chunk.column_type() == Physical::BYTE_ARRAY {
                    let (most, one) = claims.text(&self.input, chunk, STEP_BYTES);
                    text = text.saturating_add(most);
                    longest = longest.max(one);
                }
            }
        }
        self.allowance.admit(bytes, options)?;
        // The decoder counts the bytes of a batch in 32 bits.
        let enough = self.allowance.bytes.min(i32::MAX as u64);
        if text <= enough {
            return Ok(piece.rows.max(1));
        }
        Ok(usize::try_from(STEP_BYTES / longest.max(1)).unwrap_or(1).clamp(1, piece.rows.max(1)))
    }

    fn decode(&self, column: usize, piece: &Piece, step: usize, options: &ReadOptions) -> Result<Vec<Cells>, Failure> {
        let mask = ProjectionMask::leaves(self.metadata.parquet_schema(), self.leaves[column].clone());
        let mut builder = ParquetRecordBatchReaderBuilder::new_with_metadata(self.input.clone(), self.metadata.clone())
            .with_row_groups(piece.groups.clone())
            .with_projection(mask)
            .with_batch_size(step);
        if let Some(part) = &piece.part {
            let rows = vec![RowSelector::skip(part.start), RowSelector::select(part.len())];
            builder = builder.with_row_selection(RowSelection::from(rows));
        }
        let reader = builder.build().map_err(|error| failure(&error, options))?;
        // Only this column is read: every enclosing struct has one field.
        let path = vec![0; self.layout.sources[column].path.len()];
        let (mut parts, mut rows, mut text) = (Vec::new(), 0, 0_u64);
        for batch in reader {
            let batch = batch.map_err(|error| self.unreadable(column, error, options))?;
            let cells = Cells::of(batch.columns(), &path).ok_or_else(|| mismatch(options))?;
            rows += cells.rows();
            text = text.saturating_add(cells.text_bytes());
            self.allowance.admit(text, options)?;
            parts.push(if self.is_unchecked(column) { cells.checked(options)? } else { cells });
        }
        if rows != piece.rows {
            let message = format!("a column has {rows} values, the table {} rows", piece.rows);
            return Err(Failure::new(code::BAD_FILE, message).file(&options.name));
        }
        Ok(parts)
    }

    /// The decoder validates UTF-8 only if the older of the two annotations marks the column as text.
    fn is_unchecked(&self, column: usize) -> bool {
        let schema = self.metadata.parquet_schema();
        self.leaves[column].clone().any(|leaf| {
            let leaf = schema.column(leaf);
            leaf.physical_type() == Physical::BYTE_ARRAY && leaf.converted_type() != ConvertedType::UTF8
        })
    }

    fn unreadable(&self, column: usize, error: ArrowError, options: &ReadOptions) -> Failure {
        let text = error.to_string();
        if text.contains("index overflow decoding byte array") {
            let name = &self.layout.sources[column].column.name;
            let message = format!("`{name}` holds more than 2 GiB of text in one row group, but its pages claim less");
            return Failure::new(code::LIMIT_REACHED, message).file(&options.name).column(&**name);
        }
        match error {
            ArrowError::ParquetError(text) if text.starts_with("NYI") => {
                Failure::new(code::UNKNOWN_FORMAT, format!("the file uses an unsupported feature: {text}"))
            }
            _ => Failure::new(code::BAD_FILE, format!("the file is damaged: {text}")),
        }
        .file(&options.name)
    }

    /// Converts and concatenates the parts of a column.
    fn joined(&self, source: &Source, parts: &[Cells], piece: &Piece, options: &ReadOptions) -> Result<Read, Failure> {
        let (mut row, mut lost) = (piece.before, None);
        let mut arrays = Vec::with_capacity(parts.len());
        for cells in parts {
            let converted = source.convert(cells, row, &self.allowance, options)?;
            row += cells.rows();
            lost = lost.or(converted.lost);
            arrays.push(converted.array);
        }
        let array = match arrays.len() {
            0 => new_empty_array(&source.column.kind.storage()),
            _ => pipewright_table::rows::joined(&arrays).expect("there is an array"),
        };
        Ok((array, lost))
    }
}

fn mismatch(options: &ReadOptions) -> Failure {
    Failure::new(code::BAD_FILE, "the type of a column differs from the schema").file(&options.name)
}
