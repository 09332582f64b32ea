//! Random numbers as a function of (seed, path, position): independent of call order and number of threads.
//!
//! The generator is Philox4x32-10 (Salmon, Moraes, Dror, Shaw: "Parallel Random Numbers: As Easy as 1, 2, 3", SC'11).
//!
//! ```
//! use pipewright_world::random::Key;
//! let key = Key::new(42).child("fold").index(3);
//! assert_eq!(key.bits(7), Key::new(42).child("fold").index(3).bits(7));
//! assert!((0.0..1.0).contains(&key.uniform(0)));
//! let mut order = key.permutation(10);
//! order.sort();
//! assert_eq!(order, (0..10).collect::<Vec<u32>>());
//! ```

/// A key in the tree of random streams.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Key(u64);

impl Key {
    /// Creates the root key of a seed.
    #[must_use]
    pub fn new(seed: u64) -> Key {
        Key(seed)
    }

    /// Returns the child key of a named part.
    #[must_use]
    pub fn child(self, name: &str) -> Key {
        // FNV-1a hashes the name; Philox does the mixing.
        let hash = name
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
        self.derive(hash, 1)
    }

    /// Returns the child key of a numbered part.
    #[must_use]
    pub fn index(self, index: u64) -> Key {
        self.derive(index, 2)
    }

    fn derive(self, part: u64, domain: u32) -> Key {
        let [a, b, _, _] = philox([low(part), high(part), domain, 0x7069_7065], [low(self.0), high(self.0)]);
        Key(u64::from(a) | u64::from(b) << 32)
    }

    /// Returns the four words of block `block`, for filling long arrays.
    #[must_use]
    pub fn block(self, block: u64) -> [u32; 4] {
        philox([low(block), high(block), 0, 0], [low(self.0), high(self.0)])
    }

    /// Returns 64 random bits at `position`.
    #[must_use]
    pub fn bits(self, position: u64) -> u64 {
        bits_of(self.block(position / 2), position)
    }

    /// Returns a number in [0, 1) with 53 random bits.
    #[must_use]
    pub fn uniform(self, position: u64) -> f64 {
        unit(self.bits(position))
    }

    /// Returns the numbers in [0, 1) at these positions, as [`Key::uniform`] does; faster if they ascend.
    ///
    /// ```
    /// use pipewright_world::random::Key;
    /// let key = Key::new(3);
    /// assert!(key.uniforms([4, 5, 9]).eq([key.uniform(4), key.uniform(5), key.uniform(9)]));
    /// ```
    pub fn uniforms(self, positions: impl IntoIterator<Item = u64>) -> impl Iterator<Item = f64> {
        // Two neighbouring positions share a block.
        let mut known = (0, self.block(0));
        positions.into_iter().map(move |position| {
            if known.0 != position / 2 {
                known = (position / 2, self.block(position / 2));
            }
            unit(bits_of(known.1, position))
        })
    }

    /// Returns a whole number in `0..bound` (Lemire's multiplication; the bias is below bound / 2^64).
    ///
    /// # Panics
    /// If `bound` is 0.
    #[must_use]
    pub fn below(self, position: u64, bound: u64) -> u64 {
        assert!(bound > 0, "an empty range has no numbers");
        scaled(self.bits(position), bound)
    }

    /// Returns the numbers `0..count` in random order (Fisher-Yates).
    #[must_use]
    pub fn permutation(self, count: usize) -> Vec<u32> {
        let count = u32::try_from(count).expect("tables have fewer than 2^32 rows");
        let mut order: Vec<u32> = (0..count).collect();
        self.shuffle(&mut order);
        order
    }

    /// Shuffles `items` in place.
    pub fn shuffle<T>(self, items: &mut [T]) {
        // Two neighbouring positions share a block.
        let mut block = self.block(items.len() as u64 / 2);
        for last in (1..items.len() as u64).rev() {
            if !last.is_multiple_of(2) {
                block = self.block(last / 2);
            }
            items.swap(last as usize, scaled(bits_of(block, last), last + 1) as usize);
        }
    }
}

/// Returns the half of a block that belongs to `position`.
fn bits_of([a, b, c, d]: [u32; 4], position: u64) -> u64 {
    let (low, high) = if position.is_multiple_of(2) { (a, b) } else { (c, d) };
    u64::from(low) | u64::from(high) << 32
}

/// Turns 64 random bits into a number in [0, 1) with 53 of them.
fn unit(bits: u64) -> f64 {
    (bits >> 11) as f64 / (1_u64 << 53) as f64
}

/// Scales 64 random bits to a number below `bound`.
fn scaled(bits: u64, bound: u64) -> u64 {
    ((u128::from(bits) * u128::from(bound)) >> 64) as u64
}

fn low(word: u64) -> u32 {
    word as u32
}

fn high(word: u64) -> u32 {
    (word >> 32) as u32
}

fn philox(mut counter: [u32; 4], mut key: [u32; 2]) -> [u32; 4] {
    for _ in 0..10 {
        let first = u64::from(counter[0]) * 0xD251_1F53;
        let second = u64::from(counter[2]) * 0xCD9E_8D57;
        counter = [high(second) ^ counter[1] ^ key[0], low(second), high(first) ^ counter[3] ^ key[1], low(first)];
        key = [key[0].wrapping_add(0x9E37_79B9), key[1].wrapping_add(0xBB67_AE85)];
    }
    counter
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Known answers of the Random123 distribution (`kat_vectors`, philox4x32 with 10 rounds).
    #[test]
    fn known_answers() {
        assert_eq!(philox([0; 4], [0; 2]), [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]);
        assert_eq!(philox([u32::MAX; 4], [u32::MAX; 2]), [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]);
        assert_eq!(
            philox([0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344], [0xa409_3822, 0x299f_31d0]),
            [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1]
        );
    }

    #[test]
    fn uniform_has_the_right_mean_and_variance() {
        let key = Key::new(1).child("u");
        let values: Vec<f64> = (0..100_000).map(|position| key.uniform(position)).collect();
        let mean = values.iter().sum::<f64>() / 1e5;
        let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / 1e5;
        assert!((mean - 0.5).abs() < 0.005 && (variance - 1.0 / 12.0).abs() < 0.002, "{mean} {variance}");
    }

    /// Fisher-Yates with `below` at each position: what `shuffle` promises.
    #[test]
    fn a_shuffle_takes_the_number_at_each_position() {
        for count in 0..9_usize {
            let key = Key::new(3).index(count as u64);
            let mut expected: Vec<u32> = (0..count as u32).collect();
            for last in (1..count).rev() {
                expected.swap(last, key.below(last as u64, last as u64 + 1) as usize);
            }
            assert_eq!(key.permutation(count), expected);
        }
    }

    #[test]
    fn streams_differ() {
        let key = Key::new(0);
        let streams = [key, key.child("a"), key.child("b"), key.index(0), key.index(1), Key::new(1)];
        let mut first: Vec<u64> = streams.iter().map(|key| key.bits(0)).collect();
        first.sort_unstable();
        first.dedup();
        assert_eq!(first.len(), streams.len());
    }
}
