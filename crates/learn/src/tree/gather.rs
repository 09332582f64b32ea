//! The bins of columns that are seen chunk by chunk, in two passes: the levels of categories, then a sample of numbers.
//!
//! The sample is the one that is drawn from a column in memory, so the bins are the same, but for columns that are
//! sparse there: of these, zeros are sampled like other numbers.

use super::cuts::{BINS_MAX, Bins, MISSING, Sampled, cuts, levels, rows_of_levels};
use super::model::Input;
use crate::data::{Column, Features};
use pipewright_diagnostic::{Failure, room_for};
use pipewright_world::random::Key;
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::mem::size_of;

/// What the first pass learns: the number of rows, and the rows of each level of every column of categories.
pub(crate) struct Seen {
    rows: usize,
    /// `None` for numbers.
    levels: Vec<Option<BTreeMap<String, usize>>>,
    /// The bytes of all levels.
    bytes: u128,
}

impl Seen {
    /// Before the first chunk of this many columns.
    pub(crate) fn new(columns: usize) -> Seen {
        Seen { rows: 0, levels: vec![None; columns], bytes: 0 }
    }

    /// The number of rows so far.
    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    /// Counts a chunk.
    ///
    /// # Errors
    /// [`code::LIMIT_REACHED`](pipewright_diagnostic::code::LIMIT_REACHED) for more levels than there is room for.
    pub(crate) fn add(&mut self, features: &Features) -> Result<(), Failure> {
        self.rows += features.rows();
        for (column, seen) in self.levels.iter_mut().enumerate() {
            let Column::Categories(categories) = features.stored(column) else { continue };
            let seen = seen.get_or_insert_default();
            for (level, rows) in categories.levels().iter().zip(rows_of_levels(categories)) {
                match seen.get_mut(level) {
                    Some(count) => *count += rows,
                    None => {
                        // The text, its place in the map, and its place in the list of levels.
                        self.bytes += 2 * (level.len() + size_of::<(String, usize)>()) as u128;
                        seen.insert(level.clone(), rows);
                    }
                }
            }
            let (name, count) = (&features.names()[column], seen.len());
            room_for(self.bytes, || format!("keeping the {count} or more levels of `{name}`"))?;
        }
        Ok(())
    }

    /// Goes on to the second pass: at most `bins` bins per column, with random numbers of this key.
    pub(crate) fn sampling(self, bins: usize, key: Key) -> Result<Sampling, Failure> {
        let numbers = self.levels.iter().filter(|levels| levels.is_none()).count();
        let bytes = (numbers * Sampled::new(self.rows, key).count() * size_of::<f64>()) as u128;
        room_for(bytes, || format!("sampling the numbers of {numbers} columns"))?;
        let column = |(index, levels): (usize, Option<BTreeMap<String, usize>>)| match levels {
            Some(levels) => Part::Levels(levels),
            None => Part::Numbers { rows: Sampled::new(self.rows, key.index(index as u64)), values: Vec::new() },
        };
        let columns = self.levels.into_iter().enumerate().map(column).collect();
        Ok(Sampling { bins: bins.clamp(2, BINS_MAX), start: 0, columns })
    }
}

/// The second pass: the numbers that decide on the cuts.
pub(crate) struct Sampling {
    bins: usize,
    /// The rows before the next chunk.
    start: usize,
    columns: Vec<Part>,
}

enum Part {
    Levels(BTreeMap<String, usize>),
    Numbers { rows: Sampled, values: Vec<f64> },
}

impl Sampling {
    /// Takes the sampled numbers of a chunk.
    pub(crate) fn add(&mut self, features: &Features) {
        let (start, end) = (self.start, self.start + features.rows());
        self.columns.par_iter_mut().enumerate().for_each(|(column, part)| {
            let Part::Numbers { rows, values } = part else { return };
            let numbers = features.column(column);
            while values.len() < rows.count() && rows.row(values.len()) < end {
                values.push(numbers[rows.row(values.len()) - start]);
            }
        });
        self.start = end;
    }

    /// The bins of each column, and what a tree has to know of it.
    pub(crate) fn finish(self) -> (Vec<Bins>, Vec<Input>) {
        let bins = self.bins;
        let column = |part: Part| match part {
            Part::Numbers { values, .. } => (Bins::Numbers { cuts: cuts(values, 0, bins) }, Input::Number),
            Part::Levels(rows) => {
                let (names, rows): (Vec<String>, Vec<usize>) = rows.into_iter().unzip();
                (levels(&rows, bins), Input::Levels(names))
            }
        };
        self.columns.into_par_iter().map(column).unzip()
    }
}

/// The bins of a chunk, whose levels have codes of their own.
pub(crate) fn bins_of_chunk(features: &Features, bins: &[Bins], inputs: &[Input]) -> Vec<Bins> {
    let column = |(index, bins): (usize, &Bins)| match (features.stored(index), bins, &inputs[index]) {
        (Column::Categories(chunk), Bins::Levels { bin_of, count }, Input::Levels(names)) => {
            let bin = |level: &String| names.binary_search(level).map_or(MISSING, |code| bin_of[code]);
            Bins::Levels { bin_of: chunk.levels().iter().map(bin).collect(), count: *count }
        }
        _ => bins.clone(),
    };
    bins.iter().enumerate().map(column).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Categories;
    use crate::tree::cuts::{bins_of, inputs_of};

    #[test]
    fn bins_of_chunks_are_those_of_the_whole() {
        let rows = 230_000;
        let key = Key::new(2);
        let values =
            |stream: u64| (0..rows as u64).map(move |row| key.index(stream).uniform(row)).collect::<Vec<f64>>();
        let codes: Vec<u32> = values(1).iter().map(|x| (x * x * 400.0) as u32).collect();
        let levels: Vec<String> = (0..400).map(|level| format!("{level:03}")).collect();
        let skewed = values(2).iter().map(|x| if *x < 0.3 { f64::NAN } else { x.powi(5) }).collect::<Vec<f64>>();
        let part = |from: usize, to: usize| {
            let categories = Categories::new(codes[from..to].to_vec().into(), levels.clone().into());
            let columns = vec![Column::Dense(skewed[from..to].to_vec().into()), Column::Categories(categories)];
            Features::from_columns(to - from, ["x", "c"].map(str::to_owned).into(), columns)
        };
        let chunks = [part(0, 1), part(1, 150_000), part(150_000, rows)];
        let mut seen = Seen::new(2);
        chunks.iter().for_each(|chunk| seen.add(chunk).unwrap());
        let mut sampling = seen.sampling(100, key).unwrap();
        chunks.iter().for_each(|chunk| sampling.add(chunk));
        let whole = part(0, rows);
        assert_eq!(sampling.finish(), (bins_of(&whole, 100, key), inputs_of(&whole)));
    }
}
