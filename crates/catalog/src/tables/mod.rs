//! Joining, grouping and reshaping tables.

pub(crate) mod concat;
pub(crate) mod group;
pub(crate) mod join;
mod other;
pub(crate) mod pivot;
pub(crate) mod unpivot;

use pipewright_frame::Aggregate;
use pipewright_operator::{Argument, Domain, Value, Word};

/// An aggregate of a single column, by its word.
#[derive(Debug, Clone, Copy, PartialEq)]
struct AggregateWord(Aggregate);

impl AggregateWord {
    /// The words of [`Aggregate::NAMES`].
    const WORDS: &[Word] = &{
        let mut words = [Word { text: "", size: None }; Aggregate::NAMES.len()];
        let mut place = 0;
        while place < words.len() {
            words[place].text = Aggregate::NAMES[place].0;
            place += 1;
        }
        words
    };
}

impl Argument for AggregateWord {
    const DOMAIN: Domain = Domain::Words(AggregateWord::WORDS);

    fn from_value(value: &Value) -> Option<AggregateWord> {
        let (word, _) = value.word()?;
        Aggregate::NAMES.iter().find(|(name, _)| *name == word).map(|(_, aggregate)| AggregateWord(*aggregate))
    }

    fn to_value(&self) -> Value {
        let word = Aggregate::NAMES.iter().find(|(_, aggregate)| *aggregate == self.0).map_or("", |(name, _)| name);
        Value::Word(word.to_owned())
    }
}
pub(crate) mod value_counts;
