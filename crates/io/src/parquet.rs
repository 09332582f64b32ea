//! Parquet files.
//!
//! Decoding is done by the `parquet` crate. Before that, the footer and the page headers are validated ([`thrift`],
//! [`pages`]): what they claim is bounded, and what would abort or hang the decoder is rejected. Panics are treated as
//! damaged files. The output is converted by [`crate::arrow`].

mod decode;
mod input;
mod open;
mod pages;
mod prune;
mod thrift;
mod write;

use crate::arrow::width;
use crate::source::{Reader, Reading, Scan, Sketch, guarded};
use crate::{ReadOptions, Rejected};
use arrow_schema::DataType;
use decode::Piece;
use open::Opened;
use parquet::basic::Type as Physical;
use pipewright_diagnostic::{Failure, code};
use pipewright_table::{Chunks, Origin, Schema, Table};
use pipewright_world::Content;
use rayon::prelude::*;
use std::sync::Arc;

pub(crate) use write::writer;

/// The Parquet reader.
pub(crate) struct ParquetReader;

impl Reader for ParquetReader {
    fn sketch(&self, content: &Arc<dyn Content>, truncated: bool, options: &ReadOptions) -> Result<Sketch, Failure> {
        if truncated {
            let message = "the metadata of a Parquet file is at its end: a compressed one must be read as a whole";
            return Err(Failure::new(code::UNKNOWN_FORMAT, message)
                .file(&options.name)
                .help("Parquet is compressed internally: decompress the file"));
        }
        let opened = open::open(content, options)?;
        Ok(Sketch {
            schema: opened.schema(),
            certain: !opened.layout.sources.iter().any(|source| source.is_open() && source.column.kind.is_numeric()),
            rows_seen: opened.rows,
            memory_bytes: opened.memory_bytes(&opened.groups),
            notes: opened.layout.notes,
            whole: None,
        })
    }

    fn read(&self, content: &Arc<dyn Content>, options: &ReadOptions) -> Result<Reading, Failure> {
        let mut opened = open::open(content, options)?;
        let (table, more) = opened.table(options)?;
        let mut notes = std::mem::take(&mut opened.layout.notes);
        notes.extend(more);
        Ok(Reading { table: table.with_origin(Some(opened.origin(options))), notes, rejected: Vec::new() })
    }

    fn scan(&self, content: &Arc<dyn Content>, options: &ReadOptions) -> Result<Arc<dyn Scan>, Failure> {
        let mut opened = open::open(content, options)?;
        let pieces = opened.pieces(options);
        let mut notes = std::mem::take(&mut opened.layout.notes);
        for column in 0..opened.layout.sources.len() {
            if opened.layout.sources[column].is_open() {
                let fit = pieces.par_iter().map(|piece| opened.fits(column, piece, options));
                let fit = fit.try_reduce(|| true, |left, right| Ok(left && right))?;
                notes.extend(opened.layout.sources[column].settle(fit, options));
            }
        }
        let origin = opened.origin(options);
        Ok(Arc::new(ParquetScan { opened, pieces, notes, origin, options: options.clone() }))
    }
}

/// Approximate maximum memory of a chunk of a scan, as a multiple of the size of a chunk of text: every chunk decodes
/// the pages before it in its row group.
const CHUNK_TEXTS: u64 = 32;

impl Opened {
    fn schema(&self) -> Schema {
        Schema::new(self.layout.sources.iter().map(|source| source.column.clone()))
    }

    fn origin(&self, options: &ReadOptions) -> Arc<Origin> {
        let metadata = self.metadata.metadata();
        let mut facts = vec![("format", "Parquet".to_string())];
        facts.extend(metadata.file_metadata().created_by().map(|by| ("written by", by.to_string())));
        let (all, needed) = (metadata.num_row_groups(), self.groups.len());
        facts.push(("row groups", if needed < all { format!("{needed} of {all}") } else { all.to_string() }));
        Arc::new(Origin { file: options.name.clone(), facts })
    }

    /// Returns the approximate memory of some row groups.
    fn memory_bytes(&self, groups: &[usize]) -> u64 {
        let of_group = |&group: &usize| {
            let (rows, group) = (self.rows_of(group) as u64, self.group(group));
            let of_column = |(source, mut leaves): (&crate::arrow::Source, std::ops::Range<usize>)| match source.stored
            {
                DataType::Boolean => rows / 8,
                _ if leaves.len() == 1 && group.column(leaves.start).column_type() != Physical::BYTE_ARRAY => {
                    rows.saturating_mul(width(&source.stored))
                }
                _ => leaves.by_ref().fold(rows.saturating_mul(4), |bytes, leaf| {
                    let column = group.column(leaf);
                    let text = column.unencoded_byte_array_data_bytes().unwrap_or(column.uncompressed_size());
                    bytes.saturating_add(u64::try_from(text).unwrap_or(0))
                }),
            };
            self.columns().map(of_column).fold(0, u64::saturating_add)
        };
        groups.iter().map(of_group).fold(0, u64::saturating_add)
    }

    /// Returns the chunks of a scan: row groups, and parts of large ones.
    fn pieces(&self, options: &ReadOptions) -> Vec<Piece> {
        let (mut pieces, mut before) = (Vec::new(), 0);
        let chunk_bytes = options.limits.chunk_bytes * CHUNK_TEXTS;
        for &group in &self.groups {
            let rows = self.rows_of(group);
            let parts = self.memory_bytes(&[group]).div_ceil(chunk_bytes).clamp(1, rows.max(1) as u64) as usize;
            let length = rows.div_ceil(parts).max(1);
            for start in (0..rows).step_by(length) {
                let part = start..rows.min(start + length);
                let piece = Piece { groups: vec![group], rows: part.len(), before, part: Some(part) };
                before += piece.rows;
                pieces.push(if parts == 1 { Piece { part: None, ..piece } } else { piece });
            }
        }
        pieces
    }
}

/// A Parquet file with known types.
struct ParquetScan {
    opened: Opened,
    pieces: Vec<Piece>,
    notes: Vec<Failure>,
    origin: Arc<Origin>,
    options: ReadOptions,
}

impl Chunks for ParquetScan {
    fn schema(&self) -> Schema {
        self.opened.schema()
    }

    fn count(&self) -> usize {
        self.pieces.len()
    }

    fn chunk(&self, index: usize) -> Result<Table, Failure> {
        let table = guarded(&self.options, || self.opened.piece(&self.pieces[index], &self.options))?;
        self.opened.input.0.unchanged().map_err(|error| crate::source::unreadable(&error, &self.options))?;
        Ok(table.with_origin(Some(self.origin.clone())))
    }

    fn rows_before(&self, index: usize) -> Option<usize> {
        self.pieces.get(index).map(|piece| piece.before)
    }
}

impl Scan for ParquetScan {
    fn rows(&self) -> usize {
        self.opened.rows
    }

    fn notes(&self) -> &[Failure] {
        &self.notes
    }

    fn rejected(&self) -> &[Rejected] {
        &[]
    }

    fn origin(&self) -> Option<&Arc<Origin>> {
        Some(&self.origin)
    }
}

#[cfg(test)]
mod tests;
