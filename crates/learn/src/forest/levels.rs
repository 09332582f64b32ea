//! The order of levels in which the best subset is a prefix.

use super::goal::Goal;
use super::scan::Groups;

/// Steps of the power iteration.
const STEPS: usize = 30;

/// Orders the levels of a node: by the mean of a number, or by the share of the second of two classes, which makes the
/// best subset for squared error, Gini and entropy a prefix (Fisher, "On Grouping for Maximum Homogeneity", 1958;
/// Breiman et al., "Classification and Regression Trees", 1984, theorem 4.5). For several classes by the first
/// principal component of the shares, as Coppersmith, Hong and Hosking, "Partitioning Nominal Attributes in Decision
/// Trees" (Data Mining and Knowledge Discovery, 1999): a good subset, not always the best one.
pub(super) fn order(goal: &Goal, groups: &Groups, total: &[i64]) -> Vec<usize> {
    let width = total.len();
    let count = groups.ranks.len();
    let sum = |group: usize| groups.at(group, width);
    let scores: Vec<f64> = match goal.classes() {
        None if goal.measure == super::goal::Measure::Absolute => {
            let mean = |group: usize| {
                let rows = groups.rows(group);
                let (sum, weight) = rows.iter().fold((0_i128, 0_i128), |(sum, all), item| {
                    (sum + i128::from(item.first) * i128::from(item.weight), all + i128::from(item.weight))
                });
                sum as f64 / weight as f64
            };
            (0..count).map(mean).collect()
        }
        None => (0..count).map(|group| goal.mean(sum(group))).collect(),
        Some(2) => (0..count).map(|group| shares(goal, sum(group))[1]).collect(),
        Some(_) => principal(goal, groups, total),
    };
    let mut order: Vec<usize> = (0..count).collect();
    order.sort_by(|&a, &b| scores[a].total_cmp(&scores[b]).then(a.cmp(&b)));
    order
}

fn shares(goal: &Goal, sum: &[i64]) -> Vec<f64> {
    let all = goal.weight(sum);
    sum.iter().zip(goal.factors()).map(|(&weight, factor)| weight as f64 * factor / all).collect()
}

/// The first principal component of the shares of levels, by power iteration from the level that is farthest from the
/// mean.
fn principal(goal: &Goal, groups: &Groups, total: &[i64]) -> Vec<f64> {
    let width = total.len();
    let mean = shares(goal, total);
    let apart: Vec<(f64, Vec<f64>)> = (0..groups.ranks.len())
        .map(|group| {
            let sum = groups.at(group, width);
            let own = shares(goal, sum);
            (goal.weight(sum), own.iter().zip(&mean).map(|(own, mean)| own - mean).collect())
        })
        .collect();
    let length = |vector: &[f64]| vector.iter().map(|part| part * part).sum::<f64>();
    let far = apart.iter().fold((0.0, None), |(most, best), (weight, vector)| {
        let size = weight * length(vector);
        if size > most { (size, Some(vector)) } else { (most, best) }
    });
    let Some(start) = far.1 else { return vec![0.0; apart.len()] };
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let mut axis = start.clone();
    for _ in 0..STEPS {
        let mut next = vec![0.0; axis.len()];
        for (weight, vector) in &apart {
            let along = weight * dot(vector, &axis);
            next.iter_mut().zip(vector).for_each(|(next, part)| *next += along * part);
        }
        let size = length(&next).sqrt();
        if size == 0.0 {
            break;
        }
        axis = next.into_iter().map(|part| part / size).collect();
    }
    apart.iter().map(|(_, vector)| dot(vector, &axis)).collect()
}
