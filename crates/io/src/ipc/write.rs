//! Writing Arrow IPC: the file format (Feather 2), its buffers compressed with LZ4.

use crate::Writer;
use arrow_ipc::CompressionType;
use arrow_ipc::writer::{FileWriter, IpcWriteOptions};
use arrow_schema::ArrowError;
use pipewright_table::{Column, Schema, Table};
use std::io::{self, Write};
use std::sync::Arc;

/// Maximum number of rows per batch.
const BATCH_ROWS: usize = 1 << 17;

/// Starts a file.
pub(crate) fn writer<'a>(schema: &Schema, out: &'a mut dyn Write) -> io::Result<Box<dyn Writer + 'a>> {
    let empty = Table::empty(schema).map_err(io::Error::other)?;
    let options = IpcWriteOptions::default().try_with_compression(Some(CompressionType::LZ4_FRAME)).map_err(failed)?;
    let fields = empty.to_batch().schema();
    let file = FileWriter::try_new_with_options(out, &fields, options).map_err(failed)?;
    Ok(Box::new(IpcWriter { file, columns: empty.columns().into() }))
}

struct IpcWriter<'a> {
    file: FileWriter<&'a mut dyn Write>,
    columns: Arc<[Column]>,
}

impl Writer for IpcWriter<'_> {
    fn write(&mut self, table: &Table) -> io::Result<()> {
        if table.columns() != &*self.columns {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "the rows have other columns than the file"));
        }
        for start in (0..table.rows()).step_by(BATCH_ROWS) {
            let rows = table.slice(start, BATCH_ROWS.min(table.rows() - start));
            self.file.write(&rows.to_batch()).map_err(failed)?;
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> io::Result<()> {
        self.file.finish().map_err(failed)?;
        self.file.get_mut().flush()
    }
}

fn failed(error: ArrowError) -> io::Error {
    match error {
        ArrowError::IoError(_, error) => error,
        other => io::Error::other(other),
    }
}
