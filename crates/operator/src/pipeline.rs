//! A fitted pipeline: the steps that learned, the model, and what rows must look like to go in.

use crate::Task;
use crate::work::{Fitted, FittedModel};
use pipewright_diagnostic::{Failure, Watch, code};
use pipewright_frame::{Column, Kind, Role, Table};
use pipewright_learn::Outputs;
use std::sync::Arc;

/// One fitted step and the verb that made it.
#[derive(Clone)]
pub struct StepRecord {
    /// The verb, by which the registry finds it again.
    pub verb: String,
    /// What it learned.
    pub fitted: Arc<dyn Fitted>,
}

/// Everything that is needed to predict for new rows; plain data that runs nothing by being read.
#[derive(Clone)]
pub struct FittedPipeline {
    /// The features that go in, by name.
    pub input: Vec<Column>,
    /// The steps, first to last.
    pub steps: Vec<StepRecord>,
    /// The model's name in the registry.
    pub model_name: String,
    /// The model.
    pub model: Arc<dyn FittedModel>,
    /// What it predicts.
    pub task: Task,
    /// The script that made it, with every implied step written out.
    pub script: String,
    /// The seed it was made with.
    pub seed: u64,
}

impl FittedPipeline {
    /// Predictions for rows as they come from a file: columns are matched by name, extra ones are ignored.
    ///
    /// # Errors
    /// A [`Failure`] naming the column that is missing or of another kind.
    pub fn predict(&self, rows: &Table, watch: &dyn Watch) -> Result<Outputs, Failure> {
        let mut table = self.matched(rows, watch)?;
        for step in &self.steps {
            table = step.fitted.apply_owned(table)?;
        }
        self.model.predict(&table)
    }

    fn matched(&self, rows: &Table, watch: &dyn Watch) -> Result<Table, Failure> {
        let extra: Vec<&str> = rows
            .columns()
            .iter()
            .map(|column| &*column.name)
            .filter(|name| **name != *self.task.target && !self.input.iter().any(|wanted| *wanted.name == **name))
            .collect();
        if !extra.is_empty() {
            let list = extra.join("`, `");
            watch.notice(Failure::note(code::EXTRA_COLUMN, format!("the model does not use `{list}`")));
        }
        let table = rows.conform(&self.input)?;
        if table.find(&self.task.target).is_some() {
            return Ok(table);
        }
        // Nothing is known of the target; stages above the one that names it count it among the columns.
        let target = Column { role: Role::Target, ..Column::new(&*self.task.target, Kind::Text) };
        table.with_nulls(target)
    }

    /// Is what it predicts for a row the same, whatever rows stand beside it?
    #[must_use]
    pub fn by_row(&self) -> bool {
        self.steps.iter().all(|step| step.fitted.needs().by_row)
    }
}
