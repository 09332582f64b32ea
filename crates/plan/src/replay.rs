//! Replay: the stages above the first one that learns that a saved pipeline applies to new rows, which are those that
//! make columns row by row. Stages that make or filter rows (`where`, `group`, `join`) are not applied to new rows.

use crate::model::Node;
use crate::path::Path;
use pipewright_frame::{Column, ColumnType, Role, Schema};
use pipewright_operator::Bound;
use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

impl Path<'_> {
    /// The stages that new rows pass before the first one that learns: from the first step that makes columns after the
    /// last stage that makes another table.
    pub(crate) fn replayed(&self) -> Range<usize> {
        let end = self.shared_end();
        let nodes = &self.nodes[..end];
        let made = |place: usize| place > 0 && makes_a_table(nodes[place], nodes[place - 1].schema.as_ref());
        let from = (0..end).rev().find(|&place| made(place)).map_or(0, |place| place + 1);
        let makes_columns = |node: &Node| matches!(&node.bound, Bound::Step(_)) && !node.footprint.chooses();
        let start = (from..end).find(|&place| makes_columns(nodes[place])).unwrap_or(end);
        start..end
    }

    /// The columns before those stages from which the columns after them are computed; all, if there are no such
    /// stages.
    pub(crate) fn replayed_columns(&self) -> Option<Vec<Arc<str>>> {
        let stages = self.replayed();
        if stages.is_empty() {
            return None;
        }
        let before = self.nodes[stages.start.checked_sub(1)?].schema.as_ref()?;
        let behind = self.nodes[stages.end - 1].schema.as_ref()?;
        let mut reads: BTreeSet<Arc<str>> = BTreeSet::new();
        for node in self.nodes[stages].iter().filter(|node| matches!(node.bound, Bound::Step(_))) {
            reads.extend(node.footprint.reads.names.iter().cloned());
        }
        let features = behind.columns().filter(|column| column.role == Role::Feature);
        let sources: BTreeSet<&Arc<str>> = features.flat_map(|column| &column.sources).collect();
        let used = |column: &&Column| {
            reads.contains(&column.name)
                || column.sources.iter().any(|source| sources.contains(source))
                || behind.find(&column.name).is_some()
        };
        let all = !behind.is_closed();
        Some(before.columns().filter(|column| all || used(column)).map(|column| column.name.clone()).collect())
    }
}

/// Does a stage change the columns, and not row by row?
fn makes_a_table(node: &Node, before: Option<&Schema>) -> bool {
    let kinds = |schema: &Schema| -> Vec<(Arc<str>, ColumnType)> {
        schema.columns().map(|column| (column.name.clone(), column.kind)).collect()
    };
    match &node.bound {
        Bound::Source(_) => true,
        Bound::Rows(_) => !node.footprint.chooses() && before.map(kinds) != node.schema.as_ref().map(kinds),
        _ => false,
    }
}
