//! `sample`: keeps a random sample of the rows.

use pipewright_diagnostic::{Failure, Progress};
use pipewright_frame::{Schema, Table};
use pipewright_operator::work::Rows;
use pipewright_operator::{
    Args, ArgumentError, Arguments, Bound, Effect, Environment, Example, Flow, Footprint, Fraction, Group, Int,
    Neighbours, RowsKept, Seed, Spec, Verb, arguments, either,
};
use pipewright_world::random::Key;
use std::sync::Arc;

either! {
    /// Sample size.
    enum Size { Share(Fraction), Count(Int<0>) }
}

arguments! {
    /// The arguments of `sample`.
    struct SampleArgs {
        /// Number of rows, or share of the rows.
        positional size: Size;
        /// Random seed of this stage, in place of the seed of the run.
        option seed: Option<Seed>;
    }
}

pub(crate) const VERB: Verb = Verb {
    spec: Spec {
        name: "sample",
        group: Group::Choose,
        summary: "Keeps a random sample of the rows.",
        details: "Samples without replacement; every row is equally likely. The rows keep their order.",
        search: &["random", "subset", "subsample"],
        input: Flow::Table,
        output: Flow::Table,
        effect: Effect::RowsAll,
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
        ..Spec::of::<SampleArgs>()
    },
    bind,
    states: &[],
};

fn bind(args: &Args, _: &Environment) -> Result<Bound, ArgumentError> {
    Ok(Bound::Rows(Arc::new(Sample(SampleArgs::read(args)?.size))))
}

struct Sample(Size);

impl Rows for Sample {
    fn footprint(&self, verb: Effect) -> Footprint {
        Footprint::of(verb).looking_at(Neighbours::ALL).keeping(RowsKept::Sampled)
    }

    fn schema(&self, input: &Schema) -> Result<Schema, Failure> {
        Ok(input.clone())
    }

    fn apply(&self, table: &Table, key: Key, _: &dyn Progress) -> Result<Table, Failure> {
        let count = match &self.0 {
            Size::Share(share) => (share.0 * table.rows() as f64).round() as usize,
            Size::Count(count) => count.get(),
        };
        Ok(table.sample(count.min(table.rows()), key))
    }
}
