//! `join`: puts the columns of another table beside those of rows with equal keys.

use super::other::OtherRows;
use pipewright_diagnostic::{Failure, code};
use pipewright_frame::{Join, JoinKind, Schema, Selection, Table};
use pipewright_operator::work::{Combine, Rows};
use pipewright_operator::{
    Args, Bound, Columns, Domain, Effect, Example, Fault, Footprint, Group, Param, RowsKept, Sort, Spec, Surroundings,
    Value, Verb,
};
use std::sync::Arc;

pub(crate) const VERB: Verb = Verb {
    spec: Spec {
        name: "join",
        group: Group::Tables,
        summary: "Puts the columns of another table beside those of rows with equal keys.",
        details: "`inner` keeps the rows that match, `left` every row, `full` those of the other table too; `semi` and \
                  `anti` keep the rows that have a match, or have none, and add nothing; `asof` takes, for every row, \
                  the latest row of the other table by the column `time`, among those with equal keys if there are \
                  some. A missing key matches nothing. The rows keep their order; a column that both tables have gets \
                  ` (right)` added. The other table is a `let`, or comes with the program.",
        search: &["merge", "lookup", "vlookup", "asof", "combine"],
        input: Sort::Table,
        output: Sort::Table,
        effect: Effect::RowsAll,
        positionals: &[Param::required("table", Domain::Table, "The other table.")],
        options: &[
            Param::with_default(
                "how",
                Domain::Word(&["inner", "left", "full", "semi", "anti", "asof"]),
                "inner",
                "Which rows.",
            ),
            Param::optional(
                "right",
                Domain::List(&Domain::Column),
                "The names of the keys in the other table, where they differ, in the order of `on`.",
            ),
            Param::optional("time", Domain::Column, "For `asof`: the column of times in both tables."),
            Param::optional(
                "tolerance",
                Domain::OneOf(&[Domain::Duration, Domain::Positive]),
                "For `asof`: how far back the other row may be.",
            ),
        ],
        columns: Columns::Default(""),
        examples: &[Example {
            script: "let homes = load penguins.csv | select Species, Island | dedup on Species\nload penguins.csv | \
                     select Species, Sex | head 2 | join homes on Species | show",
            output: "\
Species  Sex     Island
Adelie   MALE    Torgersen
Adelie   FEMALE  Torgersen
",
        }],
        ..Spec::BASE
    },
    bind,
    load: None,
};

fn bind(args: &Args, _: &Surroundings) -> Result<Bound, Fault> {
    let how = args.text("how").unwrap_or("inner");
    for option in ["time", "tolerance"] {
        if args.is_given(option) && how != "asof" {
            let message = format!("`{option}` belongs to `how=asof`, and this is `how={how}`");
            return Err(Fault::of(option, code::MISPLACED_OPTION, message));
        }
    }
    let on = args.columns("columns").cloned();
    let how = match (how, args.text("time")) {
        ("asof", Some(time)) => {
            let tolerance = match args.get("tolerance") {
                // Dates and times are counted in microseconds.
                Some(Value::Duration(seconds, _)) => Some(seconds * 1e6),
                other => other.and_then(Value::number),
            };
            JoinKind::AsOf { times: (time.into(), time.into()), tolerance }
        }
        ("asof", None) => {
            let fault = Fault::of("how", code::MISSING_ARGUMENT, "`how=asof` needs the column of times");
            return Err(fault.help("name it: time=day"));
        }
        ("left", _) => JoinKind::Left,
        ("full", _) => JoinKind::Full,
        ("semi", _) => JoinKind::Semi,
        ("anti", _) => JoinKind::Anti,
        _ => JoinKind::Inner,
    };
    if on.is_none() && !matches!(how, JoinKind::AsOf { .. }) {
        let fault = Fault { param: None, ..Fault::of("table", code::MISSING_ARGUMENT, "`join` needs its keys") };
        return Err(fault.help("name the columns that are equal in both tables: on id"));
    }
    let name = |value: &Value| if let Value::Column(name) = value { Some(name.as_str().into()) } else { None };
    let right = args.list("right").map(|names| names.iter().filter_map(|value| name(&value.node)).collect());
    Ok(Bound::Combine(Arc::new(Joining { how, on, right })))
}

struct Joining {
    how: JoinKind,
    on: Option<Selection>,
    /// The names of the keys in the other table, where they differ.
    right: Option<Vec<Arc<str>>>,
}

impl Joining {
    fn join(&self, own: &Schema) -> Result<Join, Failure> {
        let left = self.on.as_ref().map_or(Ok(Vec::new()), |on| on.resolve(own))?;
        let right = self.right.clone().unwrap_or_else(|| left.clone());
        if left.len() != right.len() {
            let message = format!("{} keys here, and {} in the other table", left.len(), right.len());
            return Err(Failure::new(code::BAD_VALUE, message));
        }
        Ok(Join { how: self.how.clone(), on: left.into_iter().zip(right).collect() })
    }
}

impl Combine for Joining {
    fn footprint(&self, verb: Effect) -> Footprint {
        Footprint::of(verb).reading_features().making_values().keeping(RowsKept::Others)
    }

    fn schema(&self, own: &Schema, other: &Schema) -> Result<Schema, Failure> {
        self.join(own)?.schema(own, other)
    }

    fn with(&self, other: Table) -> Result<Arc<dyn Rows>, Failure> {
        let joining = Joining { how: self.how.clone(), on: self.on.clone(), right: self.right.clone() };
        // What is done to a row of this table depends on no other one of it, unless rows of the other table are left.
        let by_row = self.how != JoinKind::Full;
        Ok(Arc::new(OtherRows {
            combine: joining,
            other,
            by_row,
            apply: |joining, own, other| joining.join(&own.schema())?.apply(own, other),
        }))
    }
}
