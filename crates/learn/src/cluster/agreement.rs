//! How much two clusterings of the same rows agree. Rows without a cluster count as one cluster.

use super::Label;
use crate::distribution::ln_gamma;
use std::collections::BTreeMap;

/// The adjusted Rand index of two clusterings of the same rows: 1 if they are the same up to the names of the clusters,
/// and about 0 for random ones (Hubert, Arabie, "Comparing partitions", 1985). Rows without a cluster count as one.
///
/// ```
/// use pipewright_learn::cluster::score::adjusted_rand;
/// assert_eq!(adjusted_rand(&[Some(0), Some(0), Some(1)], &[Some(7), Some(7), None]), 1.0);
/// ```
///
/// # Panics
/// If the numbers of labels differ.
#[must_use]
pub fn adjusted_rand(left: &[Label], right: &[Label]) -> f64 {
    let table = Table::new(left, right);
    let pairs = |count: &u64| (u128::from(*count) * u128::from(count.saturating_sub(1)) / 2) as f64;
    let together: f64 = table.both.values().map(pairs).sum();
    let (in_left, in_right): (f64, f64) = (table.left.values().map(pairs).sum(), table.right.values().map(pairs).sum());
    let expected = in_left * in_right / pairs(&table.rows).max(1.0);
    let most = (in_left + in_right) / 2.0;
    // Either all rows are together, or none are, in both.
    if most == expected { 1.0 } else { (together - expected) / (most - expected) }
}

/// The adjusted mutual information: (I - E[I]) / (mean entropy - E[I]), where E[I] is the mutual information of random
/// clusterings with the same sizes; 1 if they are the same up to names, and about 0 for random ones (Vinh, Epps, Bailey,
/// "Information theoretic measures for clusterings comparison", JMLR 11, 2010). The mean is arithmetic, as in scikit-learn.
///
/// ```
/// use pipewright_learn::cluster::score::adjusted_mutual_information;
/// assert_eq!(adjusted_mutual_information(&[Some(0), Some(0), Some(1)], &[Some(7), Some(7), None]), 1.0);
/// ```
///
/// # Panics
/// If the numbers of labels differ.
#[must_use]
pub fn adjusted_mutual_information(left: &[Label], right: &[Label]) -> f64 {
    let table = Table::new(left, right);
    if table.is_same() {
        return 1.0;
    }
    let expected = table.expected_information();
    let most = f64::midpoint(table.entropy(&table.left), table.entropy(&table.right));
    let gain = table.information() - expected;
    // Where one is all apart or all together, every clustering of those sizes has the same information.
    if most - expected < 1e-12 * most.max(1e-300) { 0.0 } else { gain / (most - expected) }
}

/// What clusters tell about classes, and the other way round (Rosenberg, Hirschberg, "V-measure: a conditional
/// entropy-based external cluster evaluation measure", 2007). All lie between 0 and 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct VMeasure {
    /// 1 - H(class | cluster) / H(class): 1 if each cluster has rows of one class only.
    pub homogeneity: f64,
    /// 1 - H(cluster | class) / H(cluster): 1 if the rows of each class are in one cluster.
    pub completeness: f64,
    /// The harmonic mean of both.
    pub v_measure: f64,
}

/// Homogeneity, completeness and V-measure of clusters, given the true classes.
///
/// ```
/// use pipewright_learn::cluster::score::v_measure;
/// let found = v_measure(&[Some(0), Some(0), Some(1), Some(1)], &[Some(0), Some(1), Some(2), Some(2)]);
/// assert!(found.homogeneity == 1.0 && found.completeness < 0.7);
/// ```
///
/// # Panics
/// If the numbers of labels differ.
#[must_use]
pub fn v_measure(classes: &[Label], clusters: &[Label]) -> VMeasure {
    let table = Table::new(classes, clusters);
    let information = table.information();
    let share = |entropy: f64| if entropy == 0.0 { 1.0 } else { (information / entropy).clamp(0.0, 1.0) };
    let (homogeneity, completeness) = (share(table.entropy(&table.left)), share(table.entropy(&table.right)));
    let sum = homogeneity + completeness;
    let v_measure = if sum == 0.0 { 0.0 } else { 2.0 * homogeneity * completeness / sum };
    VMeasure { homogeneity, completeness, v_measure }
}

/// The numbers of rows of pairs of clusters.
struct Table {
    both: BTreeMap<(Label, Label), u64>,
    left: BTreeMap<Label, u64>,
    right: BTreeMap<Label, u64>,
    rows: u64,
}

impl Table {
    fn new(left: &[Label], right: &[Label]) -> Table {
        assert_eq!(left.len(), right.len(), "two labels per row");
        let (mut both, mut lefts, mut rights) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        for (&left, &right) in left.iter().zip(right) {
            *both.entry((left, right)).or_insert(0) += 1;
            *lefts.entry(left).or_insert(0) += 1;
            *rights.entry(right).or_insert(0) += 1;
        }
        Table { both, left: lefts, right: rights, rows: left.len() as u64 }
    }

    /// Are the clusterings the same up to names?
    fn is_same(&self) -> bool {
        self.both.len() == self.left.len() && self.both.len() == self.right.len()
    }

    fn entropy(&self, sizes: &BTreeMap<Label, u64>) -> f64 {
        // Without -0 for a single cluster.
        let share = |size: &u64| *size as f64 / self.rows as f64;
        sizes.values().map(|size| share(size) * (1.0 / share(size)).ln()).sum()
    }

    /// The information of a cell with this many rows.
    fn information_of(&self, both: u64, left: u64, right: u64) -> f64 {
        let (rows, both) = (self.rows as f64, both as f64);
        both / rows * (rows * both / (left as f64 * right as f64)).ln()
    }

    fn information(&self) -> f64 {
        let cells = self.both.iter();
        cells.map(|((left, right), both)| self.information_of(*both, self.left[left], self.right[right])).sum()
    }

    /// The mean information of random clusterings with the same sizes: cells have hypergeometric distributions.
    fn expected_information(&self) -> f64 {
        let ln_factorial = |number: u64| ln_gamma(number as f64 + 1.0);
        let rows = self.rows;
        let mut sum = 0.0;
        for &left in self.left.values() {
            for &right in self.right.values() {
                let fixed =
                    ln_factorial(left) + ln_factorial(right) + ln_factorial(rows - left) + ln_factorial(rows - right)
                        - ln_factorial(rows);
                for both in (left + right).saturating_sub(rows).max(1)..=left.min(right) {
                    let ways = ln_factorial(both)
                        + ln_factorial(left - both)
                        + ln_factorial(right - both)
                        + ln_factorial(rows + both - left - right);
                    sum += self.information_of(both, left, right) * (fixed - ways).exp();
                }
            }
        }
        sum
    }
}
