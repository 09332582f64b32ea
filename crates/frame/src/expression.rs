//! Expressions over the columns of a table: what `where` keeps and `assert` asks for.
//!
//! Logic is Kleene's: a comparison with a missing value is neither true nor false, `false and null` is false,
//! `true or null` is true. Chains (`a + b - c`, `p and q and r`) are held flat, so that a chain of any length is
//! evaluated and dropped in constant stack; other nesting is as deep as its maker allows.

mod evaluate;
mod kind;

use crate::Value;
use std::sync::Arc;

pub use kind::ExprKind;

/// A resolved expression. Made by the methods of this type, which keep chains flat.
///
/// ```
/// use pipewright_frame::{Column, Comparison, ExprKind, Expression, Kind, Schema};
/// let old = Expression::column("age").compare(Comparison::Greater, Expression::from(60.0));
/// let schema = Schema::new([Column::new("age", Kind::Continuous)]);
/// assert_eq!(old.kind(&schema).unwrap(), ExprKind::Bool);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub enum Expression {
    /// The values of a column.
    Column(Arc<str>),
    /// The same value for every row.
    Literal(Value),
    /// Minus.
    Negate(Box<Expression>),
    /// Not.
    Not(Box<Expression>),
    /// `first op a op b …`, evaluated from left to right.
    Arithmetic(Box<Expression>, Vec<(Arithmetic, Expression)>),
    /// `left op right`.
    Compare(Comparison, Box<Expression>, Box<Expression>),
    /// `a and b and …`.
    All(Vec<Expression>),
    /// `a or b or …`.
    Any(Vec<Expression>),
    /// Is it one of these values?
    In(Box<Expression>, Vec<Value>),
    /// Is it missing?
    IsNull(Box<Expression>),
    /// `if condition then a else b`: a missing condition gives a missing value.
    If(Box<[Expression; 3]>),
}

/// An operation on two numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Arithmetic {
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
    /// `^`
    Power,
}

/// A comparison of two values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Comparison {
    /// `==`
    Equal,
    /// `!=`
    Unequal,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

impl Arithmetic {
    /// The operator as written.
    #[must_use]
    pub fn sign(self) -> &'static str {
        match self {
            Arithmetic::Add => "+",
            Arithmetic::Subtract => "-",
            Arithmetic::Multiply => "*",
            Arithmetic::Divide => "/",
            Arithmetic::Power => "^",
        }
    }
}

impl Comparison {
    /// The operator as written.
    #[must_use]
    pub fn sign(self) -> &'static str {
        match self {
            Comparison::Equal => "==",
            Comparison::Unequal => "!=",
            Comparison::Less => "<",
            Comparison::LessOrEqual => "<=",
            Comparison::Greater => ">",
            Comparison::GreaterOrEqual => ">=",
        }
    }
}

impl<V: Into<Value>> From<V> for Expression {
    fn from(value: V) -> Expression {
        Expression::Literal(value.into())
    }
}

impl Expression {
    /// The values of a column.
    pub fn column(name: impl Into<Arc<str>>) -> Expression {
        Expression::Column(name.into())
    }

    /// `self op right`; appended to the chain if `self` is one.
    #[must_use]
    pub fn arithmetic(self, operator: Arithmetic, right: Expression) -> Expression {
        match self {
            Expression::Arithmetic(first, mut rest) => {
                rest.push((operator, right));
                Expression::Arithmetic(first, rest)
            }
            first => Expression::Arithmetic(Box::new(first), vec![(operator, right)]),
        }
    }

    /// `self op right`.
    #[must_use]
    pub fn compare(self, operator: Comparison, right: Expression) -> Expression {
        Expression::Compare(operator, Box::new(self), Box::new(right))
    }

    /// `self and right`; appended to the chain if `self` is one.
    #[must_use]
    pub fn and(self, right: Expression) -> Expression {
        match self {
            Expression::All(mut parts) => {
                parts.push(right);
                Expression::All(parts)
            }
            first => Expression::All(vec![first, right]),
        }
    }

    /// `self or right`; appended to the chain if `self` is one.
    #[must_use]
    pub fn or(self, right: Expression) -> Expression {
        match self {
            Expression::Any(mut parts) => {
                parts.push(right);
                Expression::Any(parts)
            }
            first => Expression::Any(vec![first, right]),
        }
    }

    /// `not self`.
    #[must_use]
    pub fn negated(self) -> Expression {
        Expression::Not(Box::new(self))
    }

    /// `-self`.
    #[must_use]
    pub fn minus(self) -> Expression {
        Expression::Negate(Box::new(self))
    }

    /// `self in [values]`.
    #[must_use]
    pub fn is_in(self, values: Vec<Value>) -> Expression {
        Expression::In(Box::new(self), values)
    }

    /// `self is null`.
    #[must_use]
    pub fn is_null(self) -> Expression {
        Expression::IsNull(Box::new(self))
    }

    /// `if condition then then else otherwise`.
    #[must_use]
    pub fn choose(condition: Expression, then: Expression, otherwise: Expression) -> Expression {
        Expression::If(Box::new([condition, then, otherwise]))
    }

    /// The columns that it reads, each once, in the order of their first use.
    #[must_use]
    pub fn columns(&self) -> Vec<Arc<str>> {
        let mut names = Vec::new();
        self.collect_columns(&mut names);
        names
    }

    fn collect_columns(&self, names: &mut Vec<Arc<str>>) {
        match self {
            Expression::Column(name) if !names.contains(name) => names.push(name.clone()),
            Expression::Column(_) | Expression::Literal(_) => {}
            Expression::Negate(inner)
            | Expression::Not(inner)
            | Expression::In(inner, _)
            | Expression::IsNull(inner) => {
                inner.collect_columns(names);
            }
            Expression::Arithmetic(first, rest) => {
                first.collect_columns(names);
                rest.iter().for_each(|(_, part)| part.collect_columns(names));
            }
            Expression::Compare(_, left, right) => {
                left.collect_columns(names);
                right.collect_columns(names);
            }
            Expression::All(parts) | Expression::Any(parts) => {
                parts.iter().for_each(|part| part.collect_columns(names))
            }
            Expression::If(parts) => parts.iter().for_each(|part| part.collect_columns(names)),
        }
    }
}

#[cfg(test)]
mod tests;
