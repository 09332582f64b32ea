//! The tables that a pipeline reads, and what its columns and rows depend on.

use super::Walk;
use super::provenance::{ANY, Leak, LeakKind, ORDER, Provenance, Stage as Traced};
use pipewright_diagnostic::{Diagnostic, Failure, Span, code};
use pipewright_frame::{Role, Schema};
use pipewright_operator::work::Source;
use pipewright_operator::{Args, Bound, Effect, Environment, Footprint, Values};
use std::collections::BTreeSet;
use std::sync::Arc;

/// The tables read so far, each known by its files and not by how they are spelled.
#[derive(Default)]
pub(super) struct Tables(Vec<Known>);

struct Known {
    source: Arc<dyn Source>,
    origins: BTreeSet<String>,
    has_content: bool,
    /// The names of its columns, as it was read first.
    names: Option<BTreeSet<Arc<str>>>,
}

impl Tables {
    /// The number of a table: the same for every source that reads one of its files, or a copy of one.
    fn number(&mut self, source: &Arc<dyn Source>, environment: &Environment) -> usize {
        let mut origins: BTreeSet<String> = source.origins(environment, false).into_iter().collect();
        if let Some(number) = self.find(&origins) {
            self.0[number].origins.append(&mut origins);
            return number;
        }
        let mut has_content = false;
        if !self.0.is_empty() {
            // Copies are looked for only where there are several tables.
            has_content = true;
            origins.extend(source.origins(environment, true));
            for known in self.0.iter_mut().filter(|known| !known.has_content) {
                known.origins.extend(known.source.origins(environment, true));
                known.has_content = true;
            }
            if let Some(number) = self.find(&origins) {
                return number;
            }
        }
        self.0.push(Known { source: source.clone(), origins, has_content, names: None });
        self.0.len() - 1
    }

    fn find(&self, origins: &BTreeSet<String>) -> Option<usize> {
        self.0.iter().position(|known| !known.origins.is_disjoint(origins))
    }
}

/// A column in a message; the order of rows and a column that is not known have no name.
fn named(column: &str) -> String {
    match column {
        ORDER => "the order of the file".to_owned(),
        ANY => "another column".to_owned(),
        column => format!("`{column}`"),
    }
}

/// Another table that a stage brings in.
pub(super) struct Joined {
    pub other: super::Other,
    pub provenance: Provenance,
    pub schema: Option<Schema>,
}

impl Walk<'_> {
    /// The schema of a source, and the table that it reads.
    pub(super) fn source(&mut self, source: &Arc<dyn Source>, span: Span) -> Result<Option<Schema>, Failure> {
        let number = self.tables.number(source, self.environment);
        let schema = match self.pin {
            Some(pin) => {
                // The head of the file is still at hand.
                let sketch = source.sketch(self.environment).ok().flatten();
                self.at.branch.source_bytes = sketch.map(|sketch| sketch.memory_bytes);
                Some(pin.source.clone())
            }
            None => match source.sketch(self.environment)? {
                None => None,
                Some(sketch) => {
                    self.at.branch.source_is_whole = sketch.whole;
                    self.at.branch.source_bytes = Some(sketch.memory_bytes);
                    if sketch.whole {
                        // A run reports these notes when it reads; they may explain errors found before that.
                        self.diagnostics.extend(sketch.notices.into_iter().map(|notice| notice.at(span)));
                    }
                    self.at.header_only = !sketch.has_rows;
                    Some(sketch.schema)
                }
            },
        };
        let names = schema.as_ref().map(|schema| schema.columns().map(|column| column.name.clone()).collect());
        let known = &mut self.tables.0[number].names;
        self.at.provenance = Provenance::of_table(number, schema.as_ref(), known.as_ref(), span);
        if known.is_none() {
            *known = names;
        }
        Ok(schema)
    }

    /// Records what the columns and rows after a stage depend on.
    pub(super) fn trace(
        &mut self,
        footprint: &Footprint,
        args: &Args,
        text: &str,
        span: Span,
        before: Option<&Schema>,
        joined: Option<&Joined>,
    ) {
        let after = self.at.schema.as_ref();
        let stage = Traced { footprint, args, text, span, before, after };
        match (&footprint.combines, joined) {
            (Some(combined), Some(joined)) => {
                self.at.provenance.combine(combined, &joined.provenance, joined.schema.as_ref(), &stage);
            }
            _ => self.at.provenance.pass(&stage),
        }
    }

    /// A stage that learns from the features does not select the target, unless its verb learns with it.
    pub(super) fn check_selected(&mut self, bound: &Bound, footprint: &Footprint, args: &Args, verb: &str, span: Span) {
        let learns_with_it = matches!(footprint.effect, Effect::FitTarget | Effect::RowsTrain);
        let uses_several = footprint.effect.learns() || footprint.values == Values::Mixed;
        let (Bound::Step(_), false, true) = (bound, learns_with_it, uses_several) else { return };
        let Some(columns) = args.columns("columns") else { return };
        let schema = self.at.schema.as_ref();
        let names = schema.and_then(|schema| columns.resolve(schema).ok()).unwrap_or_else(|| columns.names());
        let is_target = |name: &&Arc<str>| {
            let column = schema.and_then(|schema| schema.find(name));
            column.map_or(self.at.branch.target.as_ref() == Some(*name), |column| column.role == Role::Target)
        };
        if let Some(target) = names.iter().find(is_target) {
            let message = format!("`{verb}` selects the target `{target}`");
            let at = args.span("columns").unwrap_or(span);
            let diagnostic = Diagnostic::error(code::READS_TARGET, message).label(at, "unknown for new rows");
            self.say(diagnostic.help("select features only"));
        }
    }

    /// No feature, weight or fold depends on the target, and no choice of rows ties features to it.
    pub(super) fn check_provenance(&mut self, target: &str, schema: Option<&Schema>, span: Span) {
        let mut said: BTreeSet<Span> = BTreeSet::new();
        for Leak { kind, at } in self.at.provenance.leaks(target, schema, span) {
            if let LeakKind::Past(column) = kind {
                self.at.past_of_target.get_or_insert((column, at));
                continue;
            }
            if !said.insert(at) {
                continue;
            }
            let (message, label, help) = match &kind {
                LeakKind::Value(column) if **column == *target => (
                    format!("the target `{target}` has another role"),
                    "unknown for new rows",
                    "give the role to another column".to_owned(),
                ),
                LeakKind::Value(column) | LeakKind::Past(column) => (
                    format!("`{column}` was made from the target `{target}`"),
                    "unknown for new rows",
                    format!("drop {}, or make it from a feature", pipewright_syntax::written_name(column)),
                ),
                LeakKind::Reverse(column) => (
                    format!("the target `{target}` was made from `{column}`, which is a feature"),
                    "the target is made of it",
                    format!("drop {}", pipewright_syntax::written_name(column)),
                ),
                LeakKind::Influence(column) => (
                    format!("`{column}` depends on the target `{target}`"),
                    "what is joined or computed here depends on it",
                    format!("drop {}, or make it without the target", pipewright_syntax::written_name(column)),
                ),
                LeakKind::Choice(column) => (
                    format!("rows are chosen by the target `{target}` together with {}", named(column)),
                    "this ties features to the target",
                    "choose rows by features alone, or by the target alone: write two `where` stages".to_owned(),
                ),
            };
            self.say(Diagnostic::error(code::READS_TARGET, message).label(at, label).help(help));
        }
    }
}
