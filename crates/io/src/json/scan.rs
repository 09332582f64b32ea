//! JSON lines, chunk by chunk.

use super::read::{Source, scanned_bytes, table};
use crate::ReadOptions;
use crate::gather::Start;
use crate::infer::Type;
use crate::source::{Rejected, Scan, unreadable};
use pipewright_diagnostic::{Failure, code};
use pipewright_table::{Chunks, Column, Origin, Schema, Table};
use pipewright_world::Content;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

/// A scanned JSON lines file.
pub(super) struct ScanLines {
    pub(super) content: Arc<dyn Content>,
    pub(super) options: ReadOptions,
    pub(super) ranges: Vec<Range<u64>>,
    pub(super) rows_before: Vec<usize>,
    pub(super) columns: Vec<(Column, Type)>,
    pub(super) starts: HashMap<Arc<str>, Start>,
    pub(super) notes: Vec<Failure>,
    pub(super) rejected: Vec<Rejected>,
    pub(super) rows: usize,
    pub(super) origin: Arc<Origin>,
}

impl Chunks for ScanLines {
    fn schema(&self) -> Schema {
        Schema::new(self.columns.iter().map(|(column, _)| column.clone()))
    }

    fn count(&self) -> usize {
        self.ranges.len()
    }

    fn chunk(&self, index: usize) -> Result<Table, Failure> {
        let chunk_bytes = scanned_bytes(&self.options);
        let source = Source { content: &self.content, options: &self.options, chunk_bytes, partial: false };
        let chunk = source.lines(&self.ranges[index], &|name| *self.starts.get(name).unwrap_or(&Start::Skip))?.chunk;
        let next = self.rows_before.get(index + 1).copied().unwrap_or(self.rows);
        if chunk.rows != next - self.rows_before[index] {
            let message = format!("`{}` has changed since it was first read", self.options.name.escape_debug());
            return Err(Failure::new(code::CANNOT_READ, message));
        }
        self.content.unchanged().map_err(|error| unreadable(&error, &self.options))?;
        Ok(table(vec![chunk], &self.columns)?.with_origin(Some(self.origin.clone())))
    }

    fn rows_before(&self, index: usize) -> Option<usize> {
        Some(self.rows_before[index])
    }
}

impl Scan for ScanLines {
    fn rows(&self) -> usize {
        self.rows
    }

    fn notes(&self) -> &[Failure] {
        &self.notes
    }

    fn rejected(&self) -> &[Rejected] {
        &self.rejected
    }

    fn origin(&self) -> Option<&Arc<Origin>> {
        Some(&self.origin)
    }
}
