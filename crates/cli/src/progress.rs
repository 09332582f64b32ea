//! Progress bars for work over a second, and signals that end a run.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use pipewright::{Fingerprint, Observer, OsWorld, Stop};
use signal_hook::SigId;
#[cfg(unix)]
use signal_hook::consts::{SIGHUP, SIGXFSZ};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;
use signal_hook::low_level::unregister;
use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Shorter work shows no bar.
const PATIENCE: Duration = Duration::from_secs(1);

/// How long a run that was told to end may take to come to a place where it can. Then the process ends.
const GRACE: Duration = Duration::from_millis(500);

/// How often the process looks whether a signal has come.
const GLANCE: Duration = Duration::from_millis(50);

/// The exit code of a process that a signal ends is 128 and its number.
const SIGNAL_CODE: usize = 128;

/// The signals that end a run.
#[cfg(unix)]
const ENDING: &[i32] = &[SIGINT, SIGTERM, SIGHUP];
#[cfg(not(unix))]
const ENDING: &[i32] = &[SIGINT, SIGTERM];

pub(crate) struct Progress {
    start: Instant,
    signalled: Arc<AtomicBool>,
    signal: Arc<AtomicUsize>,
    handlers: Vec<SigId>,
    /// Dropped when the run has ended, which ends the thread that looks at signals.
    _running: Sender<()>,
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
    /// Installs signal handlers. If the run does not end soon after a signal, `tell` reports it and the process ends.
    #[allow(clippy::disallowed_methods)] // The terminal uses the system clock.
    pub(crate) fn start(tell: impl FnOnce() + Send + 'static) -> Progress {
        let (signalled, signal) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let mut handlers = Vec::new();
        for &ending in ENDING.iter().filter(|&&ending| !is_kept_away(ending)) {
            // Without handlers, signals end the process by default. The number is there before the flag is up.
            handlers.extend(flag::register_usize(ending, signal.clone(), ending.unsigned_abs() as usize));
            handlers.extend(flag::register(ending, signalled.clone()));
        }
        let (running, ended) = channel();
        let (flag, number) = (signalled.clone(), signal.clone());
        std::thread::spawn(move || {
            let mut patience = GRACE;
            while ended.recv_timeout(GLANCE) == Err(RecvTimeoutError::Timeout) {
                if flag.load(Ordering::Relaxed) {
                    patience = patience.saturating_sub(GLANCE);
                }
                if patience.is_zero() {
                    OsWorld::abandon_files();
                    tell();
                    std::process::exit(exit_code(&number).into());
                }
            }
        });
        Progress { start: Instant::now(), signalled, signal, handlers, _running: running, state: Mutex::default() }
    }

    /// The exit code of a run stopped by a signal.
    pub(crate) fn signal_code(&self) -> u8 {
        exit_code(&self.signal)
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

/// Was the process started to outlive its terminal, as by `nohup`? Then SIGHUP stays ignored.
#[cfg(unix)]
#[allow(clippy::disallowed_methods)] // What the system says of the process itself.
fn is_kept_away(signal: i32) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0);
    signal == SIGHUP && mask & (1 << (signal - 1)) != 0
}

#[cfg(not(unix))]
fn is_kept_away(_: i32) -> bool {
    false
}

fn exit_code(signal: &AtomicUsize) -> u8 {
    u8::try_from(SIGNAL_CODE + signal.load(Ordering::Relaxed)).unwrap_or(u8::MAX)
}

/// A file that grows beyond the limit of the system is then an error of writing, and does not end the process.
pub(crate) fn survive_full_files() {
    #[cfg(unix)]
    drop(flag::register(SIGXFSZ, Arc::default()));
}

fn new_bar() -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(1000), ProgressDrawTarget::stderr_with_hz(10));
    let style = ProgressStyle::with_template("{bar:30} {percent:>3}%  {msg}  {elapsed} of about {duration}");
    bar.set_style(style.expect("the template is sound").progress_chars("━╸ "));
    bar
}

impl Observer for Progress {
    fn stop(&self) -> Stop {
        Stop::from(self.signalled.clone())
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
