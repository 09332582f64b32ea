//! What a file of `save` or `freeze` holds.

use crate::{FittedPipeline, Preparation, Record, StepRecord, Task};
use pipewright_frame::{Column, Table};
use std::sync::Arc;

/// A saved pipeline: what it needs, what its steps and its model learned, and how it was judged.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct SavedPipeline {
    /// The file, as the script names it.
    pub path: String,
    /// The columns that new rows need.
    pub input: Vec<Column>,
    /// The target; `None` where steps without a model were fitted on rows without one.
    pub target: Option<Arc<str>>,
    /// The verb of each step, and what it learned.
    pub steps: Vec<(String, Table)>,
    /// The model; `None` for steps without one.
    pub model: Option<SavedModel>,
    /// How it was trained and judged; bundles of version 1 and steps without a model have none.
    pub record: Option<Record>,
    /// The script that made it, with every implied stage written out.
    pub script: String,
    /// The seed of its random numbers.
    pub seed: u64,
}

/// The model of a saved pipeline.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct SavedModel {
    /// Its name in the registry.
    pub name: String,
    /// What it predicts.
    pub task: Task,
    /// What it learned: coefficients per feature, the layers of a network.
    pub parameters: Table,
}

impl SavedPipeline {
    /// A pipeline with a model, read from the file `path`.
    #[must_use]
    pub fn of_pipeline(path: impl Into<String>, pipeline: FittedPipeline) -> SavedPipeline {
        SavedPipeline {
            path: path.into(),
            target: Some(pipeline.task.target.clone()),
            steps: learned(&pipeline.steps),
            model: Some(SavedModel {
                name: pipeline.model_name,
                parameters: pipeline.model.show(),
                task: pipeline.task,
            }),
            input: pipeline.input,
            record: pipeline.record,
            script: pipeline.script,
            seed: pipeline.seed,
        }
    }

    /// Steps without a model, read from the file `path`.
    #[must_use]
    pub fn of_preparation(path: impl Into<String>, preparation: Preparation) -> SavedPipeline {
        SavedPipeline {
            path: path.into(),
            target: preparation.target,
            steps: learned(&preparation.steps),
            model: None,
            input: preparation.input,
            record: None,
            script: preparation.script,
            seed: preparation.seed,
        }
    }
}

fn learned(steps: &[StepRecord]) -> Vec<(String, Table)> {
    steps.iter().map(|step| (step.verb.clone(), step.fitted.show())).collect()
}
