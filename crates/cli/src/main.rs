//! The binary `pipewright`: arguments, terminal, signals, progress bars. All else is done by the library.

mod arguments;
mod outside;
mod progress;
mod session;
mod terminal;

use arguments::{Arguments, Command, Common, Runs, Script, ScriptArguments};
use clap::{CommandFactory, Parser};
use outside::outside;
use pipewright::{RunLedger, RunResult, Session, explain_code, unplaced, verb_help, verb_list};
use pipewright_diagnostic::{Diagnostic, Source, code, nearest, stopped};
use progress::Progress;
use serde_json::json;
use std::ffi::OsStr;
use std::io::IsTerminal;
use std::process::ExitCode;
use terminal::Terminal;

/// Exit code for invalid usage and invalid scripts.
const WRONG: u8 = 2;

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help and version are not errors; clap knows which stream each goes to. A closed pipe is ignored.
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { WRONG } else { 0 });
        }
    };
    progress::survive_full_files();
    let bug = std::panic::catch_unwind(|| command(arguments));
    ExitCode::from(bug.unwrap_or(70))
}

fn command(arguments: Arguments) -> u8 {
    let terminal = Terminal::new(&arguments.common);
    let script = |script: ScriptArguments| Script::read(script, &arguments.common);
    let is_mixed = arguments.command.is_some() && !arguments.script.is_empty();
    let misplaced = || usage("a command follows a script", "the command comes first: pipewright plan -c 'load'");
    let mistyped =
        || arguments.script.rest.first().filter(|_| arguments.command.is_none()).and_then(|word| mistyped(word));
    if let Some(diagnostic) = is_mixed.then(misplaced).or_else(mistyped) {
        terminal.tell(&[diagnostic], &Source::new("command line", ""));
        return WRONG;
    }
    let work = match arguments.command {
        Some(Command::Help { name }) => return help(name.as_deref(), &terminal),
        Some(Command::Why { code }) => return why(&code, &terminal),
        Some(Command::Runs { command }) => {
            runs(command.unwrap_or(Runs::List { last: 20 }), &arguments.common, &terminal)
        }
        Some(Command::Run(run)) => script(run).map(|script| run_script(&script, &terminal)),
        Some(Command::Check(check)) => script(check).map(|script| check_script(&script, &terminal)),
        Some(Command::Plan(plan)) => script(plan).map(|script| plan_script(&script, &terminal)),
        Some(Command::Fmt { script: file, explicit }) => {
            script(file).map(|script| format_script(&script, explicit, &terminal))
        }
        None if arguments.script.is_empty() => {
            if std::io::stdin().is_terminal() {
                return session::interactive(&arguments.common, &terminal);
            }
            Err(usage("a script is missing", "pipewright -c 'load | show' data.csv, or pipewright run script.pipe"))
        }
        None if arguments.script.command.is_none() && !is_script(&arguments.script.rest[0]) => Err(usage(
            format!("`{}` is neither a command nor a file", arguments.script.rest[0].display()),
            "pipewright SCRIPT runs a script; pipewright --help lists the commands",
        )),
        None => script(arguments.script).map(|script| run_script(&script, &terminal)),
    };
    work.unwrap_or_else(|diagnostic| {
        terminal.tell(&[diagnostic], &Source::new("command line", ""));
        WRONG
    })
}

/// The error for a word that names no file, and is nearly a command.
fn mistyped(word: &OsStr) -> Option<Diagnostic> {
    let commands = Arguments::command();
    let commands = commands.get_subcommands().map(clap::Command::get_name);
    let near = *nearest(word.to_str().filter(|_| !is_script(word))?, commands).first()?;
    let message = format!("no command named `{}`", word.display());
    Some(usage(message, &format!("did you mean `pipewright {near}`?")))
}

/// Is it a file, or standard input?
fn is_script(name: &OsStr) -> bool {
    name == "-" || outside().exists(name.as_ref())
}

/// A diagnostic about the command line.
pub(crate) fn usage(message: impl Into<String>, help: &str) -> Diagnostic {
    Diagnostic::error(code::WRONG_USAGE, message).help(help)
}

fn run_script(script: &Script, terminal: &Terminal) -> u8 {
    let (terminal_then, source) = (*terminal, script.source.clone());
    let progress = Progress::start(move || tell_stopped(&terminal_then, &source));
    let session = Session::new(outside(), script.options.clone());
    let run = session.run_watched(&script.source.text, &progress);
    progress.clear();
    terminal.tell(&run.diagnostics, &script.source);
    let shown = if terminal.json {
        terminal.print(&format!("{:#}\n", pipewright::document(&run, &script.source)))
    } else {
        let texts = pipewright::render::texts(run.outputs());
        terminal.print(&texts.join("\n"))
    };
    match run.exit_code() {
        0 => shown,
        130 => progress.signal_code(),
        code => code,
    }
}

/// Reports a run that a signal ended before its work came to an end.
pub(crate) fn tell_stopped(terminal: &Terminal, source: &Source) {
    let stopped = stopped();
    let diagnostics = vec![Diagnostic::error(stopped.code, stopped.message)];
    terminal.tell(&diagnostics, source);
    if terminal.json {
        terminal.print(&format!("{:#}\n", pipewright::document(&RunResult::of_check(diagnostics), source)));
    }
}

fn check_script(script: &Script, terminal: &Terminal) -> u8 {
    let checked = Session::new(outside(), script.options.clone()).check(&script.source.text);
    if terminal.json {
        let checked_only = RunResult::of_check(checked.diagnostics.clone());
        terminal.print(&format!("{:#}\n", pipewright::document(&checked_only, &script.source)));
    }
    terminal.tell(&checked.diagnostics, &script.source);
    if checked.is_sound() { 0 } else { WRONG }
}

fn plan_script(script: &Script, terminal: &Terminal) -> u8 {
    let checked = Session::new(outside(), script.options.clone()).check(&script.source.text);
    terminal.tell(&checked.diagnostics, &script.source);
    if !checked.is_sound() {
        return WRONG;
    }
    terminal.print(&checked.plan_text())
}

fn format_script(script: &Script, explicit: bool, terminal: &Terminal) -> u8 {
    if explicit {
        let checked = Session::new(outside(), script.options.clone()).check(&script.source.text);
        terminal.tell(&checked.diagnostics, &script.source);
        return if checked.is_sound() { terminal.print(&checked.explicit()) } else { WRONG };
    }
    match pipewright::format(&script.source.text) {
        Ok(text) => terminal.print(&text),
        Err(diagnostics) => {
            terminal.tell(&diagnostics, &script.source);
            WRONG
        }
    }
}

/// Lists, shows or compares the runs of the ledger.
fn runs(command: Runs, common: &Common, terminal: &Terminal) -> Result<u8, Diagnostic> {
    let lacks = || usage("there is no folder for the ledger of runs", "name a file: --runs FILE");
    let ledger = RunLedger::new(outside(), common.runs_file().ok_or_else(lacks)?);
    let text = match (command, terminal.json) {
        (Runs::List { .. }, true) => ledger.records().map(|runs| format!("{:#}\n", json!(runs))),
        (Runs::Show { run }, true) => ledger.record(run).map(|run| format!("{:#}\n", json!(run))),
        (Runs::Diff { one, other }, true) => {
            ledger.record(one).and_then(|first| Ok(format!("{:#}\n", json!([first, ledger.record(other)?]))))
        }
        (Runs::List { last }, false) => ledger.list(last),
        (Runs::Show { run }, false) => ledger.show(run),
        (Runs::Diff { one, other }, false) => ledger.diff(one, other),
    };
    Ok(terminal.print(&text.map_err(unplaced)?))
}

fn help(name: Option<&str>, terminal: &Terminal) -> u8 {
    let Some(name) = name else { return terminal.print(&verb_list(&pipewright::REGISTRY)) };
    match verb_help(&pipewright::REGISTRY, name) {
        Some(text) => terminal.print(&text),
        None => {
            let registry = &pipewright::REGISTRY;
            let near =
                nearest(name, registry.verb_names().chain(registry.model_names()).chain(registry.generator_names()));
            let help =
                near.first().map_or("pipewright help lists them".to_owned(), |near| format!("did you mean `{near}`?"));
            terminal.tell(&[usage(format!("no verb or model named `{name}`"), &help)], &Source::new("", ""));
            WRONG
        }
    }
}

fn why(name: &str, terminal: &Terminal) -> u8 {
    match explain_code(name) {
        Some(text) => terminal.print(&text),
        None => {
            terminal.tell(&[usage(format!("no code named `{name}`"), "a code looks like E0412")], &Source::new("", ""));
            WRONG
        }
    }
}
