//! `schema`: prints what is known of the columns.

use super::lines::{Cell, Lines};
use super::show::WIDTH;
use arrow_array::Array;
use pipewright_diagnostic::Failure;
use pipewright_frame::{Column, in_waves, shortened, width_of};
use pipewright_operator::work::{Look, Report};
use pipewright_operator::{Args, Bound, Data, Effect, Example, Fault, Group, Spec, Surroundings, Verb};
use serde_json::json;
use std::sync::Arc;

pub(crate) const VERB: Verb = Verb {
    spec: Spec {
        name: "schema",
        group: Group::Look,
        summary: "Prints every column's name, kind, role, number of missing values and source, and passes its input on.",
        details: "Kinds: continuous, count, bool, category, ordered, date, time, text, id. Roles: feature, target, id. A \
                  column that a stage made says from which columns of the file it was made.",
        search: &["columns", "types", "dtypes", "info", "structure", "lineage"],
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
        let mut lines = Lines::default();
        let left = |text: &str| Cell::Left(text.to_owned());
        lines.push([
            left("column"),
            left("kind"),
            left("role"),
            Cell::Right("missing".into()),
            Cell::Free("made from".into()),
        ]);
        for (column, missing) in columns.iter().zip(&missing) {
            lines.push([
                Cell::Left(shortened(&column.name, NAME_WIDTH)),
                Cell::Left(column.kind.to_string()),
                Cell::Left(column.role.to_string()),
                Cell::Right(missing.to_string()),
                Cell::Free(made_from(column)),
            ]);
        }
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
        let text = format!("{count} rows{facts}\n{}", lines.print(0, WIDTH));
        Ok(Report { kind: "schema", text, json, facts: Vec::new() })
    }
}

/// The widest name that is printed in full.
const NAME_WIDTH: usize = 32;

/// The columns of the file that a column was made from, unless it is one of them.
fn made_from(column: &Column) -> String {
    let sources = match column.sources.as_slice() {
        [source] if *source == column.name => return String::new(),
        sources => sources,
    };
    // As many as fit beside the longest name; the others are counted.
    let mut text = String::new();
    for (place, source) in sources.iter().enumerate() {
        let rest = sources.len() - place;
        if place > 0 && width_of(&text) + width_of(source) > SOURCES_WIDTH {
            return format!("{text} and {rest} more");
        }
        text = if place == 0 { source.to_string() } else { format!("{text}, {source}") };
    }
    text
}

/// So wide may the list of sources be.
const SOURCES_WIDTH: usize = 36;

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
