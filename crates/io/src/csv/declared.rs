//! Declared types of columns in other formats: dates as `31.01.2024`, numbers as `1.234,5`. Such a column is read
//! without the declaration, which detects its format; then its type is compared.

use super::layout::Layout;
use super::{read, sniff};
use crate::{BadRows, ReadOptions};
use pipewright_table::{Column, ColumnType, Schema};
use pipewright_world::Content;
use std::sync::Arc;

/// Returns options without the declared types of such columns, if their head has that type.
pub(super) fn opened(layout: &Layout, options: &ReadOptions) -> Option<ReadOptions> {
    let has_forms = |kind: ColumnType| {
        matches!(kind, ColumnType::Continuous | ColumnType::Count | ColumnType::Date | ColumnType::Time)
    };
    if !options.kinds.values().any(|kind| has_forms(*kind)) {
        return None;
    }
    let head = layout.body.content.start(sniff::SAMPLE_BYTES).ok()?;
    let truncated = (head.len() as u64) < layout.body.content.size();
    let head: Arc<dyn Content> = Arc::new(head);
    // The content is already decoded.
    let plain = ReadOptions { encoding: None, bad_rows: BadRows::Refuse, ..options.clone() };
    let layout = Layout::find(&head, truncated, &plain).ok()?;
    let chunk_bytes = layout.chunk_bytes(head.size());
    if read::plain_table(&layout, &plain, chunk_bytes).is_ok() {
        return None;
    }
    let mut open = ReadOptions { bad_rows: options.bad_rows, ..plain };
    open.kinds.retain(|_, kind| !has_forms(*kind));
    let seen = read::plain_table(&layout.under(&open), &open, chunk_bytes).ok()?.table.schema();
    let mut opened = options.clone();
    opened.kinds.retain(|name, kind| !has_forms(*kind) || !seen.find(name).is_some_and(|column| fits(column, *kind)));
    (opened.kinds.len() < options.kinds.len()).then_some(opened)
}

/// Do the columns have the declared types, or whole numbers instead of real ones?
pub(super) fn holds(schema: &Schema, options: &ReadOptions) -> bool {
    schema.columns().all(|column| options.kinds.get(&*column.name).is_none_or(|kind| fits(column, *kind)))
}

fn fits(column: &Column, declared: ColumnType) -> bool {
    column.kind == declared || (column.kind, declared) == (ColumnType::Count, ColumnType::Continuous)
}

/// Returns the columns with their declared types.
pub(super) fn columns(schema: &Schema, options: &ReadOptions) -> Vec<Column> {
    let kind = |column: &Column| options.kinds.get(&*column.name).copied().unwrap_or(column.kind);
    schema.columns().map(|column| Column { kind: kind(column), ..column.clone() }).collect()
}
