//! Weights of classes.

/// Adds the weight of each row to the sum of its class.
pub(crate) fn add_weights(codes: &[u32], weights: Option<&[f64]>, sums: &mut [f64]) {
    let weight = |row: usize| weights.map_or(1.0, |weights| weights[row]);
    codes.iter().enumerate().for_each(|(row, &code)| sums[code as usize] += weight(row));
}

/// The factor on the weights of each class with which the classes weigh the same, given the sum of each.
pub(crate) fn balancing(sums: &[f64]) -> Vec<f64> {
    let present = sums.iter().filter(|sum| **sum > 0.0).count() as f64;
    let total: f64 = sums.iter().sum();
    sums.iter().map(|sum| if *sum > 0.0 { total / (present * sum) } else { 1.0 }).collect()
}
