//! `poly`: powers and products of numbers.

use crate::adapt::{StepOf, at_most, load_state};
use pipewright_frame::{PolynomialFeatures, PolynomialFeaturesState};
use pipewright_operator::{Args, Bound, Columns, Domain, Example, Fault, Group, Param, Spec, Surroundings, Verb};
use std::sync::Arc;

pub(crate) const VERB: Verb = Verb {
    spec: Spec {
        name: "poly",
        group: Group::Features,
        summary: "Adds powers and products of numeric features: `age^2`, `age × fare`.",
        details: "All products of up to `degree` factors, at the end of the table; the columns themselves stay. \
                  `interaction_only=true` takes no column twice. `scale` before it keeps products small. A product is \
                  missing where a factor is.",
        search: &["polynomial", "power", "square", "cube", "interaction", "product", "quadratic"],
        positionals: &[Param::with_default("degree", Domain::Whole { min: 2 }, "2", "The most factors, up to 4.")],
        options: &[Param::with_default(
            "interaction_only",
            Domain::Truth,
            "false",
            "Whether only products of different columns are made.",
        )],
        columns: Columns::Default("@numeric"),
        examples: &[Example {
            script: "load titanic.csv | select age, sibsp, parch | head 3 | poly 2 on age, sibsp | show",
            output: "   age  sibsp  parch      age^2  age × sibsp  sibsp^2
    29      0      0        841            0        0
0.9167      1      2  0.8403389       0.9167        1
     2      1      2          4            2        1
",
        }],
        ..Spec::BASE
    },
    bind,
    load: Some(load_state::<PolynomialFeaturesState>),
};

const DEGREE_MAX: usize = 4;

fn bind(args: &Args, _: &Surroundings) -> Result<Bound, Fault> {
    let degree = at_most(args, "degree", DEGREE_MAX)?;
    let powers = args.truth("interaction_only") != Some(true);
    Ok(Bound::Step(Arc::new(StepOf::new(PolynomialFeatures { degree, powers, on: args.columns("columns").cloned() }))))
}
