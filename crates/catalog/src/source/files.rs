//! What `load` does: opens what was named, and reads it, as a table or, where that would be too large, as a stream.

use pipewright_diagnostic::{Failure, Watch, code};
use pipewright_frame::{Column, Kind, ReadOptions, Rejected, Schema, Table, csv, file};
use pipewright_operator::work::{Sketch, Source, Wanted};
use pipewright_operator::{Data, Sample, Stream, Surroundings, failure_of};
use pipewright_world::Content;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub(super) struct Load {
    pub(super) from: Vec<From>,
    pub(super) options: ReadOptions,
    /// Where rows go that cannot be read.
    pub(super) quarantine: Option<String>,
}

pub(super) enum From {
    File {
        place: PathBuf,
        name: String,
    },
    Sample(&'static Sample),
    StandardInput,
    /// Nothing was named: standard input, unless it is a terminal, which would be waited for.
    StandardInputIfAny,
}

/// An opened file and how it is read.
struct Opened {
    content: Arc<dyn Content>,
    options: ReadOptions,
}

/// While a table is cleaned and learned from, about this many times its size is in memory.
const COPIES: u64 = 4;

impl Source for Load {
    fn sketch(&self, surroundings: &Surroundings) -> Result<Option<Sketch>, Failure> {
        let Some(opened) = self.open(surroundings, false)? else { return Ok(None) };
        let Some(first) = opened.first() else { return Ok(None) };
        let sketch = file::sketch(&first.content, &first.options)?;
        let whole = sketch.certain && opened.len() == 1;
        Ok(Some(Sketch { schema: sketch.schema, whole, notices: sketch.notes }))
    }

    fn read(&self, wanted: &Wanted, surroundings: &Surroundings, watch: &dyn Watch) -> Result<Data, Failure> {
        let mut opened = self.open(surroundings, true)?.ok_or_else(no_data)?;
        let mut memory_bytes = 0;
        let mut schema = Schema::default();
        for (index, file) in opened.iter_mut().enumerate() {
            let sketch = file::sketch(&file.content, &file.options)?;
            memory_bytes += sketch.memory_bytes.max(file.content.size());
            file.options.columns.clone_from(&wanted.columns);
            file.options.filter.clone_from(&wanted.filter);
            if index == 0 {
                schema = sketch.schema;
            }
        }
        match surroundings.memory_bytes {
            Some(limit) if memory_bytes.saturating_mul(COPIES) > limit => {
                let scans =
                    opened.iter().map(|file| file::scan(&file.content, &file.options, surroundings.world.as_ref()));
                let scan = file::joined(scans.collect::<Result<_, _>>()?)?;
                self.tell(scan.notes(), scan.rejected(), surroundings, watch)?;
                let scan = if wanted.columns.is_some() { file::padded(scan, &schema) } else { scan };
                Ok(Data::Stream(Stream::new(scan, surroundings.world.clone(), limit)))
            }
            _ => {
                let readings =
                    opened.iter().map(|file| file::read(&file.content, &file.options, surroundings.world.as_ref()));
                let reading = file::stacked(readings.collect::<Result<_, _>>()?)?;
                self.tell(&reading.notes, &reading.rejected, surroundings, watch)?;
                let table = if wanted.columns.is_some() { reading.table.padded(&schema)? } else { reading.table };
                Ok(Data::Table(table))
            }
        }
    }
}

impl Load {
    /// What is to be read, if there is something; a file that is not there is an error only where it `must` be.
    fn open(&self, surroundings: &Surroundings, must: bool) -> Result<Option<Vec<Opened>>, Failure> {
        let mut opened = Vec::new();
        for from in &self.from {
            match from {
                From::File { place, name } => {
                    for (place, name) in self.files(place, name, surroundings)? {
                        if !must && !surroundings.world.exists(&place) {
                            return Ok(None);
                        }
                        let content = surroundings.world.open(&place).map_err(|error| unreadable(&name, &error))?;
                        opened.push(self.opened(content, &name));
                    }
                }
                From::Sample(sample) => opened.push(self.opened(Arc::new(sample.text.as_bytes()), sample.name)),
                From::StandardInputIfAny if surroundings.world.standard_input_is_terminal() => return Ok(None),
                From::StandardInput | From::StandardInputIfAny => {
                    let content = surroundings.standard_input()?;
                    if content.size() == 0 && matches!(from, From::StandardInputIfAny) {
                        return Ok(None);
                    }
                    opened.push(self.opened(content, "standard input"));
                }
            }
        }
        Ok(Some(opened))
    }

    /// The files that a path means: itself, or all that fit it as a pattern.
    fn files(&self, place: &Path, name: &str, surroundings: &Surroundings) -> Result<Vec<(PathBuf, String)>, Failure> {
        if !name.contains(['*', '?', '[']) || surroundings.world.exists(place) {
            return Ok(vec![(place.to_path_buf(), name.to_owned())]);
        }
        let found = match surroundings.world.matching(place) {
            // What is no pattern is the name of a file after all.
            Err(error) if error.kind() == ErrorKind::InvalidInput => {
                return Ok(vec![(place.to_path_buf(), name.to_owned())]);
            }
            found => found.map_err(|error| unreadable(name, &error))?,
        };
        if found.is_empty() {
            return Err(Failure::new(code::CANNOT_READ, format!("no file fits `{}`", name.escape_debug())));
        }
        let named = |path: PathBuf| {
            let name = path.strip_prefix(&surroundings.folder).unwrap_or(&path).to_string_lossy().into_owned();
            (path, name)
        };
        Ok(found.into_iter().map(named).collect())
    }

    fn opened(&self, content: Arc<dyn Content>, name: &str) -> Opened {
        Opened { content, options: ReadOptions { name: name.to_owned(), ..self.options.clone() } }
    }

    /// Passes notes on, and puts the rows that could not be read where they are wanted.
    fn tell(
        &self,
        notes: &[Failure],
        rejected: &[Rejected],
        surroundings: &Surroundings,
        watch: &dyn Watch,
    ) -> Result<(), Failure> {
        notes.iter().cloned().for_each(|note| watch.notice(note));
        let Some(path) = &self.quarantine else { return Ok(()) };
        let table = rejects(rejected)?;
        surroundings
            .world
            .replace(&surroundings.place(path), &mut |out| csv::write(&table, out))
            .map_err(|error| failure_of(code::CANNOT_WRITE, "cannot write", path.as_ref(), &error))
    }
}

/// Rows that could not be read, as a table.
fn rejects(rejected: &[Rejected]) -> Result<Table, Failure> {
    use arrow_array::{ArrayRef, Int64Array, StringArray};
    let names = [("line", Kind::Count), ("reason", Kind::Text), ("text", Kind::Text)];
    let columns = names.map(|(name, kind)| Column::new(name, kind)).to_vec();
    let lines: Int64Array = rejected.iter().map(|row| row.line as i64).collect();
    let reasons = StringArray::from_iter_values(rejected.iter().map(|row| &row.reason));
    let texts = StringArray::from_iter_values(rejected.iter().map(|row| &row.text));
    Table::new(columns, vec![Arc::new(lines) as ArrayRef, Arc::new(reasons), Arc::new(texts)])
}

fn unreadable(name: &str, error: &std::io::Error) -> Failure {
    failure_of(code::CANNOT_READ, "cannot read", name.as_ref(), error)
}

fn no_data() -> Failure {
    Failure::new(code::NO_DATA_NAMED, "there is no data to load")
        .help("name a file behind `load`, or behind the script on the command line, or pipe one in")
}
