//! Concatenation of many arrays of one type; each is freed once copied.

use arrow_array::builder::{BooleanBuilder, LargeStringBuilder, PrimitiveBuilder};
use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type, Time64MicrosecondType, TimestampMicrosecondType};
use arrow_array::{ArrayRef, new_empty_array};
use pipewright_table::ColumnType;
use pipewright_table::TextOffset;
use std::sync::Arc;

/// A growing column.
pub(crate) struct Gather {
    kind: ColumnType,
    rows: usize,
    /// The only part so far, which is not copied if it stays the only one.
    first: Option<ArrayRef>,
    values: Option<Values>,
}

enum Values {
    Continuous(PrimitiveBuilder<Float64Type>),
    Count(PrimitiveBuilder<Int64Type>),
    Date(PrimitiveBuilder<TimestampMicrosecondType>),
    Time(PrimitiveBuilder<Time64MicrosecondType>),
    Bool(BooleanBuilder),
    Text(LargeStringBuilder),
}

impl Gather {
    /// Creates a column for `rows` rows.
    pub(crate) fn new(kind: ColumnType, rows: usize) -> Gather {
        Gather { kind, rows, first: None, values: None }
    }

    pub(crate) fn push(&mut self, part: ArrayRef) {
        if self.first.is_none() && self.values.is_none() {
            self.first = Some(part);
            return;
        }
        let (kind, rows) = (self.kind, self.rows);
        let values = self.values.get_or_insert_with(|| Values::new(kind, rows));
        if let Some(first) = self.first.take() {
            values.push(&first);
        }
        values.push(&part);
    }

    pub(crate) fn finish(self) -> ArrayRef {
        match (self.first, self.values) {
            (Some(only), _) => only,
            (None, Some(values)) => values.finish(),
            (None, None) => new_empty_array(&self.kind.storage()),
        }
    }
}

impl Values {
    fn new(kind: ColumnType, rows: usize) -> Values {
        match kind {
            ColumnType::Continuous => Values::Continuous(PrimitiveBuilder::with_capacity(rows)),
            ColumnType::Count => Values::Count(PrimitiveBuilder::with_capacity(rows)),
            ColumnType::Date => Values::Date(PrimitiveBuilder::with_capacity(rows)),
            ColumnType::Time => Values::Time(PrimitiveBuilder::with_capacity(rows)),
            ColumnType::Bool => Values::Bool(BooleanBuilder::with_capacity(rows)),
            ColumnType::Category | ColumnType::Ordered | ColumnType::Text | ColumnType::Id => {
                Values::Text(LargeStringBuilder::with_capacity(rows, 0))
            }
        }
    }

    fn push(&mut self, part: &ArrayRef) {
        match self {
            Values::Continuous(values) => values.append_array(part.as_primitive()),
            Values::Count(values) => values.append_array(part.as_primitive()),
            Values::Date(values) => values.append_array(part.as_primitive()),
            Values::Time(values) => values.append_array(part.as_primitive()),
            Values::Bool(values) => values.append_array(part.as_boolean()),
            Values::Text(values) => {
                let text = values.append_array(part.as_string::<TextOffset>());
                text.expect("offsets of 64 bits do not overflow");
            }
        }
    }

    fn finish(self) -> ArrayRef {
        match self {
            Values::Continuous(mut values) => Arc::new(values.finish()),
            Values::Count(mut values) => Arc::new(values.finish()),
            Values::Date(mut values) => Arc::new(values.finish()),
            Values::Time(mut values) => Arc::new(values.finish()),
            Values::Bool(mut values) => Arc::new(values.finish()),
            Values::Text(mut values) => Arc::new(values.finish()),
        }
    }
}
