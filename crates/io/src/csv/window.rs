//! A part of the text in memory, with room around it.

use pipewright_world::Content;
use std::io;
use std::sync::Arc;

/// The records of a text, from the first one behind the header to the last byte that is no line end.
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

/// So many bytes around a part can be read, whatever they are, so that no reader of a few bytes has to look where the
/// part ends.
const ROOM: usize = 64;

/// A part of a body. At the end of the body stands a line end, whether the text has one or not.
#[derive(Debug, Default)]
pub(super) struct Window {
    bytes: Vec<u8>,
    /// The offset of its first byte.
    offset: u64,
    /// The position behind its last byte.
    end: usize,
    /// Does it reach the end of the body?
    complete: bool,
}

impl Window {
    /// Takes the bytes `from..to`.
    ///
    /// # Errors
    /// Those of the content.
    pub(super) fn load(&mut self, body: &Body, from: u64, to: u64) -> io::Result<()> {
        self.offset = from;
        self.end = ROOM;
        self.complete = false;
        self.extend(body, to)
    }

    /// Takes at least so many more bytes; says whether there were any.
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

    /// All bytes, with the room around them.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// All bytes up to the end of the text in it.
    pub(super) fn known(&self) -> &[u8] {
        &self.bytes[..self.end]
    }

    pub(super) fn text(&self, start: usize, end: usize) -> &[u8] {
        &self.bytes[start..end]
    }

    /// The position behind the last byte of the text.
    pub(super) fn end(&self) -> usize {
        self.end
    }

    /// The offset in the content of a position here.
    pub(super) fn offset_of(&self, position: usize) -> u64 {
        self.offset + (position - ROOM) as u64
    }

    /// The position here of an offset in the content, or the end, if it is behind that.
    pub(super) fn position_of(&self, offset: u64) -> usize {
        let position = usize::try_from(offset.saturating_sub(self.offset)).unwrap_or(usize::MAX);
        position.saturating_add(ROOM).min(self.end)
    }
}
