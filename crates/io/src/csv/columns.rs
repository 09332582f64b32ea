//! The columns of a text, from chunks to arrays.

use super::cells::{Found, Plan};
use super::chunk::{BadRecord, Chunk};
use super::fill::Values;
use super::layout::Layout;
use super::pass::{self, Extent, Passed, Stop, Work};
use super::place::{Finishing, Slot, Store};
use super::scan::{Fault, FaultKind};
use super::window::Body;
use crate::infer::Type;
use crate::words::Taken;
use arrow_array::{ArrayRef, NullArray};
use pipewright_table::rows::joined;
use rayon::prelude::*;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

/// The columns as read.
pub(super) struct Columns {
    /// Consecutive pieces: more than one if there were more rows than expected.
    pieces: Vec<Piece>,
    /// Columns that were reread.
    again: Option<Piece>,
    /// Which columns were reread.
    is_again: Vec<bool>,
    pub(super) bad_records: Vec<BadRecord>,
}

/// Rows of all columns, with observations per chunk.
struct Piece {
    store: Store,
    parts: Vec<(Extent, Vec<Values>)>,
}

impl Columns {
    /// Reads all records.
    pub(super) fn read(layout: &Layout, plans: &[Plan], chunk_bytes: u64) -> Result<Columns, Stop> {
        let (mut pieces, mut bad_records) = (Vec::new(), Vec::new());
        let mut body = layout.body.clone();
        loop {
            let rows = rows_expected(&body, chunk_bytes, plans.len(), layout)?;
            let mut store = Store::new(plans, rows);
            let left = Mutex::new((store.slots(), rows));
            let Passed { parts, bad_records: mut more, rest } =
                pass::run(&body, chunk_bytes, &layout.terms, &Filling { plans, layout, left })?;
            pieces.push(Piece { store, parts });
            bad_records.append(&mut more);
            match rest {
                Some(start) => body.start = start,
                None => return Ok(Columns { pieces, again: None, is_again: vec![false; plans.len()], bad_records }),
            }
        }
    }

    /// The number of rows.
    pub(super) fn rows(&self) -> usize {
        self.extents().map(|extent| extent.rows).sum()
    }

    fn extents(&self) -> impl Iterator<Item = Extent> {
        self.pieces.iter().flat_map(|piece| &piece.parts).map(|(extent, _)| *extent)
    }

    /// Returns the observations of each column.
    pub(super) fn found(&self) -> Vec<Found> {
        let mut all = vec![Found::NOTHING; self.is_again.len()];
        for (_, values) in self.pieces.iter().flat_map(|piece| &piece.parts) {
            for (found, values) in all.iter_mut().zip(values) {
                *found = found.join(values.found);
            }
        }
        all
    }

    /// Returns the words of a text column that were taken for missing values.
    pub(super) fn taken(&self, column: usize) -> Taken {
        let mut taken = Taken::default();
        let pieces = if self.is_again[column] { self.again.as_slice() } else { self.pieces.as_slice() };
        for (_, values) in pieces.iter().flat_map(|piece| &piece.parts) {
            taken.join(&values[column].taken);
        }
        taken
    }

    /// Rereads the columns whose type turned out to be different; usually none.
    pub(super) fn read_again(&mut self, layout: &Layout, plans: &[Plan], types: &[Type]) -> Result<(), Stop> {
        for column in (0..plans.len()).filter(|column| matches!(plans[*column], Plan::AtLeast(_))) {
            let parts = self.pieces.iter().flat_map(|piece| &piece.parts);
            let stored = parts.map(|(_, values)| values[column].stored);
            self.is_again[column] = !Finishing::fits(types[column], stored);
        }
        if !self.is_again.contains(&true) {
            return Ok(());
        }
        let plan =
            |column: usize| if self.is_again[column] { plans[column].settled(types[column]) } else { Plan::Skip };
        let plans: Vec<Plan> = (0..plans.len()).map(plan).collect();
        for column in (0..plans.len()).filter(|column| self.is_again[*column]) {
            self.pieces.iter_mut().for_each(|piece| piece.store.clear(column));
        }
        let mut store = Store::new(&plans, self.rows());
        let mut slots = store.slots();
        let places: Vec<(Extent, Vec<Slot<'_>>)> = self
            .extents()
            .map(|extent| (extent, slots.iter_mut().map(|slot| slot.take_front(extent.rows)).collect()))
            .collect();
        let read = |chunk: &mut Chunk, (extent, slots): (Extent, Vec<Slot<'_>>)| {
            Ok((extent, read_extent(chunk, extent, layout, &plans, slots)?))
        };
        let parts: Result<_, Stop> = places.into_par_iter().map_init(Chunk::default, read).collect();
        self.again = Some(Piece { store, parts: parts? });
        Ok(())
    }

    /// The arrays of all columns.
    pub(super) fn arrays(self, types: &[Type], plans: &[Plan]) -> Vec<ArrayRef> {
        let mut columns: Vec<Vec<Pieces>> = types.iter().map(|_| Vec::new()).collect();
        let pieces = self.pieces.into_iter().map(|piece| (piece, false));
        for (piece, again) in pieces.chain(self.again.map(|piece| (piece, true))) {
            let mut parts: Vec<Vec<(usize, Values)>> = types.iter().map(|_| Vec::new()).collect();
            for (extent, values) in piece.parts {
                parts.iter_mut().zip(values).for_each(|(part, values)| part.push((extent.rows, values)));
            }
            for (column, (finishing, parts)) in piece.store.into_columns().zip(parts).enumerate() {
                if self.is_again[column] == again {
                    columns[column].push((finishing, parts));
                }
            }
        }
        let finish = |(column, pieces): (usize, Vec<Pieces>)| -> ArrayRef {
            if plans[column] == Plan::Skip {
                return Arc::new(NullArray::new(0));
            }
            let arrays = pieces.into_iter().map(|(finishing, parts)| finishing.finish(types[column], parts));
            joined(&arrays.collect::<Vec<_>>()).expect("a text has a piece")
        };
        columns.into_par_iter().enumerate().map(finish).collect()
    }
}

/// Rereads the records of an extent, which must be unchanged.
pub(super) fn read_extent(
    chunk: &mut Chunk,
    extent: Extent,
    layout: &Layout,
    plans: &[Plan],
    slots: Vec<Slot<'_>>,
) -> Result<Vec<Values>, Stop> {
    let changed = || Stop::Fault(Fault { offset: extent.start, kind: FaultKind::Changed, shown: String::new() });
    let end = chunk.find(&layout.body, extent.start, extent.end, &layout.terms)?;
    if chunk.fault.is_some() || end != extent.end || chunk.rows() != extent.rows {
        return Err(changed());
    }
    let values = chunk.fill(plans, slots, &layout.terms).map_err(|_| changed())?;
    let is_whole = |(plan, values): (&Plan, &Values)| match plan {
        Plan::Skip | Plan::AtLeast(Type::Nothing) => true,
        plan => values.stored == Some(plan.stored()),
    };
    if plans.iter().zip(&values).all(is_whole) { Ok(values) } else { Err(changed()) }
}

/// Fills the values of chunks into the columns of a store.
struct Filling<'s> {
    plans: &'s [Plan],
    layout: &'s Layout,
    /// The remaining slots, and the number of their rows.
    left: Mutex<(Vec<Slot<'s>>, usize)>,
}

impl<'s> Work for Filling<'s> {
    type Place = Vec<Slot<'s>>;
    type Part = Vec<Values>;

    fn place(&self, rows: usize) -> Option<Vec<Slot<'s>>> {
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        let (slots, rows_left) = &mut *left;
        *rows_left = rows_left.checked_sub(rows)?;
        Some(slots.iter_mut().map(|slot| slot.take_front(rows)).collect())
    }

    fn read(&self, chunk: &mut Chunk, place: Vec<Slot<'s>>) -> Result<Vec<Values>, Fault> {
        chunk.fill(self.plans, place, &self.layout.terms)
    }
}

/// Estimates the number of records of a body, rather high; at least what one chunk can have.
fn rows_expected(body: &Body, chunk_bytes: u64, columns: usize, layout: &Layout) -> io::Result<usize> {
    const SPOTS: u64 = 16;
    const SPOT_BYTES: u64 = 16 << 10;
    let most = |bytes: u64| bytes / columns as u64 + 2;
    let (size, mut rows) = (body.size(), most(body.size()));
    if size > SPOTS * SPOT_BYTES * 4 {
        let line_end = if layout.terms.shape.marks.lone_returns { b'\r' } else { b'\n' };
        let mut spot = vec![0; SPOT_BYTES as usize];
        let mut lines = 0;
        for number in 0..SPOTS {
            body.content.read_at(body.start + (size - SPOT_BYTES) / SPOTS * number, &mut spot)?;
            lines += memchr::memchr_iter(line_end, &spot).count() as u64;
        }
        let likely = u128::from(size) * u128::from(lines) / u128::from(SPOTS * SPOT_BYTES);
        let likely = u64::try_from(likely + likely / 10).unwrap_or(u64::MAX).saturating_add(1000);
        rows = rows.min(likely.max(most(chunk_bytes)));
    }
    usize::try_from(rows).map_err(|_| io::ErrorKind::OutOfMemory.into())
}

/// The results of one pass for a column, piece by piece, and how to finish it.
type Pieces = (Finishing, Vec<(usize, Values)>);
