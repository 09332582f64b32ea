//! Verbs and models: specification, arguments, effect, results, and the registry.
//!
//! A verb is a [`Verb`]: a [`Spec`] with everything that the language, the help and the tests need to know, and a
//! function that binds checked [`Args`] to the work (a [`Bound`]). A model is a [`Model`], with a `Spec` of the same
//! form. The planner and the engine use specs, effects and the traits of [`work`]; they never depend on a verb's
//! name.
//!
//! **Invariant:** this crate knows no particular verb. Held by `cargo xtask tidy` (it may not depend on `catalog`).
#![doc = include_str!("../README.md")]

mod args;
mod argument;
mod block;
mod canonical;
mod data;
mod debug;
mod declare;
mod domain;
mod environment;
mod footprint;
mod layer;
mod param;
mod pipeline;
mod registry;
pub mod result;
mod settled;
mod spec;
mod task;
pub mod work;

pub use args::{Args, Assigned, Chosen, ChosenGenerator, ChosenLayer, Layers, ModelPipeline, Renamed, Value};
pub use argument::{
    Argument, Bytes, Condition, Count, Duration, FilePath, Fraction, Int, Name, NonNegative, Number, Positive, Ratio,
    SampleName, Secret, Seed, TableName, UnitInterval, columns_of,
};
pub use block::{Block, Inner, InnerWork, Route, Selected};
pub use data::{Data, Stream};
pub use declare::Arguments;
pub use domain::{Domain, Word, bytes};
pub use environment::{Environment, failure_of};
pub use footprint::{Combined, Declaration, Footprint, Made, Neighbours, Reads, RowsKept, TrainingRows, Values};
pub use layer::LayerKind;
pub use param::{Param, Place, Preset, When};
pub use pipeline::{EvaluationRecord, FittedPipeline, Preparation, Record, SeenRows, StepRecord, recast};
pub use registry::{Implied, Registry, Sample};
pub use settled::Settled;
pub use spec::{
    ArgumentError, Effect, Example, Flow, Form, Generator, Group, LoadStep, Model, Prepare, Spec, StateKind, Structure,
    Tasks, Verb,
};
pub use task::{Task, TaskKind, Transform};
pub use work::Bound;
