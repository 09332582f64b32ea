//! What the tree-structured Parzen estimator finds in 60 trials of a function, for 31 seeds.
//!
//! `cargo run --release -p pipewright-learn --example search -- FUNCTION [random | suggest | pick]` prints a line of JSON: the
//! seconds, and the quartiles of the lowest value, for comparison with Optuna in `xtask/peers/tpe.py`. The functions are
//! those of `crates/learn/tests/search/functions.rs`.
#![allow(clippy::print_stdout, clippy::disallowed_methods)] // What a program is for; it times itself.

#[path = "../tests/search/functions.rs"]
mod functions;
#[path = "../tests/search/races.rs"]
mod races;

use races::{Way, quartiles};
use std::error::Error;
use std::time::Instant;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (name, way) = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [name] | [name, "suggest"] => (name, Way::Suggest),
        [name, "pick"] => (name, Way::Pick),
        [name, "random"] => (name, Way::Random),
        _ => return Err("name a function, and random, suggest or pick".into()),
    };
    let function = functions::functions().into_iter().find(|function| function.name == name);
    let function = function.ok_or_else(|| format!("there is no function `{name}`"))?;
    let start = Instant::now();
    let [low, median, high] = quartiles(&function, way);
    let seconds = start.elapsed().as_secs_f64();
    println!(r#"{{"name": "{name}", "seconds": {seconds:.4}, "result": "{median:.3} ({low:.3} to {high:.3})"}}"#);
    Ok(())
}
