//! Several quantiles at once, which do not cross.

use super::{Gbdt, GbdtModel, Objective, rounds};
use crate::data::{Dataset, Features};
use crate::learner::{Fit, Learner, Model};
use pipewright_diagnostic::{Failure, code};
use std::sync::OnceLock;

/// Boosted models of several quantiles.
#[derive(Debug, Clone, PartialEq)]
pub struct QuantileGbdtModel {
    levels: Vec<f64>,
    models: Vec<GbdtModel>,
}

impl Gbdt {
    /// Fits a model for each of several quantiles, with the pinball loss of its level in place of `loss`. The columns
    /// are put into bins once for all.
    ///
    /// ```
    /// use pipewright_learn::boost::Gbdt;
    /// use pipewright_learn::{Dataset, Features, Fit, Target};
    /// let rows: Vec<[f64; 1]> = (0..2000).map(|row| [f64::from(row % 2)]).collect();
    /// let target = (0..2000).map(|row| f64::from(row % 2 * 1000 + row / 2 % 100)).collect();
    /// let train = Dataset::new(Features::from_rows(["x"], &rows), Target::Numbers(target));
    /// let model = Gbdt::with_trees(50).fit_quantiles(&[0.1, 0.9], &train, &Fit::new())?;
    /// let quantiles = model.quantiles(&Features::from_rows(["x"], &[[1.0]]))?;
    /// assert!((quantiles[0][0] - 1010.0).abs() < 10.0 && (quantiles[1][0] - 1090.0).abs() < 10.0);
    /// # Ok::<(), pipewright_learn::Failure>(())
    /// ```
    ///
    /// # Errors
    /// As [`Learner::fit_with`]; [`code::BAD_VALUE`] unless the levels are ascending numbers between 0 and 1;
    /// [`code::WRONG_TASK`] for classes.
    pub fn fit_quantiles(&self, levels: &[f64], train: &Dataset, fit: &Fit<'_>) -> Result<QuantileGbdtModel, Failure> {
        let in_range = levels.iter().all(|level| *level > 0.0 && *level < 1.0);
        if levels.is_empty() || !in_range || !levels.is_sorted_by(|one, next| one < next) {
            return Err(Failure::new(code::BAD_VALUE, "the levels of quantiles are ascending numbers between 0 and 1"));
        }
        let accepts = self.accepts();
        let train = train.accepted(accepts)?;
        let validation = fit.validation.map(|rows| rows.accepted(accepts)).transpose()?;
        let fit = Fit { validation: validation.as_deref(), ..*fit };
        let bins = OnceLock::new();
        let model = |&level: &f64| {
            let of_level = Gbdt { loss: Objective::Quantile { level }, ..self.clone() };
            rounds::boost(&of_level, &train, &fit, None, &bins)
        };
        Ok(QuantileGbdtModel { levels: levels.to_vec(), models: levels.iter().map(model).collect::<Result<_, _>>()? })
    }
}

impl QuantileGbdtModel {
    /// The levels, ascending.
    #[must_use]
    pub fn levels(&self) -> &[f64] {
        &self.levels
    }

    /// The model of each level.
    #[must_use]
    pub fn models(&self) -> &[GbdtModel] {
        &self.models
    }

    /// Returns the quantiles of each level, one per row. The predictions of a row are sorted, so that a higher level
    /// never has a lower quantile; this brings them closer to the quantiles that are meant (V. Chernozhukov, I.
    /// Fernández-Val and A. Galichon, "Quantile and Probability Curves Without Crossing", Econometrica, 2010).
    ///
    /// # Errors
    /// As [`Model::predict`].
    pub fn quantiles(&self, features: &Features) -> Result<Vec<Vec<f64>>, Failure> {
        let predict = |model: &GbdtModel| Ok(model.predict(features)?.values().to_vec());
        let mut quantiles = self.models.iter().map(predict).collect::<Result<Vec<Vec<f64>>, Failure>>()?;
        let mut of_row = vec![0.0; quantiles.len()];
        for row in 0..features.rows() {
            of_row.iter_mut().zip(&quantiles).for_each(|(own, quantiles)| *own = quantiles[row]);
            of_row.sort_by(f64::total_cmp);
            quantiles.iter_mut().zip(&of_row).for_each(|(quantiles, own)| quantiles[row] = *own);
        }
        Ok(quantiles)
    }
}
