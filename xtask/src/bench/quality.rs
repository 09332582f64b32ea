//! `bench --peers quality`: scores of boosted trees and forests beside those of other tools, in the same folds.

use super::{build_program, peers_root};
use crate::project::root;
use crate::usage;
use std::path::PathBuf;
use std::process::Command;

/// Runs `xtask/peers/quality.py`, which scores all tools with their defaults.
pub(super) fn run(arguments: &[String]) -> Result<(), String> {
    let (mut given, mut binary) = (None, None);
    for option in arguments.chunks(2) {
        match option {
            [name, value] if name == "--root" => given = Some(PathBuf::from(value)),
            [name, value] if name == "--binary" => binary = Some(PathBuf::from(value)),
            _ => return Err(usage("bench")),
        }
    }
    let peers = peers_root(given.as_deref())?;
    let program = binary.map_or_else(build_program, Ok)?;
    let script = root().join("xtask/peers/quality.py");
    let mut python = Command::new(peers.join("venv/bin/python"));
    // The threads of one tool must not wait for those of another.
    python.arg(script).arg("run").args([&peers, &program]).env("OMP_NUM_THREADS", "1");
    let status = python.status().map_err(|error| format!("{}: {error}", peers.join("venv/bin/python").display()))?;
    if status.success() { Ok(()) } else { Err(format!("quality.py: {status}")) }
}
