//! Aggregate functions: computed by `group` for every group, and learned by expressions from the training rows.

use pipewright_diagnostic::{Failure, code};
use pipewright_table::{Column, ColumnType};

/// An aggregate function. Missing values are ignored, except by [`Aggregate::Rows`] and [`Aggregate::Nulls`]; if all
/// values are missing, so is the result (a count or sum is 0).
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Aggregate {
    /// The number of rows; needs no column.
    Rows,
    /// The number of values that are not missing.
    Count,
    /// The number of missing values.
    Nulls,
    /// The number of distinct values.
    Distinct,
    /// The sum, rounded once.
    Sum,
    /// The arithmetic mean, rounded once; that of dates and times of day to microseconds.
    Mean,
    /// The standard deviation, with divisor n - 1.
    Std,
    /// The variance, with divisor n - 1.
    Var,
    /// The minimum: numbers, dates and times by size, texts lexicographically, false before true.
    Min,
    /// The maximum.
    Max,
    /// The median.
    Median,
    /// The quantile at a probability of 0 to 1 (type 7 of Hyndman and Fan, 1996).
    Quantile(f64),
    /// The most frequent value (mode); the smallest on ties.
    Mode,
    /// The first value that is not missing.
    First,
    /// The last value that is not missing.
    Last,
    /// Is any of them true?
    Any,
    /// Are all of them true?
    All,
}

impl Aggregate {
    /// Every aggregate without extra arguments, by its name in the language.
    pub const NAMES: [(&'static str, Aggregate); 15] = [
        ("count", Aggregate::Count),
        ("nulls", Aggregate::Nulls),
        ("distinct", Aggregate::Distinct),
        ("sum", Aggregate::Sum),
        ("mean", Aggregate::Mean),
        ("std", Aggregate::Std),
        ("var", Aggregate::Var),
        ("min", Aggregate::Min),
        ("max", Aggregate::Max),
        ("median", Aggregate::Median),
        ("mode", Aggregate::Mode),
        ("first", Aggregate::First),
        ("last", Aggregate::Last),
        ("any", Aggregate::Any),
        ("all", Aggregate::All),
    ];

    /// Returns its name in the language; `count` also for [`Aggregate::Rows`], which is written without a column.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Aggregate::Rows => "count",
            Aggregate::Quantile(_) => "quantile",
            other => Aggregate::NAMES.iter().find(|(_, known)| *known == other).map_or("", |(name, _)| name),
        }
    }

    /// Returns the type of its result for a column.
    ///
    /// # Errors
    /// [`code::NOT_NUMERIC`] or [`code::TYPE_MISMATCH`] for an unsupported column.
    pub fn kind(self, column: &Column) -> Result<ColumnType, Failure> {
        let refuse = |code, needs: &str| {
            let message = format!("`{}` needs {needs}, and `{}` holds {}", self.name(), column.name, column.kind);
            Err(Failure::new(code, message).column(&*column.name))
        };
        match self {
            Aggregate::Rows | Aggregate::Count | Aggregate::Nulls | Aggregate::Distinct => Ok(ColumnType::Count),
            Aggregate::Sum if column.kind.is_numeric() => Ok(column.kind),
            Aggregate::Sum if column.kind == ColumnType::Bool => Ok(ColumnType::Count),
            Aggregate::Mean | Aggregate::Std | Aggregate::Var | Aggregate::Median | Aggregate::Quantile(_)
                if column.kind.is_numeric() || column.kind == ColumnType::Bool =>
            {
                Ok(ColumnType::Continuous)
            }
            Aggregate::Mean if matches!(column.kind, ColumnType::Date | ColumnType::Time) => Ok(column.kind),
            Aggregate::Sum
            | Aggregate::Mean
            | Aggregate::Std
            | Aggregate::Var
            | Aggregate::Median
            | Aggregate::Quantile(_) => refuse(code::NOT_NUMERIC, "numbers"),
            Aggregate::Any | Aggregate::All if column.kind == ColumnType::Bool => Ok(ColumnType::Bool),
            Aggregate::Any | Aggregate::All => refuse(code::TYPE_MISMATCH, "booleans"),
            Aggregate::Min | Aggregate::Max | Aggregate::Mode | Aggregate::First | Aggregate::Last => Ok(column.kind),
        }
    }
}
