//! Sources: columns of tables, in the rows in which they are read.

use pipewright_diagnostic::Span;
use pipewright_frame::{Column, Schema, When, part_of_same};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A column of a table, in some rows.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Source {
    pub table: usize,
    pub column: Arc<str>,
    pub when: When,
}

/// Any column of a table that was read in two ways, so that it is not known which.
pub(in crate::check) const ANY: &str = "\u{1f}any";

/// How a source came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Route {
    /// As a value; else by the choice or the order of rows, or by a key.
    pub is_value: bool,
    /// The stage where it came in.
    pub at: Span,
}

pub(super) type Sources = BTreeMap<Source, Route>;

/// What a source says about the target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Tells {
    /// Something about the target of earlier rows.
    Past,
    /// Something about the target of the row itself, or of later ones.
    Same,
}

impl Source {
    pub(super) fn tells(&self, target: &Source) -> Option<Tells> {
        let any = &*self.column == ANY || &*target.column == ANY;
        let same = self.table == target.table && (any || part_of_same(&self.column, &target.column));
        same.then(|| if self.when < target.when { Tells::Past } else { Tells::Same })
    }
}

/// The same sources, as something that decides and not as values.
pub(super) fn influence(sources: Sources, at: Span) -> Sources {
    sources.into_keys().map(|source| (source, Route { is_value: false, at })).collect()
}

/// Adds sources; what is a value by any way is a value.
pub(super) fn merge(into: &mut Sources, from: Sources) {
    for (source, route) in from {
        match into.get_mut(&source) {
            Some(known) if known.is_value || !route.is_value => {}
            Some(known) => *known = route,
            None => {
                into.insert(source, route);
            }
        }
    }
}

/// Columns by the columns of files that they were computed from.
pub(super) struct ByOrigin<'a>(BTreeMap<&'a str, Vec<&'a Column>>);

impl<'a> ByOrigin<'a> {
    pub(super) fn new(schema: &'a Schema) -> ByOrigin<'a> {
        let mut columns: BTreeMap<&str, Vec<&Column>> = BTreeMap::new();
        for column in schema.columns() {
            column.sources.iter().for_each(|source| columns.entry(source).or_default().push(column));
        }
        ByOrigin(columns)
    }

    /// The columns computed from this one, or from the column that it is a part of.
    pub(super) fn of(&self, origin: &str) -> impl Iterator<Item = &'a Column> {
        let whole = origin.find(Column::PART).map(|end| &origin[..end]);
        [Some(origin), whole].into_iter().flatten().filter_map(|name| self.0.get(name)).flatten().copied()
    }
}
