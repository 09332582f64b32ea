//! Domains of parameters: a domain tests a value, describes itself, and generates invalid values.
//!
//! The invalid values let one test cover every argument of every verb.

use crate::Value;
use pipewright_diagnostic::Spanned;

/// A word of the language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Word {
    /// The word.
    pub text: &'static str,
    /// The default number of a word that takes one in brackets: `knn` is `knn[5]`.
    pub size: Option<usize>,
}

impl Word {
    /// Words without a number.
    #[must_use]
    pub const fn list<const N: usize>(texts: &[&'static str]) -> [Word; N] {
        let mut words = [Word { text: "", size: None }; N];
        let mut place = 0;
        while place < N {
            words[place].text = texts[place];
            place += 1;
        }
        words
    }

    /// Returns the value of this word with the given number, or its default.
    fn value(&self, size: Option<usize>) -> Option<Value> {
        match (self.size, size) {
            (None, None) => Some(Value::Word(self.text.to_owned())),
            (None, Some(_)) | (Some(_), Some(0)) => None,
            (Some(default), size) => Some(Value::Sized(self.text.to_owned(), size.unwrap_or(default))),
        }
    }

    /// Formats it for help: `knn[5]`.
    fn describe(&self) -> String {
        match self.size {
            None => format!("`{}`", self.text),
            Some(size) => format!("`{}[{size}]`", self.text),
        }
    }
}

/// The domain of a parameter: the values that it accepts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Domain {
    /// A whole number from `min` up to `max`.
    Int {
        /// The minimum.
        min: i64,
        /// The maximum.
        max: i64,
    },
    /// A number from `min` up to `max`.
    Float {
        /// The minimum.
        min: f64,
        /// The maximum.
        max: f64,
    },
    /// A number above 0.
    Positive,
    /// A share: `20%` or `0.2`, above 0 and below 1.
    Fraction,
    /// A share above 0, up to 1: `50%`, `0.5` or `1`.
    Ratio,
    /// `true` or `false`.
    Bool,
    /// One of these words, some with an attached whole number of 1 or more.
    Words(&'static [Word]),
    /// A quoted text.
    Text,
    /// A list of values of this domain; a single value is a list of one.
    List(&'static Domain),
    /// A value of any of these domains; the first one that accepts it is used.
    OneOf(&'static [Domain]),
    /// A model of the registry with its own arguments.
    Model,
    /// A file.
    Path,
    /// The name of a sample data set.
    Sample,
    /// A generator of the registry with its own arguments.
    Generator,
    /// Layers of a network in braces.
    Layers,
    /// A duration: `7d`, `30s`.
    Duration,
    /// A name that the script makes up.
    Name,
    /// The name of a `let` that makes a table, or of a sample data set.
    Table,
    /// This word with a text in parentheses: `quarantine("rejects.csv")`.
    Call(&'static str),
    /// A number of bytes: `1000000`, or a text with a unit, `"64M"`.
    Bytes,
    /// A secret text, hidden in plans and saved pipelines.
    Secret,
    /// The name of one column.
    Column,
    /// A selection of columns.
    Columns,
    /// Stages in braces.
    Block,
    /// Selections of columns with their stages, in braces.
    Routes,
    /// Pipelines by name, in braces.
    Arms,
    /// An expression over columns that is true or false.
    Condition,
    /// New columns as `name = expression`.
    Assigns,
    /// Renamed columns: `new=old`, any number of them.
    Renames,
    /// `null`.
    Null,
}

impl Domain {
    /// Converts a value to this domain (`0.2` to a share, a single value to a list), or returns `None` if it is not
    /// accepted.
    #[must_use]
    pub fn take(&self, value: &Value) -> Option<Value> {
        match (self, value) {
            (Domain::Int { min, max }, Value::Int(number)) => (min..=max).contains(&number).then(|| value.clone()),
            (Domain::Float { min, max }, _) => {
                let number = value.number()?;
                (*min <= number && number <= *max).then_some(Value::Float(number))
            }
            (Domain::Positive, _) => {
                let number = value.number()?;
                (number > 0.0 && number.is_finite()).then_some(Value::Float(number))
            }
            (Domain::Fraction, Value::Fraction(share) | Value::Float(share)) => {
                (*share > 0.0 && *share < 1.0).then_some(Value::Fraction(*share))
            }
            (Domain::Ratio, _) => {
                let ratio = if let Value::Fraction(share) = value { *share } else { value.number()? };
                let taken = if let Value::Fraction(_) = value { value.clone() } else { Value::Float(ratio) };
                (ratio > 0.0 && ratio <= 1.0).then_some(taken)
            }
            (Domain::Words(words), _) => {
                // Elsewhere `null` is a missing value.
                let (word, size) = if *value == Value::Null { ("null", None) } else { value.word()? };
                words.iter().find(|known| known.text == word)?.value(size)
            }
            (Domain::List(inner), Value::List(items)) => items
                .iter()
                .map(|item| inner.take(&item.node).map(|node| Spanned::new(node, item.span)))
                .collect::<Option<Vec<_>>>()
                .map(Value::List),
            (Domain::List(inner), single) => {
                inner.take(single).map(|node| Value::List(vec![Spanned::new(node, Default::default())]))
            }
            (Domain::OneOf(domains), _) => domains.iter().find_map(|domain| domain.take(value)),
            (Domain::Column, Value::Column(name) | Value::Word(name) | Value::Text(name)) => {
                Some(Value::Column(name.clone()))
            }
            (Domain::Table, Value::Word(name)) => Some(Value::Table(name.clone())),
            (Domain::Call(word), Value::Call(name, argument)) => {
                (word == name && matches!(**argument, Value::Text(_))).then(|| value.clone())
            }
            (Domain::Bytes, Value::Int(number)) => (*number > 0).then(|| value.clone()),
            (Domain::Bytes, Value::Text(text)) => bytes(text).map(Value::Int),
            (Domain::Secret, Value::Text(text) | Value::Word(text)) => Some(Value::Text(text.clone())),
            (Domain::Bool, Value::Bool(_))
            | (Domain::Text, Value::Text(_))
            | (Domain::Name, Value::Word(_))
            | (Domain::Model, Value::Model(_))
            | (Domain::Path, Value::Path(_))
            | (Domain::Sample, Value::Sample(_))
            | (Domain::Generator, Value::Generator(_))
            | (Domain::Layers, Value::Layers(_))
            | (Domain::Columns, Value::Columns { .. })
            | (Domain::Duration, Value::Duration(..))
            | (Domain::Table, Value::Table(_))
            | (Domain::Block, Value::Block(_))
            | (Domain::Routes, Value::Routes(_))
            | (Domain::Condition, Value::Condition { .. })
            | (Domain::Assigns, Value::Assigns(_))
            | (Domain::Renames, Value::Renames(_))
            | (Domain::Null, Value::Null) => Some(value.clone()),
            _ => None,
        }
    }

    /// Describes the accepted values: `a whole number of 1 or more`.
    #[must_use]
    pub fn describe(&self) -> String {
        match self {
            Domain::Int { min, max: i64::MAX } => format!("a whole number of {min} or more"),
            Domain::Int { min, max } => format!("a whole number from {min} to {max}"),
            Domain::Float { min, max } if *min == f64::MIN && *max == f64::MAX => "a number".to_owned(),
            Domain::Float { min, max } if *max >= f64::MAX => format!("a number of {min} or more"),
            Domain::Float { min, max } => format!("a number from {min} to {max}"),
            Domain::Positive => "a number above 0".to_owned(),
            Domain::Fraction => "a share such as 20% or 0.2".to_owned(),
            Domain::Bool => "true or false".to_owned(),
            Domain::Ratio => "a share up to 1, such as 50% or 0.5".to_owned(),
            Domain::Words(words) => words.iter().map(Word::describe).collect::<Vec<_>>().join(", "),
            Domain::Text => "a quoted string".to_owned(),
            Domain::List(Domain::Model) => "a list of models".to_owned(),
            Domain::List(Domain::Column) => "a list of columns".to_owned(),
            Domain::List(inner) => format!("a list of {}", inner.describe()),
            Domain::OneOf(domains) => domains.iter().map(Domain::describe).collect::<Vec<_>>().join(", or "),
            Domain::Model => "a model".to_owned(),
            Domain::Path => "a file".to_owned(),
            Domain::Sample => "the name of a sample data set".to_owned(),
            Domain::Generator => "a generated data set such as `moons(n=1000)`".to_owned(),
            Domain::Layers => "layers in braces".to_owned(),
            Domain::Duration => "a duration such as 7d".to_owned(),
            Domain::Name => "a name".to_owned(),
            Domain::Table => "the name of a `let` that makes a table".to_owned(),
            Domain::Call(word) => format!("`{word}(\"…\")`"),
            Domain::Bytes => "a number of bytes such as \"64M\"".to_owned(),
            Domain::Secret => "a quoted string, hidden in plans and saved pipelines".to_owned(),
            Domain::Column => "the name of a column".to_owned(),
            Domain::Columns => "columns".to_owned(),
            Domain::Block => "stages in braces".to_owned(),
            Domain::Routes => "selections of columns with their stages, in braces".to_owned(),
            Domain::Arms => "pipelines by name, in braces".to_owned(),
            Domain::Condition => "a condition".to_owned(),
            Domain::Assigns => "columns such as `ratio = a / b`".to_owned(),
            Domain::Renames => "names such as `new=old`".to_owned(),
            Domain::Null => "null".to_owned(),
        }
    }

    /// Does the grammar have a rule for it, so that no other value can occur in its place?
    fn has_own_grammar(&self) -> bool {
        matches!(self, Domain::Path | Domain::Sample | Domain::Generator | Domain::Column | Domain::Columns)
            || matches!(
                self,
                Domain::Condition
                    | Domain::Assigns
                    | Domain::Renames
                    | Domain::Block
                    | Domain::Routes
                    | Domain::Arms
                    | Domain::Layers
            )
    }

    /// Invalid values of this domain, as script text.
    #[must_use]
    pub fn invalid(&self) -> Vec<&'static str> {
        const CANDIDATES: &[(&str, Value)] = &[
            ("-3", Value::Int(-3)),
            ("0", Value::Int(0)),
            ("1.5", Value::Float(1.5)),
            ("-0.5", Value::Float(-0.5)),
            ("250%", Value::Fraction(2.5)),
            ("true", Value::Bool(true)),
            ("null", Value::Null),
        ];
        if let Domain::OneOf(domains) = self
            && domains.contains(&Domain::Path)
        {
            return Domain::Path.invalid();
        }
        if self.has_own_grammar() {
            // These have a grammar of their own, covered by the tests of the parser.
            return Vec::new();
        }
        let texts = [("\"§\"", Value::Text("§".to_owned())), ("nonsuch", Value::Word("nonsuch".to_owned()))];
        CANDIDATES.iter().chain(&texts).filter(|(_, value)| self.take(value).is_none()).map(|&(text, _)| text).collect()
    }
}

/// Parses a number of bytes: `500`, `64K`, `1.5M`, `2G`, with or without `B` or `iB`. The units are powers
/// of 1024.
///
/// ```
/// assert_eq!(pipewright_operator::bytes("2G"), Some(2 << 30));
/// assert_eq!(pipewright_operator::bytes("1.5 MiB"), Some(1_572_864));
/// assert_eq!(pipewright_operator::bytes("lots"), None);
/// ```
#[must_use]
pub fn bytes(text: &str) -> Option<i64> {
    let text = text.trim();
    let end = text.find(|sign: char| !sign.is_ascii_digit() && sign != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let factor = match unit.trim().to_ascii_uppercase().trim_end_matches('B').trim_end_matches('I') {
        "" => 1.0,
        "K" => 1024.0,
        "M" => 1024.0 * 1024.0,
        "G" => 1024.0 * 1024.0 * 1024.0,
        "T" => 1024.0 * 1024.0 * 1024.0 * 1024.0,
        _ => return None,
    };
    let bytes = (number.parse::<f64>().ok()? * factor).round();
    // Up to 2^53 every whole number is exact as a float.
    (1.0..=9_007_199_254_740_992.0).contains(&bytes).then_some(bytes as i64)
}

/// Formats a number of bytes with the largest unit that keeps it whole: `16M`.
pub(crate) fn byte_text(bytes: i64) -> String {
    let units = ["", "K", "M", "G", "T"];
    let mut unit = 0;
    let mut number = bytes;
    while number > 0 && number % 1024 == 0 && unit + 1 < units.len() {
        number /= 1024;
        unit += 1;
    }
    format!("{number}{}", units[unit])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_written_in_two_ways_and_counts_are_not_shares() {
        assert_eq!(Domain::Fraction.take(&Value::Float(0.2)), Some(Value::Fraction(0.2)));
        assert_eq!(Domain::Fraction.take(&Value::Fraction(0.2)), Some(Value::Fraction(0.2)));
        assert_eq!(Domain::Fraction.take(&Value::Int(20)), None);
        let size = Domain::OneOf(&[Domain::Fraction, Domain::Int { min: 1, max: i64::MAX }]);
        assert_eq!(size.take(&Value::Int(20)), Some(Value::Int(20)));
    }

    #[test]
    fn bytes_print_with_a_unit_that_reads_back() {
        assert_eq!([byte_text(16 << 20), byte_text(1000), byte_text(1 << 30)], ["16M", "1000", "1G"]);
        assert_eq!(bytes(&byte_text(64 << 20)), Some(64 << 20));
    }

    #[test]
    fn a_domain_never_takes_what_it_calls_invalid_and_says_what_it_takes() {
        const DOMAINS: &[Domain] = &[
            Domain::Int { min: 1, max: 9 },
            Domain::Float { min: 0.0, max: 1.0 },
            Domain::Positive,
            Domain::Fraction,
            Domain::Bool,
            Domain::Ratio,
            Domain::Words(&[Word { text: "mean", size: None }]),
            Domain::Words(&[Word { text: "knn", size: Some(5) }]),
            Domain::Text,
            Domain::Bytes,
            Domain::Secret,
            Domain::Call("quarantine"),
            Domain::List(&Domain::Bool),
            Domain::OneOf(&[Domain::Bool, Domain::Positive]),
        ];
        for domain in DOMAINS {
            assert!(domain.invalid().len() >= 3, "{domain:?}");
            assert!(!domain.describe().is_empty());
        }
    }
}
