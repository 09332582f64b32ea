//! Expressions over columns, selections of columns, and tables made from tables: groups, joins, pivots.
#![doc = include_str!("../README.md")]

mod aggregate;
mod assign;
mod expression;
mod relation;
mod selection;

pub use aggregate::Aggregate;
pub use assign::Assign;
pub use expression::{
    Arithmetic, Call, Chapter, Comparison, ExprKind, Expression, Function, Moving, Parameter, Ranks, Reach, Score,
    Takes, Tally, Window,
};
pub use relation::{Concat, GroupBy, Grouping, How, Join, Measure, Pivot, Unpivot};
pub use selection::{Class, Fact, Selection};
