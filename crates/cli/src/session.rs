//! The interactive session, with multi-line input, history and completion of verbs.

use crate::arguments::Common;
use crate::outside::outside;
use crate::progress::Progress;
use crate::terminal::Terminal;
use pipewright::{Session, is_complete};
use pipewright_diagnostic::{Diagnostic, Source, code};
use rustyline::completion::{Completer, Pair};
use rustyline::error::ReadlineError;
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{Context, Editor, Helper, Highlighter, Hinter, history::DefaultHistory};
use std::path::PathBuf;

/// Reads lines until the end of input.
pub(crate) fn interactive(common: &Common, terminal: &Terminal) -> u8 {
    let mut editor: Editor<Words, DefaultHistory> = match Editor::new() {
        Ok(editor) => editor,
        Err(error) => {
            terminal.tell(
                &[crate::usage(format!("cannot start an interactive session: {error}"), "give a script")],
                &Source::new("", ""),
            );
            return 1;
        }
    };
    editor.set_helper(Some(Words));
    let history = history_file();
    if let Some(file) = &history {
        // The first session has no history yet.
        let _ = editor.load_history(file);
    }
    terminal.print("Pipewright. A pipeline runs when its line is complete; `help` lists the verbs, Ctrl-D ends.\n");
    // Fragments and parameters stay defined for later lines.
    let mut definitions = String::new();
    loop {
        match editor.readline("› ") {
            Ok(line) => {
                // A history that cannot be written does not end the session.
                let _ = editor.add_history_entry(line.trim());
                line_of_session(line.trim(), &mut definitions, common, terminal);
            }
            Err(ReadlineError::Interrupted) => {}
            Err(_) => break,
        }
    }
    if let Some(file) = &history {
        let _ = editor.save_history(file);
    }
    0
}

fn line_of_session(line: &str, definitions: &mut String, common: &Common, terminal: &Terminal) {
    if line.is_empty() {
        return;
    }
    if let Some(name) = line.strip_prefix("help") {
        let name = name.trim();
        let text = if name.is_empty() {
            Some(pipewright::verb_list(&pipewright::REGISTRY))
        } else {
            pipewright::verb_help(&pipewright::REGISTRY, name)
        };
        terminal.print(&text.unwrap_or_else(|| format!("no verb or model named `{name}`\n")));
        return;
    }
    let text = format!("{definitions}{line}\n");
    let session = Session::new(outside(), common.options());
    let source = Source::new("line", text.clone());
    let defines = ["let ", "def ", "param "].iter().any(|word| line.starts_with(word));
    if defines {
        let checked = session.check(&text);
        terminal.tell(&of_session(checked.diagnostics.clone()), &source);
        if checked.is_sound() {
            *definitions = text;
        }
        return;
    }
    let (terminal_then, source_then) = (*terminal, source.clone());
    let progress = Progress::start(move || crate::tell_stopped(&terminal_then, &source_then));
    let run = session.run_watched(&text, &progress);
    progress.clear();
    terminal.tell(&of_session(run.diagnostics.clone()), &source);
    for text in pipewright::render::texts(run.outputs()) {
        terminal.print(&text);
    }
}

/// Without what is no fault in a session: a later line may use a definition.
fn of_session(mut diagnostics: Vec<Diagnostic>) -> Vec<Diagnostic> {
    diagnostics.retain(|said| said.code != code::UNUSED);
    diagnostics
}

fn history_file() -> Option<PathBuf> {
    #[allow(clippy::disallowed_methods)] // The history file is in the user's home.
    let home = std::env::var_os("HOME")?;
    Some(PathBuf::from(home).join(".pipewright_history"))
}

#[derive(Helper, Highlighter, Hinter)]
struct Words;

impl Validator for Words {
    fn validate(&self, context: &mut ValidationContext<'_>) -> rustyline::Result<ValidationResult> {
        let complete = is_complete(context.input());
        Ok(if complete { ValidationResult::Valid(None) } else { ValidationResult::Incomplete })
    }
}

impl Completer for Words {
    type Candidate = Pair;

    fn complete(&self, line: &str, position: usize, _: &Context<'_>) -> rustyline::Result<(usize, Vec<Pair>)> {
        let before = &line[..position];
        let start = before.rfind(|c: char| !(c.is_alphanumeric() || c == '_')).map_or(0, |at| at + 1);
        let word = &before[start..];
        let stage = before[..start].rsplit('|').next().unwrap_or_default().trim();
        let registry = &pipewright::REGISTRY;
        let names: Vec<&str> = match stage {
            "" => registry.verb_names().collect(),
            verb => match registry.verb(verb.split_whitespace().next().unwrap_or_default()) {
                Some(verb) => verb.spec.options.iter().map(|param| param.name).chain(registry.model_names()).collect(),
                None => Vec::new(),
            },
        };
        let fitting = names.into_iter().filter(|name| name.starts_with(word) && !word.is_empty());
        let pairs = fitting.map(|name| Pair { display: name.to_owned(), replacement: name.to_owned() }).collect();
        Ok((start, pairs))
    }
}
