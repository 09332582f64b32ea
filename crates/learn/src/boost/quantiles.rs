//! Several quantiles by boosting.

use super::{Gbdt, GbdtModel, Objective, rounds};
use crate::data::Dataset;
use crate::learner::Fit;
use crate::quantiles::{FitsLevels, PerLevel};
use pipewright_diagnostic::Failure;
use std::sync::OnceLock;

/// A model for each level, with the pinball loss of the level in place of `loss`. The columns are put into bins once for
/// all.
///
/// ```
/// use pipewright_learn::boost::Gbdt;
/// use pipewright_learn::{AtLevels, Dataset, Features, Learner, Model, Target};
/// let rows: Vec<[f64; 1]> = (0..2000).map(|row| [f64::from(row % 2)]).collect();
/// let target = (0..2000).map(|row| f64::from(row % 2 * 1000 + row / 2 % 100)).collect();
/// let train = Dataset::new(Features::from_rows(["x"], &rows), Target::Numbers(target));
/// let model = AtLevels { learner: Gbdt::with_trees(50), levels: vec![0.1, 0.9] }.fit(&train)?;
/// let predictions = model.predictions(&Features::from_rows(["x"], &[[1.0]]))?;
/// let row = predictions.quantiles().unwrap().of_row(0);
/// assert!((row[0] - 1010.0).abs() < 10.0 && (row[1] - 1090.0).abs() < 10.0);
/// # Ok::<(), pipewright_learn::Failure>(())
/// ```
impl FitsLevels for Gbdt {
    type OfLevels = PerLevel<GbdtModel>;

    fn learn_levels(&self, levels: &[f64], train: &Dataset, fit: &Fit<'_>) -> Result<PerLevel<GbdtModel>, Failure> {
        let bins = OnceLock::new();
        PerLevel::fit(levels, |&level| {
            let of_level = Gbdt { loss: Objective::Quantile { level }, ..self.clone() };
            rounds::boost(&of_level, train, fit, None, &bins)
        })
    }
}
