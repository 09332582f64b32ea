//! Test helpers for binary formats: files in memory, and a table with edge cases.

use crate::file::{read, scan};
use crate::{Format, ReadOptions, Reading};
use arrow_array::{
    ArrayRef, BooleanArray, Float64Array, Int64Array, Time64MicrosecondArray, TimestampMicrosecondArray,
};
use pipewright_diagnostic::Failure;
use pipewright_table::TextArray;
use pipewright_table::{Column, ColumnType, Role, Table};
use pipewright_world::{Content, MemoryWorld};
use std::sync::Arc;

/// Writes the table as a file.
pub(crate) fn written(format: Format, table: &Table) -> Vec<u8> {
    let mut out = Vec::new();
    let mut writer =
        format.writer(&crate::Outline::of(table).expect("a table has chunks"), &mut out).expect("this build writes it");
    writer.write(table).expect("memory takes everything");
    writer.finish().expect("memory takes everything");
    out
}

pub(crate) fn content(bytes: &[u8]) -> Arc<dyn Content> {
    Arc::new(bytes.to_vec())
}

/// Returns options for a file of this format.
pub(crate) fn options(format: Format) -> ReadOptions {
    ReadOptions { format: Some(format), ..ReadOptions::new(format!("t.{}", format.word())) }
}

pub(crate) fn opened(bytes: &[u8], options: &ReadOptions) -> Result<Reading, Failure> {
    read(&content(bytes), options, &MemoryWorld::new())
}

/// Returns all chunks of a scan, concatenated.
pub(crate) fn scanned(bytes: &[u8], options: &ReadOptions) -> Result<Table, Failure> {
    let scan = scan(&content(bytes), options, &MemoryWorld::new())?;
    let mut chunks = vec![Table::empty(&scan.schema())?];
    for index in 0..scan.count() {
        assert_eq!(scan.rows_before(index), Some(chunks.iter().map(Table::rows).sum()));
        chunks.push(scan.chunk(index)?);
    }
    let table = Table::concat(&chunks)?;
    assert_eq!(table.rows(), scan.rows());
    Ok(table)
}

/// Types at their limits, roles and sources, and unusual names.
pub(crate) fn difficult() -> Table {
    let column = |name: &str, kind: ColumnType| Column::new(name, kind);
    let columns = vec![
        Column { role: Role::Target, ..column("real", ColumnType::Continuous) },
        column("cöunt, \"n\"", ColumnType::Count),
        column("date.x", ColumnType::Date),
        column("time", ColumnType::Time),
        Column { sources: vec!["raw".into(), "other".into()], ..column("category", ColumnType::Category) },
        Column { role: Role::Id, ..column("id", ColumnType::Id) },
        column("ordered", ColumnType::Ordered),
        column("truth", ColumnType::Bool),
    ];
    let texts = [Some(""), None, Some("NA"), Some("日本\n\"x\""), Some("\u{0}")];
    let arrays: Vec<ArrayRef> = vec![
        Arc::new(Float64Array::from(vec![Some(f64::NAN), Some(f64::NEG_INFINITY), Some(-0.0), None, Some(5e-324)])),
        Arc::new(Int64Array::from(vec![Some(i64::MIN), Some(i64::MAX), None, Some(0), Some(-1)])),
        Arc::new(TimestampMicrosecondArray::from(vec![Some(i64::MIN), Some(i64::MAX), Some(-1), None, Some(0)])),
        Arc::new(Time64MicrosecondArray::from(vec![Some(0), Some(86_399_999_999), None, Some(1), Some(2)])),
        Arc::new(TextArray::from(texts.to_vec())),
        Arc::new(TextArray::from(vec!["a", "b", "c", "d", "e"])),
        Arc::new(TextArray::from(vec![None::<&str>; 5])),
        Arc::new(BooleanArray::from(vec![Some(true), Some(false), None, None, Some(true)])),
    ];
    Table::new(columns, arrays).expect("columns of one length")
}
