//! `interact`: products of pairs of columns.

use crate::adapt::{StepOf, state};
use pipewright_frame::{Class, PolynomialFeatures, PolynomialFeaturesState, Selection};
use pipewright_operator::{Args, ArgumentError, Arguments, Bound, Environment, Example, Group, Spec, Verb, arguments};
use std::sync::Arc;

arguments! {
    /// The arguments of `interact`.
    struct InteractArgs {
        /// Columns to multiply.
        on columns: Selection = [Class::Numeric];
    }
}

pub(crate) const VERB: Verb = Verb {
    spec: Spec {
        name: "interact",
        group: Group::Features,
        summary: "Adds interactions: the product of each pair of columns, `age × fare`.",
        details: "Products are added at the end of the table; the columns themselves stay. Booleans, if selected, \
                  count as 0 and 1. A product is missing where a factor is. `poly` adds powers too.",
        search: &["interaction", "product", "cross", "multiply"],
        examples: &[Example {
            script: "load titanic.csv | select age, sibsp, parch | head 3 | interact on age, sibsp, parch | show",
            output: "   age  sibsp  parch  age × sibsp  age × parch  sibsp × parch
    29      0      0            0            0              0
0.9167      1      2       0.9167       1.8334              2
     2      1      2            2            4              2
",
        }],
        ..Spec::of::<InteractArgs>()
    },
    bind,
    states: &[state::<PolynomialFeaturesState>()],
};

fn bind(args: &Args, _: &Environment) -> Result<Bound, ArgumentError> {
    let products = PolynomialFeatures { on: Some(InteractArgs::read(args)?.columns), ..PolynomialFeatures::of_pairs() };
    Ok(Bound::Step(Arc::new(StepOf::new(products))))
}
