//! The table of metrics.

use super::confusion::{Average, Ratio};
use super::{Better, Confusion, Judged, Metric, Task, number, probability, undefined};

/// Defines every metric as a constant, and the table of all of them.
macro_rules! metrics {
    ($($constant:ident = $name:literal, $task:ident, $better:ident, $doc:literal, $rule:expr;)*) => {
        $(
            #[doc = concat!("`", $name, "`: ", $doc, ".")]
            pub const $constant: Metric =
                Metric { name: $name, doc: $doc, better: Better::$better, task: Task::$task, rule: $rule };
        )*

        /// Every metric, the usual ones first.
        pub const METRICS: &[Metric] = &[$($constant),*];
    };
}

/// A rule of the table of true against predicted classes.
macro_rules! of_confusion {
    ($rule:expr) => {
        |judged: &Judged<'_>| {
            let rule: fn(&Confusion) -> _ = $rule;
            judged.confusion().map_or_else(|| Err(undefined("it judges classes")), rule)
        }
    };
}

metrics! {
    ACCURACY = "accuracy", Classes, Higher,
        "share of rows whose predicted class is the true one",
        of_confusion!(Confusion::accuracy);
    BALANCED_ACCURACY = "balanced_accuracy", Classes, Higher,
        "mean over the classes that occur of the share of their rows that were found",
        of_confusion!(Confusion::balanced_accuracy);
    AUC = "auc", Classes, Higher,
        "area under the ROC curve: P(score of a positive row > score of a negative row) + ½ P(equal), that is \
         Mann-Whitney's U / (P·N). The positive class is the second; with more classes, the mean over the classes \
         of each against the rest",
        probability::auc;
    LOG_LOSS = "log_loss", Classes, Lower,
        "mean of -ln p(true class), natural logarithm, p clipped to [ε, 1-ε] with ε = 2^-52",
        probability::log_loss;
    F1 = "f1", Classes, Higher,
        "2TP / (2TP + FP + FN) of the second class when there are two, else the mean over classes",
        of_confusion!(|table| table.ratio(Ratio::F1, Average::Usual));
    PRECISION = "precision", Classes, Higher,
        "TP / (TP + FP) of the second class when there are two, else the mean over classes",
        of_confusion!(|table| table.ratio(Ratio::Precision, Average::Usual));
    RECALL = "recall", Classes, Higher,
        "TP / (TP + FN) of the second class when there are two, else the mean over classes",
        of_confusion!(|table| table.ratio(Ratio::Recall, Average::Usual));
    BRIER = "brier", Classes, Lower,
        "two classes: mean of (p - y)², y = 1 for the second class; more: mean over rows of Σ (p_k - y_k)² over \
         the classes (scikit-learn's scale_by_half=\"auto\")",
        probability::brier;
    MCC = "mcc", Classes, Higher,
        "Matthews' correlation of true and predicted classes (Gorodkin's R_K for more than two); 0 where all rows are \
         predicted as one class",
        of_confusion!(Confusion::matthews);
    RMSE = "rmse", Numbers, Lower, "√ mean (y - ŷ)²", number::root_mean_squared_error;
    MAE = "mae", Numbers, Lower, "mean |y - ŷ|", number::mean_absolute_error;
    R2 = "r2", Numbers, Higher, "1 - Σ(y - ŷ)² / Σ(y - ȳ)², ȳ the mean of the rows judged", number::r_squared;
    F1_MACRO = "f1_macro", Classes, Higher,
        "mean of F1 over the classes that occur or are predicted",
        of_confusion!(|table| table.ratio(Ratio::F1, Average::Macro));
    F1_MICRO = "f1_micro", Classes, Higher,
        "F1 of all classes' counts together; equals accuracy",
        of_confusion!(|table| table.ratio(Ratio::F1, Average::Micro));
    F1_WEIGHTED = "f1_weighted", Classes, Higher,
        "mean of F1 over the classes, weighted by their true rows",
        of_confusion!(|table| table.ratio(Ratio::F1, Average::Weighted));
    PRECISION_MACRO = "precision_macro", Classes, Higher,
        "mean of precision over the classes that occur or are predicted",
        of_confusion!(|table| table.ratio(Ratio::Precision, Average::Macro));
    PRECISION_MICRO = "precision_micro", Classes, Higher,
        "precision of all classes' counts together; equals accuracy",
        of_confusion!(|table| table.ratio(Ratio::Precision, Average::Micro));
    PRECISION_WEIGHTED = "precision_weighted", Classes, Higher,
        "mean of precision, weighted by the classes' true rows",
        of_confusion!(|table| table.ratio(Ratio::Precision, Average::Weighted));
    RECALL_MACRO = "recall_macro", Classes, Higher,
        "mean of recall over the classes that occur or are predicted",
        of_confusion!(|table| table.ratio(Ratio::Recall, Average::Macro));
    RECALL_MICRO = "recall_micro", Classes, Higher,
        "recall of all classes' counts together; equals accuracy",
        of_confusion!(|table| table.ratio(Ratio::Recall, Average::Micro));
    RECALL_WEIGHTED = "recall_weighted", Classes, Higher,
        "mean of recall, weighted by the classes' true rows; equals accuracy",
        of_confusion!(|table| table.ratio(Ratio::Recall, Average::Weighted));
}
