//! Reads a table from a file of any format and says how large it is: for measuring.
//!
//! `cargo run --release -p pipewright-frame --example read_any -- FILE [FILE …]`

use pipewright_frame::{ReadOptions, read};
use pipewright_world::{OsWorld, World};
use std::io::{self, Write};
use std::path::Path;

fn main() -> io::Result<()> {
    let world = OsWorld::new();
    let mut out = io::stdout().lock();
    for name in std::env::args().skip(1) {
        let content = world.open(Path::new(&name))?;
        match read(&content, &ReadOptions::new(&name), &world) {
            Ok(reading) => {
                writeln!(out, "{name}: {} × {}", reading.table.rows(), reading.table.columns().len())?;
                for note in &reading.notes {
                    writeln!(out, "  {note}")?;
                }
            }
            Err(failure) => writeln!(out, "{failure}")?,
        }
    }
    Ok(())
}
