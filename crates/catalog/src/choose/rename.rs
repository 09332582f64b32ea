//! `rename`: renames columns.

use crate::adapt::{StepOf, state};
use pipewright_diagnostic::code;
use pipewright_frame::{Rename, RenameState};
use pipewright_operator::{
    Args, ArgumentError, Arguments, Bound, Environment, Example, Group, Renamed, Spec, Verb, arguments,
};
use std::sync::Arc;

arguments! {
    /// The arguments of `rename`.
    struct RenameArgs {
        /// New names, each with the old one.
        positional names: Vec<Renamed>;
    }
}

pub(crate) const VERB: Verb = Verb {
    spec: Spec {
        name: "rename",
        group: Group::Choose,
        summary: "Renames columns.",
        details: "The new name comes first: `rename weight=wt`. All columns are renamed at once, so two columns can \
                  swap their names. A name that is not a plain word goes in backticks.",
        search: &["name", "call", "alias", "columns"],
        examples: &[Example {
            script: "load penguins.csv | rename beak=`Beak Length (mm)` sex=Sex | select beak, sex | show 2",
            output: "\
beak  sex
39.1  MALE
39.5  FEMALE
… 342 more rows
",
        }],
        ..Spec::of::<RenameArgs>()
    },
    bind,
    states: &[state::<RenameState>()],
};

fn bind(args: &Args, _: &Environment) -> Result<Bound, ArgumentError> {
    let RenameArgs { names } = RenameArgs::read(args)?;
    let pairs: Vec<(Arc<str>, Arc<str>)> =
        names.iter().map(|rename| (rename.new.as_str().into(), rename.old.as_str().into())).collect();
    let rename = Rename::new(pairs.clone())
        .map_err(|failure| ArgumentError::of("names", code::DUPLICATE_COLUMN, failure.message))?;
    Ok(Bound::Step(Arc::new(StepOf { renames: pairs, ..StepOf::new(rename) })))
}
