//! What a verb is: its specification, its arguments, its effect, and the registry that holds it.
//!
//! A verb is one [`Verb`]: a [`Spec`] that says everything the language, the help and the tests need to know, and a
//! function that binds checked [`Args`] to something that does the work (a [`Bound`]). A model is a [`Model`], with a
//! `Spec` of the same form. The planner and the engine see specs, effects and the traits of [`work`]; they never see
//! a name.
//!
//! **Invariant:** this crate knows no single verb. Held by `cargo xtask tidy` (it may not depend on `catalog`).
#![doc = include_str!("../README.md")]

mod args;
mod argument;
mod block;
mod canonical;
mod data;
mod declare;
mod domain;
mod environment;
mod footprint;
mod param;
mod pipeline;
mod registry;
pub mod result;
mod settled;
mod spec;
mod task;
pub mod work;

pub use args::{Args, Assigned, Chosen, Renamed, Value};
pub use argument::{
    Argument, Bytes, Condition, Count, Duration, FilePath, Fraction, Int, NonNegative, Number, Positive, Ratio,
    SampleName, Secret, Seed, TableName, UnitInterval, columns_of,
};
pub use block::{Block, Inner, InnerWork, Route, Selected};
pub use data::{Data, Stream};
pub use declare::Arguments;
pub use domain::{Domain, Word, bytes};
pub use environment::{Environment, failure_of};
pub use footprint::{Declaration, Footprint, Neighbours, Reads, RowsKept, TrainingRows, Values};
pub use param::{Param, Place, Preset, When};
pub use pipeline::{EvaluationRecord, FittedPipeline, Preparation, Record, StepRecord};
pub use registry::{Implied, Registry, Sample};
pub use settled::Settled;
pub use spec::{
    ArgumentError, Effect, Example, Flow, Form, Group, LoadStep, Model, Prepare, Spec, Structure, Tasks, Verb,
};
pub use task::{Task, TaskKind, Transform};
pub use work::Bound;
