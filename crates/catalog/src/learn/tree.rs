//! `tree`: a decision tree.

use super::model_spec;
use super::train::TrainArgs;
use crate::adapt::{FeatureUse, TrainingOf, load_model};
use pipewright_learn::forest::{Columns, Criterion, DecisionTree, ForestModel, Growth};
use pipewright_operator::work::Training;
use pipewright_operator::{
    Args, ArgumentError, Arguments, Count, Example, Model, NonNegative, Ratio, Spec, Tasks, arguments, either, words,
};
use std::sync::Arc;

words! {
    /// How the splits of trees are compared.
    pub(super) enum TreeCriterion {
        Auto = "auto", Gini = "gini", Entropy = "entropy", Squared = "squared", Absolute = "absolute"
    }
}

words! {
    /// A number of columns by rule.
    pub(super) enum ColumnRule { Auto = "auto", All = "all", Sqrt = "sqrt" }
}

either! {
    /// The columns that a split chooses from.
    pub(super) enum SplitColumns { Rule(ColumnRule), Share(Ratio) }
}

arguments! {
    /// The hyper-parameters of `tree`.
    struct TreeArgs {
        /// Maximum depth. No limit without it.
        option depth: Option<Count>;
        /// Maximum number of leaves; splits that gain most come first. No limit without it.
        option leaves: Option<Count>;
        /// Minimum number of rows in a leaf.
        option min_rows: Count = Growth::default().min_rows;
        /// Minimum number of rows of a node that is split.
        option min_split: Count = Growth::default().min_split;
        /// Minimum decrease of impurity by a split, weighted by its share of all rows.
        option min_gain: NonNegative = Growth::default().min_gain;
        /// How splits are compared: `gini` or `entropy` for classes, `squared` or `absolute` error for numbers.
        option criterion: TreeCriterion = TreeCriterion::Auto;
        /// The columns that a split chooses from, drawn anew for each: a rule, or a share of them.
        option columns: SplitColumns = SplitColumns::Rule(ColumnRule::Auto);
        /// The price of a leaf in cost-complexity pruning (ccp_alpha), in units of the impurity.
        option prune: NonNegative = DecisionTree::default().prune;
        /// Weighs classes by the inverse of their frequency.
        option balanced: bool = false;
    }
}

pub(crate) const MODEL: Model = Model {
    spec: Spec {
        name: "tree",
        summary: "A decision tree (CART) with exact splits.",
        details: "Take it for rules that people can read, with `depth=3` or `prune`; for the best predictions take \
                  `gbdt` or `forest`, since one tree depends much on chance among the rows. Every midpoint between \
                  distinct values is compared. Missing values and categories need no preparation: a split sends \
                  missing values to the side that gains more, and divides levels into two sets. Scaling changes \
                  nothing. Without `depth`, `leaves`, `min_rows` or `prune`, leaves are pure and the training rows \
                  are learned by heart. After Breiman, Friedman, Olshen and Stone, Classification and Regression \
                  Trees (1984).",
        search: &["decision tree", "cart", "decisiontree", "ccp_alpha", "pruning", "rules"],
        elsewhere: &[
            ("max_depth", "depth"),
            ("max_leaf_nodes", "leaves"),
            ("min_samples_leaf", "min_rows"),
            ("min_samples_split", "min_split"),
            ("min_impurity_decrease", "min_gain"),
            ("max_features", "columns"),
            ("class_weight", "balanced"),
            ("ccp_alpha", "prune"),
        ],
        examples: &[Example {
            script: "load titanic.csv | train tree(depth=3) | eval kfold 5 metric=[accuracy, auc]",
            output: "\
tree(depth=3) predicts survived (binary, positive class survived)
stratified, 5 folds, 1309 rows, seed 0

                        mean          95% interval    lowest   highest    baseline
accuracy              0.8006      0.7615 to 0.8397    0.7816    0.8359      0.6180
auc                   0.8392      0.7961 to 0.8823    0.8144    0.8656      0.5000

confusion (rows true, columns predicted)
                        died  survived
died                     696       113
survived                 148       352
",
        }],
        ..model_spec::<TreeArgs>()
    },
    tasks: Tasks::Both,
    training: &[],
    prepare,
    load: load_model::<ForestModel>,
};

fn prepare(label: String, own: &Args, train: &Args) -> Result<Arc<dyn Training>, ArgumentError> {
    let own = TreeArgs::read(own)?;
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
    let learner = DecisionTree { growth, prune: own.prune.0 };
    let seed = TrainArgs::read(train)?.seed();
    Ok(Arc::new(TrainingOf { label, learner, tasks: MODEL.tasks, sees: FeatureUse::Features, seed }))
}

pub(super) fn criterion(word: TreeCriterion) -> Criterion {
    match word {
        TreeCriterion::Auto => Criterion::Auto,
        TreeCriterion::Gini => Criterion::Gini,
        TreeCriterion::Entropy => Criterion::Entropy,
        TreeCriterion::Squared => Criterion::Squared,
        TreeCriterion::Absolute => Criterion::Absolute,
    }
}

pub(super) fn columns(of: &SplitColumns) -> Columns {
    match of {
        SplitColumns::Rule(ColumnRule::Auto) => Columns::Auto,
        SplitColumns::Rule(ColumnRule::All) => Columns::All,
        SplitColumns::Rule(ColumnRule::Sqrt) => Columns::Sqrt,
        SplitColumns::Share(share) => Columns::Share(share.0),
    }
}
