//! `power`: power-transforms numbers towards a normal distribution.

use crate::adapt::{StepOf, state};
use pipewright_frame::{Class, Power, PowerFamily, PowerState, Selection};
use pipewright_operator::{
    Args, ArgumentError, Arguments, Bound, Effect, Environment, Example, Flow, Group, Spec, Verb, arguments, words,
};
use std::sync::Arc;

words! {
    /// Which power transform.
    struct Family(PowerFamily) {
        "yeojohnson" => PowerFamily::YeoJohnson, "boxcox" => PowerFamily::BoxCox
    }
}

arguments! {
    /// The arguments of `power`.
    struct PowerArgs {
        /// Power transform.
        positional family: Family = PowerFamily::YeoJohnson;
        /// Standardises the result to mean 0 and standard deviation 1.
        option standardise: bool = true;
        /// Columns to transform.
        on columns: Selection = [Class::Numeric];
    }
}

pub(crate) const VERB: Verb = Verb {
    spec: Spec {
        name: "power",
        group: Group::Scale,
        summary: "Power-transforms numeric features towards a normal distribution.",
        details: "The exponent of each column maximises the likelihood of the training rows. `yeojohnson` takes all \
                  numbers, `boxcox` only numbers above 0; any other is an error that names its row. The result is \
                  standardised (divided by n) unless `standardise=false`. A constant column becomes 0. Missing \
                  values stay missing.",
        search: &["yeo", "johnson", "box", "cox", "normal", "gaussian", "skew", "skewed"],
        output: Flow::Recipe,
        effect: Effect::Fit,
        examples: &[Example {
            script: "load diabetes.csv | select s1, s4 | head 4 | power | show",
            output: "        s1          s4
-0.9349769  0.01317998
 0.6611321   -1.427271
 -1.014431  0.01317998
  1.288275    1.400911
",
        }],
        ..Spec::of::<PowerArgs>()
    },
    bind,
    states: &[state::<PowerState>()],
};

fn bind(args: &Args, _: &Environment) -> Result<Bound, ArgumentError> {
    let PowerArgs { family, standardise, columns } = PowerArgs::read(args)?;
    Ok(Bound::Step(Arc::new(StepOf::new(Power { family: family.0, standardise, on: Some(columns) }))))
}
