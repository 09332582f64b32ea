//! Expressions over the columns of a table, as used by `where`, `assert` and `derive`.
//!
//! Logic is three-valued (Kleene): a comparison with a missing value is missing, `false and null` is false, `true or
//! null` is true. Chains (`a + b - c`, `p and q and r`) are stored flat, so that a chain of any length is evaluated and
//! dropped in constant stack; other nesting is as deep as constructed. Results that are not finite (`0 / 0`, `1 / 0`,
//! `log(-1)`) are missing.
//!
//! Most expressions are computed row by row. An [`Expression::Aggregate`] is one value learned from many rows, and a
//! constant from then on; a [`Window`] reads other rows of the table.

mod dependency;
mod evaluate;
mod function;
mod kind;
mod lanes;
mod learn;
mod saved;
mod sliding;
mod window;

use crate::Aggregate;
use pipewright_diagnostic::Failure;
use pipewright_table::{Schema, Value};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

pub use dependency::{Shift, When};
pub use function::{Call, Chapter, Function, Functions, Parameter, ParameterType};
pub use kind::ExprKind;
pub use learn::{Accumulator, EmpiricalCdf, Score};
pub use window::{FrameBound, Window, WindowFunction};

/// A resolved expression. Built by the methods of this type, which keep chains flat.
///
/// ```
/// use pipewright_frame::{Column, Comparison, ExprKind, Expression, ColumnType, Schema};
/// let old = Expression::column("age").compare(Comparison::Greater, Expression::from(60.0));
/// let schema = Schema::new([Column::new("age", ColumnType::Continuous)]);
/// assert_eq!(old.kind(&schema).unwrap(), ExprKind::Bool);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub enum Expression {
    /// The values of a column.
    Column(Arc<str>),
    /// A constant.
    Literal(Value),
    /// A constant date, time of day or duration, in microseconds.
    Moment(ExprKind, i64),
    /// Negation.
    Negate(Box<Expression>),
    /// Logical not.
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
    /// A function of values in the same row.
    Call(&'static Function, Vec<Expression>),
    /// An aggregate over many rows; without a column for [`Aggregate::Rows`].
    Aggregate(Aggregate, Option<Box<Expression>>),
    /// The position of a value in a distribution.
    Score(Score, Box<Expression>),
    /// The fraction of the learned numbers that are not larger.
    Ranked(Arc<EmpiricalCdf>, Box<Expression>),
    /// A window function: values of other rows of the table.
    Window(Box<Window>),
}

/// An arithmetic operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Arithmetic {
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
    /// `//`: rounded down.
    FloorDivide,
    /// `%`: the remainder of `//`, with the sign of the divisor.
    Modulo,
    /// `^`
    Power,
}

/// A comparison operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
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

impl Comparison {
    /// Returns the comparison with swapped sides.
    #[must_use]
    pub fn mirrored(self) -> Comparison {
        match self {
            Comparison::Less => Comparison::Greater,
            Comparison::LessOrEqual => Comparison::GreaterOrEqual,
            Comparison::Greater => Comparison::Less,
            Comparison::GreaterOrEqual => Comparison::LessOrEqual,
            same => same,
        }
    }
}

impl Arithmetic {
    /// Returns the operator as written.
    #[must_use]
    pub fn sign(self) -> &'static str {
        match self {
            Arithmetic::Add => "+",
            Arithmetic::Subtract => "-",
            Arithmetic::Multiply => "*",
            Arithmetic::Divide => "/",
            Arithmetic::FloorDivide => "//",
            Arithmetic::Modulo => "%",
            Arithmetic::Power => "^",
        }
    }
}

impl Comparison {
    /// Returns the operator as written.
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

/// Construction.
impl Expression {
    /// Creates a column reference.
    pub fn column(name: impl Into<Arc<str>>) -> Expression {
        Expression::Column(name.into())
    }

    /// Creates a duration of some seconds; saturates at 64 bits of microseconds.
    #[must_use]
    pub fn duration(seconds: f64) -> Expression {
        Expression::Moment(ExprKind::Duration, (seconds * 1e6).round() as i64)
    }

    /// Creates `self op right`; appended to the chain if `self` is one.
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

    /// Creates `self op right`.
    #[must_use]
    pub fn compare(self, operator: Comparison, right: Expression) -> Expression {
        Expression::Compare(operator, Box::new(self), Box::new(right))
    }

    /// Creates `self and right`; appended to the chain if `self` is one.
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

    /// Creates `self or right`; appended to the chain if `self` is one.
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

    /// Creates `not self`.
    #[must_use]
    pub fn negated(self) -> Expression {
        Expression::Not(Box::new(self))
    }

    /// Creates `-self`; a literal number is negated.
    #[must_use]
    pub fn minus(self) -> Expression {
        if let Expression::Literal(value) = &self
            && let Some(negated) = value.negated()
        {
            return Expression::Literal(negated);
        }
        Expression::Negate(Box::new(self))
    }

    /// Creates `self in [values]`.
    #[must_use]
    pub fn is_in(self, values: Vec<Value>) -> Expression {
        Expression::In(Box::new(self), values)
    }

    /// Creates `self is null`.
    #[must_use]
    pub fn is_null(self) -> Expression {
        Expression::IsNull(Box::new(self))
    }

    /// Creates `if condition then then else otherwise`.
    #[must_use]
    pub fn choose(condition: Expression, then: Expression, otherwise: Expression) -> Expression {
        Expression::If(Box::new([condition, then, otherwise]))
    }
}

/// Dependencies of an expression.
impl Expression {
    /// Returns the columns that it reads, each once, in order of first use.
    #[must_use]
    pub fn columns(&self) -> Vec<Arc<str>> {
        let mut names: Vec<Arc<str>> = Vec::new();
        self.visit(&mut |part| {
            let name = match part {
                Expression::Column(name) => Some(name),
                Expression::Window(window) => window.time(),
                _ => None,
            };
            if let Some(name) = name.filter(|name| !names.contains(name)) {
                names.push(name.clone());
            }
        });
        names
    }

    /// Does it contain an aggregate, or a position in a distribution, that has to be learned first?
    #[must_use]
    pub fn learns(&self) -> bool {
        self.holds(|part| matches!(part, Expression::Aggregate(..) | Expression::Score(..)))
    }

    /// Does it read rows other than its own?
    #[must_use]
    pub fn looks_around(&self) -> bool {
        self.holds(|part| matches!(part, Expression::Window(_)))
    }

    /// Does it read rows after its own?
    #[must_use]
    pub fn looks_ahead(&self) -> bool {
        self.holds(
            |part| matches!(part, Expression::Window(window) if matches!(window.moving, WindowFunction::Lead(_))),
        )
    }

    /// Returns its aggregates, each once, and the expression with each replaced by a column of the given name. Equal
    /// aggregates share a name.
    ///
    /// ```
    /// use pipewright_frame::{Aggregate, Arithmetic, Expression};
    /// let mean = Expression::Aggregate(Aggregate::Mean, Some(Box::new(Expression::column("x"))));
    /// let whole = mean.clone().arithmetic(Arithmetic::Multiply, Expression::from(2.0));
    /// let (aggregates, rest) = whole.split_aggregates(|number| format!("aggregate {number}"));
    /// assert_eq!(aggregates, [(Aggregate::Mean, Some(Expression::column("x")))]);
    /// assert_eq!(rest.columns(), ["aggregate 0".into()]);
    /// ```
    pub fn split_aggregates(
        &self,
        name: impl Fn(usize) -> String,
    ) -> (Vec<(Aggregate, Option<Expression>)>, Expression) {
        let mut found: Vec<(Aggregate, Option<Expression>)> = Vec::new();
        let rest = self.map(&mut |part| {
            let Expression::Aggregate(aggregate, of) = part else { return None };
            let own = (*aggregate, of.as_deref().cloned());
            let place = found.iter().position(|other| *other == own).unwrap_or_else(|| {
                found.push(own);
                found.len() - 1
            });
            Some(Expression::column(name(place)))
        });
        (found, rest)
    }

    /// Returns the expression with the ordering columns of its time windows made explicit.
    ///
    /// # Errors
    /// [`code::TYPE_MISMATCH`] if a window is ordered by a column that is not a date; [`code::MISSING_ARGUMENT`] if it
    /// names no date and there is not exactly one.
    pub fn resolved(&self, schema: &Schema) -> Result<Expression, Failure> {
        let mut failed = None;
        let resolved = self.map(&mut |part| {
            let Expression::Window(window) = part else { return None };
            match window.resolved(schema) {
                Ok(window) => Some(Expression::Window(Box::new(window))),
                Err(failure) => {
                    failed = failed.take().or(Some(failure));
                    None
                }
            }
        });
        failed.map_or(Ok(resolved), Err)
    }

    /// Does any part satisfy the test?
    fn holds(&self, test: impl Fn(&Expression) -> bool) -> bool {
        let mut found = false;
        self.visit(&mut |part| found |= test(part));
        found
    }

    /// Visits all parts in preorder.
    fn visit<'a>(&'a self, see: &mut impl FnMut(&'a Expression)) {
        let mut open = vec![self];
        while let Some(part) = open.pop() {
            see(part);
            open.extend(part.parts().into_iter().rev());
        }
    }

    /// Returns its direct parts, in order.
    fn parts(&self) -> Vec<&Expression> {
        match self {
            Expression::Column(_) | Expression::Literal(_) | Expression::Moment(..) => Vec::new(),
            Expression::Negate(inner)
            | Expression::Not(inner)
            | Expression::In(inner, _)
            | Expression::IsNull(inner)
            | Expression::Score(_, inner)
            | Expression::Ranked(_, inner) => vec![inner],
            Expression::Arithmetic(first, rest) => {
                std::iter::once(&**first).chain(rest.iter().map(|(_, part)| part)).collect()
            }
            Expression::Compare(_, left, right) => vec![left, right],
            Expression::All(parts) | Expression::Any(parts) | Expression::Call(_, parts) => parts.iter().collect(),
            Expression::If(parts) => parts.iter().collect(),
            Expression::Aggregate(_, of) => of.iter().map(|of| &**of).collect(),
            Expression::Window(window) => window.of.iter().chain(&window.keys).collect(),
        }
    }

    /// Returns the expression with the parts replaced for which `change` returns one; replacements are not visited.
    fn map(&self, change: &mut dyn FnMut(&Expression) -> Option<Expression>) -> Expression {
        if let Some(changed) = change(self) {
            return changed;
        }
        let mut one = |inner: &Expression| Box::new(inner.map(change));
        match self {
            Expression::Column(_) | Expression::Literal(_) | Expression::Moment(..) => self.clone(),
            Expression::Negate(inner) => Expression::Negate(one(inner)),
            Expression::Not(inner) => Expression::Not(one(inner)),
            Expression::In(inner, values) => Expression::In(one(inner), values.clone()),
            Expression::IsNull(inner) => Expression::IsNull(one(inner)),
            Expression::Score(score, inner) => Expression::Score(*score, one(inner)),
            Expression::Ranked(ranks, inner) => Expression::Ranked(ranks.clone(), one(inner)),
            Expression::Compare(operator, left, right) => Expression::Compare(*operator, one(left), one(right)),
            Expression::Aggregate(aggregate, of) => {
                Expression::Aggregate(*aggregate, of.as_ref().map(|inner| one(inner)))
            }
            Expression::Arithmetic(first, rest) => {
                let first = one(first);
                let rest = rest.iter().map(|(operator, part)| (*operator, *one(part))).collect();
                Expression::Arithmetic(first, rest)
            }
            Expression::All(parts) => Expression::All(parts.iter().map(|part| *one(part)).collect()),
            Expression::Any(parts) => Expression::Any(parts.iter().map(|part| *one(part)).collect()),
            Expression::Call(function, parts) => {
                Expression::Call(function, parts.iter().map(|part| *one(part)).collect())
            }
            Expression::If(parts) => {
                let [condition, then, otherwise] = parts.as_ref();
                Expression::choose(*one(condition), *one(then), *one(otherwise))
            }
            Expression::Window(window) => Expression::Window(Box::new(Window {
                moving: window.moving,
                of: window.of.as_ref().map(|of| *one(of)),
                keys: window.keys.iter().map(|key| *one(key)).collect(),
                reach: window.reach.clone(),
            })),
        }
    }
}

#[cfg(test)]
mod tests;
