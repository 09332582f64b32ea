//! Writing Arrow IPC: the file format (Feather 2), its buffers compressed with LZ4.
//!
//! Compression takes most of the time, and arrow's own file writer compresses on one thread. So batches are encoded in
//! parallel, and written in their order while the next ones are encoded; the messages and the footer are those of the
//! [format](https://arrow.apache.org/docs/format/Columnar.html#ipc-file-format).

use crate::Writer;
use arrow_array::RecordBatch;
use arrow_ipc::writer::{
    DictionaryTracker, EncodedData, IpcDataGenerator, IpcWriteContext, IpcWriteOptions, write_message,
};
use arrow_ipc::{Block, CompressionType, FooterBuilder, MetadataVersion, convert};
use arrow_schema::{ArrowError, SchemaRef};
use flatbuffers::FlatBufferBuilder;
use pipewright_table::{Column, Schema, Table, in_parallel};
use std::io::{self, Write};
use std::sync::Arc;

/// Maximum number of rows per batch.
const BATCH_ROWS: usize = 1 << 17;
/// The first and the last bytes of a file.
const MAGIC: &[u8] = b"ARROW1";
/// Messages start at multiples of this many bytes, so that mapped files have aligned buffers.
const ALIGNMENT: usize = 64;
/// The mark after the last message: a continuation, and a length of 0.
const END: [u8; 8] = [0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0];

/// Starts a file.
pub(crate) fn writer<'a>(schema: &Schema, out: &'a mut dyn Write) -> io::Result<Box<dyn Writer + 'a>> {
    let empty = Table::empty(schema).map_err(io::Error::other)?;
    let options = options().map_err(failed)?;
    let (fields, columns) = (empty.to_batch().schema(), empty.columns().into());
    let mut writer = IpcWriter { out, options, fields, columns, written: 0, blocks: Vec::new() };
    writer.start()?;
    Ok(Box::new(writer))
}

fn options() -> Result<IpcWriteOptions, ArrowError> {
    IpcWriteOptions::try_new(ALIGNMENT, false, MetadataVersion::V5)?
        .try_with_compression(Some(CompressionType::LZ4_FRAME))
}

struct IpcWriter<'a> {
    out: &'a mut dyn Write,
    options: IpcWriteOptions,
    fields: SchemaRef,
    columns: Arc<[Column]>,
    /// The number of bytes written.
    written: usize,
    /// The places of the batches in the file.
    blocks: Vec<Block>,
}

impl IpcWriter<'_> {
    fn start(&mut self) -> io::Result<()> {
        let mut padded = [0; ALIGNMENT];
        padded[..MAGIC.len()].copy_from_slice(MAGIC);
        self.out.write_all(&padded)?;
        self.written = ALIGNMENT;
        let mut dictionaries = DictionaryTracker::new(true);
        let message = IpcDataGenerator::default().schema_to_bytes_with_dictionary_tracker(
            &self.fields,
            &mut dictionaries,
            &self.options,
        );
        self.put(message).map(drop)
    }

    /// Writes a message, and returns its place.
    fn put(&mut self, message: EncodedData) -> io::Result<Block> {
        let start = self.written;
        let (head, body) = write_message(&mut *self.out, message, &self.options).map_err(failed)?;
        self.written += head + body;
        Ok(Block::new(start as i64, head as i32, body as i64))
    }

    fn put_batches(&mut self, messages: Vec<Result<EncodedData, ArrowError>>) -> io::Result<()> {
        for message in messages {
            let block = self.put(message.map_err(failed)?)?;
            self.blocks.push(block);
        }
        Ok(())
    }
}

/// Encodes batches in parallel.
fn encoded(batches: &[RecordBatch], options: &IpcWriteOptions) -> Vec<Result<EncodedData, ArrowError>> {
    in_parallel(batches.len(), |place| {
        let mut dictionaries = DictionaryTracker::new(true);
        let mut context = IpcWriteContext::default();
        let encoded = IpcDataGenerator::default().encode(&batches[place], &mut dictionaries, options, &mut context)?;
        // No column is stored as a dictionary.
        Ok(encoded.1)
    })
}

impl Writer for IpcWriter<'_> {
    fn write(&mut self, table: &Table) -> io::Result<()> {
        if table.columns() != &*self.columns {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "the rows have other columns than the file"));
        }
        let starts = (0..table.rows()).step_by(BATCH_ROWS);
        let slice = |start| table.slice(start, BATCH_ROWS.min(table.rows() - start)).to_batch();
        let batches: Vec<RecordBatch> = starts.map(slice).collect();
        let options = self.options.clone();
        let mut ready = Vec::new();
        for wave in batches.chunks(rayon::current_num_threads()) {
            let mut next = Vec::new();
            rayon::in_place_scope(|scope| {
                scope.spawn(|_| next = encoded(wave, &options));
                self.put_batches(std::mem::take(&mut ready))
            })?;
            ready = next;
        }
        self.put_batches(ready)
    }

    fn finish(self: Box<Self>) -> io::Result<()> {
        self.out.write_all(&END)?;
        let mut builder = FlatBufferBuilder::new();
        let dictionaries = builder.create_vector::<Block>(&[]);
        let batches = builder.create_vector(&self.blocks);
        let schema = convert::schema_to_fb_offset(&mut builder, &self.fields);
        let mut footer = FooterBuilder::new(&mut builder);
        footer.add_version(MetadataVersion::V5);
        footer.add_schema(schema);
        footer.add_dictionaries(dictionaries);
        footer.add_recordBatches(batches);
        let footer = footer.finish();
        builder.finish(footer, None);
        let footer = builder.finished_data();
        self.out.write_all(footer)?;
        self.out.write_all(&(footer.len() as i32).to_le_bytes())?;
        self.out.write_all(MAGIC)?;
        self.out.flush()
    }
}

fn failed(error: ArrowError) -> io::Error {
    match error {
        ArrowError::IoError(_, error) => error,
        other => io::Error::other(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_ipc::writer::FileWriter;
    use pipewright_table::testing::random_table;
    use pipewright_world::random::Key;

    #[test]
    fn files_are_those_of_arrows_own_writer() {
        let table = random_table(Key::new(4), 2 * BATCH_ROWS + 5);
        let mut expected =
            FileWriter::try_new_with_options(Vec::new(), &table.to_batch().schema(), options().unwrap()).unwrap();
        for (start, rows) in [(0, BATCH_ROWS), (BATCH_ROWS, BATCH_ROWS), (2 * BATCH_ROWS, 5)] {
            expected.write(&table.slice(start, rows).to_batch()).unwrap();
        }
        let expected = expected.into_inner().unwrap();
        for threads in [1, 3] {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let mut found = Vec::new();
            pool.install(|| {
                let mut writer = writer(&table.schema(), &mut found).unwrap();
                writer.write(&table).unwrap();
                writer.finish().unwrap();
            });
            assert!(found == expected, "{threads} threads");
        }
    }
}
