//! `gbdt`: gradient boosting of trees.

use super::constrained::Constrained;
use super::levels::{self, Levels};
use super::model_spec;
use super::train::{EpochArgs, IN_ROUNDS, TrainArgs};
use crate::adapt::{FeatureUse, TrainingOf, load_with_levels};
use pipewright_learn::boost::{Direction, Gbdt, Objective};
use pipewright_operator::work::Training;
use pipewright_operator::{
    Args, ArgumentError, Arguments, Count, Example, Fraction, Int, Model, NonNegative, Positive, Ratio, Spec, Tasks,
    arguments, either, words,
};
use std::sync::Arc;

words! {
    /// A number of trees that is chosen by early stopping.
    enum AutoTrees { Auto = "auto" }
}

either! {
    /// The number of boosting rounds.
    enum Trees { Fixed(Int<1, 100_000>), Auto(AutoTrees) }
}

words! {
    /// The leaf that is split next.
    enum Growth { Gain = "leaf", Depth = "depth" }
}

words! {
    /// A loss of gradient boosting.
    pub(super) enum BoostLoss {
        Squared = "squared", Absolute = "absolute", Huber = "huber", Quantile = "quantile", Poisson = "poisson",
        Gamma = "gamma", Tweedie = "tweedie"
    }
}

arguments! {
    /// The hyper-parameters of `gbdt`.
    struct GbdtArgs {
        /// Number of trees (boosting rounds). `auto`: up to 1000, chosen by early stopping within the training rows.
        option trees: Trees = Trees::Auto(AutoTrees::Auto);
        /// Learning rate. Without it, 0.05 with `trees=auto`, else 0.1.
        option lr: Option<Positive>;
        /// Maximum number of leaves per tree. Without it, half of the square root of the number of training rows, from
        /// 15 to 127.
        option leaves: Option<Count>;
        /// Maximum depth of a tree. No limit without it.
        option depth: Option<Count>;
        /// Grows the leaf with the largest gain (`leaf`), or level by level (`depth`).
        option grow: Growth = Growth::Gain;
        /// Maximum number of bins per column, up to 255. Columns with fewer distinct values are split exactly.
        option bins: Int<2, 255> = Gbdt::default().bins;
        /// L1 penalty on the values of leaves.
        option l1: NonNegative = Gbdt::default().l1;
        /// L2 penalty on the values of leaves.
        option l2: NonNegative = Gbdt::default().l2;
        /// Minimum gain of a split.
        option min_gain: NonNegative = Gbdt::default().min_gain;
        /// Minimum number of rows in a leaf.
        option min_rows: Count = Gbdt::default().min_rows;
        /// Minimum sum of second derivatives (Hessian) in a leaf.
        option min_weight: NonNegative = Gbdt::default().min_weight;
        /// Share of the rows that each tree learns from (subsample).
        option rows: Ratio = Gbdt::default().rows;
        /// Share of the columns that each tree may use.
        option columns: Ratio = Gbdt::default().columns;
        /// Share of those columns that each split may use.
        option split_columns: Ratio = Gbdt::default().split_columns;
        /// Columns with which the prediction may only rise (monotone constraint).
        option increasing: Vec<Arc<str>> = Vec::new();
        /// Columns with which the prediction may only fall (monotone constraint).
        option decreasing: Vec<Arc<str>> = Vec::new();
        /// Groups of columns that may interact: the splits on the way to a leaf use columns of one group. Columns in no
        /// group are not used. No constraint without it.
        option interactions: Vec<Vec<Arc<str>>> = Vec::new();
        /// Weighs classes by the inverse of their frequency.
        option balanced: bool = false;
        /// The loss to minimise for numbers. Classes have the log loss.
        option loss: BoostLoss = BoostLoss::Squared;
        /// The quantile of `loss=quantile`. A list such as `[5%, 50%, 95%]` predicts several, with a boosted model for each.
        option quantile: Levels = Levels::One(Fraction(0.5)), for loss in ["quantile"];
        /// The distance from which `loss=huber` is linear, in units of the target.
        option delta: Positive = 1.0, for loss in ["huber"];
        /// The variance power of `loss=tweedie`, between 1 and 2.
        option power: Positive = 1.5, for loss in ["tweedie"];
        /// Rounds without improvement after which early stopping ends.
        option patience: Count = PATIENCE;
        /// Models of `trees=auto`, each stopped early on another part of the training rows; predictions are their mean.
        /// Without it, 5 up to 50,000 rows, else 1.
        option members: Option<Int<1, 100>>;
    }
}

/// Rounds without improvement after which early stopping ends.
const PATIENCE: usize = 30;

pub(crate) const MODEL: Model = Model {
    spec: Spec {
        name: "gbdt",
        summary: "Gradient boosting of decision trees (histogram-based).",
        details: "The model to start with on tables. Each tree corrects the errors of those before it; splits are found \
                  in histograms of up to 255 bins per column. Missing values and categories need no preparation: a \
                  split sends missing values to the side that gains more, and divides levels into two sets. Scaling \
                  changes nothing. With `trees=auto`, the training rows are split into 5 parts, each is held out once \
                  to stop a boosted model early, and predictions are the mean of the 5 models. `early_stop=20` stops one model instead, 20 rounds after its best round on a tenth of \
                  the training rows (`val=`), which steps above are fitted without. It does not extrapolate: \
                  beyond the range of the training rows, predictions stay flat. `loss=quantile, quantile=[5%, 50%, 95%]` predicts several quantiles: \
                  the prediction is that nearest to 50 %, the lowest and the highest are an interval, which `conformal` \
                  corrects. The constraints `increasing`, \
                  `decreasing` and `interactions` name columns of the table, or of the file if several were derived from \
                  one. With --mem, rows that exceed the limit are kept in a temporary file, a byte per cell. After Chen and Guestrin, XGBoost \
                  (2016), and Ke et al., LightGBM (2017).",
        search: &[
            "gradient boosting",
            "boosted trees",
            "xgboost",
            "lightgbm",
            "catboost",
            "histgradientboosting",
            "gbm",
            "gbrt",
            "mart",
        ],
        elsewhere: &[
            ("n_estimators", "trees"),
            ("num_iterations", "trees"),
            ("iterations", "trees"),
            ("max_iter", "trees"),
            ("learning_rate", "lr"),
            ("eta", "lr"),
            ("num_leaves", "leaves"),
            ("max_leaves", "leaves"),
            ("max_leaf_nodes", "leaves"),
            ("max_depth", "depth"),
            ("max_bin", "bins"),
            ("max_bins", "bins"),
            ("reg_alpha", "l1"),
            ("lambda_l1", "l1"),
            ("reg_lambda", "l2"),
            ("lambda_l2", "l2"),
            ("l2_leaf_reg", "l2"),
            ("l2_regularization", "l2"),
            ("gamma", "min_gain"),
            ("min_split_gain", "min_gain"),
            ("min_child_samples", "min_rows"),
            ("min_data_in_leaf", "min_rows"),
            ("min_samples_leaf", "min_rows"),
            ("min_child_weight", "min_weight"),
            ("subsample", "rows"),
            ("bagging_fraction", "rows"),
            ("colsample_bytree", "columns"),
            ("feature_fraction", "columns"),
            ("colsample_bynode", "split_columns"),
            ("max_features", "split_columns"),
            ("monotone_constraints", "increasing"),
            ("interaction_constraints", "interactions"),
            ("interaction_cst", "interactions"),
            ("objective", "loss"),
            ("class_weight", "balanced"),
            ("grow_policy", "grow"),
            ("early_stopping_rounds", "patience"),
        ],
        examples: &[
            Example {
                script: "load titanic.csv | train gbdt(trees=50, lr=0.1) | eval kfold 5 metric=[accuracy, auc]",
                output: "\
gbdt(trees=50, lr=0.1) predicts survived (binary, positive class survived)
stratified, 5 folds, 1309 rows, seed 0

                        mean          95% interval    lowest   highest    baseline
accuracy              0.7983      0.7663 to 0.8303    0.7778    0.8168      0.6180
auc                   0.8527      0.7956 to 0.9098    0.8021    0.8848      0.5000

confusion (rows true, columns predicted)
                        died  survived
died                     712        97
survived                 167       333
",
            },
            Example {
                script: "load titanic.csv | train gbdt(trees=50, interactions=[[sex, pclass], [age, sibsp, parch]]) \
                         | eval kfold 5 metric=auc",
                output: "\
gbdt(trees=50, interactions=[[sex, pclass], [age, sibsp, parch]]) predicts survived (binary, positive class survived)
stratified, 5 folds, 1309 rows, seed 0

                        mean          95% interval    lowest   highest    baseline
auc                   0.8498      0.7945 to 0.9051    0.8001    0.8695      0.5000

confusion (rows true, columns predicted)
                        died  survived
died                     745        64
survived                 203       297
",
            },
            Example {
                script: "load diabetes.csv | train gbdt(trees=50, loss=quantile, quantile=[5%, 50%, 95%]) | conformal 90% \
                         | eval kfold 5",
                output: "\
gbdt(trees=50, loss=quantile, quantile=[5%, 50%, 95%]) | conformal 90% predicts progression (regression)
kfold, 5 folds, 442 rows, seed 0

                        mean          95% interval    lowest   highest    baseline
rmse                 57.4171    54.6585 to 60.1757   55.8162   59.2518     77.1127
mae                  45.5509    41.9486 to 49.1532   43.7187   48.7750     65.9027
r2                    0.4382      0.3443 to 0.5321    0.3975    0.5219     -0.0095
pinball              11.4930    11.0095 to 11.9765   11.1516   11.7766     32.9514
coverage              0.9005      0.8320 to 0.9690    0.8636    0.9432           ·
width               184.9624  170.4786 to 199.4461  176.6509  194.6909           ·
",
            },
        ],
        ..model_spec::<GbdtArgs>()
    },
    tasks: Tasks::Both,
    training: IN_ROUNDS,
    prepare,
    load: load_with_levels::<Gbdt>,
};

fn prepare(label: String, own: &Args, train: &Args) -> Result<Arc<dyn Training>, ArgumentError> {
    let own = GbdtArgs::read(own)?;
    let EpochArgs { early_stop, val, .. } = EpochArgs::read(train)?;
    let learner = match own.trees {
        Trees::Auto(AutoTrees::Auto) => {
            Gbdt { early_stop: Some(own.patience.get()), members: own.members.map(Int::get), ..Gbdt::default() }
        }
        Trees::Fixed(trees) => Gbdt::with_trees(trees.get()),
    };
    // With a share of the rows held out, one model is boosted until it no longer improves on them.
    let early_stop = early_stop.map(Count::get);
    let learner = Gbdt { early_stop: early_stop.or(learner.early_stop), ..learner };
    let directed =
        |names: &[Arc<str>], direction| names.iter().map(move |name| (name.to_string(), direction)).collect::<Vec<_>>();
    let mut monotone = directed(&own.increasing, Direction::Increasing);
    monotone.extend(directed(&own.decreasing, Direction::Decreasing));
    let learner = Gbdt {
        rate: own.lr.map_or(learner.rate, |rate| rate.0),
        leaves: own.leaves.map(Count::get),
        depth: own.depth.map(Count::get),
        by_depth: own.grow == Growth::Depth,
        bins: own.bins.get(),
        l1: own.l1.0,
        l2: own.l2.0,
        min_gain: own.min_gain.0,
        min_rows: own.min_rows.get(),
        min_weight: own.min_weight.0,
        rows: own.rows.0,
        columns: own.columns.0,
        split_columns: own.split_columns.0,
        monotone,
        interactions: own.interactions.iter().map(|group| group.iter().map(ToString::to_string).collect()).collect(),
        loss: objective(&own),
        balanced: own.balanced,
        ..learner
    };
    let seed = TrainArgs::read(train)?.seed();
    let training = TrainingOf { label, learner, tasks: MODEL.tasks, sees: FeatureUse::Features, seed };
    let levels = match &own.quantile {
        Levels::Several(levels) if own.loss == BoostLoss::Quantile => Some(levels::ascending(levels)?),
        _ => None,
    };
    Ok(Arc::new(Constrained { training, levels, before: None, validation: early_stop.map(|_| val.0) }))
}

fn objective(own: &GbdtArgs) -> Objective {
    match own.loss {
        BoostLoss::Squared => Objective::Auto,
        BoostLoss::Absolute => Objective::Absolute,
        BoostLoss::Huber => Objective::Huber { delta: own.delta.0 },
        BoostLoss::Quantile => {
            // Of several, each takes the place of this one.
            Objective::Quantile { level: if let Levels::One(level) = own.quantile { level.0 } else { 0.5 } }
        }
        BoostLoss::Poisson => Objective::Poisson,
        BoostLoss::Gamma => Objective::Gamma,
        BoostLoss::Tweedie => Objective::Tweedie { power: own.power.0 },
    }
}
