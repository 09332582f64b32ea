//! Shapley values by enumeration of all coalitions.

use super::{EXACT_PLAYERS, Games, OfRow, collected};
use crate::{Attributions, Interactions, Numbers, Rows};
use pipewright_diagnostic::{Failure, code};

/// φ_i = Σ over S without i of |S|! (d - |S| - 1)! / d! · (v(S ∪ i) - v(S)).
pub(super) fn values<R: Rows, O: Into<Numbers>, F: Fn(&R) -> Result<O, Failure> + Sync>(
    games: &Games<'_, R, F>,
    rows: usize,
) -> Result<Attributions, Failure> {
    let players = games.players();
    let shares = shares(players);
    collected(games.names(), rows, |row| {
        let game = all(games, row)?;
        let mut values = vec![0.0; game.width() * players];
        for (coalition, player) in pairs_without(players) {
            let (without, with) = (game.row(coalition), game.row(coalition | 1 << player));
            let share = shares[coalition.count_ones() as usize];
            for (output, (without, with)) in without.iter().zip(with).enumerate() {
                values[output * players + player] += share * (with - without);
            }
        }
        Ok(OfRow { base: game.row(0).to_vec(), values, errors: Vec::new() })
    })
}

/// The Shapley interaction index of i and j: Σ over S without both of |S|! (d - |S| - 2)! / (d - 1)! ·
/// (v(S ∪ ij) - v(S ∪ i) - v(S ∪ j) + v(S)) (M. Grabisch and M. Roubens, 1999).
pub(super) fn interactions<R: Rows, O: Into<Numbers>, F: Fn(&R) -> Result<O, Failure> + Sync>(
    games: &Games<'_, R, F>,
    rows: usize,
) -> Result<Interactions, Failure> {
    let players = games.players();
    let shapley = values(games, rows)?;
    // With one player there is no pair, and no share.
    let shares = shares(players.max(2) - 1);
    let mut indices = vec![0.0; rows * shapley.outputs() * players * players];
    for row in 0..rows {
        let game = all(games, row)?;
        for (coalition, first) in pairs_without(players) {
            for second in (first + 1..players).filter(|second| coalition & 1 << second == 0) {
                let share = shares[coalition.count_ones() as usize];
                let (one, two) = (1 << first, 1 << second);
                for output in 0..game.width() {
                    let value = |coalition: usize| game.row(coalition)[output];
                    let gain = value(coalition | one | two) - value(coalition | one) - value(coalition | two)
                        + value(coalition);
                    let start = (row * game.width() + output) * players * players;
                    indices[start + first * players + second] += share * gain;
                    indices[start + second * players + first] += share * gain;
                }
            }
        }
    }
    Ok(Interactions::of_indices(&shapley, indices))
}

/// The values of all coalitions; bit i of the number of a coalition says whether player i is in it.
fn all<R: Rows, O: Into<Numbers>, F: Fn(&R) -> Result<O, Failure> + Sync>(
    games: &Games<'_, R, F>,
    row: usize,
) -> Result<Numbers, Failure> {
    let players = games.players();
    if players > EXACT_PLAYERS {
        let message = format!("{players} columns have too many coalitions; exact values take up to {EXACT_PLAYERS}");
        return Err(Failure::new(code::LIMIT_REACHED, message).help("group columns, or sample permutations"));
    }
    games.values(row, 1 << players, |coalition, player| coalition >> player & 1 == 1)
}

/// Every coalition and every player that is not in it.
fn pairs_without(players: usize) -> impl Iterator<Item = (usize, usize)> {
    let outside = move |coalition: usize| (0..players).filter(move |player| coalition >> player & 1 == 0);
    (0..1 << players).flat_map(move |coalition| outside(coalition).map(move |player| (coalition, player)))
}

/// s! (d - s - 1)! / d! for s = 0, 1, … d - 1.
fn shares(players: usize) -> Vec<f64> {
    let mut shares = vec![1.0 / players as f64];
    for size in 1..players {
        let last = shares[size - 1];
        shares.push(last * size as f64 / (players - size) as f64);
    }
    shares
}
