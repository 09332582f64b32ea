//! `mlp`: a network of dense layers.

use super::model_spec;
use super::train::{EpochArgs, LossWord, OptimizerWord, TrainArgs};
use crate::adapt::{FeatureUse, LearnerOf, accepted, load_model};
use crate::judge::eval::Eval;
use pipewright_diagnostic::{Span, Spanned, code};
use pipewright_learn::Learner as _;
use pipewright_learn::net::{Activation, Adam, AdamW, Loss, Network, NetworkModel, OptimizerConfig, RmsProp, Sgd};
use pipewright_operator::work::{Accepts, Learner, Splitter, Training};
use pipewright_operator::{
    Args, Argument, ArgumentError, Arguments, Count, Example, Model, Spec, Task, TaskKind, Tasks, arguments, either,
    words,
};
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
    enum Recipe { Plain = "plain" }
}

arguments! {
    /// The hyper-parameters of `mlp`.
    struct MlpArgs {
        /// Units per layer, the output layer last.
        shape sizes: Vec<Spanned<Width>>;
        /// Activation of the hidden layers.
        option activation: ActivationWord = Activation::default();
        /// Named set of defaults: `plain` is this textbook network, even if later versions change the defaults.
        option recipe: Recipe = Recipe::Plain;
    }
}

pub(crate) const MODEL: Model = Model {
    spec: Spec {
        name: "mlp",
        summary: "Neural network of dense layers (multi-layer perceptron).",
        details: "`mlp[64,32,1]` has hidden layers of 64 and 32 units and one output. The last size is the output \
                  width: 1 for a number or two classes, K for K classes; `auto` derives it from the target. Weights \
                  start Glorot-uniform, biases at 0; rows are shuffled before every epoch. Two classes: sigmoid and \
                  binary cross-entropy; more: softmax and cross-entropy; numbers: mean squared error, on a target \
                  standardised by the training rows.",
        search: &["neural network", "perceptron", "deep learning", "nn", "dense", "keras"],
        examples: &[Example {
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
        }],
        ..model_spec::<MlpArgs>()
    },
    tasks: Tasks::Both,
    training: EpochArgs::PARAMS,
    prepare,
    load: load_model::<NetworkModel>,
};

/// The widest layer: sizes are bounded before memory is allocated for them.
const WIDTH_MAX: u64 = 65_536;

fn prepare(label: String, own: &Args, train: &Args) -> Result<Arc<dyn Training>, ArgumentError> {
    let MlpArgs { sizes, activation, recipe: Recipe::Plain } = MlpArgs::read(own)?;
    let training = EpochArgs::read(train)?;
    let Some((last, hidden)) = sizes.split_last() else {
        return Err(ArgumentError::of("model", code::MISSING_ARGUMENT, "`mlp[…]` needs at least its output width")
            .help("for example mlp[64,32,auto]"));
    };
    let hidden = hidden.iter().map(|size| match units(size)? {
        Some(units) => Ok(units),
        None => {
            let message = "`auto` is for the output layer; give the number of units of hidden layers";
            Err(ArgumentError::of("model", code::BAD_VALUE, message).at(size.span))
        }
    });
    let network = Network {
        hidden: hidden.collect::<Result<_, _>>()?,
        activation: activation.0,
        optimizer: optimizer(&training),
        epochs: training.epochs.get(),
        batch: training.batch.get(),
        early_stop: training.early_stop.map(Count::get),
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
        let outputs = match &task.kind {
            TaskKind::Classes(classes) if classes.len() > 2 => classes.len(),
            _ => 1,
        };
        if let Some(width) = self.output.filter(|&width| width != outputs) {
            let what = match &task.kind {
                TaskKind::Classes(classes) => format!("{} classes", classes.len()),
                TaskKind::Numbers => "numbers".to_owned(),
            };
            let message = format!("output width {width} does not fit the target `{}` ({what})", task.target);
            return Err(ArgumentError::of("model", code::WRONG_WIDTH, message)
                .at(self.output_span)
                .replacement(outputs.to_string())
                .help("`auto` derives it from the target")
                .help("if another column is the target, name it: target NAME"));
        }
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
        let learner = Network { outputs, loss: Some(loss), ..self.network.clone() };
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
