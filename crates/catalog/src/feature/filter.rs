//! `filter`: drops uninformative or redundant columns.

use crate::adapt::{TableStep, state};
use crate::matrix::{Choose, ChooseState, Inputs};
use pipewright_diagnostic::code;
use pipewright_frame::{Class, Selection};
use pipewright_learn::select::{Correlated, Variance};
use pipewright_operator::{
    Args, ArgumentError, Arguments, Bound, Effect, Environment, Example, Flow, Group, NonNegative, Spec, Verb,
    arguments, words,
};
use std::sync::Arc;

words! {
    /// Criterion.
    enum By { Variance = "variance", Correlation = "correlation" }
}

arguments! {
    /// The arguments of `filter`.
    struct FilterArgs {
        /// Criterion.
        positional by: By;
        /// Threshold.
        positional above: NonNegative, by by { "variance" => 0.0, "correlation" => 0.95 };
        /// Columns to choose from.
        on columns: Selection = [Class::Numeric, Class::Bool];
    }
}

pub(crate) const VERB: Verb = Verb {
    spec: Spec {
        name: "filter",
        group: Group::Features,
        summary: "Drops uninformative or redundant columns, without looking at the target.",
        details: "`filter variance 0.1` keeps columns with a variance (divided by n) above 0.1; the default drops \
                  constant columns. `filter correlation 0.9` drops each column whose absolute correlation with an \
                  earlier column that is kept exceeds 0.9. Columns that are kept do not change. To filter rows, use \
                  `where`.",
        search: &["constant", "variance threshold", "correlated", "collinear", "redundant", "feature selection"],
        output: Flow::Recipe,
        effect: Effect::Fit,
        examples: &[Example {
            script: "load iris.csv | filter correlation 0.9 | show 2",
            output: "\
sepal_length  sepal_width  petal_length  species
         5.1          3.5           1.4  setosa
         4.9            3           1.4  setosa
… 148 more rows
",
        }],
        ..Spec::of::<FilterArgs>()
    },
    bind,
    states: &[state::<ChooseState>()],
};

fn bind(args: &Args, _: &Environment) -> Result<Bound, ArgumentError> {
    let FilterArgs { by, above, columns } = FilterArgs::read(args)?;
    let inputs = Inputs { step: "`filter`", on: Some(columns) };
    let above = above.0;
    match by {
        By::Variance => {
            let step = Choose { inputs, transformer: Variance { above }, aims: false, says: "variance" };
            Ok(Bound::Step(Arc::new(TableStep::new(step))))
        }
        By::Correlation if above >= 1.0 => {
            let message = format!("no correlation is above {above}, so nothing would be dropped");
            Err(ArgumentError::of("above", code::BAD_VALUE, message).help("a number below 1, such as 0.95"))
        }
        By::Correlation => {
            let step = Choose { inputs, transformer: Correlated { above }, aims: false, says: "correlation" };
            Ok(Bound::Step(Arc::new(TableStep::new(step))))
        }
    }
}
