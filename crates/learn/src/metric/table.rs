//! The table of metrics.

use super::confusion::{Average, Distance, Ratio};
use super::{
    Better, Confusion, Judged, Metric, Rule, Task, calibration, number, probability, ranking, region, undefined,
};

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
        Rule::Plain(|judged: &Judged<'_>| {
            let rule: fn(&Confusion) -> _ = $rule;
            judged.confusion().map_or_else(|| Err(undefined("it judges classes")), rule)
        })
    };
}

/// A rule with a number.
macro_rules! at {
    ($parameter:literal, $is_valid:expr, $rule:expr) => {
        Rule::At { parameter: $parameter, is_valid: $is_valid, rule: $rule }
    };
}

fn is_share(number: f64) -> bool {
    number > 0.0 && number < 1.0
}

/// Tweedie's distributions exist for these powers.
fn is_power(number: f64) -> bool {
    number.is_finite() && (number <= 0.0 || number >= 1.0)
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
        Rule::Plain(ranking::auc);
    LOG_LOSS = "log_loss", Classes, Lower,
        "mean of -ln p(true class), natural logarithm, p clipped to [ε, 1-ε] with ε = 2^-52",
        Rule::Plain(probability::log_loss);
    F1 = "f1", Classes, Higher,
        "2TP / (2TP + FP + FN) of the second class when there are two, else the mean over classes",
        of_confusion!(|table| table.ratio(Ratio::F(1.0), Average::Usual));
    PRECISION = "precision", Classes, Higher,
        "TP / (TP + FP) of the second class when there are two, else the mean over classes",
        of_confusion!(|table| table.ratio(Ratio::Precision, Average::Usual));
    RECALL = "recall", Classes, Higher,
        "TP / (TP + FN) of the second class when there are two, else the mean over classes",
        of_confusion!(|table| table.ratio(Ratio::Recall, Average::Usual));
    BRIER = "brier", Classes, Lower,
        "two classes: mean of (p - y)², y = 1 for the second class; more: mean over rows of Σ (p_k - y_k)² over \
         the classes (scikit-learn's scale_by_half=\"auto\")",
        Rule::Plain(probability::brier);
    MCC = "mcc", Classes, Higher,
        "Matthews' correlation of true and predicted classes (Gorodkin's R_K for more than two); 0 where all rows are \
         predicted as one class",
        of_confusion!(Confusion::matthews);
    RMSE = "rmse", Numbers, Lower, "√ mean (y - ŷ)²", Rule::Plain(number::root_mean_squared_error);
    MAE = "mae", Numbers, Lower, "mean |y - ŷ|", Rule::Plain(number::mean_absolute_error);
    R2 = "r2", Numbers, Higher, "1 - Σ(y - ŷ)² / Σ(y - ȳ)², ȳ the mean of the rows judged", Rule::Plain(number::r_squared);
    F1_MACRO = "f1_macro", Classes, Higher,
        "mean of F1 over the classes that occur or are predicted",
        of_confusion!(|table| table.ratio(Ratio::F(1.0), Average::Macro));
    F1_MICRO = "f1_micro", Classes, Higher,
        "F1 of all classes' counts together; equals accuracy",
        of_confusion!(|table| table.ratio(Ratio::F(1.0), Average::Micro));
    F1_WEIGHTED = "f1_weighted", Classes, Higher,
        "mean of F1 over the classes, weighted by their true rows",
        of_confusion!(|table| table.ratio(Ratio::F(1.0), Average::Weighted));
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
    ERROR = "error", Classes, Lower,
        "share of rows whose predicted class is not the true one: 1 - accuracy",
        of_confusion!(Confusion::error);
    SPECIFICITY = "specificity", Classes, Higher,
        "TN / (TN + FP) of the second class when there are two, else the mean over classes",
        of_confusion!(|table| table.ratio(Ratio::Specificity, Average::Usual));
    NPV = "npv", Classes, Higher,
        "negative predictive value: TN / (TN + FN) of the second class when there are two, else the mean over classes",
        of_confusion!(|table| table.ratio(Ratio::NegativePredictive, Average::Usual));
    F2 = "f2", Classes, Higher,
        "5TP / (5TP + 4FN + FP), where recall weighs twice as much as precision, of the second class when there are two, \
         else the mean over classes",
        of_confusion!(|table| table.ratio(Ratio::F(2.0), Average::Usual));
    F05 = "f05", Classes, Higher,
        "1.25TP / (1.25TP + 0.25FN + FP), where precision weighs twice as much as recall, of the second class when there \
         are two, else the mean over classes",
        of_confusion!(|table| table.ratio(Ratio::F(0.5), Average::Usual));
    JACCARD = "jaccard", Classes, Higher,
        "TP / (TP + FP + FN) of the second class when there are two, else the mean over classes",
        of_confusion!(|table| table.ratio(Ratio::Jaccard, Average::Usual));
    KAPPA = "kappa", Classes, Higher,
        "Cohen's kappa: (accuracy - e) / (1 - e), e the accuracy of independent classes with the same margins",
        of_confusion!(|table| table.kappa(Distance::Equal));
    KAPPA_QUADRATIC = "kappa_quadratic", Classes, Higher,
        "Cohen's weighted kappa for ordered classes: 1 - Σ (i - j)² over the rows / that of independent classes with the \
         same margins, i and j the numbers of the true and the predicted class",
        of_confusion!(|table| table.kappa(Distance::Quadratic));
    PR_AUC = "pr_auc", Classes, Higher,
        "average precision: Σ (R_n - R_n₋₁) P_n over the thresholds, not the trapezoids below the precision-recall curve; \
         with more than two classes, the mean over the classes of each against the rest",
        Rule::Plain(ranking::average_precision);
    AUC_WEIGHTED = "auc_weighted", Classes, Higher,
        "like auc, but with more than two classes weighted by their true rows",
        Rule::Plain(ranking::auc_weighted);
    AUC_OVO = "auc_ovo", Classes, Higher,
        "like auc, but with more than two classes the mean over all ordered pairs of one against the other (Hand, Till, 2001)",
        Rule::Plain(ranking::auc_one_vs_one);
    KS = "ks", Classes, Higher,
        "Kolmogorov-Smirnov: the largest distance between the shares of positive and of negative rows above a threshold; \
         with more than two classes, the mean over the classes of each against the rest",
        Rule::Plain(ranking::kolmogorov_smirnov);
    LIFT = "lift", Classes, Higher,
        "share of positive rows among the tenth of rows with the highest scores (of rows tied at the end, a part), divided \
         by that among all rows; with more than two classes, the mean over the classes of each against the rest",
        at!(0.1, is_share, ranking::lift);
    ECE = "ece", Classes, Lower,
        "expected calibration error: mean over 10 bins of equal width, by their rows, of |mean predicted probability - \
         observed share|; of the second class when there are two, else of the predicted class (Naeini et al., 2015)",
        Rule::Plain(calibration::error_of_equal_widths);
    ECE_ADAPTIVE = "ece_adaptive", Classes, Lower,
        "like ece, with 10 bins of about equal numbers of rows (Nixon et al., 2019)",
        Rule::Plain(calibration::error_of_equal_counts);
    TOP2_ACCURACY = "top2_accuracy", Classes, Higher,
        "share of rows whose true class is among the 2 most probable",
        Rule::Plain(|judged| probability::top_accuracy(judged, 2));
    TOP3_ACCURACY = "top3_accuracy", Classes, Higher,
        "share of rows whose true class is among the 3 most probable",
        Rule::Plain(|judged| probability::top_accuracy(judged, 3));
    TOP5_ACCURACY = "top5_accuracy", Classes, Higher,
        "share of rows whose true class is among the 5 most probable",
        Rule::Plain(|judged| probability::top_accuracy(judged, 5));
    MSE = "mse", Numbers, Lower, "mean (y - ŷ)²", Rule::Plain(number::mean_squared_error);
    MEDAE = "medae", Numbers, Lower, "median |y - ŷ|, by the weights of the rows", Rule::Plain(number::median_absolute_error);
    MAX_ERROR = "max_error", Numbers, Lower, "largest |y - ŷ|", Rule::Plain(number::max_error);
    MAPE = "mape", Numbers, Lower, "mean |(y - ŷ) / y|, a share: 0.1 is 10 %", Rule::Plain(number::percentage_error);
    SMAPE = "smape", Numbers, Lower,
        "mean 2|y - ŷ| / (|y| + |ŷ|), from 0 to 2; 0 where both are 0",
        Rule::Plain(number::symmetric_percentage_error);
    MSLE = "msle", Numbers, Lower,
        "mean (ln(1 + y) - ln(1 + ŷ))²",
        Rule::Plain(number::mean_squared_log_error);
    RMSLE = "rmsle", Numbers, Lower,
        "√ mean (ln(1 + y) - ln(1 + ŷ))²",
        Rule::Plain(number::root_mean_squared_log_error);
    EXPLAINED_VARIANCE = "explained_variance", Numbers, Higher,
        "1 - Var(y - ŷ) / Var(y): like r2, but a constant offset of the predictions costs nothing",
        Rule::Plain(number::explained_variance);
    PINBALL = "pinball", Numbers, Lower,
        "mean of q (y - ŷ) where y ≥ ŷ, else (1 - q) (ŷ - y), for a quantile q; ½ by default. The mean over the levels \
         where several are predicted",
        at!(0.5, is_share, number::pinball);
    D2_PINBALL = "d2_pinball", Numbers, Higher,
        "1 - pinball loss / that of the quantile q of the rows judged; ½ by default, or the levels that are predicted",
        at!(0.5, is_share, number::explained_pinball);
    D2_ABSOLUTE = "d2_absolute", Numbers, Higher,
        "1 - Σ|y - ŷ| / Σ|y - m|, m the median of the rows judged",
        Rule::Plain(number::explained_absolute);
    POISSON_DEVIANCE = "poisson_deviance", Numbers, Lower,
        "mean 2 (y ln(y / ŷ) - y + ŷ), for y ≥ 0 and ŷ > 0",
        Rule::Plain(number::poisson);
    GAMMA_DEVIANCE = "gamma_deviance", Numbers, Lower,
        "mean 2 (ln(ŷ / y) + y / ŷ - 1), for y > 0 and ŷ > 0",
        Rule::Plain(number::gamma);
    TWEEDIE_DEVIANCE = "tweedie_deviance", Numbers, Lower,
        "mean 2 (max(y, 0)²⁻ᵖ / ((1 - p)(2 - p)) - y ŷ¹⁻ᵖ / (1 - p) + ŷ²⁻ᵖ / (2 - p)) for a power p, 1.5 by default; its \
         limits are the squared error at 0, the Poisson deviance at 1 and the gamma deviance at 2",
        at!(1.5, is_power, number::tweedie);
    D2_TWEEDIE = "d2_tweedie", Numbers, Higher,
        "1 - Tweedie deviance / that of the mean of the rows judged, for a power p, 1.5 by default",
        at!(1.5, is_power, number::explained_tweedie);
    PEARSON = "pearson", Numbers, Higher,
        "correlation of y and ŷ: Σ (y - ȳ)(ŷ - mean ŷ) / √(Σ(y - ȳ)² Σ(ŷ - mean ŷ)²)",
        Rule::Plain(number::pearson);
    SPEARMAN = "spearman", Numbers, Higher,
        "correlation of the ranks of y and ŷ, equal values sharing their mean rank",
        Rule::Plain(number::spearman);
    COVERAGE = "coverage", Numbers, Higher,
        "share of rows whose true value lies within its prediction interval (`conformal`)",
        Rule::Plain(region::coverage);
    WIDTH = "width", Numbers, Lower, "mean width of the prediction intervals (`conformal`)", Rule::Plain(region::size);
    SET_COVERAGE = "set_coverage", Classes, Higher,
        "share of rows whose true class is in its prediction set (`conformal`)",
        Rule::Plain(region::coverage);
    SET_SIZE = "set_size", Classes, Lower,
        "mean number of classes in the prediction sets (`conformal`)",
        Rule::Plain(region::size);
}
