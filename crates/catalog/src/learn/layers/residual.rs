//! `residual`: layers whose outputs are added to their inputs.

use super::{chain, spec};
use pipewright_diagnostic::code;
use pipewright_learn::net::layer::{Layer, Residual};
use pipewright_operator::{Args, ArgumentError, Arguments, Example, LayerKind, Layers, Spec, arguments};

arguments! {
    /// The arguments of `residual`.
    struct ResidualArgs {
        /// The layers, which have as many outputs as inputs.
        positional layers: Layers;
    }
}

pub(super) const KIND: LayerKind = LayerKind {
    spec: Spec {
        name: "residual",
        summary: "Residual block: adds the outputs of layers to their inputs.",
        details: "The layers start from what is there, and learn what to add: deep networks train more easily. Source: K. He and \
                  others, \"Deep Residual Learning\" (2016).",
        search: &["skip", "resnet", "shortcut"],
        examples: &[Example {
            script: "load iris.csv | scale | train net { dense[16] | residual { norm batch | dense[16] act=relu } | dense[auto] } \
                     | eval kfold 3 metric=accuracy",
            output: "\
net { dense[16] | residual { norm batch | dense[16] act=relu } | dense[auto] } predicts species (3 classes)
stratified, 3 folds, 150 rows, seed 0

                        mean          95% interval    lowest   highest    baseline
accuracy              0.8933      0.7733 to 1.0000    0.8600    0.9200      0.3200

confusion (rows true, columns predicted)
                        setosa  versicolor   virginica
setosa                      49           1           0
versicolor                   0          39          11
virginica                    0           4          46
",
        }],
        ..spec::<ResidualArgs>()
    },
    build,
};

fn build(args: &Args, inputs: Option<usize>) -> Result<Vec<Layer>, ArgumentError> {
    let chosen = ResidualArgs::read(args)?.layers.0;
    let (layers, outputs) = chain(&chosen, inputs)?;
    if let (Some(inputs), Some(outputs)) = (inputs, outputs)
        && inputs != outputs
        && let Some(last) = chosen.last()
    {
        let message = format!("a residual block of {inputs} inputs needs {inputs} outputs, and it has {outputs}");
        return Err(ArgumentError::of("layers", code::WRONG_WIDTH, message).at(last.span));
    }
    Ok(vec![Layer::Residual(Residual { layers })])
}
