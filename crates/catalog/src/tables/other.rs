//! Another table, ready to be put beside or below the rows that come.

use pipewright_diagnostic::{Failure, Progress};
use pipewright_frame::{Schema, Table};
use pipewright_operator::work::{Combine, Rows};
use pipewright_operator::{Effect, Footprint, Neighbours};
use pipewright_world::random::Key;

/// What a stage does to rows with another table.
pub(super) struct OtherRows<C> {
    pub(super) combine: C,
    pub(super) other: Table,
    /// Is what becomes of a row the same, whatever rows stand beside it?
    pub(super) by_row: bool,
    pub(super) apply: fn(&C, &Table, &Table) -> Result<Table, Failure>,
}

impl<C: Combine> Rows for OtherRows<C> {
    fn footprint(&self, verb: Effect) -> Footprint {
        let neighbours = if self.by_row { Neighbours::NONE } else { Neighbours::ALL };
        self.combine.footprint(verb).looking_at(neighbours)
    }

    fn schema(&self, input: &Schema) -> Result<Schema, Failure> {
        self.combine.schema(input, &self.other.schema())
    }

    fn apply(&self, table: &Table, _: Key, _: &dyn Progress) -> Result<Table, Failure> {
        (self.apply)(&self.combine, table, &self.other)
    }
}
