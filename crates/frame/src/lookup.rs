//! A map for keys that are looked up for every row of a table, with a hash that is quick on short texts.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hasher, RandomState};

/// Only to be looked up in: its order is nobody's business.
pub(crate) type Lookup<K, V> = HashMap<K, V, Quick>;

/// Builds hashers that start from a random number, so that no file can know which of its texts collide.
#[derive(Debug, Clone)]
pub(crate) struct Quick {
    seed: u64,
}

impl Default for Quick {
    fn default() -> Quick {
        Quick { seed: RandomState::new().build_hasher().finish() }
    }
}

impl BuildHasher for Quick {
    type Hasher = QuickHasher;

    fn build_hasher(&self) -> QuickHasher {
        QuickHasher { state: self.seed }
    }
}

/// Words of eight bytes, each folded in by one wide product, as wyhash does (Wang Yi, 2019).
#[derive(Debug)]
pub(crate) struct QuickHasher {
    state: u64,
}

impl QuickHasher {
    #[inline]
    fn fold(&mut self, word: u64) {
        /// Odd, half of its bits set.
        const FACTOR: u128 = 0xA076_1D64_78BD_642F;
        let product = u128::from(self.state ^ word) * FACTOR;
        self.state = product as u64 ^ (product >> 64) as u64;
    }
}

impl Hasher for QuickHasher {
    #[inline]
    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        words.iter().for_each(|&word| self.fold(u64::from_le_bytes(word)));
        let half = |four: &[u8; 4]| u64::from(u32::from_le_bytes(*four));
        match (rest, rest.first_chunk::<4>(), rest.last_chunk::<4>()) {
            ([], ..) => {}
            // The two halves may overlap: the length, which is folded in too, says by how much.
            (_, Some(first), Some(last)) => self.fold(half(first) | half(last) << 32),
            ([first, .., last], ..) => {
                self.fold(u64::from(*first) | u64::from(rest[rest.len() / 2]) << 8 | u64::from(*last) << 16);
            }
            ([only], ..) => self.fold(u64::from(*only)),
        }
        self.state = self.state.wrapping_add(bytes.len() as u64);
    }

    #[inline]
    fn write_u8(&mut self, byte: u8) {
        self.state ^= u64::from(byte);
    }

    #[inline]
    fn write_u64(&mut self, word: u64) {
        self.fold(word);
    }

    #[inline]
    fn finish(&self) -> u64 {
        // The map takes its highest and its lowest bits: all depend on all.
        self.state ^ self.state >> 32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_that_differ_little_hash_apart() {
        let quick = Quick::default();
        let mut texts: Vec<String> =
            (0..40).flat_map(|size| ["", "b", "c"].map(|end| "a".repeat(size) + end)).collect();
        texts.extend((0..20_000).map(|number| format!("cat_{number:02}")));
        texts.sort_unstable();
        texts.dedup();
        let mut hashes: Vec<u64> = texts.iter().map(|text| quick.hash_one(text)).collect();
        hashes.sort_unstable();
        hashes.dedup();
        assert_eq!(hashes.len(), texts.len());
        let mut lows: Vec<u64> = hashes.iter().map(|hash| hash % 4096).collect();
        lows.sort_unstable();
        lows.dedup();
        assert!(lows.len() > 4000, "{} of 4096 places are taken", lows.len());
    }
}
