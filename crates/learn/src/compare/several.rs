//! P-values of several tests at once.

/// Holm's correction: p-values such that the probability of any wrong rejection among all tests stays below the level.
/// The i-th smallest of m is multiplied by m - i + 1, and none becomes smaller than the ones before it (S. Holm, "A simple
/// sequentially rejective multiple test procedure", Scandinavian Journal of Statistics 6, 1979).
///
/// # Panics
/// If a value is not between 0 and 1.
///
/// ```
/// assert_eq!(pipewright_learn::compare::holm(&[0.5, 0.125, 0.25]), [0.5, 0.375, 0.5]);
/// ```
#[must_use]
pub fn holm(p_values: &[f64]) -> Vec<f64> {
    assert!(p_values.iter().all(|p| (0.0..=1.0).contains(p)), "a p-value lies between 0 and 1");
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|&one, &two| p_values[one].total_cmp(&p_values[two]));
    let mut corrected = vec![0.0; p_values.len()];
    let mut least: f64 = 0.0;
    for (place, &test) in order.iter().enumerate() {
        least = least.max(p_values[test] * (p_values.len() - place) as f64).min(1.0);
        corrected[test] = least;
    }
    corrected
}
