//! Command-line arguments.

use crate::usage;
use clap::{Args, Parser, Subcommand, ValueEnum};
use pipewright::{Options, RunLedger};
use pipewright_diagnostic::{Diagnostic, Source, code};
use pipewright_world::{OsWorld, World};
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

/// Learning from tables, a line at a time: load | fillna mean | scale | train mlp[64,32,1] | eval kfold 5
#[derive(Parser, Debug)]
#[command(name = "pipewright", version, disable_help_subcommand = true, subcommand_precedence_over_arg = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub command: Option<Command>,
    #[command(flatten)]
    pub script: ScriptArguments,
    #[command(flatten)]
    pub common: Common,
}

#[derive(Subcommand, Debug)]
pub(crate) enum Command {
    /// Runs a script.
    Run(ScriptArguments),
    /// Checks a script without running it.
    Check(ScriptArguments),
    /// Prints the plan of a script; implied steps are marked with `+`.
    Plan(ScriptArguments),
    /// Formats a script and prints it.
    Fmt {
        #[command(flatten)]
        script: ScriptArguments,
        /// Writes out every implied step.
        #[arg(long)]
        explicit: bool,
    },
    /// Lists the verbs and models, or describes one of them.
    Help {
        /// A verb or a model.
        name: Option<String>,
    },
    /// Lists, shows and compares the runs that evaluated something.
    Runs {
        #[command(subcommand)]
        command: Option<Runs>,
    },
    /// Explains a diagnostic code.
    Why {
        /// The code, such as E0412.
        code: String,
    },
}

#[derive(Subcommand, Debug)]
pub(crate) enum Runs {
    /// Lists the last runs.
    List {
        /// The number of runs.
        #[arg(default_value_t = 20)]
        last: usize,
    },
    /// Shows a run: its script, its data and its results.
    Show {
        /// The number of the run.
        run: usize,
    },
    /// Compares two runs: their scripts, and their scores fold by fold.
    Diff {
        /// The number of the earlier run.
        one: usize,
        /// The number of the later run.
        other: usize,
    },
}

#[derive(Args, Debug)]
pub(crate) struct ScriptArguments {
    /// Takes the script from the command line instead of a file.
    #[arg(short = 'c', value_name = "SCRIPT")]
    pub command: Option<String>,
    /// The script file (unless -c), then the data file for `load`, then values of the script's parameters
    /// (name=value).
    #[arg(value_name = "FILE")]
    pub rest: Vec<OsString>,
}

impl ScriptArguments {
    pub(crate) fn is_empty(&self) -> bool {
        self.command.is_none() && self.rest.is_empty()
    }
}

#[derive(Args, Debug)]
pub(crate) struct Common {
    /// Target (column to predict); overrides the script.
    #[arg(long, global = true, value_name = "COLUMN")]
    pub target: Option<String>,
    /// Random seed. Default 0.
    #[arg(long, global = true, value_name = "N", default_value_t = 0)]
    pub seed: u64,
    /// Number of threads. Default: the number of cores. Results do not depend on it.
    #[arg(long, global = true, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub threads: Option<u16>,
    /// Memory limit of a run, such as 2G: larger tables are read chunk by chunk. Without it, tables of any size are
    /// read into memory.
    #[arg(long, global = true, value_name = "SIZE", value_parser = size)]
    pub mem: Option<u64>,
    /// Lets `assess` judge a pipeline on a holdout on which another one was assessed.
    #[arg(long, global = true)]
    pub spend_again: bool,
    /// The file to which runs that evaluate something are added. Default: pipewright/runs.jsonl in the state folder.
    #[arg(long, global = true, value_name = "FILE")]
    pub runs: Option<PathBuf>,
    /// Keeps no record of runs.
    #[arg(long, global = true, conflicts_with = "runs")]
    pub no_runs: bool,
    /// Makes implied steps errors.
    #[arg(long, global = true)]
    pub strict: bool,
    /// Prints one JSON document instead of text.
    #[arg(long, global = true)]
    pub json: bool,
    /// Format of diagnostics.
    #[arg(long, global = true, value_enum, default_value_t = MessageFormat::Human)]
    pub message_format: MessageFormat,
}

#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MessageFormat {
    Human,
    Json,
}

impl Common {
    pub(crate) fn options(&self) -> Options {
        Options {
            target: self.target.clone(),
            seed: self.seed,
            strict: self.strict,
            threads: self.threads.map(usize::from),
            memory_bytes: self.mem,
            spend_again: self.spend_again,
            runs: if self.no_runs { None } else { self.runs_file() },
            ..Options::default()
        }
    }

    /// The ledger of runs: the given file, or that of the user.
    pub(crate) fn runs_file(&self) -> Option<PathBuf> {
        self.runs.clone().or_else(|| RunLedger::usual_path(&OsWorld::new()))
    }
}

fn size(text: &str) -> Result<u64, String> {
    pipewright::bytes(text).map(|bytes| bytes as u64).ok_or_else(|| "a number of bytes such as 500M or 2G".to_owned())
}

/// A script and the options of its run.
pub(crate) struct Script {
    pub source: Source,
    pub options: Options,
}

impl Script {
    pub(crate) fn read(arguments: ScriptArguments, common: &Common) -> Result<Script, Diagnostic> {
        let mut rest = arguments.rest.into_iter();
        let (source, folder, ledger) = match arguments.command {
            Some(text) => (Source::new("-c", text), PathBuf::new(), None),
            None => {
                let file =
                    rest.next().ok_or_else(|| usage("a script is missing", "give its file, or write it after -c"))?;
                let folder = Path::new(&file).parent().map(Path::to_path_buf).unwrap_or_default();
                (read_script(&file)?, folder, ledger_of(&file))
            }
        };
        let mut data = None;
        let mut params = BTreeMap::new();
        for argument in rest {
            match parameter(&argument) {
                Some((name, value)) => drop(params.insert(name.to_owned(), value.to_owned())),
                None if data.is_none() => data = Some(PathBuf::from(argument)),
                None => {
                    let message = format!("only one data file can be given: unexpected `{}`", argument.display());
                    return Err(usage(message, "values of parameters are written name=value"));
                }
            }
        }
        Ok(Script { source, options: Options { folder, data, ledger, params, ..common.options() } })
    }
}

/// The ledger beside a script file; none for standard input.
fn ledger_of(file: &OsStr) -> Option<PathBuf> {
    let beside = |file: &OsStr| {
        let mut name = file.to_owned();
        name.push(".ledger.json");
        PathBuf::from(name)
    };
    (file != "-").then(|| beside(file))
}

/// Parses `name=value`.
fn parameter(argument: &OsStr) -> Option<(&str, &str)> {
    let (name, value) = argument.to_str()?.split_once('=')?;
    let is_name = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_');
    is_name.then_some((name, value))
}

fn read_script(path: &OsStr) -> Result<Source, Diagnostic> {
    let world = OsWorld::new();
    let file = &*path.to_string_lossy();
    let input = || world.standard_input().and_then(|content| content.start(usize::MAX));
    let bytes = if path == "-" { input() } else { world.read(Path::new(path)) };
    let bytes = bytes.map_err(|error| pipewright::unreadable(file, &error).at(pipewright_diagnostic::Span::default()));
    let mut bytes = bytes.map_err(|mut diagnostic| {
        diagnostic.labels.clear();
        diagnostic
    })?;
    if bytes.starts_with(b"\xef\xbb\xbf") {
        bytes.drain(..3);
    }
    match String::from_utf8(bytes) {
        Ok(text) => Ok(Source::new(file, text)),
        Err(error) => {
            let at = error.utf8_error().valid_up_to();
            let message = format!("`{file}` is not a script: byte {at} is not valid UTF-8");
            Err(Diagnostic::error(code::NOT_TEXT, message).help("the script comes first, the data file second"))
        }
    }
}
