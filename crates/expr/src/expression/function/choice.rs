//! Functions that choose one of several values.

use super::super::Comparison;
use super::super::evaluate::compare;
use super::super::lanes::Values;
use super::{Chapter, Function, Given, Gives, Parameter, Work};
use std::cmp::Ordering;

const A_AND_MORE: &[Parameter] = &[Parameter::alike("a"), Parameter::alike("b").repeated()];

const fn choice(name: &'static str, doc: &'static str, work: fn(Given<'_>) -> Values) -> Function {
    Function { name, chapter: Chapter::Choice, takes: A_AND_MORE, doc, gives: Gives::Alike, work: Work::Row(work) }
}

pub(super) const FUNCTIONS: &[Function] = &[
    choice("coalesce", "the first value that is not missing", |mut given| {
        let rows = given.rows();
        Values::gather(given.all(), rows, |lanes, row| lanes.iter().position(|lane| !lane.is_null(row)))
    }),
    choice("min", "the smallest of the values of a row; missing ones are ignored", |given| {
        extreme(given, Ordering::Less)
    }),
    choice("max", "the largest of the values of a row; missing ones are ignored", |given| {
        extreme(given, Ordering::Greater)
    }),
    Function {
        takes: &[Parameter::alike("x"), Parameter::alike("low"), Parameter::alike("high")],
        gives: Gives::Bool,
        ..choice("between", "whether x lies between low and high, or equals one of them", |mut given| {
            let rows = given.rows();
            let [x, low, high] = given.all().try_into().unwrap_or_else(|_| unreachable!("three arguments"));
            let above = compare(Comparison::GreaterOrEqual, x.clone(), low, rows);
            let below = compare(Comparison::LessOrEqual, x, high, rows);
            Values::Truths(above.zip(below, |above, below| match (above, below) {
                (Some(false), _) | (_, Some(false)) => Some(false),
                (above, below) => above.and(below),
            }))
        })
    },
];

/// Returns the value that compares as `wanted` with all others; the first on ties.
fn extreme(mut given: Given<'_>, wanted: Ordering) -> Values {
    let rows = given.rows();
    Values::gather(given.all(), rows, |lanes, row| {
        let present = (0..lanes.len()).filter(|&lane| !lanes[lane].is_null(row));
        present.reduce(|best, lane| if lanes[lane].order(&lanes[best], row) == wanted { lane } else { best })
    })
}
