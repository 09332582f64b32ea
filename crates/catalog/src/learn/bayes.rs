//! `bayes`: naive Bayes.

use super::model_spec;
use super::train::TrainArgs;
use crate::adapt::{FeatureUse, TrainingOf, load_model};
use pipewright_learn::bayes::{Bayes, BayesModel, Likelihood};
use pipewright_operator::work::Training;
use pipewright_operator::{
    Args, ArgumentError, Arguments, Example, Model, NonNegative, Positive, Spec, Tasks, arguments, words,
};
use std::sync::Arc;

words! {
    /// The distribution of a column within a class.
    struct LikelihoodWord(Likelihood) {
        "mixed" => Likelihood::Mixed,
        "multinomial" => Likelihood::Multinomial,
        "bernoulli" => Likelihood::Bernoulli,
        "complement" => Likelihood::Complement,
    }
}

arguments! {
    /// The hyper-parameters of `bayes`.
    struct BayesArgs {
        /// Columns within a class: `mixed` for normal numbers and frequencies of categories, the others for counts of words.
        option likelihood: LikelihoodWord = Likelihood::default();
        /// Added to all variances: this share of the largest one.
        option var_smoothing: NonNegative = Bayes::default().var_smoothing, for likelihood in ["mixed"];
        /// Added to each count (Laplace smoothing).
        option alpha: Positive = Bayes::default().alpha;
    }
}

pub(crate) const MODEL: Model = Model {
    spec: Spec {
        name: "bayes",
        summary: "Naive Bayes: classes from the likelihood of each column alone.",
        details: "Takes tables as they are: numbers are normal within a class, categories have frequencies, and missing \
                  values are left out. Fast, and good with few rows; where columns tell the same thing its \
                  probabilities are too sure. `multinomial`, `bernoulli` and `complement` are for counts of words, as \
                  of `text`. As scikit-learn's `GaussianNB`, `CategoricalNB`, `MultinomialNB`, `BernoulliNB` and \
                  `ComplementNB`. Sources: Duda and Hart (1973); McCallum and Nigam (1998); Rennie et al. (2003).",
        search: &["naive bayes", "gaussian", "multinomial", "bernoulli", "complement", "spam"],
        examples: &[Example {
            script: "load titanic.csv | train bayes | eval kfold 5 metric=[accuracy, auc]",
            output: "\
bayes predicts survived (binary, positive class survived)
stratified, 5 folds, 1309 rows, seed 0

                        mean          95% interval    lowest   highest    baseline
accuracy              0.7616      0.6862 to 0.8371    0.7214    0.8053      0.6180
auc                   0.8110      0.7190 to 0.9030    0.7494    0.8671      0.5000

confusion (rows true, columns predicted)
                        died  survived
died                     656       153
survived                 159       341
",
        }],
        ..model_spec::<BayesArgs>()
    },
    tasks: Tasks::Classes,
    training: &[],
    prepare,
    load: load_model::<BayesModel>,
};

fn prepare(label: String, own: &Args, train: &Args) -> Result<Arc<dyn Training>, ArgumentError> {
    let own = BayesArgs::read(own)?;
    let learner = Bayes { likelihood: own.likelihood.0, var_smoothing: own.var_smoothing.0, alpha: own.alpha.0 };
    let seed = TrainArgs::read(train)?.seed();
    Ok(Arc::new(TrainingOf { label, learner, tasks: MODEL.tasks, sees: FeatureUse::Features, seed }))
}
