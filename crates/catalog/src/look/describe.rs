//! `describe`: prints one line of summary statistics per column.

use pipewright_diagnostic::Failure;
use pipewright_frame::profile::{Depth, Options, Profile};
use pipewright_frame::{Class, Selection};
use pipewright_operator::result::{Description, Output};
use pipewright_operator::work::Inspect;
use pipewright_operator::{
    Args, ArgumentError, Arguments, Bound, Count, Data, Effect, Environment, Example, Group, Spec, Verb, arguments,
};
use std::sync::Arc;

arguments! {
    /// The arguments of `describe`.
    struct DescribeArgs {
        /// Number of columns to print.
        option limit: Count = 50;
        /// Columns to describe.
        on columns: Selection = [Class::All];
    }
}

pub(crate) const VERB: Verb = Verb {
    spec: Spec {
        name: "describe",
        group: Group::Look,
        summary: "Prints one line per column (missing, distinct, mean, spread, quantiles, levels), and passes its \
                  input on.",
        details: "For numbers it shows the mean, standard deviation (divided by n - 1) and quantiles, for text and \
                  booleans the most frequent levels, for dates the range. `~` marks approximate values, used if \
                  there is too much to count. With `--json` all columns are included, in full precision.",
        search: &["summary", "summarise", "statistics", "mean", "std", "quantiles"],
        effect: Effect::Tee,
        examples: &[Example {
            script: "load penguins.csv | select Species, Sex, \"Body*\" | describe",
            output: "\
344 rows, 3 columns

column         kind   missing  distinct  mean  std   min   25%   50%   75%   max
Species        text         0         3  Adelie 44.2%, Gentoo 36%, Chinstrap 19.8%
Sex            text      3.2%         2  MALE 50.5%, FEMALE 49.5%
Body Mass (g)  count     0.6%        94  4202  802  2700  3550  4050  4750  6300
",
        }],
        ..Spec::of::<DescribeArgs>()
    },
    bind,
    states: &[],
};

fn bind(args: &Args, _: &Environment) -> Result<Bound, ArgumentError> {
    let DescribeArgs { limit, columns } = DescribeArgs::read(args)?;
    Ok(Bound::Inspect(Arc::new(Describe { on: Some(columns), limit: limit.get() })))
}

struct Describe {
    on: Option<Selection>,
    limit: usize,
}

impl Inspect for Describe {
    fn inspect(&self, rows: &Data, _: &Environment) -> Result<Output, Failure> {
        let options = Options { on: self.on.clone(), depth: Depth::Columns };
        Ok(Output::Description(Description::new(Profile::of(rows.chunks(), &options)?, self.limit)))
    }
}
