//! `pca`: principal components.

use crate::adapt::{TableStep, load_state};
use crate::matrix::{COLUMNS, Inputs, Reduce, ReduceState};
use pipewright_diagnostic::code;
use pipewright_learn::reduce::{Keep, Pca};
use pipewright_operator::{
    Args, Bound, Columns, Domain, Effect, Example, Fault, Group, Param, Sort, Spec, Surroundings, Verb,
};
use std::sync::Arc;

/// Of the variance, where the script does not say how much is enough.
const SHARE: f64 = 0.95;

pub(crate) const VERB: Verb = Verb {
    spec: Spec {
        name: "pca",
        group: Group::Features,
        summary: "Replaces columns by their principal components, `pca 1`, `pca 2`, ….",
        details: "`pca[10]` keeps 10 components, `pca 90%` as many as hold more than 90 % of the variance, `pca` alone \
                  95 %. Columns are centred, not scaled: put `scale` before it unless they are in one unit. Of each \
                  component the largest loading is positive. `whiten=true` brings the components to variance 1. The new \
                  columns come last.",
        search: &["principal components", "reduce", "dimensions", "whiten", "eigenvectors"],
        output: Sort::Recipe,
        effect: Effect::Fit,
        shape: Some(Param::optional("count", Domain::Whole { min: 1 }, "How many components.")),
        positionals: &[Param::optional(
            "share",
            Domain::Share,
            "How much of the variance they hold, instead of a count.",
        )],
        options: &[
            Param::with_default("whiten", Domain::Truth, "false", "Brings each component to variance 1."),
            Param::optional(
                "name",
                Domain::Text,
                "What the new columns are called, before their numbers; `pca` without it.",
            ),
        ],
        columns: Columns::Default(COLUMNS),
        examples: &[Example {
            script: "load iris.csv | head 3 | scale | pca[2] | show",
            output: "\
species        pca 1      pca 2
setosa       1.81508  0.6242564
setosa   -0.07713056  -1.335487
setosa     -1.737949  0.7112302
",
        }],
        ..Spec::BASE
    },
    bind,
    load: Some(load_state::<ReduceState>),
};

fn bind(args: &Args, _: &Surroundings) -> Result<Bound, Fault> {
    let (count, share) = (args.whole("count"), args.share("share"));
    if count.is_some() && share.is_some() {
        let message = "`pca` keeps a number of components, or those of a share of the variance, not both";
        return Err(Fault::of("share", code::BAD_VALUE, message).help("pca[10], or pca 95%"));
    }
    let name = new_name(args, "pca")?;
    let keep = count.map_or(Keep::Share(share.unwrap_or(SHARE)), Keep::First);
    let transformer = Pca { keep, whiten: args.truth("whiten").unwrap_or(false), name: name.clone() };
    let inputs = Inputs { step: "`pca`", on: args.columns("columns").cloned() };
    Ok(Bound::Step(Arc::new(TableStep::new(Reduce { inputs, transformer, name, count }))))
}

/// What new columns are called, before their numbers; the verb without an own name.
pub(super) fn new_name(args: &Args, verb: &str) -> Result<String, Fault> {
    match args.text("name") {
        None => Ok(verb.to_owned()),
        Some(name) if !name.trim().is_empty() => Ok(name.to_owned()),
        Some(_) => {
            let fault = Fault::of("name", code::BAD_VALUE, "the new columns would have no name but a number");
            Err(fault.help(format!("name=\"{verb}\"")))
        }
    }
}
