//! A part of the text in memory, with padding.

use pipewright_world::Content;
use std::io;
use std::sync::Arc;

/// The records of a text, from the first one after the header to the last byte that is not a line end.
#[derive(Clone)]
pub(super) struct Body {
    pub(super) content: Arc<dyn Content>,
    pub(super) start: u64,
    pub(super) end: u64,
}

impl Body {
    pub(super) fn size(&self) -> u64 {
        self.end - self.start
    }
}

/// Padding around a part that may be read, so that loads of a few bytes need no bounds check.
const ROOM: usize = 64;

/// A part of a body. A line end is appended to the body if it has none.
#[derive(Debug, Default)]
pub(super) struct Window {
    bytes: Vec<u8>,
    /// The offset of its first byte.
    offset: u64,
    /// The position after its last byte.
    end: usize,
    /// Does it reach the end of the body?
    complete: bool,
}

impl Window {
    /// Loads the bytes `from..to`.
    ///
    /// # Errors
    /// Those of the content.
    pub(super) fn load(&mut self, body: &Body, from: u64, to: u64) -> io::Result<()> {
        self.offset = from;
        self.end = ROOM;
        self.complete = false;
        self.extend(body, to)
    }

    /// Loads at least `bytes` more; returns whether there were any.
    ///
    /// # Errors
    /// Those of the content.
    pub(super) fn grow(&mut self, body: &Body, bytes: usize) -> io::Result<bool> {
        if self.complete {
            return Ok(false);
        }
        let end = self.offset_of(self.end);
        self.extend(body, body.end.min(end + bytes as u64))?;
        Ok(true)
    }

    fn extend(&mut self, body: &Body, to: u64) -> io::Result<()> {
        let from = self.offset_of(self.end);
        let end = self.end + usize::try_from(to.saturating_sub(from)).map_err(|_| io::ErrorKind::OutOfMemory)?;
        if self.bytes.len() < end + 1 + ROOM {
            self.bytes.resize(end + 1 + ROOM, 0);
        }
        body.content.read_at(from, &mut self.bytes[self.end..end])?;
        self.end = end;
        self.complete = to >= body.end;
        if self.complete {
            self.bytes[end] = b'\n';
            self.end += 1;
        }
        Ok(())
    }

    /// Makes the padding after the end at least this long.
    pub(super) fn pad(&mut self, bytes: usize) {
        let length = self.end + 1 + ROOM + bytes;
        if self.bytes.len() < length {
            self.bytes.resize(length, 0);
        }
    }

    /// Returns all bytes, with the padding.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Returns all bytes up to the end of the text.
    pub(super) fn known(&self) -> &[u8] {
        &self.bytes[..self.end]
    }

    pub(super) fn text(&self, start: usize, end: usize) -> &[u8] {
        &self.bytes[start..end]
    }

    /// Returns the position after the last byte of the text.
    pub(super) fn end(&self) -> usize {
        self.end
    }

    /// Converts a position to an offset in the content.
    pub(super) fn offset_of(&self, position: usize) -> u64 {
        self.offset + (position - ROOM) as u64
    }

    /// Converts an offset in the content to a position, at most the end.
    pub(super) fn position_of(&self, offset: u64) -> usize {
        let position = usize::try_from(offset.saturating_sub(self.offset)).unwrap_or(usize::MAX);
        position.saturating_add(ROOM).min(self.end)
    }
}
