//! What traits of work show of themselves in `{:?}`: their name.

use crate::work::{
    Adjust, Adjustment, Choose, Combine, Consumer, Evaluator, Exam, Explain, Fitted, FittedModel, Freeze, Holdout,
    Inspect, Learner, ModelSink, Rows, Source, Splitter, Step, Training,
};
use std::fmt;

/// The name of the trait: what is behind it says nothing of itself.
macro_rules! debug_by_name {
    ($($name:ident),* $(,)?) => {
        $(impl fmt::Debug for dyn $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!("dyn ", stringify!($name)))
            }
        })*
    };
}

debug_by_name! {
    Source, Rows, Step, Combine, Fitted, Training, Learner, FittedModel, Splitter, Evaluator, Inspect, Consumer, Choose,
    ModelSink, Freeze, Adjust, Adjustment, Exam, Explain, Holdout,
}
