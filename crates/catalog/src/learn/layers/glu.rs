//! `glu`: gated linear units.

use super::spec;
use crate::learn::NoArgs;
use pipewright_learn::net::layer::{Glu, Layer};
use pipewright_operator::{Args, ArgumentError, Example, LayerKind, Spec};

pub(super) const KIND: LayerKind = LayerKind {
    spec: Spec {
        name: "glu",
        summary: "Gated linear units: the first half of the numbers times the sigmoid of the second half.",
        details: "It halves the width, which must be even. Source: Y. Dauphin and others, \"Language Modeling with Gated \
                  Convolutional Networks\" (2017).",
        search: &["gate", "gated"],
        examples: &[Example {
            script: "load iris.csv | scale | train net { dense[32] | glu | dense[auto] } | eval kfold 3 metric=accuracy",
            output: "\
net { dense[32] | glu | dense[auto] } predicts species (3 classes)
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
        ..spec::<NoArgs>()
    },
    build,
};

fn build(_: &Args, _: Option<usize>) -> Result<Vec<Layer>, ArgumentError> {
    Ok(vec![Layer::Glu(Glu {})])
}
