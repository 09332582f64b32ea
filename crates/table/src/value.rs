//! A single value as written in a script or a configuration: a literal.

use crate::whole;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;

/// A number, a text, a boolean, or null.
///
/// Whole numbers are kept as such, so that ids of 64 bits are compared and passed on without rounding.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub enum Value {
    /// Missing.
    Null,
    /// A boolean.
    Bool(bool),
    /// A whole number, written without point and exponent.
    Int(i64),
    /// Any other number.
    Number(f64),
    /// A text; also a date when compared with one (`"2024-01-31"`).
    Text(Arc<str>),
}

impl Value {
    /// Returns the number as a float, rounded if it is a whole number beyond 2^53.
    #[must_use]
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Value::Int(whole) => Some(*whole as f64),
            Value::Number(number) => Some(*number),
            _ => None,
        }
    }

    /// Returns the whole number that it is, also if it is written `1.0` or `1e3`.
    #[must_use]
    pub fn as_i64(&self) -> Option<i64> {
        match self {
            Value::Int(whole) => Some(*whole),
            Value::Number(number) => whole::of(*number),
            _ => None,
        }
    }

    /// Returns the number with the other sign.
    #[must_use]
    pub fn negated(&self) -> Option<Value> {
        match self {
            Value::Int(whole) => Some(whole.checked_neg().map_or(Value::Number(-(*whole as f64)), Value::Int)),
            // 2^63 is beyond 64 bits, -2^63 is not.
            Value::Number(number) if *number == -(i64::MIN as f64) => Some(Value::Int(i64::MIN)),
            Value::Number(number) => Some(Value::Number(-number)),
            _ => None,
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Null => f.write_str("null"),
            Value::Bool(value) => value.fmt(f),
            Value::Int(value) => value.fmt(f),
            Value::Number(value) => value.fmt(f),
            Value::Text(value) => write!(f, "{value:?}"),
        }
    }
}

impl From<f64> for Value {
    fn from(value: f64) -> Value {
        Value::Number(value)
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Value {
        Value::Int(value)
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Value {
        Value::Bool(value)
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Value {
        Value::Text(value.into())
    }
}
