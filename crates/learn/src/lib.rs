//! Machine learning on matrices: networks, linear models, transforms, metrics and splits. Independent of tables and of
//! the pipeline language.
//!
//! A [`Learner`] is a configuration; [`Learner::fit`] turns a [`Dataset`] into a [`Model`]; a model turns [`Features`]
//! into [`Outputs`]. A [`Transformer`] is a configuration too; it learns a [`Transform`], which turns [`Features`] into
//! [`Features`]. Configuration and fitted state are separate types: nothing is fitted in place.
#![doc = include_str!("../README.md")]

pub mod bayes;
pub mod boost;
pub mod calibrate;
mod class_weights;
pub mod cluster;
pub mod compare;
pub mod data;
pub mod discriminant;
mod distribution;
pub mod dummy;
pub mod forest;
pub mod generate;
mod held_out;
pub mod impute;
pub mod knn;
mod learner;
pub mod linear;
mod matrix;
pub mod metric;
mod mixed;
mod moments;
pub mod net;
mod on_disk;
mod order;
mod passes;
mod pool;
mod quantiles;
pub mod reduce;
mod scales;
pub mod search;
pub mod select;
mod sparse_rows;
pub mod split;
mod summary;
mod sums;
pub mod svm;
#[cfg(test)]
mod threads;
mod transform;
pub mod tree;
mod twofold;

pub use data::{Dataset, Features, Labels, Outputs, Predicted, Predictions, Quantiles, Regions, Target};
pub use learner::{Accepts, Fit, Learner, Model, NoProgress, Progress};
pub use metric::{Judged, Metric};
pub use on_disk::OnDisk;
pub use passes::Passes;
pub use pipewright_diagnostic::Failure;
pub use pipewright_world::random::Key;
pub use quantiles::{AtLevels, FitsLevels, PerLevel};
pub use scales::Scales;
pub use summary::{Estimate, Importance, Inference, LayerSummary, LinearFunction, Summary};
pub use transform::{Transform, Transformer};
