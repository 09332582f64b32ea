//! What a saved pipeline does of what stands above the first stage that learns: the steps that make columns, row by row.
//! What makes or chooses rows (`where`, `group`, `join`) has made the table, and new rows come without it.

use crate::model::Node;
use crate::path::Path;
use pipewright_frame::{Column, ColumnType, Role, Schema};
use pipewright_operator::Bound;
use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

impl Path<'_> {
    /// The stages that new rows go through before the first one that learns: from the first step that makes columns,
    /// behind the last stage that makes another table.
    pub(crate) fn replayed(&self) -> Range<usize> {
        let end = self.shared_end();
        let nodes = &self.nodes[..end];
        let made = |place: usize| place > 0 && makes_a_table(nodes[place], nodes[place - 1].schema.as_ref());
        let from = (0..end).rev().find(|&place| made(place)).map_or(0, |place| place + 1);
        let makes_columns = |node: &Node| matches!(&node.bound, Bound::Step(_)) && !node.footprint.chooses();
        let start = (from..end).find(|&place| makes_columns(nodes[place])).unwrap_or(end);
        start..end
    }

    /// The columns in front of those stages that something of what is left behind them was made from; all, if there
    /// are no such stages.
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

/// Does a stage make other columns than there were, and not row by row?
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
