//! Absolute error of growing sets of rows.

use super::goal::{Goal, Item};
use super::scan::Groups;

/// Finds the absolute error around the median of every prefix of an order of groups, in O(log n) per row.
///
/// A Fenwick tree (P. M. Fenwick, "A New Data Structure for Cumulative Frequency Tables", 1994) over the targets of the
/// node holds the weight and the weighted sum of those that are in; the median is found by descending it.
#[derive(Debug, Default)]
pub(super) struct Medians {
    /// The distinct targets of the node.
    values: Vec<i64>,
    weights: Vec<i64>,
    sums: Vec<i128>,
    gains: Vec<f64>,
}

impl Medians {
    /// The gain of the split after each group of an order, but the last.
    pub(super) fn gains(&mut self, goal: &Goal, groups: &Groups, order: &[usize]) -> &[f64] {
        self.values.clear();
        self.values.extend(order.iter().flat_map(|&group| groups.rows(group)).map(|item| item.first));
        self.values.sort_unstable();
        self.values.dedup();
        let lefts = self.costs(groups, order.iter());
        let mut rights = self.costs(groups, order.iter().rev());
        let all = lefts.last().copied().unwrap_or(0);
        rights.pop();
        let (unit, step) = goal.units();
        let gain = |(left, right): (&i128, &i128)| (all - left - right) as f64 * step * unit;
        self.gains = lefts.iter().zip(rights.iter().rev()).map(gain).collect();
        &self.gains
    }

    /// The error after each group.
    fn costs<'o>(&mut self, groups: &Groups, order: impl Iterator<Item = &'o usize>) -> Vec<i128> {
        let size = self.values.len() + 1;
        self.weights.clear();
        self.weights.resize(size, 0);
        self.sums.clear();
        self.sums.resize(size, 0);
        let (mut weight, mut sum) = (0, 0);
        let mut costs = Vec::new();
        for &group in order {
            for item in groups.rows(group) {
                self.insert(item);
                weight += item.weight;
                sum += i128::from(item.first) * i128::from(item.weight);
            }
            costs.push(self.cost(weight, sum));
        }
        costs
    }

    fn insert(&mut self, item: &Item) {
        let mut place = self.values.partition_point(|value| *value < item.first) + 1;
        while place < self.weights.len() {
            self.weights[place] += item.weight;
            self.sums[place] += i128::from(item.first) * i128::from(item.weight);
            place += place & place.wrapping_neg();
        }
    }

    /// Σ weight · |value − median| of what is in.
    fn cost(&self, weight: i64, sum: i128) -> i128 {
        let (mut place, mut below, mut sum_below) = (0, 0_i64, 0_i128);
        let mut step = (self.weights.len().next_power_of_two()) / 2;
        while step > 0 {
            let next = place + step;
            if next < self.weights.len() && 2 * (below + self.weights[next]) < weight {
                place = next;
                below += self.weights[next];
                sum_below += self.sums[next];
            }
            step /= 2;
        }
        let median = i128::from(self.values[place.min(self.values.len() - 1)]);
        (median * i128::from(below) - sum_below) + (sum - sum_below - median * i128::from(weight - below))
    }
}
