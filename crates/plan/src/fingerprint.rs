//! Fingerprints of jobs.

use pipewright_world::random::Key;
use sha2::{Digest, Sha256};
use std::fmt;

/// A hash of what a job computes and of its inputs: equal fingerprints, equal results. It is the same in every build
/// and process, so values can be cached between runs. It is the first 128 bits of a SHA-256 hash.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Fingerprint(u128);

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Everything that a job's result depends on besides its inputs.
#[derive(Clone)]
pub struct Identity(Sha256);

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Identity(…)")
    }
}

impl Identity {
    /// Starts the identity of this kind of job.
    #[must_use]
    pub fn of(kind: &str) -> Identity {
        Identity(Sha256::new()).text(kind)
    }

    /// Adds a text, prefixed with its length, so that different lists of parts have different bytes.
    #[must_use]
    pub fn text(mut self, text: &str) -> Identity {
        self.0.update((text.len() as u64).to_le_bytes());
        self.0.update(text);
        self
    }

    /// Adds a number.
    #[must_use]
    pub fn number(mut self, number: u64) -> Identity {
        self.0.update(number.to_le_bytes());
        self
    }

    /// Adds the random stream of the job.
    #[must_use]
    pub fn key(self, key: Key) -> Identity {
        key.block(0).into_iter().fold(self, |identity, word| identity.number(u64::from(word)))
    }

    /// Returns the fingerprint of the job with these inputs.
    #[must_use]
    pub fn with_inputs(self, inputs: impl IntoIterator<Item = Fingerprint>) -> Fingerprint {
        let mut hash = self.0;
        for input in inputs {
            hash.update(input.0.to_le_bytes());
        }
        let digest = hash.finalize();
        let mut first = [0; 16];
        first.copy_from_slice(&digest[..16]);
        Fingerprint(u128::from_le_bytes(first))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_is_the_same_in_every_build() {
        let fingerprint = Identity::of("fit").text("scale@1 method=standard").number(3).with_inputs([]);
        assert_eq!(fingerprint.to_string(), "a29e638dc2543e61e642e6e05e517652");
    }

    #[test]
    fn parts_do_not_run_into_each_other() {
        let of = |one: &str, other: &str| Identity::of(one).text(other).with_inputs([]);
        assert_ne!(of("ab", "c"), of("a", "bc"));
        let input = of("a", "b");
        assert_ne!(Identity::of("a").with_inputs([input]), Identity::of("a").with_inputs([input, input]));
        assert_ne!(
            Identity::of("a").key(Key::new(1)).with_inputs([]),
            Identity::of("a").key(Key::new(2)).with_inputs([])
        );
    }
}
