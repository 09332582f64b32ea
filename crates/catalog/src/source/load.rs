//! `load`: reads a table.

use pipewright_diagnostic::{Failure, Watch, code};
use pipewright_frame::{ReadOptions, Table};
use pipewright_operator::work::{Sketch, Source};
use pipewright_operator::{
    Args, Bound, Domain, Effect, Example, Fault, Form, Group, Param, Sort, Spec, Surroundings, Value, Verb, failure_of,
};
use pipewright_world::Content;
use std::path::PathBuf;
use std::sync::Arc;

pub(crate) const VERB: Verb = Verb {
    spec: Spec {
        name: "load",
        group: Group::Source,
        summary: "Reads a table from a file of comma- or tab-separated values.",
        details: "Without a path it reads the data file named on the command line, else standard input. Delimiter, \
                  quotes and header are found from the text; the kind of a column follows from all of its values. An \
                  unquoted empty field, `NA`, `null`, `NaN`, `?` and their like are missing values; a quoted `\"\"` \
                  is an empty text. A row with too few or too many fields is an error.",
        search: &["read", "open", "csv", "import", "from"],
        form: Form::Path,
        input: Sort::Nothing,
        output: Sort::Table,
        effect: Effect::Source,
        positionals: &[Param::optional("path", Domain::Path, "The file; `-` is standard input.")],
        options: &[
            Param::optional(
                "delim",
                Domain::Text,
                "The sign between fields, where it is not to be found from the text.",
            ),
            Param::optional("header", Domain::Truth, "Whether the first row holds the names."),
            Param::optional(
                "null",
                Domain::List(&Domain::Text),
                "Texts that mean a missing value, besides the usual ones.",
            ),
        ],
        examples: &[Example {
            script: "load penguins.csv | show 3",
            output: "\
Species  Island     Beak Length (mm)  Beak Depth (mm)  Flipper Length (mm)  Body Mass (g)  Sex
Adelie   Torgersen              39.1             18.7                  181           3750  MALE
Adelie   Torgersen              39.5             17.4                  186           3800  FEMALE
Adelie   Torgersen              40.3               18                  195           3250  FEMALE
… 341 more rows
",
        }],
        ..Spec::BASE
    },
    bind,
    load: None,
};

fn bind(args: &Args, surroundings: &Surroundings) -> Result<Bound, Fault> {
    let from = match (args.text("path"), &surroundings.data) {
        (Some("-"), _) => From::StandardInput,
        (Some(path), _) => From::File { place: surroundings.place(path), name: path.to_owned() },
        (None, Some(data)) if data.as_os_str() == "-" => From::StandardInput,
        (None, Some(data)) => From::File { place: data.clone(), name: data.to_string_lossy().into_owned() },
        (None, None) => From::StandardInputIfAny,
    };
    let mut options = ReadOptions::new(match &from {
        From::File { name, .. } => name.as_str(),
        _ => "standard input",
    });
    if let Some(delimiter) = args.text("delim") {
        let mut bytes = delimiter.bytes();
        options.delimiter = bytes.next();
        let usable = options.delimiter.is_some_and(|byte| byte.is_ascii() && !b"\"\r\n".contains(&byte));
        if !usable || bytes.next().is_some() {
            return Err(Fault::of("delim", code::BAD_VALUE, "a delimiter is one ASCII sign, such as \";\" or \"|\""));
        }
    }
    options.header = args.truth("header");
    for null in args.list("null").unwrap_or_default() {
        if let Value::Text(text) = &null.node {
            options.nulls.push(text.clone());
        }
    }
    Ok(Bound::Source(Arc::new(Load { from, options })))
}

struct Load {
    from: From,
    options: ReadOptions,
}

enum From {
    File {
        place: PathBuf,
        name: String,
    },
    StandardInput,
    /// Nothing was named: standard input, unless it is a terminal, which would be waited for.
    StandardInputIfAny,
}

impl Source for Load {
    fn sketch(&self, surroundings: &Surroundings) -> Result<Option<Sketch>, Failure> {
        let Some(content) = self.content(surroundings, false)? else { return Ok(None) };
        let sketch = pipewright_frame::sketch(&content, &self.options)?;
        Ok(Some(Sketch { schema: sketch.schema, whole: sketch.certain, notices: sketch.notes }))
    }

    fn read(&self, surroundings: &Surroundings, watch: &dyn Watch) -> Result<Table, Failure> {
        let content = self.content(surroundings, true)?.ok_or_else(no_data)?;
        let reading = pipewright_frame::read(&content, &self.options, surroundings.world.as_ref())?;
        reading.notes.into_iter().for_each(|note| watch.notice(note));
        Ok(reading.table)
    }
}

impl Load {
    /// What is to be read, if there is something; a file that is not there is an error only where it `must` be.
    fn content(&self, surroundings: &Surroundings, must: bool) -> Result<Option<Arc<dyn Content>>, Failure> {
        match &self.from {
            From::File { place, .. } if !must && !surroundings.world.exists(place) => Ok(None),
            From::File { place, .. } => {
                surroundings.world.open(place).map(Some).map_err(|error| self.unreadable(&error))
            }
            From::StandardInputIfAny if surroundings.world.standard_input_is_terminal() => Ok(None),
            From::StandardInput | From::StandardInputIfAny => {
                let content = surroundings.standard_input()?;
                let nothing = content.size() == 0 && matches!(self.from, From::StandardInputIfAny);
                Ok((!nothing).then_some(content))
            }
        }
    }

    fn unreadable(&self, error: &std::io::Error) -> Failure {
        failure_of(code::CANNOT_READ, "cannot read", self.options.name.as_ref(), error)
    }
}

fn no_data() -> Failure {
    Failure::new(code::NO_DATA_NAMED, "there is no data to load")
        .help("name a file behind `load`, or behind the script on the command line, or pipe one in")
}
