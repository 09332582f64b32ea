//! `schema`: prints the schema of the table.

use arrow_array::Array;
use pipewright_diagnostic::Failure;
use pipewright_frame::for_each_chunk;
use pipewright_operator::result::{Output, SchemaColumn, SchemaReport};
use pipewright_operator::work::Inspect;
use pipewright_operator::{Args, ArgumentError, Bound, Data, Effect, Environment, Example, Group, Spec, Verb};
use std::sync::Arc;

pub(crate) const VERB: Verb = Verb {
    spec: Spec {
        name: "schema",
        group: Group::Look,
        summary: "Prints each column's name, kind, role, number of missing values and source, and passes its input \
                  on.",
        details: "Kinds: continuous, count, bool, category, ordered, date, time, text, id. Roles: feature, target, \
                  id, group, time, weight, fold. For a column made by a stage, it lists the columns of the file that \
                  it was made from.",
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
    states: &[],
};

fn bind(_: &Args, _: &Environment) -> Result<Bound, ArgumentError> {
    Ok(Bound::Inspect(Arc::new(ShowSchema)))
}

struct ShowSchema;

impl Inspect for ShowSchema {
    fn inspect(&self, rows: &Data, _: &Environment) -> Result<Output, Failure> {
        let (count, missing) = counted(rows)?;
        let columns = rows.columns().into_iter().zip(missing);
        let columns = columns.map(|(column, missing)| SchemaColumn { column, missing }).collect();
        Ok(Output::Schema(SchemaReport::new(count, columns, rows.origin().cloned())))
    }
}

/// The number of rows, and of missing values per column.
fn counted(rows: &Data) -> Result<(usize, Vec<u64>), Failure> {
    let (mut count, mut missing) = (0, vec![0; rows.columns().len()]);
    let chunks = rows.chunks();
    let look = |index: usize| {
        let chunk = chunks.chunk(index)?;
        let nulls: Vec<usize> = chunk.arrays().iter().map(|array| array.null_count()).collect();
        Ok((chunk.rows(), nulls))
    };
    for_each_chunk(chunks, look, |(rows, nulls)| {
        count += rows;
        missing.iter_mut().zip(nulls).for_each(|(sum, nulls)| *sum += nulls as u64);
        Ok(())
    })?;
    Ok((count, missing))
}
