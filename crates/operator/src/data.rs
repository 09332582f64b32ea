//! Rows passed between stages: a table, or a stream of chunks if the table exceeds the memory limit.

use crate::work::{Fitted, Rows};
use crate::{Effect, RowsKept};
use pipewright_diagnostic::{Failure, NoProgress, Progress, code};
use pipewright_frame::{Chunks, Column, Origin, Scan, Schema, Table};
use pipewright_world::World;
use pipewright_world::random::Key;
use sha2::{Digest, Sha256};
use std::fmt;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

/// Rows. Cloning is cheap.
#[derive(Debug, Clone)]
pub enum Data {
    /// A table in memory.
    Table(Table),
    /// A stream, computed chunk by chunk on demand.
    Stream(Stream),
}

impl Data {
    /// The columns.
    #[must_use]
    pub fn schema(&self) -> Schema {
        self.chunks().schema()
    }

    /// The columns, in order.
    #[must_use]
    pub fn columns(&self) -> Vec<Column> {
        self.schema().columns().cloned().collect()
    }

    /// The file that they were read from, if any.
    #[must_use]
    pub fn origin(&self) -> Option<&Arc<Origin>> {
        match self {
            Data::Table(table) => table.origin(),
            Data::Stream(stream) => stream.scan.origin(),
        }
    }

    /// The rows in chunks.
    #[must_use]
    pub fn chunks(&self) -> &dyn Chunks {
        match self {
            Data::Table(table) => table,
            Data::Stream(stream) => stream,
        }
    }

    /// Returns the number of rows; for a stream this may take a pass.
    ///
    /// # Errors
    /// A [`Failure`] if a chunk cannot be computed.
    pub fn rows(&self) -> Result<usize, Failure> {
        match self {
            Data::Table(table) => Ok(table.rows()),
            Data::Stream(stream) => Ok(stream.ends()?.last().copied().unwrap_or(0)),
        }
    }

    /// Returns the SHA-256 of the rows as CSV, in hexadecimal, to recognise the same rows; `None` if they are not in
    /// memory.
    #[must_use]
    pub fn fingerprint(&self) -> Option<String> {
        let Data::Table(table) = self else { return None };
        let mut hash = Hash::default();
        pipewright_frame::csv::write(table, &mut hash).expect("a hash takes all bytes");
        Some(hash.hexadecimal())
    }

    /// Returns the rows as a table in memory.
    ///
    /// # Errors
    /// [`code::LIMIT_REACHED`] if they exceed the memory limit.
    pub fn table(&self) -> Result<Table, Failure> {
        match self {
            Data::Table(table) => Ok(table.clone()),
            Data::Stream(stream) => stream.gather(Ok),
        }
    }

    /// Returns some columns of all rows, as a table in memory.
    ///
    /// # Errors
    /// [`code::UNKNOWN_COLUMN`]; as [`Data::table`].
    pub fn select(&self, names: &[Arc<str>]) -> Result<Table, Failure> {
        match self {
            Data::Table(table) => table.select(names),
            Data::Stream(stream) => stream.gather(|chunk| chunk.select(names)),
        }
    }

    /// Returns the first rows, as a table in memory.
    ///
    /// # Errors
    /// As [`Data::table`].
    pub fn head(&self, count: usize) -> Result<Table, Failure> {
        let Data::Stream(stream) = self else { return Ok(self.table()?.head(count)) };
        let mut parts = vec![stream.empty()?];
        let mut rows = 0;
        for index in 0..stream.count() {
            if rows >= count {
                break;
            }
            let chunk = stream.chunk(index)?.head(count - rows);
            rows += chunk.rows();
            parts.push(chunk);
        }
        Table::concat(&parts)
    }

    /// Applies a row-by-row change.
    ///
    /// # Errors
    /// Those of the change.
    pub fn changed(&self, rows: &Arc<dyn Rows>, key: Key, progress: &dyn Progress) -> Result<Data, Failure> {
        let footprint = rows.footprint(Effect::RowsAll);
        let table = match (self, &footprint.keeps) {
            (Data::Stream(stream), keeps) if footprint.by_row() => {
                let changed = stream.then(Stage::Rows(rows.clone(), key), progress)?;
                if let RowsKept::Known(column) = keeps {
                    left_out(column, changed.count_left_out(rows.as_ref(), key)?, progress);
                }
                return Ok(Data::Stream(changed));
            }
            (Data::Stream(_), RowsKept::First(count)) => self.head(*count)?,
            (Data::Stream(_), _) => self.table()?,
            (Data::Table(table), _) => table.clone(),
        };
        let changed = rows.apply(&table, key, progress)?;
        if let RowsKept::Known(column) = &footprint.keeps {
            left_out(column, table.rows() - changed.rows(), progress);
        }
        Ok(Data::Table(changed))
    }

    /// Applies a fitted state.
    ///
    /// # Errors
    /// Those of the state.
    pub fn applied(self, state: &Arc<dyn Fitted>) -> Result<Data, Failure> {
        match self {
            Data::Table(table) => Ok(Data::Table(state.apply_owned(table)?)),
            Data::Stream(_) if !state.needs().by_row => Ok(Data::Table(state.apply_owned(self.table()?)?)),
            Data::Stream(stream) => Ok(Data::Stream(stream.then(Stage::Apply(state.clone()), &NoProgress)?)),
        }
    }

    /// Returns the rows at these positions, ascending.
    ///
    /// # Errors
    /// A [`Failure`] if a chunk cannot be computed.
    pub fn pick(&self, rows: &Arc<[u32]>) -> Result<Data, Failure> {
        match self {
            Data::Table(table) => Ok(Data::Table(table.take(rows))),
            Data::Stream(stream) => {
                let ends = stream.ends()?;
                Ok(Data::Stream(stream.then(Stage::Pick { rows: rows.clone(), ends }, &NoProgress)?))
            }
        }
    }
}

/// A writer that hashes.
#[derive(Default)]
pub(crate) struct Hash(Sha256);

impl Hash {
    pub(crate) fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    pub(crate) fn hexadecimal(self) -> String {
        self.0.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

impl io::Write for Hash {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A scan, and the stages applied to its chunks.
#[derive(Clone)]
pub struct Stream {
    scan: Arc<dyn Scan>,
    stages: Vec<Stage>,
    schema: Schema,
    /// The world in which temporary files are created.
    world: Arc<dyn World>,
    /// The memory limit of a run, in bytes.
    memory_bytes: u64,
    /// Cumulative row counts of the chunks, once counted.
    ends: Arc<OnceLock<Arc<[usize]>>>,
    /// The largest table that a chunk has become so far, in bytes.
    widest: Arc<AtomicU64>,
}

/// Chunks in flight of a stream of which none has been seen yet.
const UNSEEN_IN_FLIGHT: usize = 4;
/// Chunks in flight, at most.
const IN_FLIGHT_MAX: u64 = 32;
/// The share of the memory limit for chunks in flight: each is also text, and becomes results.
const IN_FLIGHT_SHARE: u64 = 8;

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stream")
            .field("schema", &self.schema)
            .field("stages", &self.stages.len())
            .field("memory_bytes", &self.memory_bytes)
            .finish_non_exhaustive()
    }
}

#[derive(Clone)]
enum Stage {
    Rows(Arc<dyn Rows>, Key),
    Apply(Arc<dyn Fitted>),
    /// The rows at these positions (ascending), given the ends of the chunks.
    Pick {
        rows: Arc<[u32]>,
        ends: Arc<[usize]>,
    },
}

impl Stream {
    /// Creates a stream of a scan that keeps at most `memory_bytes` in memory.
    #[must_use]
    pub fn new(scan: Arc<dyn Scan>, world: Arc<dyn World>, memory_bytes: u64) -> Stream {
        Stream {
            schema: scan.schema(),
            scan,
            stages: Vec::new(),
            world,
            memory_bytes,
            ends: Arc::default(),
            widest: Arc::default(),
        }
    }

    /// The world in which temporary files are created.
    #[must_use]
    pub fn world(&self) -> &dyn World {
        self.world.as_ref()
    }

    /// Processes chunks in parallel; results come in order.
    ///
    /// # Errors
    /// Those of `work` and of `take`, and of a chunk that cannot be computed.
    pub fn for_each<T: Send>(
        &self,
        work: impl Fn(usize, Table) -> Result<T, Failure> + Sync,
        mut take: impl FnMut(T) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let work = |index| {
            let result = work(index, self.chunk(index)?);
            let before = self.rows_before(index);
            result.map_err(|mut failure| {
                failure.place.row = failure.place.row.zip(before).map(|(row, before)| row + before as u64);
                failure
            })
        };
        pipewright_frame::for_each_chunk(self, work, &mut take)
    }

    fn then(&self, stage: Stage, progress: &dyn Progress) -> Result<Stream, Failure> {
        let empty = self.empty()?;
        let schema = match &stage {
            Stage::Rows(rows, key) => rows.apply(&empty, *key, progress)?.schema(),
            Stage::Apply(state) => state.apply(&empty)?.schema(),
            Stage::Pick { .. } => self.schema.clone(),
        };
        let ends = match &stage {
            Stage::Apply(_) => self.ends.clone(),
            _ => Arc::default(),
        };
        let stages = self.stages.iter().cloned().chain([stage]).collect();
        Ok(Stream { stages, schema, ends, widest: Arc::default(), ..self.clone() })
    }

    /// An empty table with its columns.
    fn empty(&self) -> Result<Table, Failure> {
        Table::empty(&self.schema)
    }

    /// Counts the rows that its last stage leaves out, in one pass.
    fn count_left_out(&self, rows: &dyn Rows, key: Key) -> Result<usize, Failure> {
        let before = Stream { stages: self.stages[..self.stages.len() - 1].to_vec(), ..self.clone() };
        let mut left_out = 0;
        let mut ends = Vec::with_capacity(self.count());
        let count = |_, chunk: Table| Ok((chunk.rows(), rows.apply(&chunk, key, &NoProgress)?.rows()));
        before.for_each(count, |(all, kept)| {
            left_out += all - kept;
            ends.push(ends.last().copied().unwrap_or(0) + kept);
            Ok(())
        })?;
        let _ = self.ends.set(ends.into());
        Ok(left_out)
    }

    /// Cumulative row counts of the chunks.
    fn ends(&self) -> Result<Arc<[usize]>, Failure> {
        if let Some(ends) = self.ends.get() {
            return Ok(ends.clone());
        }
        let mut ends = Vec::with_capacity(self.count());
        let mut before = 0;
        if self.stages.iter().all(|stage| matches!(stage, Stage::Apply(_))) && self.scan.rows_before(0).is_some() {
            let starts = (1..self.count()).filter_map(|index| self.scan.rows_before(index));
            ends.extend(starts.chain([self.scan.rows()]));
        } else {
            self.for_each(
                |_, chunk| Ok(chunk.rows()),
                |rows| {
                    before += rows;
                    ends.push(before);
                    Ok(())
                },
            )?;
        }
        Ok(self.ends.get_or_init(|| ends.into()).clone())
    }

    /// Applies `take` to every chunk and concatenates the results.
    ///
    /// # Errors
    /// Those of `take`; [`code::LIMIT_REACHED`] if the result exceeds the memory limit.
    pub fn gather(&self, take: impl Fn(Table) -> Result<Table, Failure> + Sync) -> Result<Table, Failure> {
        Table::concat(&self.collect(take, Table::memory_bytes)?)
    }

    /// Applies `take` to an empty table and then to every chunk, in order; `memory_bytes` gives the size of a result.
    ///
    /// # Errors
    /// Those of `take`; [`code::LIMIT_REACHED`] if the results exceed the memory limit.
    pub fn collect<T: Send>(
        &self,
        take: impl Fn(Table) -> Result<T, Failure> + Sync,
        memory_bytes: impl Fn(&T) -> u64,
    ) -> Result<Vec<T>, Failure> {
        let mut parts = vec![take(self.empty()?)?];
        self.foresee(&take, &memory_bytes)?;
        let mut bytes = 0;
        self.for_each(
            |_, chunk| take(chunk),
            |part| {
                // The parts and the concatenated table are in memory at the same time.
                bytes += 2 * memory_bytes(&part);
                parts.push(part);
                match bytes > self.memory_bytes {
                    true => Err(self.too_large(bytes)),
                    false => Ok(()),
                }
            },
        )?;
        Ok(parts)
    }

    /// Refuses results that would clearly exceed the memory limit before all chunks are read, going by a few of them.
    fn foresee<T: Send>(
        &self,
        take: impl Fn(Table) -> Result<T, Failure> + Sync,
        memory_bytes: impl Fn(&T) -> u64,
    ) -> Result<(), Failure> {
        /// Fewer chunks are read as fast as they are judged.
        const COUNT_MIN: usize = 16;
        let count = self.count();
        if count < COUNT_MIN {
            return Ok(());
        }
        let samples = [0, count / 3, 2 * count / 3, count - 2];
        let mut bytes = 0;
        for index in samples {
            match self.chunk(index).and_then(&take) {
                Ok(result) => bytes += memory_bytes(&result),
                // Another chunk may fail before it: the pass over all finds the first.
                Err(_) => return Ok(()),
            }
        }
        let foreseen = 2 * bytes.saturating_mul(count as u64) / samples.len() as u64;
        // Chunks differ: what is foreseen to be a little too much may still fit.
        if foreseen > self.memory_bytes.saturating_mul(5) / 4 { Err(self.too_large(foreseen)) } else { Ok(()) }
    }

    /// Admits work that takes this much memory besides the chunks.
    ///
    /// # Errors
    /// [`code::LIMIT_REACHED`] if it exceeds the memory limit.
    pub fn admit(&self, bytes: u64) -> Result<(), Failure> {
        if bytes > self.memory_bytes { Err(self.too_large(bytes)) } else { Ok(()) }
    }

    fn too_large(&self, bytes: u64) -> Failure {
        let (limit, needed) = (amount(self.memory_bytes), amount(bytes));
        let message = format!("the rows needed in memory take about {needed} or more, over the limit of {limit}");
        Failure::new(code::LIMIT_REACHED, message)
            .help("raise the limit: --mem 8G; or use fewer rows or columns: where, select, head")
    }
}

/// The note about rows left out because the target, `column`, is missing.
fn left_out(column: &Arc<str>, rows: usize, progress: &dyn Progress) {
    let message = match rows {
        0 => return,
        1 => "1 row without a target is left out".to_owned(),
        _ => format!("{rows} rows without a target are left out"),
    };
    progress.notice(Failure::note(code::ROWS_LEFT_OUT, message).column(&**column));
}

fn amount(bytes: u64) -> String {
    if bytes < 10 << 20 { format!("{} KiB", bytes >> 10) } else { format!("{} MiB", bytes >> 20) }
}

impl Chunks for Stream {
    fn schema(&self) -> Schema {
        self.schema.clone()
    }

    fn count(&self) -> usize {
        self.scan.count()
    }

    fn chunk(&self, index: usize) -> Result<Table, Failure> {
        let mut table = self.scan.chunk(index)?;
        let mut widest = table.memory_bytes();
        for stage in &self.stages {
            table = match stage {
                Stage::Rows(rows, key) => rows.apply(&table, *key, &NoProgress)?,
                Stage::Apply(state) => state.apply_owned(table)?,
                Stage::Pick { rows, ends } => {
                    let start = if index == 0 { 0 } else { ends[index - 1] };
                    let first = rows.partition_point(|&row| (row as usize) < start);
                    let last = rows.partition_point(|&row| (row as usize) < ends[index]);
                    let local: Vec<u32> = rows[first..last].iter().map(|&row| row - start as u32).collect();
                    table.take(&local)
                }
            };
            widest = widest.max(table.memory_bytes());
        }
        self.widest.fetch_max(widest, Ordering::Relaxed);
        Ok(table)
    }

    fn in_flight(&self) -> usize {
        match self.widest.load(Ordering::Relaxed) {
            0 => UNSEEN_IN_FLIGHT,
            widest => (self.memory_bytes / IN_FLIGHT_SHARE / widest).clamp(1, IN_FLIGHT_MAX) as usize,
        }
    }

    fn rows_before(&self, index: usize) -> Option<usize> {
        let is_counted = self.stages.iter().all(|stage| matches!(stage, Stage::Apply(_)));
        if is_counted { self.scan.rows_before(index) } else { None }
    }

    fn table(&self) -> Result<Table, Failure> {
        self.gather(Ok)
    }

    fn budget_bytes(&self) -> Option<u64> {
        Some(self.memory_bytes)
    }
}

#[cfg(test)]
mod tests;
