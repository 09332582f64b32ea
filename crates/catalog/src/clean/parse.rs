//! `parse`: reads dates, amounts and moments since 1970, and normalises texts.

use super::BadWord;
use crate::adapt::{StepOf, state, zone_of};
use pipewright_diagnostic::code;
use pipewright_frame::{Cast, CastState, EpochUnit, OnInvalid, Selection};
use pipewright_operator::{
    Args, ArgumentError, Arguments, Bound, Environment, Example, Group, Spec, Verb, arguments, words,
};
use std::sync::Arc;

words! {
    /// What is parsed.
    enum What { Date = "date", Number = "number", Epoch = "epoch", Unicode = "unicode" }
}

arguments! {
    /// The arguments of `parse`.
    struct ParseArgs {
        /// What to parse.
        positional what: What;
        /// Format of dates, such as "%d/%m/%Y"; unit of `epoch`: "s", "ms" or "us". Without it, seconds.
        positional form: Option<String>;
        /// Time zone of dates without an offset, such as "Europe/Berlin". Without it, UTC.
        option zone: Option<String>, for what in ["date"];
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
        summary: "Parses dates in a given format, amounts, or seconds since 1970, and normalises texts.",
        details: "`parse number` reads money, percentages and marked thousands: `$1,711.97`, `12 %`, `1'234`, `€ \
                  5`, and `(1,234.50)`, which is negative. A currency and a percent sign are units, so that `12 %` \
                  is 12; with `decimal=\",\"`, `1.234,50 €` is 1234.5. `parse date` takes a format, that of C's \
                  `strptime`: `%Y` year, `%y` two-digit year (1969 to 2068), `%m` month, `%b` or `%B` English \
                  month name, `%d` day, `%j` day of the year, `%H` hour, `%I` and `%p` hour with AM or PM, `%M` \
                  minute, `%S` second, `%f` fraction of a second, `%z` offset from UTC, `%Q` name of a time zone such as \
                  Europe/Berlin, `%s` seconds since 1970, `%%` a percent sign. Dates are kept in UTC; `zone` says which clocks texts \
                  without an offset are from. Of a time that clocks show twice it is the first, and one that they skip \
                  is as much later as they skip. `parse epoch` takes numbers since 1970: \"s\", \"ms\" or \"us\". \
                  `parse unicode` makes texts equal that look alike, as `normalize_unicode` does. Whole numbers such as 20240310 are parsed by their digits. Where the format \
                  has no time, the text may still have one.",
        search: &[
            "strptime",
            "to_datetime",
            "date",
            "format",
            "money",
            "currency",
            "percent",
            "number",
            "timezone",
            "utc",
            "epoch",
            "unix",
            "nfc",
        ],
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
    let ParseArgs { what, form, zone, decimal, bad, columns } = ParseArgs::read(args)?;
    let convert = match what {
        What::Date => dates(form, zone, columns)?,
        What::Epoch => Cast::epoch(unit(form.as_deref())?, columns),
        What::Number => {
            without_form(form, "number", "the decimal separator is an option: parse number decimal=\",\" on price")?;
            Cast::amounts(separator(decimal.as_deref())?, columns)
        }
        What::Unicode => {
            without_form(form, "unicode", "parse unicode on town")?;
            Cast::unicode(columns)
        }
    };
    Ok(Bound::Step(Arc::new(StepOf::new(convert.with_bad(bad.0)))))
}

fn dates(form: Option<String>, zone: Option<String>, columns: Selection) -> Result<Cast, ArgumentError> {
    let Some(form) = form else {
        let message = "`parse date` takes the format of the dates";
        return Err(ArgumentError::of("form", code::MISSING_ARGUMENT, message)
            .help("parse date \"%d.%m.%Y\" on day; dates such as 2024-01-31 need no format: cast date on day"));
    };
    match zone {
        None => Cast::dates(&form, columns),
        Some(zone) => {
            zone_of("zone", &zone)?;
            Cast::dates_in(&form, &zone, columns)
        }
    }
    .map_err(|failure| ArgumentError::of("form", failure.code, failure.message))
}

fn unit(word: Option<&str>) -> Result<EpochUnit, ArgumentError> {
    match word {
        None | Some("s") => Ok(EpochUnit::Seconds),
        Some("ms") => Ok(EpochUnit::Milliseconds),
        Some("us") => Ok(EpochUnit::Microseconds),
        Some(other) => {
            let message = format!("`{other}` is not a unit of `parse epoch`: they are \"s\", \"ms\", \"us\"");
            Err(ArgumentError::of("form", code::BAD_VALUE, message))
        }
    }
}

fn separator(mark: Option<&str>) -> Result<u8, ArgumentError> {
    match mark {
        None | Some(".") => Ok(b'.'),
        Some(",") => Ok(b','),
        Some(_) => Err(ArgumentError::of("decimal", code::BAD_VALUE, "the decimal separator is \".\" or \",\"")),
    }
}

fn without_form(form: Option<String>, what: &str, help: &str) -> Result<(), ArgumentError> {
    match form {
        None => Ok(()),
        Some(_) => {
            let message = format!("`parse {what}` takes no format");
            Err(ArgumentError::of("form", code::TOO_MANY_ARGUMENTS, message).help(help))
        }
    }
}
