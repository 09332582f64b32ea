//! `load`: reads a table.

use super::files::{From, Load};
use pipewright_diagnostic::code;
use pipewright_frame::{BadRows, Format, Kind, ReadOptions};
use pipewright_operator::{
    Args, Bound, Domain, Effect, Example, Fault, Form, Group, Param, Sort, Spec, Surroundings, Value, Verb,
};
use std::collections::BTreeMap;
use std::sync::Arc;

pub(crate) const VERB: Verb = Verb {
    spec: Spec {
        name: "load",
        group: Group::Source,
        summary: "Reads a table from a file, several files of one schema, standard input, or a sample set.",
        details: "Formats: CSV and its kin, JSON (lines or one array), Parquet, Arrow IPC and Feather, Excel and \
                  OpenDocument, SQLite; each also packed as `.gz` or `.zst`. Without a path it reads the data file \
                  named on the command line, else standard input. `*` in a path means all files that fit; a bare name \
                  is a sample set. Of text, delimiter, quotes, header, encoding and the forms of numbers and dates are \
                  found from the text, and `schema` shows what was found; the kind of a column follows from all of its \
                  values. An unquoted empty field, `NA`, `null`, `NaN`, `?` and their like are missing values; a \
                  quoted `\"\"` is an empty text. A row with too few or too many fields is an error unless `bad` says \
                  otherwise.",
        search: &["read", "open", "csv", "parquet", "json", "excel", "sqlite", "arrow", "feather", "import", "from"],
        form: Form::Path,
        input: Sort::Nothing,
        output: Sort::Table,
        effect: Effect::Source,
        positionals: &[Param::optional(
            "path",
            Domain::OneOf(&[Domain::Path, Domain::Sample]),
            "The file, a pattern such as visits/*.parquet, the name of a sample set, or `-` for standard input.",
        )],
        options: &[
            Param::optional("files", Domain::List(&Domain::Text), "More files of the same schema."),
            Param::optional(
                "format",
                Domain::Word(Format::WORDS),
                "The format, where neither the first bytes nor the name say it.",
            ),
            Param::optional(
                "schema",
                Domain::Text,
                "Kinds of columns that win over what the values look like: \"zip: text, age: count\".",
            ),
            Param::optional(
                "bad",
                Domain::OneOf(&[Domain::Word(&["error", "skip"]), Domain::Call("quarantine")]),
                "What becomes of rows that cannot be read: an error, skipped and counted, or kept in a file.",
            ),
            Param::optional("header", Domain::Truth, "Whether the first row holds the names."),
            Param::optional("delim", Domain::Text, "The sign between fields."),
            Param::optional(
                "null",
                Domain::List(&Domain::Text),
                "Texts that mean a missing value, besides the usual ones.",
            ),
            Param::optional("quote", Domain::Text, "The sign around fields that hold delimiters."),
            Param::optional("escape", Domain::Text, "The sign before a quote inside quotes, if it is not doubled."),
            Param::optional("comment", Domain::Text, "The sign that begins lines to leave out."),
            Param::optional("skip", Domain::Whole { min: 0 }, "Lines before the header to leave out."),
            Param::optional("decimal", Domain::Text, "The sign before decimals: \".\" or \",\"."),
            Param::optional("thousands", Domain::Text, "The sign between thousands."),
            Param::optional("dates", Domain::Text, "The form of dates: \"%d.%m.%Y\"."),
            Param::optional("encoding", Domain::Text, "The encoding of text, such as \"latin1\" or \"utf-16le\"."),
            Param::optional("sheet", Domain::Text, "The sheet of a workbook; the first, if it is not said."),
            Param::optional("table", Domain::Text, "The table of a database."),
            Param::optional("query", Domain::Text, "A query whose result is the table, for databases."),
            Param::optional("max_field", Domain::Bytes, "The longest field; 16M if it is not said."),
            Param::optional("max_record", Domain::Bytes, "The longest record; 64M if it is not said."),
            Param::optional("max_columns", Domain::Whole { min: 1 }, "The most columns; 100000 if it is not said."),
            Param::optional("max_unpacked", Domain::Bytes, "What a packed file may become; 16G if it is not said."),
            Param::optional("max_block", Domain::Bytes, "What one block may become; 1G if it is not said."),
        ],
        examples: &[
            Example {
                script: "load penguins.csv | show 3",
                output: "\
Species  Island     Beak Length (mm)  Beak Depth (mm)  Flipper Length (mm)  Body Mass (g)  Sex
Adelie   Torgersen              39.1             18.7                  181           3750  MALE
Adelie   Torgersen              39.5             17.4                  186           3800  FEMALE
Adelie   Torgersen              40.3               18                  195           3250  FEMALE
… 341 more rows
",
            },
            Example {
                script: "load iris schema=\"petal_width: text\" | select petal_width, species | show 2",
                output: "\
petal_width  species
0.2          setosa
0.2          setosa
… 148 more rows
",
            },
        ],
        ..Spec::BASE
    },
    bind,
    load: None,
};

fn bind(args: &Args, surroundings: &Surroundings) -> Result<Bound, Fault> {
    let file = |path: &str| From::File { place: surroundings.place(path), name: path.to_owned() };
    let mut from = match (args.get("path"), &surroundings.data) {
        (Some(Value::Sample(name)), _) => vec![From::Sample(
            surroundings
                .registry
                .sample(name)
                .ok_or_else(|| Fault::of("path", code::UNKNOWN_NAME, format!("no sample set named `{name}`")))?,
        )],
        (Some(_), _) => match args.text("path") {
            Some("-") => vec![From::StandardInput],
            path => path.map(file).into_iter().collect(),
        },
        (None, _) if args.is_given("files") => Vec::new(),
        (None, Some(data)) if data.as_os_str() == "-" => vec![From::StandardInput],
        (None, Some(data)) => {
            vec![From::File { place: data.clone(), name: data.to_string_lossy().into_owned() }]
        }
        (None, None) => vec![From::StandardInputIfAny],
    };
    from.extend(texts(args, "files").map(file));
    let quarantine = match args.get("bad") {
        Some(Value::Call(..)) => args.text("bad").map(str::to_owned),
        _ => None,
    };
    Ok(Bound::Source(Arc::new(Load { from, options: options(args)?, quarantine })))
}

fn texts<'a>(args: &'a Args, name: &str) -> impl Iterator<Item = &'a str> {
    let items = args.list(name).unwrap_or_default().iter();
    items.filter_map(|item| if let Value::Text(text) = &item.node { Some(text.as_str()) } else { None })
}

fn options(args: &Args) -> Result<ReadOptions, Fault> {
    let mut options = ReadOptions::new("");
    options.format = args.text("format").and_then(Format::of_word);
    options.kinds = args.text("schema").map(kinds).transpose()?.unwrap_or_default();
    options.bad_rows = match args.get("bad") {
        None => BadRows::Refuse,
        Some(Value::Word(word)) if word == "error" => BadRows::Refuse,
        Some(_) => BadRows::Reject,
    };
    options.header = args.truth("header");
    options.skip_lines = args.whole("skip").unwrap_or(0);
    options.nulls.extend(texts(args, "null").map(str::to_owned));
    for (name, place) in [
        ("delim", &mut options.delimiter),
        ("quote", &mut options.quote),
        ("escape", &mut options.escape),
        ("comment", &mut options.comment),
        ("decimal", &mut options.decimal),
        ("thousands", &mut options.thousands),
    ] {
        *place = sign(args, name)?;
    }
    options.dates = args.text("dates").map(str::to_owned);
    options.encoding = args.text("encoding").map(str::to_owned);
    options.part = args.text("sheet").or(args.text("table")).map(str::to_owned);
    options.query = args.text("query").map(str::to_owned);
    let limit = |name: &str, usual: u64| args.whole(name).map_or(usual, |bytes| bytes as u64);
    let limits = &mut options.limits;
    limits.field_bytes = args.whole("max_field").unwrap_or(limits.field_bytes);
    limits.record_bytes = args.whole("max_record").unwrap_or(limits.record_bytes);
    limits.columns = args.whole("max_columns").unwrap_or(limits.columns);
    limits.unpacked_bytes = limit("max_unpacked", limits.unpacked_bytes);
    limits.block_bytes = limit("max_block", limits.block_bytes);
    Ok(options)
}

/// An option that is one ASCII sign.
fn sign(args: &Args, name: &'static str) -> Result<Option<u8>, Fault> {
    let Some(text) = args.text(name) else { return Ok(None) };
    let usable = |byte: u8| byte.is_ascii() && !b"\r\n".contains(&byte) && (name == "quote" || byte != b'"');
    match text.as_bytes() {
        &[byte] if usable(byte) => Ok(Some(byte)),
        _ => {
            let message = format!("`{name}` is one ASCII sign, such as \";\" or \"|\"");
            Err(Fault::of(name, code::BAD_VALUE, message))
        }
    }
}

/// The kinds that a text such as `zip: text, age: count` declares.
fn kinds(text: &str) -> Result<BTreeMap<String, Kind>, Fault> {
    let bad = |message: String| {
        Fault::of("schema", code::BAD_VALUE, message).help("for example: schema=\"zip: text, age: count\"")
    };
    let mut kinds = BTreeMap::new();
    for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
        let (name, word) = part.rsplit_once(':').ok_or_else(|| bad(format!("`{part}` names no kind")))?;
        let (name, word) = (name.trim().trim_matches('`'), word.trim());
        let kind = KINDS.iter().find(|(known, _)| *known == word).map(|(_, kind)| *kind);
        let kind = kind.ok_or_else(|| {
            let words: Vec<&str> = KINDS.iter().map(|(word, _)| *word).collect();
            bad(format!("no kind named `{word}`")).help(format!("kinds: {}", words.join(", ")))
        })?;
        if kinds.insert(name.to_owned(), kind).is_some() {
            return Err(bad(format!("`{name}` is declared twice")));
        }
    }
    Ok(kinds)
}

/// The words for kinds, those of other tools among them.
const KINDS: &[(&str, Kind)] = &[
    ("continuous", Kind::Continuous),
    ("count", Kind::Count),
    ("bool", Kind::Bool),
    ("category", Kind::Category),
    ("ordered", Kind::Ordered),
    ("date", Kind::Date),
    ("time", Kind::Time),
    ("text", Kind::Text),
    ("id", Kind::Id),
    ("float", Kind::Continuous),
    ("float64", Kind::Continuous),
    ("int", Kind::Count),
    ("int64", Kind::Count),
    ("string", Kind::Text),
    ("datetime", Kind::Date),
];
