//! Typed arguments: a Rust type determines which values of the language it accepts, and how they are parsed and
//! printed.

use crate::{ArgumentError, Assigned, Block, Chosen, ChosenGenerator, Domain, Layers, Renamed, Route, Value};
use pipewright_diagnostic::{Spanned, code};
use pipewright_frame::{Class, Expression, Selection};
use std::sync::Arc;

/// A type of argument.
pub trait Argument: Sized {
    /// The accepted values of the language.
    const DOMAIN: Domain;
    /// Is the argument optional even without a default?
    const OPTIONAL: bool = false;

    /// Parses a value; `None` for a value outside of [`Argument::DOMAIN`].
    fn from_value(value: &Value) -> Option<Self>;

    /// Returns the value of the language that [`Argument::from_value`] parses as this one.
    fn to_value(&self) -> Value;

    /// The value of a missing argument, if it is optional.
    #[must_use]
    fn absent() -> Option<Self> {
        None
    }
}

impl<T: Argument> Argument for Option<T> {
    const DOMAIN: Domain = T::DOMAIN;
    const OPTIONAL: bool = true;

    fn from_value(value: &Value) -> Option<Self> {
        T::from_value(value).map(Some)
    }

    fn to_value(&self) -> Value {
        self.as_ref().map_or(Value::Null, T::to_value)
    }

    fn absent() -> Option<Self> {
        Some(None)
    }
}

/// Provides a `'static` domain for the items of a list.
struct ListOf<T>(std::marker::PhantomData<T>);

impl<T: Argument> ListOf<T> {
    const INNER: &'static Domain = &T::DOMAIN;
}

impl<T: Argument> Argument for Vec<Spanned<T>> {
    const DOMAIN: Domain = Domain::List(ListOf::<T>::INNER);

    fn from_value(value: &Value) -> Option<Self> {
        let Value::List(items) = value else { return None };
        let item = |item: &Spanned<Value>| Some(Spanned::new(T::from_value(&item.node)?, item.span));
        items.iter().map(item).collect()
    }

    fn to_value(&self) -> Value {
        Value::List(self.iter().map(|item| Spanned::new(item.node.to_value(), item.span)).collect())
    }
}

impl<T: Argument> Argument for Vec<T> {
    const DOMAIN: Domain = Domain::List(ListOf::<T>::INNER);

    fn from_value(value: &Value) -> Option<Self> {
        let Value::List(items) = value else { return None };
        items.iter().map(|item| T::from_value(&item.node)).collect()
    }

    fn to_value(&self) -> Value {
        Value::List(self.iter().map(|item| Spanned::new(item.to_value(), Default::default())).collect())
    }
}

impl Argument for bool {
    const DOMAIN: Domain = Domain::Bool;

    fn from_value(value: &Value) -> Option<bool> {
        if let Value::Bool(truth) = value { Some(*truth) } else { None }
    }

    fn to_value(&self) -> Value {
        Value::Bool(*self)
    }
}

/// A whole number from `MIN` to `MAX`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Int<const MIN: u64, const MAX: u64 = { i64::MAX as u64 }>(pub u64);

/// A count of 1 or more.
pub type Count = Int<1>;

/// A random seed.
pub type Seed = Int<0>;

impl<const MIN: u64, const MAX: u64> Int<MIN, MAX> {
    /// Returns the number, saturating at `usize::MAX`.
    #[must_use]
    pub fn get(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }

    /// Returns the number, saturating at `u32::MAX`.
    #[must_use]
    pub fn saturating_u32(self) -> u32 {
        u32::try_from(self.0).unwrap_or(u32::MAX)
    }
}

impl<const MIN: u64, const MAX: u64> From<usize> for Int<MIN, MAX> {
    fn from(number: usize) -> Self {
        Int(number as u64)
    }
}

impl<const MIN: u64, const MAX: u64> Argument for Int<MIN, MAX> {
    const DOMAIN: Domain = Domain::Int { min: MIN as i64, max: MAX as i64 };

    fn from_value(value: &Value) -> Option<Self> {
        if let Value::Int(number) = value { u64::try_from(*number).ok().map(Int) } else { None }
    }

    fn to_value(&self) -> Value {
        Value::Int(i64::try_from(self.0).unwrap_or(i64::MAX))
    }
}

/// Defines types that hold one number of a domain.
macro_rules! numbers {
    ($($(#[$meta:meta])* $name:ident = $domain:expr, printed as $variant:ident;)+) => { $(
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq)]
        pub struct $name(pub f64);

        impl From<f64> for $name {
            fn from(number: f64) -> $name {
                $name(number)
            }
        }

        impl Argument for $name {
            const DOMAIN: Domain = $domain;

            fn from_value(value: &Value) -> Option<$name> {
                match value {
                    Value::Fraction(share) => Some($name(*share)),
                    other => other.number().map($name),
                }
            }

            fn to_value(&self) -> Value {
                Value::$variant(self.0)
            }
        }
    )+ };
}

numbers! {
    /// A number above 0.
    Positive = Domain::Positive, printed as Float;
    /// A number of 0 or more.
    NonNegative = Domain::Float { min: 0.0, max: f64::MAX }, printed as Float;
    /// A number from 0 to 1.
    UnitInterval = Domain::Float { min: 0.0, max: 1.0 }, printed as Float;
    /// A share above 0 and below 1.
    Fraction = Domain::Fraction, printed as Fraction;
    /// A share above 0, up to 1.
    Ratio = Domain::Ratio, printed as Float;
}

/// Any number; whole numbers are exact.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Number {
    /// A whole number, written without point and exponent.
    Whole(i64),
    /// Any other number.
    Real(f64),
}

impl Number {
    /// Returns it as a float; whole numbers beyond 2^53 are rounded.
    #[must_use]
    pub fn as_f64(self) -> f64 {
        match self {
            Number::Whole(whole) => whole as f64,
            Number::Real(number) => number,
        }
    }
}

impl From<f64> for Number {
    fn from(number: f64) -> Number {
        Number::Real(number)
    }
}

impl Argument for Number {
    const DOMAIN: Domain = Domain::Float { min: f64::MIN, max: f64::MAX };

    fn from_value(value: &Value) -> Option<Number> {
        match value {
            Value::Int(whole) => Some(Number::Whole(*whole)),
            Value::Float(number) | Value::Fraction(number) => Some(Number::Real(*number)),
            _ => None,
        }
    }

    fn to_value(&self) -> Value {
        match self {
            Number::Whole(whole) => Value::Int(*whole),
            Number::Real(number) => Value::Float(*number),
        }
    }
}

/// Defines types that hold one text of a domain.
macro_rules! texts {
    ($($(#[$meta:meta])* $name:ident($inner:ty) = $domain:expr, as $variant:ident;)+) => { $(
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub struct $name(pub $inner);

        impl From<&str> for $name {
            fn from(text: &str) -> $name {
                $name(text.into())
            }
        }

        impl Argument for $name {
            const DOMAIN: Domain = $domain;

            fn from_value(value: &Value) -> Option<$name> {
                if let Value::$variant(text) = value { Some($name(text.as_str().into())) } else { None }
            }

            fn to_value(&self) -> Value {
                Value::$variant(self.0.as_str().to_owned())
            }
        }
    )+ };
}

texts! {
    /// A secret text, hidden in plans and saved pipelines.
    Secret(String) = Domain::Secret, as Text;
    /// A file, as written.
    FilePath(String) = Domain::Path, as Path;
    /// The name of a sample data set.
    SampleName(String) = Domain::Sample, as Sample;
    /// A name that a stage gives to rows, or finds them by.
    Name(String) = Domain::Name, as Word;
    /// The name of another table of the script.
    TableName(String) = Domain::Table, as Table;
}

impl Argument for String {
    const DOMAIN: Domain = Domain::Text;

    fn from_value(value: &Value) -> Option<String> {
        if let Value::Text(text) = value { Some(text.clone()) } else { None }
    }

    fn to_value(&self) -> Value {
        Value::Text(self.clone())
    }
}

/// The name of a column.
impl Argument for Arc<str> {
    const DOMAIN: Domain = Domain::Column;

    fn from_value(value: &Value) -> Option<Arc<str>> {
        if let Value::Column(name) = value { Some(name.as_str().into()) } else { None }
    }

    fn to_value(&self) -> Value {
        Value::Column(self.to_string())
    }
}

/// A number of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bytes(pub u64);

impl From<u64> for Bytes {
    fn from(bytes: u64) -> Bytes {
        Bytes(bytes)
    }
}

impl Argument for Bytes {
    const DOMAIN: Domain = Domain::Bytes;

    fn from_value(value: &Value) -> Option<Bytes> {
        if let Value::Int(bytes) = value { u64::try_from(*bytes).ok().map(Bytes) } else { None }
    }

    fn to_value(&self) -> Value {
        Value::Int(i64::try_from(self.0).unwrap_or(i64::MAX))
    }
}

/// A duration.
#[derive(Debug, Clone, PartialEq)]
pub struct Duration {
    /// Its length in seconds.
    pub seconds: f64,
    /// As written.
    pub text: String,
}

impl Duration {
    /// Returns it as a time budget, which the parameter `param` sets.
    ///
    /// # Errors
    /// An [`ArgumentError`] if it is not above 0.
    pub fn budget(&self, param: &'static str) -> Result<std::time::Duration, ArgumentError> {
        let time = std::time::Duration::try_from_secs_f64(self.seconds).ok().filter(|time| !time.is_zero());
        time.ok_or_else(|| {
            ArgumentError::of(param, code::BAD_VALUE, "a budget is a time above 0")
                .help(format!("for example `{param}=60s`"))
        })
    }
}

impl Argument for Duration {
    const DOMAIN: Domain = Domain::Duration;

    fn from_value(value: &Value) -> Option<Duration> {
        let Value::Duration(seconds, text) = value else { return None };
        Some(Duration { seconds: *seconds, text: text.clone() })
    }

    fn to_value(&self) -> Value {
        Value::Duration(self.seconds, self.text.clone())
    }
}

/// A condition over columns, with its text.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    /// The condition.
    pub expression: Expression,
    /// As written.
    pub text: String,
}

impl Argument for Condition {
    const DOMAIN: Domain = Domain::Condition;

    fn from_value(value: &Value) -> Option<Condition> {
        let Value::Condition { expression, text } = value else { return None };
        Some(Condition { expression: expression.clone(), text: text.clone() })
    }

    fn to_value(&self) -> Value {
        Value::Condition { expression: self.expression.clone(), text: self.text.clone() }
    }
}

impl Argument for Selection {
    const DOMAIN: Domain = Domain::Columns;

    fn from_value(value: &Value) -> Option<Selection> {
        if let Value::Columns { selection, .. } = value { Some(selection.clone()) } else { None }
    }

    fn to_value(&self) -> Value {
        Value::Columns { selection: self.clone(), text: format!("{self:?}") }
    }
}

/// Implements [`Argument`] for the content of one kind of value.
macro_rules! contents {
    ($($name:ty = $variant:ident;)+) => { $(
        impl Argument for $name {
            const DOMAIN: Domain = Domain::$variant;

            fn from_value(value: &Value) -> Option<$name> {
                if let Value::$variant(content) = value { Some(content.clone()) } else { None }
            }

            fn to_value(&self) -> Value {
                Value::$variant(self.clone())
            }
        }
    )+ };
}

contents! {
    Vec<Assigned> = Assigns;
    Vec<Renamed> = Renames;
    Vec<Route> = Routes;
    Block = Block;
    Box<Chosen> = Model;
    Box<ChosenGenerator> = Generator;
    Layers = Layers;
}

/// The columns of some classes as script text: `@numeric, @bool`.
#[must_use]
pub fn columns_of(classes: &[Class]) -> Value {
    let word = |class: &Class| Class::NAMES.iter().find(|(_, known)| known == class).map_or("", |(word, _)| word);
    let text = classes.iter().map(|class| format!("@{}", word(class))).collect::<Vec<_>>().join(", ");
    let selection = match classes {
        [class] => Selection::Class(*class),
        _ => Selection::Union(classes.iter().copied().map(Selection::Class).collect()),
    };
    Value::Columns { selection, text }
}
