//! The shares of the training rows that go to each side of a split.

use pipewright_learn::tree::{Place, Tree};

/// The share of the rows of a node that go to each child. Where no training rows are known, half.
pub(super) fn shares(tree: &Tree, children: [Place; 2]) -> [f64; 2] {
    let covers = children.map(|child| tree.cover(child).max(0.0));
    let all = covers[0] + covers[1];
    if all > 0.0 { covers.map(|cover| cover / all) } else { [0.5; 2] }
}
