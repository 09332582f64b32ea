//! Summaries of columns of texts.

use super::{Bounds, most_frequent};
use crate::profile::{Alike, ColumnProfile, TextProfile};
use arrow_array::Array;
use pipewright_table::lookup::Lookup;
use pipewright_table::summary::{Distinct, hash};
use pipewright_table::{CodeSign, TextArray, is_amount, normalized};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// The texts of a column: each with its count as long as they take little memory, then only what is known of all.
#[derive(Debug)]
pub(super) struct Texts {
    levels: Option<Lookup<Box<str>, u64>>,
    /// Memory of the levels.
    bytes: usize,
    bytes_max: usize,
    distinct: Distinct,
    facts: Facts,
}

/// Memory of a level besides its text.
const LEVEL_BYTES: usize = 48;

impl Texts {
    pub(super) fn new(bounds: &Bounds) -> Texts {
        Texts {
            levels: Some(Lookup::default()),
            bytes: 0,
            bytes_max: bounds.level_bytes,
            distinct: Distinct::bounded(bounds.hashes),
            facts: Facts::default(),
        }
    }

    /// Adds the texts of a chunk, and returns their number.
    pub(super) fn add_all(&mut self, texts: &TextArray) -> u64 {
        for text in texts.iter().flatten() {
            match &mut self.levels {
                Some(levels) => match levels.get_mut(text) {
                    Some(count) => *count += 1,
                    None => {
                        levels.insert(text.into(), 1);
                        self.bytes += text.len() + LEVEL_BYTES;
                        if self.bytes > self.bytes_max {
                            self.forget_levels();
                        }
                    }
                },
                None => {
                    self.distinct.add(hash(text.as_bytes()));
                    self.facts.add(text, 1);
                }
            }
        }
        (texts.len() - texts.null_count()) as u64
    }

    fn forget_levels(&mut self) {
        for (text, count) in self.levels.take().into_iter().flatten() {
            self.distinct.add_many(hash(text.as_bytes()), count);
            self.facts.add(&text, count);
        }
    }

    pub(super) fn finish(mut self, profile: &mut ColumnProfile) {
        let present = profile.present();
        let mut alike = None;
        match self.levels {
            Some(levels) => {
                alike = look_alike(&levels);
                profile.distinct.value = levels.len() as u64;
                levels.iter().for_each(|(text, &count)| self.facts.add(text, count));
                profile.levels = most_frequent(levels.into_iter().collect(), |text| text.to_string());
            }
            None => profile.distinct = self.distinct.different(),
        }
        profile.text = self.facts.finish(present).map(|text| TextProfile { alike, ..text });
    }
}

/// Finds texts that are equal to another one once both are normalised. Texts of ASCII, and those that are normal, are
/// only looked up.
fn look_alike(levels: &Lookup<Box<str>, u64>) -> Option<Alike> {
    let mut changed: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    // In any order: they are sorted below.
    levels.keys().for_each(|text| {
        if let Cow::Owned(normal) = normalized(text) {
            changed.entry(normal).or_default().push(text);
        }
    });
    let mut alike: Vec<[&str; 2]> = Vec::new();
    for (normal, texts) in &mut changed {
        texts.sort_unstable();
        let like = if levels.contains_key(normal.as_str()) { normal.as_str() } else { texts.remove(0) };
        alike.extend(texts.iter().map(|text| [*text, like]));
    }
    let first = alike.iter().min()?;
    Some(Alike { count: alike.len() as u64, example: first.map(str::to_owned) })
}

/// What is known of texts together, whatever their order.
#[derive(Debug, Default)]
struct Facts {
    shortest: Option<u64>,
    characters: u64,
    longest: u64,
    blank: u64,
    numbers: u64,
    /// Number of amounts, with a decimal point and with a decimal comma.
    amounts: [u64; 2],
    /// The smallest few that are not numbers.
    odd: Vec<String>,
}

/// Maximum number of listed texts that are not numbers.
const ODD_MAX: usize = 4;

impl Facts {
    /// Adds a text that occurs `count` times.
    fn add(&mut self, text: &str, count: u64) {
        let characters = text.chars().count() as u64;
        self.shortest = Some(self.shortest.map_or(characters, |shortest| shortest.min(characters)));
        self.characters += characters * count;
        self.longest = self.longest.max(characters);
        let trimmed = text.trim();
        if trimmed.is_empty() {
            self.blank += count;
        } else if is_number(trimmed) {
            self.numbers += count;
        } else {
            self.amounts.iter_mut().zip(is_amount(trimmed)).for_each(|(all, is)| *all += count * u64::from(is));
            self.keep_odd(text);
        }
    }

    /// Keeps the smallest few, so that the order of rows does not matter.
    fn keep_odd(&mut self, text: &str) {
        if let Err(place) = self.odd.binary_search_by(|known| known.as_str().cmp(text))
            && place < ODD_MAX
        {
            self.odd.insert(place, text.to_owned());
            self.odd.truncate(ODD_MAX);
        }
    }

    fn finish(self, present: u64) -> Option<TextProfile> {
        let is_odd = self.numbers * 2 > present;
        let [point, comma] = self.amounts;
        Some(TextProfile {
            shortest: self.shortest?,
            mean_length: self.characters as f64 / present.max(1) as f64,
            longest: self.longest,
            blank: self.blank,
            numbers: self.numbers,
            odd: if is_odd { self.odd } else { Vec::new() },
            amounts: point.max(comma),
            comma: comma > point,
            alike: None,
        })
    }
}

/// Is it a number with a digit, not a word for infinity, nor a code with a leading zero?
fn is_number(text: &str) -> bool {
    text.bytes().any(|byte| byte.is_ascii_digit())
        && text.parse::<f64>().is_ok()
        && CodeSign::of(text.as_bytes()) != Some(CodeSign::LeadingZero)
}
