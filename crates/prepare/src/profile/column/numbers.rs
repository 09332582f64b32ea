//! Summaries of columns of numbers.

use super::{Bounds, Plain};
use crate::profile::{ColumnProfile, NumberProfile, SHARES};
use pipewright_table::summary::{Moments, Quantiles};

#[derive(Debug)]
pub(super) struct Numbers {
    moments: Moments,
    quantiles: Quantiles,
    zeros: u64,
    negative: u64,
    infinite: u64,
    /// The bits of whole numbers, or of floats.
    plain: Plain,
}

/// Maximum number of levels counted.
const LEVELS_COUNTED_MAX: usize = 1000;

/// Numbers observed at once: they stay in the cache.
const BLOCK: usize = 8192;

impl Numbers {
    pub(super) fn new(bounds: &Bounds) -> Numbers {
        Numbers {
            moments: Moments::default(),
            quantiles: Quantiles::bounded(bounds.numbers),
            zeros: 0,
            negative: 0,
            infinite: 0,
            plain: Plain::new(LEVELS_COUNTED_MAX, bounds),
        }
    }

    /// Adds real numbers, and returns how many of them are numbers: NaN is missing.
    pub(super) fn add_reals(&mut self, reals: &[f64]) -> u64 {
        let mut present = 0;
        for block in reals.chunks(BLOCK) {
            if block.iter().all(|number| number.is_finite()) {
                present += block.len() as u64;
                self.add_finite(block);
                continue;
            }
            let (infinite, finite): (Vec<f64>, Vec<f64>) =
                block.iter().filter(|number| !number.is_nan()).partition(|number| number.is_infinite());
            present += (infinite.len() + finite.len()) as u64;
            self.infinite += infinite.len() as u64;
            self.negative += count(&infinite, |&number| number < 0.0);
            self.plain.add_all(infinite.iter().map(|number| number.to_bits()));
            self.add_finite(&finite);
        }
        present
    }

    fn add_finite(&mut self, numbers: &[f64]) {
        self.zeros += count(numbers, |&number| number == 0.0);
        self.negative += count(numbers, |&number| number < 0.0);
        self.moments.add_all(numbers);
        self.quantiles.add_all(numbers);
        // Adding 0 turns -0 into +0: the two are one number.
        self.plain.add_all(numbers.iter().map(|number| (number + 0.0).to_bits()));
    }

    /// Adds whole numbers, and returns their number.
    pub(super) fn add_wholes(&mut self, wholes: &[i64]) -> u64 {
        let mut floats = Vec::with_capacity(BLOCK);
        for block in wholes.chunks(BLOCK) {
            self.zeros += count(block, |&whole| whole == 0);
            self.negative += count(block, |&whole| whole < 0);
            self.moments.add_wholes(block);
            floats.clear();
            floats.extend(block.iter().map(|&whole| whole as f64));
            self.quantiles.add_all(&floats);
            self.plain.add_all(block.iter().map(|&whole| whole as u64));
        }
        wholes.len() as u64
    }

    /// Fills in what is known of the numbers, given the order and the text of their bits.
    pub(super) fn finish(mut self, profile: &mut ColumnProfile, key: fn(u64) -> u64, text: fn(u64) -> String) {
        profile.distinct = self.plain.different();
        profile.levels = self.plain.most_frequent(key, text);
        profile.numbers = self.profile();
    }

    fn profile(mut self) -> Option<NumberProfile> {
        let mean = self.moments.mean()?;
        let mut quantiles = [0.0; SHARES.len()];
        quantiles.copy_from_slice(&self.quantiles.quantiles(&SHARES)?);
        Some(NumberProfile {
            mean,
            std: self.moments.deviation(1).filter(|std| std.is_finite()),
            quantiles,
            approximate: self.quantiles.is_approximate(),
            skewness: None,
            zeros: self.zeros,
            negative: self.negative,
            infinite: self.infinite,
            histogram: None,
        })
    }
}

fn count<N>(numbers: &[N], holds: impl Fn(&N) -> bool) -> u64 {
    numbers.iter().map(|number| u64::from(holds(number))).sum()
}
