//! Functions of texts. A text is a sequence of characters (Unicode scalar values), indexed from 0.

use super::super::lanes::{Texts, Values};
use super::{Chapter, Function, Given, Gives, Parameter, ParameterType, Work};
use pipewright_table::normalized;
use std::borrow::Cow;

const X: Parameter = Parameter::text("x");
const PATTERN: Parameter = Parameter::of("pattern", ParameterType::Pattern);

const fn text(
    name: &'static str,
    takes: &'static [Parameter],
    doc: &'static str,
    work: fn(Given<'_>) -> Values,
) -> Function {
    Function { name, chapter: Chapter::Texts, takes, doc, gives: Gives::Text, work: Work::Row(work) }
}

const fn test(
    name: &'static str,
    takes: &'static [Parameter],
    doc: &'static str,
    work: fn(Given<'_>) -> Values,
) -> Function {
    Function { gives: Gives::Bool, ..text(name, takes, doc, work) }
}

pub(super) const FUNCTIONS: &[Function] = &[
    text("lower", &[X], "the text in lower case", |given| given.of_text(|text| text.to_lowercase().into())),
    text("upper", &[X], "the text in upper case", |given| given.of_text(|text| text.to_uppercase().into())),
    text("trim", &[X], "the text without white space at its ends", |given| given.of_text(|text| text.trim().into())),
    text(
        "normalize_unicode",
        &[X],
        "the text with composed characters (NFC), plain spaces, and without invisible characters, so that texts that look \
         alike are equal",
        |given| given.of_text(normalized),
    ),
    Function {
        gives: Gives::Int,
        ..text("len", &[X], "the number of characters", |mut given| {
            Values::Numbers(given.texts(0).map(|text| text.map_or(f64::NAN, |text| text.chars().count() as f64)))
        })
    },
    text(
        "replace",
        &[X, Parameter::text("old"), Parameter::text("new")],
        "the text with every occurrence of old replaced by new",
        |mut given| {
            let (x, old, new) = (given.texts(0), given.texts(1), given.texts(2));
            given.by_row(|row| {
                let (text, old) = (x.at(row)?, old.at(row)?);
                let new = new.at(row)?;
                Some(if text.contains(old) { text.replace(old, new).into() } else { text.into() })
            })
        },
    ),
    text(
        "split",
        &[X, Parameter::text("sep"), Parameter::of("index", ParameterType::Int)],
        "the part at index (from 0; -1 is the last) of the text split at sep; missing if there is none",
        |mut given| {
            let (x, sep) = (given.texts(0), given.texts(1));
            let index = given.whole(2).unwrap_or(0);
            given.by_row(|row| part(x.at(row)?, sep.at(row)?, index).map(Cow::from))
        },
    ),
    text(
        "concat",
        &[Parameter::text("a"), Parameter::text("b").repeated()],
        "the concatenated texts, as with `+`; missing if one is",
        |mut given| {
            let parts: Vec<Texts> = given.all().into_iter().map(Values::texts).collect();
            given.by_row(|row| parts.iter().map(|part| part.at(row)).collect::<Option<String>>().map(Cow::from))
        },
    ),
    test("contains", &[X, Parameter::text("part")], "whether the text contains the part", |given| {
        given.test(|text, part| text.contains(part))
    }),
    test("starts_with", &[X, Parameter::text("part")], "whether the text starts with the part", |given| {
        given.test(|text, part| text.starts_with(part))
    }),
    test("ends_with", &[X, Parameter::text("part")], "whether the text ends with the part", |given| {
        given.test(|text, part| text.ends_with(part))
    }),
    test("regex", &[X, PATTERN], "whether the regular expression matches in the text", |mut given| {
        let pattern = given.pattern(1);
        Values::Truths(given.texts(0).map(|text| Some(pattern.is_match(text?))))
    }),
    text(
        "regex_replace",
        &[X, PATTERN, Parameter::text("new")],
        "the text with every match of the regular expression replaced by new; `$1` is the first group",
        |mut given| {
            let (x, pattern, new) = (given.texts(0), given.pattern(1), given.texts(2));
            given.by_row(|row| Some(pattern.replace_all(x.at(row)?, new.at(row)?)))
        },
    ),
    text(
        "extract",
        &[X, PATTERN],
        "the first match of the first group of the regular expression, or the whole match without groups",
        |mut given| {
            let (x, pattern) = (given.texts(0), given.pattern(1));
            let group = usize::from(pattern.captures_len() > 1);
            given.by_row(|row| {
                let found = pattern.captures(x.at(row)?)?.get(group)?;
                Some(found.as_str().to_owned().into())
            })
        },
    ),
];

/// Returns the part at `index`; negative indices count from the end.
fn part<'t>(text: &'t str, separator: &str, index: i64) -> Option<&'t str> {
    if separator.is_empty() {
        return if index == 0 || index == -1 { Some(text) } else { None };
    }
    match usize::try_from(index) {
        Ok(index) => text.split(separator).nth(index),
        Err(_) => text.rsplit(separator).nth(usize::try_from(-1 - index).ok()?),
    }
}
