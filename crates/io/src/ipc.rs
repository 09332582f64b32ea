//! Arrow IPC files: the file format (Feather 2), and the stream format.
//!
//! Decoding is done by the `arrow` crates. What messages claim is validated first ([`messages`]), panics are treated as
//! damaged files, and the output is converted by [`crate::arrow`].

mod decode;
mod messages;
mod write;

use crate::source::{Reader, Reading, Scan, Sketch};
use crate::{ReadOptions, Rejected};
use decode::Opened;
use pipewright_diagnostic::Failure;
use pipewright_table::{Chunks, Origin, Schema, Table};
use pipewright_world::Content;
use std::sync::Arc;

pub(crate) use write::writer;

/// The Arrow IPC reader.
pub(crate) struct IpcReader;

impl Reader for IpcReader {
    fn sketch(&self, content: &Arc<dyn Content>, truncated: bool, options: &ReadOptions) -> Result<Sketch, Failure> {
        let opened = decode::open(content, truncated, options)?;
        let open = opened.layout.sources.iter().any(|source| source.is_open() && source.column.kind.is_numeric());
        Ok(Sketch {
            schema: opened.schema(),
            certain: !open,
            rows_seen: opened.all_rows(),
            memory_bytes: opened.memory_bytes().max(content.size()),
            notes: opened.layout.notes,
            whole: None,
        })
    }

    fn read(&self, content: &Arc<dyn Content>, options: &ReadOptions) -> Result<Reading, Failure> {
        let mut opened = decode::open(content, false, options)?;
        let mut notes = std::mem::take(&mut opened.layout.notes);
        notes.extend(opened.settle(options)?);
        let (table, more) = opened.table(options)?;
        notes.extend(more);
        Ok(Reading { table: table.with_origin(Some(origin(&opened, options))), notes, rejected: Vec::new() })
    }

    fn scan(&self, content: &Arc<dyn Content>, options: &ReadOptions) -> Result<Arc<dyn Scan>, Failure> {
        let mut opened = decode::open(content, false, options)?;
        let mut notes = std::mem::take(&mut opened.layout.notes);
        notes.extend(opened.settle(options)?);
        let origin = origin(&opened, options);
        Ok(Arc::new(IpcScan { opened, notes, origin, options: options.clone() }))
    }
}

fn origin(opened: &Opened, options: &ReadOptions) -> Arc<Origin> {
    let format = if opened.messages.is_file { "Arrow IPC" } else { "Arrow IPC, a stream" };
    let facts = vec![("format", format.to_string()), ("batches", opened.rows.len().to_string())];
    Arc::new(Origin { file: options.name.clone(), facts })
}

/// An Arrow IPC file with known types; its chunks are its batches.
struct IpcScan {
    opened: Opened,
    notes: Vec<Failure>,
    origin: Arc<Origin>,
    options: ReadOptions,
}

impl Chunks for IpcScan {
    fn schema(&self) -> Schema {
        self.opened.schema()
    }

    fn count(&self) -> usize {
        self.opened.rows.len()
    }

    fn chunk(&self, index: usize) -> Result<Table, Failure> {
        let table = self.opened.chunk(index, &self.options)?;
        self.opened.messages.unchanged(&self.options)?;
        Ok(table.with_origin(Some(self.origin.clone())))
    }

    fn rows_before(&self, index: usize) -> Option<usize> {
        self.opened.before.get(index).copied()
    }
}

impl Scan for IpcScan {
    fn rows(&self) -> usize {
        self.opened.all_rows()
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
