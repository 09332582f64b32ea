//! Functions that make one value of the values of a column: what `group` computes for every group, and what an
//! expression learns of the training rows.

use pipewright_diagnostic::{Failure, code};
use pipewright_table::{Column, ColumnType};

/// One value for many. Missing values are left out, except by [`Aggregate::Rows`] and [`Aggregate::Nulls`]; of nothing
/// but missing values comes a missing value (a count or sum of them is 0).
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Aggregate {
    /// How many rows; needs no column.
    Rows,
    /// How many values are not missing.
    Count,
    /// How many values are missing.
    Nulls,
    /// How many different values there are.
    Distinct,
    /// The sum, rounded once.
    Sum,
    /// The arithmetic mean, rounded once.
    Mean,
    /// The standard deviation, divided by n - 1.
    Std,
    /// The variance, divided by n - 1.
    Var,
    /// The smallest value: of numbers, dates and times by size, of texts by character, false before true.
    Min,
    /// The largest value.
    Max,
    /// The median: the quantile of a half.
    Median,
    /// The quantile for a share of 0 to 1 (type 7 of Hyndman and Fan, 1996).
    Quantile(f64),
    /// The most frequent value; of equally frequent ones the smallest.
    Mode,
    /// The first value that is not missing.
    First,
    /// The last value that is not missing.
    Last,
    /// Is one of them true?
    Any,
    /// Are all of them true?
    All,
}

impl Aggregate {
    /// Every aggregate that needs no argument but its column, by its name in the language.
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

    /// Its name in the language; `count` too for [`Aggregate::Rows`], which is written without a column.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Aggregate::Rows => "count",
            Aggregate::Quantile(_) => "quantile",
            other => Aggregate::NAMES.iter().find(|(_, known)| *known == other).map_or("", |(name, _)| name),
        }
    }

    /// The kind of its values for a column of this kind.
    ///
    /// # Errors
    /// [`code::NOT_NUMERIC`] or [`code::TYPE_MISMATCH`] for a column that it cannot take.
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
            Aggregate::Sum
            | Aggregate::Mean
            | Aggregate::Std
            | Aggregate::Var
            | Aggregate::Median
            | Aggregate::Quantile(_) => refuse(code::NOT_NUMERIC, "numbers"),
            Aggregate::Any | Aggregate::All if column.kind == ColumnType::Bool => Ok(ColumnType::Bool),
            Aggregate::Any | Aggregate::All => refuse(code::TYPE_MISMATCH, "truth values"),
            Aggregate::Min | Aggregate::Max | Aggregate::Mode | Aggregate::First | Aggregate::Last => Ok(column.kind),
        }
    }
}
