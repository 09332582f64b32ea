//! The traits [`Learner`] and [`Model`], and the options of a fit.

use crate::data::{Dataset, Features, Outputs, Predictions};
use crate::on_disk::OnDisk;
use crate::passes::Passes;
use crate::pool::inside;
use crate::summary::Summary;
use pipewright_diagnostic::{Failure, code};
pub use pipewright_diagnostic::{NoProgress, Progress};
use pipewright_world::random::Key;
use serde::{Serialize, de::DeserializeOwned};
use std::fmt;

/// Capabilities of a model beyond dense columns of finite numbers.
///
/// ```
/// use pipewright_learn::{Accepts, Learner, linear::Ridge};
/// let accepts = Ridge::default().accepts();
/// assert!(accepts.weights && accepts.sparse && !accepts.missing);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Accepts {
    /// Missing values: NaN in numeric columns, [`Categories::MISSING`](crate::data::Categories::MISSING) in categorical
    /// ones.
    pub missing: bool,
    /// Columns of categories.
    pub categories: bool,
    /// Sparse columns, without densifying them.
    pub sparse: bool,
    /// Sample weights.
    pub weights: bool,
    /// Groups of rows.
    pub groups: bool,
    /// Rows on disk instead of in memory.
    pub on_disk: bool,
    /// Rows that are read chunk by chunk, in several passes.
    pub passes: bool,
}

impl Accepts {
    /// Dense columns of finite numbers.
    pub const DENSE: Accepts = Accepts {
        missing: false,
        categories: false,
        sparse: false,
        weights: false,
        groups: false,
        on_disk: false,
        passes: false,
    };
    /// Dense and sparse columns of finite numbers.
    pub const NUMBERS: Accepts = Accepts { sparse: true, ..Accepts::DENSE };
    /// Columns of any kind, with missing values.
    pub const ANYTHING: Accepts = Accepts { missing: true, categories: true, ..Accepts::NUMBERS };

    /// Adds sample weights.
    #[must_use]
    pub const fn and_weights(self) -> Accepts {
        Accepts { weights: true, ..self }
    }

    /// Adds rows on disk.
    #[must_use]
    pub const fn and_rows_on_disk(self) -> Accepts {
        Accepts { on_disk: true, ..self }
    }
}

/// Options of a fit: validation rows, a key for random numbers, and a progress callback.
///
/// ```
/// use pipewright_learn::{Dataset, Features, Fit, Learner, Target, net::Network, net::Training};
/// let rows = |from: i32| {
///     let points: Vec<[f64; 1]> = (from..from + 20).map(|x| [f64::from(x % 7)]).collect();
///     let target = points.iter().map(|[x]| 2.0 * x).collect();
///     Dataset::new(Features::from_rows(["x"], &points), Target::Numbers(target))
/// };
/// let (train, validation) = (rows(0), rows(20));
/// let training = Training { early_stop: Some(2), ..Training::default() };
/// let network = Network { hidden: vec![4], training, ..Network::default() };
/// let model = network.fit_with(&train, &Fit::new().validation(&validation).seed(1))?;
/// # Ok::<(), pipewright_learn::Failure>(())
/// ```
#[derive(Clone, Copy)]
pub struct Fit<'a, Rows = Dataset> {
    /// Validation rows for early stopping; ignored by models that do not stop early.
    pub(crate) validation: Option<&'a Rows>,
    /// The key from which all random numbers are derived.
    pub(crate) key: Key,
    pub(crate) progress: &'a dyn Progress,
}

impl<Rows> Default for Fit<'_, Rows> {
    fn default() -> Self {
        Fit { validation: None, key: Key::new(0), progress: &NoProgress }
    }
}

impl<'a, Rows> Fit<'a, Rows> {
    /// Creates the default options: no validation rows, seed 0, no progress callback.
    #[must_use]
    pub fn new() -> Self {
        Fit::default()
    }

    /// Sets the validation rows for early stopping.
    #[must_use]
    pub fn validation(self, rows: &'a Rows) -> Self {
        Fit { validation: Some(rows), ..self }
    }

    /// Sets the seed of all random numbers.
    #[must_use]
    pub fn seed(self, seed: u64) -> Self {
        self.key(Key::new(seed))
    }

    /// Sets the key of all random numbers.
    #[must_use]
    pub fn key(self, key: Key) -> Self {
        Fit { key, ..self }
    }

    /// Sets the callback that receives progress and warnings, and may cancel.
    #[must_use]
    pub fn progress(self, progress: &'a dyn Progress) -> Self {
        Fit { progress, ..self }
    }
}

impl<Rows: fmt::Debug> fmt::Debug for Fit<'_, Rows> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fit").field("validation", &self.validation).field("key", &self.key).finish_non_exhaustive()
    }
}

/// A configuration that can be fitted.
pub trait Learner: Send + Sync {
    /// The fitted model.
    type Model: Model;

    /// Returns what the model accepts beyond dense columns of finite numbers.
    fn accepts(&self) -> Accepts;

    /// Learns from `train`, which contains only what [`Learner::accepts`] allows and no row with a weight of 0.
    /// Implement this method; call [`Learner::fit`] or [`Learner::fit_with`].
    ///
    /// # Errors
    /// As [`Learner::fit_with`].
    fn learn(&self, train: &Dataset, fit: &Fit<'_>) -> Result<Self::Model, Failure>;

    /// Learns from `train`.
    ///
    /// # Errors
    /// As [`Learner::fit_with`].
    fn fit(&self, train: &Dataset) -> Result<Self::Model, Failure> {
        self.fit_with(train, &Fit::default())
    }

    /// Learns from `train`, with validation rows, a seed or a progress callback.
    ///
    /// # Errors
    /// A [`Failure`] if the data cannot be learned from or training overflows; a model with a non-finite number is
    /// never returned.
    fn fit_with(&self, train: &Dataset, fit: &Fit<'_>) -> Result<Self::Model, Failure> {
        let accepts = self.accepts();
        let train = train.accepted(accepts)?;
        let validation = fit.validation.map(|rows| rows.accepted(accepts)).transpose()?;
        inside(|| self.learn(&train, &Fit { validation: validation.as_deref(), ..*fit }))
    }

    /// Like [`Learner::fit_with`], with inputs on disk. The model is bit for bit the one that the same rows in memory
    /// give.
    ///
    /// # Errors
    /// As [`Learner::fit_with`]; [`code::LIMIT_REACHED`] for a model that needs all rows in memory.
    fn fit_on_disk(&self, train: &OnDisk, fit: &Fit<'_, OnDisk>) -> Result<Self::Model, Failure> {
        let _ = (train, fit);
        Err(Failure::new(code::LIMIT_REACHED, "this model needs all rows in memory"))
    }

    /// Like [`Learner::fit_with`], with rows that are read chunk by chunk.
    ///
    /// # Errors
    /// As [`Learner::fit_with`]; [`code::LIMIT_REACHED`] for a model that needs all rows in memory, and if even what it
    /// keeps of each row exceeds the memory limit.
    fn fit_in_passes(&self, train: &dyn Passes, fit: &Fit<'_>) -> Result<Self::Model, Failure> {
        let _ = (train, fit);
        Err(Failure::new(code::LIMIT_REACHED, "this model needs all rows in memory"))
    }
}

/// A fitted model: plain data that predicts.
pub trait Model: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// What the columns to predict from may contain.
    const ACCEPTS: Accepts;

    /// Predicts for every row of features that fit. Implement this method; call [`Model::predict`].
    fn outputs(&self, features: &Features) -> Outputs;

    /// Predicts for every row; the columns must be those of the training features, in the same order.
    ///
    /// # Errors
    /// [`code::WRONG_WIDTH`] if the number of columns differs.
    fn predict(&self, features: &Features) -> Result<Outputs, Failure> {
        check_width(self.inputs(), features)?;
        Ok(inside(|| self.outputs(features)))
    }

    /// Like [`Model::predict`], with all that the model predicts: of a model of several quantiles, also these.
    ///
    /// # Errors
    /// As [`Model::predict`].
    fn predictions(&self, features: &Features) -> Result<Predictions, Failure> {
        self.predict(features).map(Predictions::from)
    }

    /// The levels of the quantiles that [`Model::predictions`] have, ascending; empty without quantiles.
    fn levels(&self) -> &[f64] {
        &[]
    }

    /// Validates a model that came from a file: sizes agree, numbers are finite.
    ///
    /// # Errors
    /// A [`Failure`] that names the problem.
    fn validate(&self) -> Result<(), Failure>;

    /// The number of input columns.
    fn inputs(&self) -> usize;

    /// What was learned, for people to read: coefficients, layers.
    fn summary(&self) -> Summary;
}

/// Checks that features have as many columns as a model.
pub(crate) fn check_width(inputs: usize, features: &Features) -> Result<(), Failure> {
    let columns = features.columns();
    match columns == inputs {
        true => Ok(()),
        false => {
            let message = format!("the model has {inputs} columns, the features {columns}");
            Err(Failure::new(code::WRONG_WIDTH, message))
        }
    }
}
