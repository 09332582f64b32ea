//! Fitted pipelines for host programs.

use crate::{REGISTRY, RunResult, Session};
use pipewright_diagnostic::{Failure, NoProgress};
use pipewright_frame::{OnInvalid, Table};
use pipewright_learn::Predictions;
use pipewright_operator::result::{Output, prediction_table};
use pipewright_operator::{FittedPipeline, Task};
use std::sync::Arc;

/// A fitted pipeline: the fitted steps and the model, ready to predict new rows. Cloning is cheap.
///
/// ```
/// use pipewright::{Model, Session};
/// let session = Session::builder().build()?;
/// let model = session.fit("load iris | scale | train logistic")?;
/// let restored = Model::load(&model.to_bytes())?;
/// assert_eq!(&*restored.task().target, "species");
/// # Ok::<(), pipewright::Failure>(())
/// ```
#[derive(Debug, Clone)]
pub struct Model {
    pipeline: Arc<FittedPipeline>,
}

impl Model {
    /// Reads a pipeline from the bytes of [`Model::to_bytes`] or of a file that `save` wrote. For pipelines with verbs
    /// or models of the host program: [`Session::load_model`].
    ///
    /// # Errors
    /// [`BAD_BUNDLE`](crate::code::BAD_BUNDLE) naming the damaged part;
    /// [`NEWER_BUNDLE`](crate::code::NEWER_BUNDLE) for a later version of the format.
    pub fn load(bytes: &[u8]) -> Result<Model, Failure> {
        let pipeline = pipewright_artifact::decode(bytes, &REGISTRY)?;
        Ok(Model { pipeline: Arc::new(pipeline) })
    }

    /// Serialises the pipeline to the bytes that `save` would write.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        pipewright_artifact::encode(&self.pipeline, &mut bytes).expect("writing to memory does not fail");
        bytes
    }

    /// Returns the target and, for classification, its classes.
    #[must_use]
    pub fn task(&self) -> &Task {
        &self.pipeline.task
    }

    /// Returns the script that made it, with every implied stage written out.
    #[must_use]
    pub fn script(&self) -> &str {
        &self.pipeline.script
    }

    /// Predicts every row, as a table: `prediction`, and for classification `p(CLASS)` for every class; of a model
    /// with `conformal` also `low` and `high`, or `set`. Columns are matched by name; unknown ones are ignored.
    ///
    /// # Errors
    /// A [`Failure`] naming the column that is missing or of another kind.
    pub fn predict(&self, rows: &Table) -> Result<Table, Failure> {
        prediction_table(&self.predictions(rows)?, self.task(), true)
    }

    /// Predicts every row: a probability per class in the order of the task, or a number; and what the pipeline decides
    /// from them.
    ///
    /// # Errors
    /// As [`Model::predict`].
    pub fn predictions(&self, rows: &Table) -> Result<Predictions, Failure> {
        self.pipeline.predict(rows, OnInvalid::Error, &NoProgress)
    }
}

impl Session {
    /// Fits the last pipeline of a script on all rows, and returns it.
    ///
    /// # Errors
    /// The first error of the script or of the run.
    pub fn fit(&self, script: &str) -> Result<Model, Failure> {
        let mut session = self.clone();
        session.environment.takes_models = true;
        let stage = self.environment.registry.implied.fit;
        let run = session.run(&format!("{script}\n| {stage}"));
        run.saved().next_back().ok_or_else(|| run.lacks("fitted pipeline", "the script must train a model"))
    }

    /// Reads a fitted pipeline that may use the verbs and models of this session.
    ///
    /// # Errors
    /// As [`Model::load`].
    pub fn load_model(&self, bytes: &[u8]) -> Result<Model, Failure> {
        let pipeline = pipewright_artifact::decode(bytes, self.environment.registry)?;
        Ok(Model { pipeline: Arc::new(pipeline) })
    }
}

impl RunResult {
    /// Returns the fitted pipeline that the script saved to this path.
    ///
    /// # Errors
    /// The error that ended the run; [`UNKNOWN_NAME`](crate::code::UNKNOWN_NAME) if the script saves nothing there.
    pub fn model(&self, path: &str) -> Result<Model, Failure> {
        let saved = self.outputs().find_map(|output| match output {
            Output::Saved(saved) if saved.path == path => Some(Model { pipeline: saved.pipeline.clone() }),
            _ => None,
        });
        saved.ok_or_else(|| self.lacks("model of this name", "add to the script: | save model.pw"))
    }

    fn saved(&self) -> impl DoubleEndedIterator<Item = Model> {
        self.outputs().filter_map(|output| match output {
            Output::Saved(saved) => Some(Model { pipeline: saved.pipeline.clone() }),
            _ => None,
        })
    }
}
