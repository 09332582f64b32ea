//! Gradient descent and its variants: each a configuration, and one pass over flat arrays of parameters and gradients.
//!
//! The update formulas are those of PyTorch 2 (`torch.optim`), or of the paper that is named where PyTorch has none;
//! the factors that change only from step to step are computed in double precision first.
//!
//! Moments of parameters that have stopped learning would decay until they are subnormal, which CPUs process a hundred
//! times more slowly. They are flushed to 0 before that: [`Floor`].

mod adagrad;
mod adam;
mod lion;
mod muon;
mod nadam;
mod radam;
mod rms_prop;
mod schedule_free;
mod sgd;
#[cfg(test)]
mod tests;

pub use adagrad::Adagrad;
pub use adam::{Adam, AdamW};
pub use lion::Lion;
pub use muon::Muon;
pub use nadam::NAdam;
pub use radam::RAdam;
pub use rms_prop::RmsProp;
pub use schedule_free::ScheduleFree;
pub use sgd::Sgd;

use pipewright_tensor::Element;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// An optimiser and its settings.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "each variant is documented at its type")]
pub enum OptimizerConfig {
    Sgd(Sgd),
    RmsProp(RmsProp),
    Adam(Adam),
    AdamW(AdamW),
    NAdam(NAdam),
    RAdam(RAdam),
    Adagrad(Adagrad),
    Lion(Lion),
    Muon(Muon),
    #[serde(rename = "schedule_free")]
    ScheduleFree(ScheduleFree),
}

impl Default for OptimizerConfig {
    fn default() -> OptimizerConfig {
        OptimizerConfig::Adam(Adam::default())
    }
}

impl OptimizerConfig {
    /// The learning rate.
    #[must_use]
    pub fn lr(&self) -> f64 {
        match self {
            OptimizerConfig::Sgd(sgd) => sgd.lr,
            OptimizerConfig::RmsProp(rms_prop) => rms_prop.lr,
            OptimizerConfig::Adam(adam) => adam.lr,
            OptimizerConfig::AdamW(adam_w) => adam_w.adam.lr,
            OptimizerConfig::NAdam(n_adam) => n_adam.lr,
            OptimizerConfig::RAdam(r_adam) => r_adam.lr,
            OptimizerConfig::Adagrad(adagrad) => adagrad.lr,
            OptimizerConfig::Lion(lion) => lion.lr,
            OptimizerConfig::Muon(muon) => muon.lr,
            OptimizerConfig::ScheduleFree(schedule_free) => schedule_free.lr,
        }
    }

    /// Returns the same optimiser with another learning rate.
    #[must_use]
    pub fn with_lr(mut self, lr: f64) -> OptimizerConfig {
        match &mut self {
            OptimizerConfig::Sgd(sgd) => sgd.lr = lr,
            OptimizerConfig::RmsProp(rms_prop) => rms_prop.lr = lr,
            OptimizerConfig::Adam(adam) => adam.lr = lr,
            OptimizerConfig::AdamW(adam_w) => adam_w.adam.lr = lr,
            OptimizerConfig::NAdam(n_adam) => n_adam.lr = lr,
            OptimizerConfig::RAdam(r_adam) => r_adam.lr = lr,
            OptimizerConfig::Adagrad(adagrad) => adagrad.lr = lr,
            OptimizerConfig::Lion(lion) => lion.lr = lr,
            OptimizerConfig::Muon(muon) => {
                let factor = if muon.lr > 0.0 { lr / muon.lr } else { 1.0 };
                (muon.lr, muon.others.lr) = (lr, muon.others.lr * factor);
            }
            OptimizerConfig::ScheduleFree(schedule_free) => schedule_free.lr = lr,
        }
        self
    }
}

/// The state of an optimiser: its configuration and the moments of past gradients, in single or double precision.
///
/// ```
/// use pipewright_learn::net::{Optimizer, OptimizerConfig, Sgd};
/// let sgd = OptimizerConfig::Sgd(Sgd { lr: 0.5, ..Sgd::default() });
/// let mut parameters = [1.0_f32, 2.0];
/// Optimizer::new(sgd, 2).step(&mut parameters, &[1.0, -1.0]);
/// assert_eq!(parameters, [0.5, 2.5]);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Optimizer<T = f32> {
    config: OptimizerConfig,
    steps: u64,
    /// Mean or sum of gradients; empty if the configuration needs none.
    first: Vec<T>,
    /// Mean of squared gradients; empty if the configuration needs none.
    second: Vec<T>,
    /// The product of the momenta of all steps, with NAdam.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    momenta: f64,
    #[serde(skip)]
    scratch: muon::Scratch<T>,
}

fn one() -> f64 {
    1.0
}

fn is_one(number: &f64) -> bool {
    *number == 1.0
}

impl<T: Element> Optimizer<T> {
    /// Creates the initial state for `count` parameters.
    #[must_use]
    pub fn new(config: OptimizerConfig, count: usize) -> Optimizer<T> {
        let (first, second) = match config {
            OptimizerConfig::Sgd(sgd) => (sgd.momentum != 0.0, false),
            OptimizerConfig::RmsProp(_) | OptimizerConfig::Adagrad(_) => (false, true),
            OptimizerConfig::Lion(_) => (true, false),
            _ => (true, true),
        };
        let zeros = |is_needed: bool| vec![T::ZERO; if is_needed { count } else { 0 }];
        Optimizer {
            config,
            steps: 0,
            first: zeros(first),
            second: zeros(second),
            momenta: 1.0,
            scratch: muon::Scratch::default(),
        }
    }

    /// Performs one step: updates `parameters` from `gradients`, which are in the same order.
    ///
    /// # Panics
    /// If their number is not that of [`Optimizer::new`].
    pub fn step(&mut self, parameters: &mut [T], gradients: &[T]) {
        for moment in [&self.first, &self.second] {
            assert!(moment.is_empty() || moment.len() == parameters.len(), "a moment for each parameter");
        }
        self.step_groups(parameters, gradients, &[Group::all(parameters.len())], Now { lr: 1.0, decay: 1.0 });
    }

    /// Performs one step in groups of parameters, one after another, each with factors of its own on the learning rate
    /// and on the weight decay, besides those of now.
    ///
    /// # Panics
    /// If the groups are not as many parameters as there are.
    pub(super) fn step_groups(&mut self, parameters: &mut [T], gradients: &[T], groups: &[Group], now: Now) {
        assert_eq!(parameters.len(), gradients.len(), "a gradient for each parameter");
        assert_eq!(parameters.len(), groups.iter().map(Group::count).sum::<usize>(), "a group for each parameter");
        self.steps += 1;
        if let OptimizerConfig::NAdam(n_adam) = self.config {
            self.momenta *= n_adam.momentum(self.steps);
        }
        let mut start = 0;
        for group in groups {
            let range = start..start + group.count();
            start = range.end;
            self.step_group(&mut parameters[range.clone()], &gradients[range.clone()], *group, range, now);
        }
    }

    /// The step of a group, whose parameters are in this range of all.
    fn step_group(&mut self, parameters: &mut [T], gradients: &[T], group: Group, range: Range<usize>, now: Now) {
        let part = |moments: &Vec<T>| if moments.is_empty() { 0..0 } else { range.clone() };
        let (first, second) = (part(&self.first), part(&self.second));
        let (first, second) = (&mut self.first[first], &mut self.second[second]);
        let (steps, lr, decay) = (self.steps, now.lr * group.lr, now.decay * group.decay);
        // A share of the parameters, whatever the group's own learning rate.
        let kept = |rate: f64, weight_decay: f64| 1.0 - rate * now.lr * weight_decay * decay;
        match self.config {
            OptimizerConfig::Sgd(sgd) => {
                let own = Sgd { lr: sgd.lr * lr, weight_decay: sgd.weight_decay * decay, ..sgd };
                own.step(parameters, gradients, first);
            }
            OptimizerConfig::RmsProp(own) => {
                RmsProp { lr: own.lr * lr, ..own }.step(parameters, gradients, second);
            }
            OptimizerConfig::Adam(own) => {
                Adam { lr: own.lr * lr, ..own }.step(1.0, steps, parameters, gradients, first, second);
            }
            OptimizerConfig::AdamW(AdamW { adam: own, weight_decay }) => {
                let kept = kept(own.lr, weight_decay);
                Adam { lr: own.lr * lr, ..own }.step(kept, steps, parameters, gradients, first, second);
            }
            OptimizerConfig::NAdam(own) => {
                let state = (steps, self.momenta);
                NAdam { lr: own.lr * lr, ..own }.step(state, parameters, gradients, first, second);
            }
            OptimizerConfig::RAdam(own) => {
                RAdam { lr: own.lr * lr, ..own }.step(steps, parameters, gradients, first, second);
            }
            OptimizerConfig::Adagrad(own) => Adagrad { lr: own.lr * lr, ..own }.step(parameters, gradients, second),
            OptimizerConfig::Lion(own) => {
                let kept = kept(own.lr, own.weight_decay);
                Lion { lr: own.lr * lr, ..own }.step(kept, parameters, gradients, first);
            }
            OptimizerConfig::Muon(own) if group.is_matrix() => {
                let kept = kept(own.lr, own.weight_decay);
                let memory = (first, &mut self.scratch);
                Muon { lr: own.lr * lr, ..own }.step(kept, group.sides, parameters, gradients, memory);
            }
            OptimizerConfig::Muon(Muon { others: own, .. }) => {
                Adam { lr: own.lr * lr, ..own }.step(1.0, steps, parameters, gradients, first, second);
            }
            OptimizerConfig::ScheduleFree(own) => {
                let own = ScheduleFree { lr: own.lr * lr, weight_decay: own.weight_decay * decay, ..own };
                own.step(steps, parameters, gradients, first, second);
            }
        }
    }

    /// Returns the parameters to predict with: these, unless the optimiser averages them, into `memory`.
    pub(super) fn settled<'a>(&self, parameters: &'a [T], memory: &'a mut Vec<T>) -> &'a [T] {
        match self.config {
            OptimizerConfig::ScheduleFree(own) if self.steps > 0 => {
                own.settle(parameters, &self.first, memory);
                memory
            }
            _ => parameters,
        }
    }

    /// Do the moments match `count` parameters, and are they finite?
    pub(super) fn is_valid(&self, count: usize) -> bool {
        let fresh = Optimizer::<T>::new(self.config, count);
        self.first.len() == fresh.first.len()
            && self.second.len() == fresh.second.len()
            && self.momenta.is_finite()
            && self.first.iter().chain(&self.second).all(|&moment| Element::is_finite(moment))
    }
}

/// Neighbouring parameters that learn at the same speed: a matrix.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Group {
    /// Its rows and columns.
    pub(super) sides: [usize; 2],
    /// The factor on the learning rate.
    pub(super) lr: f64,
    /// The factor on the weight decay.
    pub(super) decay: f64,
}

impl Group {
    /// All of this many parameters.
    pub(super) fn all(count: usize) -> Group {
        Group { sides: [1, count], lr: 1.0, decay: 1.0 }
    }

    pub(super) fn count(&self) -> usize {
        self.sides[0] * self.sides[1]
    }

    /// Is it a kernel, not a list?
    fn is_matrix(&self) -> bool {
        self.sides[0] > 1 && self.sides[1] > 1
    }
}

/// The factors of a step on the learning rate and the weight decay of all groups.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Now {
    pub(super) lr: f64,
    pub(super) decay: f64,
}

/// Thresholds below which numbers count as 0, so that no moment and no square is ever subnormal.
#[derive(Clone, Copy)]
struct Floor<T> {
    /// For moments: 2²⁶ times the smallest normal number, 2⁻¹⁰⁰ in single precision.
    moment: T,
    /// For numbers to be squared: the root of that.
    root: T,
}

impl<T: Element> Floor<T> {
    fn new() -> Floor<T> {
        let moment = T::SMALLEST * T::from_f64(f64::from(1 << 26));
        Floor { moment, root: Element::sqrt(moment) }
    }

    #[inline(always)]
    fn moment(self, moment: T) -> T {
        if Element::abs(moment) < self.moment { T::ZERO } else { moment }
    }

    #[inline(always)]
    fn square(self, number: T) -> T {
        let number = if Element::abs(number) < self.root { T::ZERO } else { number };
        number * number
    }
}

/// Raises `base`, from 0 to 1, to the power `times`; 0 if that is too small for a normal number.
fn power(mut base: f64, mut times: u64) -> f64 {
    let mut product = 1.0;
    while times > 0 && product >= f64::MIN_POSITIVE {
        if times % 2 == 1 {
            product *= base;
        }
        base *= base;
        times /= 2;
    }
    if product < f64::MIN_POSITIVE { 0.0 } else { product }
}
