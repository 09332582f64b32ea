//! Files on servers of the tests' own, compared with the same bytes at hand.
#![allow(clippy::unwrap_used)] // A test may panic.

mod objects;
mod server;
mod web;

use pipewright_frame::{ReadOptions, Table, read};
use pipewright_world::{Content, MemoryWorld, World};
use std::fmt::Write;
use std::sync::Arc;

/// A table of some blocks' size.
fn table_text() -> Vec<u8> {
    let mut text = String::from("id,name,value\n");
    for row in 0..400_000_u32 {
        let value = f64::from(row.wrapping_mul(2_654_435_761) >> 12) / 8.0;
        writeln!(text, "{row},person {},{value}", row % 977).unwrap();
    }
    text.into_bytes()
}

fn local(text: &[u8]) -> Table {
    let content: Arc<dyn Content> = Arc::new(text.to_vec());
    read(&content, &ReadOptions::new("table.csv"), &MemoryWorld::new()).unwrap().table
}

fn read_table(world: &dyn World, address: &str) -> Table {
    let content = world.open(address.as_ref()).unwrap();
    read(&content, &ReadOptions::new(address), world).unwrap().table
}
