//! `write`: writes a table.

use pipewright_diagnostic::{Failure, code};
use pipewright_frame::{Format, Outline, for_each_chunk};
use pipewright_operator::result::{Output, Written};
use pipewright_operator::work::{Consumer, Given, Inspect};
use pipewright_operator::{
    Args, Argument, ArgumentError, Arguments, Bound, Data, Domain, Effect, Environment, Example, FilePath, Flow, Form,
    Group, Spec, Value, Verb, Word, arguments, failure_of, words,
};
use std::io;
use std::sync::Arc;

/// A writable format, by its word.
#[derive(Debug, Clone, PartialEq)]
struct FormatWord(Format);

impl Argument for FormatWord {
    const DOMAIN: Domain = Domain::Words(&Word::list::<{ Format::WRITTEN.len() }>(Format::WRITTEN));

    fn from_value(value: &Value) -> Option<FormatWord> {
        let (word, _) = value.word()?;
        Format::of_word(word).map(FormatWord)
    }

    fn to_value(&self) -> Value {
        Value::Word(self.0.word().to_owned())
    }
}

words! {
    /// Output other than the table itself.
    enum What { OutOfFold = "oof" }
}

arguments! {
    /// The arguments of `write`.
    struct WriteArgs {
        /// `oof` for the out-of-fold predictions of the evaluation above, instead of the table.
        positional what: Option<What>;
        /// The file, or `-` for standard output.
        positional path: FilePath;
        /// File format. Without it, by the file extension.
        option format: Option<FormatWord>;
    }
}

pub(crate) const VERB: Verb = Verb {
    spec: Spec {
        name: "write",
        group: Group::Out,
        summary: "Writes the table, or out-of-fold predictions, to a file or with `-` to standard output, and passes it on.",
        details: "The file extension sets the format: `.csv`, `.json` and `.jsonl` for JSON Lines, `.parquet`, \
                  `.arrow` and `.feather` for Arrow IPC. The file is replaced atomically and durably. In CSV, text \
                  that would read as something else is quoted; Parquet and Arrow keep kinds and roles. `write oof` \
                  after `eval` writes the out-of-fold predictions instead, one line per held-out row in the order of \
                  the rows: `row` and `fold` (and `repeat`, if there are several), counted from 1; `truth`; \
                  `prediction`; for classes a probability `p(CLASS)` each; `weight`, if rows have weights.",
        search: &["output", "export", "store", "to_csv", "oof", "out-of-fold", "cross_val_predict"],
        form: Form::Path,
        input: Flow::Any,
        effect: Effect::Sink,
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
            Example {
                script: "load diabetes.csv | select bmi, progression | head 4 | train linear | eval kfold 2 metric=mae | write oof -",
                output: "\
linear predicts progression (regression)
kfold, 2 folds, 4 rows, seed 0

                        mean          95% interval    lowest   highest    baseline
mae                 163.1850      0.0000 to 2567.5   53.9375  272.4324     35.5000

row,fold,truth,prediction
1,2,151,446.7567567567568
2,1,75,85.37500000000006
3,2,141,390.108108108108
4,1,206,108.50000000000003
",
            },
        ],
        ..Spec::of::<WriteArgs>()
    },
    bind,
    states: &[],
};

fn bind(args: &Args, _: &Environment) -> Result<Bound, ArgumentError> {
    let WriteArgs { what, path: FilePath(path), format: asked } = WriteArgs::read(args)?;
    let path = path.as_str();
    let packed = [".gz", ".zst", ".bz2", ".xz", ".zip"].into_iter().find(|ending| path.ends_with(ending));
    if let Some(ending) = packed {
        let message = format!("tables are written uncompressed: `{path}` would not match its extension `{ending}`");
        return Err(ArgumentError::of("path", code::UNKNOWN_FORMAT, message)
            .help("write table.parquet instead: the format compresses its data"));
    }
    let format = match asked.map(|word| word.0).or(Format::of_path(path)) {
        Some(format) => format,
        None if path == "-" => Format::CSV,
        None => {
            let message = format!("the format of `{path}` cannot be inferred from its name");
            return Err(ArgumentError::of("path", code::UNKNOWN_FORMAT, message)
                .help("known extensions: .csv, .json, .jsonl, .parquet, .arrow; or write format=csv"));
        }
    };
    if !format.is_written() {
        let message = format!("{} files can be read, but not written", format.word());
        return Err(ArgumentError::of("path", code::UNKNOWN_FORMAT, message)
            .help("formats that can be written: .csv, .jsonl, .parquet, .arrow"));
    }
    if path == "-" && !format.signature().is_text {
        let message = format!("{} is a binary format and cannot go to standard output", format.word());
        return Err(ArgumentError::of("path", code::UNKNOWN_FORMAT, message).help("name a file: write table.parquet"));
    }
    let write = Write { path: path.to_owned(), format };
    Ok(match what {
        Some(What::OutOfFold) => Bound::Consumer(Arc::new(WriteOutOfFold(write))),
        None => Bound::Inspect(Arc::new(write)),
    })
}

struct Write {
    path: String,
    format: Format,
}

/// Writes the out-of-fold predictions of the last `eval` above.
struct WriteOutOfFold(Write);

impl Consumer for WriteOutOfFold {
    fn needs_evaluation(&self) -> bool {
        true
    }

    fn consume(&self, given: &Given<'_>, environment: &Environment) -> Result<Output, Failure> {
        let evaluation = given.results.iter().rev().find_map(|output| output.as_evaluation()).ok_or_else(|| {
            Failure::new(code::WRONG_ORDER, "there are no out-of-fold predictions: there is no `eval` above")
        })?;
        self.0.inspect(&Data::Table(evaluation.out_of_fold()?), environment)
    }
}

impl Inspect for Write {
    fn inspect(&self, rows: &Data, environment: &Environment) -> Result<Output, Failure> {
        if self.path == "-" {
            let mut printed = Printed::within(environment.memory_bytes);
            let count = self.fill(rows, &mut printed).map_err(|failure| printed.told(failure))?;
            let text = String::from_utf8(printed.bytes)
                .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned());
            return Ok(Output::Written(Written::standard_output(text, count)));
        }
        let place = environment.place(&self.path);
        let mut outcome = Ok(0);
        let written = environment.world.replace(&place, &mut |out| {
            outcome = self.fill(rows, out);
            // The file is replaced only once the new one is complete.
            if outcome.is_ok() { Ok(()) } else { Err(io::ErrorKind::Other.into()) }
        });
        let count = outcome?;
        written.map_err(|error| self.failure(&error))?;
        Ok(Output::Written(Written::file(&*self.path, count)))
    }
}

/// The text for standard output, which is printed when the run has succeeded: until then it is in memory.
struct Printed {
    bytes: Vec<u8>,
    bytes_max: usize,
    is_full: bool,
}

impl Printed {
    fn within(memory_bytes: Option<u64>) -> Printed {
        /// The share of the memory limit: the text is copied before it is printed.
        const SHARE: u64 = 8;
        let limit = memory_bytes.map_or(u64::MAX, |limit| limit / SHARE);
        Printed { bytes: Vec::new(), bytes_max: usize::try_from(limit).unwrap_or(usize::MAX), is_full: false }
    }

    /// The failure to report for a failure to write.
    fn told(&self, failure: Failure) -> Failure {
        if !self.is_full {
            return failure;
        }
        let message = format!("the text for standard output is larger than {} MiB", self.bytes_max >> 20);
        Failure::new(code::LIMIT_REACHED, message)
            .help("write it to a file: write out.csv; or raise the limit: --mem 8G")
    }
}

impl io::Write for Printed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.is_full = self.bytes.len() + bytes.len() > self.bytes_max;
        if self.is_full {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Write {
    /// Writes all rows, chunk by chunk, and counts them.
    fn fill(&self, rows: &Data, out: &mut dyn io::Write) -> Result<usize, Failure> {
        let chunks = rows.chunks();
        let outline = Outline::of(chunks)?;
        let mut writer = self.format.writer(&outline, out).map_err(|error| self.failure(&error))?;
        let mut count = 0;
        for_each_chunk(
            chunks,
            |index| chunks.chunk(index),
            |chunk| {
                count += chunk.rows();
                writer.write(&chunk).map_err(|error| self.failure(&error))
            },
        )?;
        writer.finish().map_err(|error| self.failure(&error))?;
        Ok(count)
    }

    fn failure(&self, error: &io::Error) -> Failure {
        failure_of(code::CANNOT_WRITE, "cannot write", self.path.as_ref(), error)
    }
}
