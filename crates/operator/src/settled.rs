//! A step whose columns only the rows can tell (`on @missing`): it looks at the training rows first, and is then the
//! step that the verb makes of the columns found.

use crate::work::{Learned, Step};
use crate::{Args, Bound, Effect, Environment, Footprint, Verb};
use pipewright_diagnostic::{Failure, code};
use pipewright_frame::{Chunks, Entry, FitContext, Role, Schema, Selection};
use std::sync::Arc;

/// The step of a verb whose selection asks the rows.
#[derive(Debug)]
pub struct Settled {
    verb: &'static Verb,
    args: Args,
    selection: Selection,
    environment: Environment,
    /// The step for all columns that may be selected: it knows what is the same for any of them.
    candidate: Arc<dyn Step>,
}

/// The parameter that holds a verb's columns.
const COLUMNS: &str = "columns";

impl Settled {
    /// The step that `bound` is, where the columns of its arguments ask the rows; else `bound` as it is.
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

    /// The step for the columns that these rows tell.
    fn settle(&self, rows: &dyn Chunks) -> Result<Arc<dyn Step>, Failure> {
        let mut args = self.args.clone();
        args.settle(COLUMNS, self.selection.settled(rows)?);
        match (self.verb.bind)(&args, &self.environment) {
            Ok(Bound::Step(step)) => Ok(step),
            Ok(_) => Err(Failure::new(code::BUG, "a verb binds to a step whatever its columns are")),
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
        // Which columns there are is learned from the training rows.
        self.candidate.footprint(verb).then(Footprint::of(Effect::Fit)).reading_features().making_values()
    }

    fn fit(&self, rows: &dyn Chunks, context: &FitContext) -> Result<Learned, Failure> {
        self.settle(rows)?.fit(rows, context)
    }
}
