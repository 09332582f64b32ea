//! Kernel SHAP: Shapley values as the solution of a weighted least-squares problem.

use super::{Games, OfRow, collected, too_few};
use crate::{Attributions, Numbers, Rows};
use pipewright_diagnostic::Failure;
use pipewright_learn::linear::Linear;
use pipewright_learn::{Dataset, Features, Key, Learner, Target};
use std::collections::BTreeMap;

/// Minimises Σ over coalitions S of k(S) · (v(S) - v(∅) - Σ over i in S of φ_i)², k(S) = (d - 1) / (C(d, s) s (d - s)),
/// under Σ φ_i = v(all) - v(∅): the last value is eliminated by the constraint.
pub(super) fn values<R: Rows, O: Into<Numbers>, F: Fn(&R) -> Result<O, Failure> + Sync>(
    games: &Games<'_, R, F>,
    rows: usize,
    coalitions: usize,
) -> Result<Attributions, Failure> {
    let players = games.players();
    if coalitions < 2 {
        return Err(too_few("coalitions"));
    }
    let chosen = chosen(players, coalitions, games.explainer.key.child("kernel"));
    let design = design(players, &chosen);
    let weights: Vec<f64> = chosen.iter().map(|(_, weight)| *weight).collect();
    let count = chosen.len();
    collected(games.names(), rows, |row| {
        // The empty coalition, all players, and those that were chosen.
        let game = games.values(row, count + 2, |coalition, player| match coalition {
            0 => false,
            1 => true,
            other => chosen[other - 2].0[player],
        })?;
        let mut values = Vec::with_capacity(game.width() * players);
        for output in 0..game.width() {
            let (base, all) = (game.row(0)[output], game.row(1)[output]);
            let last = |place: usize| if chosen[place].0[players - 1] { all - base } else { 0.0 };
            let target = (0..count).map(|place| game.row(place + 2)[output] - base - last(place)).collect();
            let mut own = match &design {
                None => Vec::new(),
                Some(design) => solved(design, target, &weights)?,
            };
            own.push(all - base - own.iter().sum::<f64>());
            values.extend(own);
        }
        Ok(OfRow { base: game.row(0).to_vec(), values, errors: Vec::new() })
    })
}

/// Coalitions and their weights.
type Chosen = Vec<(Vec<bool>, f64)>;

/// Chooses coalitions. Those of 1 and d - 1 players have most weight, and are taken whole if there is room for them, then
/// those of 2 and d - 2, and so on; the rest are drawn, each with its complement.
fn chosen(players: usize, room: usize, key: Key) -> Chosen {
    let mut chosen = Chosen::new();
    let size_weight = |size: usize| (players - 1) as f64 / (size * (players - size)) as f64;
    let mut size = 1;
    while size <= players / 2 {
        let paired = 2 * size != players;
        let subsets = count(players, size);
        if subsets * (1 + usize::from(paired)) as f64 > (room - chosen.len()) as f64 {
            break;
        }
        let weight = size_weight(size) / subsets;
        for_each_subset(players, size, |subset| {
            if paired {
                chosen.push((subset.iter().map(|is_in| !is_in).collect(), weight));
            }
            chosen.push((subset.to_vec(), weight));
        });
        size += 1;
    }
    if size > players / 2 {
        return chosen;
    }
    chosen.extend(drawn(players, size..players - size + 1, (room - chosen.len()) / 2, key));
    chosen
}

/// Draws pairs of a coalition and its complement, of these sizes.
fn drawn(players: usize, sizes: std::ops::Range<usize>, pairs: usize, key: Key) -> Chosen {
    let weights: Vec<f64> = sizes.clone().map(|size| 1.0 / (size * (players - size)) as f64).collect();
    let total: f64 = weights.iter().sum();
    let mut counts: BTreeMap<Vec<bool>, usize> = BTreeMap::new();
    for pair in 0..pairs as u64 {
        let mut left = key.child("size").uniform(pair) * total;
        let place = weights.iter().position(|weight| {
            left -= weight;
            left < 0.0
        });
        let size = sizes.start + place.unwrap_or(weights.len() - 1);
        let mut subset = vec![false; players];
        let order = key.child("members").index(pair).permutation(players);
        order[..size].iter().for_each(|&player| subset[player as usize] = true);
        *counts.entry(subset.iter().map(|is_in| !is_in).collect()).or_default() += 1;
        *counts.entry(subset).or_default() += 1;
    }
    let unit = (players - 1) as f64 * total / (2 * pairs.max(1)) as f64;
    counts.into_iter().map(|(subset, count)| (subset, count as f64 * unit)).collect()
}

/// The columns of the least-squares problem without the last player; `None` for one player.
fn design(players: usize, chosen: &Chosen) -> Option<Features> {
    let others = players - 1;
    let sign = |is_in: bool| f64::from(u8::from(is_in));
    let entry = |player: usize| chosen.iter().map(move |(subset, _)| sign(subset[player]) - sign(subset[others]));
    let names = (0..others).map(|player| player.to_string()).collect();
    (others > 0).then(|| Features::new(chosen.len(), names, (0..others).flat_map(entry).collect()))
}

fn solved(design: &Features, target: Vec<f64>, weights: &[f64]) -> Result<Vec<f64>, Failure> {
    let rows = Dataset::new(design.clone(), Target::Numbers(target)).with_weights(weights.to_vec())?;
    Ok(Linear { intercept: false }.fit(&rows)?.coefficients().to_vec())
}

/// The number of subsets of a size, as a float: it may be large.
fn count(players: usize, size: usize) -> f64 {
    (0..size).fold(1.0, |count, taken| (count * (players - taken) as f64 / (taken + 1) as f64).round())
}

/// Calls `visit` with each subset of a size; of half of the players each subset, its complement included.
fn for_each_subset(players: usize, size: usize, mut visit: impl FnMut(&[bool])) {
    let mut members: Vec<usize> = (0..size).collect();
    let mut subset = vec![false; players];
    loop {
        subset.fill(false);
        members.iter().for_each(|&player| subset[player] = true);
        visit(&subset);
        // The next one in lexicographic order.
        let Some(place) = (0..size).rev().find(|&place| members[place] < players - size + place) else { return };
        members[place] += 1;
        for next in place + 1..size {
            members[next] = members[next - 1] + 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_coalitions_are_taken_if_there_is_room_for_them() {
        for players in 2..7_usize {
            let chosen = chosen(players, 1 << players, Key::new(0));
            let mut subsets: Vec<&Vec<bool>> = chosen.iter().map(|(subset, _)| subset).collect();
            subsets.sort();
            subsets.dedup();
            assert_eq!((chosen.len(), subsets.len()), ((1 << players) - 2, (1 << players) - 2));
        }
    }

    #[test]
    fn what_is_drawn_has_the_weight_of_what_is_left_out() {
        let players = 9;
        let whole: f64 = (1..players).map(|size| (players - 1) as f64 / (size * (players - size)) as f64).sum();
        for room in [20, 100, 300] {
            let chosen = chosen(players, room, Key::new(3));
            let sum: f64 = chosen.iter().map(|(_, weight)| weight).sum();
            assert!((sum - whole).abs() < 1e-12 && chosen.len() <= room, "{sum} {whole}");
            assert!(chosen.iter().all(|(subset, _)| subset.contains(&true) && subset.contains(&false)));
        }
    }
}
