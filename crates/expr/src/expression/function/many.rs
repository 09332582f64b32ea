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
    Function { takes: &[], ..aggregate(Aggregate::Rows, "count", "how many rows there are") },
    aggregate(Aggregate::Count, "count", "how many values are not missing"),
    aggregate(Aggregate::Nulls, "nulls", "how many values are missing"),
    aggregate(Aggregate::Distinct, "distinct", "how many different values there are"),
    aggregate(Aggregate::Sum, "sum", "the sum, rounded once"),
    aggregate(Aggregate::Mean, "mean", "the arithmetic mean"),
    aggregate(Aggregate::Std, "std", "the standard deviation, divided by n - 1"),
    aggregate(Aggregate::Var, "var", "the variance, divided by n - 1"),
    aggregate(Aggregate::Min, "min", "the smallest value"),
    aggregate(Aggregate::Max, "max", "the largest value"),
    aggregate(Aggregate::Median, "median", "the median"),
    Function {
        takes: &[X, Parameter::of("share", ParameterType::Fraction)],
        ..many("quantile", "the quantile for a share of 0 to 1 (type 7)", Work::Quantile)
    },
    aggregate(Aggregate::Mode, "mode", "the most frequent value; of equally frequent ones the smallest"),
    aggregate(Aggregate::First, "first", "the first value that is not missing"),
    aggregate(Aggregate::Last, "last", "the last value that is not missing"),
    aggregate(Aggregate::Any, "any", "whether one of the truth values is true"),
    aggregate(Aggregate::All, "all", "whether all truth values are true"),
    many("rank", "the share of the values learned that are not larger", Work::Score(Score::Rank)),
    many("zscore", "the distance to the mean in standard deviations, divided by n", Work::Score(Score::Zscore)),
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
    window("lag", &[X, ROWS.optional()], "the value so many rows before (1)", Work::Shift(WindowFunction::Lag)),
    window(
        "lead",
        &[X, ROWS.optional()],
        "the value so many rows behind (1): it looks ahead",
        Work::Shift(WindowFunction::Lead),
    ),
    running(Aggregate::Sum, "cumsum", "the sum up to the row; missing where x is"),
    running(Aggregate::Min, "cummin", "the smallest value up to the row; missing where x is"),
    running(Aggregate::Max, "cummax", "the largest value up to the row; missing where x is"),
    running(Aggregate::Count, "cumcount", "how many values there are up to the row; missing where x is"),
    rolling(Aggregate::Mean, "rolling", "the mean of so many last rows, or of the last length of time"),
    rolling(Aggregate::Mean, "rolling_mean", "the same"),
    rolling(Aggregate::Sum, "rolling_sum", "the sum of the same rows"),
    rolling(Aggregate::Std, "rolling_std", "the standard deviation of the same rows"),
    rolling(Aggregate::Min, "rolling_min", "the smallest value of the same rows"),
    rolling(Aggregate::Max, "rolling_max", "the largest value of the same rows"),
    rolling(Aggregate::Median, "rolling_median", "the median of the same rows"),
    rolling(Aggregate::Count, "rolling_count", "how many values the same rows have"),
];
