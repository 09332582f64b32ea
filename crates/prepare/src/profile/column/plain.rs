//! Distinct values of 64 bits.

use super::{Bounds, most_frequent, plain_hash};
use crate::profile::Level;
use pipewright_table::lookup::Lookup;
use pipewright_table::summary::{Counted, Distinct};

/// Distinct values of 64 bits: each with its count as long as they are few, then only how many there are.
#[derive(Debug)]
pub(super) struct Plain {
    counts: Option<Lookup<u64, u64>>,
    levels_max: usize,
    distinct: Distinct,
}

/// Memory of a level besides its text.
pub(super) const LEVEL_BYTES: usize = 48;

impl Plain {
    /// Counts each of at most `levels_max` values.
    pub(super) fn new(levels_max: usize, bounds: &Bounds) -> Plain {
        Plain { counts: Some(Lookup::default()), levels_max, distinct: Distinct::bounded(bounds.hashes) }
    }

    pub(super) fn add_all(&mut self, values: impl Iterator<Item = u64>) {
        let mut values = values;
        if let Some(counts) = &mut self.counts {
            for value in values.by_ref() {
                *counts.entry(value).or_insert(0) += 1;
                if counts.len() > self.levels_max {
                    let counts = self.counts.take().unwrap_or_default();
                    counts.into_iter().for_each(|(value, count)| self.distinct.add_many(plain_hash(value), count));
                    break;
                }
            }
        }
        values.for_each(|value| self.distinct.add(plain_hash(value)));
    }

    pub(super) fn different(&mut self) -> Counted {
        match &self.counts {
            Some(counts) => Counted { value: counts.len() as u64, exact: true },
            None => self.distinct.different(),
        }
    }

    /// Returns the most frequent values as text, in the order of `key` on ties; none if there are too many to count.
    pub(super) fn most_frequent(&self, key: fn(u64) -> u64, text: impl Fn(u64) -> String) -> Vec<Level> {
        let counts = self.counts.iter().flatten().map(|(&value, &count)| ((key(value), value), count));
        most_frequent(counts.collect(), |(_, value)| text(*value))
    }
}
