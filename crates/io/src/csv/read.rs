//! Reading of a table from the bytes of a file.

use super::cells::{Found, Plan};
use super::chunk::Chunk;
use super::columns::Columns;
use super::decided::Decided;
use super::layout::Layout;
use super::observed::Observed;
use super::pass::Stop;
use super::place::Slot;
use super::quoting::{Meaning, Quotes};
use super::{declared, failure, sniff, suspect};
use crate::ReadOptions;
use crate::infer::Type;
use crate::source::{Reading, Sketch};
use crate::words::Taken;
use arrow_array::ArrayRef;
use arrow_array::cast::AsArray;
use pipewright_diagnostic::{Failure, code};
use pipewright_table::{Column, Table};
use pipewright_world::Content;
use rayon::prelude::*;
use std::sync::Arc;

/// Bytes per chunk, small enough for the cache. Results do not depend on it.
const CHUNK_BYTES: u64 = 512 << 10;

/// Minimum bytes of a chunk per column, since each takes some memory.
const BYTES_A_COLUMN: u64 = 256;

/// Reads a whole file.
pub(super) fn read(content: &Arc<dyn Content>, options: &ReadOptions) -> Result<Reading, Failure> {
    let layout = Layout::find(content, false, options)?;
    table(&layout, options, layout.chunk_bytes(CHUNK_BYTES))
}

/// Bytes of the head that a sketch reads.
const SKETCH_BYTES: usize = 1 << 20;

/// Sketches a file from its head.
pub(super) fn sketch(content: &Arc<dyn Content>, truncated: bool, options: &ReadOptions) -> Result<Sketch, Failure> {
    let head = content.start(SKETCH_BYTES).map_err(|error| crate::source::unreadable(&error, options))?;
    let (seen, size) = (head.len() as u64, content.size());
    let truncated = truncated || seen < size;
    let head: Arc<dyn Content> = Arc::new(head);
    let layout = Layout::find(&head, truncated, options)?;
    let reading = table(&layout, options, layout.chunk_bytes(CHUNK_BYTES))?;
    let (schema, rows) = (reading.table.schema(), reading.table.rows());
    let read = layout.body.size().max(1);
    let all = read.max(size - seen + read);
    let memory_bytes = u128::from(reading.table.memory_bytes()) * u128::from(all) / u128::from(read);
    Ok(Sketch {
        schema,
        certain: !truncated && rows > 0,
        rows_seen: rows,
        memory_bytes: u64::try_from(memory_bytes).unwrap_or(u64::MAX),
        notes: reading.notes.clone(),
        whole: (!truncated).then_some(reading),
    })
}

/// Reads all records of a text in chunks of `chunk_bytes` bytes.
pub(super) fn table(layout: &Layout, options: &ReadOptions, chunk_bytes: u64) -> Result<Reading, Failure> {
    if let Some(opened) = declared::opened(layout, options) {
        let reading = plain_table(&layout.under(&opened), &opened, chunk_bytes)?;
        let schema = reading.table.schema();
        if declared::holds(&schema, options) {
            let table = reading.table.conform(&declared::columns(&schema, options))?;
            return Ok(Reading { table: table.with_origin(reading.table.origin().cloned()), ..reading });
        }
    }
    plain_table(layout, options, chunk_bytes)
}

/// Like [`table`], where every declared type is read in its default format.
pub(super) fn plain_table(layout: &Layout, options: &ReadOptions, chunk_bytes: u64) -> Result<Reading, Failure> {
    let told = |stop| layout.stopped(stop, options);
    let plans = layout.plans(options).map_err(told)?;
    let mut read = Columns::read(layout, &plans, chunk_bytes).map_err(told)?;
    if u32::try_from(read.rows()).is_err() {
        return Err(Failure::new(code::LIMIT_REACHED, "a table has at most 4,294,967,295 rows").file(&options.name));
    }
    let mut decided = Decided::new(layout, &plans, &read.found(), options);
    read.read_again(layout, &plans, &decided.types).map_err(told)?;
    let (rows, bad_records) = (read.rows(), std::mem::take(&mut read.bad_records));
    let taken: Vec<Taken> = decided.open.iter().map(|column| read.taken(*column)).collect();
    let arrays = read.arrays(&decided.types, &plans);
    let observed: Vec<Observed> = decided
        .open
        .par_iter()
        .zip(taken)
        .map(|(column, taken)| Observed::of(arrays[*column].as_string(), taken, &layout.terms.rules.dialect))
        .collect();
    decided.refine(layout, &observed, options);
    let wanted: Vec<usize> = (0..plans.len()).filter(|column| plans[*column] != Plan::Skip).collect();
    let columns: Vec<Column> = wanted.iter().map(|column| decided.column(layout, *column, options)).collect();
    let arrays: Vec<ArrayRef> = wanted.par_iter().map(|column| decided.apply(*column, &arrays[*column])).collect();
    let table = Table::with_rows(columns, arrays, rows)?.with_origin(Some(layout.origin.clone()));
    let mut notes = decided.notes;
    notes.extend(suspect::almost_numbers(&table, options));
    let (rejected, note) =
        failure::bad_records(bad_records, &*layout.body.content, &layout.names, &layout.terms.shape, options)?;
    notes.extend(note);
    Ok(Reading { table, notes, rejected })
}

impl Layout {
    /// Returns the chunk size: about `chunk_bytes`, or more if there are many columns.
    pub(super) fn chunk_bytes(&self, chunk_bytes: u64) -> u64 {
        chunk_bytes.max(BYTES_A_COLUMN * self.names.len() as u64)
    }

    /// Creates the failure of a stopped pass.
    pub(super) fn stopped(&self, stop: Stop, options: &ReadOptions) -> Failure {
        match stop {
            Stop::Fault(fault) => self.failure(&fault, options),
            Stop::Io(error) => crate::source::unreadable(&error, options),
        }
    }

    /// Returns how each column is read: as declared, or at least as the head suggests.
    pub(super) fn plans(&self, options: &ReadOptions) -> Result<Vec<Plan>, Stop> {
        let plan = |name: &Arc<str>| match options.kinds.get(&**name) {
            _ if !options.wants(name) => Plan::Skip,
            Some(kind) => Plan::Exactly(Type::of(*kind)),
            None if options.texts.contains(&**name) => Plan::Quoted(Type::Text),
            None => Plan::AtLeast(Type::Nothing),
        };
        let mut plans: Vec<Plan> = self.names.iter().map(plan).collect();
        let open = |plan: &Plan| if let Plan::AtLeast(_) = plan { *plan } else { Plan::Skip };
        let start = self.body.start;
        let mut chunk = Chunk::default();
        chunk.find(&self.body, start, self.body.end.min(start + sniff::SAMPLE_BYTES as u64), &self.terms)?;
        let noticed: Vec<Plan> = plans.iter().map(open).collect();
        let slots = plans.iter().map(|_| Slot::None).collect();
        let values = chunk.fill(&noticed, slots, &self.terms).map_err(Stop::Fault)?;
        for (plan, values) in plans.iter_mut().zip(values) {
            if let Plan::AtLeast(kind) = plan {
                *kind = values.found.first_type();
            }
        }
        if self.quotes != Meaning::Nothing {
            let mut quotes = vec![Quotes::default(); plans.len()];
            chunk.each_field(&self.terms, |column, field| quotes[column].add(&field, &self.terms.rules));
            for (plan, quotes) in plans.iter_mut().zip(quotes) {
                if let Plan::AtLeast(otherwise) = *plan
                    && quotes.say_text(self.quotes)
                {
                    *plan = Plan::Quoted(otherwise);
                }
            }
        }
        Ok(plans)
    }
}

impl Plan {
    /// Returns the type of a column read with this plan, given the observations.
    pub(super) fn final_type(self, found: Found) -> Type {
        match self {
            Plan::AtLeast(_) => found.column_type(),
            plan => plan.stored(),
        }
    }

    /// Returns the plan for rereading a column of known type.
    pub(super) fn settled(self, kind: Type) -> Plan {
        if let Plan::AtLeast(_) = self { Plan::AtLeast(kind) } else { self }
    }
}
