//! One-dimensional k-means.

/// Returns the centres of clusters, in order: Lloyd's iteration from the middles of bins of equal width, until
/// convergence (scikit-learn's rule: the squared steps sum to less than 1e-4 of the variance).
///
/// Numbers are distinct and sorted, with counts, so that a cluster is a range of them and its mean a difference of
/// sums.
pub(super) fn centers(counted: &[(f64, u64)], clusters: usize) -> Vec<f64> {
    const ROUNDS_MAX: usize = 300;
    let line = Line::new(counted);
    let (min, max) = (line.numbers[0], line.numbers[line.numbers.len() - 1]);
    if min == max {
        return vec![line.origin + min];
    }
    let width = (max - min) / clusters as f64;
    let mut centers: Vec<f64> = (0..clusters).map(|place| min + width * (place as f64 + 0.5)).collect();
    let tolerance = 1e-4 * line.variance();
    let mut before = Vec::new();
    for _ in 0..ROUNDS_MAX {
        let ends = line.ends(&centers);
        let mut moved = line.means(&centers, &ends);
        let steps: f64 = centers.iter().zip(&moved).map(|(from, to)| (from - to) * (from - to)).sum();
        moved.sort_unstable_by(f64::total_cmp);
        centers = moved;
        if ends == before || steps <= tolerance {
            break;
        }
        before = ends;
    }
    centers.iter().map(|center| center + line.origin).collect()
}

/// Distinct centred numbers, in order, with running sums.
struct Line {
    /// The mean, which is subtracted from the numbers: sums of small numbers keep more digits.
    origin: f64,
    numbers: Vec<f64>,
    counts: Vec<f64>,
    /// For each index, count and sum of the numbers before it.
    before: Vec<(f64, f64)>,
}

impl Line {
    fn new(counted: &[(f64, u64)]) -> Line {
        let total: f64 = counted.iter().map(|&(_, count)| count as f64).sum();
        // Fractions of the total first: sums of large numbers may overflow.
        let origin: f64 = counted.iter().map(|&(number, count)| number * (count as f64 / total)).sum();
        let numbers: Vec<f64> = counted.iter().map(|(number, _)| number - origin).collect();
        let counts: Vec<f64> = counted.iter().map(|&(_, count)| count as f64).collect();
        let mut before = Vec::with_capacity(numbers.len() + 1);
        let (mut count, mut sum) = (0.0, 0.0);
        before.push((count, sum));
        for (number, times) in numbers.iter().zip(&counts) {
            count += times;
            sum += number * times;
            before.push((count, sum));
        }
        Line { origin, numbers, counts, before }
    }

    fn variance(&self) -> f64 {
        let total = self.before[self.numbers.len()].0;
        self.numbers.iter().zip(&self.counts).map(|(number, count)| number * number * (count / total)).sum()
    }

    /// Returns where the range of each centre ends; a number midway goes to the lower one.
    fn ends(&self, centers: &[f64]) -> Vec<usize> {
        let midway = centers.windows(2).map(|pair| pair[0] + (pair[1] - pair[0]) / 2.0);
        let ends = midway.map(|middle| self.numbers.partition_point(|&number| number <= middle));
        ends.chain([self.numbers.len()]).collect()
    }

    /// Returns the mean of each range. An empty one takes the number that is farthest from its centre.
    fn means(&self, centers: &[f64], ends: &[usize]) -> Vec<f64> {
        let starts = || [0].into_iter().chain(ends.iter().copied());
        let mut runs: Vec<(f64, f64)> = starts()
            .zip(ends)
            .map(|(start, &end)| {
                let (from, to) = (self.before[start], self.before[end]);
                (to.0 - from.0, to.1 - from.1)
            })
            .collect();
        let empty: Vec<usize> = (0..runs.len()).filter(|&place| runs[place].0 == 0.0).collect();
        if !empty.is_empty() {
            let mut farthest = self.farthest(centers, ends, empty.len());
            for place in empty {
                let Some((number, run)) = farthest.pop() else { break };
                runs[run].0 -= 1.0;
                runs[run].1 -= number;
                runs[place] = (1.0, number);
            }
        }
        runs.iter()
            .zip(centers)
            .map(|(&(count, sum), &center)| if count > 0.0 { sum / count } else { center })
            .collect()
    }

    /// Returns the numbers farthest from their centres, each with its range, the farthest last.
    fn farthest(&self, centers: &[f64], ends: &[usize], count: usize) -> Vec<(f64, usize)> {
        let mut far: Vec<(f64, f64, usize)> = Vec::new();
        let mut run = 0;
        for (place, (&number, &times)) in self.numbers.iter().zip(&self.counts).enumerate() {
            while place >= ends[run] {
                run += 1;
            }
            let distance = (number - centers[run]).abs();
            // An equal number is equally far.
            (0..count.min(times as usize)).for_each(|_| far.push((distance, number, run)));
        }
        far.sort_by(|left, right| left.0.total_cmp(&right.0));
        let nearer = far.len().saturating_sub(count);
        far.split_off(nearer).into_iter().map(|(_, number, run)| (number, run)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clusters_that_stand_apart_are_found() {
        let counted = [(0.0, 3), (1.0, 3), (10.0, 2), (12.0, 2), (100.0, 1)];
        let found = centers(&counted, 3);
        let expected = [0.5, 11.0, 100.0];
        assert!(found.iter().zip(expected).all(|(found, expected)| (found - expected).abs() < 1e-12), "{found:?}");
        assert_eq!(centers(&[(4.0, 9)], 3), [4.0]);
        let more_than_numbers = centers(&[(0.0, 1), (1.0, 1)], 4);
        assert!(more_than_numbers.len() == 4 && more_than_numbers.is_sorted());
    }
}
