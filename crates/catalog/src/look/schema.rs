//! `schema`: prints what is known of the columns.

use super::show::WIDTH;
use arrow_array::{Array, ArrayRef, Int64Array, StringArray};
use pipewright_diagnostic::Failure;
use pipewright_frame::{Column, Kind, Role, Table};
use pipewright_operator::work::{Look, Report};
use pipewright_operator::{Args, Bound, Effect, Example, Fault, Group, Spec, Surroundings, Verb};
use serde_json::json;
use std::sync::Arc;

pub(crate) const VERB: Verb = Verb {
    spec: Spec {
        name: "schema",
        group: Group::Look,
        summary: "Prints every column's name, kind, role, number of missing values and source, and passes its input on.",
        details: "Kinds: continuous, count, bool, category, ordered, date, text, id. A column that a stage made names \
                  the columns of the file that it was made from.",
        search: &["columns", "types", "dtypes", "info", "structure", "describe"],
        effect: Effect::Tee,
        examples: &[Example {
            script: "load titanic.csv | schema",
            output: "\
1309 rows
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
    fn look(&self, table: &Table, _: &Surroundings) -> Result<Report, Failure> {
        let columns = table.columns();
        let missing: Vec<i64> = table.arrays().iter().map(|array| array.null_count() as i64).collect();
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
            text(&role),
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
        let json = json!({"kind": "schema", "rows": table.rows(), "columns": objects});
        let text = format!("{} rows\n{}\n", table.rows(), listing.show(columns.len(), WIDTH).trim_end());
        Ok(Report { kind: "schema", text, json, facts: Vec::new() })
    }
}

fn role(column: &Column) -> String {
    match column.role {
        Role::Feature => "feature",
        Role::Target => "target",
        Role::Id => "id",
    }
    .to_owned()
}
