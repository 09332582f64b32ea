//! `train`: trains a model.

use pipewright_learn::net::{AdamW, RmsProp, Sgd, Training};
use pipewright_operator::{
    Args, ArgumentError, Arguments, Bound, Chosen, Count, Effect, Environment, Example, Flow, Fraction, Group,
    NonNegative, Param, Positive, Seed, Spec, UnitInterval, Verb, arguments, words,
};

arguments! {
    /// The arguments of `train` itself.
    pub(crate) struct TrainArgs {
        /// The model, with its hyper-parameters in parentheses.
        positional model: Box<Chosen>;
        /// Random seed of this model, in place of the seed of the run.
        option seed: Option<Seed>;
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
    pub(crate) enum LossWord { Mse = "mse", Bce = "bce", CrossEntropy = "cross_entropy" }
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
        /// Early stopping: ends after this many epochs without a lower validation loss, and keeps the best weights.
        training early_stop: Option<Count>;
        /// Share of the training rows held out for validation.
        training val: Fraction = 0.1, with early_stop;
        /// The loss to minimise. Without it, `mse` for numbers, `bce` for two classes, `cross_entropy` for more.
        training loss: Option<LossWord>;
    }
}

impl EpochArgs {
    /// The options of early stopping, for models that are trained in rounds.
    pub(super) const STOPPING: &[Param] = {
        let (_, last) = EpochArgs::PARAMS.split_at(EpochArgs::PARAMS.len() - 3);
        last.split_at(2).0
    };
}

/// All options; those passed on to models come first.
const OPTIONS: &[Param] = &{
    let (models, own) = (EpochArgs::PARAMS, Spec::of::<TrainArgs>().options);
    let mut options = [own[0]; EpochArgs::PARAMS.len() + 1];
    let mut place = 0;
    while place < models.len() {
        options[place] = models[place];
        place += 1;
    }
    options
};

pub(crate) const VERB: Verb = Verb {
    spec: Spec {
        name: "train",
        group: Group::Learn,
        summary: "Trains a model on the features to predict the target.",
        details: "A model's own hyper-parameters go in its parentheses, `mlp[64,32,1](activation=tanh)`; options that \
                  control the training loop are options of `train`. Nothing runs until a later stage needs the model: \
                  `eval` fits it anew in every fold, `save` and `predict` fit it once on all rows.",
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

fn bind(args: &Args, _: &Environment) -> Result<Bound, ArgumentError> {
    let TrainArgs { model: chosen, .. } = TrainArgs::read(args)?;
    (chosen.model.prepare)(chosen.label(), &chosen.args, args).map(Bound::Training)
}
