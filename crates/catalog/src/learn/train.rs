//! `train`: trains a model.

use crate::joined;
use crate::out::bundle_of;
use pipewright_learn::net::{AdamW, RmsProp, Sgd, Training};
use pipewright_operator::{
    Args, ArgumentError, Arguments, Bound, Chosen, Count, Effect, Environment, Example, FilePath, Flow, Fraction,
    Group, Name, NonNegative, Param, Positive, Ratio, Seed, Spec, UnitInterval, Verb, arguments, words,
};

arguments! {
    /// The arguments of `train` itself.
    pub(crate) struct TrainArgs {
        /// The model, with its hyper-parameters in parentheses.
        positional model: Box<Chosen>;
        /// Random seed of this model, in place of the seed of the run.
        option seed: Option<Seed>;
        /// Name of the model in results; without it, the arm of the `fork`, if there is one.
        as name: Option<Name>;
    }
}

impl TrainArgs {
    /// The model's own seed, if it has one.
    pub(super) fn seed(&self) -> Option<u64> {
        self.seed.map(|seed| seed.0)
    }
}

words! {
    /// An optimizer of networks.
    pub(crate) enum OptimizerWord { Sgd = "sgd", RmsProp = "rmsprop", Adam = "adam", AdamW = "adamw" }
}

words! {
    /// A loss of networks.
    pub(crate) enum LossWord {
        Mse = "mse", Huber = "huber", LogCosh = "log_cosh", Quantile = "quantile", Poisson = "poisson", Gamma = "gamma",
        Bce = "bce", CrossEntropy = "cross_entropy", Focal = "focal", Hinge = "hinge",
    }
}

arguments! {
    /// The options of `train` for models that are trained by gradient descent, epoch by epoch.
    pub(crate) struct EpochArgs {
        /// Number of passes over the training rows.
        training epochs: Count = Training::default().epochs;
        /// Learning rate.
        training lr: Positive, by optimizer {
            "adam" => Training::default().optimizer.lr(),
            "adamw" => AdamW::default().adam.lr,
            "rmsprop" => RmsProp::default().lr,
            "sgd" => Sgd::default().lr,
        };
        /// Rows per gradient step (mini-batch size).
        training batch: Count = Training::default().batch;
        /// Optimizer.
        training optimizer: OptimizerWord = OptimizerWord::Adam;
        /// Momentum of `sgd`.
        training momentum: UnitInterval = Sgd::default().momentum, for optimizer in ["sgd"];
        /// Decoupled weight decay of `adamw`.
        training weight_decay: NonNegative = AdamW::default().weight_decay, for optimizer in ["adamw"];
        /// The loss to minimise: `mse`, `huber`, `log_cosh`, `quantile`, `poisson` (counts) or `gamma` (amounts above 0) for
        /// numbers; `bce` for two classes, `cross_entropy` for more, `focal` or `hinge` for any. Without it, `mse`, `bce` or
        /// `cross_entropy`.
        training loss: Option<LossWord>;
        /// Where `huber` becomes linear, in standard deviations of the target.
        training delta: Positive = 1.0, for loss in ["huber"];
        /// The quantile that `quantile` predicts.
        training quantile: Fraction = 0.5, for loss in ["quantile"];
        /// The exponent of `focal`: how much less rows count that are predicted well.
        training focal_gamma: NonNegative = 2.0, for loss in ["focal"];
        /// Gradient clipping: the largest norm of a step's gradient.
        training clip: Option<Positive>;
        /// Batches per gradient step (gradient accumulation): as one larger batch, in less memory.
        training accumulate: Count = Training::default().accumulate;
        /// Exponential moving average: the decay per step of averaged weights, which predict in place of the last ones.
        training ema: Option<Fraction>;
        /// Mixup: mixes rows of a batch in shares of the beta distribution with this parameter, from above 0 to 1.
        training mixup: Option<Ratio>;
        /// Early stopping: ends after this many epochs without a lower validation loss, and keeps the best weights.
        training early_stop: Option<Count>;
        /// Share of the training rows held out for validation.
        training val: Fraction = 0.1, with early_stop;
    }
}

arguments! {
    /// The option of `train` for models that can be continued.
    pub(crate) struct ContinueArgs {
        /// A file of `save` whose model is continued: the new trees are added to it. The columns and the target must be the same.
        training warm_start: Option<String>;
    }
}

/// The options of early stopping, which are the last ones, for models that are trained in rounds.
const STOPPING: &[Param] = EpochArgs::PARAMS.split_at(EpochArgs::PARAMS.len() - 2).1;

/// The options of models that are trained in rounds, and can be continued.
pub(super) const IN_ROUNDS: &[Param] = &joined::<{ STOPPING.len() + 1 }>(STOPPING, ContinueArgs::PARAMS);

/// All options; those passed on to models come first.
const OPTIONS: &[Param] = {
    const OF_MODELS: &[Param] = &joined::<{ EpochArgs::PARAMS.len() + 1 }>(EpochArgs::PARAMS, ContinueArgs::PARAMS);
    &joined::<{ OF_MODELS.len() + 1 }>(OF_MODELS, Spec::of::<TrainArgs>().options)
};

pub(crate) const VERB: Verb = Verb {
    spec: Spec {
        name: "train",
        group: Group::Learn,
        summary: "Trains a model on the features to predict the target.",
        details: "A model's own hyper-parameters go in its parentheses, `mlp[64,32,1](activation=tanh)`; options that \
                  control the training loop are options of `train`. Nothing runs until a later stage needs the model: \
                  `eval` fits it anew in every fold, `save` and `predict` fit it once on all rows. \
                  `warm_start=\"old.pw\"` goes on from a saved model (`gbdt`); such a pipeline can be saved, but not \
                  evaluated, since the old model may have seen the held-out rows.",
        search: &["fit", "learn", "model", "estimate"],
        output: Flow::Learner,
        effect: Effect::FitTarget,
        options: OPTIONS,
        examples: &[Example {
            script: "load iris.csv | train logistic | eval kfold 3 metric=accuracy",
            output: "\
logistic predicts species (3 classes)
stratified, 3 folds, 150 rows, seed 0

                        mean          95% interval    lowest   highest    baseline
accuracy              0.9600      0.8814 to 1.0000    0.9400    0.9800      0.3200

confusion (rows true, columns predicted)
                        setosa  versicolor   virginica
setosa                      50           0           0
versicolor                   0          47           3
virginica                    0           3          47
",
        }],
        ..Spec::of::<TrainArgs>()
    },
    bind,
    states: &[],
};

fn bind(args: &Args, environment: &Environment) -> Result<Bound, ArgumentError> {
    let TrainArgs { model: chosen, .. } = TrainArgs::read(args)?;
    let training = (chosen.model.prepare)(chosen.label(), &chosen.args, args)?;
    match ContinueArgs::read(args)?.warm_start {
        None => Ok(Bound::Training(training)),
        Some(path) => {
            let saved = bundle_of("warm_start", &FilePath(path), environment, pipewright_artifact::decode)?;
            training.continued(&saved).map(Bound::Training)
        }
    }
}
