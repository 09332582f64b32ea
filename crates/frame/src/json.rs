//! Tables to JSON lines: one object a row.

use crate::csv::date_text;
use crate::{Kind, Table};
use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type, TimestampMicrosecondType};
use arrow_array::{Array, ArrayRef};
use std::io;

/// Writes one JSON object a line, its members in the order of the columns. Null and numbers that JSON cannot hold
/// (infinite ones) are `null`; dates are ISO texts.
///
/// ```
/// use pipewright_frame::{csv, json};
/// let (table, _) = csv::read(b"a,b\n1,x\n,\n", &csv::CsvOptions::new("t.csv")).unwrap();
/// let mut out = Vec::new();
/// json::write(&table, &mut out).unwrap();
/// assert_eq!(out, b"{\"a\":1,\"b\":\"x\"}\n{\"a\":null,\"b\":null}\n");
/// ```
///
/// # Errors
/// Those of `out`.
pub fn write(table: &Table, out: &mut dyn io::Write) -> io::Result<()> {
    let keys = table.columns().iter().map(|column| serde_json::to_string(&*column.name));
    let keys = keys.collect::<Result<Vec<String>, _>>()?;
    let mut line = Vec::new();
    for row in 0..table.rows() {
        line.push(b'{');
        for ((key, column), array) in keys.iter().zip(table.columns()).zip(table.arrays()) {
            if line.last() != Some(&b'{') {
                line.push(b',');
            }
            line.extend_from_slice(key.as_bytes());
            line.push(b':');
            value(&mut line, column.kind, array, row)?;
        }
        line.extend_from_slice(b"}\n");
        out.write_all(&line)?;
        line.clear();
    }
    Ok(())
}

fn value(line: &mut Vec<u8>, kind: Kind, array: &ArrayRef, row: usize) -> io::Result<()> {
    if array.is_null(row) {
        line.extend_from_slice(b"null");
        return Ok(());
    }
    let written = match kind {
        // serde_json writes numbers that are not finite as null.
        Kind::Continuous => serde_json::to_writer(line, &array.as_primitive::<Float64Type>().value(row)),
        Kind::Count => serde_json::to_writer(line, &array.as_primitive::<Int64Type>().value(row)),
        Kind::Bool => serde_json::to_writer(line, &array.as_boolean().value(row)),
        Kind::Date => {
            serde_json::to_writer(line, &date_text(array.as_primitive::<TimestampMicrosecondType>().value(row)))
        }
        Kind::Category | Kind::Ordered | Kind::Text | Kind::Id => {
            serde_json::to_writer(line, array.as_string::<i32>().value(row))
        }
    };
    Ok(written?)
}
