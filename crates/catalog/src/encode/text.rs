//! `text`: vectorises text.

use crate::adapt::{StepOf, state};
use pipewright_frame::{Class, Selection, TextVectorizer, TextVectorizerState, VectorizerMethod};
use pipewright_operator::{
    Args, ArgumentError, Arguments, Bound, Count, Effect, Environment, Example, Flow, Group, Spec, Verb, arguments,
    words,
};
use std::sync::Arc;

words! {
    /// How text is vectorised, and into how many columns.
    enum Method { Tfidf(200) = "tfidf", Bow(200) = "bow", Hash(256) = "hash" }
}

arguments! {
    /// The arguments of `text`.
    struct TextArgs {
        /// How text is vectorised, and into how many columns.
        positional method: Method = Method::Tfidf(200);
        /// Length of the longest n-grams (runs of words) that count as words.
        option ngram: Count = 1;
        /// Columns of text.
        on columns: Selection = [Class::Text];
    }
}

pub(crate) const VERB: Verb = Verb {
    spec: Spec {
        name: "text",
        group: Group::Encode,
        summary: "Vectorises text: bag of words, TF-IDF or feature hashing.",
        details: "A word is a run of two or more letters, digits and underscores, in lower case; missing text has \
                  none. `bow[200]`: counts of the 200 most frequent words of the training rows (`notes (word)`). \
                  `tfidf[200]`: counts times ln((1 + n) / (1 + d)) + 1, where d of the n training rows have the \
                  word, each row divided by its Euclidean norm. `hash[256]`: all words hashed into 256 buckets \
                  (`notes (hash 17)`) by FNV-1a, half of them counted negatively, each row divided by its Euclidean \
                  norm; it learns nothing. Of equally frequent words, the first in sorted order is kept.",
        search: &["tfidf", "bow", "words", "tokenize", "vectorize", "nlp", "ngram"],
        output: Flow::Recipe,
        effect: Effect::Fit,
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
        ..Spec::of::<TextArgs>()
    },
    bind,
    states: &[state::<TextVectorizerState>()],
};

fn bind(args: &Args, _: &Environment) -> Result<Bound, ArgumentError> {
    let TextArgs { method, ngram, columns } = TextArgs::read(args)?;
    let (method, size) = match method {
        Method::Tfidf(size) => (VectorizerMethod::Tfidf, size),
        Method::Bow(size) => (VectorizerMethod::Count, size),
        Method::Hash(size) => (VectorizerMethod::Hash, size),
    };
    let size = u32::try_from(size).unwrap_or(u32::MAX);
    let words = TextVectorizer { method, size, longest: ngram.saturating_u32(), on: Some(columns) };
    Ok(Bound::Step(Arc::new(StepOf::new(words))))
}
