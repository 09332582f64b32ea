//! The check of a pipeline: walks its stages with flow, schema and target, adds implied steps, and reports everything
//! that can be found before a row is read.

mod block;
mod exam;
mod expected;
mod files;
mod fork;
mod implied;
mod learning;
mod order;
mod other;
mod provenance;
mod schema;
mod search;
mod tables;
mod work;

use crate::bind::{bind, find_verb};
use crate::expand::{Flat, STAGES_MAX};
use crate::model::{Branch, Line, Node, Other, Pin, Pipeline, Plan};
use crate::path::Path;
pub(crate) use block::whole_arm;
use implied::Implied;
pub use other::sourced;
use pipewright_diagnostic::{Diagnostic, Span, code};
use pipewright_frame::{Column, Complete, Schema};
use pipewright_operator::{Block, Environment, Flow, Form, Structure, Verb};
use pipewright_syntax::{Core, Stage};
use provenance::Provenance;
use std::collections::BTreeMap;
use std::sync::Arc;
use tables::{Joined, Tables};

/// Options of the command line for all plans.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Makes implied steps errors.
    pub strict: bool,
    /// The column to predict, overriding the script.
    pub target: Option<String>,
    /// The default seed.
    pub seed: u64,
}

/// Checks pipelines with the most that is known about each: `pins[i]` for pipeline `i` if the data has been read,
/// else the head of the data, else the script alone.
#[must_use]
pub fn plan(
    pipelines: &[Flat],
    text: &str,
    pins: &[Option<Pin>],
    options: &Options,
    environment: &Environment,
) -> (Plan, Vec<Diagnostic>) {
    let mut plan = Plan { nodes: Vec::new(), pipelines: Vec::new(), seed: options.seed };
    let mut diagnostics = files::reads_of_own_files(pipelines, environment);
    let own: Vec<Span> = diagnostics.iter().map(|diagnostic| diagnostic.labels[0].span).collect();
    for (index, flat) in pipelines.iter().enumerate() {
        let pin = pins.get(index).and_then(Option::as_ref);
        let mut walk = Walk::new(text, pin, options, environment, &flat.named);
        walk.nodes = std::mem::take(&mut plan.nodes);
        let (before, mut pipeline) = (walk.nodes.len(), walk.pipeline(&flat.stages));
        let expected = expected::expected(&walk.nodes[before..]);
        if !expected.is_empty() {
            // A saved pipeline further down knows the kinds of the columns, so the data is read as it says.
            let mut nodes = walk.nodes;
            nodes.truncate(before);
            walk = Walk::new(text, pin, options, environment, &flat.named);
            (walk.nodes, walk.expected) = (nodes, expected);
            pipeline = walk.pipeline(&flat.stages);
        }
        plan.pipelines.push(pipeline);
        plan.nodes = walk.nodes;
        walk.diagnostics.retain(|said| said.code != code::CANNOT_READ || !own.contains(&said.labels[0].span));
        diagnostics.append(&mut walk.diagnostics);
    }
    if diagnostics.iter().all(|diagnostic| !diagnostic.is_error()) {
        diagnostics.extend(files::unread_data(&plan, environment));
    }
    (plan, diagnostics)
}

struct Walk<'a> {
    text: &'a str,
    pin: Option<&'a Pin>,
    options: &'a Options,
    environment: &'a Environment,
    nodes: Vec<Node>,
    diagnostics: Vec<Diagnostic>,
    /// The tables named by `let`.
    named: &'a BTreeMap<String, Vec<Stage>>,
    /// The names of the tables around this one, which it is joined to.
    within: Vec<String>,
    tables: Tables,
    /// Does a stage ask in which columns no value is missing?
    asks_complete: bool,
    /// The pipelines in braces that stand in place of models in the current stage, and their steps.
    blocks: Vec<(pipewright_syntax::Pipeline, Block)>,
    /// The columns of the source that a saved pipeline expects.
    expected: Vec<Column>,
    /// The current branch.
    at: Here,
}

/// State of the walk on one branch.
#[derive(Clone)]
struct Here {
    branch: Branch,
    flow: Flow,
    schema: Option<Schema>,
    removed: BTreeMap<String, Span>,
    /// What columns, rows and their order depend on.
    provenance: Provenance,
    /// A feature computed from the target of earlier rows, and the stage that computes it.
    past_of_target: Option<(Arc<str>, Span)>,
    target_span: Option<Span>,
    trains: bool,
    judged: bool,
    /// Does every stage only change or look at the table, so that none is evaluated, saved or forked?
    only_looks: bool,
    /// Does a stage of the script name the target (valid or not)?
    names_target: bool,
    /// Is the target still to be implied?
    lacks_target: bool,
    /// Is the flow unknown, because the stage above is invalid?
    adrift: bool,
    /// Number of other tables joined so far.
    others: usize,
    /// The columns in which no value is missing; `None` above the first stage that learns.
    complete: Option<Complete>,
    /// Does the data have no rows yet? Then the names of columns are known, and no kind is.
    header_only: bool,
}

impl Here {
    fn start() -> Here {
        Here {
            branch: Branch::default(),
            flow: Flow::Nothing,
            schema: None,
            removed: BTreeMap::new(),
            provenance: Provenance::default(),
            past_of_target: None,
            target_span: None,
            trains: false,
            judged: false,
            only_looks: false,
            names_target: false,
            lacks_target: false,
            adrift: false,
            others: 0,
            complete: None,
            header_only: false,
        }
    }

    /// Continues after an invalid stage: nothing is known of the table from here on.
    fn lost(&mut self) {
        self.schema = None;
        self.adrift = true;
    }
}

impl<'a> Walk<'a> {
    fn new(
        text: &'a str,
        pin: Option<&'a Pin>,
        options: &'a Options,
        environment: &'a Environment,
        named: &'a BTreeMap<String, Vec<Stage>>,
    ) -> Walk<'a> {
        let (nodes, diagnostics, at) = (Vec::new(), Vec::new(), Here::start());
        let (within, tables, expected) = (Vec::new(), Tables::default(), Vec::new());
        let (asks_complete, blocks) = (false, Vec::new());
        Walk {
            text,
            pin,
            options,
            environment,
            nodes,
            diagnostics,
            named,
            within,
            tables,
            asks_complete,
            blocks,
            expected,
            at,
        }
    }

    fn say(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// The stages of the current branch.
    fn path(&self) -> Path<'_> {
        Path::new(&self.nodes, &self.at.branch)
    }

    /// The last stage of the current branch.
    fn last(&self) -> Option<&Node> {
        self.at.branch.path.last().map(|&id| &self.nodes[id])
    }

    fn pipeline(&mut self, stages: &[Stage]) -> Pipeline {
        let mut verbs = Vec::new();
        let complete = self.survey(stages, &mut verbs);
        let any = |test: &dyn Fn(&Verb) -> bool| verbs.iter().any(|verb| test(verb));
        self.at.trains = any(&|verb| verb.spec.output == Flow::Learner && verb.spec.effect.learns());
        self.at.judged = any(&|verb| matches!(verb.spec.structure, Structure::Folds | Structure::Exam));
        self.at.only_looks = !self.at.trains && !any(&|verb| verb.spec.structure != Structure::Plain);
        self.at.names_target = any(&|verb| verb.spec.form == Form::Target);
        self.at.lacks_target = self.at.trains && !self.at.names_target;
        let start = std::mem::replace(&mut self.at, Here::start());
        let (mut open, mut outline) = self.stages(stages, vec![start]);
        self.in_each(&mut open, &mut outline, |walk| {
            walk.learning_without_a_model();
            if complete && walk.diagnostics.iter().all(|diagnostic| !diagnostic.is_error()) {
                walk.imply_end();
            }
        });
        let branches = open.into_iter().map(|here| here.branch).collect();
        Pipeline { branches, asks_complete: self.asks_complete, outline }
    }

    /// The verbs of stages, including those in arms; and whether all of them are known.
    fn survey(&mut self, stages: &[Stage], verbs: &mut Vec<&'static Verb>) -> bool {
        let mut complete = true;
        for stage in stages {
            match find_verb(stage, self.environment.registry) {
                Ok(verb) => verbs.push(verb),
                Err(problem) => {
                    self.diagnostics.extend(problem);
                    complete = false;
                    continue;
                }
            }
            if let Core::Arms { arms, .. } = &stage.core {
                for arm in arms {
                    complete &= self.survey(&arm.pipeline.stages, verbs);
                }
            }
        }
        complete
    }

    /// Walks stages on all open branches; a fork opens more of them, and a search looks at several versions of them.
    fn stages(&mut self, stages: &[Stage], open: Vec<Here>) -> (Vec<Here>, Vec<Line>) {
        let span = match self.searched(stages) {
            search::Found::Nothing => return self.plain(stages, open),
            search::Found::Searched(span) => span,
            search::Found::Undecided(place) => {
                let (mut open, outline) = self.plain(&stages[..place], open);
                open.iter_mut().for_each(Here::lost);
                return (open, outline);
            }
        };
        let (mut open, mut outline) = self.plain(&stages[..span.first], open);
        self.search(stages, span, &mut open, &mut outline);
        let (open, below) = self.plain(&stages[span.search + 1..], open);
        outline.extend(below);
        (open, outline)
    }

    fn plain(&mut self, stages: &[Stage], mut open: Vec<Here>) -> (Vec<Here>, Vec<Line>) {
        let mut outline = Vec::new();
        for stage in stages {
            // An unknown verb is already reported.
            let Ok(verb) = find_verb(stage, self.environment.registry) else {
                open.iter_mut().for_each(Here::lost);
                continue;
            };
            if verb.spec.structure == Structure::Branches {
                open = self.fork(stage, verb, open, &mut outline);
            } else if self.takes_one_branch(stage, verb, &open) {
                self.in_each(&mut open, &mut outline, |walk| {
                    walk.imply_before(stage, verb);
                    walk.stage(stage, verb, None);
                });
            }
        }
        (open, outline)
    }

    /// Runs `work` on every open branch. Equal diagnostics of several branches are reported once.
    fn in_each(&mut self, open: &mut [Here], outline: &mut Vec<Line>, mut work: impl FnMut(&mut Self)) {
        let before = self.diagnostics.len();
        for (place, here) in open.iter_mut().enumerate() {
            std::mem::swap(&mut self.at, here);
            let start = self.at.branch.path.len();
            work(self);
            if place == 0 {
                outline.extend(self.at.branch.path[start..].iter().copied().map(Line::Stage));
            }
            std::mem::swap(&mut self.at, here);
        }
        if open.len() > 1 {
            self.once(before);
        }
    }

    /// The diagnostics since then, without duplicates.
    fn once(&mut self, before: usize) {
        let said = self.diagnostics.split_off(before);
        for diagnostic in said {
            if !self.diagnostics[before..].contains(&diagnostic) {
                self.diagnostics.push(diagnostic);
            }
        }
    }

    /// Adds implied stages before a stage that learns.
    fn imply_before(&mut self, stage: &Stage, verb: &'static Verb) {
        if verb.spec.structure == Structure::Holdout && std::mem::take(&mut self.at.lacks_target) {
            self.imply_target();
        }
        if !verb.spec.effect.learns() {
            return;
        }
        if std::mem::take(&mut self.at.lacks_target) {
            self.imply_target();
        }
        self.close();
        if verb.spec.output == Flow::Learner {
            let accepts = self.accepted_by(stage, verb);
            self.imply_encode(accepts);
        }
    }

    fn stage(&mut self, stage: &Stage, verb: &'static Verb, implied: Option<Implied>) {
        let before = self.diagnostics.len();
        if self.nodes.len() >= STAGES_MAX {
            // Tables that several stages join are checked for each of them, which can grow exponentially.
            let said = |said: &Diagnostic| said.code == code::SCRIPT_TOO_LONG;
            if !self.diagnostics.iter().any(said) {
                let message = format!("more than {STAGES_MAX} stages with those of joined tables");
                self.say(Diagnostic::error(code::SCRIPT_TOO_LONG, message).label(stage.span, "over the limit here"));
            }
            return self.at.lost();
        }
        self.pipelines_of_models(&stage.core);
        let scope = self.scope(false);
        let stage = &self.with_target_of_command_line(stage);
        let mut bound_args = bind(stage, &verb.spec, self.environment, &scope);
        self.diagnostics.append(&mut bound_args.problems);
        self.braces(&stage.core, verb, &mut bound_args.args);
        if self.at.header_only {
            // What is selected by kind is not known.
            let is_about = |said: &Diagnostic| matches!(said.code, code::NOTHING_SELECTED | code::DUPLICATE_COLUMN);
            let said = self.diagnostics.split_off(before);
            self.diagnostics.extend(said.into_iter().filter(|said| !is_about(said)));
        }
        self.check_flow(stage, verb);
        if self.diagnostics[before..].iter().all(|diagnostic| !diagnostic.is_error()) {
            self.work(stage.span, verb, bound_args.args, implied.as_ref());
        }
        if verb.spec.structure == Structure::Holdout {
            self.close();
        }
        if verb.spec.output != Flow::Any {
            self.at.flow = verb.spec.output;
            self.at.adrift = false;
        }
        if self.at.flow == Flow::Table && self.last().is_some_and(|node| node.footprint.effect.learns()) {
            // It learns because of its arguments.
            self.at.flow = Flow::Recipe;
        }
        if let Some(Implied { anchor, .. }) = implied {
            let labels = self.diagnostics[before..].iter_mut().flat_map(|diagnostic| &mut diagnostic.labels);
            labels.for_each(|label| label.span = anchor);
        }
    }

    /// At the first stage that learns, open groups of columns are replaced by their members if the table has been read.
    fn close(&mut self) {
        let is_first = self.path().shared_end() == self.at.branch.path.len();
        if is_first && self.at.complete.is_none() {
            self.at.complete = self.pin.and_then(|pin| pin.complete.clone());
        }
        let is_known = self.at.schema.as_ref().is_some_and(Schema::is_closed);
        let prepared = self.pin.and_then(|pin| pin.prepared.as_ref());
        if let (true, false, Some(prepared), Some(&above)) = (is_first, is_known, prepared, self.at.branch.path.last())
        {
            self.nodes[above].schema = Some(prepared.clone());
            self.at.schema = Some(prepared.clone());
        }
    }

    /// The columns of the table at the first stage that learns; `eval` splits the rows by them.
    fn prepared(&self) -> Option<&Schema> {
        let shared = self.path().shared_end().checked_sub(1)?;
        self.nodes[self.at.branch.path[shared]].schema.as_ref()
    }

    /// `--target` overrides the script.
    fn with_target_of_command_line(&self, stage: &Stage) -> Stage {
        let mut stage = stage.clone();
        if let (Core::Target { column, .. }, Some(name)) = (&mut stage.core, &self.options.target) {
            column.node.clone_from(name);
        }
        stage
    }
}

fn first_byte(span: Span) -> Span {
    Span { start: span.start, end: span.start }
}
