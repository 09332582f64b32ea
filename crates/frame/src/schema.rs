//! What is known of a table without its rows: names, kinds, roles, and where each column came from.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;

/// What kind of values a column holds, as a scientist would say it. Storage follows from it:
/// `Continuous` Float64 · `Count` Int64 · `Bool` Boolean · `Category`, `Ordered`, `Text`, `Id` Utf8 · `Date`
/// Timestamp (microseconds, no zone).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Real numbers.
    Continuous,
    /// Whole numbers.
    Count,
    /// Yes or no.
    Bool,
    /// One of a set of names, declared as such.
    Category,
    /// One of a set of names that have an order.
    Ordered,
    /// A day or a moment.
    Date,
    /// Text: what a reader makes of a column that is none of the others.
    Text,
    /// A name of the row itself.
    Id,
}

impl Kind {
    /// Numbers: continuous and count.
    #[must_use]
    pub fn is_numeric(self) -> bool {
        matches!(self, Kind::Continuous | Kind::Count)
    }

    /// Stored as text: category, ordered, text, id.
    #[must_use]
    pub fn is_string(self) -> bool {
        matches!(self, Kind::Category | Kind::Ordered | Kind::Text | Kind::Id)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Kind::Continuous => "continuous",
            Kind::Count => "count",
            Kind::Bool => "bool",
            Kind::Category => "category",
            Kind::Ordered => "ordered",
            Kind::Date => "date",
            Kind::Text => "text",
            Kind::Id => "id",
        })
    }
}

/// What a column is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Something to learn from.
    Feature,
    /// What is to be predicted.
    Target,
    /// Names the row; never learned from.
    Id,
}

/// One column of a schema.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Column {
    /// Its name, unique in the table.
    pub name: Arc<str>,
    /// What it holds.
    pub kind: Kind,
    /// What it is for.
    pub role: Role,
    /// The columns of the file that it was made from: its own name for a column as read.
    pub sources: Vec<Arc<str>>,
}

impl Column {
    /// A feature as read from a file.
    pub fn new(name: impl Into<Arc<str>>, kind: Kind) -> Column {
        let name = name.into();
        Column { sources: vec![name.clone()], name, kind, role: Role::Feature }
    }
}

/// A column, or a group of columns whose members only a fitted state knows (one-hot levels, say).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Entry {
    /// A column that is there whatever the rows say.
    Column(Column),
    /// Columns that a step will make from the `from` column, all of kind `kind` and features.
    Open {
        /// The column that they are made from; it is gone itself.
        from: Arc<str>,
        /// The kind of every member.
        kind: Kind,
    },
}

/// Names, kinds and roles of a table's columns, in order.
///
/// ```
/// use pipewright_frame::{Column, Kind, Schema};
/// let schema = Schema::new([Column::new("age", Kind::Continuous), Column::new("sex", Kind::Text)]);
/// assert_eq!(schema.find("sex").unwrap().kind, Kind::Text);
/// assert!(schema.is_closed());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Schema {
    entries: Vec<Entry>,
}

impl Schema {
    /// A schema of known columns.
    pub fn new(columns: impl IntoIterator<Item = Column>) -> Schema {
        Schema { entries: columns.into_iter().map(Entry::Column).collect() }
    }

    /// A schema that may have open groups.
    #[must_use]
    pub fn with_entries(entries: Vec<Entry>) -> Schema {
        Schema { entries }
    }

    /// Columns and open groups, in order.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The known columns, in order.
    pub fn columns(&self) -> impl Iterator<Item = &Column> {
        self.entries.iter().filter_map(|entry| match entry {
            Entry::Column(column) => Some(column),
            Entry::Open { .. } => None,
        })
    }

    /// The known column of this name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&Column> {
        self.columns().find(|column| &*column.name == name)
    }

    /// The column with the role of target.
    #[must_use]
    pub fn target(&self) -> Option<&Column> {
        self.columns().find(|column| column.role == Role::Target)
    }

    /// Are all its columns known?
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.entries.iter().all(|entry| matches!(entry, Entry::Column(_)))
    }
}
