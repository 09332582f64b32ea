//! Functions of numbers. Results that are not finite are missing.

use super::super::lanes::{Lane, Values, finite};
use super::{Chapter, Function, Gives, Parameter, ParameterType, Work};

const X: Parameter = Parameter::number("x");

const fn number(name: &'static str, doc: &'static str, work: fn(super::Given<'_>) -> Values) -> Function {
    Function { name, chapter: Chapter::Numbers, takes: &[X], doc, gives: Gives::Number, work: Work::Row(work) }
}

pub(super) const FUNCTIONS: &[Function] = &[
    number("abs", "the absolute value", |given| given.of_number(f64::abs)),
    Function {
        gives: Gives::Int,
        ..number("sign", "-1, 0 or 1", |given| {
            given.of_number(|x| if x == 0.0 || x.is_nan() { x + 0.0 } else { x.signum() })
        })
    },
    number("sqrt", "the square root", |given| given.of_number(f64::sqrt)),
    number("exp", "e to the power of x", |given| given.of_number(f64::exp)),
    number("log", "the natural logarithm", |given| given.of_number(f64::ln)),
    number("log2", "the logarithm to base 2", |given| given.of_number(f64::log2)),
    number("log10", "the logarithm to base 10", |given| given.of_number(f64::log10)),
    number("log1p", "the natural logarithm of 1 + x, exact for small x", |given| given.of_number(f64::ln_1p)),
    number("sin", "the sine of an angle in radians", |given| given.of_number(f64::sin)),
    number("cos", "the cosine of an angle in radians", |given| given.of_number(f64::cos)),
    number("floor", "x rounded down to a whole number", |given| given.of_number(f64::floor)),
    number("ceil", "x rounded up to a whole number", |given| given.of_number(f64::ceil)),
    Function {
        takes: &[X, Parameter::of("digits", ParameterType::Int).optional()],
        ..number("round", "x rounded to a number of decimals (0); half to even", |mut given| {
            let digits = given.whole(1).unwrap_or(0);
            Values::Numbers(given.numbers(0).map(|x| round(x, digits)))
        })
    },
    Function {
        takes: &[X, Parameter::number("low"), Parameter::number("high")],
        ..number("clip", "x clipped to the range from low to high; a missing bound is ignored", |mut given| {
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
