//! `profile`: prints the long report on a table.

use pipewright_diagnostic::Failure;
use pipewright_frame::Selection;
use pipewright_frame::profile::{Depth, Options, Profile};
use pipewright_operator::result::{Output, ProfileReport};
use pipewright_operator::work::Look;
use pipewright_operator::{
    Args, Bound, Columns, Data, Domain, Effect, Example, Fault, Group, Param, Spec, Surroundings, Verb,
};
use std::sync::Arc;

pub(crate) const VERB: Verb = Verb {
    spec: Spec {
        name: "profile",
        group: Group::Look,
        summary: "Prints a report on the table (what is worth a look, each column's shape, what goes together), and passes \
                  its input on.",
        details: "Worth a look: columns that are empty, constant, nearly constant, equal to another one, mostly missing, \
                  that number or name the rows, that alone tell the target (AUC, R² or Cramér's V above 0.99), texts that \
                  are numbers or have more than 50 levels, infinite numbers, \
                  zeros far below all others, and skewness beyond 2. Together go columns \
                  with Pearson's |r| (two numbers), the correlation ratio η (a number and a category) or Cramér's V (two \
                  categories) above 0.5; they are computed for 40 columns of numbers and 40 categories of at most 20 \
                  levels. Which column is the target, a `target` stage above says. Rows are read twice.",
        search: &["report", "eda", "explore", "overview", "histogram", "correlation", "duplicates", "quality", "leak"],
        effect: Effect::Tee,
        options: &[Param::with_default("limit", Domain::Whole { min: 1 }, "20", "How many columns get a block.")],
        columns: Columns::Default("@all"),
        examples: &[Example {
            script: "load iris.csv | profile on petal_width",
            output: "\
150 rows, 1 column (1 continuous)
no value is missing

petal_width · continuous · 22 different, none missing
  mean 1.199, std 0.7622, skewness -0.1
  min 0.1, 5% 0.2, 25% 0.3, median 1.3, 75% 1.8, 95% 2.3, max 2.5
  0 ▂█▃▂▁▃▅▅▃▄▄▃▃ 2.6   a bar is 0.2 wide
",
        }],
        ..Spec::BASE
    },
    bind,
    load: None,
};

fn bind(args: &Args, _: &Surroundings) -> Result<Bound, Fault> {
    let on = args.columns("columns").cloned();
    Ok(Bound::Look(Arc::new(ProfileLook { on, limit: args.whole("limit").unwrap_or(20) })))
}

struct ProfileLook {
    on: Option<Selection>,
    limit: usize,
}

impl Look for ProfileLook {
    fn look(&self, rows: &Data, _: &Surroundings) -> Result<Output, Failure> {
        let options = Options { on: self.on.clone(), depth: Depth::Whole };
        Ok(Output::Profile(ProfileReport::new(Profile::of(rows.chunks(), &options)?, self.limit)))
    }
}
