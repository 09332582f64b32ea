//! Index of row keys: distinct keys are numbered by first appearance.

use super::keys::{Keys, spread};
use super::slots::Slots;
use super::{NONE, STRIDE_ROWS};
use arrow_buffer::NullBuffer;
use rayon::prelude::*;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// The group of each row, and the first row of each group.
#[derive(Debug, Clone, Default)]
pub struct Groups {
    /// The group of each row; [`NONE`] for null keys.
    pub codes: Vec<u32>,
    /// The first row of each group, ascending.
    pub first: Vec<u32>,
}

impl Groups {
    /// The number of groups.
    #[must_use]
    pub fn count(&self) -> usize {
        self.first.len()
    }

    /// Groups rows by the values of all these columns; nulls are equal to each other. Without columns all rows are one
    /// group.
    #[must_use]
    pub fn of(columns: &[Keys], rows: usize) -> Groups {
        let groups = columns.iter().map(Groups::of_column).reduce(|left, right| left.paired(&right));
        groups.unwrap_or_else(|| Groups { codes: vec![0; rows], first: (0..rows.min(1) as u32).collect() })
    }

    /// Groups rows by value.
    #[must_use]
    pub fn of_column(keys: &Keys) -> Groups {
        Index::of(keys).groups.with_nulls()
    }

    /// Intersects two groupings.
    #[must_use]
    pub fn paired(&self, other: &Groups) -> Groups {
        Index::of(&pairs(self, other)).groups
    }

    /// Makes rows without a key a group of their own.
    fn with_nulls(mut self) -> Groups {
        let Some(row) = self.codes.iter().position(|&code| code == NONE) else { return self };
        let null = self.first.partition_point(|&first| (first as usize) < row);
        self.first.insert(null, row as u32);
        let null = null as u32;
        let shift = |code: &mut u32| match *code {
            NONE => *code = null,
            later if later >= null => *code = later + 1,
            _ => {}
        };
        self.codes.par_iter_mut().with_min_len(STRIDE_ROWS).for_each(shift);
        self
    }
}

/// Returns the pairs of groups of two columns as keys.
fn pairs(left: &Groups, right: &Groups) -> Keys {
    pair_codes(&left.codes, &right.codes, right.count())
}

fn pair_codes(left: &[u32], right: &[u32], width: usize) -> Keys {
    let (left, right) = (left.par_iter().with_min_len(STRIDE_ROWS), right.par_iter());
    let pair = |(&left, &right): (&u32, &u32)| match left == NONE || right == NONE {
        true => -1,
        false => i64::from(left) * width as i64 + i64::from(right),
    };
    let words: Vec<i64> = left.zip(right).map(pair).collect();
    let missing = words.par_iter().any(|&word| word < 0);
    let nulls = missing.then(|| words.iter().map(|&word| word >= 0).collect::<NullBuffer>());
    Keys::of_words(words, nulls)
}

/// The groups of a column, with lookup of other keys. Nulls have no group.
#[derive(Debug)]
pub struct Index {
    /// The group of each row.
    pub groups: Groups,
    table: Table,
}

#[derive(Debug)]
enum Table {
    /// The group of each number from the minimum.
    Dense { least: i64, numbers: Vec<u32> },
    /// The groups of hashed words, sharded by some of their bits.
    Hashed(Vec<Slots>),
}

/// With fewer rows than this, one thread is enough.
const FEW_ROWS: usize = 1 << 16;

impl Index {
    /// Builds the index of these keys.
    ///
    /// # Panics
    /// If there are 2^32 rows or more.
    #[must_use]
    pub fn of(keys: &Keys) -> Index {
        assert!(keys.rows() < NONE as usize, "rows are counted in 32 bits");
        match keys.range() {
            Some((least, most)) if most.abs_diff(least) <= 2 * keys.rows() as u64 + 1024 => dense(keys, least, most),
            _ if keys.rows() <= FEW_ROWS || !has_many(keys) => by_parts(keys),
            _ => by_shards(keys),
        }
    }

    /// Returns the group of each of these keys; [`NONE`] if there is none. `own` are the indexed keys.
    #[must_use]
    pub fn find(&self, own: &Keys, keys: &Keys) -> Vec<u32> {
        let rows = (0..keys.rows()).into_par_iter().with_min_len(STRIDE_ROWS);
        match &self.table {
            Table::Dense { least, numbers } => rows
                .map(|row| {
                    // A number below the minimum wraps around to far above the maximum.
                    let place = keys.words[row].wrapping_sub(*least).cast_unsigned() as usize;
                    if keys.is_null(row) { NONE } else { numbers.get(place).copied().unwrap_or(NONE) }
                })
                .collect(),
            Table::Hashed(shards) => rows
                .map(|row| {
                    if keys.is_null(row) {
                        return NONE;
                    }
                    let word = keys.word(row);
                    let same = |code: u32| keys.same(row, own, self.groups.first[code as usize] as usize);
                    shards[shard(word, shards.len())].find(word, same).unwrap_or(NONE)
                })
                .collect(),
        }
    }
}

/// Returns the shard of a word; its slot depends on other bits.
#[inline]
fn shard(word: u64, shards: usize) -> usize {
    spread(word) as usize & (shards - 1)
}

/// Are many of the first keys distinct?
fn has_many(keys: &Keys) -> bool {
    let rows = STRIDE_ROWS.min(keys.rows());
    let mut slots = Slots::with_room(rows);
    for row in (0..rows).filter(|&row| !keys.is_null(row)) {
        slots.find_or_add(keys.word(row), row as u32, |other| keys.same(row, keys, other as usize));
    }
    slots.len() > rows / 4
}

/// Numbers close together need an array instead of a table.
fn dense(keys: &Keys, least: i64, most: i64) -> Index {
    let place = |row: usize| keys.words[row].wrapping_sub(least) as usize;
    let first: Vec<AtomicU32> = (0..=most.abs_diff(least)).map(|_| AtomicU32::new(NONE)).collect();
    let rows = || (0..keys.rows()).into_par_iter().with_min_len(STRIDE_ROWS);
    rows().filter(|&row| !keys.is_null(row)).for_each(|row| {
        let first = &first[place(row)];
        // The smallest row wins, whichever thread comes first.
        if first.load(Relaxed) > row as u32 {
            first.fetch_min(row as u32, Relaxed);
        }
    });
    let first: Vec<u32> = first.into_iter().map(AtomicU32::into_inner).collect();
    let marks = Marks::of(keys.rows(), first.iter().copied().filter(|&row| row != NONE));
    let number = |&row: &u32| if row == NONE { NONE } else { marks.rank(row) };
    let numbers: Vec<u32> = first.par_iter().with_min_len(STRIDE_ROWS).map(number).collect();
    let codes = rows().map(|row| if keys.is_null(row) { NONE } else { numbers[place(row)] }).collect();
    Index { groups: Groups { codes, first: marks.rows() }, table: Table::Dense { least, numbers } }
}

/// Few distinct keys: every thread indexes a part of the rows, and the results are merged.
fn by_parts(keys: &Keys) -> Index {
    let parts = if keys.rows() <= FEW_ROWS { 1 } else { rayon::current_num_threads() };
    let part_rows = keys.rows().div_ceil(parts).max(1);
    let mut codes = vec![NONE; keys.rows()];
    let found = codes.par_chunks_mut(part_rows).enumerate().map(|(part, codes)| {
        let mut slots = Slots::with_room(0);
        let mut firsts = Vec::new();
        for (row, code) in (part * part_rows..).zip(codes).filter(|(row, _)| !keys.is_null(*row)) {
            *code = slots.find_or_add(keys.word(row), row as u32, |other| keys.same(row, keys, other as usize));
            if *code == row as u32 {
                firsts.push(row);
            }
        }
        firsts
    });
    let firsts: Vec<Vec<usize>> = found.collect();
    let mut slots = Slots::with_room(firsts.iter().map(Vec::len).max().unwrap_or(0));
    let mut first: Vec<u32> = Vec::new();
    // The number of the key that first occurs in a part at this row.
    let mut numbers = vec![0; keys.rows()];
    for row in firsts.into_iter().flatten() {
        let new = first.len() as u32;
        let same = |code: u32| keys.same(row, keys, first[code as usize] as usize);
        numbers[row] = slots.find_or_add(keys.word(row), new, same);
        if numbers[row] == new {
            first.push(row as u32);
        }
    }
    let codes_of = |code: &mut u32| {
        if *code != NONE {
            *code = numbers[*code as usize];
        }
    };
    codes.par_iter_mut().with_min_len(STRIDE_ROWS).for_each(codes_of);
    Index { groups: Groups { codes, first }, table: Table::Hashed(vec![slots]) }
}

/// Many distinct keys: every thread scans all rows, and indexes the keys of its shard.
fn by_shards(keys: &Keys) -> Index {
    let shards = rayon::current_num_threads().next_power_of_two().min(64);
    let codes: Vec<AtomicU32> = (0..keys.rows()).map(|_| AtomicU32::new(NONE)).collect();
    let index = |own: usize| {
        let mut slots = Slots::with_room(keys.rows() / shards / 4);
        let mut firsts: Vec<u32> = Vec::new();
        for (row, code) in codes.iter().enumerate() {
            let word = keys.word(row);
            if shard(word, shards) != own || keys.is_null(row) {
                continue;
            }
            let first = slots.find_or_add(word, row as u32, |other| keys.same(row, keys, other as usize));
            code.store(first, Relaxed);
            if first == row as u32 {
                firsts.push(first);
            }
        }
        (slots, firsts)
    };
    let (mut tables, firsts): (Vec<Slots>, Vec<Vec<u32>>) = (0..shards).into_par_iter().map(index).unzip();
    let marks = Marks::of(keys.rows(), firsts.into_iter().flatten());
    tables.par_iter_mut().for_each(|slots| slots.renumber(|first| marks.rank(first)));
    let mut codes: Vec<u32> = codes.into_iter().map(AtomicU32::into_inner).collect();
    let codes_of = |code: &mut u32| {
        if *code != NONE {
            *code = marks.rank(*code);
        }
    };
    codes.par_iter_mut().with_min_len(STRIDE_ROWS).for_each(codes_of);
    Index { groups: Groups { codes, first: marks.rows() }, table: Table::Hashed(tables) }
}

/// A set of rows with ranks.
struct Marks {
    bits: Vec<u64>,
    /// Number of marked rows before each word of bits.
    before: Vec<u32>,
}

impl Marks {
    fn of(rows: usize, marked: impl Iterator<Item = u32>) -> Marks {
        let mut bits = vec![0_u64; rows.div_ceil(64)];
        marked.for_each(|row| bits[row as usize / 64] |= 1 << (row % 64));
        let counts = bits.iter().scan(0, |sum, word| {
            let before = *sum;
            *sum += word.count_ones();
            Some(before)
        });
        let before = counts.collect();
        Marks { bits, before }
    }

    /// Returns the rank of a marked row.
    #[inline]
    fn rank(&self, row: u32) -> u32 {
        let (word, bit) = (row as usize / 64, row % 64);
        self.before[word] + (self.bits[word] & ((1 << bit) - 1)).count_ones()
    }

    /// Returns the rows, ascending.
    fn rows(&self) -> Vec<u32> {
        let mut rows = Vec::new();
        for (word, &bits) in self.bits.iter().enumerate() {
            let mut rest = bits;
            while rest != 0 {
                rows.push(word as u32 * 64 + rest.trailing_zeros());
                rest &= rest - 1;
            }
        }
        rows
    }
}

/// Groups rows by several columns, with lookup of the rows of another table. A row with a null key has no group.
#[derive(Debug)]
pub struct Lookup {
    first: Level,
    more: Vec<(Level, Level)>,
}

#[derive(Debug)]
struct Level {
    keys: Keys,
    index: Index,
}

impl Level {
    fn of(keys: Keys) -> Level {
        Level { index: Index::of(&keys), keys }
    }

    fn find(&self, keys: &Keys) -> Vec<u32> {
        self.index.find(&self.keys, keys)
    }
}

impl Lookup {
    /// # Panics
    /// If there is no column.
    #[must_use]
    pub fn of(columns: Vec<Keys>) -> Lookup {
        let mut columns = columns.into_iter().map(Level::of);
        let first = columns.next().expect("there is a column");
        let mut more: Vec<(Level, Level)> = Vec::new();
        for column in columns {
            let before = more.last().map_or(&first, |(_, pairs)| pairs);
            let pairs = Level::of(pairs(&before.index.groups, &column.index.groups));
            more.push((column, pairs));
        }
        Lookup { first, more }
    }

    /// Returns the groups of the rows it was built from.
    #[must_use]
    pub fn groups(&self) -> &Groups {
        &self.more.last().map_or(&self.first, |(_, pairs)| pairs).index.groups
    }

    /// Returns the group of each row of other columns; [`NONE`] if there is none.
    #[must_use]
    pub fn find(&self, columns: &[Keys]) -> Vec<u32> {
        let mut codes = self.first.find(&columns[0]);
        for ((column, pairs), keys) in self.more.iter().zip(&columns[1..]) {
            codes = pairs.find(&pair_codes(&codes, &column.find(keys), column.index.groups.count()));
        }
        codes
    }
}

/// The rows of each group, in table order.
#[derive(Debug)]
pub struct Members {
    starts: Vec<u32>,
    rows: Vec<u32>,
}

impl Members {
    /// Rows without a group are skipped.
    #[must_use]
    pub fn of(groups: &Groups) -> Members {
        let mut starts = vec![0_u32; groups.count() + 1];
        let codes = || groups.codes.iter().enumerate().filter(|(_, code)| **code != NONE);
        codes().for_each(|(_, &code)| starts[code as usize + 1] += 1);
        (1..starts.len()).for_each(|group| starts[group] += starts[group - 1]);
        let mut next = starts.clone();
        let mut rows = vec![0; starts[groups.count()] as usize];
        for (row, &code) in codes() {
            let place = &mut next[code as usize];
            rows[*place as usize] = row as u32;
            *place += 1;
        }
        Members { starts, rows }
    }

    /// Returns the rows of a group.
    #[inline]
    #[must_use]
    pub fn of_group(&self, group: usize) -> &[u32] {
        &self.rows[self.starts[group] as usize..self.starts[group + 1] as usize]
    }

    /// The number of groups.
    #[must_use]
    pub fn groups(&self) -> usize {
        self.starts.len() - 1
    }
}

#[cfg(test)]
mod tests;
