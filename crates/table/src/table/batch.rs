//! Conversion from and to Arrow, and the storage of each type.

use crate::{Column, ColumnType, Table, TextArray, TextOffset};
use arrow_array::{RecordBatch, RecordBatchOptions, StringArray};
use arrow_buffer::OffsetBuffer;
use arrow_schema::{DataType, Field, TimeUnit};
use pipewright_diagnostic::{Failure, code};
use std::collections::HashMap;
use std::sync::Arc;

/// Conversion from and to Arrow, without copying values.
impl Table {
    /// Converts a record batch. Types follow from storage, and from the field metadata `kind`, `role` and `sources` (a
    /// JSON list) that [`Table::to_batch`] writes.
    ///
    /// # Errors
    /// [`code::KIND_CHANGED`] for an unsupported storage type; as [`Table::new`].
    pub fn from_batch(batch: &RecordBatch) -> Result<Table, Failure> {
        let schema = batch.schema();
        let columns = schema.fields().iter().map(|field| column_of(field)).collect::<Result<Vec<_>, _>>()?;
        Table::with_rows(columns, batch.columns().to_vec(), batch.num_rows())
    }

    /// Converts the table to a record batch.
    #[must_use]
    pub fn to_batch(&self) -> RecordBatch {
        let fields: Vec<Field> = self.columns.iter().map(field_of).collect();
        let options = RecordBatchOptions::new().with_row_count(Some(self.rows));
        let schema = Arc::new(arrow_schema::Schema::new(fields));
        RecordBatch::try_new_with_options(schema, self.arrays().to_vec(), &options).expect("a table is consistent")
    }
}

/// Conversion to a table without copying values.
pub trait IntoTable {
    /// Converts to a table.
    ///
    /// # Errors
    /// As [`Table::from_batch`].
    fn into_table(self) -> Result<Table, Failure>;
}

impl IntoTable for Table {
    fn into_table(self) -> Result<Table, Failure> {
        Ok(self)
    }
}

impl IntoTable for &RecordBatch {
    fn into_table(self) -> Result<Table, Failure> {
        Table::from_batch(self)
    }
}

impl IntoTable for RecordBatch {
    fn into_table(self) -> Result<Table, Failure> {
        Table::from_batch(&self)
    }
}

fn column_of(field: &Field) -> Result<Column, Failure> {
    let stated = |key: &str| field.metadata().get(key).map(String::as_str);
    let inferred = match field.data_type() {
        DataType::Float64 => ColumnType::Continuous,
        DataType::Int64 => ColumnType::Count,
        DataType::Boolean => ColumnType::Bool,
        DataType::Utf8 | DataType::LargeUtf8 => ColumnType::Text,
        DataType::Timestamp(TimeUnit::Microsecond, None) => ColumnType::Date,
        DataType::Time64(TimeUnit::Microsecond) => ColumnType::Time,
        other => {
            let message = format!("no column type is stored as {other}");
            return Err(Failure::new(code::KIND_CHANGED, message).column(field.name()));
        }
    };
    let mut column = Column::new(field.name().as_str(), inferred);
    let word = |text: &str| serde_json::Value::String(text.to_string());
    if let Some(kind) = stated("kind").and_then(|text| serde_json::from_value(word(text)).ok()) {
        column.kind = kind;
    }
    if let Some(role) = stated("role").and_then(|text| serde_json::from_value(word(text)).ok()) {
        column.role = role;
    }
    if let Some(sources) = stated("sources").and_then(|text| serde_json::from_str(text).ok()) {
        column.sources = sources;
    }
    Ok(column)
}

fn field_of(column: &Column) -> Field {
    let sources = serde_json::to_string(&column.sources).expect("names are text");
    let metadata = [("kind", column.kind.to_string()), ("role", column.role.to_string()), ("sources", sources)];
    let metadata: HashMap<String, String> = metadata.map(|(key, value)| (key.to_string(), value)).into();
    Field::new(&*column.name, column.kind.storage(), true).with_metadata(metadata)
}

/// Converts texts to 64-bit offsets; their bytes are shared.
pub(super) fn with_long_offsets(texts: &StringArray) -> TextArray {
    let (offsets, values, nulls) = texts.clone().into_parts();
    let offsets: Vec<TextOffset> = offsets.iter().map(|&offset| offset.into()).collect();
    TextArray::try_new(OffsetBuffer::new(offsets.into()), values, nulls).expect("the texts were sound before")
}
