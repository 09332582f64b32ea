//! Ways by which the target reaches what is learned.

use pipewright_diagnostic::Span;
use std::sync::Arc;

/// A way by which the target reaches what is learned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::check) struct Leak {
    pub(in crate::check) kind: LeakKind,
    /// The stage where the target came in.
    pub(in crate::check) at: Span,
}

/// The way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::check) enum LeakKind {
    /// The column was computed from the target.
    Value(Arc<str>),
    /// The target was computed from the column.
    Reverse(Arc<str>),
    /// The column depends on rows or keys that the target decided about.
    Influence(Arc<str>),
    /// Rows were chosen by the target and by this column.
    Choice(Arc<str>),
    /// The column was computed from the target of earlier rows.
    Past(Arc<str>),
}

impl LeakKind {
    /// The plainest way first.
    pub(super) fn rank(&self) -> usize {
        match self {
            LeakKind::Value(_) | LeakKind::Reverse(_) => 0,
            LeakKind::Influence(_) => 1,
            LeakKind::Choice(_) => 2,
            LeakKind::Past(_) => 3,
        }
    }
}
