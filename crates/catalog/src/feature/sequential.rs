//! `sequential`: sequential feature selection.

use crate::adapt::{TableStep, state};
use crate::matrix::{Choose, ChooseState, Inputs};
use pipewright_frame::{Class, Selection};
use pipewright_learn::select::{Direction, Sequential};
use pipewright_operator::{
    Args, ArgumentError, Arguments, Bound, Count, Effect, Environment, Example, Flow, Group, Spec, Verb, arguments,
    words,
};
use std::sync::Arc;

words! {
    /// Direction of the search.
    struct DirectionWord(Direction) { "forward" => Direction::Forward, "backward" => Direction::Backward }
}

arguments! {
    /// The arguments of `sequential`.
    struct SequentialArgs {
        /// Number of columns to keep.
        shape count: Count;
        /// Adds columns to none, or removes columns from all.
        positional direction: DirectionWord = Direction::Forward;
        /// Columns to choose from.
        on columns: Selection = [Class::Numeric, Class::Bool];
    }
}

pub(crate) const VERB: Verb = Verb {
    spec: Spec {
        name: "sequential",
        group: Group::Features,
        summary: "Sequential feature selection: adds the column that helps a model most, or removes the least useful \
                  one, step by step.",
        details: "Columns are scored by five-fold cross-validation on the training rows: ridge regression by R² for \
                  numbers, logistic regression by accuracy for classes, with `l2=1`. This fits a model per column, \
                  step and fold; `rfe` needs far fewer. Columns that are kept do not change.",
        search: &["forward selection", "backward selection", "stepwise", "feature selection", "wrapper"],
        output: Flow::Recipe,
        effect: Effect::FitTarget,
        examples: &[Example {
            script: "load diabetes.csv | target progression | sequential[3] | show 2",
            output: " bmi   bp      s5  progression
32.1  101  4.8598          151
21.6   87  3.8918           75
… 440 more rows
",
        }],
        ..Spec::of::<SequentialArgs>()
    },
    bind,
    states: &[state::<ChooseState>()],
};

fn bind(args: &Args, _: &Environment) -> Result<Bound, ArgumentError> {
    let SequentialArgs { count, direction, columns } = SequentialArgs::read(args)?;
    let inputs = Inputs { step: "`sequential`", on: Some(columns) };
    let transformer = Sequential { count: count.get(), direction: direction.0 };
    Ok(Bound::Step(Arc::new(TableStep::new(Choose { inputs, transformer, aims: true, says: "step" }))))
}
