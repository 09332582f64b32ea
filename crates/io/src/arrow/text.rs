//! Formatting of values of any type as text: for JSON columns and messages.

use super::convert::{Bytes, hex, ticks_a_second};
use arrow_array::cast::AsArray;
use arrow_array::types::*;
use arrow_array::{Array, ArrowPrimitiveType, downcast_dictionary_array, downcast_run_array};
use arrow_schema::{DataType, IntervalUnit, TimeUnit};
use pipewright_table::literal::{DAY, date_text, time_text};
use std::collections::BTreeSet;
use std::fmt::Display;
use std::io::Write;
use std::ops::Range;

/// The text exceeds the limit; its size is at least this many bytes.
pub(super) struct TooLong(pub(super) u64);

/// Bounded text output: a few bytes in a file can expand to unbounded text.
pub(super) struct Out<'a> {
    pub(super) bytes: &'a mut Vec<u8>,
    pub(super) most: u64,
}

/// Formats a value for a message; empty for null.
pub(super) fn of(array: &dyn Array, row: usize) -> String {
    let mut bytes = Vec::new();
    // A truncated text is good enough.
    let _ = plain(&mut Out { bytes: &mut bytes, most: 1000 }, array, row);
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Writes a value: lists, maps and structs as JSON, others plainly; nothing for null.
pub(super) fn plain(out: &mut Out<'_>, array: &dyn Array, row: usize) -> Result<(), TooLong> {
    match array.data_type() {
        _ if array.is_null(row) => Ok(()),
        DataType::Null => Ok(()),
        DataType::Dictionary(..) | DataType::RunEndEncoded(..) | DataType::Union(..) => match behind(array, row) {
            Some((values, place)) => plain(out, values, place),
            None => Ok(()),
        },
        nested if nested.is_nested() => json(out, array, row),
        DataType::Float32 => out.put(array.as_primitive::<Float32Type>().value(row)),
        DataType::Float64 => out.put(array.as_primitive::<Float64Type>().value(row)),
        DataType::Float16 => out.put(array.as_primitive::<Float16Type>().value(row)),
        DataType::Boolean => out.put(array.as_boolean().value(row)),
        number if number.is_integer() => whole(out, array, row),
        _ => out.put(words(array, row)),
    }
}

/// Writes a value as JSON. Numbers that JSON cannot represent (`NaN`, `inf`, long decimals) become strings.
fn json(out: &mut Out<'_>, array: &dyn Array, row: usize) -> Result<(), TooLong> {
    if array.is_null(row) {
        return out.put("null");
    }
    match array.data_type() {
        DataType::Null => out.put("null"),
        DataType::Boolean => out.put(array.as_boolean().value(row)),
        DataType::Float16 => real(out, array.as_primitive::<Float16Type>().value(row).to_f64()),
        // A single-precision number is printed with its own shortest digits, not those of the double.
        DataType::Float32 => match array.as_primitive::<Float32Type>().value(row) {
            number if number.is_finite() => out.put(number),
            number => quoted(out, &number.to_string()),
        },
        DataType::Float64 => real(out, array.as_primitive::<Float64Type>().value(row)),
        number if number.is_integer() => whole(out, array, row),
        DataType::Dictionary(..) | DataType::RunEndEncoded(..) | DataType::Union(..) => match behind(array, row) {
            Some((values, place)) => json(out, values, place),
            None => out.put("null"),
        },
        DataType::Struct(fields) => {
            let members = fields.iter().zip(array.as_struct().columns());
            out.put("{")?;
            for (position, (field, column)) in members.enumerate() {
                out.put(if position > 0 { "," } else { "" })?;
                quoted(out, field.name())?;
                out.put(":")?;
                json(out, column.as_ref(), row)?;
            }
            out.put("}")
        }
        DataType::Map(..) => map(out, array, row),
        _ => match list(array, row) {
            Some((values, range)) => {
                out.put("[")?;
                let start = range.start;
                for place in range {
                    out.put(if place > start { "," } else { "" })?;
                    json(out, values, place)?;
                }
                out.put("]")
            }
            None => quoted(out, &words(array, row)),
        },
    }
}

impl Out<'_> {
    fn put(&mut self, value: impl Display) -> Result<(), TooLong> {
        // Writing to memory cannot fail.
        let _ = write!(self.bytes, "{value}");
        self.check()
    }

    fn check(&self) -> Result<(), TooLong> {
        let length = self.bytes.len() as u64;
        if length > self.most { Err(TooLong(length)) } else { Ok(()) }
    }
}

fn real(out: &mut Out<'_>, number: f64) -> Result<(), TooLong> {
    if number.is_finite() { out.put(number) } else { quoted(out, &number.to_string()) }
}

fn quoted(out: &mut Out<'_>, text: &str) -> Result<(), TooLong> {
    // Writing to memory cannot fail.
    let _ = serde_json::to_writer(&mut *out.bytes, text);
    out.check()
}

fn whole(out: &mut Out<'_>, array: &dyn Array, row: usize) -> Result<(), TooLong> {
    fn value<T: ArrowPrimitiveType>(array: &dyn Array, row: usize) -> T::Native {
        array.as_primitive::<T>().value(row)
    }
    match array.data_type() {
        DataType::Int8 => out.put(value::<Int8Type>(array, row)),
        DataType::Int16 => out.put(value::<Int16Type>(array, row)),
        DataType::Int32 => out.put(value::<Int32Type>(array, row)),
        DataType::UInt8 => out.put(value::<UInt8Type>(array, row)),
        DataType::UInt16 => out.put(value::<UInt16Type>(array, row)),
        DataType::UInt32 => out.put(value::<UInt32Type>(array, row)),
        DataType::UInt64 => out.put(value::<UInt64Type>(array, row)),
        _ => out.put(value::<Int64Type>(array, row)),
    }
}

/// Resolves the value of a dictionary, run or union; `None` for null.
fn behind(array: &dyn Array, row: usize) -> Option<(&dyn Array, usize)> {
    if let DataType::Union(..) = array.data_type() {
        let union = array.as_union();
        return Some((union.child(union.type_id(row)).as_ref(), union.value_offset(row)));
    }
    if let DataType::RunEndEncoded(..) = array.data_type() {
        return downcast_run_array! {
            array => Some((array.values().as_ref(), array.get_physical_index(row))),
            _ => None,
        };
    }
    downcast_dictionary_array! {
        array => array.key(row).map(|key| (array.values().as_ref(), key)),
        _ => None,
    }
}

/// Returns the values of a list, and the range of a row.
fn list(array: &dyn Array, row: usize) -> Option<(&dyn Array, Range<usize>)> {
    fn range(start: i64, end: i64) -> Range<usize> {
        start as usize..end as usize
    }
    Some(match array.data_type() {
        DataType::List(_) => {
            let lists = array.as_list::<i32>();
            let ends = lists.value_offsets();
            (lists.values().as_ref(), range(i64::from(ends[row]), i64::from(ends[row + 1])))
        }
        DataType::LargeList(_) => {
            let lists = array.as_list::<i64>();
            let ends = lists.value_offsets();
            (lists.values().as_ref(), range(ends[row], ends[row + 1]))
        }
        DataType::ListView(_) => {
            let lists = array.as_list_view::<i32>();
            let (start, size) = (i64::from(lists.value_offset(row)), i64::from(lists.value_size(row)));
            (lists.values().as_ref(), range(start, start + size))
        }
        DataType::LargeListView(_) => {
            let lists = array.as_list_view::<i64>();
            let (start, size) = (lists.value_offset(row), lists.value_size(row));
            (lists.values().as_ref(), range(start, start + size))
        }
        DataType::FixedSizeList(..) => {
            let lists = array.as_fixed_size_list();
            let size = i64::from(lists.value_length());
            (lists.values().as_ref(), range(row as i64 * size, (row as i64 + 1) * size))
        }
        _ => return None,
    })
}

/// A map with distinct text keys is an object, any other one a list of pairs.
fn map(out: &mut Out<'_>, array: &dyn Array, row: usize) -> Result<(), TooLong> {
    let map = array.as_map();
    let (keys, values) = (map.keys().as_ref(), map.values().as_ref());
    let range = map.value_offsets()[row] as usize..map.value_offsets()[row + 1] as usize;
    let texts = matches!(keys.data_type(), DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View);
    let different = || {
        let bytes = Bytes::of(keys);
        let mut seen = BTreeSet::new();
        range.clone().all(|place| keys.is_valid(place) && seen.insert(bytes.at(place)))
    };
    let object = texts && different();
    out.put(if object { "{" } else { "[" })?;
    for place in range.clone() {
        out.put(if place > range.start { "," } else { "" })?;
        out.put(if object { "" } else { "[" })?;
        json(out, keys, place)?;
        out.put(if object { ":" } else { "," })?;
        json(out, values, place)?;
        out.put(if object { "" } else { "]" })?;
    }
    out.put(if object { "}" } else { "]" })
}

/// Texts, bytes, decimals and moments.
fn words(array: &dyn Array, row: usize) -> String {
    match array.data_type() {
        DataType::Decimal32(..) => array.as_primitive::<Decimal32Type>().value_as_string(row),
        DataType::Decimal64(..) => array.as_primitive::<Decimal64Type>().value_as_string(row),
        DataType::Decimal128(..) => array.as_primitive::<Decimal128Type>().value_as_string(row),
        DataType::Decimal256(..) => array.as_primitive::<Decimal256Type>().value_as_string(row),
        DataType::Utf8
        | DataType::LargeUtf8
        | DataType::Utf8View
        | DataType::Binary
        | DataType::LargeBinary
        | DataType::BinaryView
        | DataType::FixedSizeBinary(_) => {
            let bytes = Bytes::of(array).at(row);
            std::str::from_utf8(bytes).map_or_else(|_| hex(bytes), str::to_string)
        }
        _ => moment(array, row),
    }
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
    days.checked_mul(DAY).map_or_else(|| format!("day {days} from 1970"), date_text)
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

/// Returns the nanoseconds beyond the microseconds, if any.
fn fine(ticks: i64, unit: TimeUnit) -> String {
    match ticks.rem_euclid(1000) {
        rest if unit == TimeUnit::Nanosecond && rest != 0 => format!(" + {rest} ns"),
        _ => String::new(),
    }
}

fn seconds(ticks: i128, unit: TimeUnit) -> String {
    let a_second = i128::from(ticks_a_second(unit));
    let (whole, rest) =
        (ticks.unsigned_abs() / a_second.unsigned_abs(), ticks.unsigned_abs() % a_second.unsigned_abs());
    let sign = if ticks < 0 { "-" } else { "" };
    let digits = a_second.ilog10() as usize;
    let fraction = format!("{rest:0digits$}");
    let fraction = if rest == 0 { String::new() } else { format!(".{}", fraction.trim_end_matches('0')) };
    format!("{sign}{whole}{fraction}")
}
