//! `mlp`: a network of dense layers.

use crate::adapt::{LearnerOf, Sees, accepted, load_model};
use crate::judge::eval::Eval;
use pipewright_diagnostic::code;
use pipewright_learn::Learner as _;
use pipewright_learn::net::{Activation, Adam, AdamW, Loss, Network, NetworkModel, OptimizerConfig, RmsProp, Sgd};
use pipewright_operator::work::{Accepts, Learner, Splitter, Training};
use pipewright_operator::{Args, Domain, Example, Fault, Model, Param, Spec, Task, TaskKind, Value};
use std::sync::Arc;

pub(crate) const MODEL: Model = Model {
    spec: Spec {
        name: "mlp",
        summary: "Trains a network of dense layers.",
        details: "`mlp[64,32,1]` has hidden layers of 64 and 32 units and one output. The last size is the output \
                  width: 1 for two classes or a number, K for K classes; `auto` derives it. Weights start Glorot-uniform, \
                  biases at 0; rows are shuffled anew in every epoch. Two classes: sigmoid and binary cross-entropy; \
                  more: softmax and cross-entropy; numbers: mean squared error, on a target standardised by the \
                  training rows. `recipe=plain` names this textbook network, whatever later versions take for granted.",
        search: &["neural network", "perceptron", "deep learning", "nn", "dense", "keras"],
        shape: Some(Param::required(
            "sizes",
            Domain::List(&Domain::OneOf(&[Domain::Whole { min: 1 }, Domain::Word(&["auto"])])),
            "The sizes of the layers, the output last.",
        )),
        options: &[
            Param::with_default(
                "activation",
                Domain::Word(&["relu", "tanh", "sigmoid"]),
                "relu",
                "What hidden units do.",
            ),
            Param::with_default("recipe", Domain::Word(&["plain"]), "plain", "The set of defaults."),
        ],
        examples: &[Example {
            script: "load penguins.csv | where Sex is not null | target Species | scale \
                     | train mlp[16,3](recipe=plain) lr=0.01 epochs=100 | eval holdout 30% metric=accuracy",
            output: "\
mlp[16,3](recipe=plain) predicts Species (3 classes)
holdout, 100 rows, seed 0

                        mean    lowest   highest    baseline
accuracy              1.0000    1.0000    1.0000      0.4400

confusion (rows true, columns predicted)
                       Adelie  Chinstrap     Gentoo
Adelie                     44          0          0
Chinstrap                   0         20          0
Gentoo                      0          0         36
",
        }],
        ..super::MODEL_SPEC
    },
    controls: &["epochs", "lr", "batch", "optimizer", "momentum", "weight_decay", "early_stop", "val", "loss"],
    prepare,
    load: load_model::<NetworkModel>,
};

/// Passes over the training rows where the script names none.
const EPOCHS: usize = 50;
const BATCH: usize = 32;
/// The share for validation where `early_stop` is given and `val` is not.
const VALIDATION: f64 = 0.1;
/// No layer is wider: the sizes of a script are bounded before memory is asked for.
const SIZE_MAX: usize = 65_536;

fn prepare(label: String, own: &Args, train: &Args) -> Result<Arc<dyn Training>, Fault> {
    let sizes = own.list("sizes").unwrap_or_default();
    let Some((last, hidden)) = sizes.split_last() else {
        return Err(Fault::of("model", code::MISSING_ARGUMENT, "`mlp[…]` needs at least its output width")
            .help("for example mlp[64,32,auto]"));
    };
    let mut widths = Vec::new();
    for size in hidden {
        match size.node {
            Value::Whole(width) => widths.push(width.unsigned_abs() as usize),
            _ => {
                let message = "`auto` is the output width; hidden layers have numbers";
                return Err(Fault::of("model", code::BAD_VALUE, message).at(size.span));
            }
        }
    }
    let output = match last.node {
        Value::Whole(width) => Some(width.unsigned_abs() as usize),
        _ => None,
    };
    if let Some(size) = sizes.iter().find(|size| size.node.number().is_some_and(|width| width > SIZE_MAX as f64)) {
        let message = format!("a layer of {} units is over the limit of {SIZE_MAX}", size.node);
        return Err(Fault::of("model", code::LIMIT_REACHED, message).at(size.span));
    }
    let early_stop = train.whole("early_stop");
    if let (None, Some(_)) = (early_stop, train.share("val")) {
        return Err(Fault::of("val", code::MISSING_ARGUMENT, "`val` sets rows aside that nothing looks at")
            .help("say when to stop: early_stop=10"));
    }
    Ok(Arc::new(Mlp {
        label,
        hidden: widths,
        output,
        output_span: last.span,
        activation: activation(own),
        optimizer: optimizer(train)?,
        epochs: train.whole("epochs").unwrap_or(EPOCHS),
        batch: train.whole("batch").unwrap_or(BATCH),
        early_stop,
        validation: early_stop.map(|_| train.share("val").unwrap_or(VALIDATION)),
        loss: train.text("loss").map(str::to_owned),
        seed: super::seed(train),
    }))
}

fn activation(own: &Args) -> Activation {
    match own.text("activation") {
        Some("tanh") => Activation::Tanh,
        Some("sigmoid") => Activation::Sigmoid,
        _ => Activation::Relu,
    }
}

fn optimizer(train: &Args) -> Result<OptimizerConfig, Fault> {
    let name = train.text("optimizer").unwrap_or("adam");
    for (option, owner) in [("momentum", "sgd"), ("weight_decay", "adamw")] {
        if train.is_given(option) && name != owner {
            let message = format!("`{option}` belongs to the optimizer `{owner}`, and this is `{name}`");
            return Err(Fault::of(option, code::MISPLACED_OPTION, message));
        }
    }
    let config = match name {
        "sgd" => OptimizerConfig::Sgd(Sgd { momentum: train.real("momentum").unwrap_or(0.0), ..Sgd::default() }),
        "rmsprop" => OptimizerConfig::RmsProp(RmsProp::default()),
        "adamw" => {
            let default = AdamW::default();
            let weight_decay = train.real("weight_decay").unwrap_or(default.weight_decay);
            OptimizerConfig::AdamW(AdamW { weight_decay, ..default })
        }
        _ => OptimizerConfig::Adam(Adam::default()),
    };
    Ok(match train.real("lr") {
        Some(lr) => config.with_lr(lr),
        None => config,
    })
}

struct Mlp {
    label: String,
    hidden: Vec<usize>,
    /// `None`: by the target.
    output: Option<usize>,
    output_span: pipewright_diagnostic::Span,
    activation: Activation,
    optimizer: OptimizerConfig,
    epochs: usize,
    batch: usize,
    early_stop: Option<usize>,
    validation: Option<f64>,
    /// `None`: by the target.
    loss: Option<String>,
    seed: Option<u64>,
}

impl Training for Mlp {
    fn label(&self) -> String {
        self.label.clone()
    }

    fn wants_classes(&self, distinct: usize) -> Option<bool> {
        match (self.loss.as_deref(), self.output) {
            (Some("mse"), _) => Some(false),
            (Some(_), _) => Some(true),
            // A width that fits the number of values says what they are.
            (None, Some(1)) => Some(distinct == 2),
            (None, Some(width)) => Some(width == distinct),
            (None, None) => None,
        }
    }

    fn accepts(&self) -> Accepts {
        accepted(Network::default().accepts(), Sees::Features)
    }

    fn decided(&self, task: &Task) -> Vec<(&'static str, String)> {
        vec![("loss", loss_name(task).to_owned())]
    }

    fn validation(&self) -> Option<Arc<dyn Splitter>> {
        self.validation.map(|share| Arc::new(Eval::holdout(share)) as Arc<dyn Splitter>)
    }

    fn learner(&self, task: &Task) -> Result<Arc<dyn Learner>, Fault> {
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
            return Err(Fault::of("model", code::WRONG_WIDTH, message)
                .at(self.output_span)
                .replacement(outputs.to_string())
                .help("`auto` derives it from the target")
                .help("if another column is the target, name it: target NAME"));
        }
        let wanted = loss_name(task);
        if let Some(loss) = self.loss.as_deref().filter(|loss| *loss != wanted) {
            let message = format!("loss `{loss}` does not fit the target `{}`", task.target);
            return Err(Fault::of("loss", code::WRONG_TASK, message).help(format!("for this target: loss={wanted}")));
        }
        let loss = match wanted {
            "mse" => Loss::MeanSquaredError,
            "bce" => Loss::BinaryCrossEntropy,
            _ => Loss::SoftmaxCrossEntropy,
        };
        let learner = Network {
            hidden: self.hidden.clone(),
            outputs,
            activation: self.activation,
            optimizer: self.optimizer,
            epochs: self.epochs,
            batch: self.batch,
            loss: Some(loss),
            early_stop: self.early_stop,
        };
        Ok(Arc::new(LearnerOf { learner, task: task.clone(), sees: Sees::Features }))
    }

    fn seed(&self) -> Option<u64> {
        self.seed
    }
}

fn loss_name(task: &Task) -> &'static str {
    match &task.kind {
        TaskKind::Numbers => "mse",
        TaskKind::Classes(classes) if classes.len() == 2 => "bce",
        TaskKind::Classes(_) => "cross_entropy",
    }
}
