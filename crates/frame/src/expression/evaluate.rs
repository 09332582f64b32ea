//! The values of an expression, column by column.

use super::{Arithmetic, Comparison, ExprKind, Expression};
use crate::{Kind, Table, Value, csv};
use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type, Time64MicrosecondType, TimestampMicrosecondType};
use arrow_array::{
    ArrayRef, BooleanArray, Float64Array, StringArray, Time64MicrosecondArray, TimestampMicrosecondArray,
};
use pipewright_diagnostic::{Failure, code};
use std::cmp::Ordering;
use std::sync::Arc;

impl Expression {
    /// Its value for every row, stored as [`ExprKind::column_kind`] of its kind is. A number that is none (`0 / 0`)
    /// is missing.
    ///
    /// ```
    /// use pipewright_frame::{Arithmetic, Expression, ReadOptions, csv};
    /// let (table, _) = csv::read(b"a,b\n1,2\n3,\n", &ReadOptions::new("t.csv")).unwrap();
    /// let sum = Expression::column("a").arithmetic(Arithmetic::Add, Expression::column("b"));
    /// assert_eq!(sum.evaluate(&table).unwrap().null_count(), 1);
    /// ```
    ///
    /// # Errors
    /// As [`Expression::kind`].
    pub fn evaluate(&self, table: &Table) -> Result<ArrayRef, Failure> {
        self.kind(&table.schema())?;
        let rows = 0..table.rows();
        Ok(match values(self, table) {
            Values::Numbers(lane) => {
                let present = |number: f64| (!number.is_nan()).then_some(number);
                Arc::new(rows.map(|row| present(lane.at(row))).collect::<Float64Array>())
            }
            Values::Truths(lane) => Arc::new(rows.map(|row| lane.at(row)).collect::<BooleanArray>()),
            Values::Dates(lane) => Arc::new(rows.map(|row| lane.at(row)).collect::<TimestampMicrosecondArray>()),
            Values::Times(lane) => Arc::new(rows.map(|row| lane.at(row)).collect::<Time64MicrosecondArray>()),
            Values::Texts(lane) => Arc::new(rows.map(|row| lane.at(row)).collect::<StringArray>()),
            Values::Null => Arc::new(rows.map(|_| None::<&str>).collect::<StringArray>()),
        })
    }

    /// The rows for which it is true; neither false nor missing. For [`Table::filter`].
    ///
    /// # Errors
    /// As [`Expression::kind`]; `TYPE_MISMATCH` if it does not yield truth values.
    pub fn mask(&self, table: &Table) -> Result<BooleanArray, Failure> {
        match self.kind(&table.schema())? {
            ExprKind::Bool | ExprKind::Null => {}
            other => {
                return Err(Failure::new(code::TYPE_MISMATCH, format!("a condition is needed here, not {other}"))
                    .help("compare it with something"));
            }
        }
        let truths = values(self, table).truths();
        Ok((0..table.rows()).map(|row| Some(truths.at(row) == Some(true))).collect())
    }
}

/// A value for every row, or the same one for all.
enum Lane<T> {
    Same(T),
    Each(Vec<T>),
}

impl<T: Copy> Lane<T> {
    fn at(&self, row: usize) -> T {
        match self {
            Lane::Same(value) => *value,
            Lane::Each(values) => values[row],
        }
    }

    fn map<U>(self, change: impl Fn(T) -> U) -> Lane<U> {
        match self {
            Lane::Same(value) => Lane::Same(change(value)),
            Lane::Each(values) => Lane::Each(values.into_iter().map(change).collect()),
        }
    }

    fn zip<U: Copy, V>(self, other: Lane<U>, join: impl Fn(T, U) -> V) -> Lane<V> {
        match (self, other) {
            (Lane::Same(left), Lane::Same(right)) => Lane::Same(join(left, right)),
            (Lane::Same(left), Lane::Each(right)) => {
                Lane::Each(right.into_iter().map(|right| join(left, right)).collect())
            }
            (Lane::Each(left), Lane::Same(right)) => {
                Lane::Each(left.into_iter().map(|left| join(left, right)).collect())
            }
            (Lane::Each(left), Lane::Each(right)) => {
                Lane::Each(left.into_iter().zip(right).map(|(left, right)| join(left, right)).collect())
            }
        }
    }
}

/// Typed values; a missing number is NaN, so that what is no number is missing.
enum Values<'a> {
    Numbers(Lane<f64>),
    Truths(Lane<Option<bool>>),
    Texts(Lane<Option<&'a str>>),
    Dates(Lane<Option<i64>>),
    Times(Lane<Option<i64>>),
    Null,
}

const CHECKED: &str = "the kinds of the parts were checked";

impl<'a> Values<'a> {
    fn numbers(self) -> Lane<f64> {
        match self {
            Values::Numbers(lane) => lane,
            Values::Null => Lane::Same(f64::NAN),
            _ => unreachable!("{CHECKED}"),
        }
    }

    fn truths(self) -> Lane<Option<bool>> {
        match self {
            Values::Truths(lane) => lane,
            Values::Null => Lane::Same(None),
            _ => unreachable!("{CHECKED}"),
        }
    }

    fn texts(self) -> Lane<Option<&'a str>> {
        match self {
            Values::Texts(lane) => lane,
            Values::Null => Lane::Same(None),
            _ => unreachable!("{CHECKED}"),
        }
    }

    /// Times of day as they are; text literals as the times that they name.
    fn times(self) -> Lane<Option<i64>> {
        match self {
            Values::Times(lane) => lane,
            Values::Texts(lane) => lane.map(|text| csv::time(text?.as_bytes())),
            Values::Null => Lane::Same(None),
            _ => unreachable!("{CHECKED}"),
        }
    }

    /// Dates as they are; text literals as the dates that they name.
    fn dates(self) -> Lane<Option<i64>> {
        match self {
            Values::Dates(lane) => lane,
            Values::Texts(lane) => lane.map(|text| csv::date(text?.as_bytes())),
            Values::Null => Lane::Same(None),
            _ => unreachable!("{CHECKED}"),
        }
    }
}

/// The values of an expression whose kinds were checked.
fn values<'a>(expression: &'a Expression, table: &'a Table) -> Values<'a> {
    match expression {
        Expression::Column(name) => column_values(table, name),
        Expression::Literal(value) => match value {
            Value::Null => Values::Null,
            Value::Bool(truth) => Values::Truths(Lane::Same(Some(*truth))),
            Value::Number(number) => Values::Numbers(Lane::Same(*number)),
            Value::Text(text) => Values::Texts(Lane::Same(Some(text))),
        },
        Expression::Negate(inner) => Values::Numbers(values(inner, table).numbers().map(|number| -number)),
        Expression::Not(inner) => Values::Truths(values(inner, table).truths().map(|truth| truth.map(|truth| !truth))),
        Expression::Arithmetic(first, rest) => {
            let first = values(first, table).numbers();
            Values::Numbers(rest.iter().fold(first, |left, (operator, right)| {
                left.zip(values(right, table).numbers(), |left, right| operator.of(left, right))
            }))
        }
        Expression::Compare(operator, left, right) => {
            Values::Truths(compare(*operator, values(left, table), values(right, table)))
        }
        Expression::All(parts) => logic(parts, table, false),
        Expression::Any(parts) => logic(parts, table, true),
        Expression::In(inner, list) => Values::Truths(is_in(values(inner, table), list)),
        Expression::IsNull(inner) => Values::Truths(match values(inner, table) {
            Values::Numbers(lane) => lane.map(|number| Some(number.is_nan())),
            Values::Truths(lane) => lane.map(|truth| Some(truth.is_none())),
            Values::Texts(lane) => lane.map(|text| Some(text.is_none())),
            Values::Dates(lane) | Values::Times(lane) => lane.map(|moment| Some(moment.is_none())),
            Values::Null => Lane::Same(Some(true)),
        }),
        Expression::If(parts) => {
            let [condition, then, otherwise] = parts.as_ref();
            choose(values(condition, table).truths(), values(then, table), values(otherwise, table), table.rows())
        }
    }
}

fn column_values<'a>(table: &'a Table, name: &str) -> Values<'a> {
    let (column, array) = table.find(name).expect(CHECKED);
    match column.kind {
        Kind::Continuous => {
            let numbers = array.as_primitive::<Float64Type>();
            Values::Numbers(Lane::Each(numbers.iter().map(|number| number.unwrap_or(f64::NAN)).collect()))
        }
        Kind::Count => {
            let counts = array.as_primitive::<Int64Type>();
            Values::Numbers(Lane::Each(
                counts.iter().map(|count| count.map_or(f64::NAN, |count| count as f64)).collect(),
            ))
        }
        Kind::Bool => Values::Truths(Lane::Each(array.as_boolean().iter().collect())),
        Kind::Date => Values::Dates(Lane::Each(array.as_primitive::<TimestampMicrosecondType>().iter().collect())),
        Kind::Time => Values::Times(Lane::Each(array.as_primitive::<Time64MicrosecondType>().iter().collect())),
        Kind::Category | Kind::Ordered | Kind::Text | Kind::Id => {
            Values::Texts(Lane::Each(array.as_string::<i32>().iter().collect()))
        }
    }
}

impl Arithmetic {
    fn of(self, left: f64, right: f64) -> f64 {
        match self {
            Arithmetic::Add => left + right,
            Arithmetic::Subtract => left - right,
            Arithmetic::Multiply => left * right,
            Arithmetic::Divide => left / right,
            // Floats say that 1 to the power of NaN is 1; here NaN is a missing value.
            Arithmetic::Power if left.is_nan() || right.is_nan() => f64::NAN,
            Arithmetic::Power => left.powf(right),
        }
    }
}

impl Comparison {
    fn holds(self, order: Ordering) -> bool {
        match self {
            Comparison::Equal => order == Ordering::Equal,
            Comparison::Unequal => order != Ordering::Equal,
            Comparison::Less => order == Ordering::Less,
            Comparison::LessOrEqual => order != Ordering::Greater,
            Comparison::Greater => order == Ordering::Greater,
            Comparison::GreaterOrEqual => order != Ordering::Less,
        }
    }
}

fn compare(operator: Comparison, left: Values<'_>, right: Values<'_>) -> Lane<Option<bool>> {
    fn ordered<T: Ord + Copy>(
        operator: Comparison,
        left: Lane<Option<T>>,
        right: Lane<Option<T>>,
    ) -> Lane<Option<bool>> {
        left.zip(right, |left, right| Some(operator.holds(left?.cmp(&right?))))
    }
    match (left, right) {
        (Values::Numbers(left), Values::Numbers(right)) => {
            left.zip(right, |left, right| left.partial_cmp(&right).map(|order| operator.holds(order)))
        }
        (Values::Truths(left), Values::Truths(right)) => ordered(operator, left, right),
        (Values::Texts(left), Values::Texts(right)) => ordered(operator, left, right),
        (left @ Values::Times(_), right) | (left, right @ Values::Times(_)) => {
            ordered(operator, left.times(), right.times())
        }
        (left, right) => ordered(operator, left.dates(), right.dates()),
    }
}

/// Kleene's `and` (decided by false) or `or` (decided by true) of all parts.
fn logic<'a>(parts: &'a [Expression], table: &'a Table, decides: bool) -> Values<'a> {
    let join = |left: Option<bool>, right: Option<bool>| {
        if left == Some(decides) || right == Some(decides) { Some(decides) } else { left.and(right) }
    };
    let start = Lane::Same(Some(!decides));
    Values::Truths(parts.iter().fold(start, |left, part| left.zip(values(part, table).truths(), join)))
}

/// True if the value is in the list; unknown if it is not and the list holds null, or if it is missing.
fn is_in(values: Values<'_>, list: &[Value]) -> Lane<Option<bool>> {
    let otherwise = if list.contains(&Value::Null) { None } else { Some(false) };
    let answer = move |found: bool| if found { Some(true) } else { otherwise };
    match values {
        Values::Numbers(lane) => {
            let number = |value: &Value| if let Value::Number(number) = value { Some(*number + 0.0) } else { None };
            let mut known: Vec<f64> = list.iter().filter_map(number).collect();
            known.sort_unstable_by(f64::total_cmp);
            lane.map(|number| {
                let found = || known.binary_search_by(|other| other.total_cmp(&(number + 0.0))).is_ok();
                if number.is_nan() { None } else { answer(found()) }
            })
        }
        Values::Truths(lane) => lane.map(|truth| answer(list.contains(&Value::Bool(truth?)))),
        Values::Texts(lane) => {
            let text = |value: &'_ Value| if let Value::Text(text) = value { Some(text.clone()) } else { None };
            let mut known: Vec<Arc<str>> = list.iter().filter_map(text).collect();
            known.sort_unstable();
            lane.map(|text| {
                let text = text?;
                answer(known.binary_search_by(|other| (**other).cmp(text)).is_ok())
            })
        }
        Values::Dates(lane) => {
            let date = |value: &Value| if let Value::Text(text) = value { csv::date(text.as_bytes()) } else { None };
            let known: Vec<i64> = list.iter().filter_map(date).collect();
            lane.map(|date| answer(known.contains(&date?)))
        }
        Values::Times(lane) => {
            let time = |value: &Value| if let Value::Text(text) = value { csv::time(text.as_bytes()) } else { None };
            let known: Vec<i64> = list.iter().filter_map(time).collect();
            lane.map(|time| answer(known.contains(&time?)))
        }
        Values::Null => Lane::Same(None),
    }
}

fn choose<'a>(condition: Lane<Option<bool>>, then: Values<'a>, otherwise: Values<'a>, rows: usize) -> Values<'a> {
    fn pick<T: Copy>(
        condition: &Lane<Option<bool>>,
        then: Lane<T>,
        otherwise: Lane<T>,
        none: T,
        rows: usize,
    ) -> Lane<T> {
        let value = |row| match condition.at(row) {
            Some(true) => then.at(row),
            Some(false) => otherwise.at(row),
            None => none,
        };
        Lane::Each((0..rows).map(value).collect())
    }
    match (&then, &otherwise) {
        (Values::Null, Values::Null) => Values::Null,
        (Values::Numbers(_), _) | (_, Values::Numbers(_)) => {
            Values::Numbers(pick(&condition, then.numbers(), otherwise.numbers(), f64::NAN, rows))
        }
        (Values::Truths(_), _) | (_, Values::Truths(_)) => {
            Values::Truths(pick(&condition, then.truths(), otherwise.truths(), None, rows))
        }
        (Values::Dates(_), _) | (_, Values::Dates(_)) => {
            Values::Dates(pick(&condition, then.dates(), otherwise.dates(), None, rows))
        }
        (Values::Times(_), _) | (_, Values::Times(_)) => {
            Values::Times(pick(&condition, then.times(), otherwise.times(), None, rows))
        }
        (Values::Texts(_), _) | (_, Values::Texts(_)) => {
            Values::Texts(pick(&condition, then.texts(), otherwise.texts(), None, rows))
        }
    }
}
