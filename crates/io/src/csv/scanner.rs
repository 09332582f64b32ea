//! Chunk-wise reading of a text: one pass determines the types of the whole text and the chunk boundaries.

use super::cells::{Found, Plan};
use super::chunk::{Chunk, Terms};
use super::columns::read_extent;
use super::decided::Decided;
use super::dialect::Dialect;
use super::fill::Values;
use super::layout::Layout;
use super::observed::Observed;
use super::pass::{self, Extent, Passed, Stop, Work};
use super::place::{Finishing, Store};
use super::scan::Fault;
use super::{declared, failure};
use crate::ReadOptions;
use crate::infer::Type;
use crate::several::conformed;
use crate::source::{Rejected, Scan};
use arrow_array::ArrayRef;
use arrow_array::cast::AsArray;
use pipewright_diagnostic::Failure;
use pipewright_table::{Chunks, Column, Origin, Schema, Table};
use pipewright_world::Content;
use rayon::prelude::*;
use std::sync::Arc;

/// Scans a whole file.
pub(super) fn scan(content: &Arc<dyn Content>, options: &ReadOptions) -> Result<Arc<dyn Scan>, Failure> {
    let layout = Layout::find(content, false, options)?;
    let chunk_bytes = layout.chunk_bytes(options.limits.chunk_bytes);
    if let Some(opened) = declared::opened(&layout, options) {
        let scan = in_chunks(layout.under(&opened), &opened, chunk_bytes)?;
        let schema = scan.schema();
        if declared::holds(&schema, options) {
            return Ok(conformed(Arc::new(scan), declared::columns(&schema, options)));
        }
    }
    Ok(Arc::new(in_chunks(layout, options, chunk_bytes)?))
}

/// Scans all records of a text in chunks of `chunk_bytes` bytes.
pub(super) fn in_chunks(layout: Layout, options: &ReadOptions, chunk_bytes: u64) -> Result<CsvScan, Failure> {
    let told = |stop| layout.stopped(stop, options);
    let plans = layout.plans(options).map_err(told)?;
    let passed = pass::run(&layout.body, chunk_bytes, &layout.terms, &Looking { plans: &plans, terms: &layout.terms });
    let Passed { parts, bad_records, rest: _ } = passed.map_err(told)?;
    let mut found = vec![Found::NOTHING; plans.len()];
    let mut observed = vec![Observed::nothing(); plans.len()];
    let extents: Vec<Extent> = parts.iter().map(|(extent, _)| *extent).filter(|extent| extent.rows > 0).collect();
    let mut rows = 0;
    for (extent, seen) in parts {
        for seen in seen {
            found[seen.column] = found[seen.column].join(seen.found);
            observed[seen.column].join(seen.observed, rows);
        }
        rows += extent.rows;
    }
    let mut decided = Decided::new(&layout, &plans, &found, options);
    let late: Vec<usize> =
        decided.open.iter().copied().filter(|column| plans[*column] != Plan::AtLeast(Type::Text)).collect();
    if !late.is_empty() {
        let late = late_observations(&layout, &late, &extents).map_err(told)?;
        late.into_iter().for_each(|(column, late)| observed[column] = late);
    }
    let observed: Vec<Observed> = decided.open.iter().map(|column| observed[*column].clone()).collect();
    decided.refine(&layout, &observed, options);
    let plans = plans.iter().zip(&decided.types).map(|(plan, kind)| plan.settled(*kind)).collect();
    let (rejected, note) =
        failure::bad_records(bad_records, &*layout.body.content, &layout.names, &layout.terms.shape, options)?;
    decided.notes.extend(note);
    let mut rows_before = vec![0];
    rows_before.extend(extents.iter().scan(0, |rows, extent| {
        *rows += extent.rows;
        Some(*rows)
    }));
    Ok(CsvScan { layout, plans, decided, extents, rows_before, rejected, options: options.clone() })
}

/// A scanned text with known chunks.
pub(super) struct CsvScan {
    layout: Layout,
    plans: Vec<Plan>,
    decided: Decided,
    extents: Vec<Extent>,
    /// The rows before each chunk, followed by the total.
    rows_before: Vec<usize>,
    rejected: Vec<Rejected>,
    options: ReadOptions,
}

impl CsvScan {
    fn wanted(&self) -> impl Iterator<Item = usize> {
        (0..self.plans.len()).filter(|column| self.plans[*column] != Plan::Skip)
    }

    fn columns(&self) -> impl Iterator<Item = Column> {
        self.wanted().map(|column| self.decided.column(&self.layout, column, &self.options))
    }
}

impl Chunks for CsvScan {
    fn schema(&self) -> Schema {
        Schema::new(self.columns())
    }

    fn count(&self) -> usize {
        self.extents.len()
    }

    fn chunk(&self, index: usize) -> Result<Table, Failure> {
        let extent = self.extents[index];
        let arrays = chunk_arrays(&mut Chunk::default(), extent, &self.layout, &self.plans);
        let arrays = arrays.map_err(|stop| self.layout.stopped(stop, &self.options))?;
        let unchanged = self.layout.body.content.unchanged();
        unchanged.map_err(|error| crate::source::unreadable(&error, &self.options))?;
        let arrays = self.wanted().map(|column| self.decided.apply(column, &arrays[column])).collect();
        let table = Table::with_rows(self.columns().collect(), arrays, extent.rows)?;
        Ok(table.with_origin(Some(self.layout.origin.clone())))
    }

    fn rows_before(&self, index: usize) -> Option<usize> {
        self.rows_before.get(index).copied()
    }
}

impl Scan for CsvScan {
    fn rows(&self) -> usize {
        self.rows_before.last().copied().unwrap_or(0)
    }

    fn notes(&self) -> &[Failure] {
        &self.decided.notes
    }

    fn rejected(&self) -> &[Rejected] {
        &self.rejected
    }

    fn origin(&self) -> Option<&Arc<Origin>> {
        Some(&self.layout.origin)
    }
}

/// Observations in a column of a chunk.
struct Seen {
    column: usize,
    found: Found,
    observed: Observed,
}

/// Observes the values of chunks without storing any.
struct Looking<'a> {
    plans: &'a [Plan],
    terms: &'a Terms,
}

impl Work for Looking<'_> {
    type Place = usize;
    type Part = Vec<Seen>;

    fn place(&self, rows: usize) -> Option<usize> {
        Some(rows)
    }

    fn read(&self, chunk: &mut Chunk, rows: usize) -> Result<Vec<Seen>, Fault> {
        let mut store = Store::new(self.plans, rows);
        let values = chunk.fill(self.plans, store.slots(), self.terms)?;
        let mut all = Vec::new();
        for (column, (finishing, values)) in store.into_columns().zip(values).enumerate() {
            let (plan, found) = (self.plans[column], values.found);
            let observed = match plan {
                Plan::AtLeast(Type::Text) => observed(finishing, values, rows, &self.terms.rules.dialect),
                _ => Observed::nothing(),
            };
            if plan != Plan::Skip {
                all.push(Seen { column, found, observed });
            }
        }
        Ok(all)
    }
}

/// Returns the observations in a text column of a chunk.
fn observed(finishing: Finishing, mut values: Values, rows: usize, dialect: &Dialect) -> Observed {
    let taken = std::mem::take(&mut values.taken);
    Observed::of(finishing.finish(Type::Text, vec![(rows, values)]).as_string(), taken, dialect)
}

/// Returns the observations in columns that turned out to be text only later.
fn late_observations(layout: &Layout, columns: &[usize], extents: &[Extent]) -> Result<Vec<(usize, Observed)>, Stop> {
    let mut plans = vec![Plan::Skip; layout.names.len()];
    columns.iter().for_each(|column| plans[*column] = Plan::AtLeast(Type::Text));
    let of_extent = |chunk: &mut Chunk, extent: &Extent| -> Result<Vec<Observed>, Stop> {
        let filled = chunk_values(chunk, *extent, layout, &plans)?;
        let texts = filled.into_iter().enumerate().filter(|(column, _)| plans[*column] != Plan::Skip);
        let dialect = &layout.terms.rules.dialect;
        Ok(texts.map(|(_, (finishing, values))| observed(finishing, values, extent.rows, dialect)).collect())
    };
    let all: Result<Vec<Vec<Observed>>, Stop> = extents.par_iter().map_init(Chunk::default, of_extent).collect();
    let mut joined: Vec<(usize, Observed)> = columns.iter().map(|column| (*column, Observed::nothing())).collect();
    let mut rows = 0;
    for (extent, observed) in extents.iter().zip(all?) {
        joined.iter_mut().zip(observed).for_each(|((_, joined), more)| joined.join(more, rows));
        rows += extent.rows;
    }
    Ok(joined)
}

/// Returns the values of one chunk, with the types of the whole text.
fn chunk_values(
    chunk: &mut Chunk,
    extent: Extent,
    layout: &Layout,
    plans: &[Plan],
) -> Result<Vec<(Finishing, Values)>, Stop> {
    let mut store = Store::new(plans, extent.rows);
    let values: Vec<Values> = read_extent(chunk, extent, layout, plans, store.slots())?;
    Ok(store.into_columns().zip(values).collect())
}

/// Returns the arrays of one chunk, with the types of the whole text.
fn chunk_arrays(chunk: &mut Chunk, extent: Extent, layout: &Layout, plans: &[Plan]) -> Result<Vec<ArrayRef>, Stop> {
    let finish = |(column, (finishing, values)): (usize, (Finishing, Values))| {
        finishing.finish(plans[column].stored(), vec![(extent.rows, values)])
    };
    Ok(chunk_values(chunk, extent, layout, plans)?.into_iter().enumerate().map(finish).collect())
}
