//! The functions available to expressions: built-in ones, and those of a host program.

use super::Function;
use pipewright_diagnostic::{Failure, code, nearest};
use std::cell::Cell;

/// The built-in functions and those of a host program.
#[derive(Debug, Clone, Copy)]
pub struct Functions {
    own: &'static [&'static Function],
}

thread_local! {
    /// Functions available to the expressions that this thread is deserialising.
    static READING: Cell<Functions> = const { Cell::new(Functions::BUILT_IN) };
}

impl Functions {
    /// The built-in functions only.
    pub const BUILT_IN: Functions = Functions { own: &[] };

    /// Adds host functions, whose names must be new.
    #[must_use]
    pub const fn with(own: &'static [&'static Function]) -> Functions {
        Functions { own }
    }

    /// Returns all functions, the built-in ones first.
    pub fn all(self) -> impl Iterator<Item = &'static Function> {
        Function::all().chain(self.own.iter().copied())
    }

    /// Returns the functions of this name, which may differ in the number of arguments.
    fn named(self, name: &str) -> impl Iterator<Item = &'static Function> {
        self.all().filter(move |function| function.name == name)
    }

    /// Finds the function with this name and number of arguments.
    ///
    /// # Errors
    /// [`code::UNKNOWN_NAME`] with the nearest name, if the name is unknown; [`code::MISSING_ARGUMENT`] or
    /// [`code::TOO_MANY_ARGUMENTS`] with the usage.
    pub fn find(self, name: &str, arguments: usize) -> Result<&'static Function, Failure> {
        if let Some(function) = self.named(name).find(|function| function.arity().contains(&arguments)) {
            return Ok(function);
        }
        let usages: Vec<String> = self.named(name).map(|function| format!("`{}`", function.usage())).collect();
        if usages.is_empty() {
            let failure = Failure::new(code::UNKNOWN_NAME, format!("no function named `{name}`"));
            return Err(match nearest(name, self.all().map(|function| function.name)).first() {
                Some(near) => failure.help(format!("did you mean `{near}`?")),
                None => failure.help("`pipewright help functions` lists them"),
            });
        }
        let most = self.named(name).map(|function| *function.arity().end()).max().unwrap_or(0);
        let (code, how) = match arguments > most {
            true => (code::TOO_MANY_ARGUMENTS, "has too many arguments"),
            false => (code::MISSING_ARGUMENT, "needs more arguments"),
        };
        Err(Failure::new(code, format!("`{name}` {how}")).help(format!("write {}", usages.join(" or "))))
    }

    /// Runs `read` with these functions available to deserialised expressions. A saved expression refers to its
    /// functions by name, and deserialisation has no argument to pass them.
    pub fn while_reading<T>(self, read: impl FnOnce() -> T) -> T {
        /// Restores the previous set, also if `read` panics.
        struct Restore(Functions);
        impl Drop for Restore {
            fn drop(&mut self) {
                READING.set(self.0);
            }
        }
        let _restore = Restore(READING.replace(self));
        read()
    }

    /// Returns the functions available to the expression being deserialised.
    pub(in super::super) fn reading() -> Functions {
        READING.get()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Expression, Parameter};

    static OWN: Function =
        Function::of_numbers("ratio", &[Parameter::number("a"), Parameter::number("b")], "a / b", |given| {
            given[0] / given[1]
        });
    static FUNCTIONS: Functions = Functions::with(&[&OWN]);

    #[test]
    fn own_functions_are_found_beside_the_built_in_ones() {
        assert_eq!(FUNCTIONS.find("ratio", 2).unwrap().usage(), "ratio(a, b)");
        assert_eq!(FUNCTIONS.find("ratio", 1).unwrap_err().code, code::MISSING_ARGUMENT);
        assert_eq!(FUNCTIONS.find("sqrt", 1).unwrap().name, "sqrt");
        assert_eq!(FUNCTIONS.find("ratoi", 2).unwrap_err().help, ["did you mean `ratio`?"]);
        assert_eq!(Functions::BUILT_IN.find("ratio", 2).unwrap_err().code, code::UNKNOWN_NAME);
    }

    #[test]
    fn a_saved_expression_finds_own_functions_only_while_they_are_read() {
        let arguments = vec![Expression::column("x"), Expression::column("y")];
        let call = Expression::Call(FUNCTIONS.find("ratio", 2).unwrap(), arguments);
        let saved = serde_json::to_string(&call).unwrap();
        let read = || serde_json::from_str::<Expression>(&saved);
        assert!(read().is_err());
        assert_eq!(FUNCTIONS.while_reading(read).unwrap(), call);
        assert!(read().is_err());
    }
}
