//! The types that a reader infers for columns: the narrowest that holds all values.

use pipewright_table::Kind;

/// The types of the lattice that kinds are inferred in; the join of two different ones is text, but for counts and
/// continuous numbers.
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
    pub(crate) fn of(kind: Kind) -> Type {
        match kind {
            Kind::Continuous => Type::Continuous,
            Kind::Count => Type::Count,
            Kind::Bool => Type::Bool,
            Kind::Date => Type::Date,
            Kind::Time => Type::Time,
            Kind::Category | Kind::Ordered | Kind::Text | Kind::Id => Type::Text,
        }
    }

    /// The kind of a column of this type; one without a value is text.
    pub(crate) fn kind(self) -> Kind {
        match self {
            Type::Bool => Kind::Bool,
            Type::Count => Kind::Count,
            Type::Continuous => Kind::Continuous,
            Type::Date => Kind::Date,
            Type::Time => Kind::Time,
            Type::Nothing | Type::Text => Kind::Text,
        }
    }

    /// The narrowest type that holds both.
    pub(crate) fn join(self, other: Type) -> Type {
        match (self, other) {
            (left, right) if left == right => left,
            (Type::Nothing, other) | (other, Type::Nothing) => other,
            (Type::Count, Type::Continuous) | (Type::Continuous, Type::Count) => Type::Continuous,
            _ => Type::Text,
        }
    }
}
