//! The columns that a saved pipeline further down expects of a source.

use crate::model::Node;
use pipewright_frame::Column;
use pipewright_operator::Bound;
use std::collections::BTreeSet;

/// Returns the columns that a saved pipeline expects as they are in the source: no stage before it makes them.
pub(super) fn expected(nodes: &[Node]) -> Vec<Column> {
    let mut made: BTreeSet<&str> = BTreeSet::new();
    for node in nodes {
        if let Bound::Rows(rows) = &node.bound
            && !rows.expects().is_empty()
        {
            return rows.expects().iter().filter(|column| !made.contains(&*column.name)).cloned().collect();
        }
        made.extend(node.footprint.makes.iter().map(|made| &*made.name));
    }
    Vec::new()
}
