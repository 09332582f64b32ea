//! Named expressions.

use crate::Expression;
use std::sync::Arc;

/// An assignment `name = expression`.
#[derive(Debug, Clone, PartialEq)]
pub struct Assign {
    /// The name of the column to create or replace.
    pub name: Arc<str>,
    /// The expression.
    pub expression: Expression,
}
