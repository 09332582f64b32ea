//! Which clusters are merged, and at what distance.

use super::frame::Points;
use super::lanes::{LANES, Lanes};
use pipewright_diagnostic::{Bounds, Failure, go_on, room_for};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// The distance of two clusters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Linkage {
    /// √(2·m·n/(m + n)) times the distance of the means of m and n rows: least growth of the variance within clusters
    /// (Ward, "Hierarchical grouping to optimize an objective function", 1963).
    #[default]
    Ward,
    /// The largest distance of two rows.
    Complete,
    /// The mean distance of two rows.
    Average,
    /// The least distance of two rows.
    Single,
}

impl Linkage {
    /// The distance of a cluster to two merged ones, from those to each, their sizes and the distance of the two (Lance,
    /// Williams, "A general theory of classificatory sorting strategies", 1967). For Ward, distances are squared.
    fn merged(self, [to_one, to_other, between]: [f64; 3], [own, one, other]: [f64; 3]) -> f64 {
        match self {
            Linkage::Ward => {
                let sum = (own + one) * to_one + (own + other) * to_other - own * between;
                (sum / (own + one + other)).max(0.0)
            }
            Linkage::Complete => to_one.max(to_other),
            Linkage::Average => (one * to_one + other * to_other) / (one + other),
            Linkage::Single => to_one.min(to_other),
        }
    }

    /// The distance of two rows of these weights.
    fn between(self, square: f64, one: f64, other: f64) -> f64 {
        match self {
            Linkage::Ward => square * (2.0 * one / (one + other) * other),
            _ => square.sqrt(),
        }
    }
}

/// Two clusters that become one: a row of each, and their distance.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Merge {
    pub(super) one: u32,
    pub(super) other: u32,
    pub(super) height: f64,
}

/// The distances of all pairs, row by row above the diagonal.
struct Distances {
    rows: usize,
    values: Vec<f64>,
}

impl Distances {
    fn new(points: &Points, linkage: Linkage) -> Result<Distances, Failure> {
        let rows = points.len();
        let pairs = rows as u128 * (rows as u128 - 1) / 2;
        room_for(pairs * size_of::<f64>() as u128, || format!("the distances of all pairs of {rows} rows"))?;
        let mut values = vec![0.0; pairs as usize];
        let mut parts = Vec::with_capacity(rows);
        let mut rest = &mut values[..];
        for row in 0..rows {
            let (part, after) = rest.split_at_mut(rows - 1 - row);
            parts.push(part);
            rest = after;
        }
        let lanes = Lanes::new(points.width, (0..rows).map(|row| points.row(row)));
        let bounds = Bounds::current();
        parts.into_par_iter().enumerate().try_for_each(|(row, part)| {
            bounds.go_on()?;
            let group = (row + 1) / LANES;
            let squares = lanes.squares(points.row(row)).skip(group).flatten().skip((row + 1) % LANES);
            for ((place, square), other) in part.iter_mut().zip(squares).zip(row + 1..) {
                *place = linkage.between(square, points.weight(row), points.weight(other));
            }
            Ok::<(), Failure>(())
        })?;
        Ok(Distances { rows, values })
    }

    fn place(&self, one: usize, other: usize) -> usize {
        let (low, high) = (one.min(other), one.max(other));
        low * (2 * self.rows - low - 1) / 2 + high - low - 1
    }

    fn get(&self, one: usize, other: usize) -> f64 {
        self.values[self.place(one, other)]
    }
}

/// Merges until one cluster is left; ascending by distance. Follows chains of nearest neighbours, which for these
/// distances merge what a search of the nearest pair would (Murtagh, "A survey of recent advances in hierarchical
/// clustering algorithms", 1983; Müllner, "Modern hierarchical, agglomerative clustering algorithms", 2011).
pub(super) fn merges(points: &Points, linkage: Linkage) -> Result<Vec<Merge>, Failure> {
    let mut distances = Distances::new(points, linkage)?;
    let mut sizes: Vec<f64> = (0..points.len()).map(|row| points.weight(row)).collect();
    let mut active: Vec<usize> = (0..points.len()).collect();
    let mut chain: Vec<usize> = Vec::new();
    let mut merges = Vec::with_capacity(points.len() - 1);
    while active.len() > 1 {
        go_on()?;
        let (one, other, height) = mutual(&distances, &active, &mut chain);
        let (gone, kept) = (one.min(other), one.max(other));
        merges.push(Merge { one: gone as u32, other: kept as u32, height });
        active.retain(|&cluster| cluster != gone);
        for &cluster in active.iter().filter(|cluster| **cluster != kept) {
            let apart = [distances.get(cluster, gone), distances.get(cluster, kept), height];
            let place = distances.place(cluster, kept);
            distances.values[place] = linkage.merged(apart, [sizes[cluster], sizes[gone], sizes[kept]]);
        }
        sizes[kept] += sizes[gone];
    }
    merges.sort_by(|a, b| a.height.total_cmp(&b.height));
    if linkage == Linkage::Ward {
        merges.iter_mut().for_each(|merge| merge.height = merge.height.sqrt());
    }
    Ok(merges)
}

/// Two clusters, each the nearest of the other, and their distance. They are taken from the end of the chain.
fn mutual(distances: &Distances, active: &[usize], chain: &mut Vec<usize>) -> (usize, usize, f64) {
    let mut last = chain.pop().unwrap_or(active[0]);
    loop {
        let before = chain.last().copied();
        // On ties it goes back, so that the chain ends.
        let mut nearest = before.map_or((last, f64::INFINITY), |before| (before, distances.get(last, before)));
        for &cluster in active.iter().filter(|cluster| **cluster != last) {
            let distance = distances.get(last, cluster);
            if distance < nearest.1 {
                nearest = (cluster, distance);
            }
        }
        if Some(nearest.0) == before {
            chain.pop();
            return (last, nearest.0, nearest.1);
        }
        chain.push(last);
        last = nearest.0;
    }
}
