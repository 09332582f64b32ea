//! The source behind `load`: opens files and reads them as a table, or as a stream if they exceed the memory limit.

use super::on_demand::OnDemand;
use pipewright_diagnostic::{Failure, Progress, code};
use pipewright_frame::file::OpenFile;
use pipewright_frame::{Column, ColumnType, ReadOptions, Rejected, Table, csv, file};
use pipewright_operator::work::{Pushdown, Sketch, Source};
use pipewright_operator::{Data, Environment, Sample, Stream, failure_of};
use pipewright_world::Content;
use sha2::{Digest, Sha256};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

#[derive(Clone)]
pub(super) struct Load {
    pub(super) from: Vec<From>,
    pub(super) options: ReadOptions,
    /// Where unreadable rows go.
    pub(super) quarantine: Option<String>,
}

#[derive(Clone)]
pub(super) enum From {
    File {
        place: PathBuf,
        name: String,
    },
    Sample(&'static Sample),
    StandardInput,
    /// No path given: standard input, unless it is a terminal, since that would block.
    StandardInputIfAny,
}

/// A table already in memory.
pub(super) struct InMemory(pub(super) Table);

impl Source for InMemory {
    fn sketch(&self, _: &Environment) -> Result<Option<Sketch>, Failure> {
        let (schema, memory_bytes) = (self.0.schema(), self.0.memory_bytes());
        Ok(Some(Sketch { schema, whole: true, has_rows: true, memory_bytes, notices: Vec::new() }))
    }

    fn origins(&self, _: &Environment, _: bool) -> Vec<String> {
        self.0
            .arrays()
            .first()
            .map(|values| format!("memory:{:p}", Arc::as_ptr(values).cast::<u8>()))
            .into_iter()
            .collect()
    }

    /// Returns the whole table, all columns included: it is shared, not copied.
    fn read(&self, _: &Pushdown, _: &Environment, _: &dyn Progress) -> Result<Data, Failure> {
        Ok(Data::Table(self.0.clone()))
    }
}

/// An open file and how it is read.
struct Opened {
    file: Arc<OpenFile>,
    options: ReadOptions,
}

/// A place to read and its name in messages.
struct Named<'a> {
    place: Place<'a>,
    name: String,
}

enum Place<'a> {
    File(PathBuf),
    Sample(&'a Sample),
    StandardInput,
}

impl Named<'_> {
    fn content(&self, environment: &Environment) -> Result<Arc<dyn Content>, Failure> {
        match &self.place {
            Place::File(place) => environment.open(place).map_err(|error| unreadable(&self.name, &error)),
            Place::Sample(sample) => Ok(Arc::new(sample.text.as_bytes())),
            Place::StandardInput => environment.standard_input(),
        }
    }

    fn on_demand(&self, place: &Path, environment: &Environment) -> Result<OnDemand, Failure> {
        OnDemand::of(place, &environment.world).map_err(|error| unreadable(&self.name, &error))
    }
}

/// Maximum number of files of which something is kept in memory.
const KEPT_MAX: usize = 64;

/// Maximum number of files that are open at once.
const OPEN_MAX: usize = 256;

/// Peak memory of a run as a multiple of the table's size (estimate).
const COPIES: u64 = 4;

impl Source for Load {
    fn sketch(&self, environment: &Environment) -> Result<Option<Sketch>, Failure> {
        let Some(places) = self.places(environment)? else { return Ok(None) };
        let missing =
            |named: &Named<'_>| matches!(&named.place, Place::File(place) if !environment.world.exists(place));
        let Some(first) = places.first().filter(|_| !places.iter().any(missing)) else { return Ok(None) };
        let Opened { file, options } = self.open_first(first, environment)?;
        let sketch = file.sketch(&options)?;
        let whole = sketch.certain && places.len() == 1;
        // Other files of the same table are taken to be like the first one.
        let memory_bytes = sketch.memory_bytes.saturating_mul(places.len() as u64);
        let has_rows = sketch.rows_seen > 0;
        Ok(Some(Sketch { schema: sketch.schema, whole, has_rows, memory_bytes, notices: sketch.notes }))
    }

    fn expecting(&self, columns: &[Column]) -> Option<Arc<dyn Source>> {
        let mut load = self.clone();
        let texts = columns.iter().filter(|column| column.kind.is_string());
        load.options.texts.extend(texts.map(|column| column.name.to_string()));
        Some(Arc::new(load))
    }

    fn origins(&self, environment: &Environment, by_content: bool) -> Vec<String> {
        let places = self.places(environment).ok().flatten().unwrap_or_default();
        let origin = |named: &Named<'_>| match &named.place {
            _ if by_content => digest(named.content(environment).ok()?.as_ref()).ok(),
            Place::File(place) => Some(environment.world.canonical(place).to_string_lossy().into_owned()),
            Place::Sample(sample) => Some(format!("sample:{}", sample.name)),
            Place::StandardInput => Some("-".to_owned()),
        };
        places.iter().filter_map(origin).collect()
    }

    fn read(&self, wanted: &Pushdown, environment: &Environment, progress: &dyn Progress) -> Result<Data, Failure> {
        let places = self.places(environment)?.ok_or_else(no_data)?;
        let (first, others) = places.split_first().ok_or_else(no_data)?;
        let mut opened = vec![self.open_first(first, environment)?];
        let schema = opened[0].file.sketch(&opened[0].options)?.schema;
        for (index, named) in others.iter().enumerate() {
            let content = match &named.place {
                Place::File(place) if index >= OPEN_MAX => Arc::new(named.on_demand(place, environment)?),
                _ => named.content(environment)?,
            };
            let few = others.len() < KEPT_MAX;
            let file = if few { OpenFile::new(content) } else { OpenFile::keeping_nothing(content) };
            opened.push(self.opened(Arc::new(file), named));
        }
        if let Some(limit) = environment.memory_bytes {
            // The size of what a file unpacks to is known only then.
            for Opened { file, options } in &mut opened {
                let mut within = options.clone();
                within.limits = options.limits.within(limit);
                *file = file.unpacked(&within, environment.world.as_ref())?;
            }
        }
        let mut memory_bytes: u64 = 0;
        for file in &mut opened {
            if environment.memory_bytes.is_some() {
                let estimated = file.file.sketch(&file.options)?.memory_bytes.max(file.file.size());
                memory_bytes = memory_bytes.saturating_add(estimated);
            }
            file.options.columns.clone_from(&wanted.columns);
            file.options.filter.clone_from(&wanted.filter);
        }
        match environment.memory_bytes {
            Some(limit) if memory_bytes.saturating_mul(COPIES) > limit => {
                let scans = opened.iter_mut().map(|Opened { file, options }| {
                    options.limits = options.limits.within(limit);
                    file.scan(options, environment.world.as_ref())
                });
                let scan = file::joined(scans.collect::<Result<_, _>>()?)?;
                self.tell(scan.notes(), scan.rejected(), environment, progress)?;
                let scan = if wanted.columns.is_some() { file::padded(scan, &schema) } else { scan };
                Ok(Data::Stream(Stream::new(scan, environment.world.clone(), limit)))
            }
            _ => {
                let readings =
                    opened.iter().map(|opened| opened.file.read(&opened.options, environment.world.as_ref()));
                let reading = file::stacked(readings.collect::<Result<_, _>>()?)?;
                self.tell(&reading.notes, &reading.rejected, environment, progress)?;
                let table = if wanted.columns.is_some() { reading.table.padded(&schema)? } else { reading.table };
                Ok(Data::Table(table))
            }
        }
    }
}

/// A digest of the head of some content and its size: different files agree only if they are copies of each other, or
/// differ only beyond the head.
fn digest(content: &dyn Content) -> std::io::Result<String> {
    const HEAD_BYTES: usize = 1 << 20;
    let head = content.start(HEAD_BYTES)?;
    let is_text = !head.contains(&0) && !head.starts_with(b"[") && !head.starts_with(b"{");
    if is_text && head.iter().filter(|&&byte| byte == b'\n').count() < 2 {
        // Tables without rows have nothing in common, even if their headers are equal.
        return Err(ErrorKind::UnexpectedEof.into());
    }
    let digest = Sha256::digest(&head);
    let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(format!("{} bytes, {hex}", content.size()))
}

impl Load {
    /// The places to read; none if standard input would be read and has no data.
    fn places(&self, environment: &Environment) -> Result<Option<Vec<Named<'_>>>, Failure> {
        let mut places = Vec::new();
        for from in &self.from {
            match from {
                From::File { place, name } => {
                    let files = self.files(place, name, environment)?.into_iter();
                    places.extend(files.map(|(place, name)| Named { place: Place::File(place), name }));
                }
                From::Sample(sample) => {
                    places.push(Named { place: Place::Sample(sample), name: sample.name.to_owned() });
                }
                From::StandardInputIfAny if environment.world.standard_input_is_terminal() => return Ok(None),
                From::StandardInputIfAny if environment.standard_input()?.size() == 0 => return Ok(None),
                From::StandardInput | From::StandardInputIfAny => {
                    places.push(Named { place: Place::StandardInput, name: "standard input".to_owned() });
                }
            }
        }
        Ok(Some(places))
    }

    /// Opens the first file, unless it is open already (a check usually has read its head).
    fn open_first(&self, named: &Named<'_>, environment: &Environment) -> Result<Opened, Failure> {
        let key = match &named.place {
            Place::File(place) => place.clone(),
            Place::Sample(sample) => Path::new("sample:").join(sample.name),
            Place::StandardInput => "-".into(),
        };
        Ok(self.opened(environment.file(&key, || named.content(environment))?, named))
    }

    fn opened(&self, file: Arc<OpenFile>, named: &Named<'_>) -> Opened {
        Opened { file, options: self.options.clone().with_name(&*named.name) }
    }

    /// The files that a path names: the file itself, or all files that match it as a pattern.
    fn files(&self, place: &Path, name: &str, environment: &Environment) -> Result<Vec<(PathBuf, String)>, Failure> {
        if !name.contains(['*', '?', '[']) || environment.world.exists(place) {
            return Ok(vec![(place.to_path_buf(), name.to_owned())]);
        }
        let found = match environment.world.matching(place) {
            // An invalid pattern is taken as a file name.
            Err(error) if error.kind() == ErrorKind::InvalidInput => {
                return Ok(vec![(place.to_path_buf(), name.to_owned())]);
            }
            found => found.map_err(|error| unreadable(name, &error))?,
        };
        if found.is_empty() {
            return Err(Failure::new(code::CANNOT_READ, format!("no file matches `{}`", name.escape_debug())));
        }
        let named = |path: PathBuf| {
            let name = path.strip_prefix(&environment.folder).unwrap_or(&path).to_string_lossy().into_owned();
            (path, name)
        };
        Ok(found.into_iter().map(named).collect())
    }

    /// Reports notes, and writes unreadable rows to the quarantine file if there is one.
    fn tell(
        &self,
        notes: &[Failure],
        rejected: &[Rejected],
        environment: &Environment,
        progress: &dyn Progress,
    ) -> Result<(), Failure> {
        notes.iter().cloned().for_each(|note| progress.notice(note));
        let Some(path) = &self.quarantine else { return Ok(()) };
        let table = rejects(rejected)?;
        environment
            .world
            .replace(&environment.place(path), &mut |out| csv::write(&table, out))
            .map_err(|error| failure_of(code::CANNOT_WRITE, "cannot write", path.as_ref(), &error))
    }
}

/// Unreadable rows as a table.
fn rejects(rejected: &[Rejected]) -> Result<Table, Failure> {
    use arrow_array::{ArrayRef, Int64Array, StringArray};
    let names = [("line", ColumnType::Count), ("reason", ColumnType::Text), ("text", ColumnType::Text)];
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
        .help("give a file after `load`, or as the second argument of the command line, or pipe one in")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_are_recognised_unless_they_are_headers_alone() {
        let of = |bytes: &[u8]| digest(&bytes.to_vec()).ok();
        let table = b"a,b\n1,2\n".as_slice();
        assert!(of(table).is_some() && of(table) == of(b"a,b\n1,2\n") && of(table) != of(b"a,b\n1,3\n"));
        assert_eq!(of(b"a,b\n"), None, "a header alone");
        for small in [b"[{\"a\":1}]".as_slice(), b"{\"a\":1}", b"PAR1\0\0\x01PAR1"] {
            assert!(of(small).is_some(), "data without line ends");
        }
    }
}
