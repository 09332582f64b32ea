//! Test helper: results do not depend on the number of threads.

use std::fmt::Debug;

/// Runs `work` with 1, 2, 3 and 8 threads, asserts equal results and returns one.
pub(crate) fn on_any_threads<R: PartialEq + Debug + Send>(work: impl Fn() -> R + Sync) -> R {
    let on = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool of few threads");
        pool.install(&work)
    };
    let one = on(1);
    for threads in [2, 3, 8] {
        assert!(on(threads) == one, "{threads} threads give something else");
    }
    one
}
