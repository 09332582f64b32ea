//! The functions of expressions: one table for type checking, evaluation and help.

mod choice;
mod dates;
mod given;
mod many;
mod numbers;
mod set;
mod texts;

use super::kind::{alike, mismatch, names_moment};
use super::lanes::Values;
use super::{ExprKind, Expression, FrameBound, Score, WindowFunction};
use crate::{Aggregate, selection};
use pipewright_diagnostic::{Failure, code};
use pipewright_table::{Value, Zone};
use std::fmt;

pub(super) use given::Given;
pub use set::Functions;

/// A function of the language: name, parameters and implementation.
pub struct Function {
    /// Its name in the language.
    pub name: &'static str,
    /// Its chapter in the reference.
    pub chapter: Chapter,
    /// Its parameters, in order.
    pub takes: &'static [Parameter],
    /// Its result, as a phrase after its name.
    pub doc: &'static str,
    gives: Gives,
    work: Work,
}

/// A chapter of the function reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Chapter {
    /// Functions of numbers.
    Numbers,
    /// Functions of texts.
    Texts,
    /// Functions of dates, times of day and durations.
    Dates,
    /// Choice among several values.
    Choice,
    /// Aggregates.
    Many,
    /// Window functions.
    Windows,
}

impl Chapter {
    /// Returns its title.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Chapter::Numbers => "Numbers",
            Chapter::Texts => "Texts",
            Chapter::Dates => "Dates and durations",
            Chapter::Choice => "Choice",
            Chapter::Many => "Aggregates",
            Chapter::Windows => "Window functions",
        }
    }
}

impl Chapter {
    /// Returns the preface of the chapter.
    #[must_use]
    pub fn preface(self) -> &'static str {
        match self {
            Chapter::Numbers | Chapter::Choice => "",
            Chapter::Texts => "Characters are those of Unicode. `a + b` concatenates texts.",
            Chapter::Dates => {
                "A text literal can be used as a date. For two dates, `a - b` is a duration; `7d`, `12h`, \
                 `30m`, `10s` are durations, which can be added to dates, added to each other, and multiplied. A column \
                 stores a duration as a number of days. With the name of a zone, as in `hour(when, \"Europe/Berlin\")`, the \
                 parts are those that clocks there show; the date itself is in UTC. Of a time that clocks show twice, `utc` \
                 gives the first moment; one that they skip is as much later as they skip."
            }
            Chapter::Many => {
                "Learned from the training rows, then constant: `derive above = x - mean(x)`. With \
                 `over(key, …)` they are window functions and learn nothing: the value over the rows up to the row \
                 itself, among those with the same keys. A number or a duration at the end of `over` limits how far \
                 to look back: `mean(x) over(shop, 5)` over the last five rows, `sum(x) over(shop, 30d)` over those \
                 less than 30 days before the row, by the date among the keys, the column of the role time, or the only \
                 date of the table."
            }
            Chapter::Windows => {
                "Values of other rows, in table order and among those with the same keys of `over(key, …)`. \
                 All except `lead` only look back."
            }
        }
    }
}

/// A parameter of a function.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Parameter {
    /// Its name.
    pub name: &'static str,
    /// Its type.
    pub takes: ParameterType,
    /// May it be left out?
    pub optional: bool,
    /// May it be repeated?
    pub repeats: bool,
}

/// The type of a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParameterType {
    /// Numbers.
    Number,
    /// Texts.
    Text,
    /// Dates.
    Date,
    /// Dates or times of day.
    Moment,
    /// Durations.
    Duration,
    /// Numbers, booleans, or texts.
    Scalar,
    /// Values of one type, the same for all parameters of this type.
    Alike,
    /// A literal whole number.
    Int,
    /// A literal regular expression.
    Pattern,
    /// The literal name of a time zone.
    Zone,
    /// A literal fraction from 0 to 1.
    Fraction,
    /// A literal number of rows or duration.
    FrameBound,
}

impl Parameter {
    const fn of(name: &'static str, takes: ParameterType) -> Parameter {
        Parameter { name, takes, optional: false, repeats: false }
    }

    /// Creates a parameter that takes numbers.
    #[must_use]
    pub const fn number(name: &'static str) -> Parameter {
        Parameter::of(name, ParameterType::Number)
    }

    const fn text(name: &'static str) -> Parameter {
        Parameter::of(name, ParameterType::Text)
    }

    const fn alike(name: &'static str) -> Parameter {
        Parameter::of(name, ParameterType::Alike)
    }

    const fn optional(self) -> Parameter {
        Parameter { optional: true, ..self }
    }

    const fn repeated(self) -> Parameter {
        Parameter { repeats: true, ..self }
    }
}

/// The result type of a function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Gives {
    Number,
    Int,
    /// A whole number if all arguments are, and a number otherwise.
    Numeric,
    Text,
    Bool,
    Date,
    /// The type of its arguments.
    Alike,
}

/// Implementation of a function.
enum Work {
    /// Row-wise on typed values.
    Row(fn(Given<'_>) -> Values),
    /// Row-wise on numbers.
    Numbers(fn(&[f64]) -> f64),
    /// An aggregate.
    Aggregate(Aggregate),
    /// The quantile at its second argument.
    Quantile,
    /// The position of a value in a distribution.
    Score(Score),
    /// A value of another row, offset by a number of rows.
    Shift(fn(u32) -> WindowFunction),
    /// A running aggregate up to the row.
    Running(Aggregate),
    /// A rolling aggregate, over the rows given by its second argument.
    Rolling(Aggregate),
}

/// The meaning of a call.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Call {
    /// Row-wise.
    Row,
    /// An aggregate; a window with `over`.
    Aggregate(Aggregate),
    /// A position in a distribution.
    Score(Score),
    /// A window function.
    Window(WindowFunction),
}

impl fmt::Debug for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

impl PartialEq for Function {
    fn eq(&self, other: &Function) -> bool {
        self.name == other.name && self.takes == other.takes
    }
}

/// Every function, chapter by chapter.
static FUNCTIONS: [&[Function]; 6] =
    [numbers::FUNCTIONS, texts::FUNCTIONS, dates::FUNCTIONS, choice::FUNCTIONS, many::FUNCTIONS, many::WINDOWS];

impl Function {
    /// Returns every built-in function, in the order of the reference.
    pub fn all() -> impl Iterator<Item = &'static Function> {
        FUNCTIONS.iter().copied().flatten()
    }

    /// Creates a numeric function provided by a host program. `work` receives one number per argument, row by row; if
    /// one of them is missing, or the result is not finite, the value is missing.
    #[must_use]
    pub const fn of_numbers(
        name: &'static str,
        takes: &'static [Parameter],
        doc: &'static str,
        work: fn(&[f64]) -> f64,
    ) -> Function {
        Function { name, chapter: Chapter::Numbers, takes, doc, gives: Gives::Number, work: Work::Numbers(work) }
    }

    /// Finds the built-in function with this name and number of arguments.
    ///
    /// # Errors
    /// As [`Functions::find`].
    ///
    /// ```
    /// use pipewright_frame::{Call, Function};
    /// assert_eq!(Function::find("max", 2).unwrap().usage(), "max(a, b, …)");
    /// assert_eq!(Function::find("max", 2).unwrap().call(&[]), Call::Row);
    /// assert_eq!(Function::find("sqr", 1).unwrap_err().help, ["did you mean `sqrt`?"]);
    /// ```
    pub fn find(name: &str, arguments: usize) -> Result<&'static Function, Failure> {
        Functions::BUILT_IN.find(name, arguments)
    }

    /// Returns its usage, for example `replace(x, old, new)`.
    #[must_use]
    pub fn usage(&self) -> String {
        let names = self.takes.iter().map(|parameter| match (parameter.optional, parameter.repeats) {
            (true, _) => format!("[{}]", parameter.name),
            (_, true) => format!("{}, …", parameter.name),
            _ => parameter.name.to_owned(),
        });
        format!("{}({})", self.name, names.collect::<Vec<_>>().join(", "))
    }

    /// Returns the range of its number of arguments.
    fn arity(&self) -> std::ops::RangeInclusive<usize> {
        let needed = self.takes.iter().filter(|parameter| !parameter.optional).count();
        let repeats = self.takes.last().is_some_and(|parameter| parameter.repeats);
        needed..=if repeats { usize::MAX } else { self.takes.len() }
    }

    /// Returns the parameter of an argument.
    fn parameter(&self, argument: usize) -> &Parameter {
        &self.takes[argument.min(self.takes.len() - 1)]
    }

    /// Returns the meaning of a call with these arguments; missing constants have their defaults.
    #[must_use]
    pub fn call(&self, arguments: &[Expression]) -> Call {
        match self.work {
            Work::Row(_) | Work::Numbers(_) => Call::Row,
            Work::Aggregate(aggregate) => Call::Aggregate(aggregate),
            Work::Quantile => Call::Aggregate(Aggregate::Quantile(constant(arguments, 1).unwrap_or(0.5))),
            Work::Score(score) => Call::Score(score),
            Work::Shift(moving) => Call::Window(moving(constant(arguments, 1).unwrap_or(1.0) as u32)),
            Work::Running(aggregate) => Call::Window(WindowFunction::Running(aggregate)),
            Work::Rolling(aggregate) => Call::Window(WindowFunction::Over(aggregate)),
        }
    }

    /// Checks the arguments that must be literals.
    ///
    /// # Errors
    /// [`code::BAD_VALUE`] naming the parameter.
    pub fn check_constants(&self, arguments: &[Expression]) -> Result<(), Failure> {
        for (place, argument) in arguments.iter().enumerate() {
            let parameter = self.parameter(place);
            let wants = match (parameter.takes, argument) {
                (ParameterType::Int, Expression::Literal(value))
                    if value
                        .as_i64()
                        .is_some_and(|whole| whole.unsigned_abs() <= WHOLE_MAX && (whole >= 0 || !self.is_shift())) =>
                {
                    continue;
                }
                (ParameterType::Int, _) if self.is_shift() => "a number of rows",
                (ParameterType::Int, _) => "a whole number",
                (ParameterType::Fraction, Expression::Literal(value))
                    if value.as_f64().is_some_and(|share| (0.0..=1.0).contains(&share)) =>
                {
                    continue;
                }
                (ParameterType::Fraction, _) => "a fraction from 0 to 1",
                (ParameterType::Pattern, Expression::Literal(Value::Text(pattern))) => {
                    selection::compile(pattern)?;
                    continue;
                }
                (ParameterType::Zone, Expression::Literal(Value::Text(name))) => {
                    Zone::read(name)?;
                    continue;
                }
                (ParameterType::Zone, _) => "the name of a time zone in quotes",
                (ParameterType::Pattern, _) => "a regular expression in quotes",
                (ParameterType::FrameBound, bound) if FrameBound::of(bound).is_some() => continue,
                (ParameterType::FrameBound, _) => "a number of rows (at least 1), or a duration such as 30d",
                _ => continue,
            };
            let message = format!("`{}` of `{}` must be {wants}, written in the script", parameter.name, self.name);
            return Err(Failure::new(code::BAD_VALUE, message));
        }
        Ok(())
    }

    fn is_shift(&self) -> bool {
        matches!(self.work, Work::Shift(_))
    }

    /// Returns the result type of a call.
    ///
    /// # Errors
    /// [`code::TYPE_MISMATCH`] naming the mismatched parameter; as [`Function::check_constants`].
    pub(super) fn kind(&self, arguments: &[Expression], kinds: &[ExprKind]) -> Result<ExprKind, Failure> {
        self.check_constants(arguments)?;
        for (place, (argument, kind)) in arguments.iter().zip(kinds).enumerate() {
            let parameter = self.parameter(place);
            let wanted = match parameter.takes {
                ParameterType::Number => ExprKind::Number,
                ParameterType::Text => ExprKind::Text,
                ParameterType::Duration => ExprKind::Duration,
                ParameterType::Date | ParameterType::Moment if names_moment(argument, ExprKind::Date) => continue,
                ParameterType::Moment if *kind == ExprKind::Time => continue,
                ParameterType::Scalar if matches!(kind, ExprKind::Text | ExprKind::Bool) => continue,
                ParameterType::Scalar => ExprKind::Number,
                ParameterType::Date | ParameterType::Moment => ExprKind::Date,
                ParameterType::Zone if kinds[0] == ExprKind::Time => {
                    return Err(mismatch(format!("a time of day without a date is in no zone: `{}`", self.usage())));
                }
                ParameterType::Alike
                | ParameterType::Zone
                | ParameterType::Int
                | ParameterType::Pattern
                | ParameterType::Fraction
                | ParameterType::FrameBound => continue,
            };
            if !wanted.takes(*kind) {
                return Err(mismatch(format!("`{}` takes {wanted} as `{}`, not {kind}", self.name, parameter.name)));
            }
        }
        let compares = self.takes.iter().filter(|parameter| parameter.takes == ParameterType::Alike).count() > 1;
        if compares {
            self.alike(arguments, kinds)?;
        }
        Ok(match self.gives {
            Gives::Number => ExprKind::Number,
            Gives::Int => ExprKind::Int,
            Gives::Numeric if kinds.iter().all(|kind| ExprKind::Int.takes(*kind)) => ExprKind::Int,
            Gives::Numeric => ExprKind::Number,
            Gives::Text => ExprKind::Text,
            Gives::Bool => ExprKind::Bool,
            Gives::Date => ExprKind::Date,
            Gives::Alike => self.alike(arguments, kinds)?,
        })
    }

    fn alike(&self, arguments: &[Expression], kinds: &[ExprKind]) -> Result<ExprKind, Failure> {
        let arguments: Vec<&Expression> = arguments.iter().collect();
        alike(&arguments, kinds).ok_or_else(|| {
            let texts: Vec<String> = kinds.iter().map(ExprKind::to_string).collect();
            mismatch(format!("`{}` takes values of one type, not {}", self.name, texts.join(" and ")))
        })
    }

    /// Evaluates a call.
    pub(super) fn work(&self, given: Given<'_>) -> Values {
        match (&self.work, self.gives) {
            (Work::Row(work), Gives::Int) => Values::Ints(work(given).ints()),
            (Work::Row(work), _) => work(given),
            (Work::Numbers(work), _) => given.of_numbers(*work),
            _ => unreachable!("what looks at other rows is no call of a function"),
        }
    }
}

/// Limit for literal whole numbers: digits, places and rows.
const WHOLE_MAX: u64 = 1_000_000_000;

/// Is it a valid number of rows of a window?
pub(super) fn is_row_count(rows: f64) -> bool {
    rows.fract() == 0.0 && (1.0..=WHOLE_MAX as f64).contains(&rows)
}

/// Returns a literal number argument.
fn constant(arguments: &[Expression], place: usize) -> Option<f64> {
    match arguments.get(place)? {
        Expression::Literal(value) => value.as_f64(),
        _ => None,
    }
}

#[cfg(test)]
pub(super) mod tests;
