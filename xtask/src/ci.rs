//! `ci`: all checks, cheapest first.

use crate::project::root;
use crate::{generate, tidy, usage};
use std::process::Command;
use std::time::Instant;

enum Step {
    Chore(&'static str, fn(&[String]) -> Result<(), String>, &'static [&'static str]),
    Cargo(&'static [&'static str]),
}

const STEPS: &[Step] = &[
    Step::Cargo(&["fmt", "--all", "--check"]),
    Step::Chore("tidy", tidy::run, &[]),
    Step::Chore("gen", generate::run, &["--check"]),
    Step::Cargo(&["clippy", "--workspace", NOT_REMOTE, NOT_ADBC, "--all-targets", "--", "-D", "warnings"]),
    Step::Cargo(&["test", "--workspace", NOT_REMOTE, NOT_ADBC]),
];

/// Optional features, which enable nothing in the packages that all have.
const OPTIONAL: &[Step] = &[
    Step::Cargo(&["clippy", "-p", REMOTE, "-p", ADBC, "--all-targets", "--", "-D", "warnings"]),
    Step::Cargo(&["test", "-p", REMOTE, "-p", ADBC]),
    Step::Cargo(&["clippy", "-p", "pipewright-cli", "--features", "remote,adbc", "--", "-D", "warnings"]),
    Step::Cargo(&["test", "-p", "pipewright-plot", "--features", "png"]),
];

const REMOTE: &str = "pipewright-remote";
const ADBC: &str = "pipewright-adbc";
const NOT_REMOTE: &str = "--exclude=pipewright-remote";
const NOT_ADBC: &str = "--exclude=pipewright-adbc";

pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    if !arguments.is_empty() {
        return Err(usage("ci"));
    }
    work_through("ci", STEPS)
}

/// Checks the optional crates: remote files, and database drivers.
pub(crate) fn optional(arguments: &[String]) -> Result<(), String> {
    if !arguments.is_empty() {
        return Err(usage("optional"));
    }
    work_through("optional", OPTIONAL)
}

fn work_through(name: &str, steps: &[Step]) -> Result<(), String> {
    let start = Instant::now();
    let all = name;
    for step in steps {
        let (name, work): (String, Box<dyn Fn() -> Result<(), String>>) = match step {
            Step::Chore(name, chore, arguments) => {
                let arguments: Vec<String> = arguments.iter().map(|&argument| argument.to_owned()).collect();
                (format!("xtask {name} {}", arguments.join(" ")), Box::new(move || chore(&arguments)))
            }
            Step::Cargo(arguments) => (format!("cargo {}", arguments.join(" ")), Box::new(|| cargo(arguments))),
        };
        println!("── {}", name.trim_end());
        let step_start = Instant::now();
        work()?;
        println!("── {} took {:.1} s\n", name.trim_end(), step_start.elapsed().as_secs_f64());
    }
    println!("{all}: all {} steps passed in {:.1} s", steps.len(), start.elapsed().as_secs_f64());
    Ok(())
}

/// Runs cargo in the root with visible output.
pub(crate) fn cargo(arguments: &[&str]) -> Result<(), String> {
    cargo_with(arguments, &[])
}

/// Runs cargo in the root with these environment variables.
pub(crate) fn cargo_with(arguments: &[&str], variables: &[(&str, &str)]) -> Result<(), String> {
    let status =
        Command::new(env!("CARGO")).args(arguments).envs(variables.iter().copied()).current_dir(root()).status();
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(_) => Err(format!("`cargo {}` failed", arguments.join(" "))),
        Err(error) => Err(format!("`cargo {}` cannot be run: {error}", arguments.join(" "))),
    }
}
