//! A tree prepared for path-dependent Shapley values: its edges, with tables of polynomials at quadrature nodes.
//!
//! The value of a coalition in a tree is a sum over leaves of value · Π q_j, a factor per player on the path: o_j if player
//! j is in the coalition (1 if the row goes all ways of its splits, else 0), or z_j if it is not (the product of the shares
//! of training rows that go those ways). That is a multilinear function of the coalition, and the Shapley value is the
//! integral of its derivative along the diagonal (G. Owen, "Multilinear extensions of games", 1972):
//!
//! φ_j = ∫ over t from 0 to 1 of Σ over leaves of value · (o_j - z_j) · Π over k ≠ j of (z_k (1 - t) + o_k t)
//!
//! The integrand is a polynomial of a degree below the number D of players on a path, so that D / 2 nodes of Gauss and
//! Legendre integrate it exactly. At each node the products over paths are computed from the root down, and the sums over
//! leaves from the leaves up, once per edge: O(leaves · D) per row and tree. Sums of polynomials over subtrees are the idea
//! of P. Yu et al., "Linear TreeSHAP" (NeurIPS 2022); at nodes inside (0, 1) no factor is near 0, so that divisions are
//! harmless. A factor depends on the row only by o, so that all divisions are done in advance.
//!
//! Where a player occurs again on a path, its factor is replaced: an edge multiplies by new / old factor, and adds to φ the
//! difference of (o - z) / q between its factor and the old one.

use super::Block;
use super::shares::shares;
use crate::quadrature::gauss;
use pipewright_diagnostic::{Failure, code};
use pipewright_learn::tree::{Place, Tree, TreeTerm};

/// The most players on a path.
const PLAYERS_MAX: usize = 128;

/// No edge.
const NONE: usize = usize::MAX;

/// A prepared tree.
pub(super) trait Contributes: Send + Sync {
    /// The mean over the training rows.
    fn mean(&self) -> f64;

    /// Adds the Shapley values of rows, one per player.
    fn add(&self, block: Block<'_>, into: &mut [f64]);

    /// Adds the interaction indices of rows, a matrix of players each; of each pair, both entries.
    fn add_pairs(&self, block: Block<'_>, into: &mut [f64]);
}

/// About how many bytes a prepared tree takes, at most.
pub(super) fn bytes(term: &TreeTerm<'_>) -> usize {
    const TABLES: usize = 4;
    const NODES: usize = 8;
    2 * term.tree.leaves() * TABLES * NODES * size_of::<f64>()
}

/// Prepares a tree, with as many quadrature nodes as its paths need.
pub(super) fn prepared<'a>(term: &'a TreeTerm<'a>, of_columns: &[usize]) -> Result<Box<dyn Contributes + 'a>, Failure> {
    let (edges, players) = edges(term, of_columns);
    Ok(match players {
        0..=4 => Box::new(Prepared::<2>::new(term.tree, edges)),
        5..=8 => Box::new(Prepared::<4>::new(term.tree, edges)),
        9..=16 => Box::new(Prepared::<8>::new(term.tree, edges)),
        17..=32 => Box::new(Prepared::<16>::new(term.tree, edges)),
        33..=PLAYERS_MAX => Box::new(Prepared::<64>::new(term.tree, edges)),
        _ => {
            let message = format!("a path of a tree compares {players} columns; the maximum is {PLAYERS_MAX}");
            return Err(Failure::new(code::LIMIT_REACHED, message).help("group columns, or limit the depth"));
        }
    })
}

/// An edge from a node to a child. Edges are numbered parents first; 0 leads to the root and belongs to no node.
pub(super) struct Edge {
    parent: usize,
    node: usize,
    to_left: bool,
    pub(super) player: usize,
    /// The nearest edge above of the same player; [`NONE`] if there is none.
    same: usize,
    /// The share of training rows that go the ways of the player's edges so far.
    pub(super) share: f64,
    /// The share of training rows that go the ways of all edges so far.
    reach: f64,
    /// The value of the leaf that it leads to.
    pub(super) leaf: Option<f64>,
}

/// The edges of a tree, and the largest number of players on a path.
fn edges(term: &TreeTerm<'_>, of_columns: &[usize]) -> (Vec<Edge>, usize) {
    let tree = term.tree;
    let value = |place: Place| match place {
        Place::Leaf(leaf) => Some(term.leaves[leaf]),
        Place::Node(_) => None,
    };
    let root = tree.root();
    let first =
        Edge { parent: NONE, node: 0, to_left: true, player: 0, same: NONE, share: 1.0, reach: 1.0, leaf: value(root) };
    let mut edges = vec![first];
    // Places to visit: their edge, and the number of players above.
    let mut open = vec![(root, 0, 0)];
    let mut most = 0;
    while let Some((place, edge, players)) = open.pop() {
        let Place::Node(node) = place else {
            most = most.max(players);
            continue;
        };
        let player = of_columns[tree.column(node)];
        let same = above(&edges, edge, player);
        let children = tree.children(node);
        for (child, (to_left, share)) in children.into_iter().zip([true, false].into_iter().zip(shares(tree, children)))
        {
            let before = if same == NONE { 1.0 } else { edges[same].share };
            open.push((child, edges.len(), players + usize::from(same == NONE)));
            edges.push(Edge {
                parent: edge,
                node,
                to_left,
                player,
                same,
                share: before * share,
                reach: edges[edge].reach * share,
                leaf: value(child),
            });
        }
    }
    (edges, most)
}

/// The nearest edge of a player on the way up, the edge itself included.
fn above(edges: &[Edge], mut edge: usize, player: usize) -> usize {
    while edge != 0 && edges[edge].player != player {
        edge = edges[edge].parent;
    }
    if edge == 0 { NONE } else { edge }
}

/// What an edge multiplies by, and what its sum over leaves is weighed with, at each quadrature node.
struct Tables<const N: usize> {
    /// If the row has gone all ways of the player's edges.
    factor_along: [f64; N],
    gain_along: [f64; N],
    /// If it leaves them here.
    factor_leaving: [f64; N],
    gain_leaving: [f64; N],
    /// If it had left them before; the gain is then 0.
    factor_left: f64,
}

pub(super) struct Prepared<'a, const N: usize> {
    tree: &'a Tree,
    pub(super) edges: Vec<Edge>,
    tables: Vec<Tables<N>>,
    pub(super) rule: [(f64, f64); N],
}

/// What is computed for a row.
pub(super) struct Scratch<const N: usize> {
    goes_left: Vec<bool>,
    /// Has the row gone all ways of the player's edges, down to this one?
    pub(super) along: Vec<bool>,
    /// The product of all factors down to an edge.
    pub(super) products: Vec<[f64; N]>,
    /// The sum over the leaves below.
    sums: Vec<[f64; N]>,
}

impl<'a, const N: usize> Prepared<'a, N> {
    fn new(tree: &'a Tree, edges: Vec<Edge>) -> Prepared<'a, N> {
        let rule = gauss::<N>();
        let table = |edge: &Edge| {
            let (z, old) = (edge.share, if edge.same == NONE { 1.0 } else { edges[edge.same].share });
            // A factor and (o - z) / factor, of a player whose ways the row has gone.
            let along = |z: f64, t: f64| z * (1.0 - t) + t;
            let gain = |z: f64, t: f64| (1.0 - z) / along(z, t);
            Tables {
                factor_along: rule.map(|(t, _)| along(z, t) / along(old, t)),
                gain_along: rule.map(|(t, weight)| weight * (gain(z, t) - gain(old, t))),
                factor_leaving: rule.map(|(t, _)| z * (1.0 - t) / along(old, t)),
                gain_leaving: rule.map(|(t, weight)| weight * (-1.0 / (1.0 - t) - gain(old, t))),
                factor_left: if old > 0.0 { z / old } else { 0.0 },
            }
        };
        let tables = edges.iter().map(table).collect();
        Prepared { tree, edges, tables, rule }
    }

    pub(super) fn scratch(&self) -> Scratch<N> {
        let count = self.edges.len();
        Scratch {
            goes_left: vec![false; self.tree.splits()],
            along: vec![true; count],
            products: vec![[1.0; N]; count],
            sums: vec![[0.0; N]; count],
        }
    }

    /// Walks all edges from the root on: which of them the row goes, and the products of factors.
    pub(super) fn descend(&self, row: &[f64], scratch: &mut Scratch<N>) {
        for (node, goes_left) in scratch.goes_left.iter_mut().enumerate() {
            *goes_left = self.tree.goes_left(node, row[self.tree.column(node)]);
        }
        for (place, (edge, tables)) in self.edges.iter().zip(&self.tables).enumerate().skip(1) {
            let was_along = edge.same == NONE || scratch.along[edge.same];
            let is_along = was_along && scratch.goes_left[edge.node] == edge.to_left;
            scratch.along[place] = is_along;
            let mut product = scratch.products[edge.parent];
            match (is_along, was_along) {
                (true, _) => product.iter_mut().zip(&tables.factor_along).for_each(|(p, factor)| *p *= factor),
                (_, true) => product.iter_mut().zip(&tables.factor_leaving).for_each(|(p, factor)| *p *= factor),
                _ => product.iter_mut().for_each(|p| *p *= tables.factor_left),
            }
            scratch.products[place] = product;
        }
    }

    /// Walks all edges back: sums over leaves, and what they add to the players.
    fn ascend(&self, scratch: &mut Scratch<N>, into: &mut [f64]) {
        for (place, edge) in self.edges.iter().enumerate() {
            let value = edge.leaf.unwrap_or(0.0);
            scratch.sums[place] = scratch.products[place].map(|product| product * value);
        }
        for (place, (edge, tables)) in self.edges.iter().zip(&self.tables).enumerate().skip(1).rev() {
            let sums = scratch.sums[place];
            let was_along = edge.same == NONE || scratch.along[edge.same];
            if was_along {
                let gains = if scratch.along[place] { &tables.gain_along } else { &tables.gain_leaving };
                into[edge.player] += sums.iter().zip(gains).map(|(sum, gain)| sum * gain).sum::<f64>();
            }
            scratch.sums[edge.parent].iter_mut().zip(sums).for_each(|(above, sum)| *above += sum);
        }
    }
}

impl<const N: usize> Contributes for Prepared<'_, N> {
    fn mean(&self) -> f64 {
        self.edges.iter().filter_map(|edge| Some(edge.leaf? * edge.reach)).sum()
    }

    fn add(&self, block: Block<'_>, into: &mut [f64]) {
        let mut scratch = self.scratch();
        for (row, into) in block.rows.chunks_exact(block.columns).zip(into.chunks_exact_mut(block.width)) {
            self.descend(row, &mut scratch);
            self.ascend(&mut scratch, &mut into[block.start..]);
        }
    }

    fn add_pairs(&self, block: Block<'_>, into: &mut [f64]) {
        super::pairs::add(self, block, into);
    }
}

impl<const N: usize> Prepared<'_, N> {
    /// The last edge of each player on the way to a leaf.
    pub(super) fn players_above(&self, leaf: usize) -> Vec<usize> {
        let mut last: Vec<usize> = Vec::new();
        let mut edge = leaf;
        while edge != 0 {
            if last.iter().all(|&other| self.edges[other].player != self.edges[edge].player) {
                last.push(edge);
            }
            edge = self.edges[edge].parent;
        }
        last
    }
}
