//! Parameters: what an argument is called, where it stands, what it takes, and what stands for it when it is not given.

use crate::domain::byte_text;
use crate::{Args, Argument, Domain, Value};

/// A parameter.
#[derive(Debug, Clone, Copy)]
pub struct Param {
    /// Where its argument stands.
    pub place: Place,
    /// Its name; options are given by it.
    pub name: &'static str,
    /// What it takes.
    pub domain: Domain,
    /// What stands for it when it is not given.
    pub preset: Preset,
    /// Must it be given?
    pub required: bool,
    /// One sentence.
    pub doc: &'static str,
    /// It is for stages of which all of these are true.
    pub when: &'static [When],
}

/// Where an argument stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// In the attached `[…]`.
    Shape,
    /// By its place among the arguments.
    Positional,
    /// After `name=`.
    Option,
    /// After `name=`, at the stage that trains; which of these a model takes, its `training` says.
    Training,
    /// After `on`.
    On,
}

/// What stands for an argument that is not given.
#[derive(Debug, Clone, Copy)]
pub enum Preset {
    /// Nothing.
    None,
    /// A value.
    Value(fn() -> Value),
    /// What this table says of the word (or the case: `number`, `share`, `text`) that another argument is.
    ByWord(&'static str, fn() -> Vec<(&'static str, Value)>),
}

/// A condition for a parameter to mean something: another argument is one of some words, or is there at all.
#[derive(Debug, Clone, Copy)]
pub struct When {
    /// The other parameter.
    pub of: &'static str,
    /// Its words; none where it has only to be there.
    pub words: &'static [&'static str],
}

impl When {
    /// Do these arguments fulfil it?
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
    /// A parameter of the type `T`; it is required if it has no default and the type needs a value.
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

    /// The value for an argument that is not given, beside these others.
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

    /// The default as help writes it: `5`, or `3 for zscore, 1.5 for iqr`; empty for none.
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

    /// A value as help writes it.
    fn brief(&self, value: &Value) -> String {
        match (self.domain, value) {
            (Domain::Bytes, Value::Int(bytes)) => byte_text(*bytes),
            _ => value.brief(),
        }
    }

    /// Has it a default, for some stages at least?
    #[must_use]
    pub fn has_default(&self) -> bool {
        !matches!(self.preset, Preset::None)
    }
}

/// The parameters at the start that stand in one of these places, and the others.
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
