//! The bounds of a run, which hold wherever its work is done: whether it was stopped, and how much memory there is.
//!
//! Long loops and large allocations are deep inside of crates that know no run. So the bounds surround the work of a
//! thread ([`Bounds::around`]); code that starts parallel tasks takes [`Bounds::current`] along.

use crate::{Failure, code};
use std::cell::RefCell;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A flag that stops a run. Cloning is cheap; clones are the same flag.
///
/// ```
/// let stop = pipewright_diagnostic::Stop::default();
/// assert!(!stop.is_set());
/// stop.clone().set();
/// assert!(stop.is_set());
/// ```
#[derive(Debug, Clone, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Stops the run.
    pub fn set(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Was it set?
    #[must_use]
    pub fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

impl From<Arc<AtomicBool>> for Stop {
    fn from(flag: Arc<AtomicBool>) -> Stop {
        Stop(flag)
    }
}

/// How much memory a run may use.
#[derive(Clone, Default)]
pub enum Memory {
    /// As much as it takes.
    #[default]
    Unlimited,
    /// This many bytes, as its options say.
    Limit(u64),
    /// What the machine has free at the moment, in bytes; `None` where that is not known.
    Free(Arc<dyn Fn() -> Option<u64> + Send + Sync>),
}

impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Memory::Unlimited => f.write_str("Unlimited"),
            Memory::Limit(bytes) => write!(f, "Limit({bytes})"),
            Memory::Free(_) => f.write_str("Free"),
        }
    }
}

/// The bounds of a run. Cloning is cheap.
#[derive(Debug, Clone, Default)]
pub struct Bounds {
    /// Stops the run.
    pub stop: Stop,
    /// How much memory it may use.
    pub memory: Memory,
}

thread_local! {
    static CURRENT: RefCell<Bounds> = RefCell::default();
}

impl Bounds {
    /// The bounds around the current thread's work; without any, nothing stops it.
    #[must_use]
    pub fn current() -> Bounds {
        CURRENT.with_borrow(Bounds::clone)
    }

    /// Does work within these bounds, on the current thread.
    pub fn around<T>(&self, work: impl FnOnce() -> T) -> T {
        /// Restores the bounds of the work around it, also after a panic.
        struct Outer(Bounds);
        impl Drop for Outer {
            fn drop(&mut self) {
                CURRENT.replace(std::mem::take(&mut self.0));
            }
        }
        let _outer = Outer(CURRENT.replace(self.clone()));
        work()
    }

    /// Continues, unless the run was stopped.
    ///
    /// # Errors
    /// [`code::CANCELLED`] if it was.
    pub fn go_on(&self) -> Result<(), Failure> {
        match self.stop.is_set() {
            true => Err(stopped()),
            false => Ok(()),
        }
    }

    /// Is there room for this many bytes? `what` says what needs them: `a table of 9 rows`.
    ///
    /// # Errors
    /// [`code::LIMIT_REACHED`] with both numbers if not.
    pub fn room_for(&self, bytes: u128, what: impl FnOnce() -> String) -> Result<(), Failure> {
        let (room, whose, help) = match &self.memory {
            Memory::Unlimited => return Ok(()),
            Memory::Limit(bytes) => (Some(*bytes), "the memory limit is", "raise the limit: --mem 8G"),
            Memory::Free(free) => {
                (free(), "the memory that is free is", "use fewer rows or columns, or smaller numbers")
            }
        };
        match room {
            Some(room) if bytes > u128::from(room) => {
                let message = format!("{} needs about {}; {whose} {}", what(), size(bytes), size(room.into()));
                Err(Failure::new(code::LIMIT_REACHED, message).help(help))
            }
            _ => Ok(()),
        }
    }
}

/// The failure of a run that was stopped.
#[must_use]
pub fn stopped() -> Failure {
    Failure::new(code::CANCELLED, "the run was stopped; nothing is left half written")
}

/// Continues within the bounds of the current thread: [`Bounds::go_on`].
///
/// # Errors
/// As [`Bounds::go_on`].
pub fn go_on() -> Result<(), Failure> {
    CURRENT.with_borrow(Bounds::go_on)
}

/// Is there room within the bounds of the current thread? [`Bounds::room_for`].
///
/// # Errors
/// As [`Bounds::room_for`].
pub fn room_for(bytes: u128, what: impl FnOnce() -> String) -> Result<(), Failure> {
    Bounds::current().room_for(bytes, what)
}

/// A number of bytes for people: `12 KB`, `1.5 GB`.
#[must_use]
pub fn size(bytes: u128) -> String {
    const UNITS: [&str; 6] = ["bytes", "KB", "MB", "GB", "TB", "PB"];
    let mut number = bytes as f64;
    let mut unit = 0;
    while number >= 1000.0 && unit + 1 < UNITS.len() {
        number /= 1000.0;
        unit += 1;
    }
    let places = usize::from(unit > 0 && number < 10.0);
    format!("{number:.places$} {}", UNITS[unit])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_hold_inside_and_the_outer_ones_after_that() {
        let (outer, inner) = (Bounds::default(), Bounds::default());
        inner.stop.set();
        outer.around(|| {
            assert!(go_on().is_ok());
            let work = || -> () {
                assert_eq!(go_on().unwrap_err().code, code::CANCELLED);
                panic!("the bounds end with the work");
            };
            let inside = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| inner.around(work)));
            assert!(inside.is_err() && go_on().is_ok());
        });
    }

    #[test]
    fn room_is_what_the_options_or_the_machine_give() {
        let bounds = |memory| Bounds { memory, ..Bounds::default() };
        let ask = |memory, bytes| bounds(memory).room_for(bytes, || "a table".to_owned());
        assert!(ask(Memory::Unlimited, u128::MAX).is_ok());
        assert!(ask(Memory::Free(Arc::new(|| None)), u128::MAX).is_ok());
        assert!(ask(Memory::Limit(1000), 1000).is_ok());
        let failure = ask(Memory::Limit(1000), 1500).unwrap_err();
        assert_eq!(failure.message, "a table needs about 1.5 KB; the memory limit is 1.0 KB");
        assert!(ask(Memory::Free(Arc::new(|| Some(10))), 11).unwrap_err().message.contains("free"));
    }

    #[test]
    fn sizes_have_the_unit_that_people_use() {
        assert_eq!(
            [0, 999, 1500, 120_000_000, 3 << 40].map(size),
            ["0 bytes", "999 bytes", "1.5 KB", "120 MB", "3.3 TB"]
        );
    }
}
