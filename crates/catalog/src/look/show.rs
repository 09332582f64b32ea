//! `show`: prints the first rows.

use pipewright_diagnostic::Failure;
use pipewright_operator::result::{Output, TableHead};
use pipewright_operator::work::Look;
use pipewright_operator::{Args, Bound, Data, Domain, Effect, Example, Fault, Group, Param, Spec, Surroundings, Verb};
use std::sync::Arc;

pub(crate) const VERB: Verb = Verb {
    spec: Spec {
        name: "show",
        group: Group::Look,
        summary: "Prints the first rows and passes its input on.",
        details: "Below a stage that learns it shows what that stage makes of all rows, fitted on all rows.",
        search: &["print", "display", "view", "peek", "head"],
        effect: Effect::Tee,
        positionals: &[Param::with_default("count", Domain::Whole { min: 0 }, "10", "How many rows.")],
        examples: &[Example {
            script: "load iris.csv | show 2",
            output: "\
sepal_length  sepal_width  petal_length  petal_width  species
         5.1          3.5           1.4          0.2  setosa
         4.9            3           1.4          0.2  setosa
… 148 more rows
",
        }],
        ..Spec::BASE
    },
    bind,
    load: None,
};

fn bind(args: &Args, _: &Surroundings) -> Result<Bound, Fault> {
    Ok(Bound::Look(Arc::new(Show(args.whole("count").unwrap_or(0)))))
}

struct Show(usize);

impl Look for Show {
    fn look(&self, rows: &Data, _: &Surroundings) -> Result<Output, Failure> {
        Ok(Output::Table(TableHead::new(rows.head(self.0)?, rows.rows()?)))
    }
}
