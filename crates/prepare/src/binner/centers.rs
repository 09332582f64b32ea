//! One-dimensional k-means, solved exactly.

/// Maximum number of numbers times clusters: each pair takes four bytes.
const PAIRS_MAX: usize = 1 << 25;

/// Returns the centres of the clusters, in order, whose sum of squared distances is the least; fewer clusters if there
/// are fewer numbers.
///
/// Numbers are distinct and sorted, with counts. A cluster is a range of them, so the best clusters of the numbers up to
/// a place are found from those with one cluster less; where the last cluster begins moves with the place, which leaves
/// `O(clusters · n log n)` ranges to compare (Wang and Song, "Ckmeans.1d.dp", 2011; Grønlund et al., "Fast exact
/// k-means, k-medians and Bregman divergence clustering in 1D", 2017). Of more numbers than [`PAIRS_MAX`] allows,
/// neighbours are first replaced by their mean.
pub(super) fn centers(counted: &[(f64, u64)], clusters: usize) -> Vec<f64> {
    let line = Line::new(counted, (PAIRS_MAX / clusters).max(clusters));
    let mut ends = line.ends(clusters.min(line.count()));
    ends.insert(0, 0);
    ends.windows(2).map(|range| line.mean(range[0], range[1])).collect()
}

/// Numbers in order, with running sums.
struct Line {
    /// Subtracted from the numbers: sums of small numbers keep more digits.
    origin: f64,
    /// A power of two by which the numbers are divided: squares of large numbers may overflow.
    scale: f64,
    /// For each place, the sums of the numbers before it.
    before: Vec<Sums>,
}

#[derive(Clone, Copy)]
struct Sums {
    count: f64,
    sum: f64,
    squares: f64,
}

impl Line {
    /// Takes up to `count_max` numbers; of more, neighbours are replaced by their mean.
    fn new(counted: &[(f64, u64)], count_max: usize) -> Line {
        let total: f64 = counted.iter().map(|&(_, count)| count as f64).sum();
        let largest = counted.iter().map(|(number, _)| number.abs()).fold(f64::MIN_POSITIVE, f64::max);
        // Twice as much, so that no difference overflows.
        let scale = 2_f64.powi((largest.log2() as i32).clamp(-1000, 1000) + 2);
        let origin: f64 = counted.iter().map(|&(number, count)| number / scale * (count as f64 / total)).sum();
        let mut sums = Sums { count: 0.0, sum: 0.0, squares: 0.0 };
        let mut before = vec![sums];
        for neighbours in counted.chunks(counted.len().div_ceil(count_max).max(1)) {
            for &(number, count) in neighbours {
                let (number, count) = (number / scale - origin, count as f64);
                sums.count += count;
                sums.sum += count * number;
                sums.squares += count * number * number;
            }
            before.push(sums);
        }
        Line { origin, scale, before }
    }

    fn count(&self) -> usize {
        self.before.len() - 1
    }

    fn mean(&self, start: usize, end: usize) -> f64 {
        let (from, to) = (self.before[start], self.before[end]);
        ((to.sum - from.sum) / (to.count - from.count) + self.origin) * self.scale
    }

    /// Returns the sum of squared distances of a range from its mean.
    #[inline]
    fn cost(&self, start: usize, end: usize) -> f64 {
        let (from, to) = (self.before[start], self.before[end]);
        let (count, sum) = (to.count - from.count, to.sum - from.sum);
        to.squares - from.squares - sum * sum / count
    }

    /// Returns the ends of the best clusters.
    fn ends(&self, clusters: usize) -> Vec<usize> {
        let count = self.count();
        // The least cost of the first numbers, by their number less one, with as many clusters as there are rounds.
        let mut costs: Vec<f64> = (1..=count).map(|end| self.cost(0, end)).collect();
        let mut starts = Vec::with_capacity(clusters);
        for cluster in 1..clusters {
            let mut next: Vec<(f64, u32)> = vec![(0.0, 0); count - cluster];
            self.split(&costs, &mut next, cluster + 1, cluster..count);
            costs = std::iter::repeat_n(0.0, cluster).chain(next.iter().map(|(cost, _)| *cost)).collect();
            starts.push(next.into_iter().map(|(_, start)| start).collect::<Vec<u32>>());
        }
        let mut ends = vec![count];
        for (cluster, starts) in starts.iter().enumerate().rev() {
            let end = ends[ends.len() - 1];
            ends.push(starts[end - cluster - 2] as usize);
        }
        ends.reverse();
        ends
    }

    /// Fills in the least cost of the first numbers up to each end from `first`, and where the last cluster begins, which
    /// lies in `among`, given the costs with one cluster less.
    fn split(&self, costs: &[f64], next: &mut [(f64, u32)], first: usize, among: std::ops::Range<usize>) {
        /// Fewer ends are faster in one thread.
        const ENDS_MIN: usize = 4096;
        if next.is_empty() {
            return;
        }
        let middle = next.len() / 2;
        let end = first + middle;
        let mut best = (f64::INFINITY, among.start);
        for start in among.start..among.end.min(end) {
            let cost = costs[start - 1] + self.cost(start, end);
            if cost < best.0 {
                best = (cost, start);
            }
        }
        let is_large = next.len() > ENDS_MIN;
        let (left, right) = next.split_at_mut(middle);
        let (own, right) = right.split_first_mut().expect("there is a middle");
        *own = (best.0, best.1 as u32);
        let mut left = || self.split(costs, left, first, among.start..best.1 + 1);
        let mut right = || self.split(costs, right, end + 1, best.1..among.end);
        if is_large {
            rayon::join(left, right);
        } else {
            left();
            right();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn clusters_that_stand_apart_are_found() {
        let counted = [(0.0, 3), (1.0, 3), (10.0, 2), (12.0, 2), (100.0, 1)];
        let found = centers(&counted, 3);
        let expected = [0.5, 11.0, 100.0];
        assert!(found.iter().zip(expected).all(|(found, expected)| (found - expected).abs() < 1e-12), "{found:?}");
        assert_eq!(centers(&[(4.0, 9)], 3), [4.0]);
        assert_eq!(centers(&[(0.0, 1), (1.0, 1)], 4), [0.0, 1.0]);
    }

    #[test]
    fn neither_large_nor_small_numbers_lose_the_clusters() {
        for size in [1e-300, 1e-5, 1.0, 1e150, 1e307] {
            let counted = [-9.0, -8.0, 1.0, 2.0, 9.0].map(|number| (number * size, 1));
            let found = centers(&counted, 3);
            let expected = [-8.5, 1.5, 9.0].map(|center| center * size);
            let is_close = |(found, expected): (&f64, f64)| (found - expected).abs() <= expected.abs() * 1e-12;
            assert!(found.iter().zip(expected).all(is_close), "{found:?}");
        }
    }

    #[test]
    fn of_many_numbers_neighbours_are_one() {
        let counted: Vec<(f64, u64)> = (0..1000).map(|place| (f64::from(place + place / 500 * 10_000), 1)).collect();
        let line = Line::new(&counted, 10);
        assert_eq!(line.count(), 10);
        assert_eq!(line.ends(2), [5, 10]);
    }

    /// The number of values, their sum and the sum of their squares: their squared distances, times their number.
    fn distances(run: &[(i64, u64)]) -> (i128, i128) {
        let sum =
            |of: fn(i128) -> i128| -> i128 { run.iter().map(|&(n, count)| of(n.into()) * i128::from(count)).sum() };
        (sum(|n| n * n) * sum(|_| 1) - sum(|n| n) * sum(|n| n), sum(|_| 1))
    }

    /// The sum of squared distances of some clusters, as a float: each is a fraction of integers, rounded once.
    fn cost(counted: &[(i64, u64)], ends: &[usize]) -> f64 {
        let starts = [0].into_iter().chain(ends.iter().copied());
        let of = |(start, &end): (usize, &usize)| {
            let (distances, count) = distances(&counted[start..end]);
            distances as f64 / count as f64
        };
        starts.zip(ends).map(of).sum()
    }

    fn least(counted: &[(i64, u64)], clusters: usize) -> f64 {
        let count = counted.len();
        let mut costs: Vec<f64> =
            (0..=count).map(|end| if end == 0 { 0.0 } else { cost(&counted[..end], &[end]) }).collect();
        for _ in 1..clusters {
            let best = |end: usize| {
                let with = |start: usize| costs[start] + cost(&counted[start..end], &[end - start]);
                (0..end).map(with).fold(costs[end], f64::min)
            };
            costs = (0..=count).map(best).collect();
        }
        costs[count]
    }

    proptest! {
        #[test]
        fn no_other_clusters_are_better(
            numbers in prop::collection::btree_map(-1000..1000_i64, 1..5_u64, 1..40),
            clusters in 1..9_usize,
        ) {
            let counted: Vec<(i64, u64)> = numbers.into_iter().collect();
            let floats: Vec<(f64, u64)> = counted.iter().map(|&(number, count)| (number as f64, count)).collect();
            let clusters = clusters.min(counted.len());
            let ends = Line::new(&floats, usize::MAX).ends(clusters);
            prop_assert_eq!(ends.len(), clusters);
            let (found, least) = (cost(&counted, &ends), least(&counted, clusters));
            prop_assert!(found <= least + 1e-9 * (1.0 + cost(&counted, &[counted.len()])), "{} {}", found, least);
        }
    }
}
