//! Conversion of a column's values to their storage type.

use super::{Allowance, Cells, Goal, Loss, Source, declare, is_bytes, loss, text};
use crate::ReadOptions;
use arrow_array::cast::AsArray;
use arrow_array::types::*;
use arrow_array::{Array, ArrayRef, ArrowPrimitiveType, BooleanArray, PrimitiveArray, UInt32Array};
use arrow_array::{downcast_run_array, new_null_array};
use arrow_buffer::{Buffer, NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow_schema::{DataType, TimeUnit};
use pipewright_diagnostic::{Failure, code};
use pipewright_table::literal::{DAY, EXACT_MAX};
use pipewright_table::{TextArray, TextOffset};
use std::sync::Arc;

/// Why values cannot be converted.
pub(super) enum Misfit {
    /// The value of a row (from 0).
    Row(usize, String),
    /// The total size of all texts in bytes.
    Text(u64),
}

/// Converted values.
pub(crate) struct Converted {
    pub(crate) array: ArrayRef,
    /// What it lost.
    pub(crate) lost: Option<Loss>,
}

impl Source {
    /// Do all values fit the default type? See [`Source::is_open`].
    pub(crate) fn fits(&self, cells: &Cells) -> bool {
        let Ok(array) = unfolded(&cells.array, u64::MAX) else { return false };
        let nulls = NullBuffer::union(cells.outer.as_ref(), array.nulls());
        let valid = |row: usize| nulls.as_ref().is_none_or(|nulls| nulls.is_valid(row));
        match array.data_type() {
            DataType::UInt64 => {
                let numbers = array.as_primitive::<UInt64Type>().values();
                (0..numbers.len()).all(|row| i64::try_from(numbers[row]).is_ok() || !valid(row))
            }
            bytes if is_bytes(bytes) => {
                let bytes = Bytes::of(array.as_ref());
                (0..array.len()).all(|row| !valid(row) || std::str::from_utf8(bytes.at(row)).is_ok())
            }
            _ => true,
        }
    }

    /// Converts the values; `row` is the number of the first one in the table.
    pub(crate) fn convert(
        &self,
        cells: &Cells,
        row: usize,
        allowance: &Allowance,
        options: &ReadOptions,
    ) -> Result<Converted, Failure> {
        let failed = |misfit| self.failure(misfit, row, allowance, options);
        let mut lost = None;
        let array = to_goal(cells, self.goal, allowance.bytes, &mut lost).map_err(failed)?;
        let array = match self.goal.kind() == self.column.kind || self.column.kind.is_string() {
            true => array,
            false => declare::to(&array, self.column.kind).map_err(failed)?,
        };
        Ok(Converted { array, lost })
    }

    fn failure(&self, misfit: Misfit, row: usize, allowance: &Allowance, options: &ReadOptions) -> Failure {
        let name = &*self.column.name;
        match misfit {
            Misfit::Row(position, value) => {
                let shown: String = value.chars().take(60).collect();
                let message = format!("`{shown}` is not a value of type {}", self.column.kind);
                Failure::new(code::KIND_CHANGED, message)
                    .file(&options.name)
                    .row((row + position) as u64 + 1)
                    .column(name)
            }
            Misfit::Text(bytes) => allowance.refused(bytes, options).column(name),
        }
    }
}

fn to_goal(cells: &Cells, goal: Goal, text_max: u64, lost: &mut Option<Loss>) -> Result<ArrayRef, Misfit> {
    let array = unfolded(&cells.array, text_max)?;
    if *array.data_type() == DataType::Null {
        return Ok(new_null_array(&goal.kind().storage(), array.len()));
    }
    let nulls = NullBuffer::union(cells.outer.as_ref(), array.logical_nulls().as_ref());
    match goal {
        Goal::Real => reals(&array, nulls, lost),
        Goal::Whole => wholes(&array, nulls),
        Goal::Truth => Ok(Arc::new(BooleanArray::new(array.as_boolean().values().clone(), nulls))),
        Goal::Date => dates(&array, nulls, lost),
        Goal::Time => times(&array, nulls, lost),
        Goal::Text if *array.data_type() == DataType::LargeUtf8 && cells.outer.is_none() => Ok(array),
        Goal::Text if *array.data_type() == DataType::LargeUtf8 => {
            let (offsets, values, _) = array.as_string::<TextOffset>().clone().into_parts();
            Ok(Arc::new(TextArray::new(offsets, values, nulls)))
        }
        Goal::Text if *array.data_type() == DataType::Utf8 => {
            let (offsets, values, _) = array.as_string::<i32>().clone().into_parts();
            Ok(Arc::new(TextArray::new(long(&offsets), values, nulls)))
        }
        Goal::Text if has_bytes(array.data_type()) => texts(&array, nulls, text_max),
        Goal::Text => written(&array, nulls, text_max),
        Goal::Hex => digits(&array, nulls, text_max),
    }
}

/// Expands dictionaries and run-end encodings.
fn unfolded(array: &ArrayRef, text_max: u64) -> Result<ArrayRef, Misfit> {
    match array.data_type() {
        DataType::Dictionary(..) => {
            let dictionary = array.as_any_dictionary();
            let values = unfolded(dictionary.values(), text_max)?;
            let keys = dictionary.keys();
            if has_bytes(values.data_type()) {
                let bytes = Bytes::of(values.as_ref());
                let normal = if values.is_empty() { Vec::new() } else { dictionary.normalized_keys() };
                refuse_long(normal.into_iter().enumerate().filter(|(row, _)| keys.is_valid(*row)), &bytes, text_max)?;
            }
            if values.is_empty() {
                return Ok(new_null_array(values.data_type(), array.len()));
            }
            arrow_select::take::take(values.as_ref(), keys, None).map_err(|_| Misfit::Text(text_max + 1))
        }
        DataType::RunEndEncoded(..) => {
            let (places, values): (Vec<usize>, &ArrayRef) = downcast_run_array! {
                array => ((0..array.len()).map(|row| array.get_physical_index(row)).collect(), array.values()),
                _ => unreachable!("the type was looked at"),
            };
            let values = unfolded(values, text_max)?;
            if has_bytes(values.data_type()) {
                refuse_long(places.iter().copied().enumerate(), &Bytes::of(values.as_ref()), text_max)?;
            }
            let places = UInt32Array::from_iter_values(places.into_iter().map(|place| place as u32));
            arrow_select::take::take(values.as_ref(), &places, None).map_err(|_| Misfit::Text(text_max + 1))
        }
        _ => Ok(array.clone()),
    }
}

/// A long value shared by many rows could require any amount of memory.
fn refuse_long(places: impl Iterator<Item = (usize, usize)>, bytes: &Bytes<'_>, text_max: u64) -> Result<(), Misfit> {
    let total: u64 = places.map(|(_, place)| bytes.at(place).len() as u64).sum();
    if total > text_max { Err(Misfit::Text(total)) } else { Ok(()) }
}

/// Maps every value infallibly.
fn map<T: ArrowPrimitiveType, U: ArrowPrimitiveType>(
    array: &dyn Array,
    nulls: Option<NullBuffer>,
    change: impl Fn(T::Native) -> U::Native,
) -> ArrayRef {
    let values: Vec<U::Native> = array.as_primitive::<T>().values().iter().map(|value| change(*value)).collect();
    Arc::new(PrimitiveArray::<U>::new(values.into(), nulls))
}

/// Maps every value; a failure is a misfit, unless the value is null.
fn try_map<T: ArrowPrimitiveType, U: ArrowPrimitiveType>(
    array: &dyn Array,
    nulls: Option<NullBuffer>,
    change: impl Fn(T::Native) -> Option<U::Native>,
) -> Result<ArrayRef, Misfit> {
    let numbers = array.as_primitive::<T>().values();
    let mut values: Vec<U::Native> = Vec::with_capacity(numbers.len());
    for (row, value) in numbers.iter().enumerate() {
        match change(*value) {
            Some(value) => values.push(value),
            None if nulls.as_ref().is_some_and(|nulls| nulls.is_null(row)) => values.push(Default::default()),
            None => return Err(Misfit::Row(row, text::of(array, row))),
        }
    }
    Ok(Arc::new(PrimitiveArray::<U>::new(values.into(), nulls)))
}

/// Returns the same values with these nulls.
fn same<T: ArrowPrimitiveType, U: ArrowPrimitiveType<Native = T::Native>>(
    array: &dyn Array,
    nulls: Option<NullBuffer>,
) -> ArrayRef {
    Arc::new(PrimitiveArray::<U>::new(array.as_primitive::<T>().values().clone(), nulls))
}

fn reals(array: &ArrayRef, nulls: Option<NullBuffer>, lost: &mut Option<Loss>) -> Result<ArrayRef, Misfit> {
    let scaled = |scale: i8| move |number: f64| number / 10_f64.powi(i32::from(scale));
    let floats: ArrayRef = match array.data_type() {
        DataType::Float64 => same::<Float64Type, Float64Type>(array, nulls),
        DataType::Float32 => map::<Float32Type, Float64Type>(array, nulls, f64::from),
        DataType::Float16 => map::<Float16Type, Float64Type>(array, nulls, |number| number.to_f64()),
        DataType::UInt64 => map::<UInt64Type, Float64Type>(array, nulls, |number| number as f64),
        DataType::Decimal32(_, scale) => {
            let scaled = scaled(*scale);
            map::<Decimal32Type, Float64Type>(array, nulls, |number| scaled(f64::from(number)))
        }
        DataType::Decimal64(_, scale) => {
            let exact = decimal(*scale);
            map::<Decimal64Type, Float64Type>(array, nulls, |number| exact(i128::from(number)))
        }
        DataType::Decimal128(_, scale) => {
            let exact = decimal(*scale);
            map::<Decimal128Type, Float64Type>(array, nulls, exact)
        }
        DataType::Decimal256(precision, scale) => {
            let (precision, scale) = (*precision, *scale);
            map::<Decimal256Type, Float64Type>(array, nulls, |number| {
                Decimal256Type::format_decimal(number, precision, scale).parse().unwrap_or(f64::NAN)
            })
        }
        DataType::Duration(unit) => {
            let ticks = ticks_a_second(*unit) as f64;
            let seconds = move |number: i64| number as f64 / ticks;
            match unit {
                TimeUnit::Second => map::<DurationSecondType, Float64Type>(array, nulls, seconds),
                TimeUnit::Millisecond => map::<DurationMillisecondType, Float64Type>(array, nulls, seconds),
                TimeUnit::Microsecond => map::<DurationMicrosecondType, Float64Type>(array, nulls, seconds),
                TimeUnit::Nanosecond => map::<DurationNanosecondType, Float64Type>(array, nulls, seconds),
            }
        }
        other => unreachable!("{other} is no real number"),
    };
    if loss::of_decimals(array, floats.as_primitive(), floats.nulls()) {
        *lost = Some(Loss::Digits);
    }
    Ok(floats)
}

/// Every whole number up to 2^53 is a float, as is every power of ten up to 10^22: their quotient is rounded once.
/// Beyond that, the decimal is formatted and parsed.
fn decimal(scale: i8) -> impl Fn(i128) -> f64 {
    move |number| {
        if number.unsigned_abs() <= EXACT_MAX.into() && (0..=22).contains(&scale) {
            number as f64 / 10_f64.powi(i32::from(scale))
        } else {
            format!("{number}e{}", -i32::from(scale)).parse().unwrap_or(f64::NAN)
        }
    }
}

fn wholes(array: &ArrayRef, nulls: Option<NullBuffer>) -> Result<ArrayRef, Misfit> {
    Ok(match array.data_type() {
        DataType::Int64 => same::<Int64Type, Int64Type>(array, nulls),
        DataType::Int32 => map::<Int32Type, Int64Type>(array, nulls, i64::from),
        DataType::Int16 => map::<Int16Type, Int64Type>(array, nulls, i64::from),
        DataType::Int8 => map::<Int8Type, Int64Type>(array, nulls, i64::from),
        DataType::UInt32 => map::<UInt32Type, Int64Type>(array, nulls, i64::from),
        DataType::UInt16 => map::<UInt16Type, Int64Type>(array, nulls, i64::from),
        DataType::UInt8 => map::<UInt8Type, Int64Type>(array, nulls, i64::from),
        DataType::UInt64 => try_map::<UInt64Type, Int64Type>(array, nulls, |number| i64::try_from(number).ok())?,
        other => unreachable!("{other} is no whole number"),
    })
}

type Micros = TimestampMicrosecondType;

fn dates(array: &ArrayRef, nulls: Option<NullBuffer>, lost: &mut Option<Loss>) -> Result<ArrayRef, Misfit> {
    match array.data_type() {
        DataType::Date32 => try_map::<Date32Type, Micros>(array, nulls, |days| i64::from(days).checked_mul(DAY)),
        DataType::Date64 => try_map::<Date64Type, Micros>(array, nulls, |millis| millis.checked_mul(1000)),
        DataType::Timestamp(TimeUnit::Second, _) => {
            try_map::<TimestampSecondType, Micros>(array, nulls, |seconds| seconds.checked_mul(1_000_000))
        }
        DataType::Timestamp(TimeUnit::Millisecond, _) => {
            try_map::<TimestampMillisecondType, Micros>(array, nulls, |millis| millis.checked_mul(1000))
        }
        DataType::Timestamp(TimeUnit::Microsecond, _) => Ok(same::<Micros, Micros>(array, nulls)),
        DataType::Timestamp(TimeUnit::Nanosecond, _) => {
            *lost = lost_fine(array.as_primitive::<TimestampNanosecondType>().values(), nulls.as_ref());
            Ok(map::<TimestampNanosecondType, Micros>(array, nulls, |nanos| nanos.div_euclid(1000)))
        }
        other => unreachable!("{other} is no date"),
    }
}

fn times(array: &ArrayRef, nulls: Option<NullBuffer>, lost: &mut Option<Loss>) -> Result<ArrayRef, Misfit> {
    // Some tools write the end of a day as 24:00.
    let of_day = |micros: Option<i64>| micros.filter(|micros| (0..=DAY).contains(micros));
    type Time = Time64MicrosecondType;
    match array.data_type() {
        DataType::Time32(TimeUnit::Second) => {
            try_map::<Time32SecondType, Time>(array, nulls, |seconds| of_day(i64::from(seconds).checked_mul(1_000_000)))
        }
        DataType::Time32(_) => {
            try_map::<Time32MillisecondType, Time>(array, nulls, |millis| of_day(i64::from(millis).checked_mul(1000)))
        }
        DataType::Time64(TimeUnit::Nanosecond) => {
            *lost = lost_fine(array.as_primitive::<Time64NanosecondType>().values(), nulls.as_ref());
            try_map::<Time64NanosecondType, Time>(array, nulls, |nanos| of_day(Some(nanos.div_euclid(1000))))
        }
        DataType::Time64(_) => try_map::<Time, Time>(array, nulls, |micros| of_day(Some(micros))),
        other => unreachable!("{other} is no time of day"),
    }
}

fn lost_fine(nanos: &ScalarBuffer<i64>, nulls: Option<&NullBuffer>) -> Option<Loss> {
    let valid = |row: usize| nulls.is_none_or(|nulls| nulls.is_valid(row));
    nanos.iter().enumerate().any(|(row, nanos)| nanos % 1000 != 0 && valid(row)).then_some(Loss::Fine)
}

pub(super) fn ticks_a_second(unit: TimeUnit) -> i64 {
    match unit {
        TimeUnit::Second => 1,
        TimeUnit::Millisecond => 1000,
        TimeUnit::Microsecond => 1_000_000,
        TimeUnit::Nanosecond => 1_000_000_000,
    }
}

/// Are values bytes, UTF-8 or not?
fn has_bytes(data_type: &DataType) -> bool {
    is_bytes(data_type) || matches!(data_type, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View)
}

/// Access to the bytes of text and binary arrays of any layout.
pub(super) struct Bytes<'a>(Box<dyn Fn(usize) -> &'a [u8] + 'a>);

impl<'a> Bytes<'a> {
    pub(super) fn of(array: &'a dyn Array) -> Bytes<'a> {
        Bytes(match array.data_type() {
            DataType::Utf8 => at(array.as_string::<i32>(), |array, row| array.value(row).as_bytes()),
            DataType::LargeUtf8 => at(array.as_string::<i64>(), |array, row| array.value(row).as_bytes()),
            DataType::Utf8View => at(array.as_string_view(), |array, row| array.value(row).as_bytes()),
            DataType::Binary => at(array.as_binary::<i32>(), |array, row| array.value(row)),
            DataType::LargeBinary => at(array.as_binary::<i64>(), |array, row| array.value(row)),
            DataType::BinaryView => at(array.as_binary_view(), |array, row| array.value(row)),
            DataType::FixedSizeBinary(_) => at(array.as_fixed_size_binary(), |array, row| array.value(row)),
            other => unreachable!("{other} holds no bytes"),
        })
    }

    pub(super) fn at(&self, row: usize) -> &'a [u8] {
        (self.0)(row)
    }
}

fn at<'a, A: Array>(array: &'a A, value: fn(&'a A, usize) -> &'a [u8]) -> Box<dyn Fn(usize) -> &'a [u8] + 'a> {
    Box::new(move |row| value(array, row))
}

/// Offsets of 32 bits in 64.
fn long(offsets: &OffsetBuffer<i32>) -> OffsetBuffer<TextOffset> {
    let long: Vec<TextOffset> = offsets.iter().map(|&offset| offset.into()).collect();
    OffsetBuffer::new(long.into())
}

/// Converts bytes to text; they must be UTF-8 unless null.
fn texts(array: &ArrayRef, nulls: Option<NullBuffer>, text_max: u64) -> Result<ArrayRef, Misfit> {
    if let DataType::Binary = array.data_type() {
        let (offsets, values, _) = array.as_binary::<i32>().clone().into_parts();
        if let Ok(texts) = TextArray::try_new(long(&offsets), values, nulls.clone()) {
            return Ok(Arc::new(texts));
        }
    }
    let bytes = Bytes::of(array.as_ref());
    gathered(array.len(), nulls, text_max, |row, all| {
        let text = std::str::from_utf8(bytes.at(row)).map_err(|_| Misfit::Row(row, hex(bytes.at(row))))?;
        all.extend_from_slice(text.as_bytes());
        Ok(())
    })
}

/// Converts bytes to lower-case hexadecimal text.
fn digits(array: &ArrayRef, nulls: Option<NullBuffer>, text_max: u64) -> Result<ArrayRef, Misfit> {
    let bytes = Bytes::of(array.as_ref());
    gathered(array.len(), nulls, text_max, |row, all| {
        all.extend_from_slice(hex(bytes.at(row)).as_bytes());
        Ok(())
    })
}

/// Formats values of any type as text.
fn written(array: &ArrayRef, nulls: Option<NullBuffer>, text_max: u64) -> Result<ArrayRef, Misfit> {
    gathered(array.len(), nulls, text_max, |row, bytes| {
        let written = text::plain(&mut text::Out { bytes, most: text_max }, array.as_ref(), row);
        written.map_err(|text::TooLong(bytes)| Misfit::Text(bytes))
    })
}

fn gathered(
    rows: usize,
    nulls: Option<NullBuffer>,
    text_max: u64,
    mut add: impl FnMut(usize, &mut Vec<u8>) -> Result<(), Misfit>,
) -> Result<ArrayRef, Misfit> {
    let mut all: Vec<u8> = Vec::new();
    let mut offsets: Vec<TextOffset> = Vec::with_capacity(rows + 1);
    offsets.push(0);
    for row in 0..rows {
        if nulls.as_ref().is_none_or(|nulls| nulls.is_valid(row)) {
            add(row, &mut all)?;
        }
        if all.len() as u64 > text_max {
            return Err(Misfit::Text(all.len() as u64));
        }
        offsets.push(all.len() as TextOffset);
    }
    let texts = TextArray::try_new(OffsetBuffer::new(offsets.into()), Buffer::from_vec(all), nulls);
    Ok(Arc::new(texts.expect("every value is text")))
}

/// Lower-case hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let both = |byte: &u8| [DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]];
    bytes.iter().flat_map(both).map(char::from).collect()
}
