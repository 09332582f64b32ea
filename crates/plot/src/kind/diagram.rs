//! Diagrams: a decision tree, and a plan of stages.

use crate::figure::{Content, Diagram, Edge, Figure, Node, Panel};
use crate::mark::Tone;
use crate::number::count;

/// A box of a decision tree.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TreeNode<'a> {
    /// What it asks or predicts, and more about it, line by line.
    pub lines: &'a [&'a str],
    /// From 0 to 1 how much it predicts, which is its colour; boxes without are grey.
    pub share: Option<f64>,
    /// The boxes below it, by their index, each with the answer that leads there.
    pub below: &'a [(&'a str, usize)],
}

/// The most boxes of a tree.
const BOXES: usize = 31;

/// A decision tree, from its first box on. Of a large tree, the boxes nearest to the root.
#[must_use]
pub fn tree(title: &str, nodes: &[TreeNode<'_>]) -> Figure {
    // Boxes by layers, so that what is cut are the lowest ones.
    let mut is_known = vec![false; nodes.len()];
    let mut order: Vec<usize> = (0..nodes.len().min(1)).collect();
    is_known.iter_mut().take(1).for_each(|root| *root = true);
    let mut next = 0;
    while let Some(node) = order.get(next).copied() {
        for (_, child) in nodes[node].below {
            if is_known.get(*child) == Some(&false) {
                is_known[*child] = true;
                order.push(*child);
            }
        }
        next += 1;
    }
    let drawn = &order[..order.len().min(BOXES)];
    let place = |node: usize| drawn.iter().position(|other| *other == node);
    let mut diagram = Diagram::default();
    for (index, node) in drawn.iter().enumerate() {
        let node = &nodes[*node];
        let mut lines: Vec<String> = node.lines.iter().map(|line| (*line).to_owned()).collect();
        let hidden = node.below.iter().filter(|(_, child)| place(*child).is_none()).count();
        if hidden > 0 {
            lines.push("… more below".to_owned());
        }
        diagram.edges.extend(
            node.below.iter().filter_map(|(label, child)| {
                Some(Edge { from: index, to: place(*child)?, label: (*label).to_owned() })
            }),
        );
        let share = node.share.filter(|share| share.is_finite());
        let data = share.map(|share| ("share", share.into())).into_iter().collect();
        diagram.nodes.push(Node { lines, tone: share.map_or(Tone::Muted, Tone::Value), data });
    }
    let note = match order.len() - drawn.len() {
        0 => String::new(),
        hidden => format!("{} boxes further down are not drawn.", count(hidden)),
    };
    figure(title, diagram).note(note)
}

/// A stage of a plan.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PlanStage<'a> {
    /// What it does, and more about it, line by line.
    pub lines: &'a [&'a str],
    /// Stages of the same kind have the same colour.
    pub kind: usize,
    /// The stages whose tables it takes, by their index.
    pub after: &'a [usize],
}

/// The most stages.
const STAGES: usize = 60;

/// A plan as a graph: stages, with arrows along which tables go. The first 60 stages.
#[must_use]
pub fn plan(title: &str, stages: &[PlanStage<'_>]) -> Figure {
    let drawn = &stages[..stages.len().min(STAGES)];
    let node = |stage: &PlanStage<'_>| Node {
        lines: stage.lines.iter().map(|line| (*line).to_owned()).collect(),
        tone: Tone::Series(stage.kind),
        data: Vec::new(),
    };
    let edges = drawn
        .iter()
        .enumerate()
        .flat_map(|(to, stage)| stage.after.iter().map(move |from| Edge { from: *from, to, label: String::new() }));
    let diagram = Diagram { nodes: drawn.iter().map(node).collect(), edges: edges.collect() };
    figure(title, diagram).note(crate::summary::shown(drawn.len(), stages.len(), "stages"))
}

fn figure(title: &str, diagram: Diagram) -> Figure {
    Figure::new(title, vec![Panel { title: String::new(), content: Content::Diagram(diagram) }])
}
