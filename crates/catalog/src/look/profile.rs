//! `profile`: prints a data profile.

use pipewright_diagnostic::Failure;
use pipewright_frame::profile::{Depth, Options, Profile};
use pipewright_frame::{Class, Selection};
use pipewright_operator::result::{Output, ProfileReport};
use pipewright_operator::work::Inspect;
use pipewright_operator::{
    Args, ArgumentError, Arguments, Bound, Count, Data, Effect, Environment, Example, Group, Spec, Verb, arguments,
};
use std::sync::Arc;

arguments! {
    /// The arguments of `profile`.
    struct ProfileArgs {
        /// Number of columns to print in detail.
        option limit: Count = 20;
        /// Columns to profile.
        on columns: Selection = [Class::All];
    }
}

pub(crate) const VERB: Verb = Verb {
    spec: Spec {
        name: "profile",
        group: Group::Look,
        summary: "Prints a data profile (warnings, distributions, associations), and passes its input on.",
        details: "Warns of columns that are empty, constant, nearly constant, duplicates of others, mostly missing, \
                  row numbers or ids, that alone predict the target (AUC, R² or Cramér's V above 0.99), of text that \
                  holds numbers or more than 50 levels, of infinite numbers, zeros far below all other values, and \
                  skewness beyond 2. Associations above 0.5 are listed: Pearson's |r| (two numbers), the correlation \
                  ratio η (a number and a category) or Cramér's V (two categories), for up to 40 numeric columns and \
                  40 categories of at most 20 levels. The target is that of a `target` stage above. Reads the rows \
                  twice.",
        search: &["report", "eda", "explore", "overview", "histogram", "correlation", "duplicates", "quality", "leak"],
        effect: Effect::Tee,
        examples: &[Example {
            script: "load iris.csv | profile on petal_width",
            output: "\
150 rows, 1 column (1 continuous)
no values are missing

petal_width · continuous · 22 distinct, none missing
  mean 1.199, std 0.7622, skewness -0.1
  min 0.1, 5% 0.2, 25% 0.3, median 1.3, 75% 1.8, 95% 2.3, max 2.5
  0 ▂█▃▂▁▃▅▅▃▄▄▃▃ 2.6   bin width 0.2
",
        }],
        ..Spec::of::<ProfileArgs>()
    },
    bind,
    states: &[],
};

fn bind(args: &Args, _: &Environment) -> Result<Bound, ArgumentError> {
    let ProfileArgs { limit, columns } = ProfileArgs::read(args)?;
    Ok(Bound::Inspect(Arc::new(ProfileLook { on: Some(columns), limit: limit.get() })))
}

struct ProfileLook {
    on: Option<Selection>,
    limit: usize,
}

impl Inspect for ProfileLook {
    fn inspect(&self, rows: &Data, _: &Environment) -> Result<Output, Failure> {
        let options = Options { on: self.on.clone(), depth: Depth::Whole };
        Ok(Output::Profile(ProfileReport::new(Profile::of(rows.chunks(), &options)?, self.limit)))
    }
}
