//! Names of metrics in other tools.

/// Names in scikit-learn and elsewhere, and the names here. scikit-learn negates errors for its searches; here
/// [`Metric::better`](super::Metric::better) says what is better.
pub const ALIASES: &[(&str, &str)] = &[
    ("accuracy_score", "accuracy"),
    ("acc", "accuracy"),
    ("zero_one_loss", "error"),
    ("hamming_loss", "error"),
    ("balanced_accuracy_score", "balanced_accuracy"),
    ("roc_auc", "auc"),
    ("roc_auc_score", "auc"),
    ("roc_auc_ovr", "auc"),
    ("roc_auc_ovr_weighted", "auc_weighted"),
    ("roc_auc_ovo", "auc_ovo"),
    ("average_precision", "pr_auc"),
    ("average_precision_score", "pr_auc"),
    ("aucpr", "pr_auc"),
    ("prauc", "pr_auc"),
    ("neg_log_loss", "log_loss"),
    ("logloss", "log_loss"),
    ("cross_entropy", "log_loss"),
    ("neg_brier_score", "brier"),
    ("brier_score_loss", "brier"),
    ("brier_score", "brier"),
    ("f1_score", "f1"),
    ("precision_score", "precision"),
    ("ppv", "precision"),
    ("recall_score", "recall"),
    ("sensitivity", "recall"),
    ("tpr", "recall"),
    ("tnr", "specificity"),
    ("negative_predictive_value", "npv"),
    ("f0.5", "f05"),
    ("jaccard_score", "jaccard"),
    ("matthews_corrcoef", "mcc"),
    ("cohen_kappa", "kappa"),
    ("cohen_kappa_score", "kappa"),
    ("quadratic_weighted_kappa", "kappa_quadratic"),
    ("qwk", "kappa_quadratic"),
    ("expected_calibration_error", "ece"),
    ("neg_mean_squared_error", "mse"),
    ("mean_squared_error", "mse"),
    ("neg_root_mean_squared_error", "rmse"),
    ("root_mean_squared_error", "rmse"),
    ("neg_mean_absolute_error", "mae"),
    ("mean_absolute_error", "mae"),
    ("neg_median_absolute_error", "medae"),
    ("median_absolute_error", "medae"),
    ("neg_mean_absolute_percentage_error", "mape"),
    ("mean_absolute_percentage_error", "mape"),
    ("neg_mean_squared_log_error", "msle"),
    ("mean_squared_log_error", "msle"),
    ("neg_root_mean_squared_log_error", "rmsle"),
    ("root_mean_squared_log_error", "rmsle"),
    ("neg_max_error", "max_error"),
    ("explained_variance_score", "explained_variance"),
    ("r2_score", "r2"),
    ("rsq", "r2"),
    ("mean_pinball_loss", "pinball"),
    ("quantile_loss", "pinball"),
    ("d2_pinball_score", "d2_pinball"),
    ("d2_absolute_error_score", "d2_absolute"),
    ("neg_mean_poisson_deviance", "poisson_deviance"),
    ("mean_poisson_deviance", "poisson_deviance"),
    ("neg_mean_gamma_deviance", "gamma_deviance"),
    ("mean_gamma_deviance", "gamma_deviance"),
    ("mean_tweedie_deviance", "tweedie_deviance"),
    ("d2_tweedie_score", "d2_tweedie"),
    ("pearsonr", "pearson"),
    ("spearmanr", "spearman"),
];

/// The name here of a metric with that name in another tool.
///
/// ```
/// assert_eq!(pipewright_learn::metric::alias("neg_log_loss"), Some("log_loss"));
/// ```
#[must_use]
pub fn alias(name: &str) -> Option<&'static str> {
    ALIASES.iter().find(|(other, _)| *other == name).map(|(_, here)| *here)
}
