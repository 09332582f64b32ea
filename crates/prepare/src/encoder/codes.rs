//! From values to levels, and from levels to codes: common to all encodings.

use super::{Rare, Unseen};
use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{Array, ArrayRef};
use arrow_schema::DataType;
use pipewright_diagnostic::{Failure, code};
use pipewright_table::TextOffset;
use pipewright_table::lookup::{Lookup, Texts};
use pipewright_table::summary::Levels;
use pipewright_table::{CHUNK_ROWS, ColumnType};
use rayon::prelude::*;

/// The code of every level of a column: levels with their own code in order, then one code for missing values, one for
/// rare levels and the like, and one for unseen levels.
pub(in super::super) struct Places<'a> {
    known: Texts<'a, u32>,
    levels: u32,
    unseen: Unseen,
}

/// Number of codes after those of the levels.
pub(in super::super) const PLACES_BEHIND: usize = 3;

impl<'a> Places<'a> {
    pub(in super::super) fn new(levels: &'a [String], rare: &'a [String], unseen: Unseen) -> Places<'a> {
        let count = levels.len() as u32;
        let own = levels.iter().map(String::as_str).zip(0..);
        let known = own.chain(rare.iter().map(|level| (level.as_str(), count + 1))).collect();
        Places { known, levels: count, unseen }
    }

    pub(super) fn missing(&self) -> u32 {
        self.levels
    }

    pub(super) fn other(&self) -> u32 {
        self.levels + 1
    }

    fn nowhere(&self) -> u32 {
        self.levels + 2
    }

    /// Returns the code of each row's value.
    ///
    /// # Errors
    /// `UNSEEN_LEVEL` with the row, if unseen levels are an error.
    pub(in super::super) fn codes(&self, name: &str, array: &ArrayRef) -> Result<Vec<u32>, Failure> {
        let mut codes = vec![0; array.len()];
        let parts = codes.par_chunks_mut(CHUNK_ROWS).enumerate();
        let refused: Vec<Option<(usize, String)>> = parts
            .map(|(part, codes)| {
                let start = part * CHUNK_ROWS;
                let refused = self.fill(&array.slice(start, codes.len()), codes);
                refused.map(|(row, level)| (start + row, level))
            })
            .collect();
        let Some((row, level)) = refused.into_iter().flatten().next() else { return Ok(codes) };
        Err(Failure::new(code::UNSEEN_LEVEL, format!("the level `{level}` of `{name}` did not occur in training"))
            .column(name)
            .row(row as u64 + 1)
            .help("`unknown=other` gives such levels their own code"))
    }

    /// Writes the codes of some rows; returns the first rejected level with its row.
    fn fill(&self, array: &ArrayRef, codes: &mut [u32]) -> Option<(usize, String)> {
        let unseen = if self.unseen == Unseen::Other { self.other() } else { self.nowhere() };
        let mut refused = None;
        for_each_level(array, |row, level| {
            let Some(level) = level else { return codes[row] = self.missing() };
            codes[row] = self.known.get(level).copied().unwrap_or_else(|| {
                if self.unseen == Unseen::Error && refused.is_none() {
                    refused = Some((row, level.to_string()));
                }
                unseen
            });
        });
        refused
    }
}

/// Adds the levels of these rows; returns the number of missing values.
pub(in super::super) fn count_levels(levels: &mut Levels<String>, array: &ArrayRef) -> u64 {
    if let Some(texts) = array.as_string_opt::<TextOffset>() {
        levels.add_all(texts.iter().flatten());
        return array.null_count() as u64;
    }
    // In order of first appearance.
    let mut found: Vec<(String, u64)> = Vec::new();
    let mut places: Lookup<String, usize> = Lookup::default();
    for_each_level(array, |_, level| {
        let Some(level) = level else { return };
        match places.get(level) {
            Some(&place) => found[place].1 += 1,
            None => {
                places.insert(level.to_owned(), found.len());
                found.push((level.to_owned(), 1));
            }
        }
    });
    found.into_iter().for_each(|(level, count)| levels.add_many(level, count));
    array.null_count() as u64
}

/// Returns the kept levels, in order, and the rare ones, in lexicographic order.
pub(in super::super) fn kept_and_rare(
    levels: &Levels<String>,
    rare: Option<Rare>,
    kind: ColumnType,
) -> (Vec<String>, Vec<String>) {
    let fewest = match rare {
        None => 0.0,
        Some(Rare::Count(count)) => count as f64,
        Some(Rare::Share(share)) => share * levels.total() as f64,
    };
    let (rare, kept): (Vec<_>, Vec<_>) = levels.iter().partition(|(_, count)| (*count as f64) < fewest);
    let names = |levels: Vec<(&String, u64)>| levels.into_iter().map(|(level, _)| level.clone()).collect();
    (in_order(names(kept), kind), names(rare))
}

/// Sorts levels of counts by size, all others lexicographically.
fn in_order(mut levels: Vec<String>, kind: ColumnType) -> Vec<String> {
    if kind == ColumnType::Count {
        levels.sort_by_key(|level| level.parse::<i64>().expect("levels of counts are whole numbers"));
    }
    levels
}

/// Returns the bucket of a text: FNV-1a over its UTF-8 bytes (Fowler, Noll, Vo 1991; 64 bits), finished as in
/// MurmurHash3 (Appleby 2011), modulo the number of buckets. Stable across platforms and versions.
pub(in super::super) fn bucket(text: &str, buckets: u32) -> u32 {
    (hash(text) % u64::from(buckets)) as u32
}

/// See [`bucket`].
pub(in super::super) fn hash(text: &str) -> u64 {
    let fnv = text
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
    let once = (fnv ^ (fnv >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    let twice = (once ^ (once >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    twice ^ (twice >> 33)
}

/// Passes the value of every row as a level: text unchanged, counts and booleans as written.
pub(in super::super) fn for_each_level(array: &ArrayRef, mut take: impl FnMut(usize, Option<&str>)) {
    match array.data_type() {
        DataType::LargeUtf8 => {
            array.as_string::<TextOffset>().iter().enumerate().for_each(|(row, level)| take(row, level))
        }
        DataType::Int64 => array.as_primitive::<Int64Type>().iter().enumerate().for_each(|(row, count)| {
            take(row, count.map(|count| count.to_string()).as_deref());
        }),
        DataType::Boolean => array.as_boolean().iter().enumerate().for_each(|(row, truth)| {
            take(row, truth.map(|truth| if truth { "true" } else { "false" }));
        }),
        other => unreachable!("{other} has no levels"),
    }
}
