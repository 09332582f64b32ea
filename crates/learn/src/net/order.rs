//! The order of the rows in an epoch.
//!
//! If there are few enough rows, all are shuffled. Otherwise whole blocks of neighbouring rows are drawn at random into
//! a window, and the rows of a window are shuffled, so no more than a window is in memory at once. The order is a
//! function of the key, the number of rows and their width, independent of where the rows are stored.

use pipewright_world::random::Key;
use std::ops::Range;

/// Approximate size of a window in bytes.
const WINDOW_BYTES: usize = 128 << 20;
/// Blocks per window.
const BLOCKS: usize = 64;
/// Minimum number of rows per block; larger blocks are a multiple of it.
const BLOCK_ROWS_MIN: usize = 1024;

/// How rows are cut into blocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Blocks {
    pub(super) rows: usize,
    pub(super) block_rows: usize,
}

impl Blocks {
    /// Creates the blocks of `rows` rows of `width` numbers each.
    pub(super) fn new(rows: usize, width: usize) -> Blocks {
        let block_rows = WINDOW_BYTES / BLOCKS / (4 * width.max(1));
        Blocks { rows, block_rows: (block_rows / BLOCK_ROWS_MIN * BLOCK_ROWS_MIN).max(BLOCK_ROWS_MIN) }
    }

    pub(super) fn count(&self) -> usize {
        self.rows.div_ceil(self.block_rows)
    }

    pub(super) fn range(&self, block: usize) -> Range<usize> {
        let start = block * self.block_rows;
        start..self.rows.min(start + self.block_rows)
    }
}

/// Returns the blocks of every window of an epoch.
pub(super) fn windows(blocks: Blocks, key: Key) -> Vec<Vec<u32>> {
    let mut order: Vec<u32> = (0..blocks.count() as u32).collect();
    if order.len() > BLOCKS {
        key.child("blocks").shuffle(&mut order);
    }
    order.chunks(BLOCKS).map(<[u32]>::to_vec).collect()
}

/// Writes the shuffled rows of a window into `order`.
pub(super) fn rows(blocks: Blocks, window: &[u32], number: usize, key: Key, order: &mut Vec<u32>) {
    order.clear();
    window.iter().for_each(|&block| order.extend(blocks.range(block as usize).map(|row| row as u32)));
    let key = if blocks.count() > BLOCKS { key.child("window").index(number as u64) } else { key };
    key.shuffle(order);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_rows_are_shuffled_as_a_whole() {
        let (blocks, key) = (Blocks::new(5000, 20), Key::new(3));
        let mut order = Vec::new();
        let windows = windows(blocks, key);
        assert_eq!(windows.len(), 1);
        rows(blocks, &windows[0], 0, key, &mut order);
        let mut whole: Vec<u32> = (0..5000).collect();
        key.shuffle(&mut whole);
        assert_eq!(order, whole);
    }

    #[test]
    fn every_row_has_its_turn_once() {
        let blocks = Blocks { rows: 150_001, block_rows: 1024 };
        let (mut all, mut order) = (Vec::new(), Vec::new());
        for (number, window) in windows(blocks, Key::new(1)).iter().enumerate() {
            rows(blocks, window, number, Key::new(1), &mut order);
            assert!(order.len() <= BLOCKS * 1024);
            all.extend_from_slice(&order);
        }
        all.sort_unstable();
        assert!(all.into_iter().eq(0..150_001));
    }
}
