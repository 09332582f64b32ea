//! `mask`: makes values that name people unreadable.

use crate::adapt::{StepOf, load_state};
use pipewright_diagnostic::code;
use pipewright_frame::{Generalise, Hmac, Mask, MaskState, Masking, Period};
use pipewright_operator::{
    Args, Bound, Columns, Domain, Effect, Example, Fault, Group, Param, Sort, Spec, Surroundings, Verb,
};
use std::sync::Arc;

pub(crate) const VERB: Verb = Verb {
    spec: Spec {
        name: "mask",
        group: Group::Clean,
        summary: "Makes values that name people unreadable.",
        details: "`hash`: 16 hexadecimal digits of HMAC-SHA-256 with the key of `key=`; equal values have equal hashes, \
                  in every table that is masked with the same key. `redact`: `•••` in place of every value, or \
                  nothing with `null=true`. `generalise`: numbers become ranges of `step=` (`30..40`, from 30 up to \
                  below 40), dates the first of their `date=year` or `date=month`, texts their first `letters=` \
                  characters. What is missing stays missing. A key is shown in no plan and kept in no saved pipeline; \
                  but what a saved pipeline keeps hashes as the key does, so that whoever has it can try out whether a \
                  guess is right.",
        search: &["anonymize", "anonymise", "pseudonymize", "privacy", "gdpr", "redact", "pii"],
        output: Sort::Any,
        effect: Effect::Row,
        positionals: &[Param::required(
            "method",
            Domain::Word(&["hash", "redact", "generalise"]),
            "What becomes of a value.",
        )],
        options: &[
            Param::optional("key", Domain::Secret, "The key of the hashes."),
            Param::optional("null", Domain::Truth, "Redacted values are missing."),
            Param::optional("step", Domain::Positive, "The width of ranges of numbers."),
            Param::optional("date", Domain::Word(&["year", "month"]), "What is left of dates."),
            Param::optional("letters", Domain::Whole { min: 1 }, "How many characters are left of texts."),
        ],
        columns: Columns::Default(""),
        examples: &[Example {
            script: "load visits.csv | select patient, age | head 3 | mask hash key=\"a long random text\" on patient \
                     | mask generalise step=10 on age | show",
            output: "\
patient           age
c15136d047c191ba  30..40
74216edde9362c4d  50..60
fbc488ab6f0b8f60  20..30
",
        }],
        ..Spec::BASE
    },
    bind,
    load: Some(load_state::<MaskState>),
};

/// The options of each method.
const OWN: [(&str, &str); 5] =
    [("key", "hash"), ("null", "redact"), ("step", "generalise"), ("date", "generalise"), ("letters", "generalise")];

fn bind(args: &Args, _: &Surroundings) -> Result<Bound, Fault> {
    let method = args.text("method").unwrap_or_default();
    for (option, of) in OWN {
        if args.is_given(option) && method != of {
            let message = format!("`mask {method}` has no use for `{option}`");
            return Err(Fault::of(option, code::MISPLACED_OPTION, message).help(format!("it is for `mask {of}`")));
        }
    }
    let Some(on) = args.columns("columns").cloned() else {
        return Err(Fault::of("columns", code::MISSING_ARGUMENT, "`mask` has to be told which columns")
            .help(format!("write `mask {method} … on name, email`")));
    };
    let masking = match method {
        "hash" => Masking::Hash(Hmac::new(key(args)?.as_bytes())),
        "redact" if args.truth("null") == Some(true) => Masking::Blank,
        "redact" => Masking::Redact,
        _ => Masking::Generalise(Generalise {
            step: args.real("step"),
            date: args.text("date").map(|date| if date == "year" { Period::Year } else { Period::Month }),
            letters: args.whole("letters").map(|letters| u32::try_from(letters).unwrap_or(u32::MAX)),
        }),
    };
    Ok(Bound::Step(Arc::new(StepOf::new(Mask { masking, on }))))
}

/// The key of the hashes, which has to be there.
fn key(args: &Args) -> Result<&str, Fault> {
    match args.text("key") {
        Some(key) if !key.is_empty() => Ok(key),
        _ => Err(Fault::of("key", code::MISSING_ARGUMENT, "`mask hash` needs a key")
            .help("without one, whoever hashes a list of names finds every name that is in it: a dictionary attack")
            .help("declare `param key` above, write `mask hash key=$key on …`, and give a long random text as key=…")),
    }
}
