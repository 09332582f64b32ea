//! `target`: says which column is to be predicted.

use arrow_array::{Array, BooleanArray};
use pipewright_diagnostic::{Failure, Watch, code};
use pipewright_frame::{Column, Entry, Role, Schema, Table};
use pipewright_operator::work::Rows;
use pipewright_operator::{
    Args, Bound, Declaration, Domain, Effect, Example, Fault, Footprint, Form, Group, Param, RowsKept, Sort, Spec,
    Surroundings, Transform, Verb,
};
use pipewright_world::random::Key;
use std::sync::Arc;

pub(crate) const VERB: Verb = Verb {
    spec: Spec {
        name: "target",
        group: Group::Roles,
        summary: "Says which column is to be predicted.",
        details: "Rows whose target is missing are left out, with a note that counts them. Without this stage the \
                  target is `--target`; else the one column whose name is target, label, class, y, outcome, response, \
                  survived, churn, default or diagnosis in any case; else the last column. `target log1p(price)` (or \
                  `log`, `sqrt`) has models learn that of the numbers; predictions and metrics are of the numbers \
                  themselves.",
        search: &["label", "predict", "outcome", "y", "dependent"],
        form: Form::Target,
        input: Sort::Table,
        output: Sort::Table,
        effect: Effect::Meta,
        positionals: &[
            Param::required("column", Domain::Column, "The column."),
            Param::optional("transform", Domain::Word(&["log", "log1p", "sqrt"]), "What models learn of a number."),
        ],
        examples: &[Example {
            script: "load penguins.csv | target Species | train dummy | eval kfold 5 metric=accuracy",
            output: "\
dummy predicts Species (3 classes)
stratified, 5 folds, 344 rows, seed 0

                        mean    lowest   highest    baseline
accuracy              0.4419    0.4348    0.4493      0.4419

confusion (rows true, columns predicted)
                       Adelie  Chinstrap     Gentoo
Adelie                    152          0          0
Chinstrap                  68          0          0
Gentoo                    124          0          0
",
        }],
        ..Spec::BASE
    },
    bind,
    load: None,
};

fn bind(args: &Args, _: &Surroundings) -> Result<Bound, Fault> {
    let column =
        args.text("column").ok_or_else(|| Fault::of("column", code::MISSING_ARGUMENT, "a column is missing"))?;
    let named = |name: &str| Transform::NAMES.iter().find(|(known, _)| *known == name).map(|(_, transform)| *transform);
    let transform = args.text("transform").and_then(named);
    Ok(Bound::Rows(Arc::new(Target { column: column.into(), transform })))
}

struct Target {
    column: Arc<str>,
    transform: Option<Transform>,
}

impl Rows for Target {
    fn footprint(&self, verb: Effect) -> Footprint {
        let declares = Declaration { target: self.column.clone(), transform: self.transform };
        let footprint = Footprint::of(verb).keeping(RowsKept::Known(self.column.clone()));
        Footprint { declares: Some(declares), ..footprint }
    }

    fn schema(&self, input: &Schema) -> Result<Schema, Failure> {
        let role = |column: &Column| match (column.name == self.column, column.role) {
            (true, _) => Role::Target,
            (false, Role::Target) => Role::Feature,
            (false, other) => other,
        };
        let entries = input.entries().iter().map(|entry| match entry {
            Entry::Column(column) => Entry::Column(Column { role: role(column), ..column.clone() }),
            open => open.clone(),
        });
        Ok(Schema::with_entries(entries.collect()))
    }

    fn apply(&self, table: &Table, _: Key, _: &dyn Watch) -> Result<Table, Failure> {
        let mut table = table.clone();
        if let Some(old) = table.target().map(|column| column.name.clone()) {
            table = table.with_role(&old, Role::Feature)?;
        }
        let table = table.with_role(&self.column, Role::Target)?;
        let values = table.array(&self.column)?;
        if values.null_count() == 0 {
            return Ok(table);
        }
        let known: BooleanArray = (0..values.len()).map(|row| Some(values.is_valid(row))).collect();
        Ok(table.filter(&known))
    }
}
