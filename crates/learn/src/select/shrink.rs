//! Feature selection by the lasso: the columns that enter first.

use super::filter::unit;
use crate::data::{Dataset, Features, Target};
use crate::learner::NoProgress;
use crate::linear::{ElasticNet, LogisticPath};
use pipewright_diagnostic::Failure;

/// Number of penalties, from the smallest that excludes all columns down to a thousandth of it.
const PENALTIES: u32 = 50;
const LOWEST: f64 = 1e-3;

/// Returns the absolute coefficient of each column, all columns at one scale, at the largest of the penalties that
/// admits `count` of them. With more than two classes, each against the rest, the largest counts.
pub(super) fn shrink(features: &Features, target: &Target, count: usize) -> Result<Vec<f64>, Failure> {
    let length = (features.rows() as f64).sqrt();
    let columns: Vec<Vec<f64>> = (0..features.columns())
        .map(|index| unit(features.column(index)).into_iter().map(|value| value * length).collect())
        .collect();
    match target {
        Target::Numbers(values) => {
            let scaled = Features::new(features.rows(), features.names().clone(), columns.concat());
            let train = Dataset::new(scaled, Target::Numbers(unit(values)));
            let lasso = ElasticNet { tolerance: 1e-6, ..ElasticNet::lasso(1.0) };
            let largest = lasso.factor_max(&train)?;
            first_with(count, largest, features.columns(), |penalties| {
                let models = lasso.path(&train, penalties, &NoProgress)?;
                Ok(models.last().map_or_else(Vec::new, |model| sizes(model.coefficients())))
            })
        }
        Target::Classes { codes, count: classes } => {
            let wanted = (0..*classes as u32).filter(|class| codes.contains(class));
            // For two classes, one against the other is the same problem both ways.
            let classes: Vec<u32> = wanted.skip(usize::from(*classes == 2)).collect();
            let scaled = Features::new(features.rows(), features.names().clone(), columns.concat());
            let against_rest = |&class: &u32| {
                let codes = codes.iter().map(|code| u32::from(*code == class)).collect();
                LogisticPath::new(&Dataset::new(scaled.clone(), Target::Classes { codes, count: 2 }))
            };
            let mut paths = classes.iter().map(against_rest).collect::<Result<Vec<LogisticPath>, Failure>>()?;
            let largest = paths.iter().map(LogisticPath::penalty_max).fold(0.0, f64::max);
            first_with(count, largest, columns.len(), |penalties| {
                let mut most = vec![0.0_f64; columns.len()];
                for path in &mut paths {
                    let mut weights = Vec::new();
                    for &penalty in penalties {
                        weights = path.solve(penalty)?;
                    }
                    most.iter_mut().zip(weights).for_each(|(most, weight)| *most = most.max(weight));
                }
                Ok(most)
            })
        }
    }
}

/// Lowers the penalty until `count` columns have entered.
fn first_with(
    count: usize,
    largest: f64,
    columns: usize,
    mut solve: impl FnMut(&[f64]) -> Result<Vec<f64>, Failure>,
) -> Result<Vec<f64>, Failure> {
    let mut found = vec![0.0; columns];
    if largest == 0.0 {
        return Ok(found);
    }
    for step in 1..=PENALTIES {
        found = solve(&[largest * LOWEST.powf(f64::from(step) / f64::from(PENALTIES))])?;
        if found.iter().filter(|size| **size > 0.0).count() >= count {
            break;
        }
    }
    Ok(found)
}

fn sizes(weights: &[f64]) -> Vec<f64> {
    weights.iter().map(|weight| weight.abs()).collect()
}
