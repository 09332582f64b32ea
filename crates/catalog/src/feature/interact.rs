//! `interact`: products of pairs of columns.

use crate::adapt::{StepOf, load_state};
use pipewright_frame::{PolynomialFeatures, PolynomialFeaturesState};
use pipewright_operator::{Args, Bound, Columns, Example, Fault, Group, Spec, Surroundings, Verb};
use std::sync::Arc;

pub(crate) const VERB: Verb = Verb {
    spec: Spec {
        name: "interact",
        group: Group::Features,
        summary: "Adds the product of every two of some columns: `age × fare`.",
        details: "Products stand at the end of the table; the columns themselves stay. Truth values count as 0 and 1 where \
                  they are chosen. A product is missing where a factor is. `poly` makes powers too.",
        search: &["interaction", "product", "cross", "multiply"],
        columns: Columns::Default("@numeric"),
        examples: &[Example {
            script: "load titanic.csv | select age, sibsp, parch | head 3 | interact on age, sibsp, parch | show",
            output: "   age  sibsp  parch  age × sibsp  age × parch  sibsp × parch
    29      0      0            0            0              0
0.9167      1      2       0.9167       1.8334              2
     2      1      2            2            4              2
",
        }],
        ..Spec::BASE
    },
    bind,
    load: Some(load_state::<PolynomialFeaturesState>),
};

fn bind(args: &Args, _: &Surroundings) -> Result<Bound, Fault> {
    let products = PolynomialFeatures { on: args.columns("columns").cloned(), ..PolynomialFeatures::of_pairs() };
    Ok(Bound::Step(Arc::new(StepOf::new(products))))
}
