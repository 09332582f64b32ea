//! Expressions over columns, column selections, and relational operations: group by, join, pivot.
#![doc = include_str!("../README.md")]

mod aggregate;
mod assign;
mod expression;
mod relation;
mod selection;

pub use aggregate::Aggregate;
pub use assign::Assign;
pub use expression::{
    Accumulator, Arithmetic, Call, Chapter, Comparison, EmpiricalCdf, ExprKind, Expression, FrameBound, Function,
    Functions, Parameter, ParameterType, Score, Shift, When, Window, WindowFunction,
};
pub use relation::{Concat, GroupBy, Grouping, Join, JoinKind, Measure, Pivot, Unpivot};
pub use selection::{Class, Fact, Selection};
