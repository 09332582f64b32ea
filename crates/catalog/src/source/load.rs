//! `load`: reads a table.

use super::files::{From, InMemory, Load};
use pipewright_diagnostic::code;
use pipewright_frame::{BadRows, ColumnType, Format, Limits, Quote, ReadOptions};
use pipewright_operator::{
    Args, Argument, ArgumentError, Arguments, Bound, Bytes, ChosenGenerator, Count, Domain, Effect, Environment,
    Example, FilePath, Flow, Form, Group, Int, SampleName, Spec, Value, Verb, Word, arguments, either, words,
};
use std::collections::BTreeMap;
use std::sync::Arc;

either! {
    /// Where a table comes from.
    enum Place { File(FilePath), Sample(SampleName), Generated(Box<ChosenGenerator>) }
}

/// A readable format, by its word.
#[derive(Debug, Clone, PartialEq)]
struct FormatWord(Format);

impl Argument for FormatWord {
    const DOMAIN: Domain = Domain::Words(&Word::list::<{ Format::WORDS.len() }>(Format::WORDS));

    fn from_value(value: &Value) -> Option<FormatWord> {
        let (word, _) = value.word()?;
        Format::of_word(word).map(FormatWord)
    }

    fn to_value(&self) -> Value {
        Value::Word(self.0.word().to_owned())
    }
}

words! {
    /// Handling of unreadable rows.
    enum BadWord { Error = "error", Skip = "skip", Fill = "fill" }
}

words! {
    /// No quote character.
    enum NoQuote { None = "none" }
}

either! {
    /// The quote character, or none.
    enum QuoteChoice { None(NoQuote), Character(String) }
}

/// A file for unreadable rows: `quarantine("rejects.csv")`.
#[derive(Debug, Clone, PartialEq)]
struct Quarantine(String);

impl Argument for Quarantine {
    const DOMAIN: Domain = Domain::Call("quarantine");

    fn from_value(value: &Value) -> Option<Quarantine> {
        let Value::Call(_, argument) = value else { return None };
        String::from_value(argument).map(Quarantine)
    }

    fn to_value(&self) -> Value {
        Value::Call("quarantine".to_owned(), Box::new(self.0.to_value()))
    }
}

either! {
    /// Handling of unreadable rows and where they are written.
    enum Bad { Word(BadWord), Quarantine(Quarantine) }
}

arguments! {
    /// The arguments of `load`.
    struct LoadArgs {
        /// The file, a pattern such as visits/*.parquet, a sample data set, a generated one, or `-` for standard input.
        positional path: Option<Place>;
        /// More files with the same schema.
        option files: Option<Vec<String>>;
        /// File format. Without it, inferred from the first bytes or the file extension.
        option format: Option<FormatWord>;
        /// Kinds of columns, in place of those inferred: "zip: text, age: count".
        option schema: Option<String>;
        /// Rows that cannot be read: an error; or, counted in a note, skipped, padded or cut off, or written to a file.
        option bad: Bad = Bad::Word(BadWord::Error);
        /// The first row holds the column names. Without it, inferred.
        option header: Option<bool>;
        /// Field delimiter. Without it, inferred. Spaces around it are ignored.
        option delim: Option<String>;
        /// What means a missing value: in text columns exactly these texts, in others the usual ones too.
        option null: Option<Vec<String>>;
        /// Quote character, or `none` if quotes are text. Without it, inferred.
        option quote: Option<QuoteChoice>;
        /// Escape character before a quote inside quotes, if quotes are not doubled.
        option escape: Option<String>;
        /// Comment character: lines that start with it are skipped.
        option comment: Option<String>;
        /// Spaces and tabs around an unquoted field are not part of it. With `false` they are, and ` 5` is a text.
        option trim: bool = true;
        /// Number of lines to skip before the header.
        option skip: Int<0> = 0;
        /// Decimal separator: "." or ",". Without it, inferred.
        option decimal: Option<String>;
        /// Thousands separator. Without it, inferred.
        option thousands: Option<String>;
        /// Date format: "%d.%m.%Y". Without it, inferred.
        option dates: Option<String>;
        /// Text encoding, such as "latin1" or "utf-16le". Without it, inferred.
        option encoding: Option<String>;
        /// Sheet of a workbook. Without it, the first.
        option sheet: Option<String>;
        /// Table of a database.
        option table: Option<String>;
        /// SQL query whose result is the table, for databases.
        option query: Option<String>;
        /// Maximum field size.
        option max_field: Bytes = Limits::default().field_bytes as u64;
        /// Maximum record size.
        option max_record: Bytes = Limits::default().record_bytes as u64;
        /// Maximum number of columns.
        option max_columns: Count = Limits::default().columns;
        /// Maximum size of a compressed file once unpacked.
        option max_unpacked: Bytes = Limits::default().unpacked_bytes;
        /// Maximum size of one block once unpacked.
        option max_block: Bytes = Limits::default().block_bytes;
    }
}

pub(crate) const VERB: Verb = Verb {
    spec: Spec {
        name: "load",
        group: Group::Source,
        summary: "Reads a table from a file, several files of one schema, standard input, or a sample data set.",
        details: "Formats: CSV and variants, JSON (lines, objects over several lines, or one array), Parquet, Arrow \
                  IPC and Feather, Excel and OpenDocument, SQLite; each also compressed as `.gz` or `.zst`. Without a path it reads the data \
                  file named on the command line, else standard input. `*` in a path matches several files; a bare \
                  name is a sample data set. For text files, delimiter, quotes, header, encoding and the formats of \
                  numbers and dates are inferred, and `schema` shows the result; the kind of a column follows from \
                  all of its values. Numbers with leading zeros and the like are codes and stay text, with a note. An \
                  unquoted empty field, `NA`, `null`, `NaN`, `?` and the like are missing values; a quoted `\"\"` is \
                  an empty string. A column that `schema` declares as text keeps its texts as they are. A row with too few or too many fields is an error \
                  unless `bad` says otherwise.",
        search: &["read", "open", "csv", "parquet", "json", "excel", "sqlite", "arrow", "feather", "import", "from"],
        form: Form::Path,
        input: Flow::Nothing,
        output: Flow::Table,
        effect: Effect::Source,
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
        ..Spec::of::<LoadArgs>()
    },
    bind,
    states: &[],
};

fn bind(given: &Args, environment: &Environment) -> Result<Bound, ArgumentError> {
    let args = LoadArgs::read(given)?;
    let file = |path: &str| From::File { place: environment.place(path), name: path.to_owned() };
    let mut from = match (&args.path, &environment.data) {
        (Some(Place::Sample(SampleName(name))), _) => vec![match environment.tables.get(name) {
            Some(table) => {
                alone(given, &format!("`{name}` is a table in memory"))?;
                return Ok(Bound::Source(Arc::new(InMemory(table.clone()))));
            }
            None => From::Sample(environment.registry.sample(name).ok_or_else(|| {
                ArgumentError::of("path", code::UNKNOWN_NAME, format!("no sample data set named `{name}`"))
            })?),
        }],
        (Some(Place::Generated(chosen)), _) => {
            let ChosenGenerator { generator, args } = chosen.as_ref();
            alone(given, &format!("`{}` is generated", generator.spec.name))?;
            return (generator.bind)(args).map(Bound::Source);
        }
        (Some(Place::File(FilePath(path))), _) if path == "-" => vec![From::StandardInput],
        (Some(Place::File(FilePath(path))), _) => vec![file(path)],
        (None, _) if args.files.is_some() => Vec::new(),
        (None, Some(data)) if data.as_os_str() == "-" => vec![From::StandardInput],
        (None, Some(data)) => {
            vec![From::File { place: data.clone(), name: data.to_string_lossy().into_owned() }]
        }
        (None, None) => vec![From::StandardInputIfAny],
    };
    from.extend(args.files.iter().flatten().map(|path| file(path)));
    let quarantine = match &args.bad {
        Bad::Quarantine(Quarantine(path)) => Some(path.clone()),
        Bad::Word(_) => None,
    };
    Ok(Bound::Source(Arc::new(Load { from, options: options(args)?, quarantine })))
}

/// Refuses options for reading: what is loaded is no file.
fn alone(args: &Args, what: &str) -> Result<(), ArgumentError> {
    match args.given().find(|(given, _)| *given != "path") {
        Some((option, _)) => {
            let message = format!("{what}, and `{option}` is an option for reading files");
            Err(ArgumentError::of(option, code::MISPLACED_OPTION, message))
        }
        None => Ok(()),
    }
}

fn options(args: LoadArgs) -> Result<ReadOptions, ArgumentError> {
    let mut options = ReadOptions::new("");
    options.format = args.format.map(|word| word.0);
    options.kinds = args.schema.as_deref().map(kinds).transpose()?.unwrap_or_default();
    options.bad_rows = match args.bad {
        Bad::Word(BadWord::Error) => BadRows::Refuse,
        Bad::Word(BadWord::Fill) => BadRows::Fill,
        Bad::Word(BadWord::Skip) | Bad::Quarantine(_) => BadRows::Reject,
    };
    options.header = args.header;
    options.trim = args.trim;
    options.skip_lines = args.skip.get();
    options.nulls = args.null;
    options.delimiter = character("delim", args.delim.map(without_spaces))?;
    options.quote = match args.quote {
        Some(QuoteChoice::Character(text)) if !text.is_empty() => character("quote", Some(text))?.map(Quote::Byte),
        Some(QuoteChoice::None(_) | QuoteChoice::Character(_)) => Some(Quote::None),
        None => None,
    };
    options.escape = character("escape", args.escape)?;
    options.comment = character("comment", args.comment)?;
    options.decimal = character("decimal", args.decimal)?;
    options.thousands = character("thousands", args.thousands)?;
    options.dates = args.dates;
    options.encoding = args.encoding;
    options.part = args.sheet.or(args.table);
    options.query = args.query;
    let bytes = |bytes: Bytes| usize::try_from(bytes.0).unwrap_or(usize::MAX);
    let limits = &mut options.limits;
    limits.field_bytes = bytes(args.max_field);
    limits.record_bytes = bytes(args.max_record);
    limits.columns = args.max_columns.get();
    limits.unpacked_bytes = args.max_unpacked.0;
    limits.block_bytes = args.max_block.0;
    Ok(options)
}

/// A delimiter without the spaces around it, which are not part of fields.
fn without_spaces(delimiter: String) -> String {
    match delimiter.trim_matches(' ') {
        "" => delimiter,
        bare => bare.to_owned(),
    }
}

/// An option that is one ASCII character.
fn character(name: &'static str, text: Option<String>) -> Result<Option<u8>, ArgumentError> {
    let Some(text) = text else { return Ok(None) };
    let usable =
        |byte: u8| byte.is_ascii() && !b"\r\n".contains(&byte) && (matches!(name, "quote" | "escape") || byte != b'"');
    match text.as_bytes() {
        &[byte] if usable(byte) => Ok(Some(byte)),
        _ => {
            let message = format!("`{name}` is a single ASCII character, such as \";\" or \"|\"");
            Err(ArgumentError::of(name, code::BAD_VALUE, message))
        }
    }
}

/// Parses declared kinds such as `zip: text, age: count`.
fn kinds(text: &str) -> Result<BTreeMap<String, ColumnType>, ArgumentError> {
    let bad = |message: String| {
        ArgumentError::of("schema", code::BAD_VALUE, message).help("for example: schema=\"zip: text, age: count\"")
    };
    let mut kinds = BTreeMap::new();
    for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
        let (name, word) = part.rsplit_once(':').ok_or_else(|| bad(format!("`{part}` does not declare a kind")))?;
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

/// The words for kinds, including those of other tools.
const KINDS: &[(&str, ColumnType)] = &[
    ("continuous", ColumnType::Continuous),
    ("count", ColumnType::Count),
    ("bool", ColumnType::Bool),
    ("category", ColumnType::Category),
    ("ordered", ColumnType::Ordered),
    ("date", ColumnType::Date),
    ("time", ColumnType::Time),
    ("text", ColumnType::Text),
    ("id", ColumnType::Id),
    ("float", ColumnType::Continuous),
    ("float64", ColumnType::Continuous),
    ("int", ColumnType::Count),
    ("int64", ColumnType::Count),
    ("string", ColumnType::Text),
    ("datetime", ColumnType::Date),
];
