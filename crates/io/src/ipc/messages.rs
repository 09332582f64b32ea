//! The messages of an Arrow IPC file or stream: locations and validation.
//!
//! The decoder trusts lengths, so it is checked here that every message is in the file, every buffer in its message,
//! and no buffer claims to unpack to more than the block limit.

use crate::ReadOptions;
use crate::arrow::Allowance;
use crate::source::unreadable;
use arrow_buffer::{Buffer, MutableBuffer};
use arrow_ipc::convert::try_fb_to_schema;
use arrow_ipc::{
    Endianness, Message, MessageHeader, RecordBatch, Schema as IpcSchema, root_as_footer, root_as_message,
};
use arrow_schema::{ArrowError, Schema};
use pipewright_diagnostic::{Failure, code};
use pipewright_world::Content;
use std::sync::Arc;

const MAGIC: &[u8; 6] = b"ARROW1";
const MAGIC_OLD: &[u8; 4] = b"FEA1";
const CONTINUATION: [u8; 4] = [0xFF; 4];

/// An open file or stream.
pub(super) struct Messages {
    content: Arc<dyn Content>,
    pub(super) schema: Arc<Schema>,
    pub(super) dictionaries: Vec<Place>,
    pub(super) batches: Vec<Place>,
    /// Is it the file format, not a stream?
    pub(super) is_file: bool,
}

/// The location of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    start: u64,
    /// The size of the header with the lengths before it, and of the body.
    header: u64,
    body: u64,
    /// The number of dictionaries before it.
    pub(super) after: usize,
}

impl Place {
    /// Returns the size of the whole message.
    pub(super) fn bytes(&self) -> u64 {
        self.header.saturating_add(self.body)
    }
}

/// A message in memory.
pub(super) struct Loaded {
    bytes: Vec<u8>,
    pub(super) body: Buffer,
}

impl Messages {
    /// Finds all messages; in a `truncated` content, the whole ones.
    pub(super) fn find(
        content: &Arc<dyn Content>,
        truncated: bool,
        options: &ReadOptions,
    ) -> Result<Messages, Failure> {
        let start = content.start(8).map_err(|error| unreadable(&error, options))?;
        if start.starts_with(MAGIC_OLD) {
            let message = "the file is of the first version of Feather, which is not read";
            return Err(Failure::new(code::UNKNOWN_FORMAT, message)
                .file(&options.name)
                .help("write it again: `pyarrow.feather.write_feather(pyarrow.feather.read_table(…), …)`"));
        }
        let is_file = start.starts_with(MAGIC);
        let mut messages = Messages {
            content: content.clone(),
            schema: Arc::new(Schema::empty()),
            dictionaries: Vec::new(),
            batches: Vec::new(),
            is_file,
        };
        // The content between the magic bytes of the file format is a stream.
        if is_file && !truncated {
            messages.read_footer(options)?;
        } else {
            let start = if is_file { messages.padding(options)? } else { 0 };
            messages.walk(start, truncated, options)?;
        }
        Ok(messages)
    }

    fn bytes(&self, start: u64, length: u64, options: &ReadOptions) -> Result<Vec<u8>, Failure> {
        if start.checked_add(length).is_none_or(|end| end > self.content.size()) {
            return Err(damaged("a message lies outside the file", options));
        }
        let mut bytes = vec![0; length as usize];
        self.content.read_at(start, &mut bytes).map_err(|error| unreadable(&error, options))?;
        Ok(bytes)
    }

    fn read_footer(&mut self, options: &ReadOptions) -> Result<(), Failure> {
        let size = self.content.size();
        let cut = || damaged("the file does not end like an Arrow file: it was truncated", options);
        let tail = self.bytes(size.checked_sub(10).ok_or_else(cut)?, 10, options)?;
        let Some((length, magic)) = tail.split_first_chunk::<4>() else { return Err(cut()) };
        let length = u32::from_le_bytes(*length);
        if magic != MAGIC {
            return Err(cut());
        }
        let start = (size - 10).checked_sub(u64::from(length)).ok_or_else(cut)?;
        admit_header(u64::from(length), options)?;
        let bytes = self.bytes(start, u64::from(length), options)?;
        let footer = root_as_footer(&bytes).map_err(|error| damaged(&format!("its footer: {error}"), options))?;
        let schema = footer.schema().ok_or_else(|| damaged("it has no schema", options))?;
        self.schema = read_schema(schema, options)?;
        let place = |block: &arrow_ipc::Block, after: usize| {
            let fields = [block.offset(), i64::from(block.metaDataLength()), block.bodyLength()];
            let [Ok(start), Ok(header), Ok(body)] = fields.map(u64::try_from) else {
                return Err(damaged("a block of a negative length", options));
            };
            Ok(Place { start, header, body, after })
        };
        for (number, block) in footer.dictionaries().iter().flatten().enumerate() {
            self.dictionaries.push(place(block, number)?);
        }
        for block in footer.recordBatches().iter().flatten() {
            self.batches.push(place(block, self.dictionaries.len())?);
        }
        Ok(())
    }

    /// Returns the start of the first message of a file: writers align it differently.
    fn padding(&self, options: &ReadOptions) -> Result<u64, Failure> {
        let start = self.content.start(MAGIC.len() + 64).map_err(|error| unreadable(&error, options))?;
        let zeros = start[MAGIC.len()..].iter().take_while(|&&byte| byte == 0).count();
        Ok((MAGIC.len() + zeros) as u64 / 8 * 8)
    }

    /// Walks from message to message.
    fn walk(&mut self, mut start: u64, truncated: bool, options: &ReadOptions) -> Result<(), Failure> {
        let size = self.content.size();
        let mut known = false;
        while size - start >= 4 {
            let lengths = self.bytes(start, (size - start).min(8), options)?;
            let number = |at: usize| lengths.get(at..)?.first_chunk::<4>().map(|four| i32::from_le_bytes(*four));
            // Before version 0.15 there was no continuation marker.
            let prefix = if lengths.starts_with(&CONTINUATION) { 8 } else { 4 };
            let Some(length) = number(prefix as usize - 4) else { break };
            if length == 0 {
                break;
            }
            let length = u64::try_from(length).map_err(|_| damaged("a message of a negative length", options))?;
            if length > size - start - prefix {
                if truncated {
                    break;
                }
                return Err(damaged("it was truncated in a message", options));
            }
            admit_header(length, options)?;
            let header = self.bytes(start + prefix, length, options)?;
            let message = parse(&header, options)?;
            let body = u64::try_from(message.bodyLength()).map_err(|_| damaged("a negative length", options))?;
            let place = Place { start, header: prefix + length, body, after: self.dictionaries.len() };
            if body > size - start - place.header {
                if truncated {
                    break;
                }
                return Err(damaged("it was truncated in a message", options));
            }
            match message.header_type() {
                MessageHeader::Schema if !known => {
                    let schema = message.header_as_schema().ok_or_else(|| damaged("it has no schema", options))?;
                    self.schema = read_schema(schema, options)?;
                    known = true;
                }
                MessageHeader::DictionaryBatch if known => self.dictionaries.push(place),
                MessageHeader::RecordBatch if known => self.batches.push(place),
                other => return Err(damaged(&format!("an unexpected message: {other:?}"), options)),
            }
            start += place.header + body;
        }
        if known { Ok(()) } else { Err(damaged("it has no schema", options)) }
    }

    /// Loads only the header of a message.
    pub(super) fn header(&self, place: Place, options: &ReadOptions) -> Result<Loaded, Failure> {
        admit_header(place.header, options)?;
        Ok(Loaded { bytes: self.bytes(place.start, place.header, options)?, body: Buffer::from([]) })
    }

    /// A message with its body.
    pub(super) fn load(&self, place: Place, options: &ReadOptions) -> Result<Loaded, Failure> {
        let Loaded { bytes, .. } = self.header(place, options)?;
        let start = place.start + place.header;
        if start.checked_add(place.body).is_none_or(|end| end > self.content.size()) {
            return Err(damaged("a message lies outside the file", options));
        }
        // Aligned as the decoder requires, to avoid copying.
        let mut body = MutableBuffer::from_len_zeroed(place.body as usize);
        self.content.read_at(start, &mut body).map_err(|error| unreadable(&error, options))?;
        Ok(Loaded { bytes, body: body.into() })
    }

    /// Checks that the content is unchanged.
    pub(super) fn unchanged(&self, options: &ReadOptions) -> Result<(), Failure> {
        self.content.unchanged().map_err(|error| unreadable(&error, options))
    }
}

impl Loaded {
    pub(super) fn message(&self, options: &ReadOptions) -> Result<Message<'_>, Failure> {
        let prefix = if self.bytes.starts_with(&CONTINUATION) { 8 } else { 4 };
        parse(self.bytes.get(prefix..).unwrap_or_default(), options)
    }
}

fn parse<'a>(bytes: &'a [u8], options: &ReadOptions) -> Result<Message<'a>, Failure> {
    root_as_message(bytes).map_err(|error| damaged(&format!("a message: {error}"), options))
}

fn read_schema(schema: IpcSchema<'_>, options: &ReadOptions) -> Result<Arc<Schema>, Failure> {
    if schema.endianness() == Endianness::Big {
        let message = "the file is big-endian, which is not supported";
        return Err(Failure::new(code::UNKNOWN_FORMAT, message).file(&options.name));
    }
    Ok(Arc::new(try_fb_to_schema(schema).map_err(|error| failure(&error, options))?))
}

/// Headers and footers are read as a whole.
fn admit_header(bytes: u64, options: &ReadOptions) -> Result<(), Failure> {
    if bytes <= options.limits.record_bytes as u64 {
        return Ok(());
    }
    Err(Failure::new(code::LIMIT_REACHED, format!("a header of {bytes} bytes"))
        .file(&options.name)
        .help(format!("{} bytes are allowed; the limit `record_bytes` raises it", options.limits.record_bytes)))
}

/// Returns the number of rows of a batch after validating its claims; `body` is empty if only the header was read.
pub(super) fn check(
    batch: RecordBatch<'_>,
    body: &[u8],
    allowance: &Allowance,
    options: &ReadOptions,
) -> Result<usize, Failure> {
    let rows = u32::try_from(batch.length()).map_err(|_| damaged("a batch of impossibly many rows", options))?;
    if batch.nodes().iter().flatten().any(|node| node.length() < 0 || node.null_count() < 0) {
        return Err(damaged("a column of a negative length", options));
    }
    if body.is_empty() {
        return Ok(rows as usize);
    }
    let mut unpacked = 0_u64;
    for buffer in batch.buffers().iter().flatten() {
        let (start, length) = (usize::try_from(buffer.offset()), usize::try_from(buffer.length()));
        let bytes = start.ok().zip(length.ok()).and_then(|(start, length)| body.get(start..start.checked_add(length)?));
        let bytes = bytes.ok_or_else(|| damaged("a buffer lies outside its message", options))?;
        if batch.compression().is_some()
            && let Some(claimed) = bytes.first_chunk::<8>()
        {
            // -1 marks an uncompressed buffer.
            let claimed = i64::from_le_bytes(*claimed).max(0) as u64;
            allowance.admit_block(claimed, options)?;
            unpacked = unpacked.saturating_add(claimed);
        }
    }
    allowance.admit(unpacked, options)?;
    Ok(rows as usize)
}

/// Creates the failure for an error of the decoder.
pub(super) fn failure(error: &ArrowError, options: &ReadOptions) -> Failure {
    match error {
        ArrowError::NotYetImplemented(what) => {
            Failure::new(code::UNKNOWN_FORMAT, format!("the file uses an unsupported feature: {what}"))
                .file(&options.name)
        }
        other => damaged(&other.to_string(), options),
    }
}

pub(super) fn damaged(what: &str, options: &ReadOptions) -> Failure {
    Failure::new(code::BAD_FILE, format!("the file is damaged, or not an Arrow file: {what}")).file(&options.name)
}
