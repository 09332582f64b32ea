"""Freezes what scikit-learn says of predictions with weights, of curves and of splits.

    python tests/oracles/freeze_judging.py

writes `judging.json` here. A metric is null where it has no value: where scikit-learn warns, raises, or answers with a
number by convention. What scikit-learn does not have is written out here in NumPy.
"""

import json
import platform
import warnings
from pathlib import Path

import numpy
import scipy
import sklearn
from scipy import stats
from sklearn import metrics
from sklearn.calibration import calibration_curve
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.model_selection import (GroupKFold, LeaveOneGroupOut, LeaveOneOut, LeavePGroupsOut, StratifiedGroupKFold,
                                     TimeSeriesSplit)

HERE = Path(__file__).resolve().parent


def main():
    document = {
        "tools": {"python": platform.python_version(), "numpy": numpy.__version__, "scipy": scipy.__version__,
                  "scikit-learn": sklearn.__version__},
        "command": "python tests/oracles/freeze_judging.py",
        "tolerance": 1e-12,
        "cases": metric_cases() + curve_cases() + split_cases() + cluster_cases(),
    }
    lines = [json.dumps(case, allow_nan=False) for case in document.pop("cases")]
    head = json.dumps(document, indent=1)[:-2]
    (HERE / "judging.json").write_text(head + ',\n "cases": [\n  ' + ",\n  ".join(lines) + "\n ]\n}\n")


def defined(score):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", UndefinedMetricWarning)
        try:
            value = float(score())
            return value if numpy.isfinite(value) else None
        except (UndefinedMetricWarning, ValueError, ZeroDivisionError):
            return None


# Classes.

def class_scores(truth, probabilities, weights):
    count = probabilities.shape[1]
    labels = list(range(count))
    predicted = probabilities.argmax(axis=1)
    usual = "binary" if count == 2 else "macro"
    occurring = len(numpy.unique(truth))
    w = {"sample_weight": weights}

    def of_classes(score):
        """The second class of two, else the mean over all classes, each against the rest."""
        if occurring < count:
            return None
        values = [defined(lambda: score(truth == c, probabilities[:, c])) for c in ([1] if count == 2 else labels)]
        return None if None in values else float(numpy.mean(values))

    tables = metrics.multilabel_confusion_matrix(truth, predicted, labels=labels, sample_weight=weights)

    def of_tables(part, other):
        """tn, fp, fn, tp of the second class of two, else of the classes that occur or are predicted."""
        parts = [dict(zip(("tn", "fp", "fn", "tp"), table.ravel())) for table in tables]
        parts = parts[1:] if count == 2 else [p for p in parts if p["tp"] + p["fp"] + p["fn"] > 0]
        if any(p[part] + p[other] == 0 for p in parts):
            return None
        return float(numpy.mean([p[part] / (p[part] + p[other]) for p in parts]))

    together = len(numpy.union1d(truth, predicted)) > 1
    scores = {
        "accuracy": defined(lambda: metrics.accuracy_score(truth, predicted, **w)),
        "error": defined(lambda: metrics.zero_one_loss(truth, predicted, **w)),
        "balanced_accuracy": defined(lambda: metrics.balanced_accuracy_score(truth, predicted, **w)),
        "auc": of_classes(lambda y, p: metrics.roc_auc_score(y, p, **w)),
        "pr_auc": of_classes(lambda y, p: metrics.average_precision_score(y, p, **w)),
        "ks": of_classes(lambda y, p: smirnov(y, p, weights)),
        "lift": of_classes(lambda y, p: lift(y, p, weights, 0.1)),
        "log_loss": defined(lambda: metrics.log_loss(truth, probabilities, labels=labels, **w)),
        "brier": defined(lambda: metrics.brier_score_loss(truth, probabilities[:, 1], pos_label=1, **w) if count == 2
                         else metrics.brier_score_loss(truth, probabilities, labels=labels, **w)),
        "mcc": None if occurring == 1 else defined(lambda: metrics.matthews_corrcoef(truth, predicted, **w)),
        "jaccard": defined(lambda: metrics.jaccard_score(truth, predicted, average=usual, **w)),
        "specificity": of_tables("tn", "fp"),
        "npv": of_tables("tn", "fn"),
        "kappa": None if not together else
        defined(lambda: metrics.cohen_kappa_score(truth, predicted, labels=labels, **w)),
        "kappa_quadratic": None if not together else
        defined(lambda: metrics.cohen_kappa_score(truth, predicted, labels=labels, weights="quadratic", **w)),
        "ece": calibration_error(truth, probabilities, weights, False),
        "ece_adaptive": calibration_error(truth, probabilities, weights, True),
    }
    if count == 2:
        scores["auc_weighted"] = scores["auc_ovo"] = scores["auc"]
    else:
        scores["auc_weighted"] = None if occurring < count else defined(lambda: metrics.roc_auc_score(
            truth, probabilities, multi_class="ovr", average="weighted", labels=labels, **w))
        pairs = [(a, b) for a in labels for b in labels if a != b]
        scores["auc_ovo"] = None if occurring < count else float(numpy.mean([
            metrics.roc_auc_score((truth == a)[(truth == a) | (truth == b)],
                                  probabilities[(truth == a) | (truth == b), a],
                                  sample_weight=None if weights is None else weights[(truth == a) | (truth == b)])
            for a, b in pairs]))
        if weights is None and occurring == count:
            by_name = metrics.roc_auc_score(truth, probabilities, multi_class="ovo", average="macro", labels=labels)
            assert abs(scores["auc_ovo"] - by_name) < 1e-14
    for name, beta in (("f1", 1), ("f2", 2), ("f05", 0.5)):
        scores[name] = defined(lambda: metrics.fbeta_score(truth, predicted, beta=beta, average=usual, **w))
    for name in ("precision", "recall"):
        score = getattr(metrics, f"{name}_score")
        scores[name] = defined(lambda: score(truth, predicted, average=usual, **w))
    has_ties = any(len(set(row)) < count for row in probabilities.tolist())
    for k in (2, 3, 5):
        # scikit-learn prefers the last of equal probabilities here, and the first in `argmax`.
        if not has_ties:
            scores[f"top{k}_accuracy"] = defined(
                lambda: metrics.top_k_accuracy_score(truth, probabilities, k=k, labels=labels, **w)) if count > k else None
    return scores


def smirnov(truth, scores, weights):
    false, true, _ = metrics.roc_curve(truth, scores, sample_weight=weights)
    return numpy.abs(true - false).max()


def lift(truth, scores, weights, share):
    """Rows one by one, of which ties are mixed."""
    weights = numpy.ones(len(truth)) if weights is None else weights
    left, hits = share * weights.sum(), 0.0
    for score in sorted(set(scores), reverse=True):
        tied = scores == score
        part = min(1.0, left / weights[tied].sum())
        hits += part * (weights * truth)[tied].sum()
        left -= part * weights[tied].sum()
        if left <= 0:
            break
    return hits / (weights * truth).sum() / share


def calibration_error(truth, probabilities, weights, adaptive):
    weights = numpy.ones(len(truth)) if weights is None else weights
    if probabilities.shape[1] == 2:
        scores, hits = probabilities[:, 1], truth == 1
    else:
        scores, hits = probabilities.max(axis=1), probabilities.argmax(axis=1) == truth
    inner = numpy.linspace(0, 1, 11)[1:-1]
    if adaptive:
        inner = numpy.quantile(numpy.repeat(scores, weights.astype(int)), inner, method="averaged_inverted_cdf")
    bins = numpy.searchsorted(inner, scores)
    gaps = [numpy.abs((weights * (scores - hits))[bins == b].sum()) for b in range(10)]
    return float(sum(gaps) / weights.sum())


# Numbers.

def number_scores(truth, predicted, weights):
    w = {"sample_weight": weights}
    constant = bool(numpy.all(truth == truth[0]))
    counts = numpy.ones(len(truth), dtype=int) if weights is None else weights.astype(int)
    repeated, predictions = numpy.repeat(truth, counts), numpy.repeat(predicted, counts)
    is_flat = constant or bool(numpy.all(predicted == predicted[0]))
    scores = {
        "mse": defined(lambda: metrics.mean_squared_error(truth, predicted, **w)),
        "rmse": defined(lambda: metrics.root_mean_squared_error(truth, predicted, **w)),
        "mae": defined(lambda: metrics.mean_absolute_error(truth, predicted, **w)),
        "medae": defined(lambda: metrics.median_absolute_error(truth, predicted, **w)),
        "max_error": defined(lambda: metrics.max_error(truth, predicted)),
        "mape": None if (truth == 0).any() else
        defined(lambda: metrics.mean_absolute_percentage_error(truth, predicted, **w)),
        "smape": defined(lambda: numpy.average([0 if a == b == 0 else 2 * abs(a - b) / (abs(a) + abs(b))
                                                for a, b in zip(truth, predicted)], weights=weights)),
        "msle": defined(lambda: metrics.mean_squared_log_error(truth, predicted, **w)),
        "rmsle": defined(lambda: metrics.root_mean_squared_log_error(truth, predicted, **w)),
        "r2": None if constant else defined(lambda: metrics.r2_score(truth, predicted, **w)),
        "explained_variance": None if constant else
        defined(lambda: metrics.explained_variance_score(truth, predicted, **w)),
        "poisson_deviance": defined(lambda: metrics.mean_poisson_deviance(truth, predicted, **w)),
        "gamma_deviance": defined(lambda: metrics.mean_gamma_deviance(truth, predicted, **w)),
        "d2_absolute": None if constant else defined(lambda: metrics.d2_absolute_error_score(truth, predicted, **w)),
        "pearson": None if is_flat else defined(lambda: stats.pearsonr(repeated, predictions)[0]),
        "spearman": None if is_flat else defined(lambda: stats.spearmanr(repeated, predictions)[0]),
    }
    for level in (0.1, 0.5, 0.9):
        scores[f"pinball({level})"] = defined(lambda: metrics.mean_pinball_loss(truth, predicted, alpha=level, **w))
        scores[f"d2_pinball({level})"] = None if constant else defined(
            lambda: metrics.d2_pinball_score(truth, predicted, alpha=level, **w))
    for power in (-1, 0, 1, 1.5, 2, 3):
        scores[f"tweedie_deviance({power})"] = defined(
            lambda: metrics.mean_tweedie_deviance(truth, predicted, power=power, **w))
        scores[f"d2_tweedie({power})"] = None if constant else defined(
            lambda: metrics.d2_tweedie_score(truth, predicted, power=power, **w))
    return scores


def metric_cases():
    generator = numpy.random.default_rng(11)
    cases = []

    def both(name, known, truth, other, scores):
        rows = len(truth)
        for weights in (None, generator.integers(1, 5, rows).astype(float)):
            weighted = {} if weights is None else {"weights": weights.tolist()}
            cases.append({"name": name + (", weighted" if weighted else ""), **known, **weighted,
                          "metrics": scores(truth, other, weights)})

    def classes(name, codes, probabilities):
        codes, probabilities = numpy.asarray(codes), numpy.asarray(probabilities, dtype=float)
        known = {"codes": codes.tolist(), "classes": probabilities.shape[1], "probabilities": probabilities.ravel().tolist()}
        both(name, known, codes, probabilities, class_scores)

    def numbers(name, truth, predicted):
        truth, predicted = numpy.asarray(truth, dtype=float), numpy.asarray(predicted, dtype=float)
        both(name, {"truth": truth.tolist(), "predicted": predicted.tolist()}, truth, predicted, number_scores)

    def two(positive):
        positive = numpy.asarray(positive)
        return numpy.stack([1 - positive, positive], axis=1)

    for rows in (6, 45):
        codes = generator.integers(0, 2, rows)
        codes[:2] = 0, 1
        classes(f"{rows} rows of two classes", codes, two(generator.random(rows)))
        classes(f"{rows} rows of two classes, ties", codes, two(generator.integers(0, 5, rows) / 4))
        codes = generator.integers(0, 6, rows)
        codes[:6] = range(6)
        classes(f"{rows} rows of six classes", codes, generator.dirichlet([1, 2, 1, 1, 3, 1], rows))
        codes = generator.integers(0, 3, rows)
        codes[:3] = range(3)
        tied = generator.choice([[0.5, 0.25, 0.25], [0.25, 0.5, 0.25], [0.25, 0.25, 0.5]], rows)
        classes(f"{rows} rows of three classes, ties", codes, tied)
        truth = generator.gamma(2, 2, rows)
        numbers(f"{rows} positive numbers", truth, truth * generator.gamma(5, 0.2, rows))
        counts = generator.poisson(2, rows)
        counts[:2] = 0, 3
        numbers(f"{rows} counts", counts, generator.integers(1, 5, rows))
        numbers(f"{rows} numbers of any sign", generator.normal(0, 2, rows).round(1), generator.normal(0, 2, rows).round(1))
    classes("perfect", [0, 1, 1], two([0.0, 1.0, 1.0]))
    classes("one class, found", [1, 1, 1], two([0.9, 0.8, 0.7]))
    classes("one class, missed", [1, 1, 1], two([0.1, 0.2, 0.3]))
    classes("the negative class only", [0, 0, 0], two([0.1, 0.2, 0.3]))
    classes("never predicted positive", [0, 1, 0, 1], two([0.1, 0.2, 0.3, 0.4]))
    classes("a class without rows", [0, 1, 0, 1], [[0.5, 0.3, 0.2], [0.1, 0.2, 0.7], [0.6, 0.3, 0.1], [0.3, 0.5, 0.2]])
    numbers("a constant target", [2.0, 2.0, 2.0], [1.0, 2.0, 3.0])
    numbers("constant predictions", [1.0, 2.0, 4.0], [2.0, 2.0, 2.0])
    numbers("below -1", [-2.0, 1.0, 3.0], [1.0, 1.0, 2.0])
    numbers("perfect", [1.0, 2.0], [1.0, 2.0])
    return cases


# Curves.

def curve_cases():
    generator = numpy.random.default_rng(12)
    cases = []
    for rows, levels in ((8, 4), (60, 12), (60, 1000)):
        for weights in (None, generator.integers(1, 4, rows).astype(float)):
            truth = generator.integers(0, 2, rows)
            truth[:2] = 0, 1
            scores = generator.integers(0, levels + 1, rows) / levels
            false, true, thresholds = metrics.roc_curve(truth, scores, sample_weight=weights)
            precision, recall, cuts = metrics.precision_recall_curve(truth, scores, sample_weight=weights)
            case = {"curve": "of two classes", "truth": truth.tolist(), "scores": scores.tolist(),
                    "roc": [false[1:].tolist(), true[1:].tolist(), thresholds[1:].tolist()],
                    "precision_recall": [precision[:-1][::-1].tolist(), recall[:-1][::-1].tolist(), cuts[::-1].tolist()]}
            if weights is None:
                observed, predicted = calibration_curve(truth, scores, n_bins=10)
                case["calibration"] = [observed.tolist(), predicted.tolist()]
            else:
                case["weights"] = weights.tolist()
            cases.append(case)
    return cases


# Splits: lists of training rows and of test rows.

def split_cases():
    generator = numpy.random.default_rng(13)
    cases = []

    def case(splitter, rows, codes=None, groups=None, **arguments):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            folds = [[train.tolist(), test.tolist()] for train, test in
                     splitter.split(numpy.zeros(rows), codes, groups)]
        lists = {name: values.tolist() for name, values in (("codes", codes), ("groups", groups)) if values is not None}
        cases.append({"split": type(splitter).__name__, "rows": rows, **arguments, **lists, "folds": folds})

    case(LeaveOneOut(), 4)
    for rows, count, k in ((20, 6, 3), (31, 9, 4), (24, 24, 5), (40, 5, 5), (30, 8, 2)):
        groups = generator.integers(0, count, rows)
        groups[:count] = generator.permutation(count)
        case(GroupKFold(k), rows, groups=groups, k=k)
        for shares in ([0.5, 0.5], [0.6, 0.3, 0.1]):
            codes = generator.choice(len(shares), rows, p=shares)
            codes[:len(shares)] = range(len(shares))
            codes = numpy.concatenate([codes, numpy.repeat(range(len(shares)), k)])
            many = numpy.concatenate([groups, generator.integers(0, count, k * len(shares))])
            case(StratifiedGroupKFold(k), len(codes), codes=codes, groups=many, k=k)
    groups = numpy.array([2, 2, 0, 1, 1, 3, 0, 2])
    case(LeaveOneGroupOut(), 8, groups=groups)
    case(LeavePGroupsOut(2), 8, groups=groups, p=2)
    for rows, k, gap, test_size, max_train in ((12, 3, 0, None, None), (12, 3, 2, 2, None), (20, 4, 0, 3, 5), (23, 5, 1, None, 4)):
        case(TimeSeriesSplit(k, gap=gap, test_size=test_size, max_train_size=max_train), rows, k=k, gap=gap,
             test_size=test_size, max_train=max_train)
    return cases


# Agreement of two clusterings.

def cluster_cases():
    generator = numpy.random.default_rng(14)
    cases = []
    pairs = [(generator.integers(0, a, rows), generator.integers(0, b, rows))
             for rows, a, b in ((10, 2, 3), (60, 4, 4), (200, 7, 3))]
    base = generator.integers(0, 4, 80)
    pairs.append((base, numpy.where(generator.random(80) < 0.8, base, generator.integers(0, 4, 80))))
    pairs += [(base, base), (numpy.zeros(6, int), numpy.zeros(6, int)), (numpy.arange(6), numpy.arange(6)),
              (numpy.zeros(6, int), numpy.arange(6))]
    for left, right in pairs:
        cases.append({"clusters": [left.tolist(), right.tolist()],
                      "adjusted_rand": metrics.adjusted_rand_score(left, right),
                      "adjusted_mutual_information": metrics.adjusted_mutual_info_score(left, right),
                      "homogeneity": metrics.homogeneity_score(left, right),
                      "completeness": metrics.completeness_score(left, right),
                      "v_measure": metrics.v_measure_score(left, right)})
    return cases


if __name__ == "__main__":
    main()
