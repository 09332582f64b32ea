//! Steps whose columns depend on the rows (`on @missing`): the selection is resolved on the training rows, and the
//! verb is then bound to the resolved columns.

use crate::work::{Learned, Step};
use crate::{Args, Bound, Effect, Environment, Footprint, Verb};
use pipewright_diagnostic::{Failure, code};
use pipewright_frame::{Chunks, Entry, FitContext, Role, Schema, Selection};
use std::sync::Arc;

/// A step whose selection depends on the rows.
#[derive(Debug)]
pub struct Settled {
    verb: &'static Verb,
    args: Args,
    selection: Selection,
    environment: Environment,
    /// The step bound to all columns that may be selected, for properties common to all of them.
    candidate: Arc<dyn Step>,
}

/// The parameter of a verb's columns.
const COLUMNS: &str = "columns";

impl Settled {
    /// Wraps `bound` if its selection depends on the rows; otherwise returns it unchanged.
    #[must_use]
    pub fn wrap(bound: Bound, verb: &'static Verb, args: &Args, environment: &Environment) -> Bound {
        match (bound, args.columns(COLUMNS)) {
            (Bound::Step(candidate), Some(selection)) if selection.asks_rows() => {
                let (args, selection) = (args.clone(), selection.clone());
                Bound::Step(Arc::new(Settled { verb, args, selection, environment: environment.clone(), candidate }))
            }
            (bound, _) => bound,
        }
    }

    /// The step bound to the columns selected on these rows.
    fn settle(&self, rows: &dyn Chunks) -> Result<Arc<dyn Step>, Failure> {
        let mut args = self.args.clone();
        args.settle(COLUMNS, self.selection.settled(rows)?);
        match (self.verb.bind)(&args, &self.environment) {
            Ok(Bound::Step(step)) => Ok(step),
            Ok(_) => Err(Failure::new(code::BUG, "a verb with columns must bind to a step")),
            Err(fault) => Err(Failure::new(fault.code, fault.message)),
        }
    }
}

impl Step for Settled {
    fn schema(&self, input: &Schema) -> Result<Schema, Failure> {
        let may_change = self.selection.resolve(input)?;
        let undecided = |entry: &Entry| match entry {
            Entry::Column(column) if column.role == Role::Feature && may_change.contains(&column.name) => {
                Entry::Undecided { from: column.name.clone() }
            }
            other => other.clone(),
        };
        Ok(Schema::with_entries(input.entries().iter().map(undecided).collect()))
    }

    fn footprint(&self, verb: Effect) -> Footprint {
        // The columns are learned from the training rows.
        self.candidate.footprint(verb).then(Footprint::of(Effect::Fit)).reading_features().making_values()
    }

    fn fit(&self, rows: &dyn Chunks, context: &FitContext) -> Result<Learned, Failure> {
        self.settle(rows)?.fit(rows, context)
    }
}
