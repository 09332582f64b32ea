//! Progress bars for work over a second, and Ctrl-C.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use pipewright::{Fingerprint, Observer};
use signal_hook::SigId;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;
use signal_hook::low_level::unregister;
use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Shorter work shows no bar.
const PATIENCE: Duration = Duration::from_secs(1);

pub(crate) struct Progress {
    start: Instant,
    interrupted: Arc<AtomicBool>,
    terminated: Arc<AtomicBool>,
    handlers: Vec<SigId>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    bar: Option<ProgressBar>,
    done: usize,
    total: usize,
    /// The finished share of each running job.
    under_way: BTreeMap<Fingerprint, f64>,
}

impl Progress {
    /// Installs signal handlers. The second Ctrl-C ends the process at once.
    #[allow(clippy::disallowed_methods)] // The terminal uses the system clock.
    pub(crate) fn start() -> Progress {
        let (interrupted, terminated) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
        let mut handlers = Vec::new();
        for (signal, code, raised) in [(SIGINT, 130, &interrupted), (SIGTERM, 143, &terminated)] {
            // Without handlers, signals end the process by default.
            handlers.extend(flag::register_conditional_shutdown(signal, code, raised.clone()));
            handlers.extend(flag::register(signal, raised.clone()));
        }
        Progress { start: Instant::now(), interrupted, terminated, handlers, state: Mutex::default() }
    }

    /// The exit code of a run stopped by a signal.
    pub(crate) fn signal_code(&self) -> u8 {
        if self.terminated.load(Ordering::Relaxed) { 143 } else { 130 }
    }

    pub(crate) fn clear(&self) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(bar) = state.bar.take() {
            bar.finish_and_clear();
        }
    }

    fn update(&self, change: impl FnOnce(&mut State)) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut state);
        if self.start.elapsed() < PATIENCE || !std::io::stderr().is_terminal() || state.total == 0 {
            return;
        }
        let share = (state.done as f64 + state.under_way.values().sum::<f64>()) / state.total as f64;
        let (done, total) = (state.done, state.total);
        let bar = state.bar.get_or_insert_with(new_bar);
        bar.set_position((share * 1000.0) as u64);
        bar.set_message(format!("{done} of {total} jobs"));
    }
}

impl Drop for Progress {
    /// Resets the state for the next run.
    fn drop(&mut self) {
        for handler in self.handlers.drain(..) {
            unregister(handler);
        }
    }
}

fn new_bar() -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(1000), ProgressDrawTarget::stderr_with_hz(10));
    let style = ProgressStyle::with_template("{bar:30} {percent:>3}%  {msg}  {elapsed} of about {duration}");
    bar.set_style(style.expect("the template is sound").progress_chars("━╸ "));
    bar
}

impl Observer for Progress {
    fn cancelled(&self) -> bool {
        self.interrupted.load(Ordering::Relaxed) || self.terminated.load(Ordering::Relaxed)
    }

    fn jobs(&self, done: usize, total: usize) {
        self.update(|state| (state.done, state.total) = (done, total));
    }

    fn steps(&self, job: Fingerprint, done: u64, total: u64) {
        self.update(|state| {
            if done >= total {
                state.under_way.remove(&job);
            } else {
                state.under_way.insert(job, done as f64 / total as f64);
            }
        });
    }
}
