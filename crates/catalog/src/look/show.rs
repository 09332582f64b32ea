//! `show`: prints the first rows.

use pipewright_diagnostic::Failure;
use pipewright_operator::result::{Output, TableHead};
use pipewright_operator::work::Inspect;
use pipewright_operator::{
    Args, ArgumentError, Arguments, Bound, Data, Effect, Environment, Example, Group, Int, Spec, Verb, arguments,
};
use std::sync::Arc;

arguments! {
    /// The arguments of `show`.
    struct ShowArgs {
        /// Number of rows.
        positional count: Int<0> = 10;
    }
}

pub(crate) const VERB: Verb = Verb {
    spec: Spec {
        name: "show",
        group: Group::Look,
        summary: "Prints the first rows and passes its input on.",
        details: "After a stage that learns, it shows that stage fitted on, and applied to, all rows.",
        search: &["print", "display", "view", "peek", "head"],
        effect: Effect::Tee,
        examples: &[Example {
            script: "load iris.csv | show 2",
            output: "\
sepal_length  sepal_width  petal_length  petal_width  species
         5.1          3.5           1.4          0.2  setosa
         4.9            3           1.4          0.2  setosa
… 148 more rows
",
        }],
        ..Spec::of::<ShowArgs>()
    },
    bind,
    load: None,
};

fn bind(args: &Args, _: &Environment) -> Result<Bound, ArgumentError> {
    Ok(Bound::Inspect(Arc::new(Show(ShowArgs::read(args)?.count.get()))))
}

struct Show(usize);

impl Inspect for Show {
    fn inspect(&self, rows: &Data, _: &Environment) -> Result<Output, Failure> {
        Ok(Output::Table(TableHead::new(rows.head(self.0)?, rows.rows()?)))
    }
}
