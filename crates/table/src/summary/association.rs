//! Summaries of two columns: measures of association.

use super::ExactSum;
use super::bins::place;
use std::collections::BTreeMap;

/// Exact sums of two variables and of their products, for their correlation. If the mean is large compared with the
/// spread, digits are lost: standardise first.
///
/// ```
/// use pipewright_frame::summary::Comoments;
/// let mut both = Comoments::default();
/// [(1.0, 2.0), (2.0, 4.0), (3.0, 6.0)].into_iter().for_each(|(x, y)| both.add(x, y));
/// assert_eq!(both.correlation(), Some(1.0));
/// ```
#[derive(Debug, Clone, Default)]
pub struct Comoments {
    count: u64,
    x: ExactSum,
    y: ExactSum,
    xx: ExactSum,
    yy: ExactSum,
    xy: ExactSum,
}

impl Comoments {
    /// Adds a pair of finite numbers.
    #[inline]
    pub fn add(&mut self, x: f64, y: f64) {
        self.count += 1;
        self.x.add(x);
        self.y.add(y);
        self.xx.add(x * x);
        self.yy.add(y * y);
        self.xy.add(x * y);
    }

    /// Merges another summary.
    pub fn merge(&mut self, other: Comoments) {
        self.count += other.count;
        self.x.merge(other.x);
        self.y.merge(other.y);
        self.xx.merge(other.xx);
        self.yy.merge(other.yy);
        self.xy.merge(other.xy);
    }

    /// Returns the number of pairs.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Returns Pearson's correlation coefficient, from -1 to 1; `None` for fewer than two pairs, or if a side is
    /// constant.
    #[must_use]
    pub fn correlation(&self) -> Option<f64> {
        let n = self.count as f64;
        let (x, y) = (self.x.value(), self.y.value());
        let spread = |squares: f64, sum: f64| n * squares - sum * sum;
        let (of_x, of_y) = (spread(self.xx.value(), x), spread(self.yy.value(), y));
        let together = n * self.xy.value() - x * y;
        let value = together / (of_x.sqrt() * of_y.sqrt());
        // Rounding noise in the spread of a constant is not spread.
        let is_spread = |spread: f64, squares: f64| spread > n * squares * 1e-14;
        let spread = is_spread(of_x, self.xx.value()) && is_spread(of_y, self.yy.value());
        (spread && value.is_finite()).then(|| value.clamp(-1.0, 1.0))
    }
}

/// Numbers in groups, for the share of variance explained by the groups.
#[derive(Debug, Clone)]
pub struct GroupSums {
    groups: Vec<(u64, ExactSum)>,
    squares: ExactSum,
}

impl GroupSums {
    /// Creates an empty summary with `groups` groups.
    #[must_use]
    pub fn new(groups: usize) -> GroupSums {
        GroupSums { groups: vec![(0, ExactSum::default()); groups], squares: ExactSum::default() }
    }

    /// Adds a finite number to a group.
    ///
    /// # Panics
    /// If the group is out of range.
    #[inline]
    pub fn add(&mut self, group: usize, number: f64) {
        let (count, sum) = &mut self.groups[group];
        *count += 1;
        sum.add(number);
        self.squares.add(number * number);
    }

    /// Merges another summary.
    pub fn merge(&mut self, other: GroupSums) {
        for ((count, sum), (more, of_more)) in self.groups.iter_mut().zip(other.groups) {
            *count += more;
            sum.merge(of_more);
        }
        self.squares.merge(other.squares);
    }

    /// Returns the number of values.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.groups.iter().map(|(count, _)| count).sum()
    }

    /// Returns the correlation ratio η, from 0 to 1: its square is the share of variance between the groups (Fisher,
    /// 1925). `None` if the numbers are constant, or in fewer than two groups.
    #[must_use]
    pub fn correlation_ratio(&self) -> Option<f64> {
        let count = self.count() as f64;
        let there = || self.groups.iter().filter(|(count, _)| *count > 0);
        if there().count() < 2 {
            return None;
        }
        let mut all = ExactSum::default();
        there().for_each(|(_, sum)| all.merge(sum.clone()));
        let center = all.value() * all.value() / count;
        let between: f64 = there().map(|(count, sum)| sum.value() * sum.value() / *count as f64).sum::<f64>() - center;
        let (squares, total) = (self.squares.value(), self.squares.value() - center);
        let ratio = (between / total).max(0.0).sqrt().min(1.0);
        (total > squares * 1e-14 && ratio.is_finite()).then_some(ratio)
    }
}

/// A contingency table: counts of pairs of levels of two columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contingency {
    columns: usize,
    counts: Vec<u64>,
}

impl Contingency {
    /// Creates a table of zeros.
    #[must_use]
    pub fn new(rows: usize, columns: usize) -> Contingency {
        Contingency { columns, counts: vec![0; rows * columns] }
    }

    /// Counts a pair of levels.
    ///
    /// If a level is out of range.
    /// If there are no such levels.
    #[inline]
    pub fn add(&mut self, row: usize, column: usize) {
        assert!(column < self.columns, "the level lies in the table");
        self.counts[row * self.columns + column] += 1;
    }

    /// Merges another table.
    pub fn merge(&mut self, other: &Contingency) {
        self.counts.iter_mut().zip(&other.counts).for_each(|(count, more)| *count += more);
    }

    /// Returns the counts, row by row.
    pub fn rows(&self) -> impl Iterator<Item = &[u64]> {
        self.counts.chunks(self.columns.max(1))
    }

    /// Returns the table without its last row and its last column.
    #[must_use]
    pub fn without_last(&self) -> Contingency {
        let columns = self.columns.saturating_sub(1);
        let rows = (self.counts.len() / self.columns.max(1)).saturating_sub(1);
        let counts = self.rows().take(rows).flat_map(|row| row[..columns].iter().copied()).collect();
        Contingency { columns, counts }
    }

    /// Returns the number of pairs.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// Returns Cramér's V, from 0 to 1: √(χ² / n / (the smaller number of levels - 1)) (Cramér, 1946). `None` if a side
    /// has fewer than two levels.
    #[must_use]
    pub fn cramers_v(&self) -> Option<f64> {
        let total = self.count() as f64;
        let of_rows: Vec<u64> = self.rows().map(|row| row.iter().sum()).collect();
        let mut of_columns = vec![0; self.columns];
        self.rows().for_each(|row| of_columns.iter_mut().zip(row).for_each(|(sum, count)| *sum += count));
        let levels = |sums: &[u64]| sums.iter().filter(|sum| **sum > 0).count();
        let fewest = levels(&of_rows).min(levels(&of_columns));
        if fewest < 2 {
            return None;
        }
        let mut phi = 0.0;
        for (row, of_row) in self.rows().zip(&of_rows) {
            for (count, of_column) in row.iter().zip(&of_columns).filter(|(count, _)| **count > 0) {
                phi += (*count as f64 / *of_row as f64) * (*count as f64 / *of_column as f64);
            }
        }
        debug_assert!(total > 0.0, "there are two levels");
        Some(((phi - 1.0).max(0.0) / (fewest - 1) as f64).sqrt().min(1.0))
    }

    /// Returns the AUC of a table of two columns, its rows sorted by their proportions.
    #[must_use]
    pub fn area(&self) -> Option<f64> {
        let mut rows: Vec<[u64; 2]> = self.rows().map(|row| [row[0], row[1]]).collect();
        let share = |row: &[u64; 2]| row[1] as f64 / (row[0] + row[1]).max(1) as f64;
        rows.sort_by(|one, other| share(one).total_cmp(&share(other)));
        area(rows.into_iter())
    }
}

/// Numbers of two groups, for how well they separate the groups (AUC). Numbers that differ by less than a relative 0.1%
/// count as equal, so that the memory is bounded.
#[derive(Debug, Clone, Default)]
pub struct Separation {
    bins: BTreeMap<u32, [u64; 2]>,
}

impl Separation {
    /// Adds a number to the first or the second group.
    ///
    /// # Panics
    /// If the group is out of range.
    #[inline]
    pub fn add(&mut self, number: f64, group: usize) {
        self.bins.entry(place(number)).or_default()[group] += 1;
    }

    /// Merges another summary.
    pub fn merge(&mut self, other: Separation) {
        for (place, [first, second]) in other.bins {
            let bin = self.bins.entry(place).or_default();
            bin[0] += first;
            bin[1] += second;
        }
    }

    /// Returns the count of each group.
    #[must_use]
    pub fn counts(&self) -> [u64; 2] {
        self.bins.values().fold([0, 0], |sum, bin| [sum[0] + bin[0], sum[1] + bin[1]])
    }

    /// Returns the area under the ROC curve: the probability that a number of the second group is above one of the
    /// first, ties counting half. `None` if a group is empty.
    #[must_use]
    pub fn area(&self) -> Option<f64> {
        area(self.bins.values().copied())
    }
}

/// Returns the AUC of bins in ascending order, each with its negatives and positives.
fn area(groups: impl Iterator<Item = [u64; 2]>) -> Option<f64> {
    let (mut pairs, mut below, mut positives) = (0_u128, 0_u128, 0_u128);
    for [negative, positive] in groups {
        let (negative, positive) = (u128::from(negative), u128::from(positive));
        // Twice the number of correctly ordered pairs, to stay whole.
        pairs += positive * (2 * below + negative);
        below += negative;
        positives += positive;
    }
    (below > 0 && positives > 0).then(|| pairs as f64 / (2 * below * positives) as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constants_have_no_correlation() {
        let of = |pairs: &[(f64, f64)]| {
            let mut both = Comoments::default();
            pairs.iter().for_each(|&(x, y)| both.add(x, y));
            both.correlation()
        };
        assert_eq!(of(&[]), None);
        assert_eq!(of(&[(1.0, 2.0)]), None);
        assert_eq!(of(&[(0.1, 1.0), (0.1, 2.0), (0.1, 4.0)]), None);
        assert_eq!(of(&[(1.0, 3.0), (2.0, 1.0)]), Some(-1.0));
    }

    #[test]
    fn groups_explain_all_or_nothing() {
        let of = |numbers: &[(usize, f64)]| {
            let mut groups = GroupSums::new(3);
            numbers.iter().for_each(|&(group, number)| groups.add(group, number));
            groups.correlation_ratio()
        };
        assert_eq!(of(&[(0, 1.0), (0, 1.0), (2, 5.0)]), Some(1.0));
        assert_eq!(of(&[(0, 1.0), (0, 5.0), (2, 1.0), (2, 5.0)]), Some(0.0));
        assert_eq!(of(&[(1, 1.0), (1, 5.0)]), None);
        assert_eq!(of(&[(0, 1.0), (1, 1.0)]), None);
    }

    #[test]
    fn tables_of_levels() {
        let mut table = Contingency::new(3, 2);
        for (row, column, times) in [(0, 0, 10), (1, 1, 5), (2, 0, 1)] {
            (0..times).for_each(|_| table.add(row, column));
        }
        assert_eq!(table.cramers_v(), Some(1.0));
        assert_eq!(table.area(), Some(1.0));
        assert_eq!(table.without_last().cramers_v(), None);
        assert_eq!((table.count(), table.without_last().count()), (16, 10));
        // 2 × 2: V is |φ|.
        let table = Contingency { columns: 2, counts: vec![30, 10, 20, 40] };
        let phi = (30.0 * 40.0 - 10.0 * 20.0) / (40.0 * 60.0 * 50.0 * 50.0_f64).sqrt();
        assert!((table.cramers_v().unwrap() - phi).abs() < 1e-15);
    }

    #[test]
    fn ties_count_half() {
        let mut both = Separation::default();
        [(1.0, 0), (2.0, 0), (2.0, 1), (3.0, 1)].into_iter().for_each(|(number, group)| both.add(number, group));
        assert_eq!(both.area(), Some(3.5 / 4.0));
        assert_eq!(both.counts(), [2, 2]);
        assert_eq!(Separation::default().area(), None);
    }
}
