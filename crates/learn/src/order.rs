//! Values in order: weighted quantiles and ranks.

/// The smallest value at or below which a share of at least `level` of the weights is.
pub(crate) fn quantile(values: &mut [(f64, f64)], level: f64) -> f64 {
    values.sort_by(|a, b| a.0.total_cmp(&b.0));
    let total: f64 = values.iter().map(|(_, weight)| weight).sum();
    let mut sum = 0.0;
    for (place, &(value, weight)) in values.iter().enumerate() {
        sum += weight;
        if sum == level * total && place + 1 < values.len() {
            return f64::midpoint(value, values[place + 1].0);
        }
        if sum > level * total {
            return value;
        }
    }
    values.last().map_or(0.0, |&(value, _)| value)
}

/// The mean rank of each value, where a row of weight w is w rows of equal values: the weight of the smaller values plus
/// half of that of the equal ones and ½. Rows with a weight of `None` weigh 1.
pub(crate) fn midranks(values: &[f64], weights: Option<&[f64]>) -> Vec<f64> {
    let weight = |row: u32| weights.map_or(1.0, |weights| weights[row as usize]);
    let mut order: Vec<u32> = (0..).take(values.len()).collect();
    order.sort_by(|&one, &two| values[one as usize].total_cmp(&values[two as usize]));
    let mut ranks = vec![0.0; values.len()];
    let mut before = 0.0;
    // -0 and 0 are neighbours in the total order and equal here.
    for ties in order.chunk_by(|&one, &two| values[one as usize] == values[two as usize]) {
        let here: f64 = ties.iter().map(|&row| weight(row)).sum();
        ties.iter().for_each(|&row| ranks[row as usize] = before + (here + 1.0) / 2.0);
        before += here;
    }
    ranks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_of_weights() {
        let of = |values: &[(f64, f64)], level| quantile(&mut values.to_vec(), level);
        assert_eq!(of(&[(3.0, 1.0), (1.0, 1.0), (2.0, 1.0)], 0.5), 2.0);
        assert_eq!(of(&[(1.0, 1.0), (2.0, 1.0)], 0.5), 1.5);
        assert_eq!(of(&[(1.0, 1.0), (2.0, 3.0)], 0.5), 2.0);
    }

    #[test]
    fn ranks_of_ties_are_their_mean() {
        assert_eq!(midranks(&[3.0, -0.0, 0.0, 3.0, 5.0], None), [3.5, 1.5, 1.5, 3.5, 5.0]);
        assert_eq!(midranks(&[2.0, 1.0], Some(&[1.0, 3.0])), [4.0, 2.0]);
    }
}
