//! `parse`: parses dates from text in a given format.

use super::BadWord;
use crate::adapt::{StepOf, state};
use pipewright_frame::{Cast, CastState, OnInvalid, Selection};
use pipewright_operator::{
    Args, ArgumentError, Arguments, Bound, Environment, Example, Group, Spec, Verb, arguments, words,
};
use std::sync::Arc;

words! {
    /// What is parsed.
    enum What { Date = "date" }
}

arguments! {
    /// The arguments of `parse`.
    struct ParseArgs {
        /// What to parse.
        positional what: What;
        /// Format of the text, such as "%d/%m/%Y".
        positional form: String;
        /// A value that cannot be parsed: an error that names its row, or a missing value.
        option bad: BadWord = OnInvalid::Error;
        /// The columns to parse.
        on columns: Selection;
    }
}

pub(crate) const VERB: Verb = Verb {
    spec: Spec {
        name: "parse",
        group: Group::Clean,
        summary: "Parses dates from text in a given format.",
        details: "The format is that of C's `strptime`: `%Y` year, `%y` two-digit year (1969 to 2068), `%m` month, \
                  `%b` or `%B` English month name, `%d` day, `%j` day of the year, `%H` hour, `%I` and `%p` hour \
                  with AM or PM, `%M` minute, `%S` second, `%f` fraction of a second, `%z` offset from UTC, `%%` a \
                  percent sign. Where the format has no time, the text may still have one.",
        search: &["strptime", "to_datetime", "date", "format"],
        examples: &[Example {
            script: "load titanic.csv | head 1 | derive day = \"3/1/2024\" | parse date \"%d/%m/%Y\" on day | select sex, day | show",
            output: "\
sex     day
female  2024-01-03
",
        }],
        ..Spec::of::<ParseArgs>()
    },
    bind,
    states: &[state::<CastState>()],
};

fn bind(args: &Args, _: &Environment) -> Result<Bound, ArgumentError> {
    let ParseArgs { what: What::Date, form, bad, columns } = ParseArgs::read(args)?;
    let convert =
        Cast::dates(&form, columns).map_err(|failure| ArgumentError::of("form", failure.code, failure.message))?;
    Ok(Bound::Step(Arc::new(StepOf::new(convert.with_bad(bad.0)))))
}
