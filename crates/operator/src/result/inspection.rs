//! Results of stages that inspect a table, or check a condition on it.

use pipewright_frame::profile::Profile;
use pipewright_frame::{Column, Origin, Table};
use std::sync::Arc;

/// The first rows of a table.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct TableHead {
    /// The first rows.
    pub head: Table,
    /// The number of rows of the whole table.
    pub rows: usize,
}

/// The columns of a table, and the file that it was read from.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct SchemaReport {
    /// The number of rows.
    pub rows: usize,
    /// The columns, in order.
    pub columns: Vec<SchemaColumn>,
    /// The file that the table was read from, and what its reader inferred; none for derived tables.
    pub origin: Option<Arc<Origin>>,
}

/// A column of a [`SchemaReport`].
#[derive(Debug, Clone, PartialEq)]
pub struct SchemaColumn {
    /// Name, kind, role and sources.
    pub column: Column,
    /// The number of missing values.
    pub missing: u64,
}

/// Summary statistics of each column.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Description {
    /// The statistics, without associations.
    pub profile: Profile,
    /// Maximum number of columns in a printed report.
    pub limit: usize,
}

/// Summary statistics of each column, associations between columns, and warnings.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ProfileReport {
    /// The profile.
    pub profile: Profile,
    /// Maximum number of columns printed in detail.
    pub limit: usize,
}

/// A condition that holds; one that does not fails the run.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Assertion {
    /// The condition as script text.
    pub condition: String,
}

impl TableHead {
    /// The first rows of a table of `rows` rows.
    #[must_use]
    pub fn new(head: Table, rows: usize) -> TableHead {
        TableHead { head, rows }
    }
}

impl SchemaReport {
    /// The columns of a table of `rows` rows.
    #[must_use]
    pub fn new(rows: usize, columns: Vec<SchemaColumn>, origin: Option<Arc<Origin>>) -> SchemaReport {
        SchemaReport { rows, columns, origin }
    }
}

impl Description {
    /// Statistics of which a printed report shows `limit` columns.
    #[must_use]
    pub fn new(profile: Profile, limit: usize) -> Description {
        Description { profile, limit }
    }
}

impl ProfileReport {
    /// A profile of which a printed report shows `limit` columns in detail.
    #[must_use]
    pub fn new(profile: Profile, limit: usize) -> ProfileReport {
        ProfileReport { profile, limit }
    }
}

impl Assertion {
    /// A condition that holds.
    #[must_use]
    pub fn new(condition: impl Into<String>) -> Assertion {
        Assertion { condition: condition.into() }
    }
}
