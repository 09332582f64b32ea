//! A sketch for the number of distinct values, if there are too many to keep.

use serde::{Deserialize, Serialize};

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
    /// The smallest hashes, ascending, with their counts; at most `bound`.
    kept: Vec<(u64, u64)>,
    /// Hashes not yet merged into `kept`.
    pending: Vec<u64>,
    total: u64,
    is_over: bool,
}

impl Distinct {
    /// Keeps at most `bound` hashes, 16 bytes each; the relative error beyond is about `1 / √bound`.
    #[must_use]
    pub fn bounded(bound: usize) -> Distinct {
        Distinct { bound: bound.max(16), kept: Vec::new(), pending: Vec::new(), total: 0, is_over: false }
    }

    /// Adds a value by its hash.
    #[inline]
    pub fn add(&mut self, hash: u64) {
        self.total += 1;
        self.pending.push(hash);
        if self.pending.len() >= self.bound.max(1 << 14) {
            self.settle();
        }
    }

    /// Merges another summary.
    pub fn merge(&mut self, mut other: Distinct) {
        self.settle();
        other.settle();
        self.total += other.total;
        self.is_over |= other.is_over;
        self.join(other.kept);
    }

    /// Returns the number of distinct values.
    #[must_use]
    pub fn different(&mut self) -> Counted {
        self.settle();
        let count = self.kept.len() as u64;
        match self.kept.last() {
            // The k-th smallest of D uniform hashes is at about k/D of the range.
            Some(&(largest, _)) if self.is_over => {
                let way = (largest as f64 + 1.0) / 2.0_f64.powi(64);
                Counted { value: ((count - 1) as f64 / way).round() as u64, exact: false }
            }
            _ => Counted { value: count, exact: true },
        }
    }

    /// Returns the number of repeated values: all but the first of each.
    #[must_use]
    pub fn repeated(&mut self) -> Counted {
        self.settle();
        let seen: u64 = self.kept.iter().map(|(_, times)| times).sum();
        let repeated = seen - self.kept.len() as u64;
        if !self.is_over {
            return Counted { value: repeated, exact: true };
        }
        // The kept hashes are a fair sample of the distinct values.
        let share = repeated as f64 / seen as f64;
        Counted { value: (share * self.total as f64).round() as u64, exact: false }
    }

    fn settle(&mut self) {
        if self.pending.is_empty() {
            return;
        }
        let mut hashes = std::mem::take(&mut self.pending);
        hashes.sort_unstable();
        let mut more: Vec<(u64, u64)> = Vec::new();
        for hash in hashes {
            match more.last_mut() {
                Some((last, times)) if *last == hash => *times += 1,
                _ => more.push((hash, 1)),
            }
        }
        self.join(more);
    }

    /// Merges two ascending lists of hashes.
    fn join(&mut self, more: Vec<(u64, u64)>) {
        let kept = std::mem::take(&mut self.kept);
        self.kept = Vec::with_capacity(self.bound.min(kept.len() + more.len()));
        let (mut left, mut right) = (kept.into_iter().peekable(), more.into_iter().peekable());
        while let Some(&(hash, _)) = match (left.peek(), right.peek()) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        } {
            if self.kept.len() == self.bound {
                self.is_over = true;
                return;
            }
            let mut times = 0;
            for side in [&mut left, &mut right] {
                times += side.next_if(|(next, _)| *next == hash).map_or(0, |(_, times)| times);
            }
            self.kept.push((hash, times));
        }
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
