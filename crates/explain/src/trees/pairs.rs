//! Path-dependent interaction indices of pairs of players.
//!
//! The index of i and j is the integral of the second derivative of the multilinear extension along the diagonal: per
//! leaf, ∫ value · (o_i - z_i) (o_j - z_j) · Π over the other players of (z_k (1 - t) + o_k t) dt.

use super::Block;
use super::edges::Prepared;

/// Adds the indices of all pairs; of each pair, both entries.
pub(super) fn add<const N: usize>(tree: &Prepared<'_, N>, block: Block<'_>, into: &mut [f64]) {
    let leaves: Vec<(usize, f64, Vec<usize>)> = (0..tree.edges.len())
        .filter_map(|edge| Some((edge, tree.edges[edge].leaf?, tree.players_above(edge))))
        .collect();
    let players = block.players;
    let mut scratch = tree.scratch();
    for (row, into) in block.rows.chunks_exact(block.columns).zip(into.chunks_exact_mut(block.width)) {
        tree.descend(row, &mut scratch);
        let into = &mut into[block.start..];
        for (leaf, value, last) in &leaves {
            let products = scratch.products[*leaf];
            if products[0] == 0.0 {
                // No training row and not the row itself gets here.
                continue;
            }
            // (o - z) / factor of each player on the path.
            let gain = |edge: usize| {
                let z = tree.edges[edge].share;
                let along = scratch.along[edge];
                tree.rule.map(|(t, _)| if along { (1.0 - z) / (z * (1.0 - t) + t) } else { -1.0 / (1.0 - t) })
            };
            let gains: Vec<[f64; N]> = last.iter().map(|&edge| gain(edge)).collect();
            for (place, &one) in last.iter().enumerate() {
                for (other, &two) in last.iter().enumerate().skip(place + 1) {
                    let at = |node: usize| tree.rule[node].1 * products[node] * gains[place][node] * gains[other][node];
                    let index = value * (0..N).map(at).sum::<f64>();
                    let (one, two) = (tree.edges[one].player, tree.edges[two].player);
                    into[one * players + two] += index;
                    into[two * players + one] += index;
                }
            }
        }
    }
}
