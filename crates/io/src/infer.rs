//! Type inference for columns: the narrowest type that holds all values.

use pipewright_table::ColumnType;

/// The lattice of inferred types; the join of two different ones is text, except for counts and continuous numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Type {
    Nothing,
    Bool,
    Count,
    Continuous,
    Date,
    Time,
    Text,
}

impl Type {
    pub(crate) fn of(kind: ColumnType) -> Type {
        match kind {
            ColumnType::Continuous => Type::Continuous,
            ColumnType::Count => Type::Count,
            ColumnType::Bool => Type::Bool,
            ColumnType::Date => Type::Date,
            ColumnType::Time => Type::Time,
            ColumnType::Category | ColumnType::Ordered | ColumnType::Text | ColumnType::Id => Type::Text,
        }
    }

    /// Returns the column type; text if there are no values.
    pub(crate) fn kind(self) -> ColumnType {
        match self {
            Type::Bool => ColumnType::Bool,
            Type::Count => ColumnType::Count,
            Type::Continuous => ColumnType::Continuous,
            Type::Date => ColumnType::Date,
            Type::Time => ColumnType::Time,
            Type::Nothing | Type::Text => ColumnType::Text,
        }
    }

    /// Returns the narrowest type that holds both.
    pub(crate) fn join(self, other: Type) -> Type {
        match (self, other) {
            (left, right) if left == right => left,
            (Type::Nothing, other) | (other, Type::Nothing) => other,
            (Type::Count, Type::Continuous) | (Type::Continuous, Type::Count) => Type::Continuous,
            _ => Type::Text,
        }
    }
}
