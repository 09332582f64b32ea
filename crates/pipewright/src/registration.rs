//! Verbs, models and functions registered by a host program.

use crate::REGISTRY;
use pipewright_diagnostic::{Failure, code};
use pipewright_frame::{Function, Functions};
use pipewright_operator::{Model, Registry, Verb};

/// A verb, model or function of the host program.
#[non_exhaustive]
#[derive(Debug)]
pub enum Registration {
    /// A verb.
    Verb(Verb),
    /// A model for `train`.
    Model(Model),
    /// A function of expressions.
    Function(Function),
}

impl From<Verb> for Registration {
    fn from(verb: Verb) -> Registration {
        Registration::Verb(verb)
    }
}

impl From<Model> for Registration {
    fn from(model: Model) -> Registration {
        Registration::Model(model)
    }
}

impl From<Function> for Registration {
    fn from(function: Function) -> Registration {
        Registration::Function(function)
    }
}

/// Returns the built-in registry with these additions. Registered items are never freed.
///
/// # Errors
/// [`code::DUPLICATE_NAME`] if a name is taken.
pub(crate) fn extended(additions: Vec<Registration>) -> Result<&'static Registry, Failure> {
    if additions.is_empty() {
        return Ok(&REGISTRY);
    }
    let (mut verbs, mut models) = (REGISTRY.verbs.to_vec(), REGISTRY.models.to_vec());
    let mut functions: Vec<&'static Function> = Vec::new();
    for addition in additions {
        match addition {
            Registration::Verb(verb) => {
                is_free(verb.spec.name, verbs.iter().map(|verb| verb.spec.name))?;
                verbs.push(Box::leak(Box::new(verb)));
            }
            Registration::Model(model) => {
                is_free(model.spec.name, models.iter().map(|model| model.spec.name))?;
                models.push(Box::leak(Box::new(model)));
            }
            Registration::Function(function) => {
                let known = REGISTRY.functions.all().chain(functions.iter().copied());
                is_free(function.name, known.map(|function| function.name))?;
                functions.push(Box::leak(Box::new(function)));
            }
        }
    }
    let Registry { samples, generators, layers, adjustments, shorthands, implied, .. } = &REGISTRY;
    Ok(Box::leak(Box::new(Registry {
        verbs: verbs.leak(),
        models: models.leak(),
        functions: Functions::with(functions.leak()),
        samples,
        generators,
        layers,
        adjustments,
        shorthands,
        implied: *implied,
    })))
}

fn is_free(name: &str, mut taken: impl Iterator<Item = &'static str>) -> Result<(), Failure> {
    match taken.any(|taken| taken == name) {
        true => Err(Failure::new(code::DUPLICATE_NAME, format!("cannot register `{name}`: the name is already taken"))),
        false => Ok(()),
    }
}
