//! Shapley values of trees against a background.
//!
//! For a row x and a background row b, a leaf is reached by the coalitions that have all players by which x and b part on
//! the way and x goes on, p of them, and none of the n players by which b goes on. Each of the p then gets value ·
//! (p - 1)! n! / (p + n)!, and each of the n loses value · p! (n - 1)! / (p + n)! (Lundberg et al., "From local explanations
//! to global understanding with explainable AI for trees", 2020). Only leaves that x or b can reach are visited.

use super::{ROWS, Task};
use pipewright_diagnostic::{Bounds, Failure};
use pipewright_learn::tree::{Place, TreeTerm};
use rayon::prelude::*;

/// The values of all rows; `base` becomes the mean score of the background.
pub(super) fn values(task: &Task<'_>, background: &[f64], base: &mut [f64]) -> Result<Vec<f64>, Failure> {
    let (columns, players) = (task.columns(), task.players.len());
    let width = players * base.len();
    let mut values = task.zeros(width)?;
    let bounds = Bounds::current();
    let count = (background.len() / columns.max(1)) as f64;
    for term in &task.sum.terms {
        let pairs = Pairs::new(term, &task.of_columns, players);
        let known: Vec<Vec<bool>> = background.chunks_exact(columns).map(|row| pairs.directions(row)).collect();
        base[term.output] += known.iter().map(|directions| pairs.predicted(directions)).sum::<f64>() / count;
        let blocks = values.par_chunks_mut((ROWS * width).max(1)).zip(task.blocks());
        blocks.try_for_each(|(into, rows)| {
            let mut sides = vec![Side::Both; players];
            let mut sums = vec![0.0; players];
            for (row, into) in rows.chunks_exact(columns).zip(into.chunks_exact_mut(width)) {
                bounds.go_on()?;
                let own = pairs.directions(row);
                sums.fill(0.0);
                for other in &known {
                    let mut walk = Walk { pairs: &pairs, own: &own, other, sides: &mut sides, sums: &mut sums };
                    walk.from(term.tree.root(), 0, 0);
                }
                let into = &mut into[term.output * players..][..players];
                into.iter_mut().zip(&sums).for_each(|(into, sum)| *into += sum / count);
            }
            Ok::<_, Failure>(())
        })?;
    }
    Ok(values)
}

/// A tree, and the shares of a leaf's value.
struct Pairs<'a> {
    term: &'a TreeTerm<'a>,
    of_columns: &'a [usize],
    /// a! b! / (a + b + 1)! at a · side + b.
    shares: Vec<f64>,
    side: usize,
}

/// Whose way a player goes on the current path.
#[derive(Clone, Copy, PartialEq)]
enum Side {
    Both,
    Own,
    Other,
}

impl<'a> Pairs<'a> {
    fn new(term: &'a TreeTerm<'a>, of_columns: &'a [usize], players: usize) -> Pairs<'a> {
        // No path has more players than the tree has splits.
        let side = players.min(term.tree.splits()) + 1;
        let mut shares = vec![0.0; side * side];
        for b in 0..side {
            shares[b] = 1.0 / (b + 1) as f64;
            for a in 1..side {
                shares[a * side + b] = shares[(a - 1) * side + b] * a as f64 / (a + b + 1) as f64;
            }
        }
        Pairs { term, of_columns, shares, side }
    }

    /// Does the row go left, at each node?
    fn directions(&self, row: &[f64]) -> Vec<bool> {
        let tree = self.term.tree;
        (0..tree.splits()).map(|node| tree.goes_left(node, row[tree.column(node)])).collect()
    }

    fn predicted(&self, directions: &[bool]) -> f64 {
        let mut place = self.term.tree.root();
        loop {
            match place {
                Place::Leaf(leaf) => return self.term.leaves[leaf],
                Place::Node(node) => place = self.term.tree.children(node)[usize::from(!directions[node])],
            }
        }
    }
}

/// A walk of a row and a background row down a tree.
struct Walk<'a, 'b> {
    pairs: &'a Pairs<'a>,
    own: &'a [bool],
    other: &'a [bool],
    sides: &'b mut [Side],
    sums: &'b mut [f64],
}

impl Walk<'_, '_> {
    /// What the leaves below give to each player on the row's side, and take from each on the other side. `own` and
    /// `other` are the numbers of such players.
    fn from(&mut self, mut place: Place, own: usize, other: usize) -> [f64; 2] {
        let tree = self.pairs.term.tree;
        while let Place::Node(node) = place {
            let player = self.pairs.of_columns[tree.column(node)];
            let children = tree.children(node);
            let child = |left: bool| children[usize::from(!left)];
            let (left, left_of_other) = (self.own[node], self.other[node]);
            place = match self.sides[player] {
                Side::Own => child(left),
                Side::Other => child(left_of_other),
                Side::Both if left == left_of_other => child(left),
                Side::Both => {
                    self.sides[player] = Side::Own;
                    let with = self.from(child(left), own + 1, other);
                    self.sides[player] = Side::Other;
                    let without = self.from(child(left_of_other), own, other + 1);
                    self.sides[player] = Side::Both;
                    self.sums[player] += with[0] - without[1];
                    return [with[0] + without[0], with[1] + without[1]];
                }
            };
        }
        let Place::Leaf(leaf) = place else { unreachable!("walks end at leaves") };
        let value = self.pairs.term.leaves[leaf];
        let share = |a: usize, b: usize| value * self.pairs.shares[a * self.pairs.side + b];
        [if own > 0 { share(own - 1, other) } else { 0.0 }, if other > 0 { share(own, other - 1) } else { 0.0 }]
    }
}
