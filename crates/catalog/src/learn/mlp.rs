//! `mlp`: a network of dense layers.

use super::model_spec;
use super::train::{EpochArgs, LossWord, OptimizerWord, TrainArgs};
use crate::adapt::{FeatureUse, LearnerOf, accepted, load_model};
use crate::judge::eval::Eval;
use pipewright_diagnostic::{Failure, Span, Spanned, code};
use pipewright_learn::Learner as _;
use pipewright_learn::net::{
    self, Activation, Adam, AdamW, Loss, Network, NetworkModel, OptimizerConfig, RealMlp, RealMlpModel, RmsProp, Sgd,
};
use pipewright_operator::work::{Accepts, FittedModel, Learner, Splitter, Training};
use pipewright_operator::{
    Args, Argument, ArgumentError, Arguments, Count, Example, Int, Model, Spec, Task, TaskKind, Tasks, UnitInterval,
    arguments, either, words,
};
use serde_json::Value as Json;
use std::sync::Arc;

words! {
    /// An output width derived from the target.
    enum AutoWidth { Auto = "auto" }
}

either! {
    /// The width of a layer.
    enum Width { Units(Count), Auto(AutoWidth) }
}

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
        /// Share of the target of `realmlp` that is spread among all classes. 0.1 is better for accuracy; 0, the default, for probabilities.
        option label_smoothing: Option<UnitInterval>;
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

/// The widest layer: sizes are bounded before memory is allocated for them.
const WIDTH_MAX: u64 = 65_536;

fn prepare(label: String, own: &Args, train: &Args) -> Result<Arc<dyn Training>, ArgumentError> {
    let args = MlpArgs::read(own)?;
    let default = if args.sizes.is_some() { Recipe::Plain } else { Recipe::RealMlp };
    match args.recipe.unwrap_or(default) {
        Recipe::Plain => plain(label, args, own, train),
        Recipe::RealMlp => real(label, &args, own, train),
    }
}

/// RealMLP, with the options that are given.
fn real(label: String, args: &MlpArgs, own: &Args, train: &Args) -> Result<Arc<dyn Training>, ArgumentError> {
    refuse(own, &["activation"], "realmlp")?;
    refuse(train, &["optimizer", "momentum", "weight_decay", "early_stop", "val", "loss"], "realmlp")?;
    let training = EpochArgs::read(train)?;
    let given = |name: &str| train.is_given(name);
    let default = RealMlp::default();
    let mut learner = RealMlp {
        epochs: given("epochs").then(|| training.epochs.get()),
        batch: given("batch").then(|| training.batch.get()),
        lr: given("lr").then_some(training.lr.0),
        members: args.members.map_or(default.members, |members| members.get()),
        dropout: dropout(args)?.unwrap_or(default.dropout),
        label_smoothing: args.label_smoothing.map_or(default.label_smoothing, |share| share.0),
        ..default
    };
    let mut output = None;
    if let Some((last, hidden)) = args.sizes.as_deref().and_then(<[_]>::split_last) {
        learner.hidden = widths(hidden)?;
        output = Some((units(last)?, last.span));
    }
    Ok(Arc::new(Real { label, learner, output, seed: TrainArgs::read(train)?.seed() }))
}

/// The share of dropped units, if it is given.
fn dropout(args: &MlpArgs) -> Result<Option<f64>, ArgumentError> {
    match args.dropout {
        Some(share) if share.0 >= 1.0 => {
            let message = "`dropout` of all units leaves nothing to learn from";
            Err(ArgumentError::of("dropout", code::BAD_VALUE, message).help("a share below 1, such as 20%"))
        }
        share => Ok(share.map(|share| share.0)),
    }
}

/// Refuses options that have no effect in a recipe.
fn refuse(args: &Args, names: &[&'static str], recipe: &str) -> Result<(), ArgumentError> {
    let Some(name) = names.iter().find(|name| args.is_given(name)) else { return Ok(()) };
    let message = format!("the recipe `{recipe}` ignores `{name}`");
    Err(ArgumentError::of(name, code::MISPLACED_OPTION, message).help("leave it out, or choose the other recipe"))
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
    refuse(own, &["members", "label_smoothing"], "plain")?;
    let dropout = dropout(&args)?.unwrap_or(0.0);
    let MlpArgs { sizes, activation, .. } = args;
    let sizes = sizes.unwrap_or_default();
    let training = EpochArgs::read(train)?;
    let Some((last, hidden)) = sizes.split_last() else {
        return Err(ArgumentError::of("model", code::MISSING_ARGUMENT, "`mlp[…]` needs at least its output width")
            .help("for example mlp[64,32,auto]"));
    };
    let network = Network {
        hidden: widths(hidden)?,
        activation: activation.0,
        dropout,
        training: net::Training {
            optimizer: optimizer(&training),
            epochs: training.epochs.get(),
            batch: training.batch.get(),
            early_stop: training.early_stop.map(Count::get),
            ..net::Training::default()
        },
        ..Network::default()
    };
    Ok(Arc::new(Mlp {
        label,
        network,
        output: units(last)?,
        output_span: last.span,
        validation: training.early_stop.map(|_| training.val.0),
        loss: training.loss,
        seed: TrainArgs::read(train)?.seed(),
    }))
}

/// The units of a layer; `None` for `auto`.
fn units(size: &Spanned<Width>) -> Result<Option<usize>, ArgumentError> {
    match &size.node {
        Width::Auto(AutoWidth::Auto) => Ok(None),
        Width::Units(units) if units.0 <= WIDTH_MAX => Ok(Some(units.get())),
        Width::Units(units) => {
            let message = format!("a layer of {} units is over the limit of {WIDTH_MAX}", units.0);
            Err(ArgumentError::of("model", code::LIMIT_REACHED, message).at(size.span))
        }
    }
}

fn optimizer(training: &EpochArgs) -> OptimizerConfig {
    let config = match training.optimizer {
        OptimizerWord::Sgd => OptimizerConfig::Sgd(Sgd { momentum: training.momentum.0, ..Sgd::default() }),
        OptimizerWord::RmsProp => OptimizerConfig::RmsProp(RmsProp::default()),
        OptimizerWord::Adam => OptimizerConfig::Adam(Adam::default()),
        OptimizerWord::AdamW => {
            OptimizerConfig::AdamW(AdamW { weight_decay: training.weight_decay.0, ..AdamW::default() })
        }
    };
    config.with_lr(training.lr.0)
}

struct Mlp {
    label: String,
    /// The network without what the target determines.
    network: Network,
    /// `None`: derived from the target.
    output: Option<usize>,
    output_span: Span,
    validation: Option<f64>,
    /// `None`: derived from the target.
    loss: Option<LossWord>,
    seed: Option<u64>,
}

impl Training for Mlp {
    fn label(&self) -> String {
        self.label.clone()
    }

    fn wants_classes(&self, distinct: usize) -> Option<bool> {
        match (self.loss, self.output) {
            (Some(LossWord::Mse), _) => Some(false),
            (Some(_), _) => Some(true),
            // An output width that equals the number of distinct values means classes.
            (None, Some(1)) => Some(distinct == 2),
            (None, Some(width)) => Some(width == distinct),
            (None, None) => None,
        }
    }

    fn accepts(&self) -> Accepts {
        accepted(Network::default().accepts(), FeatureUse::Features)
    }

    fn decided(&self, task: &Task) -> Vec<(&'static str, String)> {
        vec![("loss", fitting_loss(task).to_value().to_string())]
    }

    fn validation(&self) -> Option<Arc<dyn Splitter>> {
        self.validation.map(|share| Arc::new(Eval::holdout(share)) as Arc<dyn Splitter>)
    }

    fn learner(&self, task: &Task) -> Result<Arc<dyn Learner>, ArgumentError> {
        let outputs = fitting_width(self.output, self.output_span, task)?;
        let fitting = fitting_loss(task);
        if let Some(loss) = self.loss.filter(|loss| *loss != fitting) {
            let (loss, fitting) = (loss.to_value(), fitting.to_value());
            let message = format!("loss `{loss}` does not fit the target `{}`", task.target);
            return Err(
                ArgumentError::of("loss", code::WRONG_TASK, message).help(format!("for this target: loss={fitting}"))
            );
        }
        let loss = match fitting {
            LossWord::Mse => Loss::MeanSquaredError,
            LossWord::Bce => Loss::BinaryCrossEntropy,
            LossWord::CrossEntropy => Loss::SoftmaxCrossEntropy,
        };
        let mut learner = Network { outputs, ..self.network.clone() };
        learner.training.loss = Some(loss);
        Ok(Arc::new(LearnerOf { learner, task: task.clone(), sees: FeatureUse::Features }))
    }

    fn seed(&self) -> Option<u64> {
        self.seed
    }
}

/// The loss for a task.
fn fitting_loss(task: &Task) -> LossWord {
    match &task.kind {
        TaskKind::Numbers => LossWord::Mse,
        TaskKind::Classes(classes) if classes.len() == 2 => LossWord::Bce,
        TaskKind::Classes(_) => LossWord::CrossEntropy,
    }
}

/// The output width for a task.
///
/// # Errors
/// `WRONG_WIDTH` if the script gives another one.
fn fitting_width(given: Option<usize>, span: Span, task: &Task) -> Result<usize, ArgumentError> {
    let outputs = match &task.kind {
        TaskKind::Classes(classes) if classes.len() > 2 => classes.len(),
        _ => 1,
    };
    let Some(width) = given.filter(|&width| width != outputs) else { return Ok(outputs) };
    let what = match &task.kind {
        TaskKind::Classes(classes) => format!("{} classes", classes.len()),
        TaskKind::Numbers => "numbers".to_owned(),
    };
    let message = format!("output width {width} does not fit the target `{}` ({what})", task.target);
    Err(ArgumentError::of("model", code::WRONG_WIDTH, message)
        .at(span)
        .replacement(outputs.to_string())
        .help("`auto` derives it from the target")
        .help("if another column is the target, name it: target NAME"))
}

struct Real {
    label: String,
    learner: RealMlp,
    /// The output width of the script, or `None` for `auto`, and its place.
    output: Option<(Option<usize>, Span)>,
    seed: Option<u64>,
}

impl Training for Real {
    fn label(&self) -> String {
        self.label.clone()
    }

    fn wants_classes(&self, distinct: usize) -> Option<bool> {
        match self.output {
            Some((Some(1), _)) => Some(distinct == 2),
            Some((Some(width), _)) => Some(width == distinct),
            _ => None,
        }
    }

    fn accepts(&self) -> Accepts {
        accepted(self.learner.accepts(), FeatureUse::Features)
    }

    fn learner(&self, task: &Task) -> Result<Arc<dyn Learner>, ArgumentError> {
        if let Some((width, span)) = self.output {
            fitting_width(width, span, task)?;
        }
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
