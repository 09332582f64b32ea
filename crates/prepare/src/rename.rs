//! Renaming of columns.

use crate::columns::{bad_state, shown};
use crate::{Estimator, State, Summary};
use pipewright_diagnostic::{Failure, code};
use pipewright_table::{Column, Entry, Schema, Table};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Renames columns, all at once.
///
/// ```
/// use pipewright_frame::{ReadOptions, Rename, State, csv, fit};
/// let (table, _) = csv::read(b"a,b\n1,2\n", &ReadOptions::new("t.csv")).unwrap();
/// let rename = Rename::new(vec![("a".into(), "b".into()), ("b".into(), "a".into())]).unwrap();
/// let swapped = fit(&rename, &table).unwrap().apply(&table).unwrap();
/// assert_eq!(swapped.numbers(&["b".into()]).unwrap(), [1.0]);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Rename {
    /// New and old names.
    pairs: Vec<(Arc<str>, Arc<str>)>,
}

impl Rename {
    /// Creates a renaming from pairs of a new and an old name.
    ///
    /// # Errors
    /// [`code::DUPLICATE_COLUMN`] if a new or an old name occurs twice.
    pub fn new(pairs: Vec<(Arc<str>, Arc<str>)>) -> Result<Rename, Failure> {
        twice(pairs.iter().map(|(new, _)| new))?;
        twice(pairs.iter().map(|(_, old)| old))?;
        Ok(Rename { pairs })
    }
}

fn twice<'a>(names: impl Iterator<Item = &'a Arc<str>>) -> Result<(), Failure> {
    let mut seen = BTreeSet::new();
    for name in names {
        if !seen.insert(name) {
            return Err(Failure::new(code::DUPLICATE_COLUMN, format!("`{name}` is named twice")).column(&**name));
        }
    }
    Ok(())
}

/// Empty summary: no rows are needed.
#[derive(Debug)]
pub struct RenameSummary;

impl Summary for RenameSummary {
    fn merge(&mut self, _: RenameSummary) {}
}

impl Estimator for Rename {
    type Summary = RenameSummary;
    type State = RenameState;

    fn schema(&self, input: &Schema) -> Result<Schema, Failure> {
        for (_, old) in &self.pairs {
            input.column(old)?;
        }
        let state = RenameState { pairs: self.pairs.clone() };
        let entries: Vec<Entry> = input
            .entries()
            .iter()
            .map(|entry| match entry {
                Entry::Column(column) => Entry::Column(state.renamed(column)),
                other => other.clone(),
            })
            .collect();
        let schema = Schema::with_entries(entries);
        twice(schema.columns().map(|column| &column.name))?;
        Ok(schema)
    }

    fn empty(&self, input: &Schema) -> Result<RenameSummary, Failure> {
        self.schema(input).map(|_| RenameSummary)
    }

    fn observe(&self, _: &mut RenameSummary, _: &Table) -> Result<(), Failure> {
        Ok(())
    }

    fn needs_rows(&self) -> bool {
        false
    }

    fn finish(&self, _: RenameSummary) -> Result<RenameState, Failure> {
        Ok(RenameState { pairs: self.pairs.clone() })
    }
}

/// New and old names. Columns missing from new rows are skipped.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RenameState {
    pairs: Vec<(Arc<str>, Arc<str>)>,
}

impl RenameState {
    fn renamed(&self, column: &Column) -> Column {
        let new = self.pairs.iter().find(|(_, old)| *old == column.name).map(|(new, _)| new.clone());
        Column { name: new.unwrap_or_else(|| column.name.clone()), ..column.clone() }
    }
}

impl State for RenameState {
    const TAG: &str = "rename";

    fn apply(&self, rows: &Table) -> Result<Table, Failure> {
        rows.map_columns(|column, array| Ok(vec![(self.renamed(column), array.clone())]))
    }

    fn show(&self) -> Table {
        shown("was", self.pairs.iter().map(|(new, old)| (new.to_string(), old.to_string())))
    }

    fn validate(&self) -> Result<(), Failure> {
        Rename::new(self.pairs.clone()).map(drop).map_err(|failure| bad_state(failure.message))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fit;
    use crate::laws::check;
    use pipewright_table::testing::{edge_tables, random_table};
    use pipewright_world::random::Key;

    fn rename(pairs: &[(&str, &str)]) -> Result<Rename, Failure> {
        Rename::new(pairs.iter().map(|(new, old)| ((*new).into(), (*old).into())).collect())
    }

    #[test]
    fn laws_hold() {
        for pairs in [&[("x", "real")][..], &[("real", "count"), ("count", "real")], &[("count", "real")]] {
            check(&rename(pairs).unwrap(), &random_table(Key::new(1), 20));
        }
        edge_tables().iter().for_each(|table| check(&rename(&[("height", "größe, \"cm\"")]).unwrap(), table));
    }

    #[test]
    fn names_are_given_once() {
        assert_eq!(rename(&[("x", "a"), ("x", "b")]).unwrap_err().code, code::DUPLICATE_COLUMN);
        assert_eq!(rename(&[("x", "a"), ("y", "a")]).unwrap_err().code, code::DUPLICATE_COLUMN);
        let table = random_table(Key::new(1), 3);
        let taken = fit(&rename(&[("count", "real")]).unwrap(), &table).unwrap_err();
        assert_eq!((taken.code, taken.message.as_str()), (code::DUPLICATE_COLUMN, "`count` is named twice"));
        assert_eq!(fit(&rename(&[("x", "rael")]).unwrap(), &table).unwrap_err().code, code::UNKNOWN_COLUMN);
    }
}
