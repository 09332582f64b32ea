//! Gradient descent and its variants: each a configuration, and one pass over flat arrays of parameters and gradients.
//!
//! The update formulas are those of PyTorch 2 (`torch.optim`); the factors that change only from step to step are
//! computed in double precision first.
//!
//! Moments of parameters that have stopped learning would decay until they are subnormal, which CPUs process a hundred
//! times more slowly. They are flushed to 0 before that: [`Floor`].

use pipewright_tensor::{Element, vectorised};
use serde::{Deserialize, Serialize};

/// Stochastic gradient descent: b ← μ·b + g, θ ← θ − lr·b; with Nesterov's rule θ ← θ − lr·(g + μ·b).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Sgd {
    /// The learning rate.
    pub lr: f64,
    /// Momentum μ.
    pub momentum: f64,
    /// Use Nesterov momentum?
    pub nesterov: bool,
    /// λ of the L2 penalty λ/2·‖θ‖², added to the gradient.
    pub weight_decay: f64,
}

impl Default for Sgd {
    fn default() -> Sgd {
        Sgd { lr: 0.01, momentum: 0.0, nesterov: false, weight_decay: 0.0 }
    }
}

/// RMSprop (Hinton): v ← α·v + (1 − α)·g², θ ← θ − lr·g / (√v + ε).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct RmsProp {
    /// The learning rate.
    pub lr: f64,
    /// Smoothing constant α of the squared gradient.
    pub alpha: f64,
    /// ε, added to the root for numerical stability.
    pub epsilon: f64,
}

impl Default for RmsProp {
    fn default() -> RmsProp {
        RmsProp { lr: 0.001, alpha: 0.99, epsilon: 1e-8 }
    }
}

/// Adam (Kingma, Ba 2015), bias-corrected: m ← m + (1 − β₁)·(g − m), v ← β₂·v + (1 − β₂)·g²,
/// θ ← θ − lr / (1 − β₁ᵗ) · m / (√v / √(1 − β₂ᵗ) + ε).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Adam {
    /// The learning rate.
    pub lr: f64,
    /// Decay rate β₁ of the first moment (mean of gradients).
    pub beta1: f64,
    /// Decay rate β₂ of the second moment (mean of squared gradients).
    pub beta2: f64,
    /// ε, added to the root for numerical stability.
    pub epsilon: f64,
}

impl Default for Adam {
    fn default() -> Adam {
        Adam { lr: 0.001, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 }
    }
}

/// AdamW (Loshchilov, Hutter 2019): θ ← (1 − lr·λ)·θ, then a step of [`Adam`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct AdamW {
    /// Settings of the [`Adam`] step.
    pub adam: Adam,
    /// Weight decay λ, relative to the learning rate.
    pub weight_decay: f64,
}

impl Default for AdamW {
    fn default() -> AdamW {
        AdamW { adam: Adam::default(), weight_decay: 0.01 }
    }
}

/// An optimiser and its settings.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "each variant is documented at its type")]
pub enum OptimizerConfig {
    Sgd(Sgd),
    RmsProp(RmsProp),
    Adam(Adam),
    AdamW(AdamW),
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
}

impl<T: Element> Optimizer<T> {
    /// Creates the initial state for `count` parameters.
    #[must_use]
    pub fn new(config: OptimizerConfig, count: usize) -> Optimizer<T> {
        let (first, second) = match config {
            OptimizerConfig::Sgd(sgd) => (sgd.momentum != 0.0, false),
            OptimizerConfig::RmsProp(_) => (false, true),
            OptimizerConfig::Adam(_) | OptimizerConfig::AdamW(_) => (true, true),
        };
        let zeros = |is_needed: bool| vec![T::ZERO; if is_needed { count } else { 0 }];
        Optimizer { config, steps: 0, first: zeros(first), second: zeros(second) }
    }

    /// Performs one step: updates `parameters` from `gradients`, which are in the same order.
    ///
    /// # Panics
    /// If their number is not that of [`Optimizer::new`].
    pub fn step(&mut self, parameters: &mut [T], gradients: &[T]) {
        assert_eq!(parameters.len(), gradients.len(), "a gradient for each parameter");
        for moment in [&self.first, &self.second] {
            assert!(moment.is_empty() || moment.len() == parameters.len(), "a moment for each parameter");
        }
        self.steps += 1;
        let (first, second) = (&mut self.first, &mut self.second);
        match self.config {
            OptimizerConfig::Sgd(sgd) => sgd.step(parameters, gradients, first),
            OptimizerConfig::RmsProp(rms_prop) => rms_prop.step(parameters, gradients, second),
            OptimizerConfig::Adam(adam) => adam.step(1.0, self.steps, parameters, gradients, first, second),
            OptimizerConfig::AdamW(AdamW { adam, weight_decay }) => {
                let kept = 1.0 - adam.lr * weight_decay;
                adam.step(kept, self.steps, parameters, gradients, first, second);
            }
        }
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
        let mut start = 0;
        for group in groups {
            let range = start..start + group.count();
            start = range.end;
            let (parameters, gradients) = (&mut parameters[range.clone()], &gradients[range.clone()]);
            let part = |moments: &mut Vec<T>| if moments.is_empty() { 0..0 } else { range.clone() };
            let (first, second) = (part(&mut self.first), part(&mut self.second));
            let (first, second) = (&mut self.first[first], &mut self.second[second]);
            let (lr, decay) = (now.lr * group.lr, now.decay * group.decay);
            match self.config {
                OptimizerConfig::Sgd(sgd) => {
                    let own = Sgd { lr: sgd.lr * lr, weight_decay: sgd.weight_decay * decay, ..sgd };
                    own.step(parameters, gradients, first);
                }
                OptimizerConfig::RmsProp(rms_prop) => {
                    RmsProp { lr: rms_prop.lr * lr, ..rms_prop }.step(parameters, gradients, second);
                }
                OptimizerConfig::Adam(adam) => {
                    Adam { lr: adam.lr * lr, ..adam }.step(1.0, self.steps, parameters, gradients, first, second);
                }
                OptimizerConfig::AdamW(AdamW { adam, weight_decay }) => {
                    // A share of the parameters, whatever the group's own learning rate.
                    let kept = 1.0 - adam.lr * now.lr * weight_decay * decay;
                    Adam { lr: adam.lr * lr, ..adam }.step(kept, self.steps, parameters, gradients, first, second);
                }
            }
        }
    }

    /// Do the moments match `count` parameters, and are they finite?
    pub(super) fn is_valid(&self, count: usize) -> bool {
        let fresh = Optimizer::<T>::new(self.config, count);
        self.first.len() == fresh.first.len()
            && self.second.len() == fresh.second.len()
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
    pub(super) fn count(&self) -> usize {
        self.sides[0] * self.sides[1]
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

impl Sgd {
    fn step<T: Element>(&self, parameters: &mut [T], gradients: &[T], momenta: &mut [T]) {
        let [lr, decay, momentum] = [self.lr, self.weight_decay, self.momentum].map(T::from_f64);
        let floor = Floor::new();
        // Nesterov's rule steps along g + μ·b, the plain rule along b.
        let ahead = if self.nesterov { (T::ONE, momentum) } else { (T::ZERO, T::ONE) };
        vectorised(
            #[inline(always)]
            || {
                if momenta.is_empty() {
                    for (parameter, &gradient) in parameters.iter_mut().zip(gradients) {
                        *parameter -= lr * (gradient + decay * *parameter);
                    }
                    return;
                }
                for ((parameter, &gradient), moment) in parameters.iter_mut().zip(gradients).zip(momenta) {
                    let gradient = gradient + decay * *parameter;
                    *moment = floor.moment(momentum * *moment + gradient);
                    *parameter -= lr * (ahead.0 * gradient + ahead.1 * *moment);
                }
            },
        );
    }
}

impl RmsProp {
    fn step<T: Element>(&self, parameters: &mut [T], gradients: &[T], squares: &mut [T]) {
        let [lr, alpha, new, epsilon] = [self.lr, self.alpha, 1.0 - self.alpha, self.epsilon].map(T::from_f64);
        let floor = Floor::new();
        vectorised(
            #[inline(always)]
            || {
                for ((parameter, &gradient), square) in parameters.iter_mut().zip(gradients).zip(squares) {
                    *square = floor.moment(alpha * *square + new * floor.square(gradient));
                    *parameter -= lr * gradient / (Element::sqrt(*square) + epsilon);
                }
            },
        );
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

impl Adam {
    fn step<T: Element>(
        &self,
        kept: f64,
        steps: u64,
        parameters: &mut [T],
        gradients: &[T],
        means: &mut [T],
        squares: &mut [T],
    ) {
        let rate = self.lr / (1.0 - power(self.beta1, steps));
        let root = 1.0 / (1.0 - power(self.beta2, steps)).sqrt();
        let [kept, rate, root, epsilon] = [kept, rate, root, self.epsilon].map(T::from_f64);
        let [new_mean, old_square, new_square] = [1.0 - self.beta1, self.beta2, 1.0 - self.beta2].map(T::from_f64);
        let floor = Floor::new();
        vectorised(
            #[inline(always)]
            || {
                let moments = means.iter_mut().zip(squares);
                for ((parameter, &gradient), (mean, square)) in parameters.iter_mut().zip(gradients).zip(moments) {
                    *mean = floor.moment(*mean + new_mean * (gradient - *mean));
                    *square = floor.moment(old_square * *square + new_square * floor.square(gradient));
                    *parameter = kept * *parameter - rate * *mean / (Element::sqrt(*square) * root + epsilon);
                }
            },
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two steps of each, worked by hand in double precision from the formulas above.
    #[test]
    fn steps_follow_the_formulas() {
        let gradients = [0.5_f64, -0.25];
        let cases = [
            OptimizerConfig::Sgd(Sgd { lr: 0.1, momentum: 0.9, nesterov: false, weight_decay: 0.1 }),
            OptimizerConfig::Sgd(Sgd { lr: 0.1, momentum: 0.9, nesterov: true, weight_decay: 0.0 }),
            OptimizerConfig::RmsProp(RmsProp { lr: 0.1, ..RmsProp::default() }),
            OptimizerConfig::Adam(Adam { lr: 0.1, ..Adam::default() }),
            OptimizerConfig::AdamW(AdamW { adam: Adam { lr: 0.1, ..Adam::default() }, weight_decay: 0.2 }),
        ];
        for config in cases {
            let mut optimizer = Optimizer::new(config, 1);
            let mut parameter = [1.0_f32];
            for gradient in gradients {
                optimizer.step(&mut parameter, &[gradient as f32]);
            }
            let expected = by_hand(config, gradients);
            assert!((f64::from(parameter[0]) - expected).abs() < 1e-6, "{config:?}: {parameter:?} {expected}");
        }
    }

    fn by_hand(config: OptimizerConfig, [first, second]: [f64; 2]) -> f64 {
        match config {
            OptimizerConfig::Sgd(Sgd { nesterov: false, .. }) => {
                let moment = first + 0.1;
                let after = 1.0 - 0.1 * moment;
                after - 0.1 * (0.9 * moment + second + 0.1 * after)
            }
            OptimizerConfig::Sgd(_) => {
                let after = 1.0 - 0.1 * (first + 0.9 * first);
                after - 0.1 * (second + 0.9 * (0.9 * first + second))
            }
            OptimizerConfig::RmsProp(_) => {
                let square = 0.01 * first * first;
                let after = 1.0 - 0.1 * first / (square.sqrt() + 1e-8);
                after - 0.1 * second / ((0.99 * square + 0.01 * second * second).sqrt() + 1e-8)
            }
            OptimizerConfig::Adam(_) | OptimizerConfig::AdamW(_) => {
                let kept = if matches!(config, OptimizerConfig::AdamW(_)) { 0.98 } else { 1.0 };
                let after = kept - 0.1 * first.signum();
                let mean = 0.9 * (0.1 * first) + 0.1 * second;
                let square = 0.999 * (0.001 * first * first) + 0.001 * second * second;
                let corrected = (square / (1.0 - 0.999_f64.powi(2))).sqrt();
                kept * after - 0.1 * mean / (1.0 - 0.81) / (corrected + 1e-8)
            }
        }
    }
}
