//! How long work is watched: told of progress, asked whether to stop, given notices.

use crate::Failure;

/// Whoever watches a piece of work.
pub trait Progress: Sync {
    /// Should the work stop? Asked many times a second.
    fn cancelled(&self) -> bool {
        false
    }

    /// `done` of `total` steps are done; the unit is the work's own (epochs, iterations).
    fn report(&self, done: u64, total: u64) {
        let _ = (done, total);
    }

    /// Something worth saying that does not stop the work.
    fn notice(&self, notice: Failure) {
        let _ = notice;
    }
}

/// Watches nothing.
#[derive(Debug, Clone, Copy)]
pub struct NoProgress;

impl Progress for NoProgress {}
