//! `text`: turns texts into numbers of their words.

use crate::adapt::{StepOf, load_state};
use pipewright_frame::{TextVectorizer, TextVectorizerState, VectorizerMethod};
use pipewright_operator::{
    Args, Bound, Columns, Domain, Effect, Example, Fault, Group, Param, Sort, Spec, Surroundings, Verb,
};
use std::sync::Arc;

pub(crate) const VERB: Verb = Verb {
    spec: Spec {
        name: "text",
        group: Group::Encode,
        summary: "Turns texts into numbers of the words in them.",
        details: "A word is a run of two or more letters, digits and underscores, in lower case; a missing text has \
                  none. `bow[200]`: how often each of the 200 most frequent words of the training rows stands in the \
                  text (`notes (word)`). `tfidf[200]`: the same times ln((1 + n) / (1 + d)) + 1, where d of the n \
                  training rows have the word, and each row divided by its Euclidean length. `hash[256]`: all words in \
                  256 buckets (`notes (hash 17)`) by FNV-1a, half of them counted negatively, and each row divided by \
                  its Euclidean length; it learns nothing. Every number of columns may be left out: then it is the one \
                  that stands here. Of equally frequent words, the first by character is kept.",
        search: &["tfidf", "bow", "words", "tokenize", "vectorize", "nlp", "ngram"],
        output: Sort::Recipe,
        effect: Effect::Fit,
        positionals: &[Param::with_default(
            "method",
            Domain::OneOf(&[Domain::Sized("tfidf"), Domain::Sized("bow"), Domain::Sized("hash")]),
            "tfidf",
            "Which numbers, and of how many words.",
        )],
        options: &[Param::with_default(
            "ngram",
            Domain::Whole { min: 1 },
            "1",
            "Runs of up to so many words count as words too.",
        )],
        columns: Columns::Default("@text"),
        examples: &[Example {
            script: "load visits.csv | select notes | head 4 | text bow[3] | show",
            output: "\
notes (cough)  notes (fever)  notes (mild)
            1              1             1
            0              0             0
            1              1             1
            0              1             0
",
        }],
        ..Spec::BASE
    },
    bind,
    load: Some(load_state::<TextVectorizerState>),
};

fn bind(args: &Args, _: &Surroundings) -> Result<Bound, Fault> {
    let (method, size) = args.sized("method").unwrap_or(("tfidf", None));
    let (method, usual) = match method {
        "bow" => (VectorizerMethod::Count, 200),
        "hash" => (VectorizerMethod::Hash, 256),
        _ => (VectorizerMethod::Tfidf, 200),
    };
    let number = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    let longest = number(args.whole("ngram").unwrap_or(1));
    let words =
        TextVectorizer { method, size: number(size.unwrap_or(usual)), longest, on: args.columns("columns").cloned() };
    Ok(Bound::Step(Arc::new(StepOf::new(words))))
}
