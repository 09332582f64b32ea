//! Orders of rows, and whether they go forward in time.

use pipewright_diagnostic::Span;
use std::collections::BTreeSet;
use std::sync::Arc;

/// An order of rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sorted {
    pub(super) by: Vec<Arc<str>>,
    pub(super) descending: bool,
}

/// A stage that depends on the order of rows.
#[derive(Debug, Clone)]
pub(in crate::check) struct OrderUse {
    pub(super) sorted: Option<Sorted>,
    /// The keys within whose groups it looks at other rows; none for all rows.
    pub(super) within: BTreeSet<Arc<str>>,
    pub(in crate::check) at: Span,
}

/// What is known of an order where time matters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::check) enum InTime {
    /// The rows are sorted by time.
    Yes,
    /// They are as they were read: only the rows can tell. Within groups of these keys, time must not go back.
    AsRead(BTreeSet<Arc<str>>),
    /// They are sorted by something else.
    No,
}

impl OrderUse {
    /// The keys within whose groups it looks at other rows.
    pub(in crate::check) fn within(&self) -> &BTreeSet<Arc<str>> {
        &self.within
    }

    /// Do the rows of which it makes use go forward in time?
    pub(in crate::check) fn in_time(&self, time: &str) -> InTime {
        match &self.sorted {
            None => InTime::AsRead(self.within.clone()),
            Some(Sorted { by, descending: false }) if is_in_time(by, time, &self.within) => InTime::Yes,
            Some(_) => InTime::No,
        }
    }
}

/// Does an order by these columns go forward in time, within groups of these keys?
fn is_in_time(by: &[Arc<str>], time: &str, within: &BTreeSet<Arc<str>>) -> bool {
    by.iter().find(|name| !within.contains(*name)).is_some_and(|name| **name == *time)
}
