//! Runs a graph of jobs on rayon: each as soon as what it needs is there, its result dropped as soon as nobody needs
//! it any more.
//!
//! **Invariant (determinism):** results do not depend on the order in which jobs end. A failure neither: of all jobs
//! that can fail, the first in the graph's order is the one that is reported.
//!
//! **Invariant:** the engine opens no file and knows no verb; it sees the traits of `operator::work` only.

mod execute;
mod observe;
mod schedule;

pub use execute::Value;
pub use observe::{NoObserver, Notice, Observer};
pub use schedule::{JobFailure, Outcome, Retain, Run, StageTime};
