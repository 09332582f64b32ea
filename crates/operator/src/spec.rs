//! Specifications of verbs and models: the single source of argument checks, help, completion, plan text, the
//! generated reference and generated tests.

use crate::param::leading;
use crate::work::{Fitted, FittedModel, Source, Training};
use crate::{Args, Arguments, Bound, Environment, Param, Place, Registry, TaskKind};
use pipewright_diagnostic::{Code, Failure, Span};
use std::sync::Arc;

/// A verb: its specification and how it is bound.
#[derive(Debug)]
pub struct Verb {
    /// Its specification.
    pub spec: Spec,
    /// Binds checked arguments to work.
    pub bind: fn(&Args, &Environment) -> Result<Bound, ArgumentError>,
    /// The kinds of states that its steps learn and bundles hold; none for verbs that learn nothing.
    pub states: &'static [StateKind],
}

/// A kind of state that is saved in bundles.
#[derive(Debug, Clone, Copy)]
pub struct StateKind {
    /// Its name in bundles: [`Fitted::tag`].
    pub tag: &'static str,
    /// Makes a fitted step from what [`Fitted::save`] gave.
    pub load: LoadStep,
    /// Is this JSON a state of this kind? Asked in order, and only for bundles of version 1, which have no tags.
    pub untagged: fn(&serde_json::Value) -> bool,
}

/// Makes a fitted step from what was saved; a step that holds others finds their verbs in the registry.
pub type LoadStep = fn(&serde_json::Value, &Registry) -> Result<Arc<dyn Fitted>, Failure>;

/// Creates a training from a label, the model's own arguments and those of `train`.
pub type Prepare = fn(label: String, own: &Args, train: &Args) -> Result<Arc<dyn Training>, ArgumentError>;

/// A model for `train`.
pub struct Model {
    /// Its specification; shape and options are the model's hyper-parameters.
    pub spec: Spec,
    /// The tasks that it supports.
    pub tasks: Tasks,
    /// The training options that it takes.
    pub training: &'static [Param],
    /// Creates a training from its own arguments and those of `train`; `label` is its name in reports.
    pub prepare: Prepare,
    /// Restores a fitted model from the result of [`FittedModel::save`].
    pub load: fn(&serde_json::Value) -> Result<Arc<dyn FittedModel>, Failure>,
}

/// A sample data set that is generated: `load moons(n=1000)`.
pub struct Generator {
    /// Its specification; its options stand in parentheses.
    pub spec: Spec,
    /// Binds checked arguments to the source of its rows.
    pub bind: fn(&Args) -> Result<Arc<dyn Source>, ArgumentError>,
}

impl std::fmt::Debug for Generator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.spec.name)
    }
}

impl PartialEq for Generator {
    fn eq(&self, other: &Generator) -> bool {
        self.spec.name == other.spec.name
    }
}

/// The tasks that a model supports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tasks {
    /// Classification.
    Classes,
    /// Regression.
    Numbers,
    /// Classification and regression.
    Both,
}

impl Tasks {
    /// Does it support this task?
    #[must_use]
    pub fn include(self, kind: &TaskKind) -> bool {
        match kind {
            TaskKind::Classes(_) => self != Tasks::Numbers,
            TaskKind::Numbers => self != Tasks::Classes,
        }
    }
}

impl Model {
    /// Returns the names of the training options that it takes.
    pub fn training_options(&self) -> impl Iterator<Item = &'static str> {
        self.training.iter().map(|param| param.name)
    }

    /// Does it take this training option?
    #[must_use]
    pub fn takes(&self, option: &str) -> bool {
        self.training_options().any(|name| name == option)
    }
}

impl std::fmt::Debug for Model {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.spec.name)
    }
}

impl PartialEq for Model {
    fn eq(&self, other: &Model) -> bool {
        self.spec.name == other.spec.name
    }
}

/// The specification of a verb or a model.
#[derive(Debug)]
pub struct Spec {
    /// The name in the language.
    pub name: &'static str,
    /// Its chapter of the reference.
    pub group: Group,
    /// Its version, raised when the verb computes something else for the same arguments; part of a job's fingerprint.
    pub version: u32,
    /// A one-sentence summary, starting with a verb, ending with a full stop.
    pub summary: &'static str,
    /// Details: choices, formulas, treatment of special values.
    pub details: &'static str,
    /// Search terms for users who do not know the name.
    pub search: &'static [&'static str],
    /// Names that other tools have for its options and for words of their values, each with ours: a script that uses one is told
    /// the other.
    pub elsewhere: &'static [(&'static str, &'static str)],
    /// The grammar rule that parses it.
    pub form: Form,
    /// Its input.
    pub input: Flow,
    /// Its output.
    pub output: Flow,
    /// Its effect: what it learns, and from which rows.
    pub effect: Effect,
    /// Its effect on the plan.
    pub structure: Structure,
    /// The attached `[...]`, if it takes one.
    pub shape: Option<Param>,
    /// Positional arguments.
    pub positionals: &'static [Param],
    /// Options.
    pub options: &'static [Param],
    /// The columns after `on`, if it takes them.
    pub columns: Option<Param>,
    /// The name after `as`, if it takes one.
    pub alias: Option<Param>,
    /// Example scripts with their output, which the tests run.
    pub examples: &'static [Example],
}

impl Spec {
    /// Defaults of most specs: a plain stage after a table that passes its flow on. A spec states what differs.
    pub const BASE: Spec = Spec {
        name: "",
        group: Group::Look,
        version: 1,
        summary: "",
        details: "",
        search: &[],
        elsewhere: &[],
        form: Form::Plain,
        input: Flow::Recipe,
        output: Flow::Any,
        effect: Effect::Row,
        structure: Structure::Plain,
        shape: None,
        positionals: &[],
        options: &[],
        columns: None,
        alias: None,
        examples: &[],
    };

    /// Returns [`Spec::BASE`] with the parameters of these arguments.
    #[must_use]
    pub const fn of<A: Arguments>() -> Spec {
        let (shape, rest) = leading(A::PARAMS, &[Place::Shape]);
        let (positionals, rest) = leading(rest, &[Place::Positional]);
        let (options, rest) = leading(rest, &[Place::Option, Place::Training]);
        let (on, rest) = leading(rest, &[Place::On]);
        let (alias, rest) = leading(rest, &[Place::As]);
        let is_ordered = rest.is_empty() && shape.len() < 2 && on.len() < 2 && alias.len() < 2;
        assert!(is_ordered, "shape, positionals, options, on, as: in this order");
        Spec {
            shape: if let [param] = shape { Some(*param) } else { None },
            positionals,
            options,
            columns: if let [param] = on { Some(*param) } else { None },
            alias: if let [param] = alias { Some(*param) } else { None },
            ..Spec::BASE
        }
    }

    /// Returns positionals, then options, then the shape.
    pub fn params(&self) -> impl Iterator<Item = &Param> {
        self.positionals.iter().chain(self.options).chain(&self.shape)
    }
}

/// An example: a small script over a sample table, and its output.
#[derive(Debug, Clone, Copy)]
pub struct Example {
    /// The script.
    pub script: &'static str,
    /// Its exact output.
    pub output: &'static str,
}

/// A chapter of the reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// Sources of tables.
    Source,
    /// Tables that `load` generates.
    Generated,
    /// Selecting columns and rows.
    Choose,
    /// Joining, grouping and reshaping tables.
    Tables,
    /// Roles of columns.
    Roles,
    /// New columns.
    Derive,
    /// Cleaning.
    Clean,
    /// Scaling and transforming numbers.
    Scale,
    /// Encoding.
    Encode,
    /// Feature construction and selection.
    Features,
    /// Different stages for different columns or rows.
    Branch,
    /// Training.
    Learn,
    /// Models of `train`.
    Models,
    /// Layers of the model `net`.
    Layers,
    /// Evaluation.
    Judge,
    /// Inspection.
    Look,
    /// Output.
    Out,
}

impl Group {
    /// Its title.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Group::Source => "Sources",
            Group::Generated => "Generated tables",
            Group::Choose => "Columns and rows",
            Group::Tables => "Tables from tables",
            Group::Roles => "Roles",
            Group::Derive => "New columns",
            Group::Clean => "Cleaning",
            Group::Scale => "Scaling",
            Group::Encode => "Encoding",
            Group::Features => "Features",
            Group::Branch => "Branches",
            Group::Learn => "Learning",
            Group::Models => "Models",
            Group::Layers => "Layers of networks",
            Group::Judge => "Judging",
            Group::Look => "Looking",
            Group::Out => "Output",
        }
    }
}

/// The grammar rule of a stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// `verb [path] key=value`
    Path,
    /// `verb expression`
    Expression,
    /// `verb selector key=value`
    Selector,
    /// `target column`
    Target,
    /// `verb columns { name = expression, … }`
    Group,
    /// `verb { selector => stages … }`
    Routes,
    /// `verb word { stages }`
    Block,
    /// `verb { name: stages … }`
    Arms,
    /// `verb[shape](call) arguments key=value on columns`
    Plain,
}

/// What flows between two stages: the input or output of a stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Flow {
    /// Nothing: the start of a pipeline.
    Nothing,
    /// A table, with nothing learned so far.
    Table,
    /// A table and steps that learn.
    Recipe,
    /// A table, steps and a trained model.
    Learner,
    /// As an output: the same as the input; as an input: anything but `Nothing`.
    Any,
    /// As an input: anything, also nothing. The arguments decide what is needed.
    Anywhere,
}

impl Flow {
    /// May a stage with the input `self` follow a stage with the output `given`?
    #[must_use]
    pub fn accepts(self, given: Flow) -> bool {
        match self {
            Flow::Any => given != Flow::Nothing,
            Flow::Anywhere => true,
            Flow::Recipe => matches!(given, Flow::Table | Flow::Recipe),
            wanted => wanted == given,
        }
    }

    /// Describes it in words.
    #[must_use]
    pub fn describe(self) -> &'static str {
        match self {
            Flow::Nothing => "the start of a pipeline",
            Flow::Table => "a table from which nothing was learned yet",
            Flow::Recipe => "a table",
            Flow::Learner => "a trained model",
            Flow::Any | Flow::Anywhere => "anything",
        }
    }
}

/// The effect of a stage: what it learns, and from which rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Produces a table.
    Source,
    /// Works row by row; learns nothing.
    Row,
    /// Learns from training rows.
    Fit,
    /// Learns from training rows with the target.
    FitTarget,
    /// Changes the training rows only.
    RowsTrain,
    /// Uses other rows, in the order of the table; learns nothing.
    Seq,
    /// Filters, adds or reorders rows, before any split.
    RowsAll,
    /// Assigns roles to columns.
    Meta,
    /// Inspects its input and passes it on.
    Tee,
    /// Outputs something: a file, a model, a table.
    Sink,
}

impl Effect {
    /// Does it depend on the training rows, so that it runs in every fold?
    #[must_use]
    pub fn learns(self) -> bool {
        matches!(self, Effect::Fit | Effect::FitTarget | Effect::RowsTrain)
    }

    /// Strength of an effect; the stronger effect of two combined stages is that of both.
    pub(crate) fn strength(self) -> u8 {
        match self {
            Effect::Row => 0,
            Effect::Tee => 1,
            Effect::Meta => 2,
            Effect::Seq => 3,
            Effect::Source => 4,
            Effect::RowsAll => 5,
            Effect::Fit => 6,
            Effect::FitTarget => 7,
            Effect::RowsTrain => 8,
            Effect::Sink => 9,
        }
    }

    /// Its name in the reference.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Effect::Source => "Source",
            Effect::Row => "Row",
            Effect::Fit => "Fit",
            Effect::FitTarget => "FitY",
            Effect::RowsTrain => "RowsTrain",
            Effect::Seq => "Seq",
            Effect::RowsAll => "RowsAll",
            Effect::Meta => "Meta",
            Effect::Tee => "Tee",
            Effect::Sink => "Sink",
        }
    }
}

/// The effect of a stage on the plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Structure {
    /// None.
    Plain,
    /// Everything above it that learns is fitted anew in every fold.
    Folds,
    /// It demands a final fit on all rows.
    Final,
    /// It sets rows apart: the stages below see the others.
    Holdout,
    /// It judges the pipeline above it on the rows that a holdout has set apart.
    Exam,
    /// It opens branches, on each of which the stages below run.
    Branches,
    /// The stages above it have choices, between which it decides by inner evaluations.
    Search,
}

/// An error of an argument, found while binding.
#[derive(Debug, Clone, PartialEq)]
pub struct ArgumentError {
    /// The code.
    pub code: Code,
    /// The parameter; `None` for the stage.
    pub param: Option<&'static str>,
    /// A more precise span than that of the parameter.
    pub span: Option<Span>,
    /// What is wrong.
    pub message: String,
    /// Lines of help.
    pub help: Vec<String>,
    /// The replacement for the text of the span.
    pub replacement: Option<String>,
}

impl ArgumentError {
    /// Creates an error of the parameter `param`.
    pub fn of(param: &'static str, code: Code, message: impl Into<String>) -> ArgumentError {
        ArgumentError {
            code,
            param: Some(param),
            span: None,
            message: message.into(),
            help: Vec::new(),
            replacement: None,
        }
    }

    /// Adds a line of help.
    #[must_use]
    pub fn help(mut self, line: impl Into<String>) -> ArgumentError {
        self.help.push(line.into());
        self
    }

    /// Sets a more precise span.
    #[must_use]
    pub fn at(mut self, span: Span) -> ArgumentError {
        self.span = Some(span);
        self
    }

    /// Sets the replacement.
    #[must_use]
    pub fn replacement(mut self, text: impl Into<String>) -> ArgumentError {
        self.replacement = Some(text.into());
        self
    }
}
