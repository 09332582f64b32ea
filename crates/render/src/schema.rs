//! The columns of a table as text: one line per column.

use crate::WIDTH;
use crate::lines::{Cell, Lines};
use pipewright_frame::{Column, Origin, shortened, width_of};
use pipewright_operator::result::{SchemaColumn, SchemaReport};

/// The number of rows, the file, and a line per column.
pub(crate) fn text(schema: &SchemaReport) -> String {
    let mut lines = Lines::default();
    let left = |text: &str| Cell::Left(text.to_owned());
    let made_from_head = Cell::Free("made from".to_owned());
    lines.push([left("column"), left("kind"), left("role"), Cell::Right("missing".to_owned()), made_from_head]);
    for SchemaColumn { column, missing } in &schema.columns {
        lines.push([
            Cell::Left(shortened(&column.name, NAME_WIDTH)),
            Cell::Left(column.kind.to_string()),
            Cell::Left(column.role.to_string()),
            Cell::Right(missing.to_string()),
            Cell::Free(made_from(column)),
        ]);
    }
    let decided = schema.origin.as_deref().map(decided).unwrap_or_default();
    format!("{} rows{decided}\n{}", schema.rows, lines.print(0, WIDTH))
}

/// Maximum width of a name that is printed in full.
const NAME_WIDTH: usize = 32;

/// The columns of the file that a column was made from, unless it is itself one of them.
fn made_from(column: &Column) -> String {
    let sources = match column.sources.as_slice() {
        [source] if *source == column.name => return String::new(),
        sources => sources,
    };
    // As many as fit next to the longest name; the others are counted.
    let mut text = String::new();
    for (place, source) in sources.iter().enumerate() {
        let rest = sources.len() - place;
        if place > 0 && width_of(&text) + width_of(source) > SOURCES_WIDTH {
            return format!("{text} and {rest} more");
        }
        text = if place == 0 { source.to_string() } else { format!("{text}, {source}") };
    }
    text
}

/// Maximum width of the list of sources.
const SOURCES_WIDTH: usize = 36;

/// What the reader of the file inferred, in words.
fn decided(origin: &Origin) -> String {
    // A single character is easily overlooked.
    let quoted = |how: &str| {
        if how.chars().count() == 1 && !how.chars().all(char::is_alphanumeric) {
            format!("`{how}`")
        } else {
            how.to_owned()
        }
    };
    let facts: Vec<String> = origin.facts.iter().map(|(what, how)| format!("{what} {}", quoted(how))).collect();
    format!(" of {} ({})", origin.file, facts.join(", "))
}
