//! Holistic summaries: only all values together give the answer.

/// All numbers, for their quantiles.
#[derive(Debug, Clone, Default)]
pub struct Quantiles {
    numbers: Vec<f64>,
}

impl Quantiles {
    /// Adds a number.
    ///
    /// # Panics
    /// If it is NaN.
    #[inline]
    pub fn add(&mut self, number: f64) {
        assert!(!number.is_nan(), "NaN has no place among numbers");
        self.numbers.push(number);
    }

    /// Adds what another one has seen.
    pub fn merge(&mut self, mut other: Quantiles) {
        self.numbers.append(&mut other.numbers);
    }

    /// The quantile for a share of 0 to 1, interpolated linearly between the two nearest numbers (type 7 of Hyndman
    /// and Fan, 1996), if there is a number. Numbers are reordered, not changed.
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
        assert!((0.0..=1.0).contains(&share), "a share lies within 0 to 1");
        let place = self.numbers.len().checked_sub(1)? as f64 * share;
        let (_, &mut low, above) = self.numbers.select_nth_unstable_by(place.floor() as usize, f64::total_cmp);
        let fraction = place.fract();
        let high = match fraction > 0.0 {
            true => above.iter().copied().min_by(f64::total_cmp).unwrap_or(low),
            false => low,
        };
        if low == high {
            return Some(low);
        }
        let step = high - low;
        // Numbers at both ends of the range are further apart than the range is wide.
        let interpolated =
            if step.is_finite() { low + fraction * step } else { low * (1.0 - fraction) + high * fraction };
        Some(interpolated)
    }

    /// The median.
    pub fn median(&mut self) -> Option<f64> {
        self.quantile(0.5)
    }
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
