//! Tables over Arrow: schemas, reading and writing, expressions, mergeable summaries and the estimators that clean and prepare.
