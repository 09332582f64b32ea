//! `target`: names the column to predict.

use arrow_array::{Array, BooleanArray};
use pipewright_diagnostic::{Failure, Progress};
use pipewright_frame::{Column, Entry, Role, Schema, Table};
use pipewright_operator::work::Rows;
use pipewright_operator::{
    Args, ArgumentError, Arguments, Bound, Declaration, Effect, Environment, Example, Flow, Footprint, Form, Group,
    Number, RowsKept, Spec, Transform, Verb, arguments, either, words,
};
use pipewright_world::random::Key;
use std::sync::Arc;

words! {
    /// Transform of a numeric target.
    struct TransformWord(Transform) {
        "log" => Transform::Log, "log1p" => Transform::Log1p, "sqrt" => Transform::Sqrt
    }
}

either! {
    /// A class of the target.
    enum Class { Text(String), Number(Number), Truth(bool) }
}

impl Class {
    fn name(&self) -> String {
        match self {
            Class::Text(text) => text.clone(),
            Class::Number(Number::Whole(whole)) => whole.to_string(),
            Class::Number(Number::Real(number)) => number.to_string(),
            Class::Truth(truth) => truth.to_string(),
        }
    }
}

arguments! {
    /// The arguments of `target`.
    struct TargetArgs {
        /// The column to predict.
        positional column: Arc<str>;
        /// Transform of the target that models are trained on.
        positional transform: Option<TransformWord>;
        /// The positive class of two: that of `auc`, `f1`, `precision` and `recall`. Without it, the second in sorted
        /// order.
        option positive: Option<Class>;
    }
}

pub(crate) const VERB: Verb = Verb {
    spec: Spec {
        name: "target",
        group: Group::Roles,
        summary: "Names the target: the column to predict.",
        details: "Rows with a missing target are dropped, with a note that counts them. Without this stage the \
                  target is `--target`; else the one column whose name is target, label, class, y, outcome, \
                  response, survived, churn, default or diagnosis in any case; else the last column. Of two classes the \
                  second in sorted order is positive; `positive=\"died\"` makes it another. With `target \
                  log1p(price)` (or `log`, `sqrt`) models are trained on the transformed target; predictions and \
                  metrics are on the original scale.",
        search: &["label", "predict", "outcome", "y", "dependent"],
        form: Form::Target,
        input: Flow::Table,
        output: Flow::Table,
        effect: Effect::Meta,
        examples: &[Example {
            script: "load penguins.csv | target Species | train dummy | eval kfold 5 metric=accuracy",
            output: "\
dummy predicts Species (3 classes)
stratified, 5 folds, 344 rows, seed 0

                        mean          95% interval    lowest   highest    baseline
accuracy              0.4419      0.4283 to 0.4554    0.4348    0.4493      0.4419

confusion (rows true, columns predicted)
                       Adelie  Chinstrap     Gentoo
Adelie                    152          0          0
Chinstrap                  68          0          0
Gentoo                    124          0          0
",
        }],
        ..Spec::of::<TargetArgs>()
    },
    bind,
    states: &[],
};

fn bind(args: &Args, _: &Environment) -> Result<Bound, ArgumentError> {
    let TargetArgs { column, transform, positive } = TargetArgs::read(args)?;
    let positive = positive.map(|class| class.name().into());
    Ok(Bound::Rows(Arc::new(Target { column, transform: transform.map(|word| word.0), positive })))
}

struct Target {
    column: Arc<str>,
    transform: Option<Transform>,
    positive: Option<Arc<str>>,
}

impl Rows for Target {
    fn footprint(&self, verb: Effect) -> Footprint {
        let declares =
            Declaration { target: self.column.clone(), transform: self.transform, positive: self.positive.clone() };
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

    fn apply(&self, table: &Table, _: Key, _: &dyn Progress) -> Result<Table, Failure> {
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
