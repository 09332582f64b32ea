//! Typed columns of values, or one value for all rows.

use super::ExprKind;
use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type, Time64MicrosecondType, TimestampMicrosecondType};
use arrow_array::{
    Array, ArrayRef, BooleanArray, Float64Array, Int64Array, Time64MicrosecondArray, TimestampMicrosecondArray,
};
use pipewright_table::{ColumnType, Value, literal};
use pipewright_table::{TextArray, TextOffset};
use std::cmp::Ordering;
use std::sync::Arc;

/// A value per row, or the same one for all.
#[derive(Clone)]
pub(super) enum Lane<T> {
    Same(T),
    Each(Vec<T>),
}

impl<T: Copy> Lane<T> {
    pub(super) fn at(&self, row: usize) -> T {
        match self {
            Lane::Same(value) => *value,
            Lane::Each(values) => values[row],
        }
    }

    pub(super) fn map<U>(self, change: impl Fn(T) -> U) -> Lane<U> {
        match self {
            Lane::Same(value) => Lane::Same(change(value)),
            Lane::Each(values) => Lane::Each(values.into_iter().map(change).collect()),
        }
    }

    pub(super) fn zip<U: Copy, V>(self, other: Lane<U>, join: impl Fn(T, U) -> V) -> Lane<V> {
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

/// A text per row, or the same one for all. A column's texts are shared, not copied.
#[derive(Clone)]
pub(super) enum Texts {
    Same(Option<Arc<str>>),
    Each(TextArray),
}

impl Texts {
    pub(super) fn at(&self, row: usize) -> Option<&str> {
        match self {
            Texts::Same(text) => text.as_deref(),
            Texts::Each(texts) => texts.is_valid(row).then(|| texts.value(row)),
        }
    }

    /// Maps each text.
    pub(super) fn map<T>(&self, change: impl Fn(Option<&str>) -> T) -> Lane<T> {
        match self {
            Texts::Same(text) => Lane::Same(change(text.as_deref())),
            Texts::Each(texts) => Lane::Each(texts.iter().map(change).collect()),
        }
    }
}

/// Values of one type; a missing float is NaN, so that NaN results are missing.
#[derive(Clone)]
pub(super) enum Values {
    Ints(Lane<Option<i64>>),
    Numbers(Lane<f64>),
    Truths(Lane<Option<bool>>),
    Texts(Texts),
    /// Dates, times of day or durations, in microseconds.
    Moments(ExprKind, Lane<Option<i64>>),
    Null,
}

pub(super) const CHECKED: &str = "the kinds of the parts were checked";

impl Values {
    /// Reads the values of a column.
    pub(super) fn of(kind: ColumnType, array: &ArrayRef) -> Values {
        match kind {
            ColumnType::Continuous => {
                let numbers = array.as_primitive::<Float64Type>();
                Values::Numbers(Lane::Each(match numbers.null_count() {
                    0 => numbers.values().to_vec(),
                    _ => numbers.iter().map(|number| number.unwrap_or(f64::NAN)).collect(),
                }))
            }
            ColumnType::Count => Values::Ints(Lane::Each(array.as_primitive::<Int64Type>().iter().collect())),
            ColumnType::Bool => Values::Truths(Lane::Each(array.as_boolean().iter().collect())),
            ColumnType::Date => {
                let dates = array.as_primitive::<TimestampMicrosecondType>();
                Values::Moments(ExprKind::Date, Lane::Each(dates.iter().collect()))
            }
            ColumnType::Time => {
                let times = array.as_primitive::<Time64MicrosecondType>();
                Values::Moments(ExprKind::Time, Lane::Each(times.iter().collect()))
            }
            ColumnType::Category | ColumnType::Ordered | ColumnType::Text | ColumnType::Id => {
                Values::Texts(Texts::Each(array.as_string::<TextOffset>().clone()))
            }
        }
    }

    /// Creates a constant.
    pub(super) fn same(value: &Value) -> Values {
        match value {
            Value::Null => Values::Null,
            Value::Bool(truth) => Values::Truths(Lane::Same(Some(*truth))),
            Value::Int(whole) => Values::Ints(Lane::Same(Some(*whole))),
            Value::Number(number) => Values::Numbers(Lane::Same(*number)),
            Value::Text(text) => Values::Texts(Texts::Same(Some(text.clone()))),
        }
    }

    /// Converts to an array of `rows` rows, stored as a column of `kind`.
    pub(super) fn array(self, kind: ColumnType, rows: usize) -> ArrayRef {
        let rows = 0..rows;
        let present = |number: f64| (!number.is_nan()).then_some(number);
        match kind {
            ColumnType::Continuous => {
                let lane = self.numbers();
                Arc::new(rows.map(|row| present(lane.at(row))).collect::<Float64Array>())
            }
            ColumnType::Count => {
                let lane = self.ints();
                Arc::new(rows.map(|row| lane.at(row)).collect::<Int64Array>())
            }
            ColumnType::Bool => {
                let lane = self.truths();
                Arc::new(rows.map(|row| lane.at(row)).collect::<BooleanArray>())
            }
            ColumnType::Date => {
                let lane = self.moments(ExprKind::Date);
                Arc::new(rows.map(|row| lane.at(row)).collect::<TimestampMicrosecondArray>())
            }
            ColumnType::Time => {
                let lane = self.moments(ExprKind::Time);
                Arc::new(rows.map(|row| lane.at(row)).collect::<Time64MicrosecondArray>())
            }
            ColumnType::Category | ColumnType::Ordered | ColumnType::Text | ColumnType::Id => match self.texts() {
                Texts::Each(texts) => Arc::new(texts),
                Texts::Same(text) => Arc::new(rows.map(|_| text.as_deref()).collect::<TextArray>()),
            },
        }
    }

    /// Returns floats; whole numbers beyond 2^53 are rounded.
    pub(super) fn numbers(self) -> Lane<f64> {
        match self {
            Values::Ints(lane) => lane.map(|whole| whole.map_or(f64::NAN, |whole| whole as f64)),
            Values::Numbers(lane) => lane,
            Values::Null => Lane::Same(f64::NAN),
            _ => unreachable!("{CHECKED}"),
        }
    }

    /// Returns whole numbers; floats are truncated.
    pub(super) fn ints(self) -> Lane<Option<i64>> {
        match self {
            Values::Ints(lane) => lane,
            Values::Numbers(lane) => lane.map(|number| (!number.is_nan()).then_some(number as i64)),
            Values::Null => Lane::Same(None),
            _ => unreachable!("{CHECKED}"),
        }
    }

    pub(super) fn truths(self) -> Lane<Option<bool>> {
        match self {
            Values::Truths(lane) => lane,
            Values::Null => Lane::Same(None),
            _ => unreachable!("{CHECKED}"),
        }
    }

    pub(super) fn texts(self) -> Texts {
        match self {
            Values::Texts(texts) => texts,
            Values::Null => Texts::Same(None),
            _ => unreachable!("{CHECKED}"),
        }
    }

    /// Returns dates, times or durations; text literals are parsed as dates or times.
    pub(super) fn moments(self, kind: ExprKind) -> Lane<Option<i64>> {
        match self {
            Values::Moments(_, lane) => lane,
            Values::Texts(texts) if kind == ExprKind::Date => texts.map(|text| literal::date(text?.as_bytes())),
            Values::Texts(texts) if kind == ExprKind::Time => texts.map(|text| literal::time(text?.as_bytes())),
            Values::Null => Lane::Same(None),
            _ => unreachable!("{CHECKED}"),
        }
    }

    /// Returns their type; `None` if all are null.
    pub(super) fn kind(&self) -> ExprKind {
        match self {
            Values::Ints(_) => ExprKind::Int,
            Values::Numbers(_) => ExprKind::Number,
            Values::Truths(_) => ExprKind::Bool,
            Values::Texts(_) => ExprKind::Text,
            Values::Moments(kind, _) => *kind,
            Values::Null => ExprKind::Null,
        }
    }

    /// Is it a constant?
    pub(super) fn is_same(&self) -> bool {
        match self {
            Values::Ints(lane) => matches!(lane, Lane::Same(_)),
            Values::Numbers(lane) => matches!(lane, Lane::Same(_)),
            Values::Truths(lane) => matches!(lane, Lane::Same(_)),
            Values::Texts(texts) => matches!(texts, Texts::Same(_)),
            Values::Moments(_, lane) => matches!(lane, Lane::Same(_)),
            Values::Null => true,
        }
    }

    pub(super) fn is_null(&self, row: usize) -> bool {
        match self {
            Values::Ints(lane) => lane.at(row).is_none(),
            Values::Numbers(lane) => lane.at(row).is_nan(),
            Values::Truths(lane) => lane.at(row).is_none(),
            Values::Texts(texts) => texts.at(row).is_none(),
            Values::Moments(_, lane) => lane.at(row).is_none(),
            Values::Null => true,
        }
    }

    /// Compares a row's value with one of other values of the same type; missing ones come first.
    pub(super) fn order(&self, other: &Values, row: usize) -> Ordering {
        match (self, other) {
            (Values::Ints(left), Values::Ints(right)) => left.at(row).cmp(&right.at(row)),
            (Values::Numbers(left), Values::Numbers(right)) => {
                // NaN is not ordered: callers only compare present values.
                left.at(row).partial_cmp(&right.at(row)).unwrap_or(Ordering::Equal)
            }
            (Values::Truths(left), Values::Truths(right)) => left.at(row).cmp(&right.at(row)),
            (Values::Texts(left), Values::Texts(right)) => left.at(row).cmp(&right.at(row)),
            (Values::Moments(_, left), Values::Moments(_, right)) => left.at(row).cmp(&right.at(row)),
            _ => other.is_null(row).cmp(&self.is_null(row)),
        }
    }

    /// Selects, for each row, the value of one of several lanes of one type: that which `which` returns. Whole numbers
    /// next to others are floats.
    pub(super) fn gather(lanes: Vec<Values>, rows: usize, which: impl Fn(&[Values], usize) -> Option<usize>) -> Values {
        let kind = lanes.iter().map(Values::kind).filter(|kind| *kind != ExprKind::Null);
        // A text literal among dates is a date.
        let common =
            |left: ExprKind, right| left.common(right).unwrap_or(if left == ExprKind::Text { right } else { left });
        let Some(kind) = kind.reduce(common) else { return Values::Null };
        let lanes: Vec<Values> = lanes.into_iter().map(|lane| lane.alike(kind)).collect();
        let chosen: Vec<Option<usize>> = (0..rows).map(|row| which(&lanes, row)).collect();
        fn each<L, T: Copy>(lanes: &[L], chosen: &[Option<usize>], none: T, at: impl Fn(&L, usize) -> T) -> Lane<T> {
            let value = |(row, lane): (usize, &Option<usize>)| lane.map_or(none, |lane| at(&lanes[lane], row));
            Lane::Each(chosen.iter().enumerate().map(value).collect())
        }
        match kind {
            ExprKind::Int => {
                let lanes: Vec<Lane<Option<i64>>> = lanes.into_iter().map(Values::ints).collect();
                Values::Ints(each(&lanes, &chosen, None, Lane::at))
            }
            ExprKind::Number => {
                let lanes: Vec<Lane<f64>> = lanes.into_iter().map(Values::numbers).collect();
                Values::Numbers(each(&lanes, &chosen, f64::NAN, Lane::at))
            }
            ExprKind::Bool => {
                let lanes: Vec<Lane<Option<bool>>> = lanes.into_iter().map(Values::truths).collect();
                Values::Truths(each(&lanes, &chosen, None, Lane::at))
            }
            ExprKind::Date | ExprKind::Time | ExprKind::Duration => {
                let lanes: Vec<Lane<Option<i64>>> = lanes.into_iter().map(|lane| lane.moments(kind)).collect();
                Values::Moments(kind, each(&lanes, &chosen, None, Lane::at))
            }
            ExprKind::Text | ExprKind::Null => {
                let lanes: Vec<Texts> = lanes.into_iter().map(Values::texts).collect();
                let texts = chosen.iter().enumerate().map(|(row, lane)| lane.and_then(|lane| lanes[lane].at(row)));
                Values::Texts(Texts::Each(texts.collect()))
            }
        }
    }

    /// Converts text literals to dates or times, and whole numbers to floats, if those are requested.
    fn alike(self, kind: ExprKind) -> Values {
        match kind {
            ExprKind::Number => Values::Numbers(self.numbers()),
            ExprKind::Date | ExprKind::Time => Values::Moments(kind, self.moments(kind)),
            _ => self,
        }
    }
}

/// Returns the number if it is finite, otherwise missing.
pub(super) fn finite(number: f64) -> f64 {
    if number.is_finite() { number } else { f64::NAN }
}
