//! `write`: writes a table.

use pipewright_diagnostic::{Failure, code};
use pipewright_frame::{Table, csv, json};
use pipewright_operator::work::{Look, Report};
use pipewright_operator::{
    Args, Bound, Domain, Effect, Example, Fault, Form, Group, Param, Spec, Surroundings, Verb, failure_of,
};
use serde_json::json;
use std::io;
use std::sync::Arc;

pub(crate) const VERB: Verb = Verb {
    spec: Spec {
        name: "write",
        group: Group::Out,
        summary: "Writes the table to a file, or with `-` to standard output, and passes it on.",
        details: "The ending says the format: `.csv`, or `.json` and `.jsonl` for JSON lines. The file is replaced as a \
                  whole and durably. A text that would read as a missing value is quoted.",
        search: &["output", "export", "store", "to_csv"],
        form: Form::Path,
        effect: Effect::Sink,
        positionals: &[Param::required("path", Domain::Path, "The file.")],
        options: &[Param::optional(
            "format",
            Domain::Word(&["csv", "json"]),
            "The format, where the ending does not say it.",
        )],
        examples: &[
            Example {
                script: "load iris.csv | head 2 | write -",
                output: "\
sepal_length,sepal_width,petal_length,petal_width,species
5.1,3.5,1.4,0.2,setosa
4.9,3,1.4,0.2,setosa
",
            },
            Example {
                script: "load titanic.csv | select sex, age | head 2 | write - format=json",
                output: "\
{\"sex\":\"female\",\"age\":29.0}
{\"sex\":\"male\",\"age\":0.9167}
",
            },
        ],
        ..Spec::BASE
    },
    bind,
    load: None,
};

type Writer = fn(&Table, &mut dyn io::Write) -> io::Result<()>;

fn bind(args: &Args, _: &Surroundings) -> Result<Bound, Fault> {
    let Some(path) = args.text("path") else {
        return Err(Fault::of("path", code::MISSING_ARGUMENT, "a file is missing: write table.csv"));
    };
    let ending = path.rsplit_once('.').map_or("", |(_, ending)| ending);
    let writer: Writer = match (args.text("format"), ending) {
        (Some("json"), _) | (None, "json" | "jsonl" | "ndjson") => json::write,
        (Some(_), _) | (None, "csv") => csv::write,
        (None, _) if path == "-" => csv::write,
        (None, _) => {
            let message = format!("the format of `{path}` does not show from its name");
            return Err(Fault::of("path", code::UNKNOWN_FORMAT, message)
                .help("known endings: .csv, .json, .jsonl; or write format=csv"));
        }
    };
    Ok(Bound::Look(Arc::new(Write { path: path.to_owned(), writer })))
}

struct Write {
    path: String,
    writer: Writer,
}

impl Look for Write {
    fn look(&self, table: &Table, surroundings: &Surroundings) -> Result<Report, Failure> {
        let json = json!({"kind": "write", "path": self.path, "rows": table.rows()});
        if self.path == "-" {
            let mut bytes = Vec::new();
            (self.writer)(table, &mut bytes).expect("writing to memory does not fail");
            let text = String::from_utf8_lossy(&bytes).into_owned();
            return Ok(Report { kind: "write", text, json, facts: Vec::new() });
        }
        let place = surroundings.place(&self.path);
        surroundings
            .world
            .replace(&place, &mut |out| (self.writer)(table, out))
            .map_err(|error| failure_of(code::CANNOT_WRITE, "cannot write", self.path.as_ref(), &error))?;
        let text = format!("wrote {} rows to {}\n", table.rows(), self.path);
        Ok(Report { kind: "write", text, json, facts: Vec::new() })
    }
}
