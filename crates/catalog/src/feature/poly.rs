//! `poly`: powers and products of numbers.

use crate::adapt::{StepOf, state};
use pipewright_frame::{Class, PolynomialFeatures, PolynomialFeaturesState, Selection};
use pipewright_operator::{
    Args, ArgumentError, Arguments, Bound, Environment, Example, Group, Int, Spec, Verb, arguments,
};
use std::sync::Arc;

arguments! {
    /// The arguments of `poly`.
    struct PolyArgs {
        /// Largest number of factors.
        positional degree: Int<2, 4> = 2;
        /// Only products of different columns, no powers.
        option interaction_only: bool = false;
        /// Columns to multiply.
        on columns: Selection = [Class::Numeric];
    }
}

pub(crate) const VERB: Verb = Verb {
    spec: Spec {
        name: "poly",
        group: Group::Features,
        summary: "Adds polynomial features: powers and products of numeric features, `age^2`, `age × fare`.",
        details: "All products of up to `degree` factors, added at the end of the table; the columns themselves \
                  stay. `scale` before it keeps products small. A product is missing where a factor is.",
        search: &["polynomial", "power", "square", "cube", "interaction", "product", "quadratic"],
        examples: &[Example {
            script: "load titanic.csv | select age, sibsp, parch | head 3 | poly 2 on age, sibsp | show",
            output: "   age  sibsp  parch      age^2  age × sibsp  sibsp^2
    29      0      0        841            0        0
0.9167      1      2  0.8403389       0.9167        1
     2      1      2          4            2        1
",
        }],
        ..Spec::of::<PolyArgs>()
    },
    bind,
    states: &[state::<PolynomialFeaturesState>()],
};

fn bind(args: &Args, _: &Environment) -> Result<Bound, ArgumentError> {
    let PolyArgs { degree, interaction_only, columns } = PolyArgs::read(args)?;
    let products = PolynomialFeatures { degree: degree.get(), powers: !interaction_only, on: Some(columns) };
    Ok(Bound::Step(Arc::new(StepOf::new(products))))
}
