//! Help texts, generated from the specs of verbs and models and from the table of codes.

use crate::Session;
use pipewright_diagnostic::{CodeInfo, code};
use pipewright_frame::{Chapter, Function};
use pipewright_operator::{Domain, Effect, Form, Group, Model, Param, Registry, Spec};
use std::fmt::Write;

impl Session {
    /// Returns the help of a verb or a model of this session, also of one that the host program registered; `None` if
    /// there is none of that name.
    ///
    /// ```
    /// let session = pipewright::Session::builder().build()?;
    /// assert!(session.help("scale").unwrap().starts_with("Scales numeric features"));
    /// # Ok::<(), pipewright::Failure>(())
    /// ```
    #[must_use]
    pub fn help(&self, name: &str) -> Option<String> {
        verb_help(self.environment.registry, name)
    }
}

/// Lists all verbs, models and generated data sets with their summaries, by chapter.
#[must_use]
pub fn verb_list(registry: &Registry) -> String {
    let mut specs: Vec<&Spec> = registry.verbs.iter().map(|verb| &verb.spec).collect();
    specs.extend(registry.generators.iter().map(|generator| &generator.spec));
    specs.extend(registry.models.iter().map(|model| &model.spec));
    specs.extend(registry.layers.iter().map(|layer| &layer.spec));
    let mut groups: Vec<Group> = specs.iter().map(|spec| spec.group).collect();
    groups.sort_unstable();
    groups.dedup();
    let mut text = String::new();
    for group in groups {
        let _ = writeln!(text, "{}", group.title());
        for spec in specs.iter().filter(|spec| spec.group == group) {
            let _ = writeln!(text, "  {:<10} {}", spec.name, spec.summary);
        }
        text.push('\n');
    }
    text.push_str("`pipewright help NAME` describes one of them, `pipewright help functions` lists all functions.\n");
    text
}

/// Lists all functions of expressions, by chapter.
#[must_use]
pub fn function_list(registry: &Registry) -> String {
    let mut text = String::new();
    for (chapter, functions) in function_chapters(registry) {
        let _ = writeln!(text, "{}", chapter.title());
        if !chapter.preface().is_empty() {
            text.push_str(&indent(&wrap(chapter.preface(), 90)));
            text.push('\n');
        }
        let width = functions.iter().map(|function| function.usage().chars().count()).max().unwrap_or(0);
        for function in functions {
            let _ = writeln!(text, "  {:<width$}  {}", function.usage(), function.doc);
        }
        text.push('\n');
    }
    text
}

/// Returns the chapters of the function reference, each with its functions.
#[must_use]
pub fn function_chapters(registry: &Registry) -> Vec<(Chapter, Vec<&'static Function>)> {
    let mut chapters: Vec<(Chapter, Vec<&'static Function>)> = Vec::new();
    for function in registry.functions.all() {
        match chapters.last_mut() {
            Some((chapter, functions)) if *chapter == function.chapter => functions.push(function),
            _ => chapters.push((function.chapter, vec![function])),
        }
    }
    chapters
}

/// Returns the help of a verb, a model or a generated data set, or of the functions of expressions under the name `functions`;
/// `None` if there is none of that name.
#[must_use]
pub fn verb_help(registry: &Registry, name: &str) -> Option<String> {
    if name == "functions" {
        return Some(function_list(registry));
    }
    let model: Option<&Model> = registry.model(name);
    let generator = registry.generator(name).map(|generator| &generator.spec);
    let layer = registry.layer(name).map(|layer| &layer.spec);
    let spec = registry.verb(name).map(|verb| &verb.spec).or(model.map(|model| &model.spec)).or(generator).or(layer)?;
    let mut text = format!("{}\n\n  {}\n", spec.summary, usage(spec));
    if !spec.details.is_empty() {
        let _ = write!(text, "\n{}\n", wrap(spec.details, 90));
    }
    let (shape, on) = (spec.shape.as_slice(), spec.columns.as_slice());
    let lists = [
        ("In brackets", shape),
        ("Arguments", spec.positionals),
        ("Options", spec.options),
        ("Columns", on),
        ("Name", spec.alias.as_slice()),
    ];
    for (title, params) in lists {
        if !params.is_empty() {
            let _ = writeln!(text, "\n{title}");
            params.iter().for_each(|param| write_param(&mut text, param));
        }
    }
    if let Some(model) = model {
        if !model.training.is_empty() {
            let _ = writeln!(text, "\nTraining options (of `train`)");
            model.training.iter().for_each(|param| write_param(&mut text, param));
        }
    } else {
        let _ = writeln!(text, "\nEffect: {}", effect_sentence(spec.effect));
    }
    for example in spec.examples {
        let _ = write!(text, "\nExample\n\n  {}\n\n{}", example.script, indent(example.output));
    }
    Some(text)
}

/// Returns the usage line of a verb or a model: `fillna WITH indicator= on COLUMNS`.
#[must_use]
pub fn usage(spec: &Spec) -> String {
    let mut words = vec![spec.name.to_owned()];
    let mut braces = String::new();
    match &spec.shape {
        Some(shape) if shape.domain == Domain::Layers => braces = format!(" {{ {} }}", shape.name),
        Some(shape) => words[0].push_str(&format!("[{}]", shape.name)),
        None => {}
    }
    if matches!(spec.group, Group::Models | Group::Generated) {
        let names: Vec<String> = spec.options.iter().map(|param| format!("{}=", param.name)).collect();
        let call = if names.is_empty() { String::new() } else { format!("({})", names.join(", ")) };
        return format!("{}{call}{braces}", words[0]);
    }
    if spec.form == Form::Selector {
        words.push("COLUMNS".to_owned());
    }
    let place = |param: &Param| {
        if param.required { param.name.to_uppercase() } else { format!("[{}]", param.name.to_uppercase()) }
    };
    if spec.form == Form::Group {
        words.push("COLUMNS { NAME = AGGREGATE, … }".to_owned());
    } else {
        words.extend(spec.positionals.iter().map(place));
    }
    words.extend(spec.options.iter().map(|param| format!("{}=", param.name)));
    if spec.form == Form::Plain && spec.columns.is_some() {
        words.push("on COLUMNS".to_owned());
    }
    words.extend(spec.alias.map(|param| format!("as {}", param.name.to_uppercase())));
    words.join(" ")
}

/// Describes an effect in a sentence.
#[must_use]
pub fn effect_sentence(effect: Effect) -> &'static str {
    match effect {
        Effect::Source => "a source: starts a pipeline.",
        Effect::Row => "one row at a time; nothing is learned.",
        Effect::Fit => "learns from training rows only, anew in every fold.",
        Effect::RowsTrain => "changes the training rows only; predictions keep every row.",
        Effect::Seq => "uses other rows, in the order of the table.",
        Effect::FitTarget => "learns from training rows and their target, anew in every fold.",
        Effect::RowsAll => "filters, adds or reorders rows, before anything is learned.",
        Effect::Meta => "assigns roles to columns.",
        Effect::Tee => "inspects its input and passes it on.",
        Effect::Sink => "outputs something: a file, a model, a table.",
    }
}

fn write_param(text: &mut String, param: &Param) {
    let default = if param.has_default() { format!(" Default: {}.", param.default_text()) } else { String::new() };
    let entry = wrap(&format!("{} Takes {}.{default}", param.doc, param.domain.describe()), 74);
    let mut lines = entry.lines();
    let _ = writeln!(text, "  {:<14} {}", param.name, lines.next().unwrap_or_default());
    for line in lines {
        let _ = writeln!(text, "  {:<14} {line}", "");
    }
}

fn wrap(text: &str, width: usize) -> String {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let last = lines.last_mut().expect("there is always a line");
        if !last.is_empty() && last.chars().count() + 1 + word.chars().count() > width {
            lines.push(word.to_owned());
        } else {
            if !last.is_empty() {
                last.push(' ');
            }
            last.push_str(word);
        }
    }
    lines.join("\n")
}

fn indent(text: &str) -> String {
    text.lines().map(|line| if line.is_empty() { "\n".to_owned() } else { format!("  {line}\n") }).collect()
}

/// Returns the explanation of a code; `None` if there is none of that name.
#[must_use]
pub fn explain_code(name: &str) -> Option<String> {
    let info: &CodeInfo = code::find(name)?;
    let mut text = format!("{}: {}\n\n{}\n", info.code, info.title, wrap(info.story, 90));
    if !info.bad.is_empty() {
        let _ = write!(text, "\nTriggers it:\n\n{}", indent(info.bad));
    }
    if !info.good.is_empty() {
        let _ = write!(text, "\nFixed:\n\n{}", indent(info.good));
    }
    Some(text)
}
