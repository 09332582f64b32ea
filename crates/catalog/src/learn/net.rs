//! `net`: a network of any layers.

use super::layers::{chain, output};
use super::model_spec;
use super::network::{Descent, Settings};
use super::train::EpochArgs;
use crate::adapt::load_model;
use pipewright_diagnostic::code;
use pipewright_learn::net::{Stack, StackModel, Training as TrainingSettings};
use pipewright_operator::work::Training;
use pipewright_operator::{
    Args, ArgumentError, Arguments, Example, Layers, Model, Spec, Tasks, UnitInterval, arguments,
};
use std::sync::Arc;

arguments! {
    /// The hyper-parameters of `net`.
    struct NetArgs {
        /// The layers, first to last, each written as a stage. The last one is `dense[auto]`.
        shape layers: Layers;
        /// Share of the target that is spread evenly among all classes.
        option label_smoothing: Option<UnitInterval>;
        /// Weighs classes by the inverse of their frequency.
        option balanced: bool = false;
    }
}

pub(crate) const MODEL: Model = Model {
    spec: Spec {
        name: "net",
        summary: "Neural network of any layers.",
        details: "The layers stand in braces, as stages do: `dense`, `act`, `norm`, `dropout`, `residual`, `glu` and `branches`, \
                  each with a help text of its own. Widths are checked before a row is read. Inputs are the features, scaled \
                  numbers; the last layer, `dense[auto]`, has as many outputs as the target needs. It is trained as `mlp[…]` \
                  is.",
        search: &["neural network", "deep learning", "layers", "sequential", "stack of layers"],
        examples: &[Example {
            script: "load titanic.csv | target survived | encode auto | fillna median | scale \
                     | train net { dense[32] act=relu | norm batch | residual { dense[32] act=relu | dropout 10% } | dense[auto] } \
                     epochs=20 | eval kfold 3 metric=[accuracy, auc]",
            output: "\
net { dense[…] } predicts survived (binary, positive class survived)
stratified, 3 folds, 1309 rows, seed 0

                        mean          95% interval    lowest   highest    baseline
accuracy              0.7953      0.7646 to 0.8259    0.7872    0.8028      0.6180
auc                   0.8578      0.8309 to 0.8846    0.8505    0.8641      0.5000

confusion (rows true, columns predicted)
                        died  survived
died                     722        87
survived                 181       319
",
        }],
        ..model_spec::<NetArgs>()
    },
    tasks: Tasks::Both,
    training: EpochArgs::PARAMS,
    prepare,
    load: load_model::<StackModel>,
};

fn prepare(label: String, own: &Args, train: &Args) -> Result<Arc<dyn Training>, ArgumentError> {
    let args = NetArgs::read(own)?;
    let settings = Settings::read(own, train)?;
    let Some((last, before)) = args.layers.0.split_last() else {
        return Err(ArgumentError::of(
            "model",
            code::MISSING_ARGUMENT,
            "`net` needs at least its last layer, dense[auto]",
        ));
    };
    let of_model = |fault: ArgumentError| ArgumentError { param: Some("model"), ..fault };
    let output = output(last).map_err(of_model)?;
    let (layers, _) = chain(before, None).map_err(of_model)?;
    let make = move |outputs: usize, training: TrainingSettings| Stack { layers: layers.clone(), outputs, training };
    Ok(Arc::new(Descent { label, output, settings, make }))
}
