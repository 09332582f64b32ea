//! Type checking of expressions.

use super::{Arithmetic, Expression, Window, WindowFunction};
use crate::Aggregate;
use pipewright_diagnostic::{Failure, code};
use pipewright_table::{Column, ColumnType, Schema, Value, literal};
use serde::{Deserialize, Serialize};
use std::fmt;

/// The type of an expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ExprKind {
    /// A number.
    Number,
    /// A whole number.
    #[serde(rename = "whole")]
    Int,
    /// A text.
    Text,
    /// True or false.
    Bool,
    /// A date.
    Date,
    /// A time of day.
    Time,
    /// A duration.
    Duration,
    /// The literal `null`, which is compatible with every type.
    Null,
}

impl ExprKind {
    /// Returns the type of a column's values.
    #[must_use]
    pub fn of(kind: ColumnType) -> ExprKind {
        match kind {
            ColumnType::Continuous => ExprKind::Number,
            ColumnType::Count => ExprKind::Int,
            ColumnType::Bool => ExprKind::Bool,
            ColumnType::Date => ExprKind::Date,
            ColumnType::Time => ExprKind::Time,
            ColumnType::Category | ColumnType::Ordered | ColumnType::Text | ColumnType::Id => ExprKind::Text,
        }
    }

    /// Returns the type of a column with such values; durations are stored as a number of days.
    #[must_use]
    pub fn column_kind(self) -> ColumnType {
        match self {
            ExprKind::Number | ExprKind::Duration => ColumnType::Continuous,
            ExprKind::Int => ColumnType::Count,
            ExprKind::Bool => ColumnType::Bool,
            ExprKind::Date => ColumnType::Date,
            ExprKind::Time => ColumnType::Time,
            ExprKind::Text | ExprKind::Null => ColumnType::Text,
        }
    }

    /// Are values of `found` accepted where this type is expected?
    #[must_use]
    pub fn takes(self, found: ExprKind) -> bool {
        found == self || found == ExprKind::Null || (self == ExprKind::Number && found == ExprKind::Int)
    }

    /// Returns the common type of both.
    #[must_use]
    pub fn common(self, other: ExprKind) -> Option<ExprKind> {
        if self.takes(other) { Some(self) } else { other.takes(self).then_some(other) }
    }
}

impl fmt::Display for ExprKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ExprKind::Number => "a number",
            ExprKind::Int => "a whole number",
            ExprKind::Text => "a text",
            ExprKind::Bool => "a boolean",
            ExprKind::Date => "a date",
            ExprKind::Time => "a time of day",
            ExprKind::Duration => "a duration",
            ExprKind::Null => "null",
        })
    }
}

impl Expression {
    /// Returns its type over tables of this schema.
    ///
    /// # Errors
    /// `UNKNOWN_COLUMN`, or `TYPE_MISMATCH` naming the mismatched parts; `BAD_VALUE` for a constant that a function
    /// does not accept.
    pub fn kind(&self, schema: &Schema) -> Result<ExprKind, Failure> {
        match self {
            Expression::Column(name) => Ok(ExprKind::of(schema.column(name)?.kind)),
            Expression::Literal(value) => Ok(of_value(value)),
            Expression::Moment(kind, _) => Ok(*kind),
            Expression::Negate(inner) => match inner.kind(schema)? {
                kind @ (ExprKind::Int | ExprKind::Duration) => Ok(kind),
                kind => expect(ExprKind::Number, kind, "-"),
            },
            Expression::Not(inner) => expect(ExprKind::Bool, inner.kind(schema)?, "not"),
            Expression::Arithmetic(first, rest) => {
                let mut left = (&**first, first.kind(schema)?);
                for (operator, part) in rest {
                    let kind = operator.kind(left, (part, part.kind(schema)?))?;
                    // The result of a chain is not a literal.
                    left = (self, kind);
                }
                Ok(left.1)
            }
            Expression::Compare(operator, left, right) => {
                let kinds = (left.kind(schema)?, right.kind(schema)?);
                comparable((left, kinds.0), (right, kinds.1), operator.sign())?;
                Ok(ExprKind::Bool)
            }
            Expression::All(parts) => logic(parts, "and", schema),
            Expression::Any(parts) => logic(parts, "or", schema),
            Expression::In(inner, values) => {
                let kind = inner.kind(schema)?;
                for value in values.iter().filter(|value| **value != Value::Null) {
                    comparable((inner, kind), (&Expression::Literal(value.clone()), of_value(value)), "in")?;
                }
                Ok(ExprKind::Bool)
            }
            Expression::IsNull(inner) => inner.kind(schema).map(|_| ExprKind::Bool),
            Expression::If(parts) => {
                let [condition, then, otherwise] = parts.as_ref();
                expect(ExprKind::Bool, condition.kind(schema)?, "if")?;
                let parts = [then, otherwise];
                let kinds = [then.kind(schema)?, otherwise.kind(schema)?];
                alike(&parts, &kinds)
                    .ok_or_else(|| mismatch(format!("`if` yields {} or {}: use one type", kinds[0], kinds[1])))
            }
            Expression::Call(function, parts) => {
                let kinds = parts.iter().map(|part| part.kind(schema)).collect::<Result<Vec<_>, _>>()?;
                function.kind(parts, &kinds)
            }
            Expression::Aggregate(aggregate, of) => aggregated(*aggregate, of.as_deref(), schema),
            Expression::Score(score, inner) => {
                learnable(inner, score.name())?;
                expect(ExprKind::Number, inner.kind(schema)?, score.name())
            }
            Expression::Ranked(_, inner) => expect(ExprKind::Number, inner.kind(schema)?, "rank"),
            Expression::Window(window) => window_kind(window, schema),
        }
    }
}

/// Arguments of aggregates must be row-wise.
fn learnable(inner: &Expression, name: &str) -> Result<(), Failure> {
    let what = match (inner.learns(), inner.looks_around()) {
        (false, false) => return Ok(()),
        (true, _) => "another aggregate",
        (_, true) => "a window",
    };
    Err(mismatch(format!("`{name}` cannot take {what}")).help("derive that as a column of its own first"))
}

fn aggregated(aggregate: Aggregate, of: Option<&Expression>, schema: &Schema) -> Result<ExprKind, Failure> {
    let Some(of) = of else { return Ok(ExprKind::Int) };
    learnable(of, aggregate.name())?;
    aggregate_kind(aggregate, of, schema)
}

fn aggregate_kind(aggregate: Aggregate, of: &Expression, schema: &Schema) -> Result<ExprKind, Failure> {
    let kind = of.kind(schema)?;
    if kind == ExprKind::Duration {
        let message = format!("`{}` does not take durations", aggregate.name());
        return Err(mismatch(message).help("`days(…)` converts it to a number"));
    }
    let column = match of {
        Expression::Column(name) => schema.column(name)?.clone(),
        _ => Column::new("its argument", kind.column_kind()),
    };
    match aggregate.kind(&column) {
        Ok(kind) => Ok(ExprKind::of(kind)),
        Err(_) if kind == ExprKind::Null => Ok(ExprKind::Number),
        Err(failure) if matches!(of, Expression::Column(_)) => Err(failure),
        Err(_) => Err(mismatch(format!("`{}` does not take {kind}", aggregate.name()))),
    }
}

fn window_kind(window: &Window, schema: &Schema) -> Result<ExprKind, Failure> {
    let window = window.resolved(schema)?;
    for key in &window.keys {
        key.kind(schema)?;
    }
    match (window.moving, &window.of) {
        (WindowFunction::Lag(_) | WindowFunction::Lead(_), Some(of)) => of.kind(schema),
        (WindowFunction::Running(aggregate) | WindowFunction::Over(aggregate), Some(of)) => {
            aggregate_kind(aggregate, of, schema)
        }
        (_, None) => Ok(ExprKind::Int),
    }
}

/// Returns the common type of several values; a text literal next to a date or time of day counts as one.
pub(super) fn alike(parts: &[&Expression], kinds: &[ExprKind]) -> Option<ExprKind> {
    let moment = kinds.iter().find(|kind| matches!(kind, ExprKind::Date | ExprKind::Time));
    let kind_of = |(part, kind): (&&Expression, &ExprKind)| match moment {
        Some(moment) if names_moment(part, *moment) => *moment,
        _ => *kind,
    };
    parts.iter().zip(kinds).map(kind_of).try_fold(ExprKind::Null, ExprKind::common)
}

/// Is it a text literal that names a date or a time of day?
pub(super) fn names_moment(expression: &Expression, kind: ExprKind) -> bool {
    let Expression::Literal(Value::Text(text)) = expression else { return false };
    match kind {
        ExprKind::Date => literal::date(text.as_bytes()).is_some(),
        ExprKind::Time => literal::time(text.as_bytes()).is_some(),
        _ => false,
    }
}

/// The operation of an arithmetic operator on its operand types.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operation {
    /// On two whole numbers, with a whole result.
    Ints,
    /// The quotient of two whole numbers.
    Quotient,
    /// On two numbers.
    Numbers,
    /// Concatenation of two texts.
    Texts,
    /// A date or duration, and a duration.
    Shift,
    /// A duration before a date.
    ShiftBehind,
    /// The difference of two dates or times of day.
    Distance(ExprKind),
    /// A duration times a number.
    Scale,
    /// A number times a duration.
    ScaleBehind,
    /// The ratio of two durations.
    Ratio,
    /// One side is null.
    Null,
}

impl Arithmetic {
    /// Returns the operation for operands of these types, and its result type.
    pub(super) fn on(self, left: ExprKind, right: ExprKind) -> Option<(Operation, ExprKind)> {
        use Arithmetic::{Add, Divide, Multiply, Power, Subtract};
        use ExprKind::{Date, Duration, Int, Null, Number, Text, Time};
        Some(match (self, left, right) {
            (Divide, Int, Int) => (Operation::Quotient, Number),
            (Power, Int, Int) => (Operation::Numbers, Number),
            (_, Int, Int) => (Operation::Ints, Int),
            (_, Number | Int | Null, Number | Int) | (_, Number | Int, Null) => (Operation::Numbers, Number),
            (Add, Text, Text) => (Operation::Texts, Text),
            (Add | Subtract, Date | Duration, Duration) => (Operation::Shift, left),
            (Add, Duration, Date) => (Operation::ShiftBehind, Date),
            (Subtract, Date, Date | Text) | (Subtract, Text, Date) => (Operation::Distance(Date), Duration),
            (Subtract, Time, Time | Text) | (Subtract, Text, Time) => (Operation::Distance(Time), Duration),
            (Multiply | Divide, Duration, Number | Int) => (Operation::Scale, Duration),
            (Multiply, Number | Int, Duration) => (Operation::ScaleBehind, Duration),
            (Divide, Duration, Duration) => (Operation::Ratio, Number),
            (_, Null, Null) => (Operation::Null, Number),
            (Add, Null, kind) | (Add, kind, Null) if kind != ExprKind::Bool => (Operation::Null, kind),
            _ => return None,
        })
    }

    fn kind(self, left: (&Expression, ExprKind), right: (&Expression, ExprKind)) -> Result<ExprKind, Failure> {
        let sign = self.sign();
        let Some((operation, kind)) = self.on(left.1, right.1) else {
            let numeric = |kind: ExprKind| ExprKind::Number.takes(kind);
            let message = match (numeric(left.1), numeric(right.1)) {
                (true, _) => format!("`{sign}` takes a number, not {}", right.1),
                (_, true) => format!("`{sign}` takes a number, not {}", left.1),
                _ => format!("`{sign}` is not defined for {} and {}", left.1, right.1),
            };
            return Err(mismatch(message));
        };
        if let Operation::Distance(moment) = operation {
            for (part, kind) in [left, right] {
                if kind == ExprKind::Text && !names_moment(part, moment) {
                    return Err(mismatch(format!("`{sign}` is not defined for {} and {}", left.1, right.1))
                        .help("dates are written \"2024-01-31\""));
                }
            }
        }
        Ok(kind)
    }
}

fn logic(parts: &[Expression], word: &str, schema: &Schema) -> Result<ExprKind, Failure> {
    for part in parts {
        expect(ExprKind::Bool, part.kind(schema)?, word)?;
    }
    Ok(ExprKind::Bool)
}

fn expect(wanted: ExprKind, found: ExprKind, operator: &str) -> Result<ExprKind, Failure> {
    if wanted.takes(found) {
        return Ok(wanted);
    }
    Err(mismatch(format!("`{operator}` takes {wanted}, not {found}")))
}

/// Are the two sides comparable? A text literal next to a date or a time of day counts as one.
fn comparable(
    (left, left_kind): (&Expression, ExprKind),
    (right, right_kind): (&Expression, ExprKind),
    operator: &str,
) -> Result<(), Failure> {
    match (left_kind, right_kind) {
        (ExprKind::Null, _) | (_, ExprKind::Null) => {
            Err(mismatch(format!("a comparison with null is never true: `{operator}` does not find missing values"))
                .help("write `is null` or `is not null`"))
        }
        (left, right) if left.common(right).is_some() => Ok(()),
        (ExprKind::Date, ExprKind::Text) => date_literal(right),
        (ExprKind::Text, ExprKind::Date) => date_literal(left),
        (ExprKind::Time, ExprKind::Text) => time_literal(right),
        (ExprKind::Text, ExprKind::Time) => time_literal(left),
        (left, right) => Err(mismatch(format!("`{operator}` cannot compare {left} with {right}"))),
    }
}

fn date_literal(expression: &Expression) -> Result<(), Failure> {
    match expression {
        _ if names_moment(expression, ExprKind::Date) => Ok(()),
        Expression::Literal(value) => {
            Err(mismatch(format!("{value} is not a date")).help("dates are written \"2024-01-31\""))
        }
        _ => Err(mismatch("a date cannot be compared with a text".into())),
    }
}

fn time_literal(expression: &Expression) -> Result<(), Failure> {
    match expression {
        _ if names_moment(expression, ExprKind::Time) => Ok(()),
        Expression::Literal(value) => {
            Err(mismatch(format!("{value} is not a time of day")).help("times are written \"23:59\" or \"23:59:59\""))
        }
        _ => Err(mismatch("a time of day cannot be compared with a text".into())),
    }
}

fn of_value(value: &Value) -> ExprKind {
    match value {
        Value::Null => ExprKind::Null,
        Value::Bool(_) => ExprKind::Bool,
        Value::Int(_) => ExprKind::Int,
        Value::Number(_) => ExprKind::Number,
        Value::Text(_) => ExprKind::Text,
    }
}

pub(super) fn mismatch(message: String) -> Failure {
    Failure::new(code::TYPE_MISMATCH, message)
}
