//! `datefeatures`: turns dates into numbers.

use crate::adapt::{StepOf, load_state};
use pipewright_diagnostic::code;
use pipewright_frame::{DatePart, Dates, DatesState};
use pipewright_operator::{
    Args, Bound, Columns, Domain, Effect, Example, Fault, Group, Param, Sort, Spec, Surroundings, Value, Verb,
};
use std::sync::Arc;

pub(crate) const VERB: Verb = Verb {
    spec: Spec {
        name: "datefeatures",
        group: Group::Encode,
        summary: "Turns dates into numbers: their parts, their cycles, and the days that have passed.",
        details: "`when` becomes `when (year)`, `when (quarter)`, `when (month)`, `when (week)` of ISO 8601, \
                  `when (day)`, `when (dayofyear)`, `when (weekday)` from 0 for Monday, `when (weekend)`, \
                  `when (hour)` if the training rows have times of day, and `when (elapsed)`: days since the earliest \
                  date of the training rows. With `cyclic=true`, what comes round again becomes a point on a circle, \
                  sin and cos of 2π (part - first) / period: `when (month sin)`, `when (month cos)`. The periods are 4 \
                  quarters, 12 months, 53 weeks, 31 days, 366 days of the year, 7 weekdays, 24 hours. What is missing \
                  stays missing.",
        search: &["datetime", "timestamp", "calendar", "weekday", "cyclic", "seasonality"],
        output: Sort::Recipe,
        effect: Effect::Fit,
        options: &[
            Param::optional("parts", Domain::List(&Domain::Word(&PARTS)), "Which numbers, in this order; else all."),
            Param::with_default("cyclic", Domain::Truth, "false", "Tells cycles as sin and cos."),
        ],
        columns: Columns::Default("@date"),
        examples: &[Example {
            script: "load visits.csv | select when | head 3 | datefeatures parts=[month, weekday, hour, elapsed] | show",
            output: "\
when (month)  when (weekday)  when (hour)  when (elapsed)
           1               4            8               0
           1               4           14       0.2291667
           2               3            9        55.03125
",
        }],
        ..Spec::BASE
    },
    bind,
    load: Some(load_state::<DatesState>),
};

/// The names of the parts.
const PARTS: [&str; DatePart::NAMES.len()] = {
    let mut names = [""; DatePart::NAMES.len()];
    let mut place = 0;
    while place < names.len() {
        names[place] = DatePart::NAMES[place].0;
        place += 1;
    }
    names
};

fn bind(args: &Args, _: &Surroundings) -> Result<Bound, Fault> {
    let mut parts = Vec::new();
    for item in args.list("parts").unwrap_or_default() {
        let Value::Word(word) = &item.node else { continue };
        let named = DatePart::NAMES.iter().find(|(name, _)| name == word);
        let (_, part) = named.expect("the domain takes names of parts only");
        if parts.contains(part) {
            return Err(Fault::of("parts", code::BAD_VALUE, format!("`{word}` is there twice")).at(item.span));
        }
        parts.push(*part);
    }
    let parts = args.is_given("parts").then(|| parts.into());
    let cyclic = args.truth("cyclic").unwrap_or(false);
    Ok(Bound::Step(Arc::new(StepOf::new(Dates { parts, cyclic, on: args.columns("columns").cloned() }))))
}
