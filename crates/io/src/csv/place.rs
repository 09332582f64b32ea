//! Storage of columns while they are filled: allocated once, divided into one slot per chunk, and converted to arrays
//! without copying.

use super::cells::Plan;
use super::fill::Values;
use crate::infer::Type;
use arrow_array::{
    ArrayRef, BooleanArray, Float64Array, Int64Array, Time64MicrosecondArray, TimestampMicrosecondArray,
};
use arrow_buffer::{BooleanBuffer, Buffer, NullBuffer, OffsetBuffer, ScalarBuffer};
use pipewright_table::{TextArray, TextOffset};
use std::sync::Arc;

/// A bitmap; trailing zeros need not be stored.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Bits(Vec<u64>);

impl Bits {
    #[inline]
    pub(super) fn set(&mut self, place: usize) {
        let word = place / 64;
        if self.0.len() <= word {
            self.0.resize(word + 1, 0);
        }
        self.0[word] |= 1 << (place % 64);
    }

    fn are_none(&self) -> bool {
        self.0.iter().all(|&word| word == 0)
    }

    /// Sets the bits of `self` in `all`, offset by `start`.
    fn set_in(&self, all: &mut [u64], start: usize) {
        let shift = start % 64;
        for (place, &word) in (start / 64..).zip(&self.0) {
            if word != 0 {
                all[place] |= word << shift;
                if shift > 0 && word >> (64 - shift) != 0 {
                    all[place + 1] |= word >> (64 - shift);
                }
            }
        }
    }
}

/// The slot of one chunk in a column.
#[derive(Debug, Default)]
pub(super) enum Slot<'s> {
    /// No slot: values are not stored, or elsewhere.
    #[default]
    None,
    /// Values of eight bytes.
    Wide(&'s mut [u64]),
    /// The end of each text, relative to the first one of the chunk.
    Ends(&'s mut [TextOffset]),
}

impl<'s> Slot<'s> {
    /// Takes a slot of `rows` rows off the front.
    pub(super) fn take_front(&mut self, rows: usize) -> Slot<'s> {
        match std::mem::take(self) {
            Slot::None => Slot::None,
            Slot::Wide(places) => {
                let (front, rest) = places.split_at_mut(rows);
                *self = Slot::Wide(rest);
                Slot::Wide(front)
            }
            Slot::Ends(places) => {
                let (front, rest) = places.split_at_mut(rows);
                *self = Slot::Ends(rest);
                Slot::Ends(front)
            }
        }
    }

    /// Converts the first `rows` whole numbers to continuous ones.
    pub(super) fn count_to_continuous(&mut self, rows: usize) {
        if let Slot::Wide(places) = self {
            count_to_continuous(&mut places[..rows]);
        }
    }
}

fn count_to_continuous(places: &mut [u64]) {
    for place in places {
        *place = (place.cast_signed() as f64).to_bits();
    }
}

/// The values of a column.
#[derive(Debug)]
enum Column {
    None,
    Wide(Vec<u64>),
    /// The end of each text, after a leading zero.
    Ends(Vec<TextOffset>),
}

/// Columns with slots for a number of rows. Pages are only allocated by the system when written, so extra slots are
/// nearly free.
#[derive(Debug)]
pub(super) struct Store {
    columns: Vec<Column>,
}

impl Store {
    pub(super) fn new(plans: &[Plan], rows: usize) -> Store {
        let column = |plan: &Plan| match plan.stored() {
            Type::Nothing | Type::Bool => Column::None,
            Type::Text => Column::Ends(vec![0; rows + 1]),
            _ => Column::Wide(vec![0; rows]),
        };
        Store { columns: plans.iter().map(column).collect() }
    }

    /// Returns the slots of all rows.
    pub(super) fn slots(&mut self) -> Vec<Slot<'_>> {
        let slot = |column| match column {
            &mut Column::None => Slot::None,
            Column::Wide(values) => Slot::Wide(values),
            Column::Ends(ends) => Slot::Ends(&mut ends[1..]),
        };
        self.columns.iter_mut().map(slot).collect()
    }

    /// Frees the memory of a column.
    pub(super) fn clear(&mut self, column: usize) {
        self.columns[column] = Column::None;
    }

    /// Splits it into columns, to be finished one by one.
    pub(super) fn into_columns(self) -> impl ExactSizeIterator<Item = Finishing> {
        self.columns.into_iter().map(Finishing)
    }
}

/// A filled column.
pub(super) struct Finishing(Column);

/// The rows and results of a part of a column.
pub(super) type Part = (usize, Values);

impl Finishing {
    /// Can it be finished with this type, without being reread?
    pub(super) fn fits(kind: Type, mut stored: impl Iterator<Item = Option<Type>>) -> bool {
        let fits = |stored| stored == Some(kind) || (stored, kind) == (Some(Type::Count), Type::Continuous);
        kind == Type::Nothing || stored.all(fits)
    }

    /// Creates the array of this type; [`Finishing::fits`] must be true.
    pub(super) fn finish(self, kind: Type, parts: Vec<Part>) -> ArrayRef {
        let rows = parts.iter().map(|(rows, _)| rows).sum();
        if kind == Type::Nothing {
            return Arc::new(TextArray::new_null(rows));
        }
        let nulls = null_buffer(&parts, rows);
        match (kind, self.0) {
            (Type::Bool, _) => {
                let mut all = vec![0; rows.div_ceil(64)];
                set_all(&mut all, &parts, |values| &values.truths);
                Arc::new(BooleanArray::new(BooleanBuffer::new(Buffer::from_vec(all), 0, rows), nulls))
            }
            (Type::Text | Type::Nothing, Column::Ends(ends)) => Arc::new(texts(ends, parts, rows, nulls)),
            (_, Column::Wide(values)) => wide(kind, values, &parts, rows, nulls),
            (_, Column::None | Column::Ends(_)) => wide(kind, Vec::new(), &parts, rows, nulls),
        }
    }
}

fn wide(kind: Type, mut values: Vec<u64>, parts: &[Part], rows: usize, nulls: Option<NullBuffer>) -> ArrayRef {
    values.resize(rows, 0);
    values.shrink_to_fit();
    let mut start = 0;
    for (rows, part) in parts {
        if kind == Type::Continuous && part.stored == Some(Type::Count) {
            count_to_continuous(&mut values[start..start + rows]);
        }
        start += rows;
    }
    let values = Buffer::from_vec(values);
    match kind {
        Type::Continuous => Arc::new(Float64Array::new(ScalarBuffer::new(values, 0, rows), nulls)),
        Type::Date => Arc::new(TimestampMicrosecondArray::new(ScalarBuffer::new(values, 0, rows), nulls)),
        Type::Time => Arc::new(Time64MicrosecondArray::new(ScalarBuffer::new(values, 0, rows), nulls)),
        _ => Arc::new(Int64Array::new(ScalarBuffer::new(values, 0, rows), nulls)),
    }
}

fn texts(mut ends: Vec<TextOffset>, parts: Vec<Part>, rows: usize, nulls: Option<NullBuffer>) -> TextArray {
    let bytes = parts.iter().map(|(_, values)| values.text.len()).sum();
    ends.truncate(rows + 1);
    ends.shrink_to_fit();
    let mut all: Vec<u8> = Vec::with_capacity(bytes);
    let mut start = 1;
    for (rows, values) in parts {
        let before = all.len() as TextOffset;
        for end in &mut ends[start..start + rows] {
            *end += before;
        }
        start += rows;
        all.extend_from_slice(&values.text);
    }
    let offsets = OffsetBuffer::new(ends.into());
    TextArray::try_new(offsets, Buffer::from_vec(all), nulls).expect("the chunks were checked to be UTF-8")
}

fn null_buffer(parts: &[Part], rows: usize) -> Option<NullBuffer> {
    if parts.iter().all(|(_, values)| values.nulls.are_none()) {
        return None;
    }
    let mut all = vec![0; rows.div_ceil(64)];
    set_all(&mut all, parts, |values| &values.nulls);
    all.iter_mut().for_each(|word| *word = !*word);
    // Bits after the last row are zeros, as everywhere.
    if let (Some(last), 1..) = (all.last_mut(), rows % 64) {
        *last &= (1 << (rows % 64)) - 1;
    }
    Some(NullBuffer::new(BooleanBuffer::new(Buffer::from_vec(all), 0, rows)))
}

fn set_all(all: &mut [u64], parts: &[Part], bits: fn(&Values) -> &Bits) {
    let mut start = 0;
    for (rows, values) in parts {
        bits(values).set_in(all, start);
        start += rows;
    }
}
