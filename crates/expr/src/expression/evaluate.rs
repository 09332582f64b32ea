//! Column-wise evaluation of expressions.
//!
//! Row-wise parts are evaluated chunk by chunk, in parallel; a window is evaluated over the whole table first, and then
//! treated as a column.

use super::function::Given;
use super::kind::Operation;
use super::lanes::{CHECKED, Lane, Texts, Values, finite};
use super::{Arithmetic, Comparison, ExprKind, Expression};
use arrow_array::{ArrayRef, BooleanArray};
use pipewright_diagnostic::{Failure, code};
use pipewright_table::literal::{self, DAY, MOMENTS};
use pipewright_table::{CHUNK_ROWS, Chunks, Column, ColumnType, Schema, Table, Value, whole};
use rayon::prelude::*;
use std::cell::Cell;
use std::cmp::Ordering;
use std::sync::Arc;

impl Expression {
    /// Evaluates it for every row; the storage is that of [`ExprKind::column_kind`], with durations in days. Results
    /// that are not finite (`0 / 0`) are missing.
    ///
    /// ```
    /// use pipewright_frame::{Arithmetic, Expression, ReadOptions, csv};
    /// let (table, _) = csv::read(b"a,b\n1,2\n3,\n", &ReadOptions::new("t.csv")).unwrap();
    /// let sum = Expression::column("a").arithmetic(Arithmetic::Add, Expression::column("b"));
    /// assert_eq!(sum.evaluate(&table).unwrap().null_count(), 1);
    /// ```
    ///
    /// # Errors
    /// As [`Expression::kind`]; [`code::BUG`] if it contains an aggregate that has not been learned.
    pub fn evaluate(&self, table: &Table) -> Result<ArrayRef, Failure> {
        self.evaluate_as(table, self.kind(&table.schema())?.column_kind())
    }

    /// Like [`Expression::evaluate`], with the storage of type `kind`. Real numbers are truncated if whole ones are
    /// requested.
    ///
    /// # Errors
    /// As [`Expression::evaluate`].
    pub fn evaluate_as(&self, table: &Table, kind: ColumnType) -> Result<ArrayRef, Failure> {
        self.evaluate_counting(table, kind).map(|(array, _)| array)
    }

    /// Like [`Expression::evaluate_as`], and returns how often `+`, `-`, `*`, `//` and negation of whole numbers went
    /// beyond 64 bits; those values are missing.
    ///
    /// # Errors
    /// As [`Expression::evaluate`].
    pub fn evaluate_counting(&self, table: &Table, kind: ColumnType) -> Result<(ArrayRef, usize), Failure> {
        if self.learns() {
            return Err(Failure::new(code::BUG, "an aggregate has not been learned"));
        }
        if let Expression::Column(name) = self
            && let Some((column, array)) = table.find(name)
            && column.kind == kind
        {
            return Ok((array.clone(), 0));
        }
        let (table, expression) = self.without_windows(table)?;
        let array = |index: usize| {
            let rows = table.chunk(index)?;
            let evaluation = Evaluation::over(&rows);
            let values = match evaluation.values(&expression) {
                Values::Moments(ExprKind::Duration, lane) => {
                    Values::Numbers(lane.map(|micros| micros.map_or(f64::NAN, |micros| micros as f64 / DAY as f64)))
                }
                values => values,
            };
            Ok((values.array(kind, rows.rows()), evaluation.overflows.get()))
        };
        match table.rows() {
            0 => Ok((arrow_array::new_empty_array(&kind.storage()), 0)),
            1..=CHUNK_ROWS => array(0),
            _ => {
                let parts: Vec<(ArrayRef, usize)> =
                    (0..table.count()).into_par_iter().map(array).collect::<Result<_, Failure>>()?;
                let (arrays, overflows): (Vec<ArrayRef>, Vec<usize>) = parts.into_iter().unzip();
                Ok((joined(arrays), overflows.into_iter().sum()))
            }
        }
    }

    /// Does it compute with whole numbers, so that a result may be beyond 64 bits?
    ///
    /// # Errors
    /// As [`Expression::kind`].
    pub fn may_overflow(&self, schema: &Schema) -> Result<bool, Failure> {
        let mut kinds = Vec::new();
        self.visit(&mut |part| {
            if matches!(part, Expression::Arithmetic(..) | Expression::Negate(_)) {
                kinds.push(part.kind(schema));
            }
        });
        let kinds: Vec<ExprKind> = kinds.into_iter().collect::<Result<_, _>>()?;
        Ok(kinds.contains(&ExprKind::Int))
    }

    /// Evaluates a condition: true where it is true, neither false nor missing. For [`Table::filter`].
    ///
    /// # Errors
    /// As [`Expression::evaluate`]; `TYPE_MISMATCH` if it does not yield booleans.
    pub fn mask(&self, table: &Table) -> Result<BooleanArray, Failure> {
        match self.kind(&table.schema())? {
            ExprKind::Bool | ExprKind::Null => {}
            other => {
                return Err(Failure::new(code::TYPE_MISMATCH, format!("a condition is needed here, not {other}"))
                    .help("compare it with something"));
            }
        }
        let truths = self.evaluate_as(table, ColumnType::Bool)?;
        let truths = arrow_array::cast::AsArray::as_boolean(&truths);
        Ok(truths.iter().map(|truth| Some(truth == Some(true))).collect())
    }

    /// Returns the table with a column per window, and the expression that reads those.
    fn without_windows(&self, table: &Table) -> Result<(Table, Expression), Failure> {
        if !self.looks_around() {
            return Ok((table.clone(), self.clone()));
        }
        let (mut widened, mut failed) = (table.clone(), None);
        let expression = self.map(&mut |part| {
            let Expression::Window(window) = part else { return None };
            // No column of a file has such a name.
            let name: Arc<str> = format!("\u{0}window {}", widened.columns().len()).into();
            let added = part.kind(&table.schema()).and_then(|kind| {
                let column = Column::new(name.clone(), kind.column_kind());
                widened.with_column(column, window.evaluate(table, kind.column_kind())?)
            });
            match added {
                Ok(table) => widened = table,
                Err(failure) => failed = failed.take().or(Some(failure)),
            }
            Some(Expression::Column(name))
        });
        failed.map_or(Ok((widened, expression)), Err)
    }
}

/// Concatenates arrays.
pub(super) fn joined(parts: Vec<ArrayRef>) -> ArrayRef {
    pipewright_table::rows::joined(&parts).expect("there is a part")
}

/// The evaluation of expressions over the rows of a table.
pub(super) struct Evaluation<'t> {
    table: &'t Table,
    /// How often whole numbers went beyond 64 bits.
    overflows: Cell<usize>,
}

impl<'t> Evaluation<'t> {
    pub(super) fn over(table: &'t Table) -> Evaluation<'t> {
        Evaluation { table, overflows: Cell::new(0) }
    }

    /// Returns the result, and counts an overflow if there is none.
    fn counted<T>(&self, result: Option<T>) -> Option<T> {
        if result.is_none() {
            self.overflows.set(self.overflows.get() + 1);
        }
        result
    }

    /// Computes whole numbers; an overflow that is the same in all rows counts for each of them.
    fn per_row(&self, compute: impl FnOnce() -> Lane<Option<i64>>) -> Values {
        let before = self.overflows.get();
        let lane = compute();
        if let Lane::Same(_) = lane {
            self.overflows.set(before + (self.overflows.get() - before) * self.table.rows());
        }
        Values::Ints(lane)
    }

    /// Evaluates an expression whose types were checked, without windows.
    pub(super) fn values(&self, expression: &Expression) -> Values {
        let rows = self.table.rows();
        match expression {
            Expression::Column(name) => {
                let (column, array) = self.table.find(name).expect(CHECKED);
                Values::of(column.kind, array)
            }
            Expression::Literal(value) => Values::same(value),
            Expression::Moment(kind, micros) => Values::Moments(*kind, Lane::Same(Some(*micros))),
            Expression::Negate(inner) => match self.values(inner) {
                Values::Moments(kind, lane) => {
                    Values::Moments(kind, lane.map(|micros| micros.and_then(i64::checked_neg)))
                }
                Values::Ints(lane) => self.per_row(|| lane.map(|whole| self.counted(whole?.checked_neg()))),
                other => Values::Numbers(other.numbers().map(|number| -number)),
            },
            Expression::Not(inner) => {
                Values::Truths(self.values(inner).truths().map(|truth| truth.map(|truth| !truth)))
            }
            Expression::Arithmetic(first, rest) => rest
                .iter()
                .fold(self.values(first), |left, (operator, right)| operator.of(left, self.values(right), self)),
            Expression::Compare(operator, left, right) => {
                Values::Truths(compare(*operator, self.values(left), self.values(right), rows))
            }
            Expression::All(parts) => self.logic(parts, false),
            Expression::Any(parts) => self.logic(parts, true),
            Expression::In(inner, list) => Values::Truths(is_in(self.values(inner), list)),
            Expression::IsNull(inner) => {
                let values = self.values(inner);
                Values::Truths(match values.is_same() {
                    true => Lane::Same(Some(values.is_null(0))),
                    false => Lane::Each((0..rows).map(|row| Some(values.is_null(row))).collect()),
                })
            }
            Expression::If(parts) => {
                let [condition, then, otherwise] = parts.as_ref();
                let condition = self.values(condition).truths();
                let lanes = vec![self.values(then), self.values(otherwise)];
                Values::gather(lanes, rows, |_, row| condition.at(row).map(|truth| usize::from(!truth)))
            }
            Expression::Call(function, parts) => {
                let given = parts.iter().map(|part| self.values(part)).collect();
                function.work(Given::new(given, parts, rows))
            }
            Expression::Ranked(ranks, inner) => {
                Values::Numbers(self.values(inner).numbers().map(|number| ranks.share(number)))
            }
            Expression::Aggregate(..) | Expression::Score(..) | Expression::Window(_) => {
                unreachable!("aggregates were learned, and windows are columns")
            }
        }
    }

    /// Kleene's `and` (decided by false) or `or` (decided by true) over all parts.
    fn logic(&self, parts: &[Expression], decides: bool) -> Values {
        let join = |left: Option<bool>, right: Option<bool>| {
            if left == Some(decides) || right == Some(decides) { Some(decides) } else { left.and(right) }
        };
        let start = Lane::Same(Some(!decides));
        Values::Truths(parts.iter().fold(start, |left, part| left.zip(self.values(part).truths(), join)))
    }
}

impl Arithmetic {
    fn of(self, left: Values, right: Values, evaluation: &Evaluation<'_>) -> Values {
        let rows = evaluation.table.rows();
        let (operation, kind) = self.on(left.kind(), right.kind()).expect(CHECKED);
        let shifted = |left: Option<i64>, right: Option<i64>| {
            let moment = match self {
                Arithmetic::Subtract => left?.checked_sub(right?)?,
                _ => left?.checked_add(right?)?,
            };
            // Dates out of the representable years are missing.
            (kind != ExprKind::Date || MOMENTS.contains(&moment)).then_some(moment)
        };
        let scaled = |time: Option<i64>, number: f64| {
            let micros = self.number(time? as f64, number).round();
            (micros.abs() < i64::MAX as f64).then_some(micros as i64)
        };
        match operation {
            Operation::Ints => {
                let divides = matches!(self, Arithmetic::FloorDivide | Arithmetic::Modulo);
                let whole = |left: Option<i64>, right: Option<i64>| match (left?, right?) {
                    (_, 0) if divides => None,
                    (left, right) => evaluation.counted(self.whole(left, right)),
                };
                evaluation.per_row(|| left.ints().zip(right.ints(), whole))
            }
            Operation::Quotient => {
                let quotient = |left: Option<i64>, right: Option<i64>| whole::quotient(left?.into(), right?);
                let lane = left.ints().zip(right.ints(), quotient);
                Values::Numbers(lane.map(|quotient| quotient.unwrap_or(f64::NAN)))
            }
            Operation::Numbers => {
                Values::Numbers(left.numbers().zip(right.numbers(), |left, right| finite(self.number(left, right))))
            }
            Operation::Texts => {
                let (left, right) = (left.texts(), right.texts());
                let joined = |row| Some([left.at(row)?, right.at(row)?].concat());
                Values::Texts(Texts::Each((0..rows).map(joined).collect()))
            }
            Operation::Shift | Operation::ShiftBehind => {
                Values::Moments(kind, left.moments(kind).zip(right.moments(kind), shifted))
            }
            Operation::Distance(of) => Values::Moments(kind, left.moments(of).zip(right.moments(of), shifted)),
            Operation::Scale => Values::Moments(kind, left.moments(kind).zip(right.numbers(), scaled)),
            Operation::ScaleBehind => Values::Moments(kind, right.moments(kind).zip(left.numbers(), scaled)),
            Operation::Ratio => {
                let ratio = |left: Option<i64>, right: Option<i64>| {
                    let (Some(left), Some(right)) = (left, right) else { return f64::NAN };
                    finite(left as f64 / right as f64)
                };
                Values::Numbers(left.moments(kind).zip(right.moments(kind), ratio))
            }
            Operation::Null => Values::Null,
        }
    }

    /// Computes with whole numbers; `None` beyond 64 bits, and if divided by 0.
    fn whole(self, left: i64, right: i64) -> Option<i64> {
        match self {
            Arithmetic::Add => left.checked_add(right),
            Arithmetic::Subtract => left.checked_sub(right),
            Arithmetic::Multiply => left.checked_mul(right),
            Arithmetic::FloorDivide => whole::floor_quotient(left, right),
            Arithmetic::Modulo => whole::remainder(left, right),
            Arithmetic::Divide | Arithmetic::Power => unreachable!("they yield numbers that need not be whole"),
        }
    }

    fn number(self, left: f64, right: f64) -> f64 {
        match self {
            Arithmetic::Add => left + right,
            Arithmetic::Subtract => left - right,
            Arithmetic::Multiply => left * right,
            Arithmetic::Divide => left / right,
            Arithmetic::FloorDivide => whole::float_floor_quotient(left, right),
            Arithmetic::Modulo => whole::float_remainder(left, right),
            // Floats define 1 to the power of NaN as 1; here NaN is missing.
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

pub(super) fn compare(operator: Comparison, left: Values, right: Values, rows: usize) -> Lane<Option<bool>> {
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
        (Values::Ints(left), Values::Ints(right)) => ordered(operator, left, right),
        (Values::Ints(left), Values::Numbers(right)) => {
            left.zip(right, |left, right| Some(operator.holds(whole::compare(left?, right)?)))
        }
        (Values::Numbers(left), Values::Ints(right)) => {
            left.zip(right, |left, right| Some(operator.holds(whole::compare(right?, left)?.reverse())))
        }
        (Values::Truths(left), Values::Truths(right)) => ordered(operator, left, right),
        (Values::Texts(left), Values::Texts(right)) => {
            let holds = |left: Option<&str>, right: Option<&str>| Some(operator.holds(left?.cmp(right?)));
            match (&left, &right) {
                (left, Texts::Same(text)) => left.map(|left| holds(left, text.as_deref())),
                (Texts::Same(text), right) => right.map(|right| holds(text.as_deref(), right)),
                _ => Lane::Each((0..rows).map(|row| holds(left.at(row), right.at(row))).collect()),
            }
        }
        (Values::Moments(kind, left), right) => ordered(operator, left, right.moments(kind)),
        (left, Values::Moments(kind, right)) => ordered(operator, left.moments(kind), right),
        // Comparisons with null are rejected; for a column that is entirely null, the result is unknown.
        _ => Lane::Same(None),
    }
}

/// True if the value is in the list; missing if it is not and the list contains null, or if the value is missing.
fn is_in(values: Values, list: &[Value]) -> Lane<Option<bool>> {
    let otherwise = if list.contains(&Value::Null) { None } else { Some(false) };
    let answer = move |found: bool| if found { Some(true) } else { otherwise };
    let texts = || list.iter().filter_map(|value| if let Value::Text(text) = value { Some(&**text) } else { None });
    match values {
        Values::Ints(lane) => {
            let mut known: Vec<i64> = list.iter().filter_map(Value::as_i64).collect();
            known.sort_unstable();
            lane.map(|whole| Some(known.binary_search(&whole?).is_ok()).and_then(answer))
        }
        Values::Numbers(lane) => {
            // A whole number that no float equals is found nowhere.
            let number = |value: &Value| match value {
                Value::Int(whole) => {
                    Some(*whole as f64).filter(|&number| whole::compare(*whole, number) == Some(Ordering::Equal))
                }
                other => other.as_f64().map(|number| number + 0.0),
            };
            let mut known: Vec<f64> = list.iter().filter_map(number).collect();
            known.sort_unstable_by(f64::total_cmp);
            lane.map(|number| {
                let found = || known.binary_search_by(|other| other.total_cmp(&(number + 0.0))).is_ok();
                if number.is_nan() { None } else { answer(found()) }
            })
        }
        Values::Truths(lane) => lane.map(|truth| answer(list.contains(&Value::Bool(truth?)))),
        Values::Texts(lane) => {
            let mut known: Vec<&str> = texts().collect();
            known.sort_unstable();
            lane.map(|text| Some(known.binary_search(&text?).is_ok()).and_then(answer))
        }
        Values::Moments(kind, lane) => {
            let read = if kind == ExprKind::Time { literal::time } else { literal::date };
            let known: Vec<i64> = texts().filter_map(|text| read(text.as_bytes())).collect();
            lane.map(|moment| answer(known.contains(&moment?)))
        }
        Values::Null => Lane::Same(None),
    }
}
