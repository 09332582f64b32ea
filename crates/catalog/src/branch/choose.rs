//! `choose`: alternatives for stages, between which a search decides.

use super::fork::ARMS;
use pipewright_operator::{
    Args, ArgumentError, Bound, Effect, Environment, Example, Flow, Form, Group, Spec, Structure, Verb,
};

pub(crate) const VERB: Verb = Verb {
    spec: Spec {
        name: "choose",
        group: Group::Branch,
        summary: "Chooses between several stages; `tune` decides which are best.",
        details: "Each arm is one or more stages, named by the word before its colon; `keep` alone changes nothing. \
                  Arms may have choices of their own: they count only where their arm is chosen. A value can be \
                  chosen in the same way: `choose[a, b]`, or a range such as `uniform(0, 0.5)`.",
        search: &["alternatives", "conditional", "hyperparameter", "pipeline search"],
        form: Form::Arms,
        output: Flow::Any,
        effect: Effect::Row,
        structure: Structure::Plain,
        positionals: &[ARMS],
        examples: &[Example {
            script: "load wine.csv | scale | choose { all: keep; few: pca[choose[2, 4]] } | train logistic | tune grid",
            output: "\
tune grid: 3 candidates for cultivar

log_loss  choose  pca
0.0617    all     ·
0.0988    few     4
0.1299    few     2

The best of several inner scores is optimistic: `tune … | eval` tells what to expect.
",
        }],
        ..Spec::BASE
    },
    bind,
    states: &[],
};

/// The planner replaces it by an arm before anything is bound.
fn bind(_: &Args, _: &Environment) -> Result<Bound, ArgumentError> {
    Ok(Bound::Fork)
}
