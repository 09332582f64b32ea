//! `parse`: parses dates in a given format, or amounts, from text.

use super::BadWord;
use crate::adapt::{StepOf, state};
use pipewright_diagnostic::code;
use pipewright_frame::{Cast, CastState, OnInvalid, Selection};
use pipewright_operator::{
    Args, ArgumentError, Arguments, Bound, Environment, Example, Group, Spec, Verb, arguments, words,
};
use std::sync::Arc;

words! {
    /// What is parsed.
    enum What { Date = "date", Number = "number" }
}

arguments! {
    /// The arguments of `parse`.
    struct ParseArgs {
        /// What to parse.
        positional what: What;
        /// Format of dates, such as "%d/%m/%Y".
        positional form: Option<String>;
        /// Decimal separator of numbers: "." or ",". Without it, a point.
        option decimal: Option<String>;
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
        summary: "Parses dates in a given format, or amounts, from text.",
        details: "`parse number` reads money, percentages and marked thousands: `$1,711.97`, `12 %`, `1'234`, `€ \
                  5`, and `(1,234.50)`, which is negative. A currency and a percent sign are units, so that `12 %` \
                  is 12; with `decimal=\",\"`, `1.234,50 €` is 1234.5. `parse date` takes a format, that of C's \
                  `strptime`: `%Y` year, `%y` two-digit year (1969 to 2068), `%m` month, `%b` or `%B` English \
                  month name, `%d` day, `%j` day of the year, `%H` hour, `%I` and `%p` hour with AM or PM, `%M` \
                  minute, `%S` second, `%f` fraction of a second, `%z` offset from UTC, `%s` seconds since 1970, \
                  `%%` a percent sign. Whole numbers such as 20240310 are parsed by their digits. Where the format \
                  has no time, the text may still have one.",
        search: &["strptime", "to_datetime", "date", "format", "money", "currency", "percent", "number"],
        examples: &[
            Example {
                script: "load titanic.csv | head 1 | derive price = \"$1,711.97\" | parse number on price | select sex, price | show",
                output: "\
sex       price
female  1711.97
",
            },
            Example {
                script: "load titanic.csv | head 1 | derive day = \"3/1/2024\" | parse date \"%d/%m/%Y\" on day | select sex, day | show",
                output: "\
sex     day
female  2024-01-03
",
            },
        ],
        ..Spec::of::<ParseArgs>()
    },
    bind,
    states: &[state::<CastState>()],
};

fn bind(args: &Args, _: &Environment) -> Result<Bound, ArgumentError> {
    let ParseArgs { what, form, decimal, bad, columns } = ParseArgs::read(args)?;
    let convert = match (what, form) {
        (What::Date, Some(form)) => {
            Cast::dates(&form, columns).map_err(|failure| ArgumentError::of("form", failure.code, failure.message))?
        }
        (What::Date, None) => {
            let message = "`parse date` takes the format of the dates";
            return Err(ArgumentError::of("form", code::MISSING_ARGUMENT, message)
                .help("parse date \"%d.%m.%Y\" on day; dates such as 2024-01-31 need no format: cast date on day"));
        }
        (What::Number, None) => {
            let decimal = match decimal.as_deref() {
                None | Some(".") => b'.',
                Some(",") => b',',
                Some(_) => {
                    let message = "the decimal separator is \".\" or \",\"";
                    return Err(ArgumentError::of("decimal", code::BAD_VALUE, message));
                }
            };
            Cast::amounts(decimal, columns)
        }
        (What::Number, Some(_)) => {
            let message = "`parse number` takes no format";
            return Err(ArgumentError::of("form", code::TOO_MANY_ARGUMENTS, message)
                .help("the decimal separator is an option: parse number decimal=\",\" on price"));
        }
    };
    Ok(Bound::Step(Arc::new(StepOf::new(convert.with_bad(bad.0)))))
}
