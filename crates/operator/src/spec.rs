//! The specification of a verb or a model: the single source of argument checks, help, completion, plan text,
//! generated reference and generated tests.

use crate::param::leading;
use crate::work::{Fitted, FittedModel, Training};
use crate::{Args, Arguments, Bound, Environment, Param, Place, Registry, TaskKind};
use pipewright_diagnostic::{Code, Failure, Span};
use std::sync::Arc;

/// A verb: what it is and how it binds.
#[derive(Debug)]
pub struct Verb {
    /// What it is.
    pub spec: Spec,
    /// Turns checked arguments into something that works.
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

/// Makes a training of a label, the model's own arguments and those of `train`.
pub type Prepare = fn(label: String, own: &Args, train: &Args) -> Result<Arc<dyn Training>, ArgumentError>;

/// A model that `train` can train.
pub struct Model {
    /// What it is; its shape and options are the model's own hyper-parameters.
    pub spec: Spec,
    /// What it can predict.
    pub tasks: Tasks,
    /// The options that it takes from the stage that trains it.
    pub training: &'static [Param],
    /// Turns its own arguments and those of `train` into a training; `label` is how reports call it.
    pub prepare: Prepare,
    /// Re-creates a fitted model from what [`FittedModel::save`] gave.
    pub load: fn(&serde_json::Value) -> Result<Arc<dyn FittedModel>, Failure>,
}

/// What a model can predict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tasks {
    /// Classes.
    Classes,
    /// Numbers.
    Numbers,
    /// Classes or numbers.
    Both,
}

impl Tasks {
    /// Can it predict the target of such a task?
    #[must_use]
    pub fn include(self, kind: &TaskKind) -> bool {
        match kind {
            TaskKind::Classes(_) => self != Tasks::Numbers,
            TaskKind::Numbers => self != Tasks::Classes,
        }
    }
}

impl Model {
    /// The names of the options that it takes from the stage that trains it.
    pub fn training_options(&self) -> impl Iterator<Item = &'static str> {
        self.training.iter().map(|param| param.name)
    }

    /// Does it take this option from the stage that trains it?
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

/// Everything there is to say about a verb or a model.
#[derive(Debug)]
pub struct Spec {
    /// The name in the language.
    pub name: &'static str,
    /// Which chapter of the reference it belongs to.
    pub group: Group,
    /// Raised when the verb starts to compute something else for the same arguments: it is part of what a job is.
    pub version: u32,
    /// One sentence, starting with a verb, ending with a full stop.
    pub summary: &'static str,
    /// More sentences: choices, formulas, what happens to odd values.
    pub details: &'static str,
    /// Words that somebody may search for who does not know the name.
    pub search: &'static [&'static str],
    /// Which part of the grammar reads it.
    pub form: Form,
    /// What must stand before it.
    pub input: Flow,
    /// What it hands on.
    pub output: Flow,
    /// What it learns, and from which rows.
    pub effect: Effect,
    /// How it rewrites the plan.
    pub structure: Structure,
    /// The attached `[...]`, if it takes one.
    pub shape: Option<Param>,
    /// Arguments by place.
    pub positionals: &'static [Param],
    /// Arguments by name.
    pub options: &'static [Param],
    /// What stands after `on`, if it takes that.
    pub columns: Option<Param>,
    /// Small scripts with their output, which the tests run.
    pub examples: &'static [Example],
}

impl Spec {
    /// What most specs share: a plain stage behind a table that passes its sort on. A spec states what differs.
    pub const BASE: Spec = Spec {
        name: "",
        group: Group::Look,
        version: 1,
        summary: "",
        details: "",
        search: &[],
        form: Form::Plain,
        input: Flow::Recipe,
        output: Flow::Any,
        effect: Effect::Row,
        structure: Structure::Plain,
        shape: None,
        positionals: &[],
        options: &[],
        columns: None,
        examples: &[],
    };

    /// [`Spec::BASE`] with the parameters of these arguments.
    #[must_use]
    pub const fn of<A: Arguments>() -> Spec {
        let (shape, rest) = leading(A::PARAMS, &[Place::Shape]);
        let (positionals, rest) = leading(rest, &[Place::Positional]);
        let (options, rest) = leading(rest, &[Place::Option, Place::Training]);
        let (on, rest) = leading(rest, &[Place::On]);
        assert!(rest.is_empty() && shape.len() < 2 && on.len() < 2, "shape, positionals, options, on: in this order");
        Spec {
            shape: if let [param] = shape { Some(*param) } else { None },
            positionals,
            options,
            columns: if let [param] = on { Some(*param) } else { None },
            ..Spec::BASE
        }
    }

    /// Positionals, then options, then the shape.
    pub fn params(&self) -> impl Iterator<Item = &Param> {
        self.positionals.iter().chain(self.options).chain(&self.shape)
    }
}

/// A small script over the sample table of the reference, and what it prints.
#[derive(Debug, Clone, Copy)]
pub struct Example {
    /// The script.
    pub script: &'static str,
    /// Its output, word for word.
    pub output: &'static str,
}

/// A chapter of the reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// Where tables come from.
    Source,
    /// Choosing columns and rows.
    Choose,
    /// Tables from tables.
    Tables,
    /// What columns are for.
    Roles,
    /// New columns.
    Derive,
    /// Filling and repairing.
    Clean,
    /// Bringing numbers to one scale.
    Scale,
    /// Turning names into numbers.
    Encode,
    /// Making and choosing features.
    Features,
    /// Different ways for different columns or rows.
    Branch,
    /// Learning.
    Learn,
    /// Models that `train` knows.
    Models,
    /// Judging.
    Judge,
    /// Looking.
    Look,
    /// What leaves the pipeline.
    Out,
}

impl Group {
    /// Its title.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Group::Source => "Sources",
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
            Group::Judge => "Judging",
            Group::Look => "Looking",
            Group::Out => "Output",
        }
    }
}

/// Which rule of the grammar reads the stage.
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

/// What a stage takes or passes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Flow {
    /// Nothing: the start of a pipeline.
    Nothing,
    /// A table; whatever happened so far learned nothing.
    Table,
    /// A table and steps that learn.
    Recipe,
    /// A recipe and a model.
    Learner,
    /// Whatever came in (as an output), or anything but nothing (as an input).
    Any,
    /// As an input: anything, also nothing. The arguments decide what is needed.
    Anywhere,
}

impl Flow {
    /// May a stage that wants `self` stand behind one that hands on `given`?
    #[must_use]
    pub fn accepts(self, given: Flow) -> bool {
        match self {
            Flow::Any => given != Flow::Nothing,
            Flow::Anywhere => true,
            Flow::Recipe => matches!(given, Flow::Table | Flow::Recipe),
            wanted => wanted == given,
        }
    }

    /// What it is, in words.
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

/// What a stage learns, and from which rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Brings a table in.
    Source,
    /// One row at a time, nothing learned.
    Row,
    /// Learns from training rows.
    Fit,
    /// Learns from training rows with the target.
    FitTarget,
    /// Changes the training rows, and no others.
    RowsTrain,
    /// Looks at other rows, in the order in which they stand; learns nothing.
    Seq,
    /// Changes which rows there are, before any split.
    RowsAll,
    /// Says what columns are for.
    Meta,
    /// Looks and passes its input on.
    Tee,
    /// Takes something out.
    Sink,
}

impl Effect {
    /// Does it belong to the training rows, and so into every fold?
    #[must_use]
    pub fn learns(self) -> bool {
        matches!(self, Effect::Fit | Effect::FitTarget | Effect::RowsTrain)
    }

    /// Of two stages that are one, the effect of greater strength is that of both.
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

/// How a stage rewrites the plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Structure {
    /// Not at all.
    Plain,
    /// Everything above it that learns is fitted anew in every fold.
    Folds,
    /// It pulls one final fit on all training rows.
    Final,
    /// It opens branches, on each of which the stages below are done.
    Branches,
}

/// Something wrong with one argument, found while binding.
#[derive(Debug, Clone, PartialEq)]
pub struct ArgumentError {
    /// The code.
    pub code: Code,
    /// The parameter to blame; the stage, if none.
    pub param: Option<&'static str>,
    /// A closer place than the parameter's own.
    pub span: Option<Span>,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: Vec<String>,
    /// What to write instead of what stands at the place.
    pub replacement: Option<String>,
}

impl ArgumentError {
    /// A fault of the parameter `param`.
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

    /// Names a closer place.
    #[must_use]
    pub fn at(mut self, span: Span) -> ArgumentError {
        self.span = Some(span);
        self
    }

    /// Says what to write instead.
    #[must_use]
    pub fn replacement(mut self, text: impl Into<String>) -> ArgumentError {
        self.replacement = Some(text.into());
        self
    }
}
