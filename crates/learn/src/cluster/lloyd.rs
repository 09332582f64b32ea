//! Lloyd's iteration: rows go to the nearest centre, centres to the mean of their rows.
//!
//! Sources: S. Lloyd, "Least squares quantization in PCM" (1982); G. Hamerly, "Making k-means even faster" (2010): by the
//! triangle inequality most rows need no distance at all. The result is that of comparing all rows with all centres.

use super::frame::Points;
use super::lanes::{Lanes, square};
use pipewright_diagnostic::{Bounds, Failure};
use rayon::prelude::*;
use std::ops::Range;

/// By how much rounding may have brought bounds too close.
const MARGIN: f64 = 1.0 + 1e-9;

/// Rows whose sums are kept apart; a function of the number of rows alone.
fn block_rows(rows: usize) -> usize {
    const LEAST: usize = 1024;
    const BLOCKS: usize = 128;
    LEAST.max(rows.div_ceil(BLOCKS))
}

/// The blocks of some rows.
pub(super) fn blocks_of(rows: usize) -> Vec<Range<usize>> {
    let size = block_rows(rows);
    (0..rows).step_by(size).map(|start| start..rows.min(start + size)).collect()
}

/// Some rows as centres.
pub(super) fn centres_from(points: &Points, rows: &[usize]) -> Vec<f64> {
    rows.iter().flat_map(|&row| points.row(row)).copied().collect()
}

/// What an iteration found.
#[derive(Debug, Clone)]
pub(super) struct Found {
    /// The centres one after the other.
    pub(super) centres: Vec<f64>,
    pub(super) labels: Vec<u32>,
    /// Σ weight · squared distance to the centre.
    pub(super) inertia: f64,
    pub(super) iterations: usize,
    pub(super) converged: bool,
}

/// Sums of the rows of each cluster.
#[derive(Debug, Clone)]
struct Sums {
    values: Vec<f64>,
    masses: Vec<f64>,
    rows: Vec<i64>,
}

impl Sums {
    fn new(count: usize, width: usize) -> Sums {
        Sums { values: vec![0.0; count * width], masses: vec![0.0; count], rows: vec![0; count] }
    }

    /// Adds a row, or takes it out.
    fn add(&mut self, cluster: u32, row: &[f64], weight: f64, sign: i64) {
        let (cluster, share) = (cluster as usize, weight * sign as f64);
        let values = self.values[cluster * row.len()..].iter_mut();
        values.zip(row).for_each(|(sum, value)| *sum += share * value);
        self.masses[cluster] += share;
        self.rows[cluster] += sign;
    }

    fn merge(&mut self, other: &Sums) {
        self.values.iter_mut().zip(&other.values).for_each(|(sum, other)| *sum += other);
        self.masses.iter_mut().zip(&other.masses).for_each(|(sum, other)| *sum += other);
        self.rows.iter_mut().zip(&other.rows).for_each(|(sum, other)| *sum += other);
    }

    /// Writes the mean of each cluster that has rows.
    fn means(&self, centres: &mut [f64]) {
        let width = centres.len() / self.rows.len();
        for (cluster, centre) in centres.chunks_exact_mut(width).enumerate().filter(|(at, _)| self.rows[*at] > 0) {
            let sums = &self.values[cluster * width..];
            centre.iter_mut().zip(sums).for_each(|(centre, sum)| *centre = sum / self.masses[cluster]);
        }
    }
}

/// A block of rows: their clusters, and bounds of their distances.
struct Block<'a> {
    start: usize,
    labels: &'a mut [u32],
    /// At least the distance to the own centre.
    upper: &'a mut [f64],
    /// At most the distance to any other centre.
    lower: &'a mut [f64],
}

/// The centres of a round, and how far they moved since the last one.
struct Round<'a> {
    points: &'a Points,
    centres: &'a [f64],
    lanes: Lanes,
    /// Half the distance of each centre to the nearest other one.
    halves: Vec<f64>,
    moved: &'a [f64],
    /// The most that a centre other than this one moved.
    moved_most: Vec<f64>,
}

impl<'a> Round<'a> {
    fn new(points: &'a Points, centres: &'a [f64], moved: &'a [f64]) -> Round<'a> {
        let lanes = Lanes::new(points.width, centres.chunks_exact(points.width));
        let half = |centre: &[f64]| lanes.nearest_two(centre).2.sqrt() / 2.0;
        let halves = centres.chunks_exact(points.width).map(half).collect();
        let (mut most, mut second, mut place) = (0.0_f64, 0.0_f64, usize::MAX);
        for (at, &moved) in moved.iter().enumerate() {
            if moved > most {
                (second, most, place) = (most, moved, at);
            } else {
                second = second.max(moved);
            }
        }
        let moved_most = (0..moved.len()).map(|at| if at == place { second } else { most }).collect();
        Round { points, centres, lanes, halves, moved, moved_most }
    }

    fn centre(&self, cluster: u32) -> &[f64] {
        &self.centres[cluster as usize * self.points.width..][..self.points.width]
    }

    /// Finds the nearest centres of a block's rows; returns the change of the sums if a row went to another.
    fn settle(&self, block: Block<'_>) -> Option<Sums> {
        let mut changes: Option<Sums> = None;
        let bounds = block.upper.iter_mut().zip(block.lower);
        for ((place, label), (upper, lower)) in block.labels.iter_mut().enumerate().zip(bounds) {
            let row = self.points.row(block.start + place);
            let before = *label;
            if before != NONE && self.stays(row, before, upper, lower) {
                continue;
            }
            let (nearest, least, second) = self.lanes.nearest_two(row);
            (*label, *upper, *lower) = (nearest, least.sqrt(), second.sqrt());
            if nearest != before {
                let weight = self.points.weight(block.start + place);
                let sums = changes.get_or_insert_with(|| Sums::new(self.moved.len(), self.points.width));
                sums.add(nearest, row, weight, 1);
                if before != NONE {
                    sums.add(before, row, weight, -1);
                }
            }
        }
        changes
    }

    /// Do the bounds show that a row stays with its centre? They are adjusted to the new centres.
    fn stays(&self, row: &[f64], label: u32, upper: &mut f64, lower: &mut f64) -> bool {
        let at = label as usize;
        *upper = *upper * MARGIN + self.moved[at];
        *lower = (*lower - self.moved_most[at]) / MARGIN;
        let far = lower.max(self.halves[at] / MARGIN);
        if *upper < far {
            return true;
        }
        *upper = square(row, self.centre(label)).sqrt();
        *upper * MARGIN < far
    }
}

/// The label of a row before the first round.
const NONE: u32 = u32::MAX;

/// The state of an iteration.
pub(super) struct Lloyd<'a> {
    points: &'a Points,
    centres: Vec<f64>,
    labels: Vec<u32>,
    upper: Vec<f64>,
    lower: Vec<f64>,
    sums: Sums,
}

impl<'a> Lloyd<'a> {
    /// Begins with these centres, one after the other.
    pub(super) fn new(points: &'a Points, centres: Vec<f64>) -> Lloyd<'a> {
        let (rows, count) = (points.len(), centres.len() / points.width);
        let (labels, upper, lower) = (vec![NONE; rows], vec![0.0; rows], vec![0.0; rows]);
        Lloyd { points, centres, labels, upper, lower, sums: Sums::new(count, points.width) }
    }

    /// Iterates until no row moves, or the squares of the centres' moves sum to at most `tolerance`.
    pub(super) fn run(mut self, most_rounds: usize, tolerance: f64) -> Result<Found, Failure> {
        let bounds = Bounds::current();
        let mut moved = vec![0.0; self.sums.rows.len()];
        let (mut iterations, mut converged) = (0, false);
        while iterations < most_rounds && !converged {
            bounds.go_on()?;
            iterations += 1;
            let changed = self.settle(&bounds, &moved)?;
            if !changed {
                converged = true;
                break;
            }
            self.relocate();
            let before = self.centres.clone();
            self.sums.means(&mut self.centres);
            let pairs = before.chunks_exact(self.points.width).zip(self.centres.chunks_exact(self.points.width));
            moved = pairs.map(|(before, after)| square(before, after).sqrt()).collect();
            converged = moved.iter().map(|moved| moved * moved).sum::<f64>() <= tolerance;
        }
        self.finish(iterations, converged)
    }

    /// Gives every row its nearest centre. Did one change?
    fn settle(&mut self, bounds: &Bounds, moved: &[f64]) -> Result<bool, Failure> {
        let round = Round::new(self.points, &self.centres, moved);
        let size = block_rows(self.labels.len());
        let parts = self.labels.par_chunks_mut(size).zip(self.upper.par_chunks_mut(size));
        let parts = parts.zip(self.lower.par_chunks_mut(size)).enumerate();
        let changes: Vec<Option<Sums>> = parts
            .map(|(block, ((labels, upper), lower))| {
                bounds.go_on()?;
                Ok(round.settle(Block { start: block * size, labels, upper, lower }))
            })
            .collect::<Result<_, Failure>>()?;
        changes.iter().flatten().for_each(|change| self.sums.merge(change));
        Ok(changes.iter().any(Option::is_some))
    }

    /// A cluster without rows gets the row that is furthest from its centre, as in scikit-learn.
    fn relocate(&mut self) {
        let empty: Vec<u32> = (0..self.sums.rows.len() as u32).filter(|&at| self.sums.rows[at as usize] == 0).collect();
        if empty.is_empty() {
            return;
        }
        let squares = distances(self.points, &self.centres, &self.labels);
        let mut rows: Vec<usize> = (0..squares.len()).filter(|&row| squares[row] > 0.0).collect();
        rows.sort_by(|&a, &b| squares[b].total_cmp(&squares[a]).then(a.cmp(&b)));
        let mut rows = rows.into_iter();
        for cluster in empty {
            // A row that is alone stays.
            let Some(row) = rows.find(|&row| self.sums.rows[self.labels[row] as usize] > 1) else { return };
            let (values, weight) = (self.points.row(row), self.points.weight(row));
            self.sums.add(self.labels[row], values, weight, -1);
            self.sums.add(cluster, values, weight, 1);
            // Its bounds are those of another centre: they must show nothing.
            (self.labels[row], self.upper[row], self.lower[row]) = (cluster, f64::INFINITY, 0.0);
        }
    }

    /// The means of the clusters without the rounding of many changes, and the rows nearest to them.
    fn finish(mut self, iterations: usize, converged: bool) -> Result<Found, Failure> {
        let (points, labels, count) = (self.points, &self.labels, self.sums.rows.len());
        let of_block = |rows: Range<usize>| {
            let mut sums = Sums::new(count, points.width);
            rows.for_each(|row| sums.add(labels[row], points.row(row), points.weight(row), 1));
            sums
        };
        let blocks: Vec<Sums> = blocks_of(points.len()).into_par_iter().map(of_block).collect();
        let mut sums = Sums::new(count, points.width);
        blocks.iter().for_each(|block| sums.merge(block));
        sums.means(&mut self.centres);
        let lanes = Lanes::new(points.width, self.centres.chunks_exact(points.width));
        let (labels, squares): (Vec<u32>, Vec<f64>) =
            points.values.par_chunks(points.width).map(|row| lanes.nearest(row)).unzip();
        let inertia = blocks_of(points.len())
            .into_iter()
            .map(|rows| rows.map(|row| squares[row] * points.weight(row)).sum::<f64>())
            .sum();
        Ok(Found { centres: self.centres, labels, inertia, iterations, converged })
    }
}

/// The squared distance of each row to its centre.
pub(super) fn distances(points: &Points, centres: &[f64], labels: &[u32]) -> Vec<f64> {
    let of = |(row, &label): (&[f64], &u32)| square(row, &centres[label as usize * row.len()..][..row.len()]);
    points.values.par_chunks(points.width).zip(labels).map(of).collect()
}
