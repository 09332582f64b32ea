//! One number per level: its frequency, or the mean of the target.

use super::Unseen;
use super::codes::{PLACES_BEHIND, Places};
use arrow_array::{ArrayRef, Float64Array, Int64Array};
use pipewright_diagnostic::Failure;
use pipewright_table::{Column, ColumnType, Role, Stored};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::sync::Arc;

/// The numbers of a column's levels.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct Scores {
    /// Levels with their own number.
    pub(in super::super) levels: Vec<String>,
    /// Levels that share a number.
    pub(in super::super) rare: Vec<String>,
    /// Counts are whole, other numbers continuous.
    pub(in super::super) kind: ColumnType,
    pub(in super::super) members: Vec<Member>,
}

/// One column of numbers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct Member {
    /// Suffix of its name after that of the source; empty for the only one.
    pub(in super::super) suffix: String,
    /// The numbers of the levels, of a missing value, of rare levels, and of an unseen level.
    pub(in super::super) values: Vec<f64>,
}

impl Scores {
    pub(super) fn apply(
        &self,
        column: &Column,
        array: &ArrayRef,
        unseen: Unseen,
    ) -> Result<Vec<(Column, Stored)>, Failure> {
        let codes = self.codes(column, array, unseen)?;
        let numbers = |member: &Member| codes.iter().map(|&code| member.values[code as usize]).collect();
        Ok(self.members.iter().map(|member| self.column(column, member, numbers(member))).collect())
    }

    /// Returns the index of each row's value among the numbers of a member.
    ///
    /// # Errors
    /// Those of [`Places::codes`].
    pub(in super::super) fn codes(
        &self,
        column: &Column,
        array: &ArrayRef,
        unseen: Unseen,
    ) -> Result<Vec<u32>, Failure> {
        Places::new(&self.levels, &self.rare, unseen).codes(&column.name, array)
    }

    /// A member's column with these numbers.
    pub(in super::super) fn column(&self, of: &Column, member: &Member, numbers: Vec<f64>) -> (Column, Stored) {
        let name = format!("{}{}", of.name, member.suffix).into();
        let column = Column { name, kind: self.kind, role: Role::Feature, sources: of.sources.clone() };
        let array: ArrayRef = match self.kind {
            ColumnType::Count => Arc::new(numbers.into_iter().map(|number| number as i64).collect::<Int64Array>()),
            _ => Arc::new(Float64Array::from(numbers)),
        };
        (column, array.into())
    }

    pub(super) fn all_levels(&self) -> impl Iterator<Item = &String> {
        self.levels.iter().chain(&self.rare)
    }

    pub(super) fn is_valid(&self) -> bool {
        let is_number = |number: &f64| match self.kind {
            ColumnType::Count => number.fract() == 0.0 && number.abs() <= (1_u64 << 53) as f64,
            _ => number.is_finite(),
        };
        let is_valid = |member: &Member| {
            member.values.len() == self.levels.len() + PLACES_BEHIND && member.values.iter().all(is_number)
        };
        let suffixes: BTreeSet<&str> = self.members.iter().map(|member| member.suffix.as_str()).collect();
        self.kind.is_numeric() && suffixes.len() == self.members.len() && self.members.iter().all(is_valid)
    }

    /// Returns the numbers as text.
    pub(super) fn text(&self) -> String {
        let behind = ["(missing)", "(other)", "(unseen)"];
        let names = || self.levels.iter().map(String::as_str).chain(behind);
        let of_member = |member: &Member| {
            let numbers = names().zip(&member.values).map(|(name, value)| format!("{name} {}", rounded(*value)));
            let numbers = numbers.collect::<Vec<_>>().join(", ");
            if member.suffix.is_empty() { numbers } else { format!("{}: {numbers}", member.suffix) }
        };
        self.members.iter().map(of_member).collect::<Vec<_>>().join("; ")
    }
}

/// Rounds to four digits, for display.
fn rounded(number: f64) -> f64 {
    (number * 1e4).round() / 1e4
}
