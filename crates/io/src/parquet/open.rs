//! Opening of a Parquet file: footer, columns, and required row groups.

use super::input::Input;
use super::prune;
use super::thrift::{self, Fault};
use crate::ReadOptions;
use crate::arrow::{Allowance, Layout, Loss, Source, width};
use crate::source::{guarded, unreadable};
use arrow_schema::{DataType, Field, Fields, Schema, TimeUnit};
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions};
use parquet::basic::Type as Physical;
use parquet::errors::ParquetError;
use parquet::file::metadata::{
    ColumnChunkMetaData, FileMetaData, ParquetMetaData, ParquetMetaDataOptions, ParquetMetaDataReader,
    ParquetStatisticsPolicy, RowGroupMetaData,
};
use parquet::schema::types::Type;
use pipewright_diagnostic::{Failure, code};
use pipewright_world::Content;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

/// An open file; only the footer has been read.
pub(super) struct Opened {
    pub(super) input: Input,
    pub(super) metadata: ArrowReaderMetadata,
    pub(super) layout: Layout,
    /// The schema leaves of each column of the layout.
    pub(super) leaves: Vec<Range<usize>>,
    /// The required row groups.
    pub(super) groups: Vec<usize>,
    /// The number of their rows.
    pub(super) rows: usize,
    pub(super) allowance: Allowance,
}

/// Reads and validates the footer.
pub(super) fn open(content: &Arc<dyn Content>, options: &ReadOptions) -> Result<Opened, Failure> {
    let input = Input(content.clone());
    let parsed = guarded(options, || footer(&input, options))?;
    let metadata = guarded(options, || with_types(parsed, options))?;
    let mut layout = Layout::of(metadata.schema().fields(), options)?;
    let leaves = leaves(&metadata, &layout, options)?;
    for (source, leaves) in layout.sources.iter().zip(&leaves) {
        if metadata.parquet_schema().column(leaves.start).physical_type() == Physical::INT96 {
            layout.notes.push(source.loss_note(Loss::Fine, options));
        }
    }
    let allowance = Allowance::new(content.size(), options);
    let mut opened = Opened { input, metadata, layout, leaves, groups: Vec::new(), rows: 0, allowance };
    opened.choose_groups(options)?;
    Ok(opened)
}

impl Opened {
    pub(super) fn group(&self, group: usize) -> &RowGroupMetaData {
        self.metadata.metadata().row_group(group)
    }

    /// Returns the number of rows of a row group, which was validated.
    pub(super) fn rows_of(&self, group: usize) -> usize {
        usize::try_from(self.group(group).num_rows()).unwrap_or(0)
    }

    /// Skips the row groups that the filter excludes, and validates the claims of the others.
    fn choose_groups(&mut self, options: &ReadOptions) -> Result<(), Failure> {
        let bad = |message: String| Failure::new(code::BAD_FILE, message).file(&options.name);
        let columns = self.metadata.parquet_schema().num_columns();
        let (mut rows, mut asked) = (0_u64, 0_u64);
        for (number, group) in self.metadata.metadata().row_groups().iter().enumerate() {
            let count = u64::try_from(group.num_rows());
            let count = count.map_err(|_| bad(format!("row group {number} claims {} rows", group.num_rows())))?;
            if group.num_columns() != columns {
                let found = group.num_columns();
                return Err(bad(format!("row group {number} has {found} columns, the file {columns}")));
            }
            let needed = options.filter.as_ref().is_none_or(|filter| {
                prune::may_hold(filter, &prune::Group { group, layout: &self.layout, leaves: &self.leaves, options })
            });
            if needed {
                self.groups.push(number);
                rows = rows.saturating_add(count);
                asked = asked.saturating_add(self.asked(group));
            }
        }
        if u32::try_from(rows).is_err() {
            let message = format!("{rows} rows; a table has at most 4,294,967,295");
            return Err(Failure::new(code::LIMIT_REACHED, message).file(&options.name));
        }
        self.rows = rows as usize;
        self.allowance.admit(asked, options)
    }

    /// Returns the memory that the selected columns of a row group claim in the footer, without texts.
    pub(super) fn asked(&self, group: &RowGroupMetaData) -> u64 {
        let rows = u64::try_from(group.num_rows()).unwrap_or(u64::MAX);
        let bytes = self.columns().map(|(source, leaves)| {
            let values = leaves.map(|leaf| u64::try_from(group.column(leaf).num_values()).unwrap_or(u64::MAX));
            rows.max(values.fold(0, u64::saturating_add)).saturating_mul(width(&source.stored))
        });
        bytes.fold(0, u64::saturating_add)
    }

    /// Returns the columns of the layout, each with its leaves.
    pub(super) fn columns(&self) -> impl Iterator<Item = (&Source, Range<usize>)> {
        self.layout.sources.iter().zip(self.leaves.iter().cloned())
    }
}

const MAGIC: &[u8; 4] = b"PAR1";
const MAGIC_ENCRYPTED: &[u8; 4] = b"PARE";

fn footer(input: &Input, options: &ReadOptions) -> Result<ParquetMetaData, Failure> {
    let bad = |message: &str| Failure::new(code::BAD_FILE, message).file(&options.name);
    let size = input.0.size();
    let Some(end) = size.checked_sub(8).filter(|end| *end >= 4) else {
        return Err(bad("the file is too short to be Parquet"));
    };
    let read = |start: u64, length: u64| input.bytes(start, length).map_err(|error| unreadable(&error, options));
    let tail = read(end, 8)?;
    if &tail[4..] == MAGIC_ENCRYPTED {
        return Err(encrypted(options));
    }
    if &tail[4..] != MAGIC {
        return Err(bad("the file does not end like a Parquet file: it was truncated, or is not Parquet"));
    }
    let length = u64::from(u32::from_le_bytes([tail[0], tail[1], tail[2], tail[3]]));
    if length + 4 > end {
        return Err(bad("the footer claims to be longer than the file"));
    }
    if length > options.limits.record_bytes as u64 {
        let message = format!("a footer of {length} bytes");
        return Err(Failure::new(code::LIMIT_REACHED, message)
            .file(&options.name)
            .help(format!("{} bytes are allowed; the limit `record_bytes` raises it", options.limits.record_bytes)));
    }
    let bytes = read(end - length, length)?;
    let seen = thrift::footer(&bytes).map_err(|fault| match fault {
        Fault::Deep => bad("the columns are nested too deeply"),
        Fault::Short | Fault::Malformed => bad("the footer is damaged"),
    })?;
    if seen.encrypted {
        return Err(encrypted(options));
    }
    if seen.elements > options.limits.columns.saturating_mul(4) {
        let message = format!("a schema of {} elements", seen.elements);
        return Err(Failure::new(code::LIMIT_REACHED, message)
            .file(&options.name)
            .help("the limit `columns` raises it"));
    }
    let metadata = decoded(&bytes).map_err(|error| failure(&error, options))?;
    Ok(mended(metadata, (end - length) as i64))
}

/// Decodes the footer. Early drafts of the format had other statistics in the place of sizes: these are dropped.
fn decoded(bytes: &[u8]) -> Result<ParquetMetaData, ParquetError> {
    ParquetMetaDataReader::decode_metadata(bytes).or_else(|error| {
        let mut plain = ParquetMetaDataOptions::new();
        plain.set_size_stats_policy(ParquetStatisticsPolicy::SkipAll);
        ParquetMetaDataReader::decode_metadata_with_options(bytes, Some(&plain)).map_err(|_| error)
    })
}

/// Corrects known errors of writers: the total number of rows, which some leave at zero; the sizes of columns with a
/// dictionary, from which some omit its header; and its position, which some give as zero where there is none.
fn mended(metadata: ParquetMetaData, footer_start: i64) -> ParquetMetaData {
    let file = metadata.file_metadata();
    let rows = metadata.row_groups().iter().fold(0, |rows, group| group.num_rows().saturating_add(rows));
    let headless = file.created_by().is_some_and(leaves_out_header);
    let nowhere = |column: &ColumnChunkMetaData| column.dictionary_page_offset() == Some(0);
    let misplaced = metadata.row_groups().iter().flat_map(RowGroupMetaData::columns).any(nowhere);
    if rows == file.num_rows() && !headless && !misplaced {
        return metadata;
    }
    let mended = FileMetaData::new(
        file.version(),
        rows,
        file.created_by().map(str::to_string),
        file.key_value_metadata().cloned(),
        file.schema_descr_ptr(),
        file.column_orders().cloned(),
    );
    let mut groups = metadata.row_groups().to_vec();
    for column in groups.iter_mut().flat_map(|group| group.columns_mut()).filter(|column| nowhere(column)) {
        if let Ok(placed) = column.clone().into_builder().set_dictionary_page_offset(None).build() {
            *column = placed;
        }
    }
    if headless {
        let start =
            |column: &ColumnChunkMetaData| column.dictionary_page_offset().unwrap_or_else(|| column.data_page_offset());
        let starts: BTreeSet<i64> = groups.iter().flat_map(RowGroupMetaData::columns).map(start).collect();
        for column in groups.iter_mut().flat_map(|group| group.columns_mut()) {
            // The header fills the gap before the next column.
            let end = start(column).saturating_add(column.compressed_size());
            let next = starts.range(end..).next().copied().unwrap_or(footer_start);
            let gap = next.saturating_sub(end);
            let length = column.compressed_size().saturating_add(gap);
            if let (1..=DICTIONARY_HEADER_MAX, Ok(longer)) =
                (gap, column.clone().into_builder().set_total_compressed_size(length).build())
            {
                *column = longer;
            }
        }
    }
    ParquetMetaData::new(mended, groups)
}

/// Maximum size of a dictionary header.
const DICTIONARY_HEADER_MAX: i64 = 100;

/// parquet-mr before 1.2.9 (PARQUET-816).
fn leaves_out_header(created_by: &str) -> bool {
    let Some(rest) = created_by.strip_prefix("parquet-mr") else { return false };
    let version = rest.strip_prefix(" version ").unwrap_or_default();
    let mut numbers = version.split(|other: char| !other.is_ascii_digit()).map(|number| number.parse().unwrap_or(0));
    let version: [u32; 3] = std::array::from_fn(|_| numbers.next().unwrap_or(0));
    version < [1, 2, 9]
}

fn encrypted(options: &ReadOptions) -> Failure {
    Failure::new(code::CANNOT_READ, "the file is encrypted, which is not supported")
        .file(&options.name)
        .help("write it again without encryption")
}

/// Creates the failure for an error of the decoder.
pub(super) fn failure(error: &ParquetError, options: &ReadOptions) -> Failure {
    let failure = match error {
        ParquetError::NYI(what) => {
            Failure::new(code::UNKNOWN_FORMAT, format!("the file uses an unsupported feature: {what}"))
        }
        other => Failure::new(code::BAD_FILE, format!("the file is damaged: {other}")),
    };
    failure.file(&options.name)
}

/// Determines the types of the columns. The Arrow schema in the metadata gives units and time zones; the original text
/// layout is ignored.
fn with_types(parsed: ParquetMetaData, options: &ReadOptions) -> Result<ArrowReaderMetadata, Failure> {
    let parsed = Arc::new(parsed);
    let load = |reading: ArrowReaderOptions| {
        guarded(options, || {
            ArrowReaderMetadata::try_new(parsed.clone(), reading).map_err(|error| failure(&error, options))
        })
    };
    let plain = load(ArrowReaderOptions::new().with_skip_arrow_metadata(true))?;
    // A damaged or mismatched Arrow schema is ignored: the Parquet types suffice.
    let hinted = load(ArrowReaderOptions::new()).unwrap_or_else(|_| plain.clone());
    let fields = merged_fields(plain.schema().fields(), hinted.schema().fields());
    let wanted = Arc::new(Schema::new(with_wide_moments(plain.parquet_schema().root_schema(), &fields)));
    Ok(load(ArrowReaderOptions::new().with_schema(wanted)).unwrap_or(plain))
}

fn merged_fields(plain: &Fields, hinted: &Fields) -> Fields {
    if plain.len() != hinted.len() {
        return plain.clone();
    }
    plain.iter().zip(hinted).map(|(plain, hinted)| merged(plain, hinted)).collect()
}

fn merged(plain: &Field, hinted: &Field) -> Field {
    let child = |plain: &Field, hinted: &Field| Arc::new(merged(plain, hinted));
    let merged = match (plain.data_type(), hinted.data_type()) {
        (DataType::Struct(plain), DataType::Struct(hinted)) => DataType::Struct(merged_fields(plain, hinted)),
        (DataType::List(plain), DataType::List(hinted)) => DataType::List(child(plain, hinted)),
        (
            DataType::Int64 | DataType::Int32 | DataType::Date32 | DataType::Timestamp(..) | DataType::Interval(_),
            hint,
        ) if hint.is_temporal() => hint.clone(),
        (plain, _) => plain.clone(),
    };
    hinted.clone().with_data_type(merged)
}

/// 96-bit timestamps are read as microseconds: 64 bits of nanoseconds only cover three centuries.
fn with_wide_moments(group: &Type, fields: &Fields) -> Fields {
    let children = children(group);
    if children.len() != fields.len() {
        return fields.clone();
    }
    let field = |((child, _), field): ((&Type, usize), &Arc<Field>)| match field.data_type() {
        DataType::Struct(inner) => {
            Arc::new(field.as_ref().clone().with_data_type(DataType::Struct(with_wide_moments(child, inner))))
        }
        DataType::Timestamp(..) if child.is_primitive() && child.get_physical_type() == Physical::INT96 => {
            Arc::new(field.as_ref().clone().with_data_type(DataType::Timestamp(TimeUnit::Microsecond, None)))
        }
        _ => field.clone(),
    };
    children.into_iter().zip(fields).map(field).collect()
}

/// Returns the leaves of each column of the layout.
fn leaves(
    metadata: &ArrowReaderMetadata,
    layout: &Layout,
    options: &ReadOptions,
) -> Result<Vec<Range<usize>>, Failure> {
    let mut found = BTreeMap::new();
    let root = metadata.parquet_schema().root_schema();
    let whole = walk(root, metadata.schema().fields(), &mut Vec::new(), &mut 0, &mut found);
    let known = |source: &Source| found.get(&source.path).cloned();
    let leaves: Option<Vec<_>> = layout.sources.iter().map(known).collect();
    whole.and(leaves).ok_or_else(|| Failure::new(code::BAD_FILE, "the schema is not supported").file(&options.name))
}

fn walk(
    group: &Type,
    fields: &Fields,
    path: &mut Vec<usize>,
    next: &mut usize,
    found: &mut BTreeMap<Vec<usize>, Range<usize>>,
) -> Option<()> {
    let children = children(group);
    if children.len() != fields.len() {
        return None;
    }
    for (position, ((child, leaves), field)) in children.into_iter().zip(fields).enumerate() {
        path.push(position);
        match field.data_type() {
            DataType::Struct(inner) => walk(child, inner, path, next, found)?,
            _ => {
                found.insert(path.clone(), *next..*next + leaves);
                *next += leaves;
            }
        }
        path.pop();
    }
    Some(())
}

/// Returns the children with fields, and their leaves; a child without leaves has no field.
fn children(group: &Type) -> Vec<(&Type, usize)> {
    group.get_fields().iter().map(|child| (&**child, count(child))).filter(|(_, leaves)| *leaves > 0).collect()
}

fn count(node: &Type) -> usize {
    if node.is_group() { node.get_fields().iter().map(|child| count(child)).sum() } else { 1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dictionary_at_the_start_of_the_file_is_none() {
        let numbers: arrow_array::ArrayRef = Arc::new(arrow_array::Int64Array::from(vec![1, 2]));
        let batch = arrow_array::RecordBatch::try_from_iter([("a", numbers)]).unwrap();
        let mut writer = parquet::arrow::ArrowWriter::try_new(Vec::new(), batch.schema(), None).unwrap();
        writer.write(&batch).unwrap();
        let written = writer.close().unwrap();
        let mut groups = written.row_groups().to_vec();
        for column in groups[0].columns_mut() {
            *column = column.clone().into_builder().set_dictionary_page_offset(Some(0)).build().unwrap();
        }
        let metadata = mended(ParquetMetaData::new(written.file_metadata().clone(), groups), 1000);
        assert_eq!(metadata.row_group(0).column(0).dictionary_page_offset(), None);
    }

    #[test]
    fn only_old_writers_leave_out_headers() {
        for old in ["parquet-mr", "parquet-mr version 1.2.8", "parquet-mr version 1.1.0-SNAPSHOT (build x)"] {
            assert!(leaves_out_header(old), "{old}");
        }
        for new in ["parquet-mr version 1.2.9", "parquet-mr version 1.12.3 (build 7)", "parquet-rs version 1.0.0", ""] {
            assert!(!leaves_out_header(new), "{new}");
        }
    }
}
