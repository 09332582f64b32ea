//! Blocks: checks the stages in braces, with the columns that reach them.

use super::{Node, Walk};
use crate::bind::find_verb;
use crate::names::{Scope, selection};
use pipewright_diagnostic::{Diagnostic, Span, Spanned, code};
use pipewright_frame::{Role, Schema, Selection};
use pipewright_operator::{Args, Block, Effect, Flow, Footprint, Implied, Inner, InnerWork, Route, Value, Verb};
use pipewright_syntax::{self as syntax, Arg, Core, Item, Pipeline, Route as Written, Stage};

impl Walk<'_> {
    /// The scope of names at the current stage.
    pub(super) fn scope(&self, has_rest: bool) -> Scope<'_> {
        Scope {
            schema: self.at.schema.as_ref(),
            removed: &self.at.removed,
            has_rest,
            functions: self.environment.registry.functions,
            blocks: &self.blocks,
        }
    }

    /// Checks the steps of pipelines in braces that stand in place of models: `{ scale | train ridge }`.
    pub(super) fn pipelines_of_models(&mut self, core: &Core) {
        self.blocks.clear();
        let mut blocks = Vec::new();
        let Core::Call { shape, call, args, .. } = core else { return };
        let mut pipelines = Vec::new();
        let shape = shape.iter().flat_map(|shape| &shape.node);
        let args = call.iter().flat_map(|call| &call.node).chain(args).map(Arg::value);
        shape.chain(args).for_each(|value| inner_pipelines(value, &mut pipelines));
        for pipeline in pipelines {
            // That it ends by training a model is said where the model is read.
            if crate::bind::trained(pipeline, self.environment.registry).is_none() {
                continue;
            }
            let (_, steps) = pipeline.stages.split_last().expect("a stage that trains");
            let steps = Pipeline { stages: steps.to_vec(), span: pipeline.span };
            let nodes = self.inside(&steps, self.at.schema.clone());
            self.refuse_leaks(&nodes);
            let block = self.block(nodes, "the pipeline of a model", &|node| stays(node));
            blocks.push((pipeline.clone(), block));
        }
        // The stages of a pipeline may have pipelines of their own.
        self.blocks = blocks;
    }

    /// The steps of a model see the target only to learn from it, and no other rows by their order: what they make does not
    /// pass the checks of features, which are those above the model.
    fn refuse_leaks(&mut self, nodes: &[Node]) {
        let target = self.at.branch.target.clone();
        for node in nodes {
            let Footprint { effect, neighbours, reads, .. } = &node.footprint;
            let name = node.verb.spec.name;
            let reads_target = target.as_ref().is_some_and(|target| reads.names.contains(target));
            let diagnostic = if *effect != Effect::FitTarget && reads_target {
                let message = format!("`{name}` reads the target inside the pipeline of a model");
                Diagnostic::error(code::READS_TARGET, message).label(node.span, "")
            } else if *effect == Effect::Seq || neighbours.earlier || neighbours.later {
                let message = format!("`{name}` depends on the order of rows inside the pipeline of a model");
                Diagnostic::error(code::WRONG_ORDER, message).label(node.span, "put it above the model")
            } else {
                continue;
            };
            self.say(diagnostic);
        }
    }

    /// Binds the block of a stage.
    pub(super) fn braces(&mut self, core: &Core, verb: &Verb, args: &mut Args) {
        match core {
            Core::Columns { routes, .. } => {
                let span = routes.iter().map(|route| route.selector.span.to(route.pipeline.span)).reduce(Span::to);
                let routes = self.routes(routes);
                args.give("routes", Spanned::new(Value::Routes(routes), span.unwrap_or_default()));
            }
            Core::Only { phase, block, .. } => {
                let param = &verb.spec.positionals[0];
                match param.domain.take(&Value::Word(phase.node.clone())) {
                    Some(word) => args.give(param.name, Spanned::new(word, phase.span)),
                    None => {
                        let takes = param.domain.describe();
                        let message = format!("`{}` takes {takes}, not `{}`", verb.spec.name, phase.node);
                        self.say(Diagnostic::error(code::BAD_VALUE, message).label(phase.span, ""));
                    }
                }
                let nodes = self.inside(block, self.at.schema.clone());
                let may_stand = |node: &Node| node.footprint.effect != Effect::Seq;
                let block = self.block(nodes, "`only train`", &may_stand);
                args.give(
                    "block",
                    Spanned::new(Value::Block(block), core.verb().map_or(Span::default(), |verb| verb.span)),
                );
            }
            _ => {}
        }
    }

    fn routes(&mut self, routes: &[Written]) -> Vec<Route> {
        let mut taken = Vec::new();
        let mut bound = Vec::new();
        for route in routes {
            let scope = self.scope(true);
            let columns = match selection(&route.selector, &scope) {
                Ok(columns) => columns.behind(&taken),
                Err(problems) => {
                    self.diagnostics.extend(problems);
                    continue;
                }
            };
            let names = self.at.schema.as_ref().map(|schema| columns.resolve(schema)).and_then(Result::ok);
            if names.as_ref().is_some_and(Vec::is_empty) && self.at.schema.as_ref().is_some_and(Schema::is_closed) {
                let message = format!("`{}` selects no column", route.selector.node);
                let diagnostic = Diagnostic::warning(code::NOTHING_SELECTED, message);
                self.say(diagnostic.label(route.selector.span, "this selects nothing"));
            }
            let schema = self.arm_schema(&columns);
            let nodes = self.inside(&whole_arm(&route.pipeline, &self.environment.registry.implied), schema);
            let block = self.block(nodes, "an arm of `columns`", &|node| stays(node));
            taken.extend(names.into_iter().flatten());
            bound.push(Route { columns, text: route.selector.node.to_string(), block });
        }
        bound
    }

    /// The columns of an arm, plus the target for stages that learn with it.
    fn arm_schema(&self, columns: &Selection) -> Option<Schema> {
        let schema = self.at.schema.as_ref().filter(|schema| schema.is_closed() && !columns.asks_rows())?;
        let names = columns.resolve(schema).ok()?;
        let arrives = names.iter().filter_map(|name| schema.find(name)).filter(|column| column.role != Role::Target);
        Some(Schema::new(arrives.chain(schema.target()).cloned()))
    }

    /// The nodes of a block whose input has this schema.
    fn inside(&mut self, pipeline: &Pipeline, schema: Option<Schema>) -> Vec<Node> {
        let outside = self.at.clone();
        let outer = self.nodes.len();
        self.at.branch.path.clear();
        self.at.schema = schema;
        self.at.adrift = false;
        for stage in &pipeline.stages {
            // The rows are training rows already, even if something was learned from them.
            self.at.flow = Flow::Table;
            match find_verb(stage, self.environment.registry) {
                Ok(verb) => self.stage(stage, verb, None),
                Err(problem) => {
                    self.diagnostics.extend(problem);
                    self.at.lost();
                }
            }
        }
        self.at = outside;
        self.nodes.split_off(outer)
    }

    /// Makes a block of the nodes, if all of them are allowed in it.
    fn block(&mut self, nodes: Vec<Node>, place: &str, may_stand: &dyn Fn(&Node) -> bool) -> Block {
        let mut inner = Vec::new();
        for node in nodes {
            let work = InnerWork::of(&node.bound).filter(|_| may_stand(&node));
            let Some(work) = work else {
                let message = format!("`{}` is not allowed in {place}", node.verb.spec.name);
                self.say(Diagnostic::error(code::WRONG_ORDER, message).label(node.span, "put it before or after"));
                continue;
            };
            inner.push(Inner { verb: node.verb, work, text: node.text, canonical: node.canonical });
        }
        Block::new(inner)
    }
}

/// Does a stage of a block keep the rows and their roles?
fn stays(node: &Node) -> bool {
    !matches!(node.footprint.effect, Effect::RowsTrain | Effect::RowsAll | Effect::Meta)
}

/// The pipelines in braces inside a value.
fn inner_pipelines<'a>(value: &'a Spanned<syntax::Value>, found: &mut Vec<&'a Pipeline>) {
    match &value.node {
        syntax::Value::Block(pipeline) => found.push(pipeline),
        syntax::Value::List(items) => items.iter().for_each(|item| inner_pipelines(item, found)),
        syntax::Value::Word { shape, call, .. } => {
            shape.iter().flat_map(|shape| &shape.node).for_each(|item| inner_pipelines(item, found));
            call.iter().flat_map(|call| &call.node).for_each(|arg| inner_pipelines(arg.value(), found));
        }
        _ => {}
    }
}

/// An arm that is a bare `drop` or `keep` applies to all its columns.
pub(crate) fn whole_arm(pipeline: &Pipeline, implied: &Implied) -> Pipeline {
    let [Stage { core: Core::Select { verb, selector: None, .. }, span, .. }] = pipeline.stages.as_slice() else {
        return pipeline.clone();
    };
    let drops = implied.drop.split(' ').next() == Some(verb.node.as_str());
    let text = if drops { implied.drop } else { implied.keep };
    let (script, _) = pipewright_syntax::parse(text);
    let mut stages: Vec<Stage> = script
        .items
        .into_iter()
        .filter_map(|item| match item {
            Item::Pipeline(pipeline) => Some(pipeline.stages),
            _ => None,
        })
        .flatten()
        .collect();
    stages.iter_mut().for_each(|stage| stage.span = *span);
    Pipeline { stages, span: pipeline.span }
}
