//! Row-group pruning by column statistics.
//!
//! A row group is skipped only if no row of it can satisfy the filter. Anything uncertain (no statistics, statistics
//! that old writers got wrong, types with another order) keeps it.

use crate::ReadOptions;
use crate::arrow::Layout;
use arrow_schema::{DataType, TimeUnit};
use parquet::file::metadata::RowGroupMetaData;
use parquet::file::statistics::Statistics;
use pipewright_expr::{Comparison, Expression};
use pipewright_table::{ColumnType, Value, literal, whole};
use std::cmp::Ordering;
use std::ops::Range;

/// A row group, and the columns of the table in it.
pub(super) struct Group<'a> {
    pub(super) group: &'a RowGroupMetaData,
    pub(super) layout: &'a Layout,
    pub(super) leaves: &'a [Range<usize>],
    pub(super) options: &'a ReadOptions,
}

/// Can the filter be true for a row of the group?
pub(super) fn may_hold(filter: &Expression, group: &Group<'_>) -> bool {
    match filter {
        Expression::Literal(Value::Bool(truth)) => *truth,
        Expression::All(parts) => parts.iter().all(|part| may_hold(part, group)),
        Expression::Any(parts) => parts.iter().any(|part| may_hold(part, group)),
        Expression::Compare(operator, left, right) => match (&**left, &**right) {
            (Expression::Column(name), Expression::Literal(value)) => group.may_compare(name, *operator, value),
            (Expression::Literal(value), Expression::Column(name)) => {
                group.may_compare(name, operator.mirrored(), value)
            }
            _ => true,
        },
        Expression::In(inner, values) => match &**inner {
            Expression::Column(name) => {
                values.iter().any(|value| *value == Value::Null || group.may_compare(name, Comparison::Equal, value))
            }
            _ => true,
        },
        Expression::IsNull(inner) => match &**inner {
            Expression::Column(name) => group.may_be_null(name),
            _ => true,
        },
        Expression::Not(inner) => match &**inner {
            Expression::IsNull(inner) => match &**inner {
                Expression::Column(name) => group.may_be_there(name),
                _ => true,
            },
            _ => true,
        },
        _ => true,
    }
}

/// Minimum and maximum, in the order of comparisons between columns and literals.
enum Bounds {
    Wholes(i64, i64),
    Numbers(f64, f64),
    Moments(i64, i64),
    Texts(Vec<u8>, Vec<u8>),
    Truths(bool, bool),
}

impl Group<'_> {
    fn find(&self, name: &str) -> Option<(&DataType, ColumnType, &Statistics)> {
        let position = self.layout.sources.iter().position(|source| &*source.column.name == name)?;
        let (source, leaves) = (&self.layout.sources[position], &self.leaves[position]);
        // Another declared type has another order.
        if leaves.len() != 1 || self.options.kinds.contains_key(name) {
            return None;
        }
        let statistics = self.group.column(leaves.start).statistics()?;
        Some((&source.stored, source.column.kind, statistics))
    }

    fn may_compare(&self, name: &str, operator: Comparison, value: &Value) -> bool {
        let Some((stored, _, statistics)) = self.find(name) else { return true };
        let Some(bounds) = bounds(stored, statistics) else { return true };
        let (least, greatest) = match (bounds, value) {
            (Bounds::Wholes(least, greatest), Value::Int(number)) => {
                (Some(least.cmp(number)), Some(greatest.cmp(number)))
            }
            (Bounds::Wholes(least, greatest), Value::Number(number)) => {
                (whole::compare(least, *number), whole::compare(greatest, *number))
            }
            (Bounds::Numbers(least, greatest), Value::Int(number)) => {
                let compare = |bound| whole::compare(*number, bound).map(Ordering::reverse);
                (compare(least), compare(greatest))
            }
            (Bounds::Numbers(least, greatest), Value::Number(number)) => {
                (least.partial_cmp(number), greatest.partial_cmp(number))
            }
            (Bounds::Moments(least, greatest), Value::Text(text)) => match literal::date(text.as_bytes()) {
                Some(moment) => (Some(least.cmp(&moment)), Some(greatest.cmp(&moment))),
                None => return true,
            },
            (Bounds::Texts(least, greatest), Value::Text(text)) => {
                (Some(least.as_slice().cmp(text.as_bytes())), Some(greatest.as_slice().cmp(text.as_bytes())))
            }
            (Bounds::Truths(least, greatest), Value::Bool(truth)) => {
                (Some(least.cmp(truth)), Some(greatest.cmp(truth)))
            }
            _ => return true,
        };
        // NaN bounds or literals are not informative.
        let (Some(least), Some(greatest)) = (least, greatest) else { return true };
        match operator {
            Comparison::Equal => least != Ordering::Greater && greatest != Ordering::Less,
            Comparison::Unequal => !(least == Ordering::Equal && greatest == Ordering::Equal),
            Comparison::Less => least == Ordering::Less,
            Comparison::LessOrEqual => least != Ordering::Greater,
            Comparison::Greater => greatest == Ordering::Greater,
            Comparison::GreaterOrEqual => greatest != Ordering::Less,
        }
    }

    fn may_be_null(&self, name: &str) -> bool {
        match self.find(name) {
            // NaN is missing too, and not counted by statistics.
            Some((_, ColumnType::Continuous, _)) | None => true,
            Some((_, _, statistics)) => statistics.null_count_opt().is_none_or(|nulls| nulls > 0),
        }
    }

    fn may_be_there(&self, name: &str) -> bool {
        let rows = u64::try_from(self.group.num_rows()).unwrap_or(u64::MAX);
        let nulls = self.find(name).and_then(|(_, _, statistics)| statistics.null_count_opt());
        nulls.is_none_or(|nulls| nulls < rows)
    }
}

/// Returns the bounds of the statistics, if they can be trusted.
fn bounds(stored: &DataType, statistics: &Statistics) -> Option<Bounds> {
    // The deprecated fields were filled by signed byte comparison, which is only right for signed numbers.
    let old = statistics.is_min_max_deprecated();
    match (stored, statistics) {
        (DataType::Int8 | DataType::Int16 | DataType::Int32, Statistics::Int32(bounds)) => {
            wholes(*bounds.min_opt()?, *bounds.max_opt()?)
        }
        (DataType::UInt8 | DataType::UInt16, Statistics::Int32(bounds)) if !old => {
            wholes(*bounds.min_opt()?, *bounds.max_opt()?)
        }
        (DataType::Int64, Statistics::Int64(bounds)) => wholes(*bounds.min_opt()?, *bounds.max_opt()?),
        (DataType::Float32, Statistics::Float(bounds)) => {
            numbers(f64::from(*bounds.min_opt()?), f64::from(*bounds.max_opt()?))
        }
        (DataType::Float64, Statistics::Double(bounds)) => numbers(*bounds.min_opt()?, *bounds.max_opt()?),
        (DataType::Boolean, Statistics::Boolean(bounds)) => {
            Some(Bounds::Truths(*bounds.min_opt()?, *bounds.max_opt()?))
        }
        (DataType::Date32, Statistics::Int32(bounds)) => {
            let moment = |days: i32| i64::from(days).checked_mul(literal::DAY);
            Some(Bounds::Moments(moment(*bounds.min_opt()?)?, moment(*bounds.max_opt()?)?))
        }
        (DataType::Timestamp(unit, _), Statistics::Int64(bounds)) => {
            let moment = |ticks: i64| match unit {
                TimeUnit::Second => None,
                TimeUnit::Millisecond => ticks.checked_mul(1000),
                TimeUnit::Microsecond => Some(ticks),
                TimeUnit::Nanosecond => Some(ticks.div_euclid(1000)),
            };
            Some(Bounds::Moments(moment(*bounds.min_opt()?)?, moment(*bounds.max_opt()?)?))
        }
        (DataType::LargeUtf8, Statistics::ByteArray(bounds)) if !old => {
            // A truncated bound is still a bound: the minimum is truncated, the maximum truncated and incremented.
            Some(Bounds::Texts(bounds.min_opt()?.data().to_vec(), bounds.max_opt()?.data().to_vec()))
        }
        _ => None,
    }
}

fn wholes(least: impl Into<i64>, greatest: impl Into<i64>) -> Option<Bounds> {
    let (least, greatest) = (least.into(), greatest.into());
    (least <= greatest).then_some(Bounds::Wholes(least, greatest))
}

fn numbers(least: f64, greatest: f64) -> Option<Bounds> {
    (least <= greatest).then_some(Bounds::Numbers(least, greatest))
}
