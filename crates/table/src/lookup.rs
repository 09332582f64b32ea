//! A hash map for lookups per row, with a hash that is fast on short texts.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hasher, RandomState};

/// Never iterated, so its random order is irrelevant.
pub type Lookup<K, V> = HashMap<K, V, Quick>;

/// A map with text keys; short ones are compared as two integers.
#[derive(Debug, Clone)]
pub struct Texts<'a, V> {
    short: Lookup<Short, V>,
    long: Lookup<&'a str, V>,
}

impl<V> Default for Texts<'_, V> {
    fn default() -> Self {
        Texts { short: Lookup::default(), long: Lookup::default() }
    }
}

impl<'a, V> Texts<'a, V> {
    /// Returns the value of a text.
    #[inline]
    #[must_use]
    pub fn get(&self, text: &str) -> Option<&V> {
        match Short::of(text.as_bytes()) {
            Some(short) => self.short.get(&short),
            None => self.long.get(text),
        }
    }

    /// Inserts a value; a later one for the same text replaces it.
    pub fn insert(&mut self, text: &'a str, value: V) {
        match Short::of(text.as_bytes()) {
            Some(short) => self.short.insert(short, value),
            None => self.long.insert(text, value),
        };
    }
}

impl<'a, V> FromIterator<(&'a str, V)> for Texts<'a, V> {
    fn from_iter<I: IntoIterator<Item = (&'a str, V)>>(pairs: I) -> Self {
        let mut texts = Texts::default();
        pairs.into_iter().for_each(|(text, value)| texts.insert(text, value));
        texts
    }
}

/// A text of up to 16 bytes: first and last bytes, which may overlap; together with the length they are unique.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Short {
    first: u64,
    last: u64,
    length: u8,
}

impl Short {
    #[inline]
    fn of(bytes: &[u8]) -> Option<Short> {
        let of_four = |bytes: &[u8; 4]| u64::from(u32::from_le_bytes(*bytes));
        let (first, last) = match (bytes.first_chunk::<8>(), bytes.last_chunk::<8>()) {
            (Some(first), Some(last)) if bytes.len() <= 16 => (u64::from_le_bytes(*first), u64::from_le_bytes(*last)),
            (Some(_), _) => return None,
            _ => match (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
                (Some(first), Some(last)) => (of_four(first), of_four(last)),
                _ => (bytes.iter().fold(0, |word, &byte| word << 8 | u64::from(byte)), 0),
            },
        };
        Some(Short { first, last, length: bytes.len() as u8 })
    }
}

/// Builds hashers with a random seed, so that no file can be crafted to cause collisions.
#[derive(Debug, Clone)]
pub struct Quick {
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

/// Hashes words of eight bytes by wide products, as in wyhash (Wang Yi, 2019).
#[derive(Debug)]
pub struct QuickHasher {
    state: u64,
}

impl QuickHasher {
    #[inline]
    fn fold(&mut self, word: u64) {
        /// Odd, with half of the bits set.
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
            // The two halves may overlap: the length, which is hashed too, disambiguates.
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
        // The map uses the highest and lowest bits: all depend on all input.
        self.state ^ self.state >> 32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_any_length_are_found_again() {
        let mut texts: Vec<String> =
            (0..40).flat_map(|size| ["", "a", "b"].map(|end| "a".repeat(size) + end)).collect();
        texts.extend((0..40).map(|size| "\0".repeat(size)));
        texts.extend((0..40).map(|size| format!("x{}", "a".repeat(size))));
        texts.sort_unstable();
        texts.dedup();
        let places: Texts<'_, usize> = texts.iter().map(String::as_str).zip(0..).collect();
        texts.iter().enumerate().for_each(|(place, text)| assert_eq!(places.get(text), Some(&place), "{text:?}"));
        let others = ["ab".repeat(4), "ab".repeat(9), "\0a".to_string(), "c".to_string()];
        others.iter().for_each(|text| assert_eq!(places.get(text), None, "{text:?}"));
    }

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
