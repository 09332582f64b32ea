//! A distant file as a content: it is fetched in blocks, of which the last ones are kept, so that many small reads are
//! few requests; who reads on finds the next blocks under way.

use crate::net::Net;
use bytes::Bytes;
use futures_util::future::BoxFuture;
use pipewright_world::Content;
use std::collections::VecDeque;
use std::io;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::OnceCell;

/// The bytes of a block.
pub(crate) const BLOCK_BYTES: u64 = 4 << 20;

/// How many blocks of a file are kept.
const KEPT: usize = 16;

/// How many blocks are asked for at once by one reader.
const AT_ONCE: u64 = 4;

/// How many blocks are fetched ahead of one who reads on.
const AHEAD: u64 = 2;

/// Where the bytes of a file come from.
pub(crate) trait Source: Send + Sync + 'static {
    /// Exactly these bytes; an error if the file has changed.
    fn fetch(self: Arc<Self>, range: Range<u64>) -> BoxFuture<'static, io::Result<Bytes>>;

    /// An error if the file has changed.
    fn check(self: Arc<Self>) -> BoxFuture<'static, io::Result<()>>;
}

/// A block, once it is there; those who wait for the same block wait for one request.
type Block = Arc<OnceCell<Bytes>>;

/// A file in blocks.
pub(crate) struct Blocks<S> {
    net: Arc<Net>,
    source: Arc<S>,
    size: u64,
    /// By place, the one used last at the end.
    kept: Mutex<VecDeque<(u64, Block)>>,
}

impl<S: Source> Blocks<S> {
    /// A file of `size` bytes, whose first block may be known already.
    pub(crate) fn new(net: Arc<Net>, source: Arc<S>, size: u64, first: Option<Bytes>) -> Blocks<S> {
        let first = first.map(|bytes| (0, Arc::new(OnceCell::new_with(Some(bytes)))));
        Blocks { net, source, size, kept: Mutex::new(first.into_iter().collect()) }
    }

    /// The bytes of some blocks that stand side by side.
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

    /// Starts to fetch what a reader who has come from the block before, will want next.
    fn look_ahead(&self, places: &Range<u64>) -> io::Result<()> {
        let reads_on = places.start > 0 && self.is_kept(places.start - 1);
        let end = self.size.div_ceil(BLOCK_BYTES).min(places.end + AHEAD);
        if reads_on {
            for place in (places.end..end).filter(|place| !self.is_kept(*place)) {
                // An error is met again, and told, by the one who reads there.
                drop(self.net.start(self.loaded(place, self.kept(place)))?);
            }
        }
        Ok(())
    }

    fn is_kept(&self, place: u64) -> bool {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter().any(|(other, _)| *other == place)
    }

    /// The block at a place, from now on the one used last.
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

    /// The size is what somebody says: room is made as bytes come.
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
