//! What all networks share: output widths, losses and the settings of their training.

use super::train::{EpochArgs, LossWord, OptimizerWord, TrainArgs};
use crate::adapt::{FeatureUse, LearnerOf, accepted};
use crate::judge::evaluator::Eval;
use pipewright_diagnostic::{Code, Span, Spanned, code};
use pipewright_learn::Learner;
use pipewright_learn::net::{Adam, AdamW, ClassWeights, Loss, OptimizerConfig, RmsProp, Sgd, Training};
use pipewright_operator::work::{self, Accepts, Splitter};
use pipewright_operator::{
    Args, Argument, ArgumentError, Arguments, Count, Task, TaskKind, UnitInterval, either, words,
};
use std::sync::Arc;

words! {
    /// An output width derived from the target.
    pub(super) enum AutoWidth { Auto = "auto" }
}

either! {
    /// The width of a layer.
    pub(super) enum Width { Units(Count), Auto(AutoWidth) }
}

/// The widest layer: sizes are bounded before memory is allocated for them.
const WIDTH_MAX: u64 = 65_536;

/// The units of a layer; `None` for `auto`.
pub(super) fn units(size: &Spanned<Width>) -> Result<Option<usize>, ArgumentError> {
    match &size.node {
        Width::Auto(AutoWidth::Auto) => Ok(None),
        Width::Units(units) if units.0 <= WIDTH_MAX => Ok(Some(units.get())),
        Width::Units(units) => {
            let message = format!("a layer of {} units is over the limit of {WIDTH_MAX}", units.0);
            Err(ArgumentError::of("model", code::LIMIT_REACHED, message).at(size.span))
        }
    }
}

/// The output width of a script.
#[derive(Debug, Clone, Copy)]
pub(super) struct Output {
    /// `None`: derived from the target.
    pub(super) width: Option<usize>,
    /// Where it is written.
    pub(super) span: Span,
}

impl Output {
    /// Does the width mean classes, if the target has this many distinct values?
    pub(super) fn wants_classes(self, distinct: usize) -> Option<bool> {
        match self.width {
            // An output width that equals the number of distinct values means classes.
            Some(1) => Some(distinct == 2),
            Some(width) => Some(width == distinct),
            None => None,
        }
    }

    /// The output width for a task.
    ///
    /// # Errors
    /// `WRONG_WIDTH` if the script gives another one.
    pub(super) fn fitting(self, task: &Task) -> Result<usize, ArgumentError> {
        let outputs = match &task.kind {
            TaskKind::Classes(classes) if classes.len() > 2 => classes.len(),
            _ => 1,
        };
        let Some(width) = self.width.filter(|&width| width != outputs) else { return Ok(outputs) };
        let what = match &task.kind {
            TaskKind::Classes(classes) => format!("{} classes", classes.len()),
            TaskKind::Numbers => "numbers".to_owned(),
        };
        let message = format!("output width {width} does not fit the target `{}` ({what})", task.target);
        Err(ArgumentError::of("model", code::WRONG_WIDTH, message)
            .at(self.span)
            .replacement(outputs.to_string())
            .help("`auto` derives it from the target")
            .help("if another column is the target, name it: target NAME"))
    }
}

/// An error at an option in the parentheses of a model.
pub(super) fn at_option(model: &Args, name: &'static str, code: Code, message: impl Into<String>) -> ArgumentError {
    let error = ArgumentError::of(name, code, message);
    match model.span(name) {
        Some(span) => error.at(span),
        None => error,
    }
}

/// The settings of a training by gradient descent, without what the target determines.
pub(super) struct Settings {
    training: Training,
    /// `None`: derived from the target.
    loss: Option<(LossWord, Loss)>,
    /// A given option that concerns classes, and its place.
    of_classes: Option<(&'static str, Span)>,
    validation: Option<f64>,
    pub(super) seed: Option<u64>,
}

impl Settings {
    /// Reads the options of `train`, and those of a model that concern classes: `label_smoothing` and `balanced`.
    pub(super) fn read(model: &Args, train: &Args) -> Result<Settings, ArgumentError> {
        let own = EpochArgs::read(train)?;
        let label_smoothing = model.read::<Option<UnitInterval>>("label_smoothing")?.map_or(0.0, |share| share.0);
        let balanced = model.read::<bool>("balanced")?;
        if label_smoothing >= 1.0 {
            let message = "`label_smoothing` of the whole target leaves nothing to learn";
            return Err(
                at_option(model, "label_smoothing", code::BAD_VALUE, message).help("a share below 1, such as 0.1")
            );
        }
        let concern_classes = [("label_smoothing", label_smoothing > 0.0), ("balanced", balanced)];
        let of_classes = concern_classes.into_iter().find(|(_, is_given)| *is_given);
        let of_classes = of_classes.map(|(name, _)| (name, model.span(name).unwrap_or_default()));
        let loss = own.loss.map(|word| (word, loss_of(word, &own)));
        if let (Some((LossWord::Hinge, _)), true) = (loss, label_smoothing > 0.0 || own.mixup.is_some()) {
            let message = "`hinge` is for classes that are certain, and label smoothing and mixup are mixtures of them";
            return Err(ArgumentError::of("loss", code::MISPLACED_OPTION, message).help("or loss=focal"));
        }
        let training = Training {
            optimizer: optimizer(&own),
            epochs: own.epochs.get(),
            batch: own.batch.get(),
            early_stop: own.early_stop.map(Count::get),
            clip: own.clip.map(|norm| norm.0),
            accumulate: own.accumulate.get(),
            ema: own.ema.map(|decay| decay.0),
            mixup: own.mixup.map(|alpha| alpha.0),
            label_smoothing,
            class_weights: if balanced { ClassWeights::Balanced } else { ClassWeights::Equal },
            loss: None,
        };
        let validation = own.early_stop.map(|_| own.val.0);
        Ok(Settings { training, loss, of_classes, validation, seed: TrainArgs::read(train)?.seed() })
    }

    /// Does the loss mean classes, or numbers?
    pub(super) fn wants_classes(&self) -> Option<bool> {
        self.loss.map(|(_, loss)| !loss.is_for_numbers())
    }

    /// What is decided by the target, for `plan` and `fmt --explicit`.
    pub(super) fn decided(&self, task: &Task) -> Vec<(&'static str, String)> {
        let word = self.loss.map_or(own_loss(task), |(word, _)| word);
        vec![("loss", word.to_value().to_string())]
    }

    /// The rows to hold out to stop early.
    pub(super) fn validation(&self) -> Option<Arc<dyn Splitter>> {
        self.validation.map(|share| Arc::new(Eval::holdout(share)) as Arc<dyn Splitter>)
    }

    /// The settings for a task.
    ///
    /// # Errors
    /// `WRONG_TASK` if the loss, or what concerns classes, is for another target.
    pub(super) fn training(&self, task: &Task) -> Result<Training, ArgumentError> {
        if let Some((name, span)) = self.of_classes.filter(|_| task.kind == TaskKind::Numbers) {
            let message = format!("`{name}` is for classes, and the target `{}` is a number", task.target);
            return Err(ArgumentError::of(name, code::WRONG_TASK, message).at(span));
        }
        let own = own_loss(task);
        let loss = match self.loss {
            None => None,
            Some((word, loss)) => {
                let fitting = fitting_losses(own);
                if !fitting.contains(&word) {
                    let message = format!("loss `{}` does not fit the target `{}`", word.to_value(), task.target);
                    let fitting: Vec<String> = fitting.iter().map(|word| word.to_value().to_string()).collect();
                    return Err(ArgumentError::of("loss", code::WRONG_TASK, message)
                        .help(format!("for this target: loss={}", fitting.join(", "))));
                }
                Some(loss)
            }
        };
        Ok(Training { loss, ..self.training.clone() })
    }
}

/// A network that is trained by gradient descent: how its learner is made from an output width and settings.
pub(super) struct Descent<M> {
    pub(super) label: String,
    pub(super) output: Output,
    pub(super) settings: Settings,
    pub(super) make: M,
}

impl<L, M> work::Training for Descent<M>
where
    L: Learner + 'static,
    M: Fn(usize, Training) -> L + Send + Sync,
{
    fn label(&self) -> String {
        self.label.clone()
    }

    fn wants_classes(&self, distinct: usize) -> Option<bool> {
        self.settings.wants_classes().or_else(|| self.output.wants_classes(distinct))
    }

    fn accepts(&self) -> Accepts {
        accepted((self.make)(1, Training::default()).accepts(), FeatureUse::Features)
    }

    fn decided(&self, task: &Task) -> Vec<(&'static str, String)> {
        self.settings.decided(task)
    }

    fn validation(&self) -> Option<Arc<dyn Splitter>> {
        self.settings.validation()
    }

    fn learner(&self, task: &Task) -> Result<Arc<dyn work::Learner>, ArgumentError> {
        let learner = (self.make)(self.output.fitting(task)?, self.settings.training(task)?);
        Ok(Arc::new(LearnerOf { learner, task: task.clone(), sees: FeatureUse::Features }))
    }

    fn seed(&self) -> Option<u64> {
        self.settings.seed
    }
}

/// The loss of a task, if the script gives none.
fn own_loss(task: &Task) -> LossWord {
    match &task.kind {
        TaskKind::Numbers => LossWord::Mse,
        TaskKind::Classes(classes) if classes.len() == 2 => LossWord::Bce,
        TaskKind::Classes(_) => LossWord::CrossEntropy,
    }
}

/// The losses that fit the same targets as this one, which is the loss of a task.
fn fitting_losses(own: LossWord) -> &'static [LossWord] {
    use LossWord::{Bce, CrossEntropy, Focal, Gamma, Hinge, Huber, LogCosh, Mse, Poisson, Quantile};
    match own {
        Bce => &[Bce, Focal, Hinge],
        CrossEntropy => &[CrossEntropy, Focal, Hinge],
        _ => &[Mse, Huber, LogCosh, Quantile, Poisson, Gamma],
    }
}

fn loss_of(word: LossWord, own: &EpochArgs) -> Loss {
    match word {
        LossWord::Mse => Loss::MeanSquaredError,
        LossWord::Huber => Loss::Huber { delta: own.delta.0 },
        LossWord::LogCosh => Loss::LogCosh,
        LossWord::Quantile => Loss::Quantile { level: own.quantile.0 },
        LossWord::Poisson => Loss::Poisson,
        LossWord::Gamma => Loss::Gamma,
        LossWord::Bce => Loss::BinaryCrossEntropy,
        LossWord::CrossEntropy => Loss::SoftmaxCrossEntropy,
        LossWord::Focal => Loss::Focal { gamma: own.focal_gamma.0 },
        LossWord::Hinge => Loss::Hinge,
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
