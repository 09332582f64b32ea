//! Shapley values from random orders of the players.

use super::{Games, OfRow, collected, too_few};
use crate::{Attributions, Numbers, Rows};
use pipewright_diagnostic::Failure;

/// The mean of v(those before i, and i) - v(those before i) over orders and their reverses. The standard errors are those
/// of the mean over pairs of an order and its reverse.
pub(super) fn values<R: Rows, O: Into<Numbers>, F: Fn(&R) -> Result<O, Failure> + Sync>(
    games: &Games<'_, R, F>,
    rows: usize,
    permutations: usize,
) -> Result<Attributions, Failure> {
    if permutations == 0 {
        return Err(too_few("permutations"));
    }
    let players = games.players();
    let key = games.explainer.key.child("permutation");
    // The place of each player in each order.
    let orders: Vec<Vec<u32>> = (0..permutations).map(|number| key.index(number as u64).permutation(players)).collect();
    let places: Vec<Vec<usize>> = orders.iter().map(|order| inverse(order)).collect();
    // Coalitions: none, all, and for each order its beginnings and its ends of 1 to players - 1.
    let inner = players - 1;
    let coalition = |order: usize, size: usize| match size {
        0 => 0,
        size if size == players => 1,
        size => 2 + order * inner + size - 1,
    };
    let is_in = |number: usize, player: usize| match number {
        0 => false,
        1 => true,
        number => {
            let (order, size) = ((number - 2) / inner, (number - 2) % inner + 1);
            let place = places[order / 2][player];
            if order.is_multiple_of(2) { place < size } else { place >= players - size }
        }
    };
    collected(games.names(), rows, |row| {
        let game = games.values(row, 2 + 2 * permutations * inner, is_in)?;
        let mut sums = vec![[0.0; 2]; game.width() * players];
        for (order, places) in places.iter().enumerate() {
            for (player, &place) in places.iter().enumerate() {
                let step = |order: usize, before: usize, output: usize| {
                    game.row(coalition(order, before + 1))[output] - game.row(coalition(order, before))[output]
                };
                for output in 0..game.width() {
                    let pair =
                        f64::midpoint(step(2 * order, place, output), step(2 * order + 1, players - 1 - place, output));
                    let [mean, squares] = &mut sums[output * players + player];
                    // Welford's update, which does not cancel.
                    let apart = pair - *mean;
                    *mean += apart / (order + 1) as f64;
                    *squares += apart * (pair - *mean);
                }
            }
        }
        let count = permutations as f64;
        let error = |[_, squares]: &[f64; 2]| (squares / (count - 1.0) / count).sqrt();
        let errors = if permutations > 1 { sums.iter().map(error).collect() } else { Vec::new() };
        Ok(OfRow { base: game.row(0).to_vec(), values: sums.iter().map(|[mean, _]| *mean).collect(), errors })
    })
}

fn inverse(order: &[u32]) -> Vec<usize> {
    let mut places = vec![0; order.len()];
    order.iter().enumerate().for_each(|(place, &player)| places[player as usize] = place);
    places
}
