//! `rename`: gives columns other names.

use crate::adapt::{StepOf, load_state};
use pipewright_diagnostic::code;
use pipewright_frame::{Rename, RenameState};
use pipewright_operator::{Args, Bound, Domain, Example, Fault, Group, Param, Spec, Surroundings, Verb};
use std::sync::Arc;

pub(crate) const VERB: Verb = Verb {
    spec: Spec {
        name: "rename",
        group: Group::Choose,
        summary: "Gives columns other names.",
        details: "The new name stands first: `rename weight=wt`. All are renamed at once, so that two columns can \
                  change their names for each other. A name that is no plain word stands in backticks.",
        search: &["name", "call", "alias", "columns"],
        positionals: &[Param::required("names", Domain::Renames, "The new names, each with the old one.")],
        examples: &[Example {
            script: "load penguins.csv | rename beak=`Beak Length (mm)` sex=Sex | select beak, sex | show 2",
            output: "\
beak  sex
39.1  MALE
39.5  FEMALE
… 342 more rows
",
        }],
        ..Spec::BASE
    },
    bind,
    load: Some(load_state::<RenameState>),
};

fn bind(args: &Args, _: &Surroundings) -> Result<Bound, Fault> {
    let renames = args.renames("names").unwrap_or_default();
    let pairs = renames.iter().map(|rename| (rename.new.as_str().into(), rename.old.as_str().into())).collect();
    let rename = Rename::new(pairs).map_err(|failure| Fault::of("names", code::DUPLICATE_COLUMN, failure.message))?;
    Ok(Bound::Step(Arc::new(StepOf::new(rename))))
}
