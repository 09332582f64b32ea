//! Macros that declare arguments: one list defines both the struct that a verb uses and the parameters of its `Spec`.

use crate::{Args, ArgumentError, Param};

/// The arguments of a verb or a model, or the training options of a model; implemented by
/// [`arguments!`](crate::arguments).
pub trait Arguments: Sized {
    /// Its parameters: the shape, positionals, options, training options, columns, the name.
    const PARAMS: &'static [Param];

    /// Converts checked arguments to their typed form.
    ///
    /// # Errors
    /// An [`ArgumentError`] if a required argument is missing.
    fn read(args: &Args) -> Result<Self, ArgumentError>;
}

/// Declares the arguments of a verb or a model: the struct that it uses, and the parameters of its `Spec`.
///
/// Each line gives the position of the argument (`shape`, `positional`, `option`, `training`, `on`, `as`), its name, its
/// type (an [`Argument`](crate::Argument)), its default (any expression convertible to the type), and optionally the
/// words of another argument that it applies to, `for method in ["smote"]`, or another argument that it requires,
/// `with early_stop`. A default that depends on another argument is a table: `by method { "zscore" => 3.0, "iqr" =>
/// 1.5 }`. The doc comment is the help. An argument without a default is required, unless its type is an `Option`.
/// The default of `on` is a list of classes of columns.
///
/// ```
/// use pipewright_operator::{Arguments, Count, Ratio, arguments, words};
///
/// words! {
///     /// Which rows change.
///     pub enum Method { Smote = "smote", Undersample = "undersample" }
/// }
///
/// arguments! {
///     /// The arguments of `balance`.
///     pub struct BalanceArgs {
///         /// Which rows to add or leave out.
///         positional method: Method;
///         /// Rows of the rarest class per row of the most frequent one.
///         option ratio: Ratio = 1.0;
///         /// Nearest neighbours to interpolate between.
///         option k: Count = 5, for method in ["smote"];
///     }
/// }
///
/// let help: Vec<String> = BalanceArgs::PARAMS.iter().map(|param| format!("{} {}", param.name, param.default_text())).collect();
/// assert_eq!(help, ["method ", "ratio 1", "k 5"]);
/// ```
#[macro_export]
macro_rules! arguments {
    (@name on $field:ident) => { "columns" };
    (@name $place:ident $field:ident $key:literal) => { $key };
    (@name $place:ident $field:ident) => { stringify!($field) };

    (@place shape) => { $crate::Place::Shape };
    (@place positional) => { $crate::Place::Positional };
    (@place option) => { $crate::Place::Option };
    (@place training) => { $crate::Place::Training };
    (@place on) => { $crate::Place::On };
    (@place as) => { $crate::Place::As };

    (@value on $ty:ty, $default:expr) => { $crate::columns_of(&$default) };
    (@value $place:ident $ty:ty, $default:expr) => {
        $crate::Argument::to_value(&<$ty as ::core::convert::From<_>>::from($default))
    };

    (@preset $place:ident $ty:ty) => { $crate::Preset::None };
    (@preset $place:ident $ty:ty, = $default:expr) => {
        $crate::Preset::Value(|| $crate::arguments!(@value $place $ty, $default))
    };
    (@preset $place:ident $ty:ty, $of:ident { $($case:literal => $default:expr),+ }) => {
        $crate::Preset::ByWord(
            stringify!($of),
            || vec![$(($case, $crate::arguments!(@value $place $ty, $default))),+],
        )
    };

    (
        $(#[$meta:meta])*
        $vis:vis struct $name:ident {
            $(
                $(#[doc = $doc:literal])+
                $place:ident $field:ident $(as $key:literal)? : $ty:ty $(= $default:expr)?
                $(, for $of:ident in [$($word:literal),+ $(,)?])*
                $(, with $with:ident)?
                $(, by $by:ident { $($case:literal => $preset:expr),+ $(,)? })?
                ;
            )*
        }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq)]
        $vis struct $name {
            $( $(#[doc = $doc])+ $vis $field: $ty, )*
        }

        impl $crate::Arguments for $name {
            const PARAMS: &'static [$crate::Param] = &[$(
                $crate::Param::declared::<$ty>(
                    $crate::arguments!(@place $place),
                    $crate::arguments!(@name $place $field $($key)?),
                    concat!($($doc),+).trim_ascii(),
                    $crate::arguments!(@preset $place $ty $(, = $default)? $(, $by { $($case => $preset),+ })?),
                    &[
                        $($crate::When { of: stringify!($of), words: &[$($word),+] },)*
                        $($crate::When { of: stringify!($with), words: &[] })?
                    ],
                )
            ),*];

            #[allow(unused_variables, reason = "there may be no arguments")]
            fn read(args: &$crate::Args) -> Result<$name, $crate::ArgumentError> {
                Ok($name { $( $field: args.read($crate::arguments!(@name $place $field $($key)?))?, )* })
            }
        }
    };
}

/// Declares the words of an argument and their values.
///
/// Either as an enum of its own, in which a word may carry a number (`bow[200]`; the declared number is the default):
///
/// ```
/// use pipewright_operator::{Argument, Value, words};
/// words! {
///     /// What is counted.
///     pub enum Method { Bow(200) = "bow", None = "none" }
/// }
/// assert_eq!(Method::from_value(&Value::Sized("bow".into(), 5)), Some(Method::Bow(5)));
/// assert_eq!(Method::Bow(7).to_value().to_string(), "bow[7]");
/// ```
///
/// or as names for the values of an existing type: `struct Order(Ordering) { "less" => Ordering::Less }`. Of several
/// words for one value, the first is printed.
#[macro_export]
macro_rules! words {
    (@usize $size:expr) => { usize };
    (@size) => { None };
    (@size $size:expr) => { Some($size) };
    (@bind $name:ident $size:expr) => { $name };
    (@value $word:literal) => { $crate::Value::Word($word.to_owned()) };
    (@value $word:literal, $name:ident $size:expr) => { $crate::Value::Sized($word.to_owned(), $name) };

    (
        $(#[$meta:meta])*
        $vis:vis enum $name:ident { $($(#[$note:meta])* $variant:ident $(($size:expr))? = $word:literal),+ $(,)? }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        $vis enum $name { $( $(#[$note])* #[allow(missing_docs)] $variant $(($crate::words!(@usize $size)))? ),+ }

        impl $crate::Argument for $name {
            const DOMAIN: $crate::Domain =
                $crate::Domain::Words(&[$($crate::Word { text: $word, size: $crate::words!(@size $($size)?) }),+]);

            #[allow(unused_variables, reason = "there may be no word with a number")]
            fn from_value(value: &$crate::Value) -> Option<$name> {
                let (word, size) = value.word()?;
                match word {
                    $($word => Some($name::$variant $((size.unwrap_or($size)))?),)+
                    _ => None,
                }
            }

            fn to_value(&self) -> $crate::Value {
                match *self {
                    $($name::$variant $(($crate::words!(@bind size $size)))? => {
                        $crate::words!(@value $word $(, size $size)?)
                    })+
                }
            }
        }
    };

    (
        $(#[$meta:meta])*
        $vis:vis struct $name:ident($inner:ty) { $($word:literal => $value:expr),+ $(,)? }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq)]
        $vis struct $name($vis $inner);

        impl $name {
            const TABLE: &'static [(&'static str, $inner)] = &[$(($word, $value)),+];
        }

        impl ::core::convert::From<$inner> for $name {
            fn from(value: $inner) -> $name {
                $name(value)
            }
        }

        impl $crate::Argument for $name {
            const DOMAIN: $crate::Domain =
                $crate::Domain::Words(&[$($crate::Word { text: $word, size: None }),+]);

            fn from_value(value: &$crate::Value) -> Option<$name> {
                let (word, _) = value.word()?;
                $name::TABLE.iter().find(|(known, _)| *known == word).map(|(_, value)| $name(value.clone()))
            }

            fn to_value(&self) -> $crate::Value {
                let word = $name::TABLE.iter().find(|(_, value)| *value == self.0).map_or("", |(word, _)| word);
                $crate::Value::Word(word.to_owned())
            }
        }
    };
}

/// Declares an argument of several types; the first one that accepts a value is used.
#[macro_export]
macro_rules! either {
    ($(#[$meta:meta])* $vis:vis enum $name:ident { $($variant:ident($ty:ty)),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq)]
        $vis enum $name { $(#[allow(missing_docs)] $variant($ty)),+ }

        impl $crate::Argument for $name {
            const DOMAIN: $crate::Domain = $crate::Domain::OneOf(&[$(<$ty as $crate::Argument>::DOMAIN),+]);

            fn from_value(value: &$crate::Value) -> Option<$name> {
                $(
                    if <$ty as $crate::Argument>::DOMAIN.take(value).is_some() {
                        return <$ty as $crate::Argument>::from_value(value).map($name::$variant);
                    }
                )+
                None
            }

            fn to_value(&self) -> $crate::Value {
                match self { $($name::$variant(inner) => $crate::Argument::to_value(inner)),+ }
            }
        }
    };
}
