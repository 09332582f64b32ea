//! McNemar's test: do two classifiers err equally often on the same rows?
//!
//! Sources: Q. McNemar, "Note on the sampling error of the difference between correlated proportions or percentages",
//! Psychometrika 12 (1947); M. W. Fagerland, S. Lydersen, P. Laake, "The McNemar test for binary matched-pairs data:
//! mid-p and asymptotic are better than exact conditional", BMC Medical Research Methodology 13 (2013).

use crate::distribution::{coin_at_most, coin_exactly};

/// McNemar's exact test. Only rows on which exactly one of two classifiers is right tell them apart; if both are equally
/// good, each of these rows is a throw of a fair coin.
///
/// ```
/// let test = pipewright_learn::compare::McNemar::new(&[0, 1, 1, 0], &[0, 1, 1, 0], &[0, 0, 0, 0]);
/// assert_eq!((test.first_only, test.second_only), (2, 0));
/// assert!((test.exact() - 0.5).abs() < 1e-12);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct McNemar {
    /// The number of rows on which only the first is right.
    pub first_only: u64,
    /// The number of rows on which only the second is right.
    pub second_only: u64,
}

impl McNemar {
    /// Counts the rows of the true classes on which exactly one of two predictions is right.
    ///
    /// # Panics
    /// If the lists differ in length.
    #[must_use]
    pub fn new(truth: &[u32], first: &[u32], second: &[u32]) -> McNemar {
        assert!(truth.len() == first.len() && truth.len() == second.len(), "two predictions per row");
        let mut test = McNemar { first_only: 0, second_only: 0 };
        for ((truth, first), second) in truth.iter().zip(first).zip(second) {
            test.first_only += u64::from(first == truth && second != truth);
            test.second_only += u64::from(first != truth && second == truth);
        }
        test
    }

    /// The exact two-sided p-value: twice the probability of at most the smaller count, at most 1.
    #[must_use]
    pub fn exact(&self) -> f64 {
        let (fewer, rows) = self.throws();
        (2.0 * coin_at_most(fewer, rows)).min(1.0)
    }

    /// The mid-p-value, which is less conservative: the smaller count itself counts half.
    #[must_use]
    pub fn mid_p(&self) -> f64 {
        let (fewer, rows) = self.throws();
        (2.0 * coin_at_most(fewer, rows) - coin_exactly(fewer, rows)).clamp(0.0, 1.0)
    }

    fn throws(&self) -> (u64, u64) {
        (self.first_only.min(self.second_only), self.first_only + self.second_only)
    }
}
