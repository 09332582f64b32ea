//! `sort`: sorts the rows.

use pipewright_diagnostic::{Failure, Progress};
use pipewright_frame::{Direction, Schema, Selection, Table};
use pipewright_operator::work::Rows;
use pipewright_operator::{
    Args, ArgumentError, Arguments, Bound, Effect, Environment, Example, Flow, Footprint, Form, Group, Neighbours,
    RowsKept, Spec, Verb, arguments,
};
use pipewright_world::random::Key;
use std::sync::Arc;

arguments! {
    /// The arguments of `sort`.
    struct SortArgs {
        /// Sorts in descending order.
        option descending: bool = false;
        /// The columns to sort by, the most important one first.
        on columns: Selection;
    }
}

pub(crate) const VERB: Verb = Verb {
    spec: Spec {
        name: "sort",
        group: Group::Choose,
        summary: "Sorts the rows by the selected columns.",
        details: "Numbers, dates and times sort by size, false before true, texts by character. Missing values come \
                  last in either direction. The sort is stable, so that of two sorts the second one takes \
                  precedence: `sort fare descending=true | sort pclass`.",
        search: &["order", "arrange", "rank", "ascending"],
        form: Form::Selector,
        input: Flow::Table,
        output: Flow::Table,
        effect: Effect::RowsAll,
        examples: &[
            Example {
                script: "load titanic.csv | sort pclass, age | select pclass, age, sex | show 3",
                output: "\
pclass     age  sex
1st     0.9167  male
1st          2  female
1st          4  male
… 1306 more rows
",
            },
            Example {
                script: "load penguins.csv | sort `Body Mass (g)` descending=true | select Species, \"Body*\" | show 2",
                output: "\
Species  Body Mass (g)
Gentoo            6300
Gentoo            6050
… 342 more rows
",
            },
        ],
        ..Spec::of::<SortArgs>()
    },
    bind,
    states: &[],
};

fn bind(args: &Args, _: &Environment) -> Result<Bound, ArgumentError> {
    let SortArgs { descending, columns: by } = SortArgs::read(args)?;
    let direction = if descending { Direction::Descending } else { Direction::Ascending };
    Ok(Bound::Rows(Arc::new(Sorted { by, direction })))
}

struct Sorted {
    by: Selection,
    direction: Direction,
}

impl Rows for Sorted {
    fn footprint(&self, verb: Effect) -> Footprint {
        Footprint::of(verb).looking_at(Neighbours::ALL).reading_features().keeping(RowsKept::Sorted(self.by.clone()))
    }

    fn schema(&self, input: &Schema) -> Result<Schema, Failure> {
        self.by.resolve(input)?;
        Ok(input.clone())
    }

    fn apply(&self, table: &Table, _: Key, _: &dyn Progress) -> Result<Table, Failure> {
        let by = self.by.resolve(&table.schema())?.into_iter().map(|name| (name, self.direction));
        table.sort(&by.collect::<Vec<_>>())
    }
}
