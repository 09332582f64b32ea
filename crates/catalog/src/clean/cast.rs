//! `cast`: converts columns to another kind.

use super::BadWord;
use crate::adapt::{StepOf, state};
use pipewright_frame::{Cast, CastState, ColumnType, OnInvalid, Selection};
use pipewright_operator::{
    Args, ArgumentError, Arguments, Bound, Environment, Example, Group, Spec, Verb, arguments, words,
};
use std::sync::Arc;

words! {
    /// A kind, by its statistical name or its storage type.
    struct KindWord(ColumnType) {
        "count" => ColumnType::Count,
        "int64" => ColumnType::Count,
        "continuous" => ColumnType::Continuous,
        "float64" => ColumnType::Continuous,
        "bool" => ColumnType::Bool,
        "text" => ColumnType::Text,
        "category" => ColumnType::Category,
        "ordered" => ColumnType::Ordered,
        "date" => ColumnType::Date,
        "time" => ColumnType::Time,
        "id" => ColumnType::Id,
    }
}

arguments! {
    /// The arguments of `cast`.
    struct CastArgs {
        /// The new kind.
        positional kind: KindWord;
        /// A value that cannot be converted: an error that names its row, or a missing value.
        option bad: BadWord = OnInvalid::Error;
        /// The columns to convert.
        on columns: Selection;
    }
}

pub(crate) const VERB: Verb = Verb {
    spec: Spec {
        name: "cast",
        group: Group::Clean,
        summary: "Converts columns to another kind.",
        details: "Numbers are parsed from text as in a file of numbers, booleans from 0 and 1 and from words such as \
                  `yes`, dates from `2024-01-31`; anything can become text. `int64` and `count` are the same, and so \
                  are `float64` and `continuous`. A number that is not whole cannot become a count. With `bad=null` a \
                  note counts the values that become missing. `parse number` reads money, percentages and marked \
                  thousands.",
        search: &["astype", "convert", "type", "kind", "int", "float", "string"],
        examples: &[Example {
            script: "load titanic.csv | select sibsp, age | cast text on sibsp | cast int64 bad=null on age | show 2",
            output: "\
sibsp  age
0       29
1        ·
… 1307 more rows
",
        }],
        ..Spec::of::<CastArgs>()
    },
    bind,
    states: &[state::<CastState>()],
};

fn bind(args: &Args, _: &Environment) -> Result<Bound, ArgumentError> {
    let CastArgs { kind, bad, columns } = CastArgs::read(args)?;
    Ok(Bound::Step(Arc::new(StepOf::new(Cast::to(kind.0, columns).with_bad(bad.0)))))
}
