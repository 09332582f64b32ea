//! `extra_trees`: extremely randomised trees.

use super::model_spec;
use super::train::TrainArgs;
use super::tree::{ColumnRule, SplitColumns, TreeCriterion, columns, criterion};
use crate::adapt::{FeatureUse, TrainingOf, load_model};
use pipewright_learn::forest::{Forest, ForestModel, Growth};
use pipewright_operator::work::Training;
use pipewright_operator::{
    Args, ArgumentError, Arguments, Count, Example, Int, Model, NonNegative, Ratio, Spec, Tasks, arguments,
};
use std::sync::Arc;

arguments! {
    /// The hyper-parameters of `extra_trees`.
    struct ExtraTreesArgs {
        /// Number of trees.
        option trees: Int<1, 10_000> = Forest::extra_trees().trees;
        /// Maximum depth of a tree. No limit without it.
        option depth: Option<Count>;
        /// Maximum number of leaves per tree. No limit without it.
        option leaves: Option<Count>;
        /// Minimum number of rows in a leaf.
        option min_rows: Count = Growth::default().min_rows;
        /// Minimum number of rows of a node that is split.
        option min_split: Count = Growth::default().min_split;
        /// Minimum decrease of impurity by a split, weighted by its share of all rows.
        option min_gain: NonNegative = Growth::default().min_gain;
        /// How splits are compared: `gini` or `entropy` for classes, `squared` error for numbers.
        option criterion: TreeCriterion = TreeCriterion::Auto;
        /// The columns that a split chooses from, drawn anew for each: a rule, or a share of them. `auto`: the square
        /// root of their number for classes, all for numbers.
        option columns: SplitColumns = SplitColumns::Rule(ColumnRule::Auto);
        /// Draws the rows of each tree with replacement.
        option bootstrap: bool = Forest::extra_trees().bootstrap;
        /// The number of rows drawn for each tree, as a share of all.
        option rows: Ratio = Forest::extra_trees().rows;
        /// Weighs classes by the inverse of their frequency.
        option balanced: bool = false;
    }
}

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
        elsewhere: &[
            ("n_estimators", "trees"),
            ("max_samples", "rows"),
            ("max_depth", "depth"),
            ("max_leaf_nodes", "leaves"),
            ("min_samples_leaf", "min_rows"),
            ("min_samples_split", "min_split"),
            ("min_impurity_decrease", "min_gain"),
            ("max_features", "columns"),
            ("class_weight", "balanced"),
        ],
        examples: &[Example {
            script: "load titanic.csv | train extra_trees(trees=50) | eval kfold 5 metric=[accuracy, auc]",
            output: "\
extra_trees(trees=50) predicts survived (binary, positive class survived)
stratified, 5 folds, 1309 rows, seed 0

                        mean    lowest   highest    baseline
accuracy              0.7693    0.7586    0.7824      0.6180
auc                   0.7909    0.7724    0.8223      0.5000

confusion (rows true, columns predicted)
                        died  survived
died                     667       142
survived                 160       340
",
        }],
        ..model_spec::<ExtraTreesArgs>()
    },
    tasks: Tasks::Both,
    training: &[],
    prepare,
    load: load_model::<ForestModel>,
};

fn prepare(label: String, own: &Args, train: &Args) -> Result<Arc<dyn Training>, ArgumentError> {
    let own = ExtraTreesArgs::read(own)?;
    let growth = Growth {
        criterion: criterion(own.criterion),
        depth: own.depth.map(Count::get),
        min_split: own.min_split.get(),
        min_rows: own.min_rows.get(),
        min_gain: own.min_gain.0,
        leaves: own.leaves.map(Count::get),
        columns: columns(&own.columns),
        balanced: own.balanced,
    };
    let learner =
        Forest { trees: own.trees.get(), growth, bootstrap: own.bootstrap, rows: own.rows.0, ..Forest::extra_trees() };
    let seed = TrainArgs::read(train)?.seed();
    Ok(Arc::new(TrainingOf { label, learner, tasks: MODEL.tasks, sees: FeatureUse::Features, seed }))
}
