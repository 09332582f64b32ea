//! The measured files: one table, plain and compressed.

use super::create;
use std::fs;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

pub(super) struct Inputs {
    pub(super) csv: PathBuf,
    pub(super) zst: PathBuf,
}

/// Writes the files, unless they are there from an earlier run.
pub(super) fn inputs(folder: &Path, bytes: u64) -> Result<Inputs, String> {
    let inputs = Inputs { csv: folder.join("table.csv"), zst: folder.join("table.csv.zst") };
    if inputs.zst.exists() {
        return Ok(inputs);
    }
    fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    write(&inputs.csv, bytes).map_err(|error| format!("{}: {error}", inputs.csv.display()))?;
    let status = Command::new("zstd").args(["-q", "-1"]).arg(&inputs.csv).arg("-o").arg(&inputs.zst).status();
    match status {
        Ok(status) if status.success() => Ok(inputs),
        Ok(status) => Err(format!("zstd failed: {status}")),
        Err(error) => Err(format!("zstd: {error}")),
    }
}

/// Counts, numbers with and without gaps, categories of few and many levels, dates, a distinct text, and a target.
fn write(path: &Path, bytes: u64) -> std::io::Result<()> {
    let file = create(path).map_err(std::io::Error::other)?;
    let mut out = BufWriter::with_capacity(1 << 20, file);
    out.write_all(b"few,many,row,price,rate,gaps,color,city,day,id,y,amount\n")?;
    let (mut written, mut row, mut state) = (0, 0_u64, 1_u64);
    while written < bytes {
        // A linear congruential generator; its high bits are random enough.
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            state >> 40
        };
        let (few, many, price, rate, gaps) = (next() % 10, next() % 1_000_000, next() % 1_000_000, next(), next());
        let colors = ["red", "green", "blue", "black", "white"];
        let (color, city, month, day, noise) = (next() % 5, next() % 300, next() % 12 + 1, next() % 28 + 1, next());
        let gap = if gaps % 30 == 0 { String::new() } else { format!("{:.3}", gaps as f64 / 1000.0) };
        let chance = price as f64 / 1e6 + (noise % 1000) as f64 / 1000.0;
        let line = format!(
            "{few},{many},{row},{:.2},{:.6},{gap},{},city {city:03},2024-{month:02}-{day:02},user{row:07},{},{:.3}\n",
            price as f64 / 100.0,
            rate as f64 / 16_777_216.0,
            colors[color as usize],
            u8::from(chance > 1.0),
            chance * 100.0,
        );
        out.write_all(line.as_bytes())?;
        written += line.len() as u64;
        row += 1;
    }
    out.flush()
}
