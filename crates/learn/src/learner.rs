//! The two traits of learning, and what a fit may be given beside its rows.

use crate::data::{Dataset, Features, Outputs};
use crate::on_disk::OnDisk;
use crate::summary::Summary;
use pipewright_diagnostic::{Failure, code};
pub use pipewright_diagnostic::{NoProgress, Progress};
use pipewright_world::random::Key;
use serde::{Serialize, de::DeserializeOwned};
use std::fmt;

/// What a model accepts of its rows beyond dense columns of finite numbers.
///
/// ```
/// use pipewright_learn::{Accepts, Learner, linear::Ridge};
/// let accepts = Ridge::default().accepts();
/// assert!(accepts.weights && accepts.sparse && !accepts.missing);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Accepts {
    /// Missing values, which are NaN in a column of numbers and a code of their own among categories.
    pub missing: bool,
    /// Columns of categories.
    pub categories: bool,
    /// Sparse columns, without making them dense.
    pub sparse: bool,
    /// A weight per row.
    pub weights: bool,
    /// Groups of rows that belong together.
    pub groups: bool,
    /// Rows outside memory.
    pub on_disk: bool,
}

impl Accepts {
    /// Dense columns of finite numbers.
    pub const DENSE: Accepts =
        Accepts { missing: false, categories: false, sparse: false, weights: false, groups: false, on_disk: false };
    /// Dense and sparse columns of finite numbers.
    pub const NUMBERS: Accepts = Accepts { sparse: true, ..Accepts::DENSE };
    /// Columns of any kind, with missing values.
    pub const ANYTHING: Accepts = Accepts { missing: true, categories: true, ..Accepts::NUMBERS };

    /// And a weight per row.
    #[must_use]
    pub const fn and_weights(self) -> Accepts {
        Accepts { weights: true, ..self }
    }

    /// And rows outside memory.
    #[must_use]
    pub const fn and_rows_on_disk(self) -> Accepts {
        Accepts { on_disk: true, ..self }
    }
}

/// What a fit may be given beside its rows: rows for validation, a key for random numbers, and whoever watches.
///
/// ```
/// use pipewright_learn::{Dataset, Features, Fit, Learner, Target, net::Network};
/// let rows = |from: i32| {
///     let points: Vec<[f64; 1]> = (from..from + 20).map(|x| [f64::from(x % 7)]).collect();
///     let target = points.iter().map(|[x]| 2.0 * x).collect();
///     Dataset::new(Features::from_rows(["x"], &points), Target::Numbers(target))
/// };
/// let (train, validation) = (rows(0), rows(20));
/// let network = Network { hidden: vec![4], early_stop: Some(2), ..Network::default() };
/// let model = network.fit_with(&train, &Fit::new().validation(&validation).seed(1))?;
/// # Ok::<(), pipewright_learn::Failure>(())
/// ```
#[derive(Clone, Copy)]
pub struct Fit<'a, Rows = Dataset> {
    /// Where the model stops early, these rows say when; else they are not looked at.
    pub(crate) validation: Option<&'a Rows>,
    /// Where all random numbers come from.
    pub(crate) key: Key,
    pub(crate) progress: &'a dyn Progress,
}

impl<Rows> Default for Fit<'_, Rows> {
    fn default() -> Self {
        Fit { validation: None, key: Key::new(0), progress: &NoProgress }
    }
}

impl<'a, Rows> Fit<'a, Rows> {
    /// Without validation, with the random numbers of seed 0, unwatched.
    #[must_use]
    pub fn new() -> Self {
        Fit::default()
    }

    /// With rows that say when to stop, for a model that stops early.
    #[must_use]
    pub fn validation(self, rows: &'a Rows) -> Self {
        Fit { validation: Some(rows), ..self }
    }

    /// With the random numbers of this seed.
    #[must_use]
    pub fn seed(self, seed: u64) -> Self {
        self.key(Key::new(seed))
    }

    /// With random numbers from this key.
    #[must_use]
    pub fn key(self, key: Key) -> Self {
        Fit { key, ..self }
    }

    /// With somebody who hears of progress and warnings, and may cancel.
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

/// A configuration that can learn.
pub trait Learner: Send + Sync {
    /// What it learns.
    type Model: Model;

    /// What it accepts of its rows.
    fn accepts(&self) -> Accepts;

    /// Learns from `train`, which holds nothing but what [`Learner::accepts`] says, and no row with a weight of 0.
    /// This is the method to implement; [`Learner::fit`] and [`Learner::fit_with`] are those to call.
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

    /// Learns from `train`, with validation, seed or a watch.
    ///
    /// # Errors
    /// A [`Failure`] when the data cannot be learned from or training leaves the range of numbers; a model with
    /// a non-finite number is never returned.
    fn fit_with(&self, train: &Dataset, fit: &Fit<'_>) -> Result<Self::Model, Failure> {
        let accepts = self.accepts();
        let train = train.accepted(accepts)?;
        let validation = fit.validation.map(|rows| rows.accepted(accepts)).transpose()?;
        self.learn(&train, &Fit { validation: validation.as_deref(), ..*fit })
    }

    /// As [`Learner::fit_with`], from inputs outside memory; the model is the same, bit for bit, that the same rows in
    /// memory give.
    ///
    /// # Errors
    /// As [`Learner::fit_with`]; [`code::LIMIT_REACHED`] for a model that needs all rows in memory.
    fn fit_on_disk(&self, train: &OnDisk, fit: &Fit<'_, OnDisk>) -> Result<Self::Model, Failure> {
        let _ = (train, fit);
        Err(Failure::new(code::LIMIT_REACHED, "this model needs all rows in memory"))
    }
}

/// What was learned: plain data that predicts.
pub trait Model: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// What the columns may hold that it predicts from.
    const ACCEPTS: Accepts;

    /// Predicts for every row of features that fit. This is the method to implement; [`Model::predict`] is the one to
    /// call.
    fn outputs(&self, features: &Features) -> Outputs;

    /// Predicts for every row; the columns are those of the training features, in their order.
    ///
    /// # Errors
    /// [`code::WRONG_WIDTH`] for another number of columns.
    fn predict(&self, features: &Features) -> Result<Outputs, Failure> {
        if features.columns() != self.inputs() {
            let message = format!("the model has {} columns, the features {}", self.inputs(), features.columns());
            return Err(Failure::new(code::WRONG_WIDTH, message));
        }
        Ok(self.outputs(features))
    }

    /// Checks a model that came from a file: sizes agree, numbers are finite.
    ///
    /// # Errors
    /// A [`Failure`] that names what is wrong.
    fn validate(&self) -> Result<(), Failure>;

    /// The number of input columns.
    fn inputs(&self) -> usize;

    /// What was learned, for people to read: coefficients, layers.
    fn summary(&self) -> Summary;
}
