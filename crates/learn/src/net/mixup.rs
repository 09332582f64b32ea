//! Mixup: H. Zhang and others, "mixup: Beyond Empirical Risk Minimization" (ICLR 2018).
//!
//! Each row of a batch is replaced by λ times itself and 1 − λ times another row of the batch, its target likewise, with
//! one λ of Beta(α, α) per batch. The other row is the next one: the order of rows is random.

use super::rows::Batch;
use pipewright_world::random::Key;

/// Draws λ from Beta(α, α), α from above 0 to 1 (M. Jöhnk, 1964): of two powers of uniform numbers whose sum is at most
/// 1, the share of the first.
pub(super) fn share(alpha: f64, key: Key) -> f64 {
    for attempt in 0.. {
        let [first, second] = [0, 1].map(|which| key.uniform(2 * attempt + which));
        let [left, right] = [first, second].map(|number| libm::pow(number, 1.0 / alpha));
        let sum = left + right;
        if sum > 0.0 && sum <= 1.0 {
            return left / sum;
        }
        // Both powers are too small for a number: one is all there is.
        if sum == 0.0 {
            return if first > second { 1.0 } else { 0.0 };
        }
    }
    unreachable!("one of two pairs is accepted, or more")
}

impl Batch {
    /// Mixes each row with the next, the last with the first. Of a target, each part counts by its row's weight, so that
    /// a loss which is linear in targets is the mixture of both losses.
    pub(super) fn mix(&mut self, share: f64) {
        let rows = self.target.len().checked_div(self.target_width).unwrap_or(0);
        let share = share as f32;
        if !self.weights.is_empty() {
            let widths = self.target_width;
            for (target, &weight) in self.target.chunks_exact_mut(widths).zip(&self.weights) {
                target.iter_mut().for_each(|value| *value *= weight);
            }
        }
        let width = self.features.len().checked_div(rows).unwrap_or(0);
        mix_rows(&mut self.features, width, share, &mut self.first);
        mix_rows(&mut self.target, self.target_width, share, &mut self.first);
        if !self.weights.is_empty() {
            mix_rows(&mut self.weights, 1, share, &mut self.first);
            for (target, &weight) in self.target.chunks_exact_mut(self.target_width).zip(&self.weights) {
                let scale = if weight > 0.0 { 1.0 / weight } else { 0.0 };
                target.iter_mut().for_each(|value| *value *= scale);
            }
        }
    }
}

/// Mixes rows of `width` numbers; `first` is memory for the first one.
fn mix_rows(values: &mut [f32], width: usize, share: f32, first: &mut Vec<f32>) {
    if width == 0 || values.is_empty() {
        return;
    }
    first.clear();
    first.extend_from_slice(&values[..width]);
    for place in 0..values.len() {
        let other = values.get(place + width).copied().unwrap_or_else(|| first[place % width]);
        values[place] = share * values[place] + (1.0 - share) * other;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_of_the_beta_distribution() {
        for alpha in [0.2, 0.5, 1.0] {
            let shares: Vec<f64> = (0..20_000).map(|index| share(alpha, Key::new(3).index(index))).collect();
            let mean = shares.iter().sum::<f64>() / 20_000.0;
            let variance = shares.iter().map(|share| (share - mean).powi(2)).sum::<f64>() / 20_000.0;
            // Of Beta(α, α): 1/2 and 1 / (4·(2α + 1)).
            let wanted = 0.25 / (2.0 * alpha + 1.0);
            assert!((mean - 0.5).abs() < 0.015 && (variance - wanted).abs() < 0.005, "{alpha}: {mean} {variance}");
        }
        assert!((0..100).all(|index| (0.0..=1.0).contains(&share(1e-6, Key::new(4).index(index)))));
    }

    #[test]
    fn rows_are_mixed_with_the_next() {
        let mut batch = Batch {
            features: vec![0.0, 10.0, 4.0, 20.0, 8.0, 30.0],
            target: vec![1.0, 0.0, 0.0, 1.0, 1.0, 0.0],
            target_width: 2,
            ..Batch::default()
        };
        batch.mix(0.75);
        assert_eq!(batch.features, [1.0, 12.5, 5.0, 22.5, 6.0, 25.0]);
        assert_eq!(batch.target, [0.75, 0.25, 0.25, 0.75, 1.0, 0.0]);
        let mut weighted = Batch {
            features: vec![0.0, 4.0],
            target: vec![1.0, 0.0],
            weights: vec![1.0, 3.0],
            target_width: 1,
            ..Batch::default()
        };
        weighted.mix(0.5);
        assert_eq!(weighted.features, [2.0, 2.0]);
        assert_eq!(weighted.weights, [2.0, 2.0]);
        assert_eq!(weighted.target, [0.25, 0.25], "a quarter of the weight is of the first row");
    }
}
