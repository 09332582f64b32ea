//! Bounds-checked access to the bytes of a Parquet file.

use bytes::Bytes;
use parquet::errors::{ParquetError, Result};
use parquet::file::reader::{ChunkReader, Length};
use pipewright_world::Content;
use std::io::{self, Read};
use std::sync::Arc;

/// An open file.
#[derive(Clone)]
pub(super) struct Input(pub(super) Arc<dyn Content>);

impl Input {
    /// Reads a range of bytes, all or none.
    pub(super) fn bytes(&self, start: u64, length: u64) -> io::Result<Vec<u8>> {
        if start.checked_add(length).is_none_or(|end| end > self.0.size()) {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let mut bytes = vec![0; usize::try_from(length).map_err(|_| io::ErrorKind::OutOfMemory)?];
        self.0.read_at(start, &mut bytes)?;
        Ok(bytes)
    }
}

impl Length for Input {
    fn len(&self) -> u64 {
        self.0.size()
    }
}

impl ChunkReader for Input {
    type T = Window;

    fn get_read(&self, start: u64) -> Result<Window> {
        Ok(Window { input: self.clone(), next: start, bytes: Vec::new(), position: 0 })
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes> {
        let short = || ParquetError::EOF(format!("{length} bytes from {start} on are not there"));
        if self.0.as_slice().is_some() {
            let end = usize::try_from(start).ok().and_then(|start| start.checked_add(length)).ok_or_else(short)?;
            let all = Bytes::from_owner(Held(self.0.clone()));
            return if end <= all.len() { Ok(all.slice(start as usize..end)) } else { Err(short()) };
        }
        let bytes = self.bytes(start, length as u64).map_err(|error| ParquetError::External(Box::new(error)))?;
        Ok(bytes.into())
    }
}

/// A content in memory, shared without copying.
struct Held(Arc<dyn Content>);

impl AsRef<[u8]> for Held {
    fn as_ref(&self) -> &[u8] {
        self.0.as_slice().unwrap_or_default()
    }
}

/// Buffered sequential reading, for page headers.
pub(super) struct Window {
    input: Input,
    next: u64,
    bytes: Vec<u8>,
    position: usize,
}

const WINDOW_BYTES: u64 = 512;

impl Read for Window {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.position == self.bytes.len() {
            let rest = self.input.0.size().saturating_sub(self.next);
            self.bytes = self.input.bytes(self.next, rest.min(WINDOW_BYTES))?;
            self.next += self.bytes.len() as u64;
            self.position = 0;
        }
        let count = out.len().min(self.bytes.len() - self.position);
        out[..count].copy_from_slice(&self.bytes[self.position..self.position + count]);
        self.position += count;
        Ok(count)
    }
}
