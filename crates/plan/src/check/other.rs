//! Second tables of a stage (`join`, `concat`): pipelines of their own, named by `let`.

use super::{Joined, Node, Other, Walk};
use crate::expand::NESTING_MAX;
use pipewright_diagnostic::{Diagnostic, Span, code, nearest};
use pipewright_frame::{Column, Entry, Schema};
use pipewright_operator::{Args, Bound, Effect, Flow, Footprint, Value};
use pipewright_syntax::{Item, Stage};
use std::sync::Arc;

impl Walk<'_> {
    /// Finds the table that the arguments name.
    pub(super) fn other(&mut self, args: &Args, span: Span) -> Option<Joined> {
        let (param, name) = args.given().find_map(|(param, value)| match &value.node {
            Value::Table(name) => Some((param, name.clone())),
            _ => None,
        })?;
        let at = args.span(param).unwrap_or(span);
        let stages = self.stages_of(&name, at)?;
        self.check_nesting(&name, at)?;
        let pin = self.pin.and_then(|pin| pin.others.get(self.at.others)).and_then(Option::as_ref);
        self.at.others += 1;
        let mut walk = Walk::new(self.text, pin, self.options, self.environment, self.named);
        walk.nodes = std::mem::take(&mut self.nodes);
        walk.tables = std::mem::take(&mut self.tables);
        walk.within = self.within.iter().chain([&name]).cloned().collect();
        walk.at.trains = self.at.trains;
        walk.table_of(&stages);
        let learns = walk.path().first_learner().is_some();
        self.nodes = std::mem::take(&mut walk.nodes);
        self.tables = std::mem::take(&mut walk.tables);
        let is_sound = walk.diagnostics.iter().all(|diagnostic| !diagnostic.is_error());
        if is_sound && (learns || walk.at.flow != Flow::Table) {
            let message = format!("`{name}` is not a table: it has stages that learn, evaluate or save");
            self.say(Diagnostic::error(code::WRONG_ORDER, message).label(at, "a table is needed here"));
            return None;
        }
        let (branch, provenance) = (walk.at.branch, walk.at.provenance);
        self.at.branch.source_is_whole &= branch.source_is_whole;
        self.diagnostics.append(&mut walk.diagnostics);
        let is_own = provenance.table() == self.at.provenance.table();
        let other = Other { branch, name: (!is_own).then_some(name) };
        let schema = other.schema(&self.nodes);
        is_sound.then_some(Joined { other, provenance, schema })
    }

    /// A table is not joined to itself by way of its own definition, nor in too many steps.
    fn check_nesting(&mut self, name: &str, at: Span) -> Option<()> {
        let problem = if let Some(from) = self.within.iter().position(|outer| outer == name) {
            let path: Vec<String> = self.within[from..].iter().map(|name| format!("`{name}`")).collect();
            let path = path.join(" joins ");
            Diagnostic::error(code::RECURSIVE, format!("`{name}` is defined by itself: {path} joins `{name}`"))
                .label(at, format!("this is `{name}` again"))
        } else if self.within.len() == NESTING_MAX {
            let message = format!("tables are joined to joined tables more than {NESTING_MAX} deep");
            Diagnostic::error(code::TOO_DEEP, message).label(at, "one too many")
        } else {
            return Some(());
        };
        self.say(problem);
        None
    }

    fn stages_of(&mut self, name: &str, at: Span) -> Option<Vec<Stage>> {
        if let Some(stages) = self.named.get(name) {
            return Some(stages.clone());
        }
        let is_source =
            !pipewright_syntax::is_plain_name(name) || self.environment.table_names().any(|known| known == name);
        if is_source {
            let (script, _) = pipewright_syntax::parse(&self.environment.registry.implied.source.replace("{}", name));
            let pipelines = script.items.into_iter().filter_map(|item| match item {
                Item::Pipeline(pipeline) => Some(pipeline.stages),
                _ => None,
            });
            return Some(pipelines.flatten().map(|stage| Stage { span: at, ..stage }).collect());
        }
        let near = nearest(name, self.named.keys().map(String::as_str)).first().map(|near| (*near).to_owned());
        let diagnostic = Diagnostic::error(code::UNKNOWN_NAME, format!("no table named `{name}`")).label(at, "");
        self.say(match near {
            Some(near) => diagnostic.help(format!("did you mean `{near}`?")).fix(at, near),
            None => diagnostic.help({
                let source = self.environment.registry.implied.source.replace("{}", &format!("{name}.csv"));
                format!("define it above: let {name} = {source}")
            }),
        });
        None
    }

    /// Walks the stages of a table, without adding implied stages.
    fn table_of(&mut self, stages: &[Stage]) {
        for stage in stages {
            match crate::bind::find_verb(stage, self.environment.registry) {
                Ok(verb) => self.stage(stage, verb, None),
                Err(problem) => {
                    self.diagnostics.extend(problem);
                    self.at.lost();
                }
            }
        }
        self.close();
        for &id in &self.at.branch.path {
            let node = &self.nodes[id];
            if let Bound::Inspect(_) | Bound::Consumer(_) = node.bound {
                let name = node.verb.spec.name;
                let message = format!("`{name}` is not allowed in a table that another pipeline joins");
                self.diagnostics.push(Diagnostic::error(code::WRONG_ORDER, message).label(node.span, ""));
            }
        }
    }
}

impl Other {
    /// The footprint of its stages, for the stage that joins it. The order of its rows says nothing about the rows that
    /// `eval` splits, unless a stage looks ahead.
    pub(super) fn footprint(&self, nodes: &[Node]) -> Footprint {
        let stages = self.branch.path.iter().map(|&id| nodes[id].footprint.clone());
        let mut footprint = stages.fold(Footprint::of(Effect::Row), Footprint::then);
        footprint.neighbours.earlier &= self.name.is_none();
        // Its roles do not apply to the joined table.
        footprint.declares = None;
        footprint
    }

    /// Its columns, with their sources in the joined table.
    pub(super) fn schema(&self, nodes: &[Node]) -> Option<Schema> {
        let schema = nodes[*self.branch.path.last()?].schema.as_ref()?;
        let entries = schema.entries().iter().map(|entry| match entry {
            Entry::Column(column) => Entry::Column(sourced(column, self.name.as_deref())),
            open => open.clone(),
        });
        Some(Schema::with_entries(entries.collect()))
    }
}

/// A column of another table; its sources are prefixed with the table's name, if it has one.
#[must_use]
pub fn sourced(column: &Column, table: Option<&str>) -> Column {
    let Some(table) = table else { return column.clone() };
    let sources = column.sources.iter().map(|source| Arc::from(format!("{table}.{source}"))).collect();
    Column { sources, ..column.clone() }
}
