//! A parallel pass over all records of a text: every chunk learns where its first record starts and how many rows
//! precede it.
//!
//! Where a chunk's first record starts is determined by the chunk before it. To avoid waiting, every chunk is split as
//! if it started outside quotes, which it nearly always does, and split again if it did not. Then, in turn, each chunk
//! learns its start, takes its place in the columns, and passes the next start on. The expensive work, parsing values,
//! is done outside the turn.

use super::chunk::{BadRecord, Chunk, Terms};
use super::scan::Fault;
use super::window::Body;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Why a pass ends early.
#[derive(Debug)]
pub(super) enum Stop {
    Fault(Fault),
    Io(io::Error),
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Stop {
        Stop::Io(error)
    }
}

/// A chunk with known records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Extent {
    /// Start of its first record.
    pub(super) start: u64,
    /// Start of the next chunk's first record.
    pub(super) end: u64,
    pub(super) rows: usize,
}

/// The work of a pass on the records of a chunk.
pub(super) trait Work: Sync {
    /// The slots of a chunk's rows.
    type Place: Send;
    /// The result of a chunk.
    type Part: Send;

    /// Allocates slots for the rows of the next chunk, if there is room. Called sequentially by chunk.
    fn place(&self, rows: usize) -> Option<Self::Place>;

    /// Reads a chunk.
    ///
    /// # Errors
    /// A value that does not fit its declared type.
    fn read(&self, chunk: &mut Chunk, place: Self::Place) -> Result<Self::Part, Fault>;
}

/// The result of a pass.
#[derive(Debug)]
pub(super) struct Passed<P> {
    /// The results of the chunks, in order.
    pub(super) parts: Vec<(Extent, P)>,
    /// The skipped or repaired records.
    pub(super) bad_records: Vec<BadRecord>,
    /// Start of the first chunk without room.
    pub(super) rest: Option<u64>,
}

/// Runs a pass over the records of a body, in chunks of `chunk_bytes` bytes.
///
/// # Errors
/// The first fault of the text, or the content's.
pub(super) fn run<W: Work>(body: &Body, chunk_bytes: u64, terms: &Terms, work: &W) -> Result<Passed<W::Part>, Stop> {
    let pass = Pass {
        body,
        chunk_bytes,
        terms,
        work,
        tickets: AtomicU64::new(0),
        turn: Mutex::new(Turn { chunk: 0, start: body.start, over: false, rest: None }),
        taken: Condvar::new(),
        results: Mutex::new(Results { parts: Vec::new(), bad_records: Vec::new(), stop: None }),
    };
    let chunks = body.size().div_ceil(chunk_bytes);
    let workers = rayon::current_num_threads().min(usize::try_from(chunks).unwrap_or(usize::MAX));
    if workers <= 1 {
        pass.work_on();
    } else {
        rayon::scope(|scope| {
            for _ in 0..workers {
                scope.spawn(|_| pass.work_on());
            }
        });
    }
    let mut results = pass.results.into_inner().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, stop)) = results.stop {
        return Err(stop);
    }
    results.parts.sort_by_key(|(chunk, _, _)| *chunk);
    results.bad_records.sort_by_key(|record| record.offset);
    let rest = pass.turn.into_inner().unwrap_or_else(PoisonError::into_inner).rest;
    let parts = results.parts.into_iter().map(|(_, extent, part)| (extent, part)).collect();
    Ok(Passed { parts, bad_records: results.bad_records, rest })
}

struct Pass<'a, W: Work> {
    body: &'a Body,
    chunk_bytes: u64,
    terms: &'a Terms,
    work: &'a W,
    /// The next chunk to start.
    tickets: AtomicU64,
    turn: Mutex<Turn>,
    /// Notified when a turn ends.
    taken: Condvar,
    results: Mutex<Results<W::Part>>,
}

/// Whose turn it is.
struct Turn {
    chunk: u64,
    /// Start of its first record.
    start: u64,
    /// No more turns.
    over: bool,
    rest: Option<u64>,
}

struct Results<P> {
    parts: Vec<(u64, Extent, P)>,
    bad_records: Vec<BadRecord>,
    /// The first chunk that failed, and why.
    stop: Option<(u64, Stop)>,
}

impl<W: Work> Pass<'_, W> {
    /// Reads chunks until there are none left. Chunks are started in order, so that every awaited chunk is in progress.
    fn work_on(&self) {
        let _guard = EndOnPanic(self);
        let mut memory = Chunk::default();
        loop {
            let number = self.tickets.fetch_add(1, Ordering::Relaxed);
            let from = self.body.start.saturating_add(number.saturating_mul(self.chunk_bytes));
            if from >= self.body.end {
                return;
            }
            match self.read(&mut memory, number, from) {
                Ok(true) => {}
                Ok(false) => return,
                Err(stop) => {
                    self.stop(number, stop);
                    return;
                }
            }
        }
    }

    /// Reads a chunk; false if there are no more turns.
    fn read(&self, chunk: &mut Chunk, number: u64, from: u64) -> Result<bool, Stop> {
        let Pass { body, terms, .. } = self;
        let to = body.end.min(from.saturating_add(self.chunk_bytes));
        let guess = chunk.load(body, from, to)?;
        let mut fast = chunk.split_fast(guess, to, terms);
        let Some(start) = self.wait_for_turn(number) else { return Ok(false) };
        if start >= to {
            // A record of the previous chunk spans all of this one.
            self.end_turn(|turn| turn.start = start);
            return Ok(true);
        }
        if start != guess {
            fast = chunk.split_fast(start, to, terms);
        }
        let end = chunk.split(body, start, to, fast, terms)?;
        if let Some(fault) = chunk.fault.take() {
            return Err(Stop::Fault(fault));
        }
        let rows = chunk.rows();
        let Some(place) = self.work.place(rows) else {
            self.end_turn(|turn| (turn.over, turn.rest) = (true, Some(start)));
            return Ok(false);
        };
        self.end_turn(|turn| turn.start = end);
        let part = self.work.read(chunk, place).map_err(Stop::Fault)?;
        let mut results = locked(&self.results);
        results.parts.push((number, Extent { start, end, rows }, part));
        results.bad_records.append(&mut chunk.bad_records);
        Ok(true)
    }

    /// Waits for this chunk's turn, and returns where its first record starts; `None` if there are no more turns.
    fn wait_for_turn(&self, number: u64) -> Option<u64> {
        let turn = locked(&self.turn);
        let waits = |turn: &mut Turn| turn.chunk != number && !turn.over;
        let turn = self.taken.wait_while(turn, waits).unwrap_or_else(PoisonError::into_inner);
        (!turn.over).then_some(turn.start)
    }

    fn end_turn(&self, change: impl FnOnce(&mut Turn)) {
        let mut turn = locked(&self.turn);
        change(&mut turn);
        turn.chunk += 1;
        drop(turn);
        self.taken.notify_all();
    }

    /// Ends the pass. The first failing chunk wins: all before it have had their turn.
    fn stop(&self, number: u64, stop: Stop) {
        let mut results = locked(&self.results);
        if results.stop.as_ref().is_none_or(|(first, _)| number < *first) {
            results.stop = Some((number, stop));
        }
        drop(results);
        locked(&self.turn).over = true;
        self.taken.notify_all();
    }
}

/// Avoids waiting for a turn that never ends.
struct EndOnPanic<'a, 'p, W: Work>(&'a Pass<'p, W>);

impl<W: Work> Drop for EndOnPanic<'_, '_, W> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            locked(&self.0.turn).over = true;
            self.0.taken.notify_all();
        }
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
