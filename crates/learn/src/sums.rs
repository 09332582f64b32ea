//! Sums over long lists in four parts, so that processors can add several at a time: always the same four, on every
//! processor.

/// Σ left · right.
pub(crate) fn dot(left: &[f64], right: &[f64]) -> f64 {
    let mut sums = [0.0; 4];
    let (left_parts, right_parts) = (left.chunks_exact(4), right.chunks_exact(4));
    let rest: f64 = left_parts.remainder().iter().zip(right_parts.remainder()).map(|(a, b)| a * b).sum();
    for (a, b) in left_parts.zip(right_parts) {
        for (sum, (a, b)) in sums.iter_mut().zip(a.iter().zip(b)) {
            *sum += a * b;
        }
    }
    sums.iter().sum::<f64>() + rest
}

/// Returns the centred values and the mean. The mean of equal values is exactly that value.
pub(crate) fn centred(values: &[f64]) -> (Vec<f64>, f64) {
    let Some(&first) = values.first() else { return (Vec::new(), 0.0) };
    let mut sums = [0.0; 4];
    let parts = values.chunks_exact(4);
    let rest: f64 = parts.remainder().iter().map(|value| value - first).sum();
    for part in parts {
        sums.iter_mut().zip(part).for_each(|(sum, value)| *sum += value - first);
    }
    let mean = first + (sums.iter().sum::<f64>() + rest) / values.len() as f64;
    (values.iter().map(|value| value - mean).collect(), mean)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_and_rest_are_summed() {
        let numbers: Vec<f64> = (1..=11).map(f64::from).collect();
        assert_eq!(dot(&numbers, &numbers), 506.0);
        let (centred, mean) = centred(&numbers);
        assert_eq!((mean, centred[0], centred[10]), (6.0, -5.0, 5.0));
        assert_eq!(super::centred(&[0.1; 7]), (vec![0.0; 7], 0.1));
        assert_eq!(super::centred(&[]), (vec![], 0.0));
    }
}
