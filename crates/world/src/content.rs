//! Random-access contents of open files.

use std::fmt;
use std::io;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// A content of known size, with concurrent random access.
///
/// ```
/// use pipewright_world::Content;
/// let content: Vec<u8> = b"abcdef".to_vec();
/// let mut middle = [0; 2];
/// content.read_at(2, &mut middle).unwrap();
/// assert_eq!(&middle, b"cd");
/// ```
pub trait Content: Send + Sync {
    /// Returns the size in bytes.
    fn size(&self) -> u64;

    /// Fills `out` with the bytes from `offset`.
    ///
    /// # Errors
    /// Any I/O error; [`io::ErrorKind::UnexpectedEof`] if the range is out of bounds.
    fn read_at(&self, offset: u64, out: &mut [u8]) -> io::Result<()>;

    /// Checks that the content is unchanged since it was opened.
    ///
    /// # Errors
    /// If it has changed.
    fn unchanged(&self) -> io::Result<()> {
        Ok(())
    }

    /// Returns when the content was last modified before it was opened, counted from 1970, if it is a file.
    fn modified(&self) -> Option<Duration> {
        None
    }

    /// Returns all bytes, if they are in memory.
    fn as_slice(&self) -> Option<&[u8]> {
        None
    }

    /// Returns the first bytes, at most `limit_bytes`.
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

impl fmt::Debug for dyn Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("dyn Content")
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

/// A content with a cached head. Readers examine the head of a file several times: for the compression, the format, the
/// delimiter, the column types. A small file consists only of its head, so it is read once.
///
/// ```
/// use pipewright_world::{Content, Headed};
/// use std::sync::Arc;
/// let content = Headed::new(Arc::new(b"abcdef".to_vec()));
/// assert_eq!(content.start(3).unwrap(), b"abc");
/// assert_eq!(content.as_slice(), Some(&b"abcdef"[..]));
/// ```
pub struct Headed {
    content: Arc<dyn Content>,
    head: OnceLock<Vec<u8>>,
}

impl std::fmt::Debug for Headed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Headed").field("size", &self.content.size()).finish_non_exhaustive()
    }
}

impl Headed {
    /// Size of the cached head in bytes.
    pub const HEAD_BYTES: usize = 1 << 20;

    /// Wraps a content; nothing is read yet.
    #[must_use]
    pub fn new(content: Arc<dyn Content>) -> Headed {
        Headed { content, head: OnceLock::new() }
    }

    fn head(&self) -> io::Result<&[u8]> {
        if let Some(head) = self.head.get() {
            return Ok(head);
        }
        let head = self.content.start(Headed::HEAD_BYTES)?;
        Ok(self.head.get_or_init(|| head))
    }
}

impl Content for Headed {
    fn size(&self) -> u64 {
        self.content.size()
    }

    fn read_at(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let Some(offset) = usize::try_from(offset).ok().filter(|&offset| offset < Headed::HEAD_BYTES) else {
            return self.content.read_at(offset, out);
        };
        let known = self.head()?.get(offset..).unwrap_or_default();
        let (from_head, rest) = out.split_at_mut(known.len().min(out.len()));
        from_head.copy_from_slice(&known[..from_head.len()]);
        if rest.is_empty() { Ok(()) } else { self.content.read_at((offset + from_head.len()) as u64, rest) }
    }

    fn unchanged(&self) -> io::Result<()> {
        self.content.unchanged()
    }

    fn modified(&self) -> Option<Duration> {
        self.content.modified()
    }

    fn as_slice(&self) -> Option<&[u8]> {
        if self.content.size() <= Headed::HEAD_BYTES as u64 && self.content.as_slice().is_none() {
            // The error occurs again when the bytes are read, and is reported there.
            return self.head().ok();
        }
        self.content.as_slice()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    /// Bytes on a disk, counting the reads.
    struct Disk(Vec<u8>, AtomicUsize);

    impl Content for Disk {
        fn size(&self) -> u64 {
            self.0.len() as u64
        }

        fn read_at(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
            self.1.fetch_add(1, Ordering::Relaxed);
            self.0.read_at(offset, out)
        }
    }

    #[test]
    fn the_head_is_read_once_and_the_rest_as_often_as_it_is_asked_for() {
        let size = Headed::HEAD_BYTES + 100;
        let bytes: Vec<u8> = (0..size).map(|place| (place % 251) as u8).collect();
        let disk = Arc::new(Disk(bytes.clone(), AtomicUsize::new(0)));
        let headed = Headed::new(disk.clone());
        let reads = |offset: usize, length: usize| {
            let mut out = vec![0; length];
            headed.read_at(offset as u64, &mut out).unwrap();
            assert_eq!(out, &bytes[offset..offset + length]);
            disk.1.load(Ordering::Relaxed)
        };
        assert_eq!((reads(0, 16), reads(5, 1000), reads(0, Headed::HEAD_BYTES)), (1, 1, 1));
        assert_eq!((reads(Headed::HEAD_BYTES - 5, 10), reads(Headed::HEAD_BYTES, 100)), (2, 3));
        assert_eq!(headed.as_slice(), None);
        assert!(headed.read_at(size as u64 - 1, &mut [0; 2]).is_err());
        assert!(headed.read_at(size as u64 + 7, &mut [0; 2]).is_err());
    }

    #[test]
    fn a_small_file_is_read_once() {
        let disk = Arc::new(Disk(b"a,b\n1,2\n".to_vec(), AtomicUsize::new(0)));
        let headed = Headed::new(disk.clone());
        assert_eq!(headed.as_slice(), Some(&b"a,b\n1,2\n"[..]));
        assert_eq!(headed.start(2).unwrap(), b"a,");
        assert!(headed.read_at(7, &mut [0; 2]).is_err());
        assert_eq!(disk.1.load(Ordering::Relaxed), 2);
    }
}
