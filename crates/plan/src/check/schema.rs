//! The columns after a stage, as far as they are known.

use super::Walk;
use crate::names::place;
use pipewright_diagnostic::{Diagnostic, Failure, Span, code};
use pipewright_frame::{Entry, Schema};
use pipewright_operator::{Args, Footprint, RowsKept};

impl Walk<'_> {
    /// The columns after a stage, where the data has a header and no rows: nothing is known once a kind matters.
    pub(super) fn by_names_alone(
        &self,
        outcome: Result<Option<Schema>, Failure>,
        args: &Args,
    ) -> Result<Option<Schema>, Failure> {
        if !self.at.header_only || self.pin.is_some() {
            return outcome;
        }
        let by_kind =
            args.columns("columns").is_some_and(|columns| !columns.is_by_name()) || args.get("routes").is_some();
        match outcome {
            Err(failure) if failure.code == code::UNKNOWN_COLUMN && !by_kind => Err(failure),
            Ok(schema) if !by_kind => Ok(schema),
            _ => Ok(None),
        }
    }

    /// Continues with the columns after a stage, or reports why there are none.
    pub(super) fn arrive(
        &mut self,
        outcome: Result<Option<Schema>, Failure>,
        footprint: &Footprint,
        other_is_open: bool,
        span: Span,
        implied: bool,
    ) {
        match outcome {
            Ok(schema) => self.move_to(schema, span),
            // Kinds inferred from the head of the data are uncertain, so they cause no errors.
            Err(failure) if !self.kinds_are_certain() && is_about_kinds(&failure) => {
                let schema = self.at.schema.take();
                self.at.schema =
                    schema.filter(|_| footprint.keeps == RowsKept::All).map(|schema| with_made(schema, footprint));
            }
            // The name may be a member of an open group, which is known only from the rows.
            Err(failure) if failure.code == code::UNKNOWN_COLUMN && (self.is_open() || other_is_open) => {
                self.at.schema = None
            }
            Err(failure) => {
                let diagnostic = self.placed(failure, span, implied);
                self.say(diagnostic);
                self.at.schema = None;
            }
        }
    }

    /// Continues with a new schema, recording the columns removed by the stage at `span`.
    pub(super) fn move_to(&mut self, schema: Option<Schema>, span: Span) {
        if let (Some(old), Some(new)) = (&self.at.schema, &schema) {
            for (column, _) in old.matched(new).filter(|(_, same)| same.is_none()) {
                self.at.removed.insert(column.name.to_string(), span);
            }
        }
        self.at.schema = schema;
    }

    pub(super) fn is_open(&self) -> bool {
        self.at.schema.as_ref().is_some_and(|schema| !schema.is_closed())
    }

    pub(super) fn kinds_are_certain(&self) -> bool {
        self.pin.is_some() || self.at.branch.source_is_whole
    }

    pub(super) fn placed(&self, failure: Failure, span: Span, implied: bool) -> Diagnostic {
        if implied { failure.at(span) } else { place(failure, span, self.text) }
    }
}

/// The columns, and those that a stage makes of kinds that are not known.
fn with_made(schema: Schema, footprint: &Footprint) -> Schema {
    let is_made = |entry: &Entry| {
        let Entry::Column(column) = entry else { return false };
        footprint.makes.iter().any(|made| made.name == column.name)
    };
    let kept = schema.entries().iter().filter(|entry| !is_made(entry)).cloned();
    let made = footprint.makes.iter().map(|made| Entry::Undecided { from: made.name.clone() });
    Schema::with_entries(kept.chain(made).collect())
}

fn is_about_kinds(failure: &Failure) -> bool {
    matches!(failure.code, code::NOT_NUMERIC | code::TYPE_MISMATCH | code::UNENCODED_COLUMN)
}
