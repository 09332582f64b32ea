//! `mlp`: a network of dense layers.

use super::model_spec;
use super::network::{Descent, Output, Settings, Width, at_option, units};
use super::train::{EpochArgs, TrainArgs};
use crate::adapt::{FeatureUse, LearnerOf, accepted, load_model};
use crate::judge::evaluator::Eval;
use pipewright_diagnostic::{Failure, Spanned, code};
use pipewright_learn::Learner as _;
use pipewright_learn::net::{self, Activation, Network, NetworkModel, RealMlp, RealMlpModel};
use pipewright_operator::work::{Accepts, FittedModel, Learner, Splitter, Training};
use pipewright_operator::{
    Args, ArgumentError, Arguments, Count, Example, Int, Model, Spec, Task, Tasks, UnitInterval, arguments, words,
};
use serde_json::Value as Json;
use std::sync::Arc;

words! {
    /// Activation of the hidden layers.
    struct ActivationWord(Activation) {
        "relu" => Activation::Relu, "tanh" => Activation::Tanh, "sigmoid" => Activation::Sigmoid
    }
}

words! {
    /// A set of defaults.
    enum Recipe { Plain = "plain", RealMlp = "realmlp" }
}

arguments! {
    /// The hyper-parameters of `mlp`.
    struct MlpArgs {
        /// Units per layer, the output layer last. Without it, three hidden layers of 256 units.
        shape sizes: Option<Vec<Spanned<Width>>>;
        /// Set of defaults: `plain` is the textbook network, `realmlp` the one that does best on tables. Without it, `realmlp` if
        /// there are no sizes.
        option recipe: Option<Recipe>;
        /// Activation of the hidden layers of `plain`.
        option activation: ActivationWord = Activation::default();
        /// Number of networks of `realmlp` whose mean predicts; each one holds out another part of the rows. Without it, 1.
        option members: Option<Int<1, 100>>;
        /// Share of the hidden units that are dropped in each step of training. Without it, 0; 15 % of `realmlp`.
        option dropout: Option<UnitInterval>;
        /// Share of the target that is spread evenly among all classes. 0.1 is better for accuracy; 0, the default, for
        /// probabilities.
        option label_smoothing: Option<UnitInterval>;
        /// Weighs classes by the inverse of their frequency, in `plain`.
        option balanced: bool = false;
    }
}

pub(crate) const MODEL: Model = Model {
    spec: Spec {
        name: "mlp",
        summary: "Neural network of dense layers (multi-layer perceptron).",
        details: "`train mlp` is RealMLP, which needs no preparation: missing values and categories are inputs of their \
                  own, numbers are scaled robustly and embedded in waves, the learning rate goes up and down in four \
                  cycles, and the weights of the best epoch on a held-out fifth of the training rows are kept. \
                  `members=5` averages five such networks, which is better and takes five times as long. Source: D. \
                  Holzmüller, L. Grinsztajn and I. Steinwart, \"Better by Default\" (2024). `mlp[64,32,1]` is the textbook \
                  network, on scaled numbers: it has hidden layers of 64 and 32 units and one output. The last size is the output \
                  width: 1 for a number or two classes, K for K classes; `auto` derives it from the target. Weights \
                  start Glorot-uniform, biases at 0; rows are shuffled before every epoch. Two classes: sigmoid and \
                  binary cross-entropy; more: softmax and cross-entropy; numbers: mean squared error, on a target \
                  standardised by the training rows.",
        search: &["neural network", "perceptron", "deep learning", "nn", "dense", "keras", "realmlp"],
        examples: &[
            Example {
                script: "load titanic.csv | target survived | head 400 | train mlp epochs=20 | eval kfold 3 metric=[accuracy, auc]",
                output: "\
mlp predicts survived (binary, positive class survived)
stratified, 3 folds, 400 rows, seed 0

                        mean          95% interval    lowest   highest    baseline
accuracy              0.8125      0.7597 to 0.8652    0.7970    0.8209      0.5875
auc                   0.8637      0.8411 to 0.8862    0.8587    0.8699      0.5000

confusion (rows true, columns predicted)
                        died  survived
died                     149        16
survived                  59       176
",
            },
            Example {
                script: "load penguins.csv | where Sex is not null | target Species | scale \
                     | train mlp[16,auto] lr=0.01 epochs=100 | eval holdout 30% metric=accuracy",
                output: "\
mlp[16,auto] predicts Species (3 classes)
holdout, 100 rows, seed 0

                       score          95% interval    baseline
accuracy              1.0000                     ·      0.4400

confusion (rows true, columns predicted)
                       Adelie  Chinstrap     Gentoo
Adelie                     44          0          0
Chinstrap                   0         20          0
Gentoo                      0          0         36
",
            },
        ],
        ..model_spec::<MlpArgs>()
    },
    tasks: Tasks::Both,
    training: EpochArgs::PARAMS,
    prepare,
    load,
};

fn prepare(label: String, own: &Args, train: &Args) -> Result<Arc<dyn Training>, ArgumentError> {
    let args = MlpArgs::read(own)?;
    let default = if args.sizes.is_some() { Recipe::Plain } else { Recipe::RealMlp };
    match args.recipe.unwrap_or(default) {
        Recipe::Plain => plain(label, args, own, train),
        Recipe::RealMlp => real(label, &args, own, train),
    }
}

/// The options of `train` that RealMLP takes.
const OF_REALMLP: [&str; 5] = ["epochs", "lr", "batch", "early_stop", "val"];

/// RealMLP, with the options that are given.
fn real(label: String, args: &MlpArgs, own: &Args, train: &Args) -> Result<Arc<dyn Training>, ArgumentError> {
    refuse(own, &["activation", "balanced"], "realmlp")?;
    let settings = EpochArgs::PARAMS.iter().map(|param| param.name);
    let ignored: Vec<&str> = settings.filter(|name| !OF_REALMLP.contains(name)).collect();
    refuse(train, &ignored, "realmlp")?;
    let training = EpochArgs::read(train)?;
    let given = |name: &str| train.is_given(name);
    let default = RealMlp::default();
    let mut learner = RealMlp {
        epochs: given("epochs").then(|| training.epochs.get()),
        batch: given("batch").then(|| training.batch.get()),
        lr: given("lr").then_some(training.lr.0),
        members: args.members.map_or(default.members, |members| members.get()),
        dropout: dropout(args, own)?.unwrap_or(default.dropout),
        label_smoothing: args.label_smoothing.map_or(default.label_smoothing, |share| share.0),
        early_stop: training.early_stop.map(Count::get),
        ..default
    };
    let validation = training.early_stop.map(|_| training.val.0);
    let mut output = None;
    if let Some((last, hidden)) = args.sizes.as_deref().and_then(<[_]>::split_last) {
        learner.hidden = widths(hidden)?;
        output = Some(Output { width: units(last)?, span: last.span });
    }
    Ok(Arc::new(Real { label, learner, output, validation, seed: TrainArgs::read(train)?.seed() }))
}

/// The share of dropped units, if it is given.
fn dropout(args: &MlpArgs, own: &Args) -> Result<Option<f64>, ArgumentError> {
    match args.dropout {
        Some(share) if share.0 >= 1.0 => {
            let message = "`dropout` of all units leaves nothing to learn from";
            Err(at_option(own, "dropout", code::BAD_VALUE, message).help("a share below 1, such as 20%"))
        }
        share => Ok(share.map(|share| share.0)),
    }
}

/// Refuses options that have no effect in a recipe.
fn refuse(args: &Args, names: &[&'static str], recipe: &str) -> Result<(), ArgumentError> {
    let Some(name) = names.iter().find(|name| args.is_given(name)) else { return Ok(()) };
    let message = format!("the recipe `{recipe}` ignores `{name}`");
    Err(at_option(args, name, code::MISPLACED_OPTION, message).help("leave it out, or choose the other recipe"))
}

/// The widths of hidden layers.
fn widths(hidden: &[Spanned<Width>]) -> Result<Vec<usize>, ArgumentError> {
    let width = |size: &Spanned<Width>| {
        units(size)?.ok_or_else(|| {
            let message = "`auto` is for the output layer; give the number of units of hidden layers";
            ArgumentError::of("model", code::BAD_VALUE, message).at(size.span)
        })
    };
    hidden.iter().map(width).collect()
}

/// The textbook network.
fn plain(label: String, args: MlpArgs, own: &Args, train: &Args) -> Result<Arc<dyn Training>, ArgumentError> {
    refuse(own, &["members"], "plain")?;
    let dropout = dropout(&args, own)?.unwrap_or(0.0);
    let settings = Settings::read(own, train)?;
    let sizes = args.sizes.unwrap_or_default();
    let Some((last, hidden)) = sizes.split_last() else {
        return Err(ArgumentError::of("model", code::MISSING_ARGUMENT, "`mlp[…]` needs at least its output width")
            .help("for example mlp[64,32,auto]"));
    };
    let hidden = widths(hidden)?;
    let network = Network { hidden, activation: args.activation.0, dropout, ..Network::default() };
    let output = Output { width: units(last)?, span: last.span };
    let make = move |outputs: usize, training: net::Training| Network { outputs, training, ..network.clone() };
    Ok(Arc::new(Descent { label, output, settings, make }))
}

struct Real {
    label: String,
    learner: RealMlp,
    output: Option<Output>,
    /// The share of the training rows that is held out to stop early; `None` if each member holds out its own.
    validation: Option<f64>,
    seed: Option<u64>,
}

impl Training for Real {
    fn label(&self) -> String {
        self.label.clone()
    }

    fn wants_classes(&self, distinct: usize) -> Option<bool> {
        self.output.and_then(|output| output.wants_classes(distinct))
    }

    fn accepts(&self) -> Accepts {
        accepted(self.learner.accepts(), FeatureUse::Features)
    }

    fn validation(&self) -> Option<Arc<dyn Splitter>> {
        self.validation.map(|share| Arc::new(Eval::holdout(share)) as Arc<dyn Splitter>)
    }

    fn learner(&self, task: &Task) -> Result<Arc<dyn Learner>, ArgumentError> {
        self.output.map(|output| output.fitting(task)).transpose()?;
        Ok(Arc::new(LearnerOf { learner: self.learner.clone(), task: task.clone(), sees: FeatureUse::Features }))
    }

    fn seed(&self) -> Option<u64> {
        self.seed
    }
}

/// Loads a network of either recipe.
fn load(json: &Json) -> Result<Arc<dyn FittedModel>, Failure> {
    match json.get("model").and_then(|model| model.get("preparation")) {
        Some(_) => load_model::<RealMlpModel>(json),
        None => load_model::<NetworkModel>(json),
    }
}
