//! Keys of a column: one 64-bit word per row, which is the value itself or, for text, its hash.

use super::STRIDE_ROWS;
use crate::text::plural;
use crate::{Column, ColumnType};
use crate::{TextArray, TextOffset};
use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type, Time64MicrosecondType, TimestampMicrosecondType};
use arrow_array::{Array, ArrayRef};
use arrow_buffer::{NullBuffer, ScalarBuffer};
use arrow_schema::DataType;
use pipewright_diagnostic::{Failure, code};
use rayon::prelude::*;
use std::sync::Arc;

/// The keys of the rows of a column.
#[derive(Debug, Clone)]
pub struct Keys {
    /// One word per row.
    pub words: ScalarBuffer<i64>,
    /// Which rows have a key; all, if `None`.
    pub nulls: Option<NullBuffer>,
    /// The hashed texts.
    texts: Option<TextArray>,
}

impl Keys {
    /// Creates keys from integers.
    pub fn of_words(words: Vec<i64>, nulls: Option<NullBuffer>) -> Keys {
        Keys { words: words.into(), nulls, texts: None }
    }

    /// Creates keys from an array of any type. Both zeros are one key.
    pub fn of(array: &ArrayRef) -> Keys {
        let mut texts = None;
        let words = match array.data_type() {
            DataType::Int64 => array.as_primitive::<Int64Type>().values().clone(),
            DataType::Timestamp(..) => array.as_primitive::<TimestampMicrosecondType>().values().clone(),
            DataType::Time64(..) => array.as_primitive::<Time64MicrosecondType>().values().clone(),
            DataType::Float64 => {
                let numbers = array.as_primitive::<Float64Type>().values();
                let word =
                    |&number: &f64| if number.is_nan() { f64::NAN } else { number + 0.0 }.to_bits().cast_signed();
                numbers.par_iter().with_min_len(STRIDE_ROWS).map(word).collect::<Vec<i64>>().into()
            }
            DataType::Boolean => array.as_boolean().values().iter().map(i64::from).collect(),
            DataType::LargeUtf8 => {
                let array = array.as_string::<TextOffset>();
                let word = |row: usize| hash(array.value(row).as_bytes()).cast_signed();
                let rows = (0..array.len()).into_par_iter().with_min_len(STRIDE_ROWS);
                let words = rows.map(word).collect::<Vec<i64>>().into();
                texts = Some(array.clone());
                words
            }
            other => unreachable!("no kind is stored as {other}"),
        };
        Keys { words, nulls: array.logical_nulls().filter(|nulls| nulls.null_count() > 0), texts }
    }

    /// Creates comparable keys of two columns: equal values have equal words. A real number that is not whole has no
    /// key if the other column holds whole numbers, since it equals none of them. A whole number equals the text of its
    /// digits: `100` is neither `0100` nor `1E2`.
    ///
    /// # Errors
    /// [`code::TYPE_MISMATCH`] for types that are not comparable.
    pub fn of_both(left: (&Column, &ArrayRef), right: (&Column, &ArrayRef)) -> Result<[Keys; 2], Failure> {
        comparable(left.0, right.0)?;
        Ok(match (left.0.kind, right.0.kind) {
            (ColumnType::Continuous, ColumnType::Count) => [Keys::of_whole(left.1), Keys::of(right.1)],
            (ColumnType::Count, ColumnType::Continuous) => [Keys::of(left.1), Keys::of_whole(right.1)],
            (ColumnType::Count, other) if other.is_string() => [Keys::of(&as_texts(left.1)), Keys::of(right.1)],
            (one, ColumnType::Count) if one.is_string() => [Keys::of(left.1), Keys::of(&as_texts(right.1))],
            _ => [Keys::of(left.1), Keys::of(right.1)],
        })
    }

    /// Converts the whole numbers among the real numbers of an array; others are null.
    fn of_whole(array: &ArrayRef) -> Keys {
        const BOUND: f64 = 9_223_372_036_854_775_808.0;
        let is_whole = |number: f64| number.trunc() == number && (-BOUND..BOUND).contains(&number);
        let wholes = array.as_primitive::<Float64Type>().iter().map(|number| number.filter(|&number| is_whole(number)));
        let (words, valid): (Vec<i64>, Vec<bool>) =
            wholes.map(|whole| (whole.unwrap_or_default() as i64, whole.is_some())).unzip();
        Keys::of_words(words, Some(NullBuffer::from(valid)))
    }

    /// The number of rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.words.len()
    }

    /// Is the key null?
    #[inline]
    #[must_use]
    pub fn is_null(&self, row: usize) -> bool {
        self.nulls.as_ref().is_some_and(|nulls| nulls.is_null(row))
    }

    /// Returns the word of a row.
    #[inline]
    #[must_use]
    pub fn word(&self, row: usize) -> u64 {
        self.words[row].cast_unsigned()
    }

    /// Are two keys with equal words equal?
    #[inline]
    pub fn same(&self, row: usize, other: &Keys, other_row: usize) -> bool {
        match (&self.texts, &other.texts) {
            (Some(texts), Some(others)) => texts.value(row) == others.value(other_row),
            _ => true,
        }
    }

    /// Returns the smallest and the largest word, if the words are the values.
    pub fn range(&self) -> Option<(i64, i64)> {
        if self.texts.is_some() {
            return None;
        }
        let both = |left: (i64, i64), right: (i64, i64)| (left.0.min(right.0), left.1.max(right.1));
        let of = |(stride, words): (usize, &[i64])| match &self.nulls {
            None => words.iter().map(|&word| (word, word)).reduce(both),
            Some(nulls) => {
                let valid =
                    |(at, &word): (usize, &i64)| nulls.is_valid(stride * STRIDE_ROWS + at).then_some((word, word));
                words.iter().enumerate().filter_map(valid).reduce(both)
            }
        };
        self.words.par_chunks(STRIDE_ROWS).enumerate().filter_map(of).reduce_with(both)
    }
}

/// Returns whole numbers as texts.
fn as_texts(array: &ArrayRef) -> ArrayRef {
    let numbers = array.as_primitive::<Int64Type>().iter();
    Arc::new(numbers.map(|number| number.map(|number| number.to_string())).collect::<TextArray>())
}

/// Are values of the two columns comparable?
///
/// # Errors
/// [`code::TYPE_MISMATCH`] naming both.
pub fn comparable(left: &Column, right: &Column) -> Result<(), Failure> {
    let alike = |test: fn(ColumnType) -> bool| test(left.kind) && test(right.kind);
    // A file of codes without leading zeros looks like one of whole numbers.
    let has_digits = |kind: ColumnType| kind.is_string() || kind == ColumnType::Count;
    if left.kind == right.kind || alike(ColumnType::is_numeric) || alike(has_digits) {
        return Ok(());
    }
    let (one, other) = (plural(left.kind), plural(right.kind));
    let message = format!("`{}` holds {one}, and `{}` of the other table {other}", left.name, right.name);
    Err(Failure::new(code::TYPE_MISMATCH, message).column(&*left.name))
}

/// The golden ratio in 64 bits.
const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;

/// Hashes a word to 64 bits: the folded product with a fixed odd number.
#[inline]
pub(super) fn spread(word: u64) -> u64 {
    let product = u128::from(word ^ GOLDEN.rotate_left(32)) * u128::from(GOLDEN);
    (product >> 64) as u64 ^ product as u64
}

/// A hash that is stable across runs and machines.
fn hash(bytes: &[u8]) -> u64 {
    let word = |bytes: &[u8]| {
        let mut word = [0; 8];
        word[..bytes.len()].copy_from_slice(bytes);
        u64::from_le_bytes(word)
    };
    let (words, rest) = bytes.as_chunks::<8>();
    let state = words.iter().fold(bytes.len() as u64, |state, &part| spread(state ^ u64::from_le_bytes(part)));
    spread(state.rotate_left(17) ^ word(rest))
}
