//! Execution of a job graph on rayon: each job runs as soon as its inputs are available, and its result is dropped as
//! soon as it is no longer needed.
//!
//! **Invariant (determinism):** results do not depend on the order in which jobs end. Neither do failures: of all jobs
//! that can fail, the first in the graph's order is reported.
//!
//! **Invariant:** the engine opens no files and knows no verbs; it only uses the traits of `operator::work`.
#![doc = include_str!("../README.md")]

mod apart;
mod execute;
mod observe;
mod schedule;

pub use execute::Value;
pub use observe::{NoObserver, Notice, Observer};
pub use schedule::{JobFailure, Outcome, Retain, Run, StageTime};
