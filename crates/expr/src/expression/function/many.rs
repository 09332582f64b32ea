//! Functions of many rows: aggregates, positions in distributions, and windows. They are implemented elsewhere
//! ([`Accumulator`](super::super::Accumulator), [`Window`](super::super::Window)); this file declares their signatures.

use super::{Chapter, Function, Gives, Parameter, ParameterType, Work};
use crate::Aggregate;
use crate::expression::{Score, WindowFunction};

const X: Parameter = Parameter::alike("x");
const REACH: Parameter = Parameter::of("reach", ParameterType::FrameBound);
const ROWS: Parameter = Parameter::of("rows", ParameterType::Int);

const fn many(name: &'static str, doc: &'static str, work: Work) -> Function {
    Function { name, chapter: Chapter::Many, takes: &[X], doc, gives: Gives::Alike, work }
}

const fn aggregate(aggregate: Aggregate, name: &'static str, doc: &'static str) -> Function {
    many(name, doc, Work::Aggregate(aggregate))
}

pub(super) const FUNCTIONS: &[Function] = &[
    Function { takes: &[], ..aggregate(Aggregate::Rows, "count", "number of rows") },
    aggregate(Aggregate::Count, "count", "number of values that are not missing"),
    aggregate(Aggregate::Nulls, "nulls", "number of missing values"),
    aggregate(Aggregate::Distinct, "distinct", "number of distinct values"),
    aggregate(Aggregate::Sum, "sum", "the sum, rounded once"),
    aggregate(Aggregate::Mean, "mean", "the arithmetic mean"),
    aggregate(Aggregate::Std, "std", "the standard deviation, with divisor n - 1"),
    aggregate(Aggregate::Var, "var", "the variance, with divisor n - 1"),
    aggregate(Aggregate::Min, "min", "the minimum"),
    aggregate(Aggregate::Max, "max", "the maximum"),
    aggregate(Aggregate::Median, "median", "the median"),
    Function {
        takes: &[X, Parameter::of("share", ParameterType::Fraction)],
        ..many("quantile", "the quantile at a probability of 0 to 1 (type 7)", Work::Quantile)
    },
    aggregate(Aggregate::Mode, "mode", "the most frequent value; the smallest on ties"),
    aggregate(Aggregate::First, "first", "the first value that is not missing"),
    aggregate(Aggregate::Last, "last", "the last value that is not missing"),
    aggregate(Aggregate::Any, "any", "whether any value is true"),
    aggregate(Aggregate::All, "all", "whether all values are true"),
    many("rank", "the fraction of training values that are not larger", Work::Score(Score::Rank)),
    many("zscore", "the distance to the mean in standard deviations (divisor n)", Work::Score(Score::Zscore)),
];

const fn window(name: &'static str, takes: &'static [Parameter], doc: &'static str, work: Work) -> Function {
    Function { chapter: Chapter::Windows, takes, ..many(name, doc, work) }
}

const fn running(aggregate: Aggregate, name: &'static str, doc: &'static str) -> Function {
    window(name, &[X], doc, Work::Running(aggregate))
}

const fn rolling(aggregate: Aggregate, name: &'static str, doc: &'static str) -> Function {
    window(name, &[X, REACH], doc, Work::Rolling(aggregate))
}

pub(super) const WINDOWS: &[Function] = &[
    window("lag", &[X, ROWS.optional()], "the value a number of rows before (1)", Work::Shift(WindowFunction::Lag)),
    window(
        "lead",
        &[X, ROWS.optional()],
        "the value a number of rows after (1): it looks ahead",
        Work::Shift(WindowFunction::Lead),
    ),
    running(Aggregate::Sum, "cumsum", "the cumulative sum up to the row; missing where x is"),
    running(Aggregate::Min, "cummin", "the cumulative minimum up to the row; missing where x is"),
    running(Aggregate::Max, "cummax", "the cumulative maximum up to the row; missing where x is"),
    running(Aggregate::Count, "cumcount", "the number of values up to the row; missing where x is"),
    rolling(Aggregate::Mean, "rolling", "the mean over the last rows, or over a duration"),
    rolling(Aggregate::Mean, "rolling_mean", "the same as `rolling`"),
    rolling(Aggregate::Sum, "rolling_sum", "the sum of the same rows"),
    rolling(Aggregate::Std, "rolling_std", "the standard deviation of the same rows"),
    rolling(Aggregate::Min, "rolling_min", "the minimum of the same rows"),
    rolling(Aggregate::Max, "rolling_max", "the maximum of the same rows"),
    rolling(Aggregate::Median, "rolling_median", "the median of the same rows"),
    rolling(Aggregate::Count, "rolling_count", "the number of values in the same rows"),
];
