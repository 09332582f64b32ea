//! What a fitted model holds, in the terms in which people read it.

use crate::tree::Tree;

/// The parameters of a fitted model.
///
/// ```
/// use pipewright_learn::{Dataset, Features, Learner, Model, Summary, Target, linear::Ridge};
/// let features = Features::from_rows(["x"], &[[0.0], [1.0], [2.0]]);
/// let model = Ridge { l2: 0.0, ..Ridge::default() }.fit(&Dataset::new(features, Target::Numbers(vec![1.0, 3.0, 5.0])))?;
/// let Summary::Coefficients(functions) = model.summary() else { unreachable!("a linear model") };
/// assert!((functions[0].intercept - 1.0).abs() < 1e-12 && (functions[0].weights[0] - 2.0).abs() < 1e-12);
/// # Ok::<(), pipewright_learn::Failure>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Summary {
    /// The same answer for every row: the share of each class, in the order of the classes.
    Shares(Vec<f64>),
    /// The same answer for every row: a number.
    Constant(f64),
    /// Linear functions of the features.
    Coefficients(Vec<LinearFunction>),
    /// The layers of a network, first to last.
    Layers(Vec<LayerSummary>),
    /// How much the splits of trees on each feature contributed.
    Importance(Importance),
    /// Sizes of what a model without coefficients keeps: a name and a number each.
    Sizes(Vec<(&'static str, usize)>),
}

/// How much the splits of trees on each feature contributed, over all trees.
///
/// These figures describe the training rows: a feature with many distinct values gets splits, and gain, by chance.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct Importance {
    /// The decrease of the training loss by the splits on each feature, as a share of all.
    pub gain: Vec<f64>,
    /// The mean number of rows that a split on each feature divides.
    pub cover: Vec<f64>,
    /// The number of splits on each feature.
    pub splits: Vec<usize>,
}

impl Importance {
    pub(crate) fn of(trees: &[Tree], features: usize) -> Importance {
        let (mut gain, mut cover, mut splits) = (vec![0.0; features], vec![0.0; features], vec![0; features]);
        for (column, of_split, rows) in trees.iter().flat_map(Tree::split_facts) {
            gain[column] += of_split;
            cover[column] += rows;
            splits[column] += 1;
        }
        let total: f64 = gain.iter().sum();
        if total > 0.0 {
            gain.iter_mut().for_each(|gain| *gain /= total);
        }
        cover.iter_mut().zip(&splits).filter(|(_, splits)| **splits > 0).for_each(|(cover, &n)| *cover /= n as f64);
        Importance { gain, cover, splits }
    }
}

/// A linear function of the features: `intercept + Σ weights[i] · feature[i]`.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct LinearFunction {
    /// The class whose log-odds it gives, by code; `None` for the number that a regression predicts.
    pub class: Option<usize>,
    /// The level of the quantile that it gives, of several.
    pub quantile: Option<f64>,
    /// Its value where all features are zero.
    pub intercept: f64,
    /// A weight per feature, in the units of that feature.
    pub weights: Vec<f64>,
    /// How certain they are, where that is defined: no penalty, and a single solution.
    pub inference: Option<Inference>,
}

/// How certain the intercept and the weights of a linear function are.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Inference {
    /// The degrees of freedom of Student's t distribution; `None` for the normal distribution.
    pub freedom: Option<f64>,
    /// That of the intercept; `None` if there is no intercept.
    pub intercept: Option<Estimate>,
    /// That of each weight.
    pub weights: Vec<Estimate>,
}

/// How certain a parameter is.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Estimate {
    /// The standard error, in the units of the parameter.
    pub std_error: f64,
    /// The parameter divided by its standard error: t or z.
    pub statistic: f64,
    /// The probability of a statistic at least that large, either way, if the parameter were 0.
    pub p_value: f64,
    /// The lower end of the confidence interval of 95 %.
    pub low: f64,
    /// The upper end of the confidence interval of 95 %.
    pub high: f64,
}

/// A layer of a network.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct LayerSummary {
    /// The kind of layer: `dense`, in stacks of layers the name of each, and in RealMLP `periodic`, `embedding`,
    /// and `scaling`.
    pub kind: &'static str,
    /// Width of its input.
    pub inputs: usize,
    /// Width of its output.
    pub outputs: usize,
    /// The activation of its outputs; `linear` for none.
    pub activation: String,
    /// The number of weights and biases that were learned.
    pub parameters: usize,
}
