//! Projection and predicate pushdown: the columns and rows that the stages of a pipeline need from its source.

use crate::model::Node;
use crate::path::Path;
use pipewright_frame::Expression;
use pipewright_operator::work::Pushdown;
use pipewright_operator::{Bound, RowsKept};
use std::collections::BTreeSet;
use std::sync::Arc;

/// The columns and rows that a pipeline needs from its source.
///
/// As long as stages only select columns (by name) and filter rows, columns dropped by the last of them need not be
/// read, unless a condition uses them. The conditions of such stages can be applied while reading, down to a stage
/// that counts rows (`head`, `sample`), which must see them all.
pub(crate) fn wanted(path: &Path<'_>) -> Pushdown {
    // The arms of a fork may need different columns.
    let end = path.branch.forked_at.unwrap_or(path.nodes.len());
    let Some((source, stages)) = path.nodes[..end].split_first() else { return Pushdown::default() };
    let choosing: Vec<&Node> = stages.iter().copied().take_while(|node| chooses(node)).collect();
    let by = path.nodes.iter().filter_map(|node| match &node.bound {
        Bound::Evaluator(judge) => judge.by().cloned(),
        _ => None,
    });
    Pushdown { columns: columns(source, &choosing, by), filter: filter(&choosing) }
}

fn chooses(node: &Node) -> bool {
    matches!(node.bound, Bound::Rows(_) | Bound::Step(_)) && node.footprint.chooses()
}

/// The columns that are read, among them those by which groups are scored apart; `None` for all.
fn columns(source: &Node, choosing: &[&Node], by: impl Iterator<Item = Arc<str>>) -> Option<Arc<BTreeSet<Arc<str>>>> {
    let there = source.schema.as_ref()?;
    let left = choosing.last()?.schema.as_ref()?;
    let mut wanted: BTreeSet<Arc<str>> = left.columns().map(|column| column.name.clone()).collect();
    for node in choosing {
        wanted.extend(node.footprint.reads.names.iter().cloned());
        wanted.extend(node.footprint.declares.iter().map(|declared| declared.target.clone()));
    }
    wanted.extend(by);
    let all = there.columns().count();
    wanted.retain(|name| there.find(name).is_some());
    (wanted.len() < all).then(|| Arc::new(wanted))
}

fn filter(choosing: &[&Node]) -> Option<Expression> {
    let mut conditions = Vec::new();
    for node in choosing {
        match &node.footprint.keeps {
            RowsKept::All | RowsKept::Sorted(_) => {}
            RowsKept::Where(condition) => conditions.push(condition.clone()),
            // Stages that count rows must see them all.
            RowsKept::Known(_)
            | RowsKept::First(_)
            | RowsKept::Last(_)
            | RowsKept::Distinct(_)
            | RowsKept::Sampled
            | RowsKept::Complete
            | RowsKept::Groups(_)
            | RowsKept::Others => break,
        }
    }
    conditions.into_iter().reduce(Expression::and)
}
