//! `bench`: how long things take; with `--peers`, beside the tools that a user would take instead.

mod measure;
mod peers;

use crate::ci::cargo;
use crate::project::{Workspace, root};
use crate::usage;
use std::path::PathBuf;

pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    if arguments.is_empty() { criterion() } else { peers::run(&Options::parse(arguments)?) }
}

/// The criterion benches of all packages that have some.
fn criterion() -> Result<(), String> {
    let workspace = Workspace::read();
    let mut call = vec!["bench", "--bench", "*"];
    for package in &workspace.packages {
        if root().join("crates").join(&package.folder).join("benches").is_dir() {
            call.extend(["-p", &package.name]);
        }
    }
    cargo(&call)
}

/// What `--peers` may be told.
#[derive(Debug, Default, PartialEq)]
struct Options {
    /// Where the environment of the peers is; see `xtask/peers/README.md`.
    root: Option<PathBuf>,
    /// How often everything runs; by the job, if not given.
    rounds: Option<usize>,
    /// Names of jobs and of tools; without jobs all jobs, without tools all tools.
    only: Vec<String>,
    /// The program to measure; built, if not given.
    binary: Option<PathBuf>,
}

const OPTIONS: &str = "--root DIR, --rounds N, --only NAME,NAME and --binary FILE";

impl Options {
    fn parse(arguments: &[String]) -> Result<Options, String> {
        let mut options = Options::default();
        let mut arguments = arguments.iter().map(String::as_str).peekable();
        if arguments.next() != Some("--peers") {
            return Err(usage("bench"));
        }
        // One family of jobs so far: the network.
        arguments.next_if_eq(&"mlp");
        while let Some(option) = arguments.next() {
            let value = arguments.next().ok_or_else(|| format!("`{option}` needs a value"))?;
            match option {
                "--root" => options.root = Some(value.into()),
                "--binary" => options.binary = Some(value.into()),
                "--only" => options.only = value.split(',').map(str::to_owned).collect(),
                "--rounds" => match value.parse() {
                    Ok(rounds) if rounds > 0 => options.rounds = Some(rounds),
                    _ => return Err(format!("`--rounds {value}`: a number from 1 up")),
                },
                _ => return Err(format!("`{option}` is none of {OPTIONS}")),
            }
        }
        Ok(options)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Options, String> {
        Options::parse(&line.split(' ').map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn options_follow_the_family_or_peers() {
        let only = vec!["seed-small".to_owned(), "torch".to_owned()];
        let expected = Options { rounds: Some(2), only, ..Options::default() };
        assert_eq!(parse("--peers mlp --rounds 2 --only seed-small,torch"), Ok(expected));
        assert_eq!(parse("--peers"), Ok(Options::default()));
        for wrong in ["--rounds 2", "--peers trees", "--peers --rounds", "--peers --rounds 0", "--peers --fast yes"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
