//! The estimator behind `select` and `drop`: the list of columns is determined once, so that new rows are reduced to
//! the same columns.

use pipewright_diagnostic::{Failure, code};
use pipewright_frame::{Column, Entry, Estimator, Role, Schema, Selection, State, Summary, Table};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Keeps or drops the columns of a selection.
pub(crate) struct Project {
    selection: Selection,
    keep: bool,
}

impl Project {
    pub(crate) fn keeping(selection: Selection) -> Project {
        Project { selection, keep: true }
    }

    pub(crate) fn dropping(selection: Selection) -> Project {
        Project { selection, keep: false }
    }

    /// The columns that stay.
    fn kept(&self, schema: &Schema) -> Result<Vec<Arc<str>>, Failure> {
        let selected = self.selection.resolve(schema)?;
        let chosen: BTreeSet<&Arc<str>> = selected.iter().collect();
        if !self.keep {
            let stays = |column: &&Column| !chosen.contains(&column.name);
            return Ok(schema.columns().filter(stays).map(|column| column.name.clone()).collect());
        }
        let stays = |column: &&Column| matches!(column.role, Role::Target | Role::Weight);
        let others = schema.columns().filter(stays).map(|column| column.name.clone());
        let missing: Vec<Arc<str>> = others.filter(|name| !chosen.contains(name)).collect();
        Ok(selected.into_iter().chain(missing).collect())
    }
}

/// The schema of the table.
pub(crate) struct Seen(Schema);

impl Summary for Seen {
    fn merge(&mut self, _: Seen) {}
}

impl Estimator for Project {
    type Summary = Seen;
    type State = ProjectionState;

    fn schema(&self, input: &Schema) -> Result<Schema, Failure> {
        let kept = self.kept(input)?;
        let mut entries = Vec::new();
        for name in &kept {
            entries.extend(input.find(name).cloned().map(Entry::Column));
        }
        // Which members of an open group stay is known only from its fitted state.
        entries.extend(input.entries().iter().filter(|entry| !matches!(entry, Entry::Column(_))).cloned());
        Ok(Schema::with_entries(entries))
    }

    fn empty(&self, input: &Schema) -> Result<Seen, Failure> {
        Ok(Seen(input.clone()))
    }

    fn observe(&self, _: &mut Seen, _: &Table) -> Result<(), Failure> {
        Ok(())
    }

    fn needs_rows(&self) -> bool {
        false
    }

    fn chooses_by_name(&self) -> bool {
        self.selection.is_by_name()
    }

    fn finish(&self, seen: Seen) -> Result<ProjectionState, Failure> {
        let kept = self.kept(&seen.0)?;
        let names: BTreeSet<&Arc<str>> = kept.iter().collect();
        let with_role = |role| {
            let column = seen.0.columns().find(|column| column.role == role && names.contains(&column.name));
            column.map(|column| column.name.to_string())
        };
        let columns = kept.iter().map(|name| name.to_string()).collect();
        Ok(ProjectionState { columns, target: with_role(Role::Target), weight: with_role(Role::Weight) })
    }
}

/// The columns that stay. New rows may lack the target and the weight.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProjectionState {
    columns: Vec<String>,
    target: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    weight: Option<String>,
}

impl ProjectionState {
    fn may_be_missing(&self, name: &String) -> bool {
        Some(name) == self.target.as_ref() || Some(name) == self.weight.as_ref()
    }
}

impl State for ProjectionState {
    const TAG: &str = "column_selection";

    fn apply(&self, rows: &Table) -> Result<Table, Failure> {
        let there = |name: &&String| !self.may_be_missing(name) || rows.find(name).is_some();
        rows.select(&self.columns.iter().filter(there).collect::<Vec<_>>())
    }

    fn drops_all(&self) -> bool {
        self.columns.iter().all(|column| self.may_be_missing(column))
    }

    fn show(&self) -> Table {
        let names = arrow_array::StringArray::from_iter_values(&self.columns);
        let column = Column::new("column", pipewright_frame::ColumnType::Text);
        Table::new(vec![column], vec![Arc::new(names)]).expect("one column makes a table")
    }

    fn validate(&self) -> Result<(), Failure> {
        let mut names = self.columns.clone();
        names.sort_unstable();
        names.dedup();
        if names.len() == self.columns.len() {
            return Ok(());
        }
        Err(Failure::new(code::BAD_BUNDLE, "a step lists a column twice"))
    }
}
