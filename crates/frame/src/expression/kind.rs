//! What kind of values an expression yields, and whether its parts fit.

use super::Expression;
use crate::{Kind, Schema, Value, csv};
use pipewright_diagnostic::{Failure, code};
use std::fmt;

/// What an expression yields for each row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ExprKind {
    /// A number.
    Number,
    /// A text.
    Text,
    /// True or false.
    Bool,
    /// A date.
    Date,
    /// A time of day.
    Time,
    /// Nothing: the literal `null`, which fits everywhere.
    Null,
}

impl ExprKind {
    /// What a column of this kind holds.
    #[must_use]
    pub fn of(kind: Kind) -> ExprKind {
        match kind {
            Kind::Continuous | Kind::Count => ExprKind::Number,
            Kind::Bool => ExprKind::Bool,
            Kind::Date => ExprKind::Date,
            Kind::Time => ExprKind::Time,
            Kind::Category | Kind::Ordered | Kind::Text | Kind::Id => ExprKind::Text,
        }
    }

    /// The kind of a column that holds such values.
    #[must_use]
    pub fn column_kind(self) -> Kind {
        match self {
            ExprKind::Number => Kind::Continuous,
            ExprKind::Bool => Kind::Bool,
            ExprKind::Date => Kind::Date,
            ExprKind::Time => Kind::Time,
            ExprKind::Text | ExprKind::Null => Kind::Text,
        }
    }
}

impl fmt::Display for ExprKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ExprKind::Number => "a number",
            ExprKind::Text => "a text",
            ExprKind::Bool => "a truth value",
            ExprKind::Date => "a date",
            ExprKind::Time => "a time of day",
            ExprKind::Null => "null",
        })
    }
}

impl Expression {
    /// What it yields over tables of this schema.
    ///
    /// # Errors
    /// `UNKNOWN_COLUMN`, or `TYPE_MISMATCH` naming the parts that do not fit.
    pub fn kind(&self, schema: &Schema) -> Result<ExprKind, Failure> {
        match self {
            Expression::Column(name) => Ok(ExprKind::of(schema.column(name)?.kind)),
            Expression::Literal(value) => Ok(of_value(value)),
            Expression::Negate(inner) => {
                expect(ExprKind::Number, inner.kind(schema)?, "-")?;
                Ok(ExprKind::Number)
            }
            Expression::Not(inner) => {
                expect(ExprKind::Bool, inner.kind(schema)?, "not")?;
                Ok(ExprKind::Bool)
            }
            Expression::Arithmetic(first, rest) => {
                let sign = rest.first().map_or("+", |(operator, _)| operator.sign());
                expect(ExprKind::Number, first.kind(schema)?, sign)?;
                for (operator, part) in rest {
                    expect(ExprKind::Number, part.kind(schema)?, operator.sign())?;
                }
                Ok(ExprKind::Number)
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
                match (then.kind(schema)?, otherwise.kind(schema)?) {
                    (ExprKind::Null, kind) | (kind, ExprKind::Null) => Ok(kind),
                    (left, right) if left == right => Ok(left),
                    (left, right) => Err(mismatch(format!("`if` yields {left} or {right}: one kind is needed"))),
                }
            }
        }
    }
}

fn logic(parts: &[Expression], word: &str, schema: &Schema) -> Result<ExprKind, Failure> {
    for part in parts {
        expect(ExprKind::Bool, part.kind(schema)?, word)?;
    }
    Ok(ExprKind::Bool)
}

fn expect(wanted: ExprKind, found: ExprKind, operator: &str) -> Result<(), Failure> {
    if found == wanted || found == ExprKind::Null {
        return Ok(());
    }
    Err(mismatch(format!("`{operator}` takes {wanted}, not {found}")))
}

/// Do the two sides compare? A text literal stands for a date beside a date, for a time of
/// day beside one.
fn comparable(
    (left, left_kind): (&Expression, ExprKind),
    (right, right_kind): (&Expression, ExprKind),
    operator: &str,
) -> Result<(), Failure> {
    match (left_kind, right_kind) {
        (ExprKind::Null, _) | (_, ExprKind::Null) => {
            Err(mismatch(format!("a comparison with null is never true: `{operator}` says nothing of missing values"))
                .help("write `is null` or `is not null`"))
        }
        (left, right) if left == right => Ok(()),
        (ExprKind::Date, ExprKind::Text) => date_literal(right),
        (ExprKind::Text, ExprKind::Date) => date_literal(left),
        (ExprKind::Time, ExprKind::Text) => time_literal(right),
        (ExprKind::Text, ExprKind::Time) => time_literal(left),
        (left, right) => Err(mismatch(format!("`{operator}` cannot compare {left} with {right}"))),
    }
}

fn date_literal(expression: &Expression) -> Result<(), Failure> {
    match expression {
        Expression::Literal(Value::Text(text)) if csv::date(text.as_bytes()).is_some() => Ok(()),
        Expression::Literal(value) => {
            Err(mismatch(format!("{value} is no date")).help("dates are written \"2024-01-31\""))
        }
        _ => Err(mismatch("a date does not compare with a text".into())),
    }
}

fn time_literal(expression: &Expression) -> Result<(), Failure> {
    match expression {
        Expression::Literal(Value::Text(text)) if csv::time(text.as_bytes()).is_some() => Ok(()),
        Expression::Literal(value) => {
            Err(mismatch(format!("{value} is no time of day")).help("times are written \"23:59\" or \"23:59:59\""))
        }
        _ => Err(mismatch("a time of day does not compare with a text".into())),
    }
}

fn of_value(value: &Value) -> ExprKind {
    match value {
        Value::Null => ExprKind::Null,
        Value::Bool(_) => ExprKind::Bool,
        Value::Number(_) => ExprKind::Number,
        Value::Text(_) => ExprKind::Text,
    }
}

fn mismatch(message: String) -> Failure {
    Failure::new(code::TYPE_MISMATCH, message)
}
