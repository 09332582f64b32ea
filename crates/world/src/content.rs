//! The bytes of something that is open.

use std::io;

/// Bytes of a known number, readable at any place and by many threads at once.
///
/// ```
/// use pipewright_world::Content;
/// let content: Vec<u8> = b"abcdef".to_vec();
/// let mut middle = [0; 2];
/// content.read_at(2, &mut middle).unwrap();
/// assert_eq!(&middle, b"cd");
/// ```
pub trait Content: Send + Sync {
    /// The number of bytes.
    fn size(&self) -> u64;

    /// Fills `out` with the bytes from `offset` on.
    ///
    /// # Errors
    /// As the system says; [`io::ErrorKind::UnexpectedEof`] where there are not that many.
    fn read_at(&self, offset: u64, out: &mut [u8]) -> io::Result<()>;

    /// Is it still what it was when it was opened?
    ///
    /// # Errors
    /// It has changed.
    fn unchanged(&self) -> io::Result<()> {
        Ok(())
    }

    /// All bytes, if they are in memory.
    fn as_slice(&self) -> Option<&[u8]> {
        None
    }

    /// The first bytes, `limit_bytes` at most.
    ///
    /// # Errors
    /// As [`Content::read_at`].
    fn start(&self, limit_bytes: usize) -> io::Result<Vec<u8>> {
        let size = usize::try_from(self.size()).unwrap_or(usize::MAX);
        let mut bytes = vec![0; size.min(limit_bytes)];
        self.read_at(0, &mut bytes)?;
        Ok(bytes)
    }
}

impl Content for Vec<u8> {
    fn size(&self) -> u64 {
        self.len() as u64
    }

    fn read_at(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        (&self[..]).read_at(offset, out)
    }

    fn as_slice(&self) -> Option<&[u8]> {
        Some(self)
    }
}

impl Content for &[u8] {
    fn size(&self) -> u64 {
        self.len() as u64
    }

    fn read_at(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let part = usize::try_from(offset).ok().and_then(|start| self.get(start..start.checked_add(out.len())?));
        out.copy_from_slice(part.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn as_slice(&self) -> Option<&[u8]> {
        Some(self)
    }
}
