//! Streams: which rows are refused, and when, and how many chunks are in flight.

use super::*;
use pipewright_frame::{ReadOptions, file};
use pipewright_world::{Content, MemoryWorld};
use std::sync::atomic::AtomicUsize;

/// A column of whole numbers, in chunks of about a kilobyte of text.
fn stream(rows: usize, memory_bytes: u64) -> Stream {
    let lines = (0..rows).map(|row| format!("{row}\n"));
    let text: String = std::iter::once("x\n".to_owned()).chain(lines).collect();
    let content: Arc<dyn Content> = Arc::new(text.into_bytes());
    let mut options = ReadOptions::new("t.csv");
    options.limits.chunk_bytes = 1000;
    let world = Arc::new(MemoryWorld::new());
    Stream::new(file::scan(&content, &options, world.as_ref()).unwrap(), world, memory_bytes)
}

#[test]
fn rows_that_clearly_exceed_the_limit_are_refused_after_a_few_chunks() {
    let stream_of_many = stream(20_000, 10_000);
    assert!(stream_of_many.count() > 50);
    let seen = AtomicUsize::new(0);
    let take = |chunk: Table| {
        seen.fetch_add(1, Ordering::Relaxed);
        Ok(chunk)
    };
    let failure = stream_of_many.collect(take, Table::memory_bytes).unwrap_err();
    assert_eq!(failure.code, code::LIMIT_REACHED);
    let seen = seen.into_inner();
    assert!(seen <= 5, "{seen} chunks were read");
    assert_eq!(stream(20_000, 1 << 20).gather(Ok).unwrap().rows(), 20_000);
}

#[test]
fn the_fewer_chunks_are_in_flight_the_larger_they_are() {
    const LIMIT: u64 = 400_000;
    let stream_of_some = stream(5000, LIMIT);
    assert_eq!(stream_of_some.in_flight(), UNSEEN_IN_FLIGHT);
    let bytes = stream_of_some.chunk(0).unwrap().memory_bytes();
    let in_flight = stream_of_some.in_flight();
    assert!(in_flight > 4 && in_flight as u64 * bytes <= LIMIT / IN_FLIGHT_SHARE, "{in_flight} of {bytes} bytes");
    let narrow = stream(5000, 1000);
    narrow.chunk(0).unwrap();
    assert_eq!(narrow.in_flight(), 1);
}
