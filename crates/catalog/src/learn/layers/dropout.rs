//! `dropout`: numbers left out at random.

use super::spec;
use pipewright_learn::net::layer::{Dropout, Layer};
use pipewright_operator::{Args, ArgumentError, Arguments, Example, Fraction, LayerKind, Spec, arguments};

arguments! {
    /// The arguments of `dropout`.
    struct DropoutArgs {
        /// Share of the numbers that are 0 in a step of training.
        positional rate: Fraction;
    }
}

pub(super) const KIND: LayerKind = LayerKind {
    spec: Spec {
        name: "dropout",
        summary: "Dropout: sets a random share of the numbers to 0 in each step of training.",
        details: "The others are divided by what is left, so that sums keep their size; predictions use all numbers. Source: N. \
                  Srivastava and others, \"Dropout\" (2014).",
        search: &["regularisation", "regularization"],
        examples: &[Example {
            script: "load iris.csv | scale | train net { dense[32] act=relu | dropout 20% | dense[auto] } \
                     | eval kfold 3 metric=accuracy",
            output: "\
net { dense[32] act=relu | dropout 20% | dense[auto] } predicts species (3 classes)
stratified, 3 folds, 150 rows, seed 0

                        mean          95% interval    lowest   highest    baseline
accuracy              0.8467      0.8013 to 0.8920    0.8400    0.8600      0.3200

confusion (rows true, columns predicted)
                        setosa  versicolor   virginica
setosa                      50           0           0
versicolor                   0          29          21
virginica                    0           2          48
",
        }],
        ..spec::<DropoutArgs>()
    },
    build,
};

fn build(args: &Args, _: Option<usize>) -> Result<Vec<Layer>, ArgumentError> {
    Ok(vec![Layer::Dropout(Dropout { rate: DropoutArgs::read(args)?.rate.0 })])
}
