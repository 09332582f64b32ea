//! A step whose columns only the rows can tell (`on @missing`): it looks at the training rows first, and is then the
//! step that the verb makes of the columns found.

use crate::work::{Fitted, Step};
use crate::{Args, Bound, Effect, Surroundings, Verb};
use pipewright_diagnostic::{Failure, code};
use pipewright_frame::{About, Chunks, Entry, Role, Schema, Selection, Table};
use serde_json::Value as Json;
use std::any::Any;
use std::sync::Arc;

/// The step of a verb whose selection asks the rows.
pub struct Settled {
    verb: &'static Verb,
    args: Args,
    selection: Selection,
    surroundings: Surroundings,
    /// The step for all columns that may be selected: it knows what is the same for any of them.
    candidate: Arc<dyn Step>,
}

/// The parameter that holds a verb's columns.
const COLUMNS: &str = "columns";

impl Settled {
    /// The step that `bound` is, where the columns of its arguments ask the rows; else `bound` as it is.
    #[must_use]
    pub fn wrap(bound: Bound, verb: &'static Verb, args: &Args, surroundings: &Surroundings) -> Bound {
        match (bound, args.columns(COLUMNS)) {
            (Bound::Step(candidate), Some(selection)) if selection.asks_rows() => {
                let (args, selection) = (args.clone(), selection.clone());
                Bound::Step(Arc::new(Settled { verb, args, selection, surroundings: surroundings.clone(), candidate }))
            }
            (bound, _) => bound,
        }
    }

    /// The step for the columns that these rows tell.
    fn settle(&self, rows: &dyn Chunks) -> Result<Arc<dyn Step>, Failure> {
        let mut args = self.args.clone();
        args.settle(COLUMNS, self.selection.settled(rows)?);
        match (self.verb.bind)(&args, &self.surroundings) {
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

    fn effect(&self) -> Option<Effect> {
        let own = self.candidate.effect().unwrap_or(self.verb.spec.effect);
        // Which columns there are is learned from the training rows.
        Some(if own == Effect::FitTarget || own == Effect::RowsTrain { own } else { Effect::Fit })
    }

    fn reads(&self) -> Vec<Arc<str>> {
        self.candidate.reads()
    }

    fn fit(&self, rows: &dyn Chunks, about: &About) -> Result<Arc<dyn Fitted>, Failure> {
        let step = self.settle(rows)?;
        let fitted = step.fit(rows, about)?;
        match step.treats_training_apart() {
            false => Ok(fitted),
            true => Ok(Arc::new(Remembered { fitted, step })),
        }
    }

    fn treats_training_apart(&self) -> bool {
        self.candidate.treats_training_apart()
    }

    fn apply_training(&self, state: &dyn Fitted, rows: &Table, about: &About) -> Result<Table, Failure> {
        let state: &dyn Any = state;
        let remembered = state.downcast_ref::<Remembered>().expect("a step is given its own state");
        remembered.step.apply_training(remembered.fitted.as_ref(), rows, about)
    }
}

/// A state together with the step that learned it.
struct Remembered {
    fitted: Arc<dyn Fitted>,
    step: Arc<dyn Step>,
}

impl Fitted for Remembered {
    fn apply(&self, rows: &Table) -> Result<Table, Failure> {
        self.fitted.apply(rows)
    }

    fn apply_owned(&self, rows: Table) -> Result<Table, Failure> {
        self.fitted.apply_owned(rows)
    }

    fn by_row(&self) -> bool {
        self.fitted.by_row()
    }

    fn show(&self) -> Table {
        self.fitted.show()
    }

    fn save(&self) -> Json {
        self.fitted.save()
    }

    fn notices(&self) -> Vec<Failure> {
        self.fitted.notices()
    }
}
