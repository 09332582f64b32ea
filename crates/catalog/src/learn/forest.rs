//! `forest`: a random forest.

use super::levels::{self, Levels};
use super::model_spec;
use super::train::TrainArgs;
use super::tree::{ColumnRule, SplitColumns, TreeCriterion, columns, criterion};
use crate::adapt::{FeatureUse, TrainingOf, load_with_levels};
use pipewright_learn::forest::{Forest, Growth};
use pipewright_operator::work::Training;
use pipewright_operator::{
    Args, ArgumentError, Arguments, Count, Example, Int, Model, NonNegative, Ratio, Spec, Tasks, arguments,
};
use std::sync::Arc;

arguments! {
    /// The hyper-parameters of `forest` and `extra_trees`.
    pub(super) struct ForestArgs {
        /// Number of trees.
        option trees: Int<1, 10_000> = Forest::default().trees;
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
        /// How splits are compared: `gini` or `entropy` for classes, `squared` or (`forest` only) `absolute`
        /// error for numbers.
        option criterion: TreeCriterion = TreeCriterion::Auto;
        /// The columns that a split chooses from, drawn anew for each: a rule, or a share of them. `auto`: the square
        /// root of their number for classes, all for numbers.
        option columns: SplitColumns = SplitColumns::Rule(ColumnRule::Auto);
        /// Draws the rows of each tree with replacement. Without it, `forest` does and `extra_trees` does not.
        option bootstrap: Option<bool>;
        /// The number of rows drawn for each tree, as a share of all.
        option rows: Ratio = Forest::default().rows;
        /// Weighs classes by the inverse of their frequency.
        option balanced: bool = false;
        /// Predicts a quantile of numbers, or several such as `[5%, 50%, 95%]`, in place of the mean (quantile regression
        /// forest).
        option quantile: Option<Levels>;
    }
}

/// What other tools call the options.
pub(super) const ELSEWHERE: &[(&str, &str)] = &[
    ("n_estimators", "trees"),
    ("max_samples", "rows"),
    ("max_depth", "depth"),
    ("max_leaf_nodes", "leaves"),
    ("min_samples_leaf", "min_rows"),
    ("min_samples_split", "min_split"),
    ("min_impurity_decrease", "min_gain"),
    ("max_features", "columns"),
    ("class_weight", "balanced"),
];

pub(crate) const MODEL: Model = Model {
    spec: Spec {
        name: "forest",
        summary: "A random forest: the mean of decision trees on resampled rows.",
        details: "Take it where there is no time to tune: its defaults are hard to get wrong, and it does not overfit with more \
                  trees. `gbdt` is usually more exact, and its models are smaller. Missing values and categories need no \
                  preparation, and scaling changes nothing. Numbers are split at the borders of up to 255 bins per column. Do \
                  not expect it to extrapolate: predictions stay within the range of the target. `quantile=[5%, 50%, 95%]` \
                  predicts quantiles: those of the training rows in the leaves of a row, so the model keeps a number per row \
                  and tree. After Breiman, Random Forests (Machine Learning, 2001), and Meinshausen, Quantile Regression \
                  Forests (JMLR, 2006).",
        search: &["random forest", "randomforest", "bagging", "ranger", "ensemble", "quantile regression forest"],
        elsewhere: ELSEWHERE,
        examples: &[
            Example {
                script: "load titanic.csv | train forest(trees=50) | eval kfold 5 metric=[accuracy, auc]",
                output: "\
forest(trees=50) predicts survived (binary, positive class survived)
stratified, 5 folds, 1309 rows, seed 0

                        mean          95% interval    lowest   highest    baseline
accuracy              0.7845      0.7428 to 0.8263    0.7471    0.8015      0.6180
auc                   0.8237      0.7781 to 0.8693    0.7915    0.8576      0.5000

confusion (rows true, columns predicted)
                        died  survived
died                     691       118
survived                 164       336
",
            },
            Example {
                script: "load diabetes.csv | train forest(trees=50, quantile=[5%, 50%, 95%]) | eval kfold 5",
                output: "\
forest(trees=50, quantile=[5%, 50%, 95%]) predicts progression (regression)
kfold, 5 folds, 442 rows, seed 0

                        mean          95% interval    lowest   highest    baseline
rmse                 59.8659    55.4360 to 64.2959   57.1396   62.3853     77.1127
mae                  47.3634    42.1967 to 52.5301   44.0899   51.6023     65.9027
r2                    0.3884      0.2587 to 0.5182    0.3197    0.4990     -0.0095
pinball              11.5848    10.6877 to 12.4818   10.8107   12.0212     32.9514
coverage              0.8620      0.8160 to 0.9080    0.8409    0.8977           ·
width               170.5856  163.6071 to 177.5642  165.6023  174.4831           ·
",
            },
        ],
        ..model_spec::<ForestArgs>()
    },
    tasks: Tasks::Both,
    training: &[],
    prepare,
    load: load_with_levels::<Forest>,
};

fn prepare(label: String, own: &Args, train: &Args) -> Result<Arc<dyn Training>, ArgumentError> {
    training(label, own, train, Forest::default())
}

/// A training with these arguments on top of a kind of forest.
pub(super) fn training(
    label: String,
    own: &Args,
    train: &Args,
    kind: Forest,
) -> Result<Arc<dyn Training>, ArgumentError> {
    let own = ForestArgs::read(own)?;
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
    let bootstrap = own.bootstrap.unwrap_or(kind.bootstrap);
    let learner = Forest { trees: own.trees.get(), growth, bootstrap, rows: own.rows.0, ..kind };
    let seed = TrainArgs::read(train)?.seed();
    let levels = match &own.quantile {
        None => None,
        Some(Levels::One(level)) => Some(vec![level.0]),
        Some(Levels::Several(levels)) => Some(levels::ascending(levels)?),
    };
    let training = TrainingOf { label, learner, tasks: MODEL.tasks, sees: FeatureUse::Features, seed };
    Ok(levels::training(training, levels))
}
