//! Several files as one table, and tables of which only some columns were read.

use crate::{Reading, Rejected, Scan};
use pipewright_diagnostic::{Failure, code};
use pipewright_table::text::plural;
use pipewright_table::{Chunks, Column, ColumnType, Origin, Schema, Table};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// Concatenates the rows of all readings. Columns are matched by name, in the order of the first; whole and real
/// numbers become real ones.
///
/// # Errors
/// [`code::KIND_CHANGED`] for a file with other columns, or a column of another type.
pub fn stacked(readings: Vec<Reading>) -> Result<Reading, Failure> {
    if readings.len() == 1 {
        return readings.into_iter().next().ok_or_else(nothing);
    }
    let columns = common(readings.iter().map(|reading| (reading.table.columns(), reading.table.origin())))?;
    let (mut tables, mut notes, mut rejected) = (Vec::new(), Vec::new(), Vec::new());
    let mut origins = Vec::new();
    for reading in readings {
        origins.extend(reading.table.origin().cloned());
        tables.push(reading.table.conform(&columns)?);
        notes.extend(reading.notes);
        rejected.extend(reading.rejected);
    }
    let table = Table::concat(&tables)?.with_origin(of_all(&origins));
    Ok(Reading { table, notes, rejected })
}

/// Concatenates the rows of all scans, like [`stacked`].
///
/// # Errors
/// As [`stacked`].
pub fn joined(scans: Vec<Arc<dyn Scan>>) -> Result<Arc<dyn Scan>, Failure> {
    if scans.len() == 1 {
        return scans.into_iter().next().ok_or_else(nothing);
    }
    let schemas: Vec<Vec<Column>> = scans.iter().map(|scan| scan.schema().columns().cloned().collect()).collect();
    let columns = common(schemas.iter().zip(&scans).map(|(columns, scan)| (columns.as_slice(), scan.origin())))?;
    let notes = scans.iter().flat_map(|scan| scan.notes().to_vec()).collect();
    let rejected = scans.iter().flat_map(|scan| scan.rejected().to_vec()).collect();
    let origins: Vec<Arc<Origin>> = scans.iter().filter_map(|scan| scan.origin().cloned()).collect();
    Ok(Arc::new(Joined { scans, columns, notes, rejected, origin: of_all(&origins) }))
}

/// Converts the columns of a scan to other types, which hold all their values.
pub(crate) fn conformed(scan: Arc<dyn Scan>, columns: Vec<Column>) -> Arc<dyn Scan> {
    let (notes, rejected, origin) = (scan.notes().to_vec(), scan.rejected().to_vec(), scan.origin().cloned());
    Arc::new(Joined { scans: vec![scan], columns, notes, rejected, origin })
}

/// Adds null columns to a scan for those of `schema` that were not read.
#[must_use]
pub fn padded(scan: Arc<dyn Scan>, schema: &Schema) -> Arc<dyn Scan> {
    Arc::new(Padded { schema: scan.schema().padded(schema), scan })
}

fn nothing() -> Failure {
    Failure::new(code::EMPTY_DATA, "there is no file to read")
}

fn of_all(origins: &[Arc<Origin>]) -> Option<Arc<Origin>> {
    let first = origins.first()?;
    let file = format!("{} and {} more", first.file, origins.len() - 1);
    Some(Arc::new(Origin { file, facts: first.facts.clone() }))
}

/// Returns the columns common to all files, each with the narrowest type that holds its values in all of them.
fn common<'a>(files: impl Iterator<Item = (&'a [Column], Option<&'a Arc<Origin>>)>) -> Result<Vec<Column>, Failure> {
    let mut common: Vec<Column> = Vec::new();
    for (index, (columns, origin)) in files.enumerate() {
        if index == 0 {
            common = columns.to_vec();
            continue;
        }
        let file = origin.map_or("a later file", |origin| &origin.file);
        let own: HashMap<&str, &Column> = columns.iter().map(|column| (&*column.name, column)).collect();
        let known: HashSet<&str> = common.iter().map(|column| &*column.name).collect();
        let lacks = common.iter().find(|column| !own.contains_key(&*column.name));
        let extra = columns.iter().find(|column| !known.contains(&*column.name));
        let lacks = lacks.map(|column| (column, "has no column"));
        let differs = lacks.or(extra.map(|column| (column, "has the extra column")));
        if let Some((column, what)) = differs {
            let message = format!("the files differ in their columns: `{file}` {what} `{}`", column.name);
            return Err(Failure::new(code::KIND_CHANGED, message).file(file).column(&*column.name));
        }
        for column in &mut common {
            let Some(other) = own.get(&*column.name) else { continue };
            column.kind = joined_kind(column.kind, other.kind).ok_or_else(|| {
                let (here, there) = (plural(other.kind), plural(column.kind));
                let message = format!("`{}` holds {here} in `{file}`, and {there} in the files before", column.name);
                Failure::new(code::KIND_CHANGED, message)
                    .file(file)
                    .column(&*column.name)
                    .help(format!("declare it: load … schema=\"{}: text\"", column.name))
            })?;
        }
    }
    Ok(common)
}

fn joined_kind(one: ColumnType, other: ColumnType) -> Option<ColumnType> {
    match (one, other) {
        _ if one == other => Some(one),
        _ if one.is_numeric() && other.is_numeric() => Some(ColumnType::Continuous),
        _ if one.is_string() && other.is_string() => Some(ColumnType::Text),
        _ => None,
    }
}

struct Joined {
    scans: Vec<Arc<dyn Scan>>,
    columns: Vec<Column>,
    notes: Vec<Failure>,
    rejected: Vec<Rejected>,
    origin: Option<Arc<Origin>>,
}

impl Joined {
    /// Returns the scan of a chunk, the chunk's index in it, and the rows of the scans before.
    fn place(&self, index: usize) -> (&dyn Scan, usize, usize) {
        let (mut within, mut rows) = (index, 0);
        for scan in &self.scans {
            if within < scan.count() {
                return (scan.as_ref(), within, rows);
            }
            within -= scan.count();
            rows += scan.rows();
        }
        unreachable!("there are not that many chunks")
    }
}

impl Chunks for Joined {
    fn schema(&self) -> Schema {
        Schema::new(self.columns.iter().cloned())
    }

    fn count(&self) -> usize {
        self.scans.iter().map(|scan| scan.count()).sum()
    }

    fn chunk(&self, index: usize) -> Result<Table, Failure> {
        let (scan, within, _) = self.place(index);
        scan.chunk(within)?.conform(&self.columns)
    }

    fn rows_before(&self, index: usize) -> Option<usize> {
        let (scan, within, rows) = self.place(index);
        scan.rows_before(within).map(|before| rows + before)
    }
}

impl Scan for Joined {
    fn rows(&self) -> usize {
        self.scans.iter().map(|scan| scan.rows()).sum()
    }

    fn notes(&self) -> &[Failure] {
        &self.notes
    }

    fn rejected(&self) -> &[Rejected] {
        &self.rejected
    }

    fn origin(&self) -> Option<&Arc<Origin>> {
        self.origin.as_ref()
    }
}

struct Padded {
    scan: Arc<dyn Scan>,
    schema: Schema,
}

impl Chunks for Padded {
    fn schema(&self) -> Schema {
        self.schema.clone()
    }

    fn count(&self) -> usize {
        self.scan.count()
    }

    fn chunk(&self, index: usize) -> Result<Table, Failure> {
        self.scan.chunk(index)?.padded(&self.schema)
    }

    fn rows_before(&self, index: usize) -> Option<usize> {
        self.scan.rows_before(index)
    }
}

impl Scan for Padded {
    fn rows(&self) -> usize {
        self.scan.rows()
    }

    fn notes(&self) -> &[Failure] {
        self.scan.notes()
    }

    fn rejected(&self) -> &[Rejected] {
        self.scan.rejected()
    }

    fn origin(&self) -> Option<&Arc<Origin>> {
        self.scan.origin()
    }
}
