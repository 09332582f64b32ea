//! `branches`: chains of layers side by side.

use super::{chain, spec};
use pipewright_learn::net::layer::{Branches, Layer};
use pipewright_operator::{Args, ArgumentError, Arguments, Example, LayerKind, Layers, Spec, arguments};

arguments! {
    /// The arguments of `branches`.
    struct BranchesArgs {
        /// The chains of layers.
        positional chains: Vec<Layers>;
    }
}

pub(super) const KIND: LayerKind = LayerKind {
    spec: Spec {
        name: "branches",
        summary: "Branches: chains of layers on the same inputs, whose outputs are put side by side.",
        details: "The number of outputs is the sum of those of the chains.",
        search: &["concat", "concatenate", "parallel", "wide and deep", "inception"],
        examples: &[Example {
            script: "load iris.csv | scale | train net { branches [{ dense[8] act=tanh }, { dense[8] act=relu }] | dense[auto] } \
                     | eval kfold 3 metric=accuracy",
            output: "\
net { branches [{ dense[8] act=tanh }, { dense[8] act=relu }] | dense[auto] } predicts species (3 classes)
stratified, 3 folds, 150 rows, seed 0

                        mean          95% interval    lowest   highest    baseline
accuracy              0.8467      0.7267 to 0.9667    0.8200    0.8800      0.3200

confusion (rows true, columns predicted)
                        setosa  versicolor   virginica
setosa                      50           0           0
versicolor                   0          32          18
virginica                    0           5          45
",
        }],
        ..spec::<BranchesArgs>()
    },
    build,
};

fn build(args: &Args, inputs: Option<usize>) -> Result<Vec<Layer>, ArgumentError> {
    let chains = BranchesArgs::read(args)?.chains;
    let branches = chains.iter().map(|layers| chain(&layers.0, inputs).map(|(layers, _)| layers));
    Ok(vec![Layer::Branches(Branches { branches: branches.collect::<Result<_, _>>()? })])
}
