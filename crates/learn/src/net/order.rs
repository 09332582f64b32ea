//! The order in which an epoch goes through the rows.
//!
//! All rows are shuffled where they are few enough. Of more, whole blocks of neighbouring rows are drawn at random into
//! a window, and the rows of a window are shuffled: so no more than a window is needed in memory at once. The order is a
//! function of the key, the number of rows and their width, never of where the rows are kept.

use pipewright_world::random::Key;
use std::ops::Range;

/// The bytes of a window of rows, about.
const WINDOW_BYTES: usize = 128 << 20;
/// Blocks in a window.
const BLOCKS: usize = 64;
/// The fewest rows of a block; others have a multiple of it.
const BLOCK_ROWS_MIN: usize = 1024;

/// How rows are cut into blocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Blocks {
    pub(super) rows: usize,
    pub(super) block_rows: usize,
}

impl Blocks {
    /// The blocks of `rows` rows of `width` numbers each.
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

/// The blocks of every window of an epoch, window after window.
pub(super) fn windows(blocks: Blocks, key: Key) -> Vec<Vec<u32>> {
    let mut order: Vec<u32> = (0..blocks.count() as u32).collect();
    if order.len() > BLOCKS {
        key.child("blocks").shuffle(&mut order);
    }
    order.chunks(BLOCKS).map(<[u32]>::to_vec).collect()
}

/// The rows of a window, shuffled; they replace what `order` held.
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
