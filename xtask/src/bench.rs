//! `bench`: benchmarks; with `--peers`, compared with other tools.

mod environment;
mod estimators;
mod job;
mod measure;
mod models;
mod network;
mod peers;
mod quality;
mod search;
mod tables;
mod training;

use crate::ci::cargo;
use crate::project::{Workspace, root};
use crate::usage;
use environment::Environment;
use job::{Goal, Job};
use std::fs;
use std::path::{Path, PathBuf};

pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    match arguments {
        [] => criterion(),
        [peers, quality, options @ ..] if peers == "--peers" && quality == "quality" => quality::run(options),
        _ => peers::run(&Options::parse(arguments)?),
    }
}

/// Runs the criterion benches of all packages that have any.
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

/// Builds the program; its path is derived from that of this one.
pub(crate) fn build_program() -> Result<PathBuf, String> {
    cargo(&["build", "--release", "-p", "pipewright-cli"])?;
    built("pipewright")
}

/// Builds an example of one of the crates.
fn build_example(package: &str, name: &str) -> Result<PathBuf, String> {
    cargo(&["build", "--release", "-p", package, "--example", name])?;
    built(&format!("examples/{name}"))
}

fn built(name: &str) -> Result<PathBuf, String> {
    let own = std::env::current_exe().map_err(|error| format!("the path of xtask: {error}"))?;
    let target = own.ancestors().nth(2).ok_or("xtask lies outside of a target folder")?;
    Ok(target.join("release").join(format!("{name}{}", std::env::consts::EXE_SUFFIX)))
}

/// Returns the folder of the peers: as given, or from the environment.
pub(crate) fn peers_root(given: Option<&Path>) -> Result<PathBuf, String> {
    let given = given.map(Path::to_path_buf).or_else(|| std::env::var_os("PEERS_ROOT").map(PathBuf::from));
    let given = given.ok_or("set the folder of the peers: --root DIR or PEERS_ROOT; see xtask/peers/README.md")?;
    fs::canonicalize(&given).map_err(|error| format!("{}: {error}", given.display()))
}

/// A family of jobs, run by `--peers NAME`. To add one, define a static of this type and name it in [`FAMILIES`].
struct Family {
    name: &'static str,
    /// The required data files; `xtask/peers/data.py` generates missing ones.
    files: &'static [&'static str],
    jobs: fn(&Environment) -> Result<Vec<Job>, String>,
    goals: &'static [Goal],
}

/// The first one is the default of `--peers`.
static FAMILIES: [&Family; 11] = [
    &network::FAMILY,
    &tables::CSV,
    &tables::PREPARE,
    &tables::PARQUET,
    &estimators::FAMILY,
    &estimators::IMPUTE,
    &models::FAMILY,
    &search::TUNE,
    &search::TPE,
    &tables::GROUP,
    &tables::JOIN,
];

/// Options of `--peers`.
struct Options {
    family: &'static Family,
    /// The folder of the peers' environment; see `xtask/peers/README.md`.
    root: Option<PathBuf>,
    /// Number of rounds; the job's default if `None`.
    rounds: Option<usize>,
    /// Names of jobs and of tools; all jobs if none is named, and all tools likewise.
    only: Vec<String>,
    /// The program to measure; built if `None`.
    binary: Option<PathBuf>,
}

const OPTIONS: &str = "--root DIR, --rounds N, --only NAME,NAME and --binary FILE";

impl Options {
    fn parse(arguments: &[String]) -> Result<Options, String> {
        let mut options = Options { family: FAMILIES[0], root: None, rounds: None, only: Vec::new(), binary: None };
        let mut arguments = arguments.iter().map(String::as_str).peekable();
        if arguments.next() != Some("--peers") {
            return Err(usage("bench"));
        }
        if let Some(word) = arguments.next_if(|word| !word.starts_with("--")) {
            let known = FAMILIES.map(|family| family.name).join(", ");
            let family = FAMILIES.into_iter().find(|family| family.name == word);
            options.family = family.ok_or_else(|| format!("`{word}` is not one of {known}"))?;
        }
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
                _ => return Err(format!("`{option}` is not one of {OPTIONS}")),
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
        let told = parse("--peers mlp --rounds 2 --only seed-small,torch").unwrap();
        assert_eq!((told.family.name, told.rounds, told.only.join(" ").as_str()), ("mlp", Some(2), "seed-small torch"));
        assert_eq!(parse("--peers").unwrap().family.name, "mlp");
        assert_eq!(parse("--peers csv").unwrap().family.name, "csv");
        for wrong in ["--rounds 2", "--peers trees", "--peers --rounds", "--peers --rounds 0", "--peers --fast yes"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
