//! Naive Bayes: the probability of a class given each column alone, as if columns were independent within a class.

mod counts;
mod factor;

use crate::data::{Column, Dataset, Features, Outputs};
use crate::learner::{Accepts, Fit, Learner, Model};
use crate::mixed::{check_kinds, check_width, classes_of, normalise_logs};
use crate::summary::Summary;
use crate::twofold::Twofold;
use counts::Counts;
use factor::{Factor, Spread};
use pipewright_diagnostic::{Failure, code};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// Naive Bayes: p(class | row) ∝ p(class) · Π p(value | class) over the columns (Duda, Hart, "Pattern Classification and
/// Scene Analysis", 1973).
///
/// By default, numbers are normally distributed within a class and categories have frequencies, as in scikit-learn's
/// `GaussianNB` and `CategoricalNB`. A missing value, and a category that did not occur in training, is left out of the
/// product. Where a class has no value of a column at all, the column's mean and variance over all classes are used.
/// Columns without any value, or with the same number everywhere, say nothing.
///
/// [`Likelihood`] has the models of counts of words. Classes have the share of their training rows as prior probability.
/// A row of weight 2 counts as the row twice.
///
/// ```
/// use pipewright_learn::{Dataset, Features, Learner, Model, Target, bayes::Bayes};
/// let features = Features::from_rows(["x"], &[[-2.0], [-1.0], [1.0], [2.0]]);
/// let target = Target::Classes { codes: vec![0, 0, 1, 1], count: 2 };
/// let model = Bayes::default().fit(&Dataset::new(features, target))?;
/// let outputs = model.predict(&Features::from_rows(["x"], &[[0.0], [3.0], [f64::NAN]]))?;
/// assert_eq!(outputs.values()[..2], [0.5, 0.5]);
/// assert!(outputs.values()[3] > 0.99);
/// assert_eq!(outputs.values()[4..], [0.5, 0.5]);
/// # Ok::<(), pipewright_learn::Failure>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bayes {
    /// The distribution of a column within a class.
    pub likelihood: Likelihood,
    /// What is added to all variances: this share of the largest variance of a column. At least 0.
    pub var_smoothing: f64,
    /// What is added to the count of each category, or word, in each class (Laplace smoothing). Above 0.
    pub alpha: f64,
}

/// The distribution of a column within a class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Likelihood {
    /// Numbers are normally distributed, categories have frequencies.
    #[default]
    Mixed,
    /// Columns are counts of the words of a text; the words of a class have frequencies. (McCallum, Nigam, "A comparison
    /// of event models for naive Bayes text classification", 1998.)
    Multinomial,
    /// Columns are true where they are above 0; each is true with a frequency in a class.
    Bernoulli,
    /// As [`Likelihood::Multinomial`], but a class is judged by the words of all others, and all classes are equally
    /// probable before; for classes of unequal size (Rennie et al., "Tackling the poor assumptions of naive Bayes text
    /// classifiers", 2003).
    Complement,
}

impl Default for Bayes {
    fn default() -> Bayes {
        Bayes { likelihood: Likelihood::Mixed, var_smoothing: 1e-9, alpha: 1.0 }
    }
}

impl Bayes {
    /// The default smoothing, with another distribution.
    #[must_use]
    pub fn new(likelihood: Likelihood) -> Bayes {
        Bayes { likelihood, ..Bayes::default() }
    }
}

/// The fitted model of [`Bayes`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BayesModel {
    /// The share of each class among the training rows.
    shares: Vec<f64>,
    columns: Columns,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
enum Columns {
    Mixed(Vec<Factor>),
    Counts(Counts),
}

/// The rows of a class target: the class and the weight of each.
struct Rows<'a> {
    codes: &'a [u32],
    classes: usize,
    weights: Option<&'a [f64]>,
}

impl Rows<'_> {
    fn weight(&self, row: usize) -> f64 {
        self.weights.map_or(1.0, |weights| weights[row])
    }

    /// Σ weight · number per class, over the rows that have a number.
    fn sums(&self, numbers: impl Iterator<Item = (usize, f64)>) -> Vec<f64> {
        let mut sums = vec![Twofold::default(); self.classes];
        for (row, number) in numbers {
            let sum = &mut sums[self.codes[row] as usize];
            *sum = sum.plus(self.weight(row) * number);
        }
        sums.into_iter().map(Twofold::value).collect()
    }
}

/// Rows whose scores are summed together.
const BLOCK_ROWS: usize = 1024;

impl Learner for Bayes {
    type Model = BayesModel;

    fn accepts(&self) -> Accepts {
        match self.likelihood {
            Likelihood::Mixed => Accepts { sparse: false, ..Accepts::ANYTHING },
            _ => Accepts::NUMBERS,
        }
        .and_weights()
    }

    fn learn(&self, train: &Dataset, _: &Fit<'_>) -> Result<BayesModel, Failure> {
        self.check()?;
        let (codes, classes) = classes_of(train.target(), "bayes")?;
        let rows = Rows { codes, classes, weights: train.weights() };
        let totals = rows.sums((0..train.rows()).map(|row| (row, 1.0)));
        let total = train.labels.total_weight();
        let columns = match self.likelihood {
            Likelihood::Mixed => Columns::Mixed(self.factors(&train.features, &rows)?),
            likelihood => Columns::Counts(Counts::new(&train.features, &rows, &totals, likelihood, self.alpha)?),
        };
        let model = BayesModel { shares: totals.iter().map(|sum| (sum / total).min(1.0)).collect(), columns };
        model.validate().map_err(|_| {
            Failure::new(code::VALUE_OUT_OF_RANGE, "sums of the values or the weights overflow")
                .help("scale the columns")
        })?;
        Ok(model)
    }
}

impl Bayes {
    fn check(&self) -> Result<(), Failure> {
        if !(self.var_smoothing.is_finite() && self.var_smoothing >= 0.0) {
            let message = format!("var_smoothing is {}; it must be a finite number, at least 0", self.var_smoothing);
            return Err(Failure::new(code::BAD_VALUE, message));
        }
        if !(self.alpha.is_finite() && self.alpha > 0.0) {
            let message = format!("alpha is {}; it must be a finite number above 0", self.alpha);
            return Err(Failure::new(code::BAD_VALUE, message));
        }
        Ok(())
    }

    fn factors(&self, features: &Features, rows: &Rows<'_>) -> Result<Vec<Factor>, Failure> {
        let factor = |index| match features.stored(index) {
            Column::Categories(categories) => Factor::of_categories(categories, rows, self.alpha),
            _ => Factor::of_numbers(features.column(index), rows),
        };
        let mut factors: Vec<Factor> = (0..features.columns()).into_par_iter().map(factor).collect();
        let widest = factors.iter().filter_map(Factor::spread).max_by(Spread::compare);
        let smoothing = widest.map(|spread| spread.times(self.var_smoothing));
        for (factor, name) in factors.iter_mut().zip(&**features.names()) {
            if !smoothing.is_none_or(|smoothing| factor.smooth(smoothing)) {
                let message = format!("`{name}` has the same value in all rows of a class: its variance there is 0");
                return Err(Failure::new(code::VALUE_OUT_OF_RANGE, message)
                    .column(name)
                    .help("use `var_smoothing` above 0"));
            }
        }
        Ok(factors)
    }
}

impl BayesModel {
    /// The log of the prior probability of each class, -∞ where there is none.
    fn priors(&self) -> Vec<f64> {
        let is_blind = matches!(&self.columns, Columns::Counts(counts) if counts.is_blind());
        let prior = |share: &f64| if is_blind && *share > 0.0 { 0.0 } else { share.ln() };
        self.shares.iter().map(prior).collect()
    }

    fn score_mixed(&self, factors: &[Factor], features: &Features, scores: &mut [f64]) {
        let classes = self.shares.len();
        let codes: Vec<Option<Vec<u32>>> =
            factors.iter().enumerate().map(|(index, factor)| factor.codes(features, index)).collect();
        scores.par_chunks_mut(BLOCK_ROWS * classes).enumerate().for_each(|(block, scores)| {
            let start = block * BLOCK_ROWS;
            let rows = start..start + scores.len() / classes;
            for (index, factor) in factors.iter().enumerate() {
                match &codes[index] {
                    Some(codes) => factor.add_codes(&codes[rows.clone()], scores),
                    None => factor.add_numbers(&features.column(index)[rows.clone()], scores),
                }
            }
        });
    }
}

impl Model for BayesModel {
    const ACCEPTS: Accepts = Accepts::ANYTHING;

    fn outputs(&self, features: &Features) -> Outputs {
        let classes = self.shares.len();
        let mut values = self.priors().repeat(features.rows());
        match &self.columns {
            Columns::Mixed(factors) => self.score_mixed(factors, features, &mut values),
            Columns::Counts(counts) => counts.add_scores(features, &mut values),
        }
        values.par_chunks_mut(classes).for_each(normalise_logs);
        Outputs::Probabilities { values, classes }
    }

    /// # Errors
    /// As in the trait; [`code::KIND_CHANGED`] if a column of numbers holds categories, or the reverse; for counts
    /// [`code::NON_FINITE`] where one is missing and [`code::VALUE_OUT_OF_RANGE`] where one is negative.
    fn predict(&self, features: &Features) -> Result<Outputs, Failure> {
        check_width(self.inputs(), features)?;
        match &self.columns {
            Columns::Mixed(factors) => check_kinds(features, |index| factors[index].is_of_categories())?,
            Columns::Counts(counts) => {
                features.check(false, false)?;
                counts.check(features)?;
            }
        }
        Ok(self.outputs(features))
    }

    fn validate(&self) -> Result<(), Failure> {
        let classes = self.shares.len();
        let shares = self.shares.iter().all(|share| (0.0..=1.0).contains(share));
        let columns = match &self.columns {
            Columns::Mixed(factors) => factors.iter().all(|factor| factor.is_sound(classes)),
            Columns::Counts(counts) => counts.is_sound(classes),
        };
        if shares && self.shares.iter().any(|share| *share > 0.0) && columns {
            return Ok(());
        }
        Err(Failure::new(code::BAD_BUNDLE, "a Bayes model with inconsistent sizes or numbers"))
    }

    fn inputs(&self) -> usize {
        match &self.columns {
            Columns::Mixed(factors) => factors.len(),
            Columns::Counts(counts) => counts.inputs(),
        }
    }

    fn summary(&self) -> Summary {
        let classes = ("classes", self.shares.iter().filter(|share| **share > 0.0).count());
        let Columns::Mixed(factors) = &self.columns else {
            return Summary::Sizes(vec![classes, ("columns of counts", self.inputs())]);
        };
        let count = |of: Option<bool>| factors.iter().filter(|factor| factor.is_of_categories() == of).count();
        Summary::Sizes(vec![
            classes,
            ("columns of numbers", count(Some(false))),
            ("columns of categories", count(Some(true))),
            ("columns that say nothing", count(None)),
        ])
    }
}

#[cfg(test)]
mod tests;
