//! `schema`: prints what is known of the columns.

use super::show::WIDTH;
use arrow_array::{Array, ArrayRef, Int64Array, StringArray};
use pipewright_diagnostic::Failure;
use pipewright_frame::{Column, Kind, Table, in_waves};
use pipewright_operator::work::{Look, Report};
use pipewright_operator::{Args, Bound, Data, Effect, Example, Fault, Group, Spec, Surroundings, Verb};
use serde_json::json;
use std::sync::Arc;

pub(crate) const VERB: Verb = Verb {
    spec: Spec {
        name: "schema",
        group: Group::Look,
        summary: "Prints every column's name, kind, role, number of missing values and source, and passes its input on.",
        details: "Kinds: continuous, count, bool, category, ordered, date, time, text, id. A column that a stage made names \
                  the columns of the file that it was made from.",
        search: &["columns", "types", "dtypes", "info", "structure", "describe"],
        effect: Effect::Tee,
        examples: &[Example {
            script: "load titanic.csv | schema",
            output: "\
1309 rows of titanic.csv (format CSV, encoding UTF-8, delimiter `,`, header yes)
column    kind        role     missing  made from
pclass    text        feature        0
survived  text        feature        0
sex       text        feature        0
age       continuous  feature      263
sibsp     count       feature        0
parch     count       feature        0
",
        }],
        ..Spec::BASE
    },
    bind,
    load: None,
};

fn bind(_: &Args, _: &Surroundings) -> Result<Bound, Fault> {
    Ok(Bound::Look(Arc::new(Describe)))
}

struct Describe;

impl Look for Describe {
    fn look(&self, rows: &Data, _: &Surroundings) -> Result<Report, Failure> {
        let columns = rows.columns();
        let (count, missing) = counted(rows)?;
        let text = |of: &dyn Fn(&Column) -> String| -> ArrayRef {
            Arc::new(StringArray::from_iter_values(columns.iter().map(of)))
        };
        let made_from = |column: &Column| match column.sources.as_slice() {
            [source] if *source == column.name => String::new(),
            sources => sources.join(", "),
        };
        let arrays: Vec<ArrayRef> = vec![
            text(&|column| column.name.to_string()),
            text(&|column| column.kind.to_string()),
            text(&|column| column.role.to_string()),
            Arc::new(Int64Array::from(missing.clone())),
            text(&made_from),
        ];
        let names = ["column", "kind", "role", "missing", "made from"];
        let kinds = [Kind::Text, Kind::Text, Kind::Text, Kind::Count, Kind::Text];
        let heads = names.iter().zip(kinds).map(|(name, kind)| Column::new(*name, kind)).collect();
        let listing = Table::with_rows(heads, arrays, columns.len())?;
        let objects: Vec<serde_json::Value> = columns
            .iter()
            .zip(&missing)
            .map(|(column, missing)| {
                let sources: Vec<&str> = column.sources.iter().map(|source| &**source).collect();
                json!({"name": &*column.name, "kind": column.kind, "role": column.role, "missing": missing, "sources": sources})
            })
            .collect();
        let json = json!({"kind": "schema", "rows": count, "columns": objects, "source": source(rows)});
        let facts = decided(rows);
        let text = format!("{count} rows{facts}\n{}\n", listing.show(columns.len(), WIDTH).trim_end());
        Ok(Report { kind: "schema", text, json, facts: Vec::new() })
    }
}

/// The number of rows, and the missing values of each column.
fn counted(rows: &Data) -> Result<(usize, Vec<i64>), Failure> {
    let (mut count, mut missing) = (0, vec![0; rows.columns().len()]);
    let chunks = rows.chunks();
    let look = |index: usize| {
        let chunk = chunks.chunk(index)?;
        let nulls: Vec<usize> = chunk.arrays().iter().map(|array| array.null_count()).collect();
        Ok((chunk.rows(), nulls))
    };
    in_waves(chunks.count(), look, |(rows, nulls)| {
        count += rows;
        missing.iter_mut().zip(nulls).for_each(|(sum, nulls)| *sum += nulls as i64);
        Ok(())
    })?;
    Ok((count, missing))
}

/// What the reader of the file decided, in words.
fn decided(rows: &Data) -> String {
    let Some(origin) = rows.origin() else { return String::new() };
    // A single sign is easily overlooked.
    let quoted = |how: &str| {
        if how.chars().count() == 1 && !how.chars().all(char::is_alphanumeric) {
            format!("`{how}`")
        } else {
            how.to_owned()
        }
    };
    let facts: Vec<String> = origin.facts.iter().map(|(what, how)| format!("{what} {}", quoted(how))).collect();
    format!(" of {} ({})", origin.file, facts.join(", "))
}

fn source(rows: &Data) -> serde_json::Value {
    let Some(origin) = rows.origin() else { return serde_json::Value::Null };
    let facts = origin.facts.iter().map(|(what, how)| ((*what).to_owned(), json!(how)));
    json!({"file": origin.file, "decided": facts.collect::<serde_json::Map<_, _>>()})
}
