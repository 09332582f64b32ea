//! Callbacks of long work: progress, cancellation, notices.

use crate::Failure;
use std::time::Duration;

/// Receives progress and notices of a piece of work, and may cancel it.
pub trait Progress: Sync {
    /// Should the work stop? Called many times per second.
    fn cancelled(&self) -> bool {
        false
    }

    /// Reports that `done` of `total` steps are done, in units of the work (epochs, iterations).
    fn report(&self, done: u64, total: u64) {
        let _ = (done, total);
    }

    /// Returns the time since some fixed moment; monotonic. Without a clock, no time goes by.
    fn elapsed(&self) -> Duration {
        Duration::ZERO
    }

    /// Reports a warning or a note that does not stop the work.
    fn notice(&self, notice: Failure) {
        let _ = notice;
    }
}

/// A [`Progress`] that ignores everything.
#[derive(Debug, Clone, Copy)]
pub struct NoProgress;

impl Progress for NoProgress {}
