//! Work on the threads of the pool.

use pipewright_diagnostic::Bounds;

/// Does work on a thread of the pool, within the bounds of this one. From outside, every parallel loop of the work would
/// wake the pool and wait for it, which takes longer than a small loop.
pub(crate) fn inside<R: Send>(work: impl FnOnce() -> R + Send) -> R {
    if rayon::current_thread_index().is_some() {
        return work();
    }
    let bounds = Bounds::current();
    rayon::scope(|_| bounds.around(work))
}

#[cfg(test)]
mod tests {
    use super::*;
    use pipewright_diagnostic::{Memory, room_for};

    #[test]
    fn work_is_done_on_the_pool_within_the_bounds_of_the_caller() {
        assert!(rayon::current_thread_index().is_none());
        let bounds = Bounds { memory: Memory::Limit(10), ..Bounds::default() };
        bounds.around(|| {
            inside(|| {
                assert!(rayon::current_thread_index().is_some());
                assert!(room_for(1 << 30, String::new).is_err());
            });
        });
    }
}
