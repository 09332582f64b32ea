//! Tables from tables.

pub(crate) mod concat;
pub(crate) mod group;
pub(crate) mod join;
mod other;
pub(crate) mod pivot;
pub(crate) mod unpivot;

use pipewright_frame::Aggregate;

/// The words for aggregates that need nothing but their column.
const AGGREGATES: &[&str] = &{
    let mut words = [""; Aggregate::NAMES.len()];
    let mut place = 0;
    while place < words.len() {
        words[place] = Aggregate::NAMES[place].0;
        place += 1;
    }
    words
};

/// The aggregate of a word of [`AGGREGATES`].
fn aggregate(word: &str) -> Option<Aggregate> {
    Aggregate::NAMES.iter().find(|(name, _)| *name == word).map(|(_, aggregate)| *aggregate)
}
