//! A name for the values of an expression.

use crate::Expression;
use std::sync::Arc;

/// `name = expression`.
#[derive(Debug, Clone, PartialEq)]
pub struct Assign {
    /// The name of the column that it makes, or replaces in its place.
    pub name: Arc<str>,
    /// Its values.
    pub expression: Expression,
}
