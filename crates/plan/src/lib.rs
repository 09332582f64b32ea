//! From a script to a checked plan, and from a plan to a graph of jobs.
//!
//! ```text
//! tree ─expand→ stages ─bind, check→ Plan ─lower→ JobGraph
//! ```
//!
//! 1. [`expand`](mod@expand) replaces parameters, fragments and functions, leaving one list of stages per pipeline.
//! 2. [`bind`](mod@bind) checks the arguments of a stage against the `Spec` of its verb.
//! 3. [`check`](mod@check) walks the stages with the schema, adds the implied ones, resolves the target, and
//!    reports everything that can be found before a row is read.
//! 4. [`lower`](mod@lower) expands the evaluated part into folds and yields the [`JobGraph`].
//!
//! **Invariant:** the planner knows no verb by name; what a verb means to the plan is data in its `Spec`. Nor does it
//! depend on the number of threads.
#![doc = include_str!("../README.md")]

mod bind;
mod check;
mod choices;
mod cost;
mod expand;
mod fingerprint;
mod graph;
mod lower;
mod model;
mod names;
mod path;
mod print;
mod proof;
mod replay;
mod target;
mod wanted;

pub use check::{Options, plan, sourced};
pub use cost::Cost;
pub use expand::{Flat, Overrides, expand};
pub use fingerprint::{Fingerprint, Identity};
pub use graph::{
    ExamHead, Job, JobGraph, JobId, Part, PipelineHead, Round, ScopeId, ScriptHead, SearchHead, VerdictHead, Work,
};
pub use lower::{Tables, lower, lower_tables};
pub use model::{Branch, Candidate, Node, NodeId, Other, Pin, Pipeline, Plan, Searched, TimeOrder};
pub use path::Path;
pub use target::TargetFacts;
