//! `show`: prints the first rows.

use pipewright_diagnostic::Failure;
use pipewright_operator::work::{Look, Report};
use pipewright_operator::{Args, Bound, Data, Domain, Effect, Example, Fault, Group, Param, Spec, Surroundings, Verb};
use serde_json::{Value as Json, json};
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

/// The width that tables are printed in, whatever the terminal: the same text everywhere.
pub(crate) const WIDTH: usize = 100;

fn bind(args: &Args, _: &Surroundings) -> Result<Bound, Fault> {
    Ok(Bound::Look(Arc::new(Show(args.whole("count").unwrap_or(0)))))
}

struct Show(usize);

impl Look for Show {
    fn look(&self, rows: &Data, _: &Surroundings) -> Result<Report, Failure> {
        let (shown, count) = (rows.head(self.0)?, rows.rows()?);
        let mut lines = Vec::new();
        pipewright_frame::json::write(&shown, &mut lines).expect("writing to memory does not fail");
        let objects: Vec<Json> = String::from_utf8_lossy(&lines)
            .lines()
            .map(|line| serde_json::from_str(line).expect("every line is an object"))
            .collect();
        let columns: Vec<&str> = shown.columns().iter().map(|column| &*column.name).collect();
        let json = json!({"kind": "show", "columns": columns, "shown": objects, "rows": count});
        Ok(Report {
            kind: "show",
            text: format!("{}\n", shown.show_head(count, WIDTH).trim_end()),
            json,
            facts: Vec::new(),
        })
    }
}
