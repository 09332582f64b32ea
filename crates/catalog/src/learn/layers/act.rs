//! `act`: an activation.

use super::{ActivationWord, spec};
use pipewright_learn::net::layer::Layer;
use pipewright_operator::{Args, ArgumentError, Arguments, Example, LayerKind, Spec, arguments};

arguments! {
    /// The arguments of `act`.
    struct ActArgs {
        /// The function of each number.
        positional function: ActivationWord;
    }
}

pub(super) const KIND: LayerKind = LayerKind {
    spec: Spec {
        name: "act",
        summary: "Activation: a function of each number.",
        details: "`dense[64] act=relu` is short for `dense[64] | act relu`; between them may be a `norm`.",
        search: &["activation", "relu", "gelu", "silu", "swish", "selu", "mish", "softplus", "tanh", "sigmoid"],
        examples: &[Example {
            script: "load iris.csv | scale | train net { dense[16] | norm batch | act silu | dense[auto] } \
                     | eval kfold 3 metric=accuracy",
            output: "\
net { dense[16] | norm batch | act silu | dense[auto] } predicts species (3 classes)
stratified, 3 folds, 150 rows, seed 0

                        mean          95% interval    lowest   highest    baseline
accuracy              0.8267      0.7067 to 0.9467    0.8000    0.8600      0.3200

confusion (rows true, columns predicted)
                        setosa  versicolor   virginica
setosa                      50           0           0
versicolor                   0          32          18
virginica                    0           8          42
",
        }],
        ..spec::<ActArgs>()
    },
    build,
};

fn build(args: &Args, _: Option<usize>) -> Result<Vec<Layer>, ArgumentError> {
    Ok(vec![Layer::Activation(ActArgs::read(args)?.function.0)])
}
