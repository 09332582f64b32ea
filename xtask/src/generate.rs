//! `gen`: generates the reference of verbs and the index of codes from the code.

use crate::project::root;
use crate::usage;
use pipewright::{REGISTRY, effect_sentence};
use pipewright_diagnostic::code;
use pipewright_operator::{Group, Model, Param, Preset, Spec};
use std::fmt::Write;
use std::fs;

/// A document: its path, and the function that generates it.
type Document = (&'static str, fn() -> String);

const GENERATED: &[Document] = &[("docs/verbs.md", verbs), ("docs/functions.md", functions), ("docs/codes.md", codes)];

pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    let check = match arguments {
        [] => false,
        [flag] if flag == "--check" => true,
        _ => return Err(usage("gen")),
    };
    let mut stale = Vec::new();
    for (path, generate) in GENERATED {
        let text = generate();
        let file = root().join(path);
        if fs::read_to_string(&file).is_ok_and(|there| there == text) {
            continue;
        }
        if check {
            stale.push(*path);
        } else {
            fs::write(&file, text).map_err(|error| format!("cannot write {path}: {error}"))?;
            println!("wrote {path}");
        }
    }
    if stale.is_empty() { Ok(()) } else { Err(format!("out of date, run `cargo xtask gen`: {}", stale.join(", "))) }
}

const MARK: &str = "<!-- Written by `cargo xtask gen`; edits belong in the code. -->\n";

/// The reference of verbs and models, chapter by chapter.
fn verbs() -> String {
    let mut text = format!(
        "# Verbs and models\n\n{MARK}\nOne entry per verb, in the order in which they are usually used. `[X]` is \
         optional; `key=` is an option.\nThe examples use the tables of `dsl-examples/data`, and tests compare their \
         output.\n"
    );
    let mut specs: Vec<(&Spec, Option<&Model>)> = REGISTRY.verbs.iter().map(|verb| (&verb.spec, None)).collect();
    specs.extend(REGISTRY.generators.iter().map(|generator| (&generator.spec, None)));
    specs.extend(REGISTRY.models.iter().map(|model| (&model.spec, Some(*model))));
    specs.extend(REGISTRY.layers.iter().map(|layer| (&layer.spec, None)));
    specs.sort_by_key(|(spec, _)| spec.group);
    let mut chapter: Option<Group> = None;
    for (spec, model) in specs {
        if chapter != Some(spec.group) {
            let _ = write!(text, "\n## {}\n", spec.group.title());
            chapter = Some(spec.group);
        }
        write_spec(&mut text, spec, model);
    }
    text
}

fn write_spec(text: &mut String, spec: &Spec, model: Option<&Model>) {
    let _ = write!(text, "\n### `{}`\n\n{}\n\n```text\n{}\n```\n", spec.name, spec.summary, pipewright::usage(spec));
    if !spec.details.is_empty() {
        let _ = write!(text, "\n{}\n", spec.details);
    }
    if spec.params().chain(&spec.columns).chain(&spec.alias).next().is_some() {
        text.push_str("\n| argument | takes | default | |\n|---|---|---|---|\n");
        let places = spec.positionals.iter().map(|param| (param.name.to_owned(), param));
        let shape = spec.shape.iter().map(|param| (format!("[{}]", param.name), param));
        let options = spec.options.iter().map(|param| (format!("{}=", param.name), param));
        let on = spec.columns.iter().map(|param| ("on".to_owned(), param));
        let alias = spec.alias.iter().map(|param| ("as".to_owned(), param));
        places
            .chain(shape)
            .chain(options)
            .chain(on)
            .chain(alias)
            .for_each(|(name, param)| write_param(text, &name, param));
    }
    match model {
        None => {
            let _ = write!(text, "\nEffect: {}\n", effect_sentence(spec.effect));
        }
        Some(model) if !model.training.is_empty() => {
            let names: Vec<&str> = model.training_options().collect();
            let _ = write!(text, "\nOptions of `train` that it takes: `{}`.\n", names.join("`, `"));
        }
        Some(_) => {}
    }
    for example in spec.examples {
        let _ = write!(text, "\n```pipe\n{}\n```\n", example.script.trim_end());
        if !example.output.trim().is_empty() {
            let _ = write!(text, "```text\n{}\n```\n", example.output.trim_end());
        }
    }
}

fn write_param(text: &mut String, name: &str, param: &Param) {
    let default = match (param.default_text(), param.required) {
        (_, true) => "required".to_owned(),
        (text, _) if matches!(param.preset, Preset::ByWord(..)) || text.is_empty() => text,
        (text, _) => format!("`{text}`"),
    };
    let cell = |text: &str| text.replace('|', "\\|");
    let takes = cell(&param.domain.describe());
    let _ = writeln!(text, "| `{}` | {takes} | {} | {} |", cell(name), cell(&default), cell(param.doc));
}

/// The reference of functions in expressions, chapter by chapter.
fn functions() -> String {
    let mut text = format!(
        "# Functions\n\n{MARK}\nThe functions of expressions: all of them in `derive`, those of a single row in \
         `where` and `assert` too. An argument\nin `[…]` is optional; `…` stands for more of the same. A result that \
         is not a finite number is missing, and missing arguments\ngive a missing result unless noted otherwise.\n"
    );
    for (chapter, functions) in pipewright::function_chapters(&pipewright::REGISTRY) {
        let _ = write!(text, "\n## {}\n\n", chapter.title());
        if !chapter.preface().is_empty() {
            let _ = write!(text, "{}\n\n", chapter.preface());
        }
        text.push_str("| | |\n|---|---|\n");
        for function in functions {
            let _ = writeln!(text, "| `{}` | {} |", function.usage(), function.doc);
        }
    }
    text
}

/// The index of codes, with the story of each.
fn codes() -> String {
    let mut text = format!(
        "# Diagnostic codes\n\n{MARK}\nThe output of `pipewright why CODE`. E: errors, W: warnings, N: notes.\n\n\
         | code | |\n|---|---|\n"
    );
    let mut all: Vec<_> = code::ALL.iter().collect();
    all.sort_by_key(|info| (severity_order(info.code.as_str()), info.code));
    for info in &all {
        let name = info.code.as_str();
        let _ = writeln!(text, "| [{name}](#{}) | {} |", name.to_lowercase(), info.title.replace('|', "\\|"));
    }
    for info in all {
        let _ = write!(
            text,
            "\n## {}\n\n{}{}.\n\n{}\n",
            info.code,
            info.title[..1].to_uppercase(),
            &info.title[1..],
            info.story
        );
        if !info.bad.is_empty() {
            let _ = write!(text, "\nTriggers it:\n\n```pipe\n{}\n```\n", info.bad);
        }
        if !info.good.is_empty() {
            let _ = write!(text, "\nFixed:\n\n```pipe\n{}\n```\n", info.good);
        }
    }
    text
}

/// Errors first, then warnings, then notes.
fn severity_order(code: &str) -> usize {
    "EWN".find(&code[..1]).unwrap_or(usize::MAX)
}
