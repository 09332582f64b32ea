//! Checked arguments of a stage, as passed to its verb.

use crate::{Argument, ArgumentError, Block, Generator, LayerKind, Model, Param, Route};
use pipewright_diagnostic::{Span, Spanned, code};
use pipewright_frame::{Expression, Selection};
use pipewright_syntax::written_name;
use std::fmt;

/// A value of an argument, with names and parameters resolved.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// `null`
    Null,
    /// `true`, `false`
    Bool(bool),
    /// `32`
    Int(i64),
    /// `0.001`
    Float(f64),
    /// `20%`, as a fraction
    Fraction(f64),
    /// `"text"`
    Text(String),
    /// A bare word.
    Word(String),
    /// `[64, 32, 1]`
    List(Vec<Spanned<Value>>),
    /// A model and its own arguments.
    Model(Box<Chosen>),
    /// A file, as written.
    Path(String),
    /// A sample data set.
    Sample(String),
    /// A generator of sample data and its own arguments.
    Generator(Box<ChosenGenerator>),
    /// Layers of a network, in braces.
    Layers(Layers),
    /// `7d`: in seconds, and as written.
    Duration(f64, String),
    /// The name of another table of the script.
    Table(String),
    /// `word("text")`
    Call(String, Box<Value>),
    /// `word[5]`
    Sized(String, usize),
    /// A column's name.
    Column(String),
    /// A selection of columns, with its text.
    Columns {
        /// The selection.
        selection: Selection,
        /// As written.
        text: String,
    },
    /// `name = expression, …`
    Assigns(Vec<Assigned>),
    /// `new=old …`, pairs of names.
    Renames(Vec<Renamed>),
    /// Stages in braces.
    Block(Block),
    /// Selections of columns, each with its stages.
    Routes(Vec<Route>),
    /// An expression, with its text.
    Condition {
        /// The expression.
        expression: Expression,
        /// As written.
        text: String,
    },
}

/// `name = expression`.
#[derive(Debug, Clone, PartialEq)]
pub struct Assigned {
    /// The name of the new column.
    pub name: String,
    /// Its expression.
    pub expression: Expression,
    /// The expression as written.
    pub text: String,
}

impl fmt::Display for Assigned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} = {}", written_name(&self.name), self.text)
    }
}

/// `new=old`.
#[derive(Debug, Clone, PartialEq)]
pub struct Renamed {
    /// The new name.
    pub new: String,
    /// The old name.
    pub old: String,
}

impl fmt::Display for Renamed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", written_name(&self.new), written_name(&self.old))
    }
}

/// A model of the registry, with its arguments.
#[derive(Debug, Clone, PartialEq)]
pub struct Chosen {
    /// The model.
    pub model: &'static Model,
    /// Its shape and hyper-parameters.
    pub args: Args,
    /// Its pipeline, if it is written as one in braces: `{ scale | train ridge }`.
    pub pipeline: Option<Box<ModelPipeline>>,
}

/// The pipeline in braces that a model is the end of.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelPipeline {
    /// The steps before the model.
    pub steps: Block,
    /// The verb that trains it.
    pub trainer: &'static str,
}

/// A generator of the registry, with its arguments.
#[derive(Debug, Clone, PartialEq)]
pub struct ChosenGenerator {
    /// The generator.
    pub generator: &'static Generator,
    /// Its arguments.
    pub args: Args,
}

/// A chain of layers of a network, first to last.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Layers(pub Vec<Spanned<ChosenLayer>>);

/// A layer of the registry, with its arguments.
#[derive(Debug, Clone, PartialEq)]
pub struct ChosenLayer {
    /// The kind of layer.
    pub kind: &'static LayerKind,
    /// Its arguments.
    pub args: Args,
}

impl Value {
    /// Returns the word and its attached number, if it is a word.
    #[must_use]
    pub fn word(&self) -> Option<(&str, Option<usize>)> {
        match self {
            Value::Word(word) => Some((word, None)),
            Value::Sized(word, size) => Some((word, Some(*size))),
            Value::Call(word, _) => Some((word, None)),
            _ => None,
        }
    }

    /// Returns the case of a choice: its word, else `number`, `share`, `text` or `duration`.
    #[must_use]
    pub fn case(&self) -> Option<&str> {
        match self {
            Value::Int(_) | Value::Float(_) => Some("number"),
            Value::Fraction(_) => Some("share"),
            Value::Text(_) => Some("text"),
            Value::Duration(..) => Some("duration"),
            Value::Model(chosen) => Some(chosen.model.spec.name),
            other => other.word().map(|(word, _)| word),
        }
    }

    /// Returns the number, if it is a plain one (not a share).
    #[must_use]
    pub fn number(&self) -> Option<f64> {
        match self {
            Value::Int(number) => Some(*number as f64),
            Value::Float(number) => Some(*number),
            _ => None,
        }
    }
}

impl Value {
    /// Formats it for help: numbers without a trailing `.0`.
    #[must_use]
    pub fn brief(&self) -> String {
        match self {
            Value::Float(number) => number.to_string(),
            other => other.to_string(),
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Null => f.write_str("null"),
            Value::Bool(truth) => write!(f, "{truth}"),
            Value::Int(number) => write!(f, "{number}"),
            Value::Float(number) => write!(f, "{number:?}"),
            Value::Fraction(share) => {
                // 15% is exactly 0.15 as written; the product would print 15.000000000000002%.
                let percent = (share * 1e10).round() / 1e8;
                write!(f, "{percent}%")
            }
            Value::Text(text) => write!(f, "{text:?}"),
            Value::Word(word) => f.write_str(word),
            Value::List(items) => {
                f.write_str("[")?;
                for (index, item) in items.iter().enumerate() {
                    write!(f, "{}{}", if index == 0 { "" } else { ", " }, item.node)?;
                }
                f.write_str("]")
            }
            Value::Model(chosen) => write!(f, "{chosen}"),
            Value::Generator(chosen) => write!(f, "{chosen}"),
            Value::Layers(layers) => write!(f, "{layers}"),
            Value::Path(path) => f.write_str(&written_path(path)),
            Value::Duration(_, text) => f.write_str(text),
            Value::Sample(name) | Value::Table(name) => f.write_str(name),
            Value::Call(word, argument) => write!(f, "{word}({argument})"),
            Value::Sized(word, size) => write!(f, "{word}[{size}]"),
            Value::Column(name) => f.write_str(&written_name(name)),
            Value::Block(block) => write!(f, "{{ {block} }}"),
            Value::Routes(routes) => {
                f.write_str("{\n")?;
                routes.iter().try_for_each(|route| writeln!(f, "    {} => {}", route.text, route.block))?;
                f.write_str("  }")
            }
            Value::Columns { text, .. } | Value::Condition { text, .. } => f.write_str(text),
            Value::Assigns(assigns) => f.write_str(&joined(assigns, ", ")),
            Value::Renames(renames) => f.write_str(&joined(renames, " ")),
        }
    }
}

fn joined(items: &[impl fmt::Display], between: &str) -> String {
    items.iter().map(ToString::to_string).collect::<Vec<_>>().join(between)
}

impl fmt::Display for Chosen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.pipeline {
            None => self.write_model(f),
            Some(pipeline) => {
                let between = if pipeline.steps.stages().is_empty() { "" } else { " | " };
                write!(f, "{{ {}{between}{} ", pipeline.steps, pipeline.trainer)?;
                self.write_model(f)?;
                f.write_str(" }")
            }
        }
    }
}

/// The longest label of a model in reports that is not shortened, in characters.
const LABEL_MAX: usize = 90;

impl Chosen {
    /// Returns the label of the model in reports: as a script writes it, or without what is in brackets if that is long.
    #[must_use]
    pub fn label(&self) -> String {
        let text = self.to_string();
        match (text.find('['), text.rfind(']')) {
            (Some(start), Some(end)) if text.chars().count() > LABEL_MAX => {
                format!("{}[…]{}", &text[..start], &text[end + 1..])
            }
            _ => text,
        }
    }

    fn write_model(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.model.spec.name)?;
        let (mut call, mut braces) = (Vec::new(), String::new());
        for (name, value) in self.args.given() {
            if Some(name) == self.model.spec.shape.as_ref().map(|shape| shape.name) {
                let text = value.node.to_string().replace(", ", ",");
                match value.node {
                    Value::Layers(ref layers) => braces = format!(" {layers}"),
                    Value::List(_) => f.write_str(&text)?,
                    _ => write!(f, "[{text}]")?,
                }
            } else {
                call.push(format!("{name}={}", value.node));
            }
        }
        if !call.is_empty() {
            write!(f, "({})", call.join(", "))?;
        }
        f.write_str(&braces)
    }
}

impl fmt::Display for Layers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let layers: Vec<String> = self.0.iter().map(|layer| layer.node.to_string()).collect();
        write!(f, "{{ {} }}", layers.join(" | "))
    }
}

impl fmt::Display for ChosenLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let spec = &self.kind.spec;
        f.write_str(spec.name)?;
        let is_of = |params: &[Param], name: &str| params.iter().any(|param| param.name == name);
        for (name, value) in self.args.given() {
            if is_of(spec.shape.as_slice(), name) {
                write!(f, "[{}]", value.node)?;
            } else if is_of(spec.positionals, name) {
                write!(f, " {}", value.node)?;
            } else {
                write!(f, " {name}={}", value.node)?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for ChosenGenerator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.generator.spec.name)?;
        let given: Vec<String> = self.args.given().map(|(name, value)| format!("{name}={}", value.node)).collect();
        if given.is_empty() { Ok(()) } else { write!(f, "({})", given.join(", ")) }
    }
}

/// A path as script text: bare if the grammar allows, else quoted.
fn written_path(path: &str) -> String {
    let bare = |c: char| c.is_alphanumeric() || matches!(c, '.' | '/' | '_' | '-' | ':' | '*');
    let is_file = path == "-" || path.contains(['.', '/', '*', ':']);
    if is_file && path.chars().all(bare) { path.to_owned() } else { format!("{path:?}") }
}

#[derive(Debug, Clone, PartialEq)]
struct Entry {
    name: &'static str,
    value: Spanned<Value>,
    given: bool,
}

/// The arguments of a stage by parameter name, each with its span; arguments not given have their defaults.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Args {
    entries: Vec<Entry>,
}

impl Args {
    /// Sets a parameter to a value given in the script.
    pub fn give(&mut self, name: &'static str, value: Spanned<Value>) {
        self.entries.push(Entry { name, value, given: true });
    }

    /// Sets a parameter to its default; `span` is the stage.
    pub fn assume(&mut self, name: &'static str, value: Value, span: Span) {
        self.entries.push(Entry { name, value: Spanned::new(value, span), given: false });
    }

    /// Replaces the value of a parameter, and keeps its span.
    pub fn replace(&mut self, name: &str, value: Value) {
        if let Some(entry) = self.entries.iter_mut().find(|entry| entry.name == name) {
            entry.value.node = value;
        }
    }

    /// Returns the arguments given in the script, in order.
    pub fn given(&self) -> impl Iterator<Item = (&'static str, &Spanned<Value>)> {
        self.entries.iter().filter(|entry| entry.given).map(|entry| (entry.name, &entry.value))
    }

    /// Returns all values, given or default.
    pub(crate) fn values(&self) -> impl Iterator<Item = &Value> {
        self.entries.iter().map(|entry| &entry.value.node)
    }

    /// Is it given in the script?
    #[must_use]
    pub fn is_given(&self, name: &str) -> bool {
        self.given().any(|(given, _)| given == name)
    }

    /// Returns the value of a parameter, given or default.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.entries.iter().find(|entry| entry.name == name).map(|entry| &entry.value.node)
    }

    /// Returns the span of a parameter; for a default, that of the stage.
    #[must_use]
    pub fn span(&self, name: &str) -> Option<Span> {
        self.entries.iter().find(|entry| entry.name == name).map(|entry| entry.value.span)
    }

    /// Returns the argument of a parameter, typed.
    ///
    /// # Errors
    /// An [`ArgumentError`] if it is missing and its type requires a value.
    pub fn read<T: Argument>(&self, name: &'static str) -> Result<T, ArgumentError> {
        let read = match self.get(name) {
            Some(value) => T::from_value(value),
            None => T::absent(),
        };
        read.ok_or_else(|| {
            let message = format!("`{name}` is missing: it is {}", T::DOMAIN.describe());
            ArgumentError::of(name, code::MISSING_ARGUMENT, message)
        })
    }

    /// Returns a whole number, if there is one.
    #[must_use]
    pub fn whole(&self, name: &str) -> Option<usize> {
        match self.get(name)? {
            Value::Int(number) => usize::try_from(*number).ok(),
            _ => None,
        }
    }

    /// Returns the name of the table, if there is one.
    #[must_use]
    pub fn table(&self, name: &str) -> Option<&str> {
        match self.get(name)? {
            Value::Table(table) => Some(table),
            _ => None,
        }
    }

    /// Returns the selection of columns, if there is one.
    #[must_use]
    pub fn columns(&self, name: &str) -> Option<&Selection> {
        match self.get(name)? {
            Value::Columns { selection, .. } => Some(selection),
            _ => None,
        }
    }

    /// Replaces a selection by the columns that it resolved to.
    pub(crate) fn settle(&mut self, name: &str, columns: Selection) {
        for entry in self.entries.iter_mut().filter(|entry| entry.name == name) {
            if let Value::Columns { selection, .. } = &mut entry.value.node {
                *selection = columns.clone();
            }
        }
    }

    /// Returns the chosen model, if there is one.
    #[must_use]
    pub fn model(&self, name: &str) -> Option<&Chosen> {
        match self.get(name)? {
            Value::Model(chosen) => Some(chosen),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_print_as_they_are_written() {
        assert_eq!(Value::Fraction(0.15).to_string(), "15%");
        assert_eq!(Value::Fraction(0.005).to_string(), "0.5%");
        assert_eq!(Value::Float(1e-3).to_string(), "0.001");
        assert_eq!(Value::Column("Beak Length (mm)".to_owned()).to_string(), "`Beak Length (mm)`");
        assert_eq!(Value::Column("on".to_owned()).to_string(), "`on`", "a reserved word is no bare name");
        assert_eq!(Value::Path("a/b.csv".to_owned()).to_string(), "a/b.csv");
        assert_eq!(Value::Path("my file.csv".to_owned()).to_string(), "\"my file.csv\"");
    }
}
