//! Parameters: name, position, domain and default of an argument.

use crate::domain::byte_text;
use crate::{Args, Argument, Domain, Value};

/// A parameter.
#[derive(Debug, Clone, Copy)]
pub struct Param {
    /// The position of its argument.
    pub place: Place,
    /// Its name, which is the key of an option.
    pub name: &'static str,
    /// Its domain.
    pub domain: Domain,
    /// Its default.
    pub preset: Preset,
    /// Is it required?
    pub required: bool,
    /// Its help, one sentence.
    pub doc: &'static str,
    /// Conditions on the other arguments, all of which must hold for it to have an effect.
    pub when: &'static [When],
}

/// The position of an argument.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// In the attached `[…]`.
    Shape,
    /// By position.
    Positional,
    /// After `name=`.
    Option,
    /// After `name=`, as a training option; `training` of a model lists those that it takes.
    Training,
    /// After `on`.
    On,
    /// After `as`, at the end.
    As,
}

/// The default of an argument.
#[derive(Debug, Clone, Copy)]
pub enum Preset {
    /// Nothing.
    None,
    /// A value.
    Value(fn() -> Value),
    /// A default that depends on the word (or the case: `number`, `share`, `text`) of another argument.
    ByWord(&'static str, fn() -> Vec<(&'static str, Value)>),
}

/// A condition for a parameter to have an effect: another argument is one of some words, or is given at all.
#[derive(Debug, Clone, Copy)]
pub struct When {
    /// The other parameter.
    pub of: &'static str,
    /// Its words; empty if it only has to be given.
    pub words: &'static [&'static str],
}

impl When {
    /// Do these arguments satisfy it?
    #[must_use]
    pub fn holds(&self, args: &Args) -> bool {
        let value = args.get(self.of);
        match self.words {
            [] => value.is_some(),
            words => value.and_then(Value::case).is_some_and(|case| words.contains(&case)),
        }
    }
}

impl Param {
    /// Does it belong to this word of another parameter?
    #[must_use]
    pub fn is_for(&self, of: &str, word: &str) -> bool {
        self.when.iter().any(|when| when.of == of && when.words.contains(&word))
    }

    /// Creates a parameter of the type `T`; it is required if it has no default and the type requires a value.
    #[must_use]
    pub const fn declared<T: Argument>(
        place: Place,
        name: &'static str,
        doc: &'static str,
        preset: Preset,
        when: &'static [When],
    ) -> Param {
        let required = matches!(preset, Preset::None) && !T::OPTIONAL;
        Param { place, name, domain: T::DOMAIN, preset, required, doc, when }
    }

    /// Returns the default, given the other arguments.
    #[must_use]
    pub fn default_value(&self, args: &Args) -> Option<Value> {
        match self.preset {
            Preset::None => None,
            Preset::Value(value) => Some(value()),
            Preset::ByWord(of, table) => {
                let case = args.get(of)?.case()?;
                table().into_iter().find(|(known, _)| *known == case).map(|(_, value)| value)
            }
        }
    }

    /// Formats the default for help: `5`, or `3 for zscore, 1.5 for iqr`; empty for none.
    #[must_use]
    pub fn default_text(&self) -> String {
        match self.preset {
            Preset::None => String::new(),
            Preset::Value(value) => self.brief(&value()),
            Preset::ByWord(_, table) => {
                let mut cases: Vec<(String, Vec<&str>)> = Vec::new();
                for (case, value) in table() {
                    let text = self.brief(&value);
                    match cases.iter_mut().find(|(known, _)| *known == text) {
                        Some((_, words)) => words.push(case),
                        None => cases.push((text, vec![case])),
                    }
                }
                let texts = cases.iter().map(|(text, words)| format!("{text} for {}", words.join(", ")));
                texts.collect::<Vec<_>>().join("; ")
            }
        }
    }

    /// Formats a value for help.
    fn brief(&self, value: &Value) -> String {
        match (self.domain, value) {
            (Domain::Bytes, Value::Int(bytes)) => byte_text(*bytes),
            _ => value.brief(),
        }
    }

    /// Does it have a default, at least for some stages?
    #[must_use]
    pub fn has_default(&self) -> bool {
        !matches!(self.preset, Preset::None)
    }
}

/// Splits off the leading parameters with one of these positions.
pub(crate) const fn leading(params: &'static [Param], places: &[Place]) -> (&'static [Param], &'static [Param]) {
    let mut count = 0;
    while count < params.len() && stands_in(params[count].place, places) {
        count += 1;
    }
    params.split_at(count)
}

const fn stands_in(place: Place, places: &[Place]) -> bool {
    let mut index = 0;
    while index < places.len() {
        if places[index] as u8 == place as u8 {
            return true;
        }
        index += 1;
    }
    false
}
