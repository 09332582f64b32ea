//! `extra_trees`: extremely randomised trees.

use super::forest::{ELSEWHERE, ForestArgs, training};
use super::model_spec;
use crate::adapt::load_with_levels;
use pipewright_learn::forest::Forest;
use pipewright_operator::work::Training;
use pipewright_operator::{Args, ArgumentError, Example, Model, Spec, Tasks};
use std::sync::Arc;

pub(crate) const MODEL: Model = Model {
    spec: Spec {
        name: "extra_trees",
        summary: "Extremely randomised trees: the mean of decision trees with random thresholds.",
        details: "Like `forest`, but splits are drawn at random places, the best of one per column, and each tree learns from \
                  all rows: faster, smoother, and often as exact. Take it for numeric columns with noise; take `forest` where \
                  many columns tell nothing, since random splits waste depth on them. Missing values and categories need no \
                  preparation. After Geurts, Ernst and Wehenkel, \
                  Extremely randomized trees (Machine Learning, 2006).",
        search: &["extremely randomised trees", "extremely randomized trees", "extratrees", "ensemble"],
        elsewhere: ELSEWHERE,
        examples: &[Example {
            script: "load titanic.csv | train extra_trees(trees=50) | eval kfold 5 metric=[accuracy, auc]",
            output: "\
extra_trees(trees=50) predicts survived (binary, positive class survived)
stratified, 5 folds, 1309 rows, seed 0

                        mean          95% interval    lowest   highest    baseline
accuracy              0.7693      0.7503 to 0.7883    0.7586    0.7824      0.6180
auc                   0.7909      0.7493 to 0.8325    0.7724    0.8223      0.5000

confusion (rows true, columns predicted)
                        died  survived
died                     667       142
survived                 160       340
",
        }],
        ..model_spec::<ForestArgs>()
    },
    tasks: Tasks::Both,
    training: &[],
    prepare,
    load: load_with_levels::<Forest>,
};

fn prepare(label: String, own: &Args, train: &Args) -> Result<Arc<dyn Training>, ArgumentError> {
    training(label, own, train, Forest::extra_trees())
}
