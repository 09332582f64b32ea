//! Tables from SQLite databases: one of its tables, or the result of a query.
//!
//! The database is read into memory and opened there, so that SQLite itself accesses no file; a query must be a single
//! read-only statement, and no other database can be attached. A SQLite column may hold values of any type, so its type
//! is inferred from all rows. Blobs are read as hexadecimal text.

use crate::ReadOptions;
use crate::gather::{self, Cell, Cells, Misfit, Outcome, Start};
use crate::infer::Type;
use crate::source::{Reader, Reading, Scan, Sketch, Whole, unreadable};
use pipewright_diagnostic::{Failure, code, nearest};
use pipewright_table::{Column, Origin, Schema, Table};
use pipewright_world::Content;
use rusqlite::config::DbConfig;
use rusqlite::fallible_iterator::FallibleIterator;
use rusqlite::limits::Limit;
use rusqlite::types::ValueRef;
use rusqlite::{Batch, Connection, ErrorCode, Statement};
use std::io::{self, Read};
use std::sync::Arc;

/// Number of rows that a sketch reads.
const SKETCH_ROWS: usize = 1000;

/// Magic bytes of a database.
const MAGIC: &[u8] = b"SQLite format 3\0";

/// The SQLite reader.
pub(crate) struct SqliteReader;

impl Reader for SqliteReader {
    fn sketch(&self, content: &Arc<dyn Content>, truncated: bool, options: &ReadOptions) -> Result<Sketch, Failure> {
        if truncated {
            // The head of a database has no information about its tables.
            let (schema, notes) = (Schema::default(), Vec::new());
            return Ok(Sketch { schema, certain: false, rows_seen: 0, memory_bytes: 0, notes, whole: None });
        }
        let (reading, complete) = read(content, options, SKETCH_ROWS)?;
        let (table, notes) = (&reading.table, reading.notes.clone());
        let held: usize = table.arrays().iter().map(|array| array.get_array_memory_size()).sum();
        let memory_bytes = if complete { held as u64 } else { content.size() };
        let certain = complete && table.rows() > 0;
        let (schema, rows_seen) = (table.schema(), table.rows());
        Ok(Sketch { schema, certain, rows_seen, memory_bytes, notes, whole: complete.then_some(reading) })
    }

    fn read(&self, content: &Arc<dyn Content>, options: &ReadOptions) -> Result<Reading, Failure> {
        Ok(read(content, options, usize::MAX)?.0)
    }

    fn scan(&self, content: &Arc<dyn Content>, options: &ReadOptions) -> Result<Arc<dyn Scan>, Failure> {
        Ok(Arc::new(Whole(self.read(content, options)?)))
    }
}

/// Reads the first rows of a database, and whether they are all.
fn read(content: &Arc<dyn Content>, options: &ReadOptions, rows_max: usize) -> Result<(Reading, bool), Failure> {
    let connection = open(content, options)?;
    let (sql, fact) = match &options.query {
        Some(query) => (query.clone(), ("query", query.clone())),
        None => {
            let name = table_name(&connection, options)?;
            (format!("SELECT * FROM \"{}\"", name.replace('"', "\"\"")), ("table", name))
        }
    };
    let mut statement = prepared(&connection, &sql, options)?;
    let names: Vec<String> = statement.column_names().map(str::to_string).collect();
    if names.len() > options.limits.columns {
        return Err(gather::too_many_columns(options));
    }
    let (names, mut notes) = crate::names::unique(&names, &options.name);
    crate::names::declared(names.iter().map(|name| &**name), options)?;
    let starts: Vec<Start> = names.iter().map(|name| Start::of(name, options)).collect();
    let mut pass = Pass::run(&mut statement, &names, &starts, options, rows_max)?;
    let mut columns = Vec::new();
    let mut again = vec![Start::Skip; names.len()];
    for (place, name) in names.iter().enumerate().filter(|(_, name)| options.wants(name)) {
        let mut outcome = Outcome::new();
        outcome.add(&pass.cells[place], 0);
        let kind = options.kinds.get(&**name).copied().unwrap_or(outcome.kind.kind());
        notes.extend(outcome.notes(name, options));
        notes.extend(pass.blobs[place].map(|row| blob_note(name, row, options)));
        if pass.cells[place].needs_rereading(Type::of(kind)) {
            again[place] = Start::Exactly(Type::of(kind));
        }
        columns.push((place, Column::new(name.clone(), kind)));
    }
    if again.iter().any(|start| *start != Start::Skip) {
        let second = Pass::run(&mut statement, &names, &again, options, rows_max)?;
        if second.rows != pass.rows {
            let message = "the query returns different rows each time it is run";
            return Err(Failure::new(code::BAD_VALUE, message).file(&options.name));
        }
        for (place, cells) in second.cells.into_iter().enumerate().filter(|(_, cells)| !cells.is_skipped()) {
            pass.cells[place] = cells;
        }
    }
    let facts = vec![("format", "SQLite".to_string()), fact];
    let origin = Arc::new(Origin { file: options.name.clone(), facts });
    let (rows, complete) = (pass.rows, pass.complete);
    let table = pass.into_table(columns, rows)?.with_origin(Some(origin));
    Ok((Reading { table, notes, rejected: Vec::new() }, complete))
}

fn blob_note(name: &str, row: usize, options: &ReadOptions) -> Failure {
    let message = format!("`{}` holds bytes: they are read as hexadecimal text", name.escape_debug());
    Failure::note(code::TYPE_WIDENED, message).file(&options.name).row(row as u64 + 1).column(name)
}

/// Opens a database in memory, read-only.
fn open(content: &Arc<dyn Content>, options: &ReadOptions) -> Result<Connection, Failure> {
    let size = content.size();
    if size > options.limits.memory_bytes {
        let message = format!("the database exceeds its memory limit of {}", memory(options));
        return Err(Failure::new(code::LIMIT_REACHED, message)
            .file(&options.name)
            .help("`--mem 16G` raises the limit"));
    }
    let start = content.start(MAGIC.len()).map_err(|error| unreadable(&error, options))?;
    if start.is_empty() {
        return Err(Failure::new(code::EMPTY_DATA, "the file is empty").file(&options.name));
    }
    if start != MAGIC {
        return Err(Failure::new(code::BAD_FILE, "the file is not a SQLite database").file(&options.name));
    }
    let mut connection = Connection::open_in_memory().map_err(|error| damaged(&error, options))?;
    let mut source = Source { content: &**content, offset: 0, failed: None };
    let length = usize::try_from(size).unwrap_or(usize::MAX);
    let opened = connection.deserialize_read_exact("main", &mut source, length, true);
    if let Some(error) = source.failed {
        return Err(unreadable(&error, options));
    }
    let guarded = opened.and_then(|()| {
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false)?;
        connection.pragma_update(None, "cell_size_check", true)?;
        connection.set_limit(Limit::SQLITE_LIMIT_ATTACHED, 0).map(drop)
    });
    guarded.map_err(|error| damaged(&error, options))?;
    Ok(connection)
}

/// Returns the table to read: the declared one, or the only one.
fn table_name(connection: &Connection, options: &ReadOptions) -> Result<String, Failure> {
    let names = |kinds: &str| {
        let sql = format!(
            "SELECT name FROM sqlite_schema WHERE type IN ({kinds}) AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY rowid"
        );
        let mut statement = connection.prepare(&sql)?;
        let names = statement.query_map([], |row| row.get::<_, String>(0))?;
        names.collect::<Result<Vec<String>, rusqlite::Error>>()
    };
    let all = names("'table', 'view'").map_err(|error| damaged(&error, options))?;
    let listed = || all.iter().map(|name| format!("`{}`", name.escape_debug())).collect::<Vec<_>>().join(", ");
    if let Some(part) = &options.part {
        if let Some(name) = all.iter().find(|name| name.eq_ignore_ascii_case(part)) {
            return Ok(name.clone());
        }
        let message = format!("the database has no table `{}`", part.escape_debug());
        let failure = Failure::new(code::BAD_VALUE, message).file(&options.name);
        let near: Vec<String> =
            nearest(part, all.iter().map(String::as_str)).iter().map(|name| format!("`{name}`")).collect();
        return Err(match near.is_empty() {
            false => failure.help(format!("did you mean {}?", near.join(" or "))),
            true => failure.help(format!("tables here: {}", listed())),
        });
    }
    let mut tables = names("'table'").map_err(|error| damaged(&error, options))?;
    match (tables.pop(), tables.is_empty()) {
        (Some(only), true) => Ok(only),
        (None, _) => Err(Failure::new(code::EMPTY_DATA, "the database has no table").file(&options.name)),
        _ => Err(Failure::new(code::MISSING_ARGUMENT, format!("the database has several tables: {}", listed()))
            .file(&options.name)
            .help(format!("name one: `load … table={:?}`", all[0]))),
    }
}

/// Prepares the single read-only statement of `sql`.
fn prepared<'c>(connection: &'c Connection, sql: &str, options: &ReadOptions) -> Result<Statement<'c>, Failure> {
    let refused = |why: &str| Failure::new(code::BAD_VALUE, why).file(&options.name).help(ONE_SELECT);
    let mut batch = Batch::new(connection, sql);
    let first = batch.next().map_err(|error| damaged(&error, options))?;
    let statement = first.ok_or_else(|| refused("the query is empty"))?;
    if !statement.readonly() || statement.column_count() == 0 {
        return Err(refused("the query does more than read"));
    }
    match batch.next() {
        Ok(None) => Ok(statement),
        _ => Err(refused("the query is more than one statement")),
    }
}

/// One run of a statement.
struct Pass {
    cells: Vec<Cells>,
    /// The first row of each column with a blob.
    blobs: Vec<Option<usize>>,
    rows: usize,
    /// Were these all rows?
    complete: bool,
}

impl Pass {
    fn run(
        statement: &mut Statement<'_>,
        names: &[Arc<str>],
        starts: &[Start],
        options: &ReadOptions,
        rows_max: usize,
    ) -> Result<Pass, Failure> {
        let mut pass = Pass {
            cells: starts.iter().map(|start| Cells::new(*start)).collect(),
            blobs: vec![None; starts.len()],
            rows: 0,
            complete: true,
        };
        let made = starts.iter().filter(|start| **start != Start::Skip).count();
        let mut text_bytes = 0;
        let mut rows = statement.query([]).map_err(|error| damaged(&error, options))?;
        while let Some(row) = rows.next().map_err(|error| damaged(&error, options))? {
            if pass.rows == rows_max {
                pass.complete = false;
                break;
            }
            for (place, cells) in pass.cells.iter_mut().enumerate().filter(|(_, cells)| !cells.is_skipped()) {
                let value = row.get_ref(place).map_err(|error| damaged(&error, options))?;
                let column = Place { row: pass.rows, name: &names[place], options };
                text_bytes += column.push(cells, value)?;
                if matches!(value, ValueRef::Blob(_)) {
                    pass.blobs[place].get_or_insert(pass.rows);
                }
            }
            pass.rows += 1;
            let held = (pass.rows * made).saturating_mul(8).saturating_add(text_bytes) as u64;
            if held > options.limits.memory_bytes || pass.rows > u32::MAX as usize {
                let message = format!("the table exceeds its memory limit of {}", memory(options));
                let failure = Failure::new(code::LIMIT_REACHED, message).file(&options.name);
                return Err(failure.help("`--mem 16G` raises the limit; a query can select columns and rows"));
            }
        }
        Ok(pass)
    }

    fn into_table(self, columns: Vec<(usize, Column)>, rows: usize) -> Result<Table, Failure> {
        let mut cells: Vec<Option<Cells>> = self.cells.into_iter().map(Some).collect();
        let mut arrays = Vec::with_capacity(columns.len());
        for (place, column) in &columns {
            arrays.push(gather::array(vec![(cells[*place].take(), rows)], Type::of(column.kind)));
        }
        Table::with_rows(columns.into_iter().map(|(_, column)| column).collect(), arrays, rows)
    }
}

/// The position of a value.
struct Place<'a> {
    row: usize,
    name: &'a str,
    options: &'a ReadOptions,
}

impl Place<'_> {
    /// Adds a value, and returns the size of its text.
    fn push(&self, cells: &mut Cells, value: ValueRef<'_>) -> Result<usize, Failure> {
        let hexadecimal: Vec<u8>;
        let cell = match value {
            ValueRef::Null => Cell::Null,
            ValueRef::Integer(value) => Cell::Whole(value),
            ValueRef::Real(value) => Cell::Real(value),
            ValueRef::Text(text) if std::str::from_utf8(text).is_ok() => Cell::Text(text),
            ValueRef::Text(_) => return Err(self.failure(code::BAD_FILE, "a text that is not UTF-8".to_string())),
            ValueRef::Blob(bytes) => {
                let digit = |four: u8| char::from_digit(four.into(), 16).map_or(b'0', |digit| digit as u8);
                hexadecimal = bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect();
                Cell::Text(&hexadecimal)
            }
        };
        let length = if let Cell::Text(text) = cell { text.len() } else { 0 };
        if length > self.options.limits.field_bytes {
            let limit = self.options.limits.field_bytes >> 20;
            let failure = self.failure(code::LIMIT_REACHED, format!("a value is longer than {limit} MiB"));
            return Err(failure.help(format!("`load … max_field={}M` allows longer ones", limit.max(1) * 2)));
        }
        match cells.push(self.row, cell, None) {
            Ok(()) => Ok(length),
            Err(Misfit::Kind | Misfit::Again) => {
                let kind = self.options.kinds.get(self.name).map_or(String::new(), ToString::to_string);
                let text = cell.text();
                let shown: String = String::from_utf8_lossy(&text).chars().take(60).collect();
                Err(self.failure(code::KIND_CHANGED, format!("`{shown}` is not a value of type {kind}")))
            }
        }
    }

    fn failure(&self, code: pipewright_diagnostic::Code, message: String) -> Failure {
        Failure::new(code, message).file(&self.options.name).row(self.row as u64 + 1).column(self.name)
    }
}

fn memory(options: &ReadOptions) -> String {
    match options.limits.memory_bytes {
        bytes @ 0x4000_0000.. => format!("{} GiB", bytes >> 30),
        bytes => format!("{bytes} bytes"),
    }
}

/// Creates the failure for an error of SQLite: in the database, or in the query.
fn damaged(error: &rusqlite::Error, options: &ReadOptions) -> Failure {
    let code = error.sqlite_error_code();
    if code == Some(ErrorCode::OutOfMemory) {
        return Failure::new(code::LIMIT_REACHED, "the database is larger than memory").file(&options.name);
    }
    if options.query.is_some() && !matches!(code, Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase)) {
        let message = format!("the query cannot be run: {error}");
        return Failure::new(code::BAD_VALUE, message).file(&options.name).help(ONE_SELECT);
    }
    let message = format!("SQLite cannot read the database: {error}");
    Failure::new(code::BAD_FILE, message).file(&options.name)
}

const ONE_SELECT: &str = "a query must be a single SELECT";

/// The bytes of a database with WAL mode switched off: a database in memory cannot use it, and its `-wal` file is not
/// available anyway.
struct Source<'a> {
    content: &'a dyn Content,
    offset: u64,
    failed: Option<io::Error>,
}

/// Position of the read and write versions in the header: 2 is WAL, 1 is not.
const MODE_BYTES: std::ops::Range<u64> = 18..20;

impl Read for Source<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let rest = usize::try_from(self.content.size() - self.offset).unwrap_or(usize::MAX);
        let length = rest.min(out.len());
        let out = &mut out[..length];
        if let Err(error) = self.content.read_at(self.offset, out) {
            self.failed = Some(error);
            return Err(io::ErrorKind::Other.into());
        }
        for place in MODE_BYTES {
            let byte = place.checked_sub(self.offset).and_then(|place| out.get_mut(place as usize));
            if let Some(byte) = byte.filter(|byte| **byte == 2) {
                *byte = 1;
            }
        }
        self.offset += out.len() as u64;
        Ok(out.len())
    }
}

#[cfg(test)]
mod tests;
