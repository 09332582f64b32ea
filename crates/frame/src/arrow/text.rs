//! Values of any type as text: what stands in a column of JSON, and what a message shows.

use super::convert::{Bytes, hex, ticks_a_second};
use crate::csv::{date_text, time_text};
use arrow_array::cast::AsArray;
use arrow_array::types::*;
use arrow_array::{Array, ArrayRef, OffsetSizeTrait, downcast_run_array};
use arrow_schema::{DataType, IntervalUnit, TimeUnit};
use serde_json::{Map, Number, Value, json};

/// A value as text: lists, maps and structures in JSON, others as they are. Of a null, nothing.
pub(super) fn of(array: &dyn Array, row: usize) -> String {
    match value(array, row) {
        Value::Null => String::new(),
        Value::String(text) => text,
        other => other.to_string(),
    }
}

/// A value in JSON. What JSON has no number for (`NaN`, `inf`) is a text.
fn value(array: &dyn Array, row: usize) -> Value {
    if array.is_null(row) {
        return Value::Null;
    }
    match array.data_type() {
        DataType::Null => Value::Null,
        DataType::Boolean => array.as_boolean().value(row).into(),
        DataType::Float16 => real(array.as_primitive::<Float16Type>().value(row).to_f64()),
        DataType::Float32 => single(array.as_primitive::<Float32Type>().value(row)),
        DataType::Float64 => real(array.as_primitive::<Float64Type>().value(row)),
        integer if integer.is_integer() => whole(array, row),
        DataType::Decimal32(..) => array.as_primitive::<Decimal32Type>().value_as_string(row).into(),
        DataType::Decimal64(..) => array.as_primitive::<Decimal64Type>().value_as_string(row).into(),
        DataType::Decimal128(..) => array.as_primitive::<Decimal128Type>().value_as_string(row).into(),
        DataType::Decimal256(..) => array.as_primitive::<Decimal256Type>().value_as_string(row).into(),
        DataType::Utf8
        | DataType::LargeUtf8
        | DataType::Utf8View
        | DataType::Binary
        | DataType::LargeBinary
        | DataType::BinaryView
        | DataType::FixedSizeBinary(_) => bytes(array, row),
        DataType::Dictionary(..) => {
            let dictionary = array.as_any_dictionary();
            value(dictionary.values().as_ref(), dictionary.normalized_keys()[row])
        }
        DataType::RunEndEncoded(..) => {
            downcast_run_array! {
                array => value(array.values().as_ref(), array.get_physical_index(row)),
                _ => unreachable!("the type was looked at"),
            }
        }
        DataType::Struct(fields) => {
            let columns = array.as_struct().columns();
            let members = fields.iter().zip(columns);
            object(members.map(|(field, column)| (field.name().clone(), value(column.as_ref(), row))))
        }
        DataType::List(_) => list::<i32>(array, row),
        DataType::LargeList(_) => list::<i64>(array, row),
        DataType::ListView(_) => list_view::<i32>(array, row),
        DataType::LargeListView(_) => list_view::<i64>(array, row),
        DataType::FixedSizeList(..) => all(&array.as_fixed_size_list().value(row)),
        DataType::Map(..) => map(array, row),
        DataType::Union(..) => {
            let union = array.as_union();
            value(union.child(union.type_id(row)).as_ref(), union.value_offset(row))
        }
        _ => moment(array, row).into(),
    }
}

fn whole(array: &dyn Array, row: usize) -> Value {
    match array.data_type() {
        DataType::Int8 => array.as_primitive::<Int8Type>().value(row).into(),
        DataType::Int16 => array.as_primitive::<Int16Type>().value(row).into(),
        DataType::Int32 => array.as_primitive::<Int32Type>().value(row).into(),
        DataType::UInt8 => array.as_primitive::<UInt8Type>().value(row).into(),
        DataType::UInt16 => array.as_primitive::<UInt16Type>().value(row).into(),
        DataType::UInt32 => array.as_primitive::<UInt32Type>().value(row).into(),
        DataType::UInt64 => array.as_primitive::<UInt64Type>().value(row).into(),
        _ => array.as_primitive::<Int64Type>().value(row).into(),
    }
}

fn real(number: f64) -> Value {
    Number::from_f64(number).map_or_else(|| number.to_string().into(), Value::Number)
}

/// A number of single precision with its own digits, not those of its neighbour of double precision.
fn single(number: f32) -> Value {
    number.to_string().parse().map_or_else(|_| number.to_string().into(), real)
}

fn bytes(array: &dyn Array, row: usize) -> Value {
    let bytes = Bytes::of(array).at(row);
    std::str::from_utf8(bytes).map_or_else(|_| hex(bytes), str::to_string).into()
}

fn all(values: &ArrayRef) -> Value {
    (0..values.len()).map(|row| value(values.as_ref(), row)).collect()
}

fn list<O: OffsetSizeTrait>(array: &dyn Array, row: usize) -> Value {
    all(&array.as_list::<O>().value(row))
}

fn list_view<O: OffsetSizeTrait>(array: &dyn Array, row: usize) -> Value {
    all(&array.as_list_view::<O>().value(row))
}

/// A map whose keys are different texts is an object, any other one a list of pairs.
fn map(array: &dyn Array, row: usize) -> Value {
    let entries = array.as_map().value(row);
    let [keys, values] = entries.columns() else { return all(&(std::sync::Arc::new(entries) as ArrayRef)) };
    let pairs: Vec<(Value, Value)> =
        (0..keys.len()).map(|row| (value(keys.as_ref(), row), value(values.as_ref(), row))).collect();
    let mut members = Map::new();
    for (key, value) in &pairs {
        if let Value::String(key) = key {
            members.insert(key.clone(), value.clone());
        }
    }
    if members.len() == pairs.len() {
        return Value::Object(members);
    }
    pairs.into_iter().map(|(key, value)| json!([key, value])).collect()
}

fn object(members: impl Iterator<Item = (String, Value)>) -> Value {
    Value::Object(members.collect())
}

/// Dates, times, durations and intervals, as ISO 8601 writes them.
fn moment(array: &dyn Array, row: usize) -> String {
    match array.data_type() {
        DataType::Date32 => day(i64::from(array.as_primitive::<Date32Type>().value(row))),
        DataType::Date64 => instant(array.as_primitive::<Date64Type>().value(row), TimeUnit::Millisecond),
        DataType::Timestamp(unit, _) => instant(ticks(array, row), *unit),
        DataType::Time32(unit) | DataType::Time64(unit) => {
            let ticks = ticks(array, row);
            time_text(micros(ticks, *unit)) + &fine(ticks, *unit)
        }
        DataType::Duration(unit) => format!("PT{}S", seconds(i128::from(ticks(array, row)), *unit)),
        DataType::Interval(IntervalUnit::YearMonth) => {
            format!("P{}M", array.as_primitive::<IntervalYearMonthType>().value(row))
        }
        DataType::Interval(IntervalUnit::DayTime) => {
            let span = array.as_primitive::<IntervalDayTimeType>().value(row);
            let seconds = seconds(i128::from(span.milliseconds), TimeUnit::Millisecond);
            format!("P{}DT{seconds}S", span.days)
        }
        DataType::Interval(IntervalUnit::MonthDayNano) => {
            let span = array.as_primitive::<IntervalMonthDayNanoType>().value(row);
            let seconds = seconds(i128::from(span.nanoseconds), TimeUnit::Nanosecond);
            format!("P{}M{}DT{seconds}S", span.months, span.days)
        }
        other => unreachable!("every other type was looked at: {other}"),
    }
}

fn ticks(array: &dyn Array, row: usize) -> i64 {
    match array.data_type() {
        DataType::Time32(TimeUnit::Second) => i64::from(array.as_primitive::<Time32SecondType>().value(row)),
        DataType::Time32(_) => i64::from(array.as_primitive::<Time32MillisecondType>().value(row)),
        DataType::Time64(TimeUnit::Nanosecond) => array.as_primitive::<Time64NanosecondType>().value(row),
        DataType::Time64(_) => array.as_primitive::<Time64MicrosecondType>().value(row),
        DataType::Timestamp(TimeUnit::Second, _) => array.as_primitive::<TimestampSecondType>().value(row),
        DataType::Timestamp(TimeUnit::Millisecond, _) => array.as_primitive::<TimestampMillisecondType>().value(row),
        DataType::Timestamp(TimeUnit::Microsecond, _) => array.as_primitive::<TimestampMicrosecondType>().value(row),
        DataType::Timestamp(TimeUnit::Nanosecond, _) => array.as_primitive::<TimestampNanosecondType>().value(row),
        DataType::Duration(TimeUnit::Second) => array.as_primitive::<DurationSecondType>().value(row),
        DataType::Duration(TimeUnit::Millisecond) => array.as_primitive::<DurationMillisecondType>().value(row),
        DataType::Duration(TimeUnit::Microsecond) => array.as_primitive::<DurationMicrosecondType>().value(row),
        DataType::Duration(TimeUnit::Nanosecond) => array.as_primitive::<DurationNanosecondType>().value(row),
        other => unreachable!("{other} does not count ticks"),
    }
}

fn day(days: i64) -> String {
    days.checked_mul(86_400_000_000).map_or_else(|| format!("day {days} from 1970"), date_text)
}

fn instant(ticks: i64, unit: TimeUnit) -> String {
    let micros = match unit {
        TimeUnit::Nanosecond => Some(ticks.div_euclid(1000)),
        _ => ticks.checked_mul(1_000_000 / ticks_a_second(unit)),
    };
    match micros {
        Some(micros) => date_text(micros) + &fine(ticks, unit),
        None => format!("second {} from 1970", ticks / ticks_a_second(unit)),
    }
}

fn micros(ticks: i64, unit: TimeUnit) -> i64 {
    match unit {
        TimeUnit::Nanosecond => ticks.div_euclid(1000),
        _ => ticks.saturating_mul(1_000_000 / ticks_a_second(unit)),
    }
}

/// The nanoseconds beyond the microseconds, where there are any.
fn fine(ticks: i64, unit: TimeUnit) -> String {
    match ticks.rem_euclid(1000) {
        rest if unit == TimeUnit::Nanosecond && rest != 0 => format!(" + {rest} ns"),
        _ => String::new(),
    }
}

fn seconds(ticks: i128, unit: TimeUnit) -> String {
    let a_second = i128::from(ticks_a_second(unit));
    let (whole, rest) = (ticks.unsigned_abs() / a_second.unsigned_abs(), ticks.unsigned_abs() % a_second.unsigned_abs());
    let sign = if ticks < 0 { "-" } else { "" };
    let digits = a_second.ilog10() as usize;
    let fraction = format!("{rest:0digits$}");
    let fraction = if rest == 0 { String::new() } else { format!(".{}", fraction.trim_end_matches('0')) };
    format!("{sign}{whole}{fraction}")
}
