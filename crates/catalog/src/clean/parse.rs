//! `parse`: reads dates from texts of a given form.

use super::{BAD, bad, required_columns};
use crate::adapt::{StepOf, load_state};
use pipewright_frame::{Cast, CastState};
use pipewright_operator::{Args, Bound, Columns, Domain, Example, Fault, Group, Param, Spec, Surroundings, Verb};
use std::sync::Arc;

pub(crate) const VERB: Verb = Verb {
    spec: Spec {
        name: "parse",
        group: Group::Clean,
        summary: "Reads dates from texts that are written in a given form.",
        details: "The form is that of C's `strptime`: `%Y` year, `%y` year of two digits (1969 to 2068), `%m` month, \
                  `%b` or `%B` its English name, `%d` day, `%j` day of the year, `%H` hour, `%I` and `%p` hour with \
                  AM or PM, `%M` minute, `%S` second, `%f` decimals of it, `%z` distance from UTC, `%%` a percent \
                  sign. A form without a time lets one follow.",
        search: &["strptime", "to_datetime", "date", "format"],
        positionals: &[
            Param::required("what", Domain::Word(&["date"]), "What is read."),
            Param::required("form", Domain::Text, "How it is written."),
        ],
        options: &[BAD],
        columns: Columns::Default(""),
        examples: &[Example {
            script: "load titanic.csv | head 1 | derive day = \"3/1/2024\" | parse date \"%d/%m/%Y\" on day | select sex, day | show",
            output: "\
sex     day
female  2024-01-03
",
        }],
        ..Spec::BASE
    },
    bind,
    load: Some(load_state::<CastState>),
};

fn bind(args: &Args, _: &Surroundings) -> Result<Bound, Fault> {
    let columns = required_columns(args)?;
    let convert = Cast::dates(args.text("form").unwrap_or_default(), columns)
        .map_err(|failure| Fault::of("form", failure.code, failure.message))?;
    Ok(Bound::Step(Arc::new(StepOf::new(convert.with_bad(bad(args))))))
}
