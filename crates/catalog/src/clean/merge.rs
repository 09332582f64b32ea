//! `merge similar`: one spelling for texts that are spelled alike.

use crate::adapt::{StepOf, state};
use pipewright_frame::{Class, MergeSimilar, MergeSimilarState, Selection};
use pipewright_operator::{
    Args, ArgumentError, Arguments, Bound, Effect, Environment, Example, Flow, Group, Spec, UnitInterval, Verb,
    arguments, words,
};
use std::sync::Arc;

words! {
    /// What is merged.
    enum What { Similar = "similar" }
}

arguments! {
    /// The arguments of `merge`.
    struct MergeArgs {
        /// What is merged.
        positional what: What;
        /// The least similarity of two spellings: 1 merges those that differ only in case and white space.
        positional similarity: UnitInterval = 0.9;
        /// Columns whose values are merged.
        on columns: Selection = [Class::String];
    }
}

pub(crate) const VERB: Verb = Verb {
    spec: Spec {
        name: "merge",
        group: Group::Clean,
        summary: "Merges similar spellings of texts into the most frequent one, as learned from the training rows.",
        details: "Case and repeated white space do not count. The similarity is 1 − the number of letters to insert, \
                  delete, replace or swap, divided by the length of the longer text. From the most frequent spelling \
                  to the least, each joins the most similar one above it that stands for itself, or else stands for \
                  itself; new spellings are treated likewise. To combine tables, see `join` and `concat`.",
        search: &["fuzzy", "typo", "typos", "misspelled", "deduplicate", "canonical", "levenshtein"],
        output: Flow::Recipe,
        effect: Effect::Fit,
        examples: &[Example {
            script: "load penguins.csv | derive Sex = if `Body Mass (g)` > 5000 then \"Mael\" else Sex \
                     | merge similar 0.7 on Sex | value_counts Sex | show",
            output: "\
Sex     count       share
MALE      173    0.502907
FEMALE    160   0.4651163
·          11  0.03197674
",
        }],
        ..Spec::of::<MergeArgs>()
    },
    bind,
    states: &[state::<MergeSimilarState>()],
};

fn bind(args: &Args, _: &Environment) -> Result<Bound, ArgumentError> {
    let MergeArgs { what: What::Similar, similarity, columns } = MergeArgs::read(args)?;
    Ok(Bound::Step(Arc::new(StepOf::new(MergeSimilar { similarity: similarity.0, on: Some(columns) }))))
}
