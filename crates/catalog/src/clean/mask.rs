//! `mask`: masks personal data.

use crate::adapt::{StepOf, state};
use pipewright_diagnostic::code;
use pipewright_frame::{Generalise, Hmac, Mask, MaskState, Masking, Period, Selection};
use pipewright_operator::{
    Args, ArgumentError, Arguments, Bound, Count, Effect, Environment, Example, Flow, Group, Positive, Secret, Spec,
    Verb, arguments, words,
};
use std::sync::Arc;

words! {
    /// How values are masked.
    enum Method { Hash = "hash", Redact = "redact", Generalise = "generalise" }
}

words! {
    /// Precision that is kept of dates.
    struct PeriodWord(Period) { "year" => Period::Year, "month" => Period::Month }
}

arguments! {
    /// The arguments of `mask`.
    struct MaskArgs {
        /// How values are masked.
        positional method: Method;
        /// Secret key of the hashes.
        option key: Option<Secret>, for method in ["hash"];
        /// Replaces values by missing values instead of `•••`.
        option null: bool = false, for method in ["redact"];
        /// Width of the ranges of numbers.
        option step: Option<Positive>, for method in ["generalise"];
        /// Precision that is kept of dates.
        option date: Option<PeriodWord>, for method in ["generalise"];
        /// Number of leading characters that are kept of text.
        option letters: Option<Count>, for method in ["generalise"];
        /// The columns to mask.
        on columns: Selection;
    }
}

pub(crate) const VERB: Verb = Verb {
    spec: Spec {
        name: "mask",
        group: Group::Clean,
        summary: "Masks personal data: hashes, redacts or generalises values.",
        details: "`hash`: 16 hexadecimal digits of HMAC-SHA-256 with the key `key=`; equal values have equal hashes, \
                  in every table masked with the same key. `redact`: `•••` in place of every value, or missing \
                  values with `null=true`. `generalise`: numbers become ranges of width `step=` (`30..40`, 40 \
                  excluded), dates the first day of their year or month (`date=`), text its first `letters=` \
                  characters. Missing values stay missing. The key is shown in no plan and kept in no saved \
                  pipeline; but a saved pipeline can still hash, so anyone who has it can test guesses.",
        search: &["anonymize", "anonymise", "pseudonymize", "privacy", "gdpr", "redact", "pii"],
        output: Flow::Any,
        effect: Effect::Row,
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
        ..Spec::of::<MaskArgs>()
    },
    bind,
    states: &[state::<MaskState>()],
};

fn bind(args: &Args, _: &Environment) -> Result<Bound, ArgumentError> {
    let MaskArgs { method, key: secret, null, step, date, letters, columns: on } = MaskArgs::read(args)?;
    let masking = match method {
        Method::Hash => Masking::Hash(Hmac::new(key(secret)?.as_bytes())),
        Method::Redact if null => Masking::Blank,
        Method::Redact => Masking::Redact,
        Method::Generalise => Masking::Generalise(Generalise {
            step: step.map(|step| step.0),
            date: date.map(|period| period.0),
            letters: letters.map(Count::saturating_u32),
        }),
    };
    Ok(Bound::Step(Arc::new(StepOf::new(Mask { masking, on }))))
}

/// The key of the hashes; an error if it is missing.
fn key(secret: Option<Secret>) -> Result<String, ArgumentError> {
    match secret {
        Some(Secret(key)) if !key.is_empty() => Ok(key),
        _ => Err(ArgumentError::of("key", code::MISSING_ARGUMENT, "`mask hash` needs a key")
            .help("without one, anyone can hash a list of names and recognise those that are in it (dictionary attack)")
            .help(
                "declare `param key` above, write `mask hash key=$key on …`, and pass a long random string as key=…",
            )),
    }
}
