//! Decoding of batches, several in parallel.

use super::messages::{Messages, Place, check, damaged, failure};
use crate::ReadOptions;
use crate::arrow::{Allowance, Cells, Gather, Layout, Loss, width};
use crate::source::guarded;
use arrow_array::{ArrayRef, RecordBatch};
use arrow_ipc::reader::{read_dictionary, read_record_batch};
use pipewright_diagnostic::{Failure, code};
use pipewright_table::{Schema, Table};
use pipewright_world::Content;
use rayon::prelude::*;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

/// An open file whose batches can be decoded independently.
pub(super) struct Opened {
    pub(super) messages: Messages,
    pub(super) layout: Layout,
    /// The rows of each batch, and those before it.
    pub(super) rows: Vec<usize>,
    pub(super) before: Vec<usize>,
    /// The dictionaries of each batch.
    dictionaries: Vec<Arc<Dictionaries>>,
    /// The indices of the requested fields.
    fields: Vec<usize>,
    allowance: Allowance,
}

type Dictionaries = HashMap<i64, ArrayRef>;

/// Size of the batches decoded in parallel.
const WAVE_BYTES: u64 = 64 << 20;

/// Finds the batches and reads the dictionaries.
pub(super) fn open(content: &Arc<dyn Content>, truncated: bool, options: &ReadOptions) -> Result<Opened, Failure> {
    let messages = guarded(options, || Messages::find(content, truncated, options))?;
    let layout = Layout::of(messages.schema.fields(), options)?;
    let fields: BTreeSet<usize> = layout.sources.iter().filter_map(|source| source.path.first().copied()).collect();
    let mut opened = Opened {
        messages,
        layout,
        rows: Vec::new(),
        before: Vec::new(),
        dictionaries: Vec::new(),
        fields: fields.into_iter().collect(),
        allowance: Allowance::new(content.size(), options),
    };
    guarded(options, || opened.count(options))?;
    // A look at the head needs no values.
    if !truncated {
        guarded(options, || opened.read_dictionaries(options))?;
    }
    Ok(opened)
}

/// A column of a batch, and what its conversion lost.
type Part = (ArrayRef, Option<Loss>);

impl Opened {
    pub(super) fn schema(&self) -> Schema {
        Schema::new(self.layout.sources.iter().map(|source| source.column.clone()))
    }

    pub(super) fn all_rows(&self) -> usize {
        self.rows.iter().sum()
    }

    /// Returns the memory of the table, without texts.
    pub(super) fn memory_bytes(&self) -> u64 {
        let of_row = self.layout.sources.iter().map(|source| width(&source.stored)).fold(0, u64::saturating_add);
        of_row.saturating_mul(self.all_rows() as u64)
    }

    fn count(&mut self, options: &ReadOptions) -> Result<(), Failure> {
        let mut total = 0_u64;
        for place in self.messages.batches.clone() {
            let loaded = self.messages.header(place, options)?;
            let batch = loaded.message(options)?.header_as_record_batch();
            let batch = batch.ok_or_else(|| damaged("a block that is no batch", options))?;
            let rows = check(batch, &[], &self.allowance, options)?;
            self.before.push(total as usize);
            self.rows.push(rows);
            total += rows as u64;
        }
        if u32::try_from(total).is_err() {
            let message = format!("{total} rows; a table has at most 4,294,967,295");
            return Err(Failure::new(code::LIMIT_REACHED, message).file(&options.name));
        }
        self.allowance.admit(self.memory_bytes(), options)
    }

    /// Reads the dictionaries; a batch uses those before it.
    fn read_dictionaries(&mut self, options: &ReadOptions) -> Result<(), Failure> {
        let mut known = Arc::new(Dictionaries::new());
        let mut read = 0;
        let places = self.messages.dictionaries.clone();
        for batch in self.messages.batches.clone() {
            for &place in &places[read..batch.after.max(read)] {
                self.read_dictionary(place, Arc::make_mut(&mut known), options)?;
            }
            read = read.max(batch.after);
            self.dictionaries.push(known.clone());
        }
        Ok(())
    }

    fn read_dictionary(&self, place: Place, known: &mut Dictionaries, options: &ReadOptions) -> Result<(), Failure> {
        let loaded = self.messages.load(place, options)?;
        let message = loaded.message(options)?;
        let batch = message.header_as_dictionary_batch();
        let batch = batch.ok_or_else(|| damaged("a block that is no dictionary", options))?;
        if let Some(data) = batch.data() {
            let rows = check(data, &loaded.body, &self.allowance, options)?;
            self.allowance.admit(rows as u64, options)?;
        }
        read_dictionary(&loaded.body, batch, &self.messages.schema, known, &message.version())
            .map_err(|error| failure(&error, options))
    }

    /// Reads some fields of a batch.
    fn batch(&self, index: usize, fields: &[usize], options: &ReadOptions) -> Result<RecordBatch, Failure> {
        let decode = || {
            let loaded = self.messages.load(self.messages.batches[index], options)?;
            let message = loaded.message(options)?;
            let batch = message.header_as_record_batch();
            let batch = batch.ok_or_else(|| damaged("a block that is no batch", options))?;
            let rows = check(batch, &loaded.body, &self.allowance, options)?;
            let (schema, dictionaries) = (self.messages.schema.clone(), &self.dictionaries[index]);
            let batch = read_record_batch(&loaded.body, batch, schema, dictionaries, Some(fields), &message.version());
            let batch = batch.map_err(|error| failure(&error, options))?;
            if batch.num_rows() != rows || rows != self.rows[index] {
                return Err(damaged("a batch whose number of rows differs from its header", options));
            }
            Ok(batch)
        };
        guarded(options, decode).map_err(|failed| {
            let message = format!("{} (batch {index})", failed.message);
            if failed.code == code::BAD_FILE { Failure { message, ..failed } } else { failed }
        })
    }

    /// Returns the values of a column in a batch of some fields.
    fn cells(
        &self,
        column: usize,
        batch: &RecordBatch,
        fields: &[usize],
        options: &ReadOptions,
    ) -> Result<Cells, Failure> {
        let mut path = self.layout.sources[column].path.clone();
        let place = path.first().and_then(|first| fields.iter().position(|field| field == first));
        if let (Some(first), Some(place)) = (path.first_mut(), place) {
            *first = place;
        }
        Cells::of(batch.columns(), &path).ok_or_else(|| damaged("a column whose type differs from the schema", options))
    }

    /// Resolves types that depend on the values: one pass over those columns.
    pub(super) fn settle(&mut self, options: &ReadOptions) -> Result<Vec<Failure>, Failure> {
        let mut notes = Vec::new();
        for column in 0..self.layout.sources.len() {
            let source = &self.layout.sources[column];
            if source.is_open() {
                let fields = [source.path[0]];
                let fits = |index: usize| {
                    let batch = self.batch(index, &fields, options)?;
                    let cells = self.cells(column, &batch, &fields, options)?;
                    guarded(options, || Ok(source.fits(&cells)))
                };
                let all = (0..self.rows.len()).into_par_iter().with_max_len(1).map(fits);
                let fit = all.try_reduce(|| true, |left, right| Ok(left && right))?;
                notes.extend(self.layout.sources[column].settle(fit, options));
            }
        }
        Ok(notes)
    }

    /// Converts all columns of a batch, and returns what they lost.
    fn converted(&self, index: usize, options: &ReadOptions) -> Result<Vec<Part>, Failure> {
        let batch = self.batch(index, &self.fields, options)?;
        let column = |column: usize| {
            let cells = self.cells(column, &batch, &self.fields, options)?;
            let (source, before) = (&self.layout.sources[column], self.before[index]);
            let convert = || source.convert(&cells, before, &self.allowance, options);
            let converted = guarded(options, convert)?;
            Ok((converted.array, converted.lost))
        };
        (0..self.layout.sources.len()).into_par_iter().with_max_len(1).map(column).collect()
    }

    /// Reads a batch as a table.
    pub(super) fn chunk(&self, index: usize, options: &ReadOptions) -> Result<Table, Failure> {
        let arrays = self.converted(index, options)?.into_iter().map(|(array, _)| array).collect();
        Table::with_rows(self.schema().columns().cloned().collect(), arrays, self.rows[index])
    }

    /// Reads all batches as one table, with notes.
    pub(super) fn table(&self, options: &ReadOptions) -> Result<(Table, Vec<Failure>), Failure> {
        let (rows, sources) = (self.all_rows(), &self.layout.sources);
        let mut columns: Vec<(Gather, Option<Loss>)> =
            sources.iter().map(|source| (Gather::new(source.column.kind, rows), None)).collect();
        let mut start = 0;
        while start < self.rows.len() {
            let end = self.wave(start);
            let wave: Vec<Vec<Part>> = (start..end)
                .into_par_iter()
                .with_max_len(1)
                .map(|index| self.converted(index, options))
                .collect::<Result<_, Failure>>()?;
            let mut parts: Vec<Vec<Part>> = sources.iter().map(|_| Vec::new()).collect();
            for batch in wave {
                batch.into_iter().zip(&mut parts).for_each(|(part, column)| column.push(part));
            }
            let joined = columns.par_iter_mut().zip(parts).with_max_len(1);
            joined.for_each(|((gather, lost), parts)| {
                for (part, more) in parts {
                    *lost = lost.or(more);
                    gather.push(part);
                }
            });
            start = end;
        }
        let lost =
            columns.iter().zip(sources).filter_map(|((_, lost), source)| Some(source.loss_note((*lost)?, options)));
        let notes = lost.collect();
        let arrays = columns.into_par_iter().map(|(gather, _)| gather.finish()).collect();
        let table = Table::with_rows(sources.iter().map(|source| source.column.clone()).collect(), arrays, rows)?;
        Ok((table, notes))
    }

    /// Returns the end of the batches decoded together with the one at `start`.
    fn wave(&self, start: usize) -> usize {
        let mut bytes = 0_u64;
        let places = self.messages.batches[start..].iter();
        let more = places.take_while(|place| {
            let first = bytes == 0;
            bytes = bytes.saturating_add(place.bytes());
            first || bytes <= WAVE_BYTES
        });
        start + more.count().max(1)
    }
}
