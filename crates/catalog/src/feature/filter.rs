//! `filter`: leaves columns out that say nothing, or nothing new.

use crate::adapt::{TableStep, load_state};
use crate::matrix::{COLUMNS, Choose, ChooseState, Inputs};
use pipewright_diagnostic::code;
use pipewright_learn::select::{Correlated, Variance};
use pipewright_operator::{
    Args, Bound, Columns, Domain, Effect, Example, Fault, Group, Param, Sort, Spec, Surroundings, Verb,
};
use std::sync::Arc;

/// Of |r|, where the script does not say.
const CORRELATION: f64 = 0.95;

pub(crate) const VERB: Verb = Verb {
    spec: Spec {
        name: "filter",
        group: Group::Features,
        summary: "Leaves out columns that say nothing, or nothing new; it does not look at the target.",
        details: "`filter variance 0.1` keeps columns whose variance (divided by n) is above 0.1; without a number those \
                  that are not constant. `filter correlation 0.9` drops every column whose correlation with an earlier \
                  one that stays is above 0.9 in size; without a number 0.95. Columns that stay are as they were. For \
                  rows see `where`.",
        search: &["constant", "variance threshold", "correlated", "collinear", "redundant", "feature selection"],
        output: Sort::Recipe,
        effect: Effect::Fit,
        positionals: &[
            Param::required("by", Domain::Word(&["variance", "correlation"]), "What they are judged by."),
            Param::optional("above", Domain::Real { min: 0.0, max: f64::MAX }, "The threshold."),
        ],
        columns: Columns::Default(COLUMNS),
        examples: &[Example {
            script: "load iris.csv | filter correlation 0.9 | show 3",
            output: "\
sepal_length  sepal_width  petal_length  species
         5.1          3.5           1.4  setosa
         4.9            3           1.4  setosa
         4.7          3.2           1.3  setosa
… 147 more rows
",
        }],
        ..Spec::BASE
    },
    bind,
    load: Some(load_state::<ChooseState>),
};

fn bind(args: &Args, _: &Surroundings) -> Result<Bound, Fault> {
    let inputs = Inputs { step: "`filter`", on: args.columns("columns").cloned() };
    let above = args.real("above");
    if args.text("by") != Some("correlation") {
        let transformer = Variance { above: above.unwrap_or(0.0) };
        let step = Choose { inputs, transformer, aims: false, says: "variance" };
        return Ok(Bound::Step(Arc::new(TableStep::new(step))));
    }
    let above = above.unwrap_or(CORRELATION);
    if above >= 1.0 {
        let message = format!("no correlation is above {above}, so nothing would be left out");
        return Err(Fault::of("above", code::BAD_VALUE, message).help("a number below 1, such as 0.95"));
    }
    let step = Choose { inputs, transformer: Correlated { above }, aims: false, says: "correlation" };
    Ok(Bound::Step(Arc::new(TableStep::new(step))))
}
