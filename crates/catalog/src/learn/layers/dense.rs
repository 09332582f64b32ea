//! `dense`: a dense layer.

use super::super::network::{Output, Width, units};
use super::{ActivationWord, spec};
use pipewright_diagnostic::{Spanned, code};
use pipewright_learn::net::layer::{Dense, Layer};
use pipewright_operator::{Args, ArgumentError, Arguments, ChosenLayer, Example, LayerKind, Spec, arguments};

arguments! {
    /// The arguments of `dense`.
    struct DenseArgs {
        /// Number of units; `auto`, for the last layer, derives it from the target.
        shape units: Width;
        /// Activation of the units. Without it, their sums.
        option act: Option<ActivationWord>;
    }
}

pub(super) const KIND: LayerKind = LayerKind {
    spec: Spec {
        name: "dense",
        summary: "Dense layer: each unit is a weighted sum of all inputs, plus a bias.",
        details: "Weights start Glorot-uniform, biases at 0. The last layer of a network is a dense one without activation: 1 \
                  unit for a number or two classes, K for K classes; `dense[auto]` derives it from the target.",
        search: &["linear", "fully connected", "fc"],
        examples: &[Example {
            script: "load iris.csv | scale | train net { dense[16] act=relu | dense[auto] } | eval kfold 3 metric=accuracy",
            output: "\
net { dense[16] act=relu | dense[auto] } predicts species (3 classes)
stratified, 3 folds, 150 rows, seed 0

                        mean          95% interval    lowest   highest    baseline
accuracy              0.8267      0.7360 to 0.9174    0.8000    0.8400      0.3200

confusion (rows true, columns predicted)
                        setosa  versicolor   virginica
setosa                      50           0           0
versicolor                   0          29          21
virginica                    0           5          45
",
        }],
        ..spec::<DenseArgs>()
    },
    build,
};

/// The number of units with its place, and the activation.
fn read(args: &Args) -> Result<(Spanned<Width>, Option<ActivationWord>), ArgumentError> {
    let DenseArgs { units, act } = DenseArgs::read(args)?;
    Ok((Spanned::new(units, args.span("units").unwrap_or_default()), act))
}

fn build(args: &Args, _: Option<usize>) -> Result<Vec<Layer>, ArgumentError> {
    let (size, act) = read(args)?;
    let Some(units) = units(&size)? else {
        let message = "`auto` is for the last layer; give the number of units of the others";
        return Err(ArgumentError::of("units", code::BAD_VALUE, message).at(size.span));
    };
    let activation = act.map(|word| Layer::Activation(word.0));
    Ok([Layer::Dense(Dense { units })].into_iter().chain(activation).collect())
}

/// The output width that the last layer of a network gives.
///
/// # Errors
/// `WRONG_WIDTH` if the last layer is not a dense one without activation.
pub(in super::super) fn output(last: &Spanned<ChosenLayer>) -> Result<Output, ArgumentError> {
    let refuse = |message: String| {
        Err(ArgumentError::of("layers", code::WRONG_WIDTH, message)
            .at(last.span)
            .help("end the network with `dense[auto]`"))
    };
    let ChosenLayer { kind, args } = &last.node;
    if *kind != &KIND {
        return refuse(format!(
            "the last layer is `{}`, and the outputs of a network are those of a dense layer",
            kind.spec.name
        ));
    }
    let (size, act) = read(args)?;
    if act.is_some() {
        return refuse("the last layer has no activation of its own; it follows from the target".to_owned());
    }
    Ok(Output { width: units(&size)?, span: size.span })
}
