//! A sketch: numbers counted in fine bins, if there are too many to keep.

use crate::lookup::Lookup;

/// Counts of numbers in bins of relative width 2⁻¹⁰. The result depends only on the set of numbers, not on order or
/// chunks.
#[derive(Debug, Clone, Default)]
pub(super) struct Bins {
    /// By their place, which is in numeric order.
    bins: Lookup<u64, Bin>,
    count: u64,
}

#[derive(Debug, Clone, Copy)]
struct Bin {
    count: u64,
    lowest: f64,
    highest: f64,
}

/// The dropped bits of a float: 42 of the 52 of its fraction.
const BITS_LEFT_OUT: u32 = 42;

impl Bins {
    pub(super) fn add(&mut self, number: f64) {
        let seen = Bin { count: 1, lowest: number, highest: number };
        self.add_bin(u64::from(place(number)), seen);
    }

    pub(super) fn merge(&mut self, other: Bins) {
        other.bins.into_iter().for_each(|(place, bin)| self.add_bin(place, bin));
    }

    fn add_bin(&mut self, place: u64, seen: Bin) {
        self.count += seen.count;
        let bin = self.bins.entry(place).or_insert(Bin { count: 0, ..seen });
        bin.count += seen.count;
        bin.lowest = bin.lowest.min(seen.lowest);
        bin.highest = bin.highest.max(seen.highest);
    }

    pub(super) fn count(&self) -> u64 {
        self.count
    }

    /// Returns the bins in numeric order.
    pub(super) fn in_order(&self) -> Ordered {
        let mut bins: Vec<(u64, Bin)> = self.bins.iter().map(|(&place, &bin)| (place, bin)).collect();
        bins.sort_unstable_by_key(|(place, _)| *place);
        Ordered(bins.into_iter().map(|(_, bin)| bin).collect())
    }
}

/// Bins in numeric order.
pub(super) struct Ordered(Vec<Bin>);

impl Ordered {
    /// Returns the middle and the count of each bin.
    pub(super) fn counted(&self) -> Vec<(f64, u64)> {
        self.0.iter().map(|bin| (bin.lowest + (bin.highest - bin.lowest) / 2.0 + 0.0, bin.count)).collect()
    }

    /// Returns the number of a rank, from 0: exactly, if its bin holds only one value; otherwise within a bin's width.
    pub(super) fn ranked(&self, rank: u64) -> Option<f64> {
        let mut before = 0;
        for bin in &self.0 {
            if rank < before + bin.count {
                let share = (rank - before) as f64 / (bin.count - 1).max(1) as f64;
                return Some(bin.lowest + (bin.highest - bin.lowest) * share);
            }
            before += bin.count;
        }
        None
    }
}

/// Returns the bin of a number: bins are in numeric order.
pub(super) fn place(number: f64) -> u32 {
    // Both zeros are one number.
    let bits = (number + 0.0).to_bits();
    let ordered = if bits >> 63 == 1 { !bits } else { bits | 1 << 63 };
    (ordered >> BITS_LEFT_OUT) as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn ranked_numbers_are_close(mut numbers in prop::collection::vec(-1e6..1e6_f64, 1..300), cut in 0..300_usize) {
            let cut = cut.min(numbers.len());
            let of = |part: &[f64]| {
                let mut bins = Bins::default();
                part.iter().for_each(|&number| bins.add(number));
                bins
            };
            let mut bins = of(&numbers[cut..]);
            bins.merge(of(&numbers[..cut]));
            let bins = bins.in_order();
            numbers.sort_unstable_by(f64::total_cmp);
            for (rank, &number) in numbers.iter().enumerate() {
                let found = bins.ranked(rank as u64).unwrap();
                prop_assert!((found - number).abs() <= number.abs() / 1024.0, "{} for {}", found, number);
            }
            prop_assert_eq!(bins.ranked(numbers.len() as u64), None);
        }
    }

    #[test]
    fn whole_numbers_are_exact() {
        let mut bins = Bins::default();
        (-500..500).for_each(|number| bins.add(f64::from(number)));
        let bins = bins.in_order();
        assert!((0..1000).all(|rank| bins.ranked(rank) == Some(rank as f64 - 500.0)));
    }
}
