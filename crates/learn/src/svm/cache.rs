//! The rows of a kernel matrix that were used last.

use super::kernel::Points;
use std::collections::BTreeMap;
use std::rc::Rc;

/// Computes rows of the kernel matrix and keeps those used last, as many as fit.
pub(super) struct Cache {
    points: Points,
    bytes: u64,
    /// The row of each point, and when it was used last.
    rows: Vec<Option<(u64, Rc<Vec<f64>>)>>,
    /// The points by when they were used last.
    by_use: BTreeMap<u64, u32>,
    uses: u64,
}

impl Cache {
    pub(super) fn new(points: Points, bytes: u64) -> Cache {
        Cache { rows: vec![None; points.len()], points, bytes, by_use: BTreeMap::new(), uses: 0 }
    }

    /// At least the two rows that a step needs.
    fn capacity(&self) -> usize {
        let row = (self.points.len().max(1) * size_of::<f64>()) as u64;
        usize::try_from(self.bytes / row).unwrap_or(usize::MAX).max(2)
    }

    pub(super) fn row(&mut self, index: usize) -> Rc<Vec<f64>> {
        self.uses += 1;
        let row = match self.rows[index].take() {
            Some((used, row)) => {
                self.by_use.remove(&used);
                row
            }
            None => {
                while self.by_use.len() >= self.capacity() {
                    let Some((_, oldest)) = self.by_use.pop_first() else { break };
                    self.rows[oldest as usize] = None;
                }
                Rc::new(self.points.row(index))
            }
        };
        self.by_use.insert(self.uses, index as u32);
        self.rows[index] = Some((self.uses, row.clone()));
        row
    }

    /// Keeps the points at these places only, and what is known of their rows.
    pub(super) fn narrow(&mut self, places: &[u32]) {
        let mut narrow = Cache { uses: self.uses, ..Cache::new(self.points.take(places), self.bytes) };
        for (place, &index) in places.iter().enumerate() {
            let Some((used, row)) = self.rows[index as usize].take() else { continue };
            let kept = places.iter().map(|&other| row[other as usize]).collect();
            narrow.by_use.insert(used, place as u32);
            narrow.rows[place] = Some((used, Rc::new(kept)));
        }
        *self = narrow;
    }
}
