//! The layers of `net`: one file each, with its arguments and what it builds.

mod act;
mod branches;
mod dense;
mod dropout;
mod glu;
mod norm;
mod residual;

pub(super) use dense::output;

use pipewright_diagnostic::{Spanned, code};
use pipewright_learn::net::Activation;
use pipewright_learn::net::layer::{self, Layer};
use pipewright_operator::{ArgumentError, Arguments, ChosenLayer, Effect, Flow, Group, LayerKind, Spec, words};

/// All kinds of layers.
pub(crate) const LAYERS: &[&LayerKind] =
    &[&dense::KIND, &act::KIND, &norm::KIND, &dropout::KIND, &residual::KIND, &glu::KIND, &branches::KIND];

words! {
    /// An activation.
    pub(super) struct ActivationWord(Activation) {
        "relu" => Activation::Relu, "gelu" => Activation::Gelu, "silu" => Activation::Silu, "selu" => Activation::Selu,
        "mish" => Activation::Mish, "softplus" => Activation::Softplus, "tanh" => Activation::Tanh,
        "sigmoid" => Activation::Sigmoid
    }
}

/// What the layers of all kinds have in common.
const fn spec<A: Arguments>() -> Spec {
    Spec { group: Group::Layers, input: Flow::Learner, output: Flow::Learner, effect: Effect::Meta, ..Spec::of::<A>() }
}

/// Builds a chain of layers, and returns it with its number of outputs. The number of inputs, which is that of the
/// features, is known only below the first dense layer.
///
/// # Errors
/// `WRONG_WIDTH` at the layer that does not fit what comes before it.
pub(super) fn chain(
    chosen: &[Spanned<ChosenLayer>],
    inputs: Option<usize>,
) -> Result<(Vec<Layer>, Option<usize>), ArgumentError> {
    let (mut layers, mut width) = (Vec::new(), inputs);
    for Spanned { node: ChosenLayer { kind, args }, span } in chosen {
        let placed = |fault: ArgumentError| ArgumentError { span: fault.span.or(Some(*span)), ..fault };
        let built = (kind.build)(args, width).map_err(placed)?;
        for layer in built {
            width = outputs(&layer, width)
                .map_err(|message| ArgumentError::of("layers", code::WRONG_WIDTH, message).at(*span))?;
            layers.push(layer);
        }
    }
    Ok((layers, width))
}

/// The number of outputs of a layer, if it is known.
fn outputs(layer: &Layer, inputs: Option<usize>) -> Result<Option<usize>, String> {
    match (layer, inputs) {
        (Layer::Dense(dense), _) => Ok(Some(dense.units)),
        (_, None) => Ok(None),
        (_, Some(inputs)) => {
            layer::outputs(std::slice::from_ref(layer), inputs).map(Some).map_err(|misfit| misfit.message)
        }
    }
}
