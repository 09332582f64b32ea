//! `datefeatures`: extracts numeric features from dates.

use crate::adapt::{StepOf, state, zone_of};
use pipewright_diagnostic::{Spanned, code};
use pipewright_frame::{Class, DatePart, Dates, DatesState, Selection};
use pipewright_operator::{
    Args, Argument, ArgumentError, Arguments, Bound, Domain, Effect, Environment, Example, Flow, Group, Spec, Value,
    Verb, Word, arguments,
};
use std::sync::Arc;

/// A part of a date, by its word.
#[derive(Debug, Clone, Copy, PartialEq)]
struct PartWord(DatePart);

impl PartWord {
    /// The words of [`DatePart::NAMES`].
    const WORDS: &[Word] = &{
        let mut words = [Word { text: "", size: None }; DatePart::NAMES.len()];
        let mut place = 0;
        while place < words.len() {
            words[place].text = DatePart::NAMES[place].0;
            place += 1;
        }
        words
    };
}

impl Argument for PartWord {
    const DOMAIN: Domain = Domain::Words(PartWord::WORDS);

    fn from_value(value: &Value) -> Option<PartWord> {
        let (word, _) = value.word()?;
        DatePart::NAMES.iter().find(|(name, _)| *name == word).map(|(_, part)| PartWord(*part))
    }

    fn to_value(&self) -> Value {
        let word = DatePart::NAMES.iter().find(|(_, part)| *part == self.0).map_or("", |(name, _)| name);
        Value::Word(word.to_owned())
    }
}

arguments! {
    /// The arguments of `datefeatures`.
    struct DatefeaturesArgs {
        /// Parts to extract, in this order. Without it, all.
        option parts: Option<Vec<Spanned<PartWord>>>;
        /// Encodes periodic parts as sine and cosine.
        option cyclic: bool = false;
        /// Time zone whose clocks the parts are read from, such as "Europe/Berlin". Without it, UTC.
        option zone: Option<String>;
        /// Columns of dates.
        on columns: Selection = [Class::Date];
    }
}

pub(crate) const VERB: Verb = Verb {
    spec: Spec {
        name: "datefeatures",
        group: Group::Encode,
        summary: "Extracts numeric features from dates: their parts, cycles, and elapsed days.",
        details: "`when` becomes `when (year)`, `when (quarter)`, `when (month)`, `when (week)` (ISO 8601), `when \
                  (day)`, `when (dayofyear)`, `when (weekday)` (0 is Monday), `when (weekend)`, `when (hour)` if the \
                  training rows have times of day, and `when (elapsed)`: days since the earliest date of the \
                  training rows. With `cyclic=true`, periodic parts become sin and cos of 2π (part - first) / \
                  period: `when (month sin)`, `when (month cos)`. The periods are 4 quarters, 12 months, 53 weeks, \
                  31 days, 366 days of the year, 7 weekdays, 24 hours. Missing values stay missing.",
        search: &["datetime", "timestamp", "calendar", "weekday", "cyclic", "seasonality"],
        output: Flow::Recipe,
        effect: Effect::Fit,
        examples: &[Example {
            script: "load visits.csv | select when | head 3 | datefeatures parts=[month, weekday, hour, elapsed] | show",
            output: "\
when (month)  when (weekday)  when (hour)  when (elapsed)
           1               4            8               0
           1               4           14       0.2291667
           2               3            9        55.03125
",
        }],
        ..Spec::of::<DatefeaturesArgs>()
    },
    bind,
    states: &[state::<DatesState>()],
};

fn bind(args: &Args, _: &Environment) -> Result<Bound, ArgumentError> {
    let DatefeaturesArgs { parts: words, cyclic, zone, columns } = DatefeaturesArgs::read(args)?;
    let mut parts = Vec::new();
    for Spanned { node, span } in words.iter().flatten() {
        if parts.contains(&node.0) {
            let message = format!("`{}` is listed twice", node.to_value());
            return Err(ArgumentError::of("parts", code::BAD_VALUE, message).at(*span));
        }
        parts.push(node.0);
    }
    let parts = words.map(|_| parts.into());
    let zone = zone.as_deref().map(|name| zone_of("zone", name)).transpose()?;
    Ok(Bound::Step(Arc::new(StepOf::new(Dates { parts, cyclic, zone, on: Some(columns) }))))
}
