//! The words of the pipeline language: lossless tokens, a grammar with recovery, a tree with spans, a formatter.
