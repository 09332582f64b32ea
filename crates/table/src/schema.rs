//! Schemas: names, types and roles of columns, and where each column came from.

use crate::look_alike;
use arrow_schema::{DataType, TimeUnit};
use pipewright_diagnostic::{Failure, code, nearest};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, OnceLock};

/// The semantic type of a column. It determines the storage type: `Continuous` Float64 · `Count` Int64 · `Bool` Boolean
/// · `Category`, `Ordered`, `Text`, `Id` Utf8 · `Date` Timestamp (microseconds, no zone) · `Time` Time64
/// (microseconds).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ColumnType {
    /// Real numbers.
    Continuous,
    /// Whole numbers.
    Count,
    /// Booleans.
    Bool,
    /// Categorical: one of a set of names.
    Category,
    /// Ordinal: one of a set of ordered names.
    Ordered,
    /// A date, with or without a time.
    Date,
    /// A time of day.
    Time,
    /// Free text: the default of readers for columns of no other type.
    Text,
    /// An identifier of the row.
    Id,
}

impl ColumnType {
    /// Is it numeric: continuous or count?
    #[must_use]
    pub fn is_numeric(self) -> bool {
        matches!(self, ColumnType::Continuous | ColumnType::Count)
    }

    /// Returns the Arrow type of its values.
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

    /// Is it stored as text: category, ordered, text, id?
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

/// The role of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// An input of models.
    Feature,
    /// The column to predict.
    Target,
    /// An identifier of the row; never a feature.
    Id,
    /// The sample weight.
    Weight,
    /// The group: rows with equal values stay in the same fold.
    Group,
    /// The time of the row.
    Time,
    /// The fold in which the row is tested.
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

/// A column of a schema.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Column {
    /// The name, unique in the table.
    pub name: Arc<str>,
    /// The type.
    pub kind: ColumnType,
    /// The role.
    pub role: Role,
    /// The columns of the file that it was derived from; its own name for a column as read.
    pub sources: Vec<Arc<str>>,
}

impl Column {
    /// Separates the name of a column and the condition of a part of it in [`Column::sources`].
    pub const PART: &str = " where ";

    /// Creates a feature as read from a file.
    pub fn new(name: impl Into<Arc<str>>, kind: ColumnType) -> Column {
        let name = name.into();
        Column { sources: vec![name.clone()], name, kind, role: Role::Feature }
    }

    /// Returns the source of a column that holds the values of `source` only in the rows that meet a condition. Columns
    /// from different conditions count as unrelated.
    #[must_use]
    pub fn part_of(source: &str, condition: &str) -> Arc<str> {
        [source, Column::PART, condition].concat().into()
    }

    /// Could its values reveal those of `other`? They could if both were derived from one column, or one of them from a
    /// part of what the other was derived from.
    #[must_use]
    pub fn tells_of(&self, other: &Column) -> bool {
        self.sources.iter().any(|own| other.sources.iter().any(|source| part_of_same(own, source)))
    }
}

/// A column, or an open group of columns whose members only a fitted state knows (for example one-hot levels, or a
/// column that a selection may keep).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Entry {
    /// A column that exists whatever the rows contain.
    Column(Column),
    /// Columns that a step will create from the `from` column, all features of type `kind`.
    Open {
        /// The source column; only the rows determine whether it exists itself.
        from: Arc<str>,
        /// The type of every member.
        kind: ColumnType,
    },
    /// The feature of this name, or columns derived from it, or nothing: only the rows determine which.
    Undecided {
        /// The source column.
        from: Arc<str>,
    },
}

/// The schema of a table: names, types and roles of its columns, in order.
///
/// ```
/// use pipewright_frame::{Column, ColumnType, Schema};
/// let schema = Schema::new([Column::new("age", ColumnType::Continuous), Column::new("sex", ColumnType::Text)]);
/// assert_eq!(schema.find("sex").unwrap().kind, ColumnType::Text);
/// assert!(schema.is_closed());
/// ```
#[derive(Clone, Default)]
pub struct Schema {
    entries: Arc<[Entry]>,
    /// The positions of the known columns by name, made on the first search.
    places: Arc<OnceLock<HashMap<Arc<str>, usize>>>,
}

impl PartialEq for Schema {
    fn eq(&self, other: &Schema) -> bool {
        Arc::ptr_eq(&self.entries, &other.entries) || self.entries == other.entries
    }
}

impl Eq for Schema {}

impl Hash for Schema {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.entries.hash(state);
    }
}

impl fmt::Debug for Schema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Schema").field("entries", &self.entries).finish()
    }
}

impl Schema {
    /// Creates a schema of known columns.
    pub fn new(columns: impl IntoIterator<Item = Column>) -> Schema {
        Schema { entries: columns.into_iter().map(Entry::Column).collect(), places: Arc::default() }
    }

    /// Creates a schema that may have open groups.
    #[must_use]
    pub fn with_entries(entries: Vec<Entry>) -> Schema {
        Schema { entries: entries.into(), places: Arc::default() }
    }

    /// Returns the columns and open groups, in order.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Returns the known columns, in order.
    pub fn columns(&self) -> impl Iterator<Item = &Column> {
        self.entries.iter().filter_map(|entry| match entry {
            Entry::Column(column) => Some(column),
            Entry::Open { .. } | Entry::Undecided { .. } => None,
        })
    }

    /// Returns its columns, each with the column of the same name in another schema.
    pub fn matched<'a>(&'a self, other: &'a Schema) -> impl Iterator<Item = (&'a Column, Option<&'a Column>)> {
        self.columns().map(|column| (column, other.find(&column.name)))
    }

    /// Replaces the column of this name, or appends to all others if there is none.
    pub fn set(&mut self, name: &str, entry: Entry) {
        let mut entries = self.entries.to_vec();
        match self.places().get(name) {
            Some(&place) => entries[place] = entry,
            None => entries.push(entry),
        }
        *self = Schema::with_entries(entries);
    }

    /// Finds a known column by name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&Column> {
        match self.entries.get(*self.places().get(name)?) {
            Some(Entry::Column(column)) => Some(column),
            _ => None,
        }
    }

    fn places(&self) -> &HashMap<Arc<str>, usize> {
        self.places.get_or_init(|| {
            let mut places = HashMap::with_capacity(self.entries.len());
            for (place, entry) in self.entries.iter().enumerate() {
                if let Entry::Column(column) = entry {
                    // Of columns with one name, which no table has, the first counts.
                    places.entry(column.name.clone()).or_insert(place);
                }
            }
            places
        })
    }

    /// Returns the target column.
    #[must_use]
    pub fn target(&self) -> Option<&Column> {
        self.with_role(Role::Target)
    }

    /// Returns the first column with this role.
    #[must_use]
    pub fn with_role(&self, role: Role) -> Option<&Column> {
        self.columns().find(|column| column.role == role)
    }

    /// Returns a known column by name.
    ///
    /// # Errors
    /// [`code::UNKNOWN_COLUMN`] with the nearest names and some of the existing ones.
    pub fn column(&self, name: &str) -> Result<&Column, Failure> {
        self.find(name).ok_or_else(|| unknown_column(name, self.columns().map(|column| &*column.name)))
    }

    /// Finds a known column by name, or the potential member of an open group with this name.
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

    /// Could there be a column of this name in an open group?
    #[must_use]
    pub fn is_undecided(&self, name: &str) -> bool {
        let member = |entry: &Entry| matches!(entry, Entry::Undecided { from } if is_member(name, from));
        self.foreseen(name).is_none() && self.entries.iter().any(member)
    }

    /// Checks that a table with the columns `actual` matches this schema: known columns are in order, and an open group
    /// may have any number of members: columns named `from`, `from=…` or `from (…)`.
    ///
    /// # Errors
    /// The first difference, as text.
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
        rest.next().map_or(Ok(()), |column| Err(format!("{column:?} was not expected")))
    }

    /// Returns the columns of `all`, each replaced by the one of this schema if it exists.
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

/// Is one source the other, or a part of it ([`Column::part_of`])?
#[must_use]
pub fn part_of_same(left: &str, right: &str) -> bool {
    let has = |whole: &str, part: &str| {
        part.strip_prefix(whole).is_some_and(|condition| condition.is_empty() || condition.starts_with(Column::PART))
    };
    has(left, right) || has(right, left)
}

fn is_member(name: &str, from: &str) -> bool {
    name.strip_prefix(from).is_some_and(|rest| rest.is_empty() || rest.starts_with(['=', ' ']))
}

/// Creates the failure for an unknown name: with the nearest names, or the first few.
pub(crate) fn unknown_column<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Failure {
    let known: Vec<&str> = known.collect();
    let failure = Failure::new(code::UNKNOWN_COLUMN, format!("no column named `{name}`"));
    if let Some((_, help)) = look_alike(name, known.iter().copied()) {
        return failure.help(help);
    }
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
