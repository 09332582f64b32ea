//! Functions of numbers. Results that are not finite are missing.

use super::super::lanes::{Lane, Values, finite};
use super::{Chapter, Function, Gives, Parameter, ParameterType, Work};
use pipewright_table::literal;
use std::cmp::Ordering;

const X: Parameter = Parameter::number("x");

const fn number(name: &'static str, doc: &'static str, work: fn(super::Given<'_>) -> Values) -> Function {
    Function { name, chapter: Chapter::Numbers, takes: &[X], doc, gives: Gives::Number, work: Work::Row(work) }
}

/// A function whose results are whole numbers if its arguments are.
const fn numeric(name: &'static str, doc: &'static str, work: fn(super::Given<'_>) -> Values) -> Function {
    Function { gives: Gives::Numeric, ..number(name, doc, work) }
}

pub(super) const FUNCTIONS: &[Function] = &[
    numeric("abs", "the absolute value", |given| given.of_numeric(i64::checked_abs, f64::abs)),
    Function {
        gives: Gives::Int,
        ..number("sign", "-1, 0 or 1", |given| {
            given.of_number(|x| if x == 0.0 || x.is_nan() { x + 0.0 } else { x.signum() })
        })
    },
    Function {
        takes: &[Parameter::alike("x")],
        ..number(
            "float",
            "x as a number: a text as it is written, true as 1; missing if it is no number",
            |mut given| match given.all().remove(0) {
                Values::Texts(texts) => Values::Numbers(texts.map(|text| text.map_or(f64::NAN, read))),
                Values::Truths(truths) => Values::Numbers(truths.map(|truth| truth.map_or(f64::NAN, f64::from))),
                numbers => Values::Numbers(numbers.numbers()),
            },
        )
    },
    number("sqrt", "the square root", |given| given.of_number(f64::sqrt)),
    number("exp", "e to the power of x", |given| given.of_number(f64::exp)),
    number("log", "the natural logarithm", |given| given.of_number(f64::ln)),
    number("log2", "the logarithm to base 2", |given| given.of_number(f64::log2)),
    number("log10", "the logarithm to base 10", |given| given.of_number(f64::log10)),
    number("log1p", "the natural logarithm of 1 + x, exact for small x", |given| given.of_number(f64::ln_1p)),
    number("sin", "the sine of an angle in radians", |given| given.of_number(f64::sin)),
    number("cos", "the cosine of an angle in radians", |given| given.of_number(f64::cos)),
    numeric("floor", "x rounded down to a whole number", |given| given.of_numeric(Some, f64::floor)),
    numeric("ceil", "x rounded up to a whole number", |given| given.of_numeric(Some, f64::ceil)),
    Function {
        takes: &[X, Parameter::of("digits", ParameterType::Int).optional()],
        ..numeric("round", "x rounded to a number of decimals (0); half to even", |given| {
            let digits = given.whole(1).unwrap_or(0);
            given.of_numeric(|x| round_whole(x, digits), |x| round(x, digits))
        })
    },
    Function {
        takes: &[X, Parameter::number("low"), Parameter::number("high")],
        ..numeric("clip", "x clipped to the range from low to high; a missing bound is ignored", |mut given| {
            if given.are_whole() {
                let (x, low, high) = (given.ints(0), given.ints(1), given.ints(2));
                let clipped = |row| {
                    let whole: i64 = x.at(row)?;
                    Some(whole.max(low.at(row).unwrap_or(whole)).min(high.at(row).unwrap_or(i64::MAX)))
                };
                return Values::Ints(Lane::Each((0..given.rows()).map(clipped).collect()));
            }
            let (x, low, high) = (given.numbers(0), given.numbers(1), given.numbers(2));
            let clipped = |row| {
                let number: f64 = x.at(row);
                // `max` and `min` of floats ignore NaN; a missing x stays missing.
                if number.is_nan() { number } else { finite(number.max(low.at(row)).min(high.at(row))) }
            };
            Values::Numbers(Lane::Each((0..given.rows()).map(clipped).collect()))
        })
    },
];

/// Returns the number that a text is, or NaN.
fn read(text: &str) -> f64 {
    let number = literal::number(text.trim().as_bytes());
    number.map_or(f64::NAN, |number| finite(number.as_f64()))
}

/// As `numpy.round`: scaled by a power of ten, rounded half to even, and scaled back.
fn round(x: f64, digits: i64) -> f64 {
    let power = 10_f64.powi(digits.unsigned_abs().min(400) as i32);
    let (there, rounded) = match digits < 0 {
        true => (x / power, (x / power).round_ties_even() * power),
        false => (x * power, (x * power).round_ties_even() / power),
    };
    // A number too large for its decimals has none.
    if there.is_finite() && rounded.is_finite() { rounded } else { finite(x) }
}

/// As [`round`], exact; `None` beyond 64 bits.
fn round_whole(x: i64, digits: i64) -> Option<i64> {
    // Half of 10^19 is more than any 64-bit integer.
    let Some(digits) = u32::try_from(-digits).ok().filter(|&digits| digits > 0) else { return Some(x) };
    let Some(power) = 10_i128.checked_pow(digits.min(20)) else { return Some(0) };
    let (below, rest) = (i128::from(x).div_euclid(power), i128::from(x).rem_euclid(power));
    let up = match (2 * rest).cmp(&power) {
        Ordering::Equal => below.rem_euclid(2) == 1,
        order => order == Ordering::Greater,
    };
    i64::try_from((below + i128::from(up)) * power).ok()
}
