//! The walk over the stages of a pipeline: sorts, schema, target, implied steps, and everything that can be wrong
//! before a row is read.

mod block;
mod implied;
mod learning;
mod order;
mod other;

use crate::bind::{bind, find_verb};
use crate::expand::Flat;
use crate::names::{Scope, place};
use crate::print::stage_text;
use crate::target::TargetFacts;
use implied::Implied;
pub use other::sourced;
use pipewright_diagnostic::{Diagnostic, Failure, Span, code};
use pipewright_frame::Schema;
use pipewright_operator::work::{Amendment, Learner};
use pipewright_operator::{
    Args, Bound, Declaration, Domain, Effect, Fault, Footprint, Form, Settled, Sort, Structure, Surroundings, Task,
    Transform, Verb,
};
use pipewright_syntax::{Core, PathArg, Stage};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What the command line says about every plan.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Implied steps are errors.
    pub strict: bool,
    /// The column to predict, whatever the script says.
    pub target: Option<String>,
    /// The seed of everything that has none of its own.
    pub seed: u64,
}

/// What one pass over the data has found.
#[derive(Debug, Clone)]
pub struct Pin {
    /// Names and kinds of the whole source.
    pub source: Schema,
    /// The columns of the table at the first stage that learns, if it could be made.
    pub prepared: Option<Schema>,
    /// The values of the target, where there is one.
    pub target: Option<TargetFacts>,
    /// The same of the other tables that come in, in the order of the stages that bring them.
    pub others: Vec<Option<Pin>>,
}

/// A checked stage.
pub struct Node {
    /// Its verb.
    pub verb: &'static Verb,
    /// Its arguments.
    pub args: Args,
    /// What does the work.
    pub bound: Bound,
    /// What it learns from, and which rows and columns it looks at; that of a joined table included.
    pub footprint: Footprint,
    /// Where it stands; for an implied stage, where it would stand.
    pub span: Span,
    /// The stage as a script would write it, with its decisions spelled out.
    pub text: String,
    /// Was it added by the plan?
    pub implied: bool,
    /// What there is to say about it in the plan's text.
    pub remark: Option<String>,
    /// The columns behind it, as far as they are known.
    pub schema: Option<Schema>,
    /// The other table that it brings in.
    pub other: Option<Box<Other>>,
}

/// Another table that a stage brings in.
pub struct Other {
    /// How it is made.
    pub plan: PipelinePlan,
    /// Its name, where its columns have their own sources: where it is not made from the same file.
    pub name: Option<String>,
}

/// A checked pipeline.
#[derive(Default)]
pub struct PipelinePlan {
    /// Its stages, implied ones among them.
    pub nodes: Vec<Node>,
    /// The column to predict, where there is one.
    pub target: Option<Arc<str>>,
    /// What models learn instead of the target itself.
    pub transform: Option<Transform>,
    /// What is to be predicted, once the data has been seen.
    pub task: Option<Task>,
    /// The learner for that task.
    pub learner: Option<Arc<dyn Learner>>,
    /// Did the head of the data hold all of it?
    pub source_is_whole: bool,
    /// The options that others may not read, also of stages in braces: each with its value as it is written.
    pub(crate) secrets: Vec<(&'static str, String)>,
}

impl PipelinePlan {
    /// The first stage that learns: what stands above it is done once and shared.
    #[must_use]
    pub fn first_fit(&self) -> usize {
        let learns = |node: &Node| node.footprint.effect.learns();
        self.nodes.iter().position(learns).unwrap_or(self.nodes.len())
    }

    /// The stage that trains.
    #[must_use]
    pub fn training(&self) -> Option<usize> {
        self.nodes.iter().position(|node| matches!(node.bound, Bound::Training(_)))
    }
}

/// A checked script.
#[derive(Default)]
pub struct Plan {
    /// Its pipelines.
    pub pipelines: Vec<PipelinePlan>,
    /// The seed of everything that has none of its own.
    pub seed: u64,
}

/// Checks pipelines at the highest level of knowledge there is: `pins[i]` for pipeline `i` where the data has been
/// read, else the head of the data, else the script alone.
#[must_use]
pub fn plan(
    pipelines: &[Flat],
    text: &str,
    pins: &[Option<Pin>],
    options: &Options,
    surroundings: &Surroundings,
) -> (Plan, Vec<Diagnostic>) {
    let mut plan = Plan { pipelines: Vec::new(), seed: options.seed };
    let mut diagnostics = reads_of_own_files(pipelines, surroundings);
    let own: Vec<Span> = diagnostics.iter().map(|diagnostic| diagnostic.labels[0].span).collect();
    for (index, flat) in pipelines.iter().enumerate() {
        let pin = pins.get(index).and_then(Option::as_ref);
        let mut walk = Walk::new(text, pin, options, surroundings, &flat.named);
        walk.pipeline(&flat.stages);
        walk.diagnostics.retain(|said| said.code != code::CANNOT_READ || !own.contains(&said.labels[0].span));
        diagnostics.append(&mut walk.diagnostics);
        plan.pipelines.push(walk.done);
    }
    (plan, diagnostics)
}

/// Everything is read before anything is written: a pipeline that reads what one above it writes would find the file
/// of an earlier run, or none.
fn reads_of_own_files(pipelines: &[Flat], surroundings: &Surroundings) -> Vec<Diagnostic> {
    let mut written: BTreeMap<String, Span> = BTreeMap::new();
    let mut diagnostics = Vec::new();
    for flat in pipelines {
        let mut writes = Vec::new();
        for stage in &flat.stages {
            let Core::Path { path: Some(path), .. } = &stage.core else { continue };
            let (PathArg::Text(name) | PathArg::Bare(name)) = &path.node else { continue };
            let Ok(verb) = find_verb(stage, surroundings.registry) else { continue };
            let spec = &verb.spec;
            if spec.effect == Effect::Sink && spec.input != Sort::Table {
                writes.push((name.clone(), path.span));
            } else if let Some(&above) = written.get(name) {
                let message = format!("`{name}` is written by this script, which reads everything before it writes");
                diagnostics.push(
                    Diagnostic::error(code::WRONG_ORDER, message)
                        .label(path.span, "read before that")
                        .label(above, "written here")
                        .help("put what reads it in a script of its own"),
                );
            }
        }
        written.extend(writes);
    }
    diagnostics
}

struct Walk<'a> {
    text: &'a str,
    pin: Option<&'a Pin>,
    options: &'a Options,
    surroundings: &'a Surroundings,
    done: PipelinePlan,
    diagnostics: Vec<Diagnostic>,
    sort: Sort,
    schema: Option<Schema>,
    removed: BTreeMap<String, Span>,
    /// Columns whose values are looked at by name, the stages that do, and what those make of them.
    reads: Vec<(Arc<str>, Span)>,
    target_span: Option<Span>,
    trains: bool,
    judged: bool,
    /// Has a stage of the script named the target, rightly or not?
    names_target: bool,
    /// Is it unknown what flows here, because the stage above could not be read?
    adrift: bool,
    /// What stands behind the names that `let` gives.
    named: &'a BTreeMap<String, Vec<Stage>>,
    /// How many other tables were brought in so far.
    others: usize,
}

impl<'a> Walk<'a> {
    fn new(
        text: &'a str,
        pin: Option<&'a Pin>,
        options: &'a Options,
        surroundings: &'a Surroundings,
        named: &'a BTreeMap<String, Vec<Stage>>,
    ) -> Walk<'a> {
        Walk {
            text,
            pin,
            options,
            surroundings,
            done: PipelinePlan::default(),
            diagnostics: Vec::new(),
            sort: Sort::Nothing,
            schema: None,
            removed: BTreeMap::new(),
            reads: Vec::new(),
            target_span: None,
            trains: false,
            judged: false,
            names_target: false,
            adrift: false,
            named,
            others: 0,
        }
    }

    fn say(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    fn pipeline(&mut self, stages: &[Stage]) {
        let verbs: Vec<Option<&'static Verb>> = stages
            .iter()
            .map(|stage| match find_verb(stage, self.surroundings.registry) {
                Ok(verb) => Some(verb),
                Err(problem) => {
                    self.diagnostics.extend(problem);
                    None
                }
            })
            .collect();
        let any = |test: &dyn Fn(&Verb) -> bool| verbs.iter().flatten().any(|verb| test(verb));
        self.trains = any(&|verb| verb.spec.output == Sort::Learner && verb.spec.effect.learns());
        self.judged = any(&|verb| verb.spec.structure == Structure::Folds);
        self.names_target = any(&|verb| verb.spec.form == Form::Target);
        let mut looks_for_target = self.trains && !self.names_target;
        let mut complete = true;
        for (stage, verb) in stages.iter().zip(verbs) {
            let Some(verb) = verb else {
                // What the unknown stage would have made of the table is anybody's guess.
                self.schema = None;
                self.adrift = true;
                complete = false;
                continue;
            };
            if looks_for_target && verb.spec.effect.learns() {
                looks_for_target = false;
                self.imply_target();
            }
            if verb.spec.effect.learns() {
                self.close();
                if verb.spec.output == Sort::Learner {
                    self.imply_encode();
                }
            }
            self.stage(stage, verb, None);
        }
        self.learning_without_a_model();
        if complete && self.diagnostics.iter().all(|diagnostic| !diagnostic.is_error()) {
            self.imply_end();
        }
    }

    fn stage(&mut self, stage: &Stage, verb: &'static Verb, implied: Option<Implied>) {
        let before = self.diagnostics.len();
        let scope = Scope { schema: self.schema.as_ref(), removed: &self.removed, has_rest: false };
        let stage = &self.with_target_of_command_line(stage);
        let mut bound_args = bind(stage, &verb.spec, self.surroundings.registry, &scope);
        self.diagnostics.append(&mut bound_args.problems);
        self.braces(&stage.core, verb, &mut bound_args.args);
        self.check_sort(stage, verb);
        if self.diagnostics[before..].iter().all(|diagnostic| !diagnostic.is_error()) {
            self.work(stage.span, verb, bound_args.args, implied.as_ref());
        }
        if verb.spec.output != Sort::Any {
            self.sort = verb.spec.output;
            self.adrift = false;
        }
        if self.sort == Sort::Table && self.done.nodes.last().is_some_and(|node| node.footprint.effect.learns()) {
            // The arguments made it learn.
            self.sort = Sort::Recipe;
        }
        if let Some(Implied { anchor, .. }) = implied {
            let labels = self.diagnostics[before..].iter_mut().flat_map(|diagnostic| &mut diagnostic.labels);
            labels.for_each(|label| label.span = anchor);
        }
    }

    /// At the first stage that learns, groups of columns that were open have their members, if the table was made.
    fn close(&mut self) {
        let is_first = self.done.first_fit() == self.done.nodes.len();
        let is_known = self.schema.as_ref().is_some_and(Schema::is_closed);
        let prepared = self.pin.and_then(|pin| pin.prepared.as_ref());
        if let (true, false, Some(prepared), Some(above)) = (is_first, is_known, prepared, self.done.nodes.last_mut()) {
            above.schema = Some(prepared.clone());
            self.schema = Some(prepared.clone());
        }
    }

    /// The columns of the table at the first stage that learns, so far; they are what a judge parts the rows by.
    fn prepared(&self) -> Option<&Schema> {
        self.done.nodes[..self.done.first_fit()].last()?.schema.as_ref()
    }

    /// `--target` wins over the script's own.
    fn with_target_of_command_line(&self, stage: &Stage) -> Stage {
        let mut stage = stage.clone();
        if let (Core::Target { column, .. }, Some(name)) = (&mut stage.core, &self.options.target) {
            column.node.clone_from(name);
        }
        stage
    }

    fn work(&mut self, span: Span, verb: &'static Verb, mut args: Args, implied: Option<&Implied>) {
        let secrets = args
            .given()
            .filter(|(name, _)| verb.spec.params().any(|param| param.name == *name && param.domain == Domain::Secret));
        self.done.secrets.extend(secrets.map(|(name, value)| (name, value.node.to_string())));
        let bound = match self.bound(verb, &mut args, span) {
            Ok(bound) => Settled::wrap(bound, verb, &args, self.surroundings),
            Err(fault) => return self.fault(fault, &args, span),
        };
        let mut footprint = bound.footprint(verb.spec.effect);
        if footprint.effect.learns() {
            self.close();
        }
        self.declare(&footprint, span);
        let mut other = None;
        let outcome = self.outcome(&bound, &args, span, &mut other);
        let mut decided = Vec::new();
        let mut remark = implied.and_then(|implied| implied.remark.clone());
        match &bound {
            Bound::Training(training) => {
                self.training(training.as_ref(), &args, span);
                decided = self.done.task.as_ref().map(|task| training.decided(task)).unwrap_or_default();
            }
            Bound::Judge(judge) => {
                self.check_order(judge.as_ref(), span);
                if let Some(task) = &self.done.task {
                    decided = judge.decided(task);
                    if let Err(fault) = judge.check(task) {
                        self.fault(fault, &args, span);
                    }
                }
            }
            Bound::Step(_) if verb.spec.effect == Effect::Row && self.sort == Sort::Recipe => {
                remark = Some("in every fold".to_owned());
            }
            _ => {}
        }
        match outcome {
            Ok(schema) => self.move_to(schema, span),
            // What the head of the data seems to hold is no ground for an error.
            Err(failure) if !self.kinds_are_certain() && is_about_kinds(&failure) => {}
            // A name may be that of a member of an open group; only the rows can say.
            Err(failure) if failure.code == code::UNKNOWN_COLUMN && self.is_open() => self.schema = None,
            Err(failure) => {
                let diagnostic = self.placed(failure, span, implied.is_some());
                self.say(diagnostic);
                self.schema = None;
            }
        }
        if let Some(other) = &other {
            footprint = other.footprint().then(footprint);
        }
        let text = stage_text(&verb.spec, &args, &decided);
        let schema = self.schema.clone();
        self.done.nodes.push(Node {
            verb,
            args,
            bound,
            footprint,
            span,
            text,
            implied: implied.is_some(),
            remark,
            schema,
            other,
        });
    }

    /// A stage at work; a judge of which the columns make another one takes the other's argument.
    fn bound(&mut self, verb: &'static Verb, args: &mut Args, span: Span) -> Result<Bound, Fault> {
        let bound = (verb.bind)(args, self.surroundings)?;
        let Bound::Judge(judge) = &bound else { return Ok(bound) };
        let amendment = self.prepared().and_then(|columns| judge.amended(columns));
        let Some(Amendment { name, value, notice }) = amendment else { return Ok(bound) };
        self.say(notice.at(span));
        args.replace(name, value);
        (verb.bind)(args, self.surroundings)
    }

    /// The columns behind a stage, and the other table that it brings in.
    fn outcome(
        &mut self,
        bound: &Bound,
        args: &Args,
        span: Span,
        other: &mut Option<Box<Other>>,
    ) -> Result<Option<Schema>, Failure> {
        match bound {
            Bound::Combine(combine) => match self.other(args, span) {
                Some(found) => {
                    let schema = found.schema();
                    *other = Some(Box::new(found));
                    let both = self.schema.as_ref().zip(schema.as_ref());
                    both.map(|(own, other)| combine.schema(own, other)).transpose()
                }
                None => Ok(None),
            },
            Bound::Source(source) => self.source(source.as_ref(), span),
            Bound::Rows(rows) => self.schema.as_ref().map(|schema| rows.schema(schema)).transpose(),
            Bound::Step(step) => self.schema.as_ref().map(|schema| step.schema(schema)).transpose(),
            _ => Ok(self.schema.clone()),
        }
    }

    /// Remembers what a stage reads by name, and the target that it declares.
    fn declare(&mut self, footprint: &Footprint, span: Span) {
        // Training rows may be chosen by anything, also by the target.
        if footprint.effect != Effect::RowsTrain {
            self.reads.extend(footprint.reads.names.iter().map(|name| (name.clone(), span)));
        }
        if let Some(Declaration { target, transform }) = &footprint.declares {
            self.done.target = Some(target.clone());
            self.done.transform = *transform;
            self.target_span = Some(span);
        }
    }

    fn is_open(&self) -> bool {
        self.schema.as_ref().is_some_and(|schema| !schema.is_closed())
    }

    fn kinds_are_certain(&self) -> bool {
        self.pin.is_some() || self.done.source_is_whole
    }

    fn placed(&self, failure: Failure, span: Span, implied: bool) -> Diagnostic {
        if implied { failure.at(span) } else { place(failure, span, self.text) }
    }

    fn source(
        &mut self,
        source: &dyn pipewright_operator::work::Source,
        span: Span,
    ) -> Result<Option<Schema>, Failure> {
        if let Some(pin) = self.pin {
            return Ok(Some(pin.source.clone()));
        }
        let Some(sketch) = source.sketch(self.surroundings)? else { return Ok(None) };
        self.done.source_is_whole = sketch.whole;
        if sketch.whole {
            // A run says them when it reads; what is wrong before that may follow from them.
            self.diagnostics.extend(sketch.notices.into_iter().map(|notice| notice.at(span)));
        }
        Ok(Some(sketch.schema))
    }

    /// Goes on with another schema, remembering what the stage at `span` removed.
    fn move_to(&mut self, schema: Option<Schema>, span: Span) {
        if let (Some(old), Some(new)) = (&self.schema, &schema) {
            for column in old.columns().filter(|column| new.find(&column.name).is_none()) {
                self.removed.insert(column.name.to_string(), span);
            }
        }
        self.schema = schema;
    }
}

fn is_about_kinds(failure: &Failure) -> bool {
    matches!(failure.code, code::NOT_NUMERIC | code::TYPE_MISMATCH | code::UNENCODED_COLUMN)
}

fn first_byte(span: Span) -> Span {
    Span { start: span.start, end: span.start }
}
