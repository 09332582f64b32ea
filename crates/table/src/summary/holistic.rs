//! Holistic summaries: all values are needed.

use super::QuantilePlace;
use super::bins::Bins;

/// All numbers, for quantiles; or, above a bound, their counts in fine bins.
#[derive(Debug, Clone, Default)]
pub struct Quantiles {
    numbers: Vec<f64>,
    /// Maximum number of values to keep; unlimited if `None`.
    bound: Option<usize>,
    bins: Option<Bins>,
}

impl Quantiles {
    /// Keeps at most `bound` numbers: with more, quantiles have a relative error of about 0.1%. The result depends only
    /// on the set of numbers, not on order or chunks.
    #[must_use]
    pub fn bounded(bound: Option<usize>) -> Quantiles {
        Quantiles { bound, ..Quantiles::default() }
    }

    /// Are quantiles approximate?
    #[must_use]
    pub fn is_approximate(&self) -> bool {
        self.bins.is_some()
    }

    /// Returns the count.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.bins.as_ref().map_or(self.numbers.len() as u64, Bins::count)
    }

    /// Adds a number.
    ///
    /// # Panics
    /// If the number is NaN.
    #[inline]
    pub fn add(&mut self, number: f64) {
        assert!(!number.is_nan(), "NaN has no place among numbers");
        match &mut self.bins {
            None => {
                self.numbers.push(number);
                self.keep_bound();
            }
            Some(bins) => bins.add(number),
        }
    }

    /// Adds numbers: same result as one by one, but faster.
    ///
    /// # Panics
    /// If a number is NaN.
    pub fn add_all(&mut self, numbers: &[f64]) {
        assert!(numbers.iter().all(|number| !number.is_nan()), "NaN has no place among numbers");
        match &mut self.bins {
            None => {
                self.numbers.extend_from_slice(numbers);
                self.keep_bound();
            }
            Some(bins) => numbers.iter().for_each(|&number| bins.add(number)),
        }
    }

    /// Merges another summary.
    pub fn merge(&mut self, mut other: Quantiles) {
        match (&mut self.bins, other.bins) {
            (None, None) => self.numbers.append(&mut other.numbers),
            (Some(bins), None) => other.numbers.into_iter().for_each(|number| bins.add(number)),
            (Some(bins), Some(more)) => bins.merge(more),
            (None, Some(mut bins)) => {
                self.numbers.drain(..).for_each(|number| bins.add(number));
                self.bins = Some(bins);
            }
        }
        self.keep_bound();
    }

    fn keep_bound(&mut self) {
        if self.bins.is_none() && self.bound.is_some_and(|bound| self.numbers.len() > bound) {
            let mut bins = Bins::default();
            std::mem::take(&mut self.numbers).into_iter().for_each(|number| bins.add(number));
            self.bins = Some(bins);
        }
    }

    /// Returns the quantile at a probability of 0 to 1, interpolated linearly between the two nearest numbers (type 7
    /// of Hyndman and Fan, 1996), if the count is not 0. Numbers are reordered, not changed.
    ///
    /// ```
    /// use pipewright_frame::summary::Quantiles;
    /// let mut quantiles = Quantiles::default();
    /// [4.0, 1.0, 3.0, 2.0].into_iter().for_each(|number| quantiles.add(number));
    /// assert_eq!(quantiles.quantile(0.25), Some(1.75));
    /// ```
    ///
    /// # Panics
    /// If `share` is not within 0 to 1.
    pub fn quantile(&mut self, share: f64) -> Option<f64> {
        self.quantiles(&[share]).map(|quantiles| quantiles[0])
    }

    /// Returns the quantiles at these probabilities, like [`Quantiles::quantile`]; `None` if the count is 0. Faster
    /// than one by one.
    ///
    /// # Panics
    /// If a probability is not within 0 to 1.
    pub fn quantiles(&mut self, shares: &[f64]) -> Option<Vec<f64>> {
        let count = self.count();
        self.at(&shares.iter().map(|&share| QuantilePlace::of(share, count)).collect::<Option<Vec<_>>>()?)
    }

    /// Returns the quantiles that cut the numbers into `parts`, from the least number to the greatest; `None` if the
    /// count is 0.
    ///
    /// # Panics
    /// If there are no parts.
    pub fn cuts(&mut self, parts: u64) -> Option<Vec<f64>> {
        let count = self.count();
        self.at(&(0..=parts).map(|nth| QuantilePlace::nth(nth, parts, count)).collect::<Option<Vec<_>>>()?)
    }

    fn at(&mut self, places: &[QuantilePlace]) -> Option<Vec<f64>> {
        if let Some(bins) = &self.bins {
            let bins = bins.in_order();
            let at = |place: &QuantilePlace| Some(place.between(bins.ranked(place.low())?, bins.ranked(place.high())?));
            return places.iter().map(at).collect();
        }
        // Selecting takes about a tenth of the time of sorting.
        const SELECT_MAX: usize = 8;
        if places.len() > SELECT_MAX {
            self.numbers.sort_unstable_by(f64::total_cmp);
        } else {
            let mut ranks: Vec<usize> =
                places.iter().flat_map(|place| [place.low() as usize, place.high() as usize]).collect();
            ranks.sort_unstable();
            ranks.dedup();
            put_in_place(&mut self.numbers, 0, &ranks);
        }
        let number = |rank: u64| self.numbers[rank as usize];
        Some(places.iter().map(|place| place.between(number(place.low()), number(place.high()))).collect())
    }

    /// Returns the distinct numbers in order, with their counts; approximate above the bound.
    #[must_use]
    pub fn counted(self) -> Vec<(f64, u64)> {
        if let Some(bins) = &self.bins {
            return bins.in_order().counted();
        }
        let mut numbers = self.numbers;
        numbers.sort_unstable_by(f64::total_cmp);
        // Both zeros are one number.
        let runs = numbers.chunk_by(|left, right| left == right);
        runs.map(|run| (run[0] + 0.0, run.len() as u64)).collect()
    }

    /// The median.
    pub fn median(&mut self) -> Option<f64> {
        self.quantile(0.5)
    }
}

/// Partially sorts: puts the numbers of these indices, ascending, where sorting would; `numbers` start at `start`.
fn put_in_place(numbers: &mut [f64], start: usize, places: &[usize]) {
    let (before, [place, after @ ..]) = places.split_at(places.len() / 2) else { return };
    let (less, _, more) = numbers.select_nth_unstable_by(place - start, f64::total_cmp);
    put_in_place(less, start, before);
    put_in_place(more, place + 1, after);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn quantile(numbers: &[f64], share: f64) -> Option<f64> {
        let mut quantiles = Quantiles::default();
        numbers.iter().for_each(|&number| quantiles.add(number));
        quantiles.quantile(share)
    }

    #[test]
    fn edges() {
        assert_eq!(quantile(&[], 0.5), None);
        assert_eq!(quantile(&[7.0], 0.3), Some(7.0));
        assert_eq!(quantile(&[1e308, -1e308], 0.5), Some(0.0));
        assert_eq!(quantile(&[2.0, 1.0], 1.0), Some(2.0));
    }

    #[test]
    fn beyond_the_bound_quantiles_are_about_right_whatever_the_parts() {
        let numbers: Vec<f64> = (0..1000).map(|number| f64::from(number * number % 997) / 7.0).collect();
        let of = |part: &[f64]| {
            let mut quantiles = Quantiles::bounded(Some(100));
            part.iter().for_each(|&number| quantiles.add(number));
            quantiles
        };
        let mut whole = of(&numbers);
        let mut parts = Quantiles::bounded(Some(100));
        numbers.chunks(37).for_each(|part| parts.merge(of(part)));
        let mut at_once = Quantiles::bounded(Some(100));
        numbers.chunks(61).for_each(|part| at_once.add_all(part));
        assert!(whole.is_approximate() && !of(&numbers[..100]).is_approximate());
        for share in [0.0, 0.25, 0.5, 0.9, 1.0] {
            let (exact, about) = (quantile(&numbers, share).unwrap(), whole.quantile(share).unwrap());
            assert!((exact - about).abs() <= 2.0 * exact.abs() / 1024.0, "{exact} {about}");
            assert_eq!(parts.quantile(share), Some(about));
            assert_eq!(at_once.quantile(share), Some(about));
        }
    }

    #[test]
    fn many_quantiles_are_as_one_by_one_and_counts_are_in_order() {
        let of = |numbers: &[f64], bound| {
            let mut quantiles = Quantiles::bounded(bound);
            numbers.iter().for_each(|&number| quantiles.add(number));
            quantiles
        };
        let numbers = [3.0, -0.0, 7.5, 0.0, 3.0, -2.0, 0.0];
        let shares: Vec<f64> = (0..=20).map(|twentieth| f64::from(twentieth) / 20.0).collect();
        for bound in [None, Some(3)] {
            let one_by_one: Option<Vec<f64>> =
                shares.iter().map(|&share| of(&numbers, bound).quantile(share)).collect();
            assert_eq!(of(&numbers, bound).quantiles(&shares), one_by_one);
            let counted = of(&numbers, bound).counted();
            assert_eq!(counted, [(-2.0, 1), (0.0, 3), (3.0, 2), (7.5, 1)]);
        }
        assert_eq!(of(&[], None).quantiles(&shares), None);
    }

    proptest! {
        #[test]
        fn selection_is_sorting(mut numbers in prop::collection::vec(-50..50_i32, 1..40), share in 0.0..1.0_f64) {
            let got = quantile(&numbers.iter().map(|&n| f64::from(n)).collect::<Vec<_>>(), share).unwrap();
            numbers.sort_unstable();
            let place = (numbers.len() - 1) as f64 * share;
            let (low, high) = (f64::from(numbers[place as usize]), f64::from(numbers[place.ceil() as usize]));
            prop_assert!((got - (low + (high - low) * place.fract())).abs() < 1e-9);
        }
    }
}
