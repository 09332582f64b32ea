//! Learning from matrices: networks, linear models, metrics and splits. Knows no table and no language.
//!
//! A [`Learner`] is a configuration; [`Learner::fit`] turns [`Examples`] into a [`Model`]; a model turns [`Features`]
//! into [`Outputs`]. Configuration and model are two types: nothing is fitted in place.
#![doc = include_str!("../README.md")]

pub mod data;
pub mod dummy;
mod learner;
pub mod linear;
pub mod metric;
pub mod net;
mod scales;
mod spilled;
pub mod split;
mod twofold;

pub use data::{Examples, Features, Outputs, Target};
pub use learner::{Ignore, Learner, Model, Watch};
pub use scales::Scales;
pub use spilled::Spilled;
