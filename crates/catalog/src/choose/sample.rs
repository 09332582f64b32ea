//! `sample`: keeps some rows, chosen at random.

use pipewright_diagnostic::{Failure, Watch};
use pipewright_frame::{Schema, Table};
use pipewright_operator::work::Rows;
use pipewright_operator::{
    Args, Bound, Domain, Effect, Example, Fault, Footprint, Group, Neighbours, Param, RowsKept, Sort, Spec,
    Surroundings, Verb,
};
use pipewright_world::random::Key;
use std::sync::Arc;

pub(crate) const VERB: Verb = Verb {
    spec: Spec {
        name: "sample",
        group: Group::Choose,
        summary: "Keeps a number of rows, or a share of them, chosen at random.",
        details: "Every row is as likely as any other, none is taken twice, and their order stays.",
        search: &["random", "subset", "subsample"],
        input: Sort::Table,
        output: Sort::Table,
        effect: Effect::RowsAll,
        positionals: &[Param::required(
            "size",
            Domain::OneOf(&[Domain::Share, Domain::Whole { min: 0 }]),
            "How many rows, or which share.",
        )],
        options: &[Param::optional("seed", Domain::Whole { min: 0 }, "A seed of its own.")],
        examples: &[
            Example {
                script: "load iris.csv | sample 3 | show",
                output: "\
sepal_length  sepal_width  petal_length  petal_width  species
           5          3.4           1.6          0.4  setosa
         5.6            3           4.5          1.5  versicolor
         5.5          2.6           4.4          1.2  versicolor
",
            },
            Example {
                script: "load titanic.csv | sample 50% seed=7 | assert rows == 655 | show 1",
                output: "\
pclass  survived  sex     age  sibsp  parch
1st     survived  female   53      2      0
… 654 more rows
",
            },
        ],
        ..Spec::BASE
    },
    bind,
    load: None,
};

fn bind(args: &Args, _: &Surroundings) -> Result<Bound, Fault> {
    Ok(Bound::Rows(Arc::new(Sample { count: args.whole("size"), share: args.share("size") })))
}

struct Sample {
    count: Option<usize>,
    share: Option<f64>,
}

impl Rows for Sample {
    fn footprint(&self, verb: Effect) -> Footprint {
        Footprint::of(verb).looking_at(Neighbours::ALL).keeping(RowsKept::Others)
    }

    fn schema(&self, input: &Schema) -> Result<Schema, Failure> {
        Ok(input.clone())
    }

    fn apply(&self, table: &Table, key: Key, _: &dyn Watch) -> Result<Table, Failure> {
        let share = self.share.map(|share| (share * table.rows() as f64).round() as usize);
        let count = self.count.or(share).unwrap_or(table.rows());
        Ok(table.sample(count.min(table.rows()), key))
    }
}
