//! `norm`: normalisation.

use super::spec;
use pipewright_diagnostic::code;
use pipewright_learn::net::layer::{BatchNorm, Layer, LayerNorm};
use pipewright_operator::{
    Args, ArgumentError, Arguments, Example, LayerKind, Positive, Ratio, Spec, arguments, words,
};

words! {
    /// What a mean and a variance are taken over.
    enum Over { Batch = "batch", Layer = "layer" }
}

arguments! {
    /// The arguments of `norm`.
    struct NormArgs {
        /// `batch` normalises each column over the rows of a batch, and in predictions by running values; `layer` normalises
        /// each row over its columns.
        positional over: Over;
        /// Weight of a batch in the running mean and variance.
        option momentum: Ratio = BatchNorm::default().momentum, for over in ["batch"];
        /// Number added to the variance.
        option epsilon: Positive = BatchNorm::default().epsilon;
    }
}

pub(super) const KIND: LayerKind = LayerKind {
    spec: Spec {
        name: "norm",
        summary: "Normalisation: subtracts a mean and divides by a standard deviation, then scales by learned factors.",
        details: "Sources: S. Ioffe and C. Szegedy, \"Batch Normalization\" (2015); J. Ba, J. Kiros and G. Hinton, \"Layer \
                  Normalization\" (2016). Conventions are those of PyTorch.",
        search: &["normalization", "batchnorm", "layernorm", "batch_norm", "layer_norm", "standardise"],
        examples: &[Example {
            script: "load iris.csv | scale | train net { dense[16] act=relu | norm layer | dense[auto] } \
                     | eval kfold 3 metric=accuracy",
            output: "\
net { dense[16] act=relu | norm layer | dense[auto] } predicts species (3 classes)
stratified, 3 folds, 150 rows, seed 0

                        mean          95% interval    lowest   highest    baseline
accuracy              0.8400      0.7614 to 0.9186    0.8200    0.8600      0.3200

confusion (rows true, columns predicted)
                        setosa  versicolor   virginica
setosa                      50           0           0
versicolor                   0          35          15
virginica                    0           9          41
",
        }],
        ..spec::<NormArgs>()
    },
    build,
};

fn build(args: &Args, _: Option<usize>) -> Result<Vec<Layer>, ArgumentError> {
    let NormArgs { over, momentum, epsilon } = NormArgs::read(args)?;
    if !epsilon.0.is_finite() {
        return Err(ArgumentError::of("epsilon", code::BAD_VALUE, "`epsilon` must be a finite number"));
    }
    Ok(vec![match over {
        Over::Batch => Layer::BatchNorm(BatchNorm { momentum: momentum.0, epsilon: epsilon.0 }),
        Over::Layer => Layer::LayerNorm(LayerNorm { epsilon: epsilon.0 }),
    }])
}
