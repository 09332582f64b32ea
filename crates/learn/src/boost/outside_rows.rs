//! Rows in bins in a temporary file, with their labels.

use super::Gbdt;
use super::early;
use super::rounds::histogram_bytes;
use super::scores::{Goal, ROWS};
use crate::class_weights::{add_weights, balancing};
use crate::data::{Dataset, Target};
use crate::held_out::{Folds, MANY_ROWS, count_groups};
use crate::passes::Passes;
use crate::tree::{Binned, BinnedWriter, Bins, Input, LANES, Seen, bins_of_chunk};
use pipewright_diagnostic::{Failure, code, room_for};
use pipewright_world::Content;
use pipewright_world::random::Key;
use std::collections::BTreeMap;
use std::io;
use std::ops::Range;
use std::sync::Arc;

/// Rows per part.
pub(super) const PART: usize = 4 * ROWS;

/// The bytes of a number in the file.
const NUMBER: usize = size_of::<f64>();

/// All rows: part by part, the bins of the rows of a part, their targets, and their weights if they have any.
pub(super) struct OutsideRows {
    pub(super) count: usize,
    pub(super) bins: Arc<[Bins]>,
    pub(super) inputs: Vec<Input>,
    /// The goal, of no rows.
    pub(super) goal: Goal,
    content: Arc<dyn Content>,
    has_weights: bool,
    /// The factor on the weights of each class.
    balance: Option<Vec<f64>>,
    /// The fold of each row; empty without early stopping.
    folds: Vec<u8>,
}

/// What the first pass finds out about targets, weights and groups.
struct Facts {
    goal: Option<Goal>,
    has_weights: bool,
    /// The sum of the weights of each class.
    class_weights: Vec<f64>,
    groups: Option<BTreeMap<u32, usize>>,
    /// The targets of the first rows, as numbers.
    first: Vec<f64>,
}

impl Facts {
    fn add(&mut self, gbdt: &Gbdt, chunk: &Dataset, start: usize) -> Result<(), Failure> {
        let goal = Goal::of(gbdt, chunk.target()).map_err(|mut failure| {
            failure.place.row = failure.place.row.map(|row| row + start as u64);
            failure
        })?;
        if goal.loss().and_then(|loss| loss.leaf_quantile()).is_some() {
            let message = "this loss needs all rows in memory, since the values of leaves are quantiles";
            return Err(Failure::new(code::LIMIT_REACHED, message)
                .help("use another loss, such as `loss=huber`, or raise the limit: --mem 8G"));
        }
        self.has_weights |= chunk.weights().is_some();
        if let Target::Classes { codes, count } = chunk.target() {
            self.class_weights.resize(*count, 0.0);
            add_weights(codes, chunk.weights(), &mut self.class_weights);
        }
        if let Some(groups) = chunk.groups() {
            count_groups(groups, self.groups.get_or_insert_default());
        }
        if self.first.len() <= MANY_ROWS {
            self.first.extend(goal.numbers());
        }
        self.goal = Some(goal.of_rows(Vec::new()));
        Ok(())
    }

    /// The targets of all rows, if these are not many.
    fn target(&self) -> Target {
        match self.class_weights.len() {
            0 => Target::Numbers(self.first.clone()),
            count => Target::Classes { codes: self.first.iter().map(|&code| code as u32).collect(), count },
        }
    }
}

/// The rows, and the folds that are held out with the number of members.
pub(super) type Held = (OutsideRows, Option<(Folds, usize)>);

impl OutsideRows {
    /// Reads the rows in three passes: levels and facts, a sample of numbers, and the bins of all.
    ///
    /// # Errors
    /// Those of the passes; [`code::TOO_FEW_ROWS`] if there are none; [`code::LIMIT_REACHED`].
    pub(super) fn read(gbdt: &Gbdt, train: &dyn Passes, key: Key) -> Result<Held, Failure> {
        let mut seen = Seen::new(train.names().len());
        let mut facts =
            Facts { goal: None, has_weights: false, class_weights: Vec::new(), groups: None, first: Vec::new() };
        train.each(&mut |chunk| {
            facts.add(gbdt, &chunk, seen.rows())?;
            seen.add(&chunk.features)
        })?;
        let count = seen.rows();
        let goal = facts.goal.take().filter(|_| count > 0);
        let goal = goal.ok_or_else(|| Failure::new(code::TOO_FEW_ROWS, "there are no rows to learn from"))?;
        check_room(gbdt, count, goal.outputs(), train.names().len())?;
        let mut sampling = seen.sampling(gbdt.bins, key.child("bins"))?;
        train.each(&mut |chunk| {
            sampling.add(&chunk.features);
            Ok(())
        })?;
        let (bins, inputs) = sampling.finish();
        let folds = early::folds(gbdt, count, &facts.target(), facts.groups.as_ref(), key.child("folds"));
        let balance = (gbdt.balanced && !facts.class_weights.is_empty()).then(|| balancing(&facts.class_weights));
        let has_weights = facts.has_weights;
        let mut rows = OutsideRows {
            count,
            bins: bins.into(),
            inputs,
            goal,
            content: Arc::new(Vec::new()),
            has_weights,
            balance,
            folds: Vec::new(),
        };
        rows.fill(gbdt, train, folds.as_ref().map(|(folds, _)| folds))?;
        Ok((rows, folds))
    }

    /// The last pass: writes the file.
    fn fill(&mut self, gbdt: &Gbdt, train: &dyn Passes, folds: Option<&Folds>) -> Result<(), Failure> {
        let mut failure = None;
        let (bins, inputs, has_weights) = (&self.bins, &self.inputs, self.has_weights);
        let mut fold_of = Vec::with_capacity(if folds.is_some() { self.count } else { 0 });
        let filled = train.scratch(&mut |out| {
            let mut pending = Pending { bins: BinnedWriter::new(bins.len()), labels: Vec::new(), weights: Vec::new() };
            let done = train.each(&mut |chunk| {
                if let Some(folds) = folds {
                    let group = |row: usize| chunk.groups().map(|groups| groups[row]);
                    let start = fold_of.len();
                    fold_of.extend((0..chunk.rows()).map(|row| folds.fold(start + row, group(row))));
                }
                let of_chunk = bins_of_chunk(&chunk.features, bins, inputs);
                pending.bins.push(&Binned::with(of_chunk.into(), &chunk.features));
                pending.labels.extend(Goal::of(gbdt, chunk.target())?.numbers());
                if has_weights {
                    pending.weights.extend(chunk.labels.weights().map_or(vec![1.0; chunk.rows()], <[f64]>::to_vec));
                }
                while pending.labels.len() >= PART {
                    pending.write(PART, out).map_err(not_written)?;
                }
                Ok(())
            });
            failure = done.and_then(|()| pending.write(pending.labels.len(), out).map_err(not_written)).err();
            Ok(())
        });
        match failure {
            Some(failure) => Err(failure),
            None => {
                self.content = filled?;
                self.folds = fold_of;
                Ok(())
            }
        }
    }

    pub(super) fn parts(&self) -> usize {
        self.count.div_ceil(PART)
    }

    pub(super) fn rows_of(&self, part: usize) -> Range<usize> {
        part * PART..self.count.min((part + 1) * PART)
    }

    pub(super) fn fold_of(&self, row: usize) -> u8 {
        self.folds[row]
    }

    /// Do rows have weights, or classes factors?
    pub(super) fn is_weighted(&self) -> bool {
        self.has_weights || self.balance.is_some()
    }

    /// The bytes of the bins of a row, and of its labels.
    fn bytes_of_row(&self) -> (usize, usize) {
        (self.bins.len().div_ceil(LANES) * LANES, NUMBER * (1 + usize::from(self.has_weights)))
    }

    fn offset(&self, part: usize) -> u64 {
        let (bins, labels) = self.bytes_of_row();
        (part * PART) as u64 * (bins + labels) as u64
    }

    /// The bins of the rows of a part.
    pub(super) fn binned(&self, part: usize) -> Result<Binned, Failure> {
        let read = |out: &mut [u8]| self.content.read_at(self.offset(part), out);
        Binned::read(self.rows_of(part).len(), self.bins.clone(), &read).map_err(not_read)
    }

    /// The goal of the rows of a part, and their weights.
    pub(super) fn labels(&self, part: usize) -> Result<(Goal, Vec<f64>), Failure> {
        let (rows, (bins, labels)) = (self.rows_of(part).len(), self.bytes_of_row());
        let mut bytes = vec![0; rows * labels];
        self.content.read_at(self.offset(part) + (rows * bins) as u64, &mut bytes).map_err(not_read)?;
        let mut numbers: Vec<f64> =
            bytes.as_chunks::<NUMBER>().0.iter().map(|bytes| f64::from_le_bytes(*bytes)).collect();
        let mut weights = if self.has_weights { numbers.split_off(rows) } else { vec![1.0; rows] };
        if let Some(factors) = &self.balance {
            weights.iter_mut().zip(&numbers).for_each(|(weight, code)| *weight *= factors[*code as usize]);
        }
        Ok((self.goal.of_rows(numbers), weights))
    }
}

/// Is there room for what is kept of each row, and for the histograms of the leaves?
fn check_room(gbdt: &Gbdt, rows: usize, outputs: usize, columns: usize) -> Result<(), Failure> {
    // A score per output, a node and a fold.
    let of_rows = rows as u128 * (8 * outputs as u128 + 4 + 1);
    // Histograms of the leaves, of what may become leaves, and those that tasks add up of a part of them.
    let histograms = 6 * histogram_bytes(gbdt, rows, columns);
    room_for(of_rows + histograms, || format!("boosting on {rows} rows of {columns} columns, with the rows on disk,"))
}

/// Rows that do not fill a part yet.
struct Pending {
    bins: BinnedWriter,
    labels: Vec<f64>,
    weights: Vec<f64>,
}

impl Pending {
    /// Writes the first rows as a part.
    fn write(&mut self, rows: usize, out: &mut dyn io::Write) -> io::Result<()> {
        self.bins.write(rows, out)?;
        for numbers in [&mut self.labels, &mut self.weights] {
            let count = rows.min(numbers.len());
            let bytes: Vec<u8> = numbers.drain(..count).flat_map(f64::to_le_bytes).collect();
            out.write_all(&bytes)?;
        }
        Ok(())
    }
}

fn not_written(error: io::Error) -> Failure {
    Failure::new(code::CANNOT_WRITE, format!("cannot write a temporary file: {error}"))
}

fn not_read(error: io::Error) -> Failure {
    Failure::new(code::CANNOT_READ, format!("cannot read a temporary file: {error}"))
}
