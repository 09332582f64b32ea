//! A second table, ready to be joined or appended.

use pipewright_diagnostic::{Failure, Progress};
use pipewright_frame::{Schema, Table};
use pipewright_operator::work::{Combine, Rows};
use pipewright_operator::{Effect, Footprint, Neighbours};
use pipewright_world::random::Key;

/// Combines rows with a second table.
pub(super) struct OtherRows<C> {
    pub(super) combine: C,
    pub(super) other: Table,
    /// Is each row transformed independently of the others?
    pub(super) by_row: bool,
    pub(super) apply: fn(&C, &Table, &Table, &dyn Progress) -> Result<Table, Failure>,
}

impl<C: Combine> Rows for OtherRows<C> {
    fn footprint(&self, verb: Effect) -> Footprint {
        let neighbours = if self.by_row { Neighbours::NONE } else { Neighbours::ALL };
        self.combine.footprint(verb).looking_at(neighbours)
    }

    fn schema(&self, input: &Schema) -> Result<Schema, Failure> {
        self.combine.schema(input, &self.other.schema())
    }

    fn apply(&self, table: &Table, _: Key, progress: &dyn Progress) -> Result<Table, Failure> {
        (self.apply)(&self.combine, table, &self.other, progress)
    }
}
