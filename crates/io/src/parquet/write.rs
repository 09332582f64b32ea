//! Writing of Parquet: one row group at a time, columns encoded in parallel.

use crate::Writer;
use arrow_schema::SchemaRef;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::{ArrowColumnWriter, ArrowRowGroupWriterFactory, ArrowWriterOptions, compute_leaves};
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::writer::SerializedFileWriter;
use pipewright_table::{Column, Schema, Table};
use rayon::prelude::*;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

/// Maximum number of rows per row group.
const GROUP_ROWS: usize = 1 << 20;

/// Size at which a row group ends.
const GROUP_BYTES: usize = 128 << 20;

/// Starts a file: fastest Zstandard, dictionaries, and statistics per column chunk.
pub(crate) fn writer<'a>(schema: &Schema, out: &'a mut dyn Write) -> io::Result<Box<dyn Writer + 'a>> {
    let empty = Table::empty(schema).map_err(io::Error::other)?;
    let fields = empty.to_batch().schema();
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .build();
    let options = ArrowWriterOptions::new().with_properties(properties);
    let sink = Sink::default();
    let writer = ArrowWriter::try_new_with_options(sink.clone(), fields.clone(), options).map_err(failed)?;
    let (file, groups) = writer.into_serialized_writer().map_err(failed)?;
    let columns = empty.columns().into();
    Ok(Box::new(ParquetWriter { out, sink, file, groups, fields, columns, open: Vec::new(), rows: 0 }))
}

struct ParquetWriter<'a> {
    out: &'a mut dyn Write,
    sink: Sink,
    file: SerializedFileWriter<Sink>,
    groups: ArrowRowGroupWriterFactory,
    fields: SchemaRef,
    columns: Arc<[Column]>,
    /// The columns of the current row group, and its rows.
    open: Vec<ArrowColumnWriter>,
    rows: usize,
}

impl Writer for ParquetWriter<'_> {
    fn write(&mut self, table: &Table) -> io::Result<()> {
        if table.columns() != &*self.columns {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "the rows have other columns than the file"));
        }
        let mut start = 0;
        while start < table.rows() {
            let count = (table.rows() - start).min(GROUP_ROWS - self.rows);
            self.add(&table.slice(start, count))?;
            start += count;
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> io::Result<()> {
        self.end_group()?;
        self.file.finish().map_err(failed)?;
        self.sink.drain(self.out)?;
        self.out.flush()
    }
}

impl ParquetWriter<'_> {
    fn add(&mut self, rows: &Table) -> io::Result<()> {
        if self.rows == 0 {
            let number = self.file.flushed_row_groups().len();
            self.open = self.groups.create_column_writers(number).map_err(failed)?;
        }
        let columns = self.fields.fields().par_iter().zip(rows.arrays()).zip(&mut self.open);
        columns
            .try_for_each(|((field, array), writer)| {
                compute_leaves(field, array)?.iter().try_for_each(|leaf| writer.write(leaf))
            })
            .map_err(failed)?;
        self.rows += rows.rows();
        let bytes: usize = self.open.iter().map(ArrowColumnWriter::get_estimated_total_bytes).sum();
        if self.rows == GROUP_ROWS || bytes >= GROUP_BYTES { self.end_group() } else { Ok(()) }
    }

    fn end_group(&mut self) -> io::Result<()> {
        if self.rows == 0 {
            return Ok(());
        }
        let columns = std::mem::take(&mut self.open).into_par_iter().map(ArrowColumnWriter::close);
        let columns = columns.collect::<Result<Vec<_>, _>>().map_err(failed)?;
        let mut group = self.file.next_row_group().map_err(failed)?;
        for column in columns {
            column.append_to_row_group(&mut group).map_err(failed)?;
        }
        group.close().map_err(failed)?;
        self.rows = 0;
        self.sink.drain(self.out)
    }
}

fn failed(error: ParquetError) -> io::Error {
    io::Error::other(error)
}

/// The sink of the encoder, which must be `Send`, unlike ours: the output is forwarded after every row group.
#[derive(Clone, Default)]
struct Sink(Arc<Mutex<Vec<u8>>>);

impl Sink {
    fn drain(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut bytes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        out.write_all(&bytes)?;
        bytes.clear();
        Ok(())
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
