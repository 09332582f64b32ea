//! A remote file as a content: it is fetched in blocks with a cache, so that many small reads need few requests;
//! sequential reads are prefetched.

use crate::net::Net;
use bytes::Bytes;
use futures_util::future::BoxFuture;
use pipewright_world::Content;
use std::collections::VecDeque;
use std::io;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::OnceCell;

/// Size of a block in bytes.
pub(crate) const BLOCK_BYTES: u64 = 4 << 20;

/// Number of cached blocks per file.
const KEPT: usize = 16;

/// Number of parallel requests per reader.
const AT_ONCE: u64 = 4;

/// Number of prefetched blocks in sequential reads.
const AHEAD: u64 = 2;

/// The source of a file's bytes.
pub(crate) trait Source: Send + Sync + 'static {
    /// Fetches exactly these bytes; an error if the file has changed.
    fn fetch(self: Arc<Self>, range: Range<u64>) -> BoxFuture<'static, io::Result<Bytes>>;

    /// Checks that the file is unchanged.
    fn check(self: Arc<Self>) -> BoxFuture<'static, io::Result<()>>;
}

/// A block, once fetched; concurrent readers of the same block share one request.
type Block = Arc<OnceCell<Bytes>>;

/// A file in blocks.
pub(crate) struct Blocks<S> {
    net: Arc<Net>,
    source: Arc<S>,
    size: u64,
    /// By index, the most recently used last.
    kept: Mutex<VecDeque<(u64, Block)>>,
}

impl<S: Source> Blocks<S> {
    /// Creates a file of `size` bytes, whose first block may already be known.
    pub(crate) fn new(net: Arc<Net>, source: Arc<S>, size: u64, first: Option<Bytes>) -> Blocks<S> {
        let first = first.map(|bytes| (0, Arc::new(OnceCell::new_with(Some(bytes)))));
        Blocks { net, source, size, kept: Mutex::new(first.into_iter().collect()) }
    }

    /// Returns consecutive blocks.
    fn blocks(&self, places: Range<u64>) -> io::Result<Vec<Bytes>> {
        let blocks: Vec<(u64, Block)> = places.map(|place| (place, self.kept(place))).collect();
        if blocks.iter().all(|(_, block)| block.initialized()) {
            return Ok(blocks.iter().filter_map(|(_, block)| block.get().cloned()).collect());
        }
        let tasks = blocks.into_iter().map(|(place, block)| self.net.start(self.loaded(place, block)));
        let tasks = tasks.collect::<io::Result<Vec<_>>>()?;
        self.net.wait(async move {
            let mut loaded = Vec::with_capacity(tasks.len());
            for task in tasks {
                loaded.push(task.await.map_err(io::Error::other)??);
            }
            Ok(loaded)
        })
    }

    fn loaded(&self, place: u64, block: Block) -> impl Future<Output = io::Result<Bytes>> + Send + 'static {
        let source = self.source.clone();
        let start = place * BLOCK_BYTES;
        let range = start..self.size.min(start + BLOCK_BYTES);
        async move { block.get_or_try_init(|| source.fetch(range)).await.cloned() }
    }

    /// Prefetches what a sequential reader will need next.
    fn look_ahead(&self, places: &Range<u64>) -> io::Result<()> {
        let reads_on = places.start > 0 && self.is_kept(places.start - 1);
        let end = self.size.div_ceil(BLOCK_BYTES).min(places.end + AHEAD);
        if reads_on {
            for place in (places.end..end).filter(|place| !self.is_kept(*place)) {
                // The reader encounters and reports the error again.
                drop(self.net.start(self.loaded(place, self.kept(place)))?);
            }
        }
        Ok(())
    }

    fn is_kept(&self, place: u64) -> bool {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter().any(|(other, _)| *other == place)
    }

    /// Returns the block at an index, as the most recently used.
    fn kept(&self, place: u64) -> Block {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let known = kept.iter().position(|(other, _)| *other == place);
        let entry = known.and_then(|index| kept.remove(index)).unwrap_or_else(|| (place, Block::default()));
        let block = entry.1.clone();
        kept.push_back(entry);
        if kept.len() > KEPT {
            kept.pop_front();
        }
        block
    }
}

impl<S: Source> Content for Blocks<S> {
    fn size(&self) -> u64 {
        self.size
    }

    fn read_at(&self, offset: u64, mut out: &mut [u8]) -> io::Result<()> {
        let end = offset.checked_add(out.len() as u64).filter(|end| *end <= self.size);
        let end = end.ok_or(io::ErrorKind::UnexpectedEof)?;
        if out.is_empty() {
            return Ok(());
        }
        let places = offset / BLOCK_BYTES..end.div_ceil(BLOCK_BYTES);
        let mut skip = (offset % BLOCK_BYTES) as usize;
        for start in places.clone().step_by(AT_ONCE as usize) {
            for block in self.blocks(start..places.end.min(start + AT_ONCE))? {
                let part = &block[skip..];
                let (head, rest) = out.split_at_mut(part.len().min(out.len()));
                head.copy_from_slice(&part[..head.len()]);
                (out, skip) = (rest, 0);
            }
        }
        self.look_ahead(&places)
    }

    /// The stated size is not trusted: memory is allocated as bytes arrive.
    fn start(&self, limit_bytes: usize) -> io::Result<Vec<u8>> {
        let size = usize::try_from(self.size).unwrap_or(usize::MAX).min(limit_bytes);
        let mut bytes = Vec::new();
        while bytes.len() < size {
            let start = bytes.len();
            let length = (size - start).min((AT_ONCE * BLOCK_BYTES) as usize);
            bytes.try_reserve(length).map_err(|_| io::ErrorKind::OutOfMemory)?;
            bytes.resize(start + length, 0);
            self.read_at(start as u64, &mut bytes[start..])?;
        }
        Ok(bytes)
    }

    fn unchanged(&self) -> io::Result<()> {
        self.net.wait(self.source.clone().check())
    }
}
