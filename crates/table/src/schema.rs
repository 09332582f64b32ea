//! What is known of a table without its rows: names, kinds, roles, and where each column came from.

use arrow_schema::{DataType, TimeUnit};
use pipewright_diagnostic::{Failure, code, nearest};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;

/// What kind of values a column holds, as a scientist would say it. Storage follows from it:
/// `Continuous` Float64 · `Count` Int64 · `Bool` Boolean · `Category`, `Ordered`, `Text`, `Id` Utf8 · `Date`
/// Timestamp (microseconds, no zone) · `Time` Time64 (microseconds).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ColumnType {
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
    /// A time of day.
    Time,
    /// Text: what a reader makes of a column that is none of the others.
    Text,
    /// A name of the row itself.
    Id,
}

impl ColumnType {
    /// Numbers: continuous and count.
    #[must_use]
    pub fn is_numeric(self) -> bool {
        matches!(self, ColumnType::Continuous | ColumnType::Count)
    }

    /// The Arrow type that its values are stored as.
    #[must_use]
    pub fn storage(self) -> DataType {
        match self {
            ColumnType::Continuous => DataType::Float64,
            ColumnType::Count => DataType::Int64,
            ColumnType::Bool => DataType::Boolean,
            ColumnType::Date => DataType::Timestamp(TimeUnit::Microsecond, None),
            ColumnType::Time => DataType::Time64(TimeUnit::Microsecond),
            ColumnType::Category | ColumnType::Ordered | ColumnType::Text | ColumnType::Id => DataType::LargeUtf8,
        }
    }

    /// Stored as text: category, ordered, text, id.
    #[must_use]
    pub fn is_string(self) -> bool {
        matches!(self, ColumnType::Category | ColumnType::Ordered | ColumnType::Text | ColumnType::Id)
    }
}

impl fmt::Display for ColumnType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ColumnType::Continuous => "continuous",
            ColumnType::Count => "count",
            ColumnType::Bool => "bool",
            ColumnType::Category => "category",
            ColumnType::Ordered => "ordered",
            ColumnType::Date => "date",
            ColumnType::Time => "time",
            ColumnType::Text => "text",
            ColumnType::Id => "id",
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
    /// How much the row counts.
    Weight,
    /// Rows of one value belong together: a split keeps them on one side.
    Group,
    /// When the row was seen.
    Time,
    /// The fold that judges the row.
    Fold,
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Role::Feature => "feature",
            Role::Target => "target",
            Role::Id => "id",
            Role::Weight => "weight",
            Role::Group => "group",
            Role::Time => "time",
            Role::Fold => "fold",
        })
    }
}

/// One column of a schema.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Column {
    /// Its name, unique in the table.
    pub name: Arc<str>,
    /// What it holds.
    pub kind: ColumnType,
    /// What it is for.
    pub role: Role,
    /// The columns of the file that it was made from: its own name for a column as read.
    pub sources: Vec<Arc<str>>,
}

impl Column {
    /// A feature as read from a file.
    pub fn new(name: impl Into<Arc<str>>, kind: ColumnType) -> Column {
        let name = name.into();
        Column { sources: vec![name.clone()], name, kind, role: Role::Feature }
    }

    /// The source of what holds the values of `source` only in the rows that meet a condition. Two parts of a column
    /// tell nothing of each other.
    #[must_use]
    pub fn part_of(source: &str, condition: &str) -> Arc<str> {
        format!("{source}{PART}{condition}").into()
    }

    /// May its values tell those of `other`? They do where both were made from one column, or one of them from a part of
    /// what the other was made from.
    #[must_use]
    pub fn tells_of(&self, other: &Column) -> bool {
        self.sources.iter().any(|own| other.sources.iter().any(|source| overlap(own, source)))
    }
}

/// A column, or a group of columns whose members only a fitted state knows (one-hot levels, say, or a column that a
/// selection may keep).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Entry {
    /// A column that is there whatever the rows say.
    Column(Column),
    /// Columns that a step will make from the `from` column, all of kind `kind` and features.
    Open {
        /// The column that they are made from; only the rows say whether it is there itself.
        from: Arc<str>,
        /// The kind of every member.
        kind: ColumnType,
    },
    /// The feature of this name, or what a step will make of it, or nothing: only the rows will say.
    Undecided {
        /// The column that it is about.
        from: Arc<str>,
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
            Entry::Open { .. } | Entry::Undecided { .. } => None,
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
        self.with_role(Role::Target)
    }

    /// The first column with this role.
    #[must_use]
    pub fn with_role(&self, role: Role) -> Option<&Column> {
        self.columns().find(|column| column.role == role)
    }

    /// The known column of this name.
    ///
    /// # Errors
    /// [`code::UNKNOWN_COLUMN`] with the nearest names and some of those that are there.
    pub fn column(&self, name: &str) -> Result<&Column, Failure> {
        self.find(name).ok_or_else(|| unknown_column(name, self.columns().map(|column| &*column.name)))
    }

    /// The known column of this name, or what a column of this name would be that an open group may yet have.
    #[must_use]
    pub fn foreseen(&self, name: &str) -> Option<Column> {
        let member = |entry: &Entry| match entry {
            Entry::Open { from, kind } if is_member(name, from) => {
                Some(Column { sources: vec![from.clone()], ..Column::new(name, *kind) })
            }
            _ => None,
        };
        self.find(name).cloned().or_else(|| self.entries.iter().find_map(member))
    }

    /// May there be a column of this name of which nothing is known yet?
    #[must_use]
    pub fn is_undecided(&self, name: &str) -> bool {
        let member = |entry: &Entry| matches!(entry, Entry::Undecided { from } if is_member(name, from));
        self.foreseen(name).is_none() && self.entries.iter().any(member)
    }

    /// Does a table of the columns `actual` keep what this schema promised? Known columns stand in their order, and
    /// in the place of an open group there are any number of its members: columns called `from`, `from=…` or
    /// `from (…)`.
    ///
    /// # Errors
    /// The first difference, in words.
    pub fn admits(&self, actual: &[Column]) -> Result<(), String> {
        let mut rest = actual.iter().peekable();
        for (place, entry) in self.entries.iter().enumerate() {
            match entry {
                Entry::Column(expected) => match rest.next() {
                    Some(column) if column == expected => {}
                    other => return Err(format!("expected {expected:?}, found {other:?}")),
                },
                Entry::Undecided { from } => while rest.next_if(|column| is_member(&column.name, from)).is_some() {},
                Entry::Open { from, kind } => {
                    let known = match self.entries.get(place + 1) {
                        Some(Entry::Column(next)) => Some(next),
                        _ => None,
                    };
                    let member = |column: &&Column| {
                        is_member(&column.name, from)
                            && column.kind == *kind
                            && column.role == Role::Feature
                            && Some(*column) != known
                    };
                    while rest.next_if(member).is_some() {}
                }
            }
        }
        rest.next().map_or(Ok(()), |column| Err(format!("{column:?} was not foreseen")))
    }

    /// The columns of `all`, each as it stands here if it is here.
    #[must_use]
    pub fn padded(&self, all: &Schema) -> Schema {
        Schema::new(all.columns().map(|column| self.find(&column.name).unwrap_or(column).clone()))
    }

    /// Are all its columns known?
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.entries.iter().all(|entry| matches!(entry, Entry::Column(_)))
    }
}

const PART: &str = " where ";

/// Is it one source, or are they a part and its whole?
fn overlap(left: &str, right: &str) -> bool {
    let has = |whole: &str, part: &str| {
        part.strip_prefix(whole).is_some_and(|condition| condition.is_empty() || condition.starts_with(PART))
    };
    has(left, right) || has(right, left)
}

fn is_member(name: &str, from: &str) -> bool {
    name.strip_prefix(from).is_some_and(|rest| rest.is_empty() || rest.starts_with(['=', ' ']))
}

/// The failure for a name that is not among `known`: with the nearest names, else with the first few.
pub(crate) fn unknown_column<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Failure {
    let known: Vec<&str> = known.collect();
    let failure = Failure::new(code::UNKNOWN_COLUMN, format!("no column named `{name}`"));
    let near = nearest(name, known.iter().copied());
    let shown: Vec<String> = known.iter().take(6).map(|name| format!("`{name}`")).collect();
    let more = match known.len().saturating_sub(shown.len()) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let there = format!("columns here: {}{more}", shown.join(", "));
    if near.is_empty() {
        return failure.help(there);
    }
    let near: Vec<String> = near.into_iter().map(|name| format!("`{name}`")).collect();
    failure.help(format!("did you mean {}?", near.join(" or "))).help(there)
}
