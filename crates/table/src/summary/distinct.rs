//! A sketch for the number of distinct values, if there are too many to keep.

use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// A count, exact or estimated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Counted {
    /// The number.
    pub value: u64,
    /// Is it exact, not estimated?
    pub exact: bool,
}

/// Number of distinct values, from their hashes: exact up to a bound, beyond it estimated from the smallest hashes
/// (Beyer, Haas, Reinwald, Sismanis, Gemulla: "On synopses for distinct-value estimation under multiset operations",
/// 2007). The result depends only on the values, not on order or chunks.
///
/// ```
/// use pipewright_frame::summary::{Distinct, hash};
/// let mut distinct = Distinct::bounded(1000);
/// ["b", "a", "b"].into_iter().for_each(|text| distinct.add(hash(text.as_bytes())));
/// assert_eq!(distinct.different().value, 2);
/// assert_eq!(distinct.repeated().value, 1);
/// ```
#[derive(Debug, Clone)]
pub struct Distinct {
    bound: usize,
    /// All hashes up to `largest` with their counts: the `bound` smallest, and a few more until these are left out.
    kept: HashMap<u64, u64, BuildHasherDefault<Itself>>,
    /// Larger hashes are not kept.
    largest: u64,
    total: u64,
}

impl Distinct {
    /// Keeps at most `bound` hashes, about 40 bytes each; the relative error beyond is about `1 / √bound`.
    #[must_use]
    pub fn bounded(bound: usize) -> Distinct {
        Distinct { bound: bound.max(16), kept: HashMap::default(), largest: u64::MAX, total: 0 }
    }

    /// Adds a value by its hash.
    #[inline]
    pub fn add(&mut self, hash: u64) {
        self.add_many(hash, 1);
    }

    /// Adds a value `count` times.
    #[inline]
    pub fn add_many(&mut self, hash: u64, count: u64) {
        self.total += count;
        self.keep(hash, count);
    }

    #[inline]
    fn keep(&mut self, hash: u64, count: u64) {
        if hash > self.largest {
            return;
        }
        *self.kept.entry(hash).or_insert(0) += count;
        if self.kept.len() > self.bound + self.bound / 4 {
            self.leave_out();
        }
    }

    /// Merges another summary.
    pub fn merge(&mut self, other: Distinct) {
        self.total += other.total;
        self.largest = self.largest.min(other.largest);
        let largest = self.largest;
        self.kept.retain(|hash, _| *hash <= largest);
        other.kept.into_iter().for_each(|(hash, count)| self.keep(hash, count));
    }

    /// Returns the number of distinct values.
    #[must_use]
    pub fn different(&mut self) -> Counted {
        self.leave_out();
        let count = self.kept.len() as u64;
        if self.is_exact() {
            return Counted { value: count, exact: true };
        }
        // The k-th smallest of D uniform hashes is at about k/D of the range. There are no more than values.
        let way = (self.largest as f64 + 1.0) / 2.0_f64.powi(64);
        let value = ((count - 1) as f64 / way).round() as u64;
        Counted { value: value.min(self.total), exact: false }
    }

    /// Returns the number of repeated values: all but the first of each.
    #[must_use]
    pub fn repeated(&mut self) -> Counted {
        self.leave_out();
        let seen: u64 = self.kept.values().sum();
        let repeated = seen - self.kept.len() as u64;
        if self.is_exact() {
            return Counted { value: repeated, exact: true };
        }
        // The kept hashes are a fair sample of the distinct values.
        let share = repeated as f64 / seen as f64;
        Counted { value: (share * self.total as f64).round() as u64, exact: false }
    }

    fn is_exact(&self) -> bool {
        self.largest == u64::MAX
    }

    /// Leaves out all but the smallest hashes, if there are more than the bound.
    fn leave_out(&mut self) {
        if self.kept.len() <= self.bound {
            return;
        }
        let mut hashes: Vec<u64> = self.kept.keys().copied().collect();
        let largest = *hashes.select_nth_unstable(self.bound - 1).1;
        self.kept.retain(|hash, _| *hash <= largest);
        self.largest = largest;
    }
}

/// The hash of a hash: itself, but for the order of its bits, since the highest ones of kept hashes are all 0.
#[derive(Debug, Clone, Default)]
struct Itself(u64);

impl Hasher for Itself {
    fn write(&mut self, _: &[u8]) {
        unreachable!("hashes are numbers");
    }

    #[inline]
    fn write_u64(&mut self, hash: u64) {
        self.0 = hash.rotate_left(32);
    }

    #[inline]
    fn finish(&self) -> u64 {
        self.0
    }
}

/// Hashes bytes, the same on every machine.
#[must_use]
pub fn hash(bytes: &[u8]) -> u64 {
    let mut words = bytes.chunks_exact(8);
    let mut state = 0x9E37_79B9_7F4A_7C15_u64 ^ bytes.len() as u64;
    for word in words.by_ref() {
        state = mixed(state ^ u64::from_le_bytes(word.try_into().expect("eight bytes")));
    }
    let mut last = [0; 8];
    last[..words.remainder().len()].copy_from_slice(words.remainder());
    mixed(state ^ u64::from_le_bytes(last))
}

/// Combines a hash with another value; order matters.
#[must_use]
pub fn hash_with(hash: u64, value: u64) -> u64 {
    mixed(hash.rotate_left(23) ^ value)
}

/// Mixes 64 bits bijectively (the finisher of MurmurHash3, Appleby).
fn mixed(mut bits: u64) -> u64 {
    bits = (bits ^ bits >> 33).wrapping_mul(0xFF51_AFD7_ED55_8CCD);
    bits = (bits ^ bits >> 33).wrapping_mul(0xC4CE_B9FE_1A85_EC53);
    bits ^ bits >> 33
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(values: &[u64], bound: usize) -> Distinct {
        let mut distinct = Distinct::bounded(bound);
        values.iter().for_each(|value| distinct.add(hash(&value.to_le_bytes())));
        distinct
    }

    #[test]
    fn beyond_the_bound_it_is_about_right() {
        let values: Vec<u64> = (0..60_000).map(|value| value % 50_000).collect();
        let mut distinct = of(&values, 4096);
        let (different, repeated) = (distinct.different(), distinct.repeated());
        assert!(!different.exact && different.value.abs_diff(50_000) < 2_500, "{different:?}");
        assert!(!repeated.exact && repeated.value.abs_diff(10_000) < 1_500, "{repeated:?}");
        assert_eq!(of(&values, 50_000).different(), Counted { value: 50_000, exact: true });
        assert_eq!(of(&[], 4096).different(), Counted { value: 0, exact: true });
    }

    #[test]
    fn an_estimate_is_no_more_than_there_are_values() {
        for seed in 0..50 {
            let values: Vec<u64> = (0..3000).map(|value| value + seed * 3000).collect();
            let different = of(&values, 16).different();
            assert!(!different.exact && different.value <= 3000, "{different:?}");
        }
    }

    proptest! {
        #[test]
        fn order_and_parts_do_not_matter(values in prop::collection::vec(0..60_u64, 0..200), cut in 0..200_usize) {
            let (first, second) = values.split_at(cut.min(values.len()));
            for bound in [16, 1000] {
                let mut parts = of(second, bound);
                parts.merge(of(first, bound));
                let mut whole = of(&values, bound);
                prop_assert_eq!(parts.different(), whole.different());
                prop_assert_eq!(parts.repeated(), whole.repeated());
                let exact: std::collections::BTreeSet<u64> = values.iter().copied().collect();
                if whole.different().exact {
                    prop_assert_eq!(whole.different().value, exact.len() as u64);
                    prop_assert_eq!(whole.repeated().value, (values.len() - exact.len()) as u64);
                }
            }
        }
    }
}
