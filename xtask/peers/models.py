"""Other tools on the jobs of `crates/learn/examples/models.rs`, on the same rows.

    python models.py TOOL NAME...

where TOOL is sklearn, lightgbm, xgboost or catboost, prints a line of JSON for each job: the median of the runs in seconds, and a
number that tells how good the model is.
"""

import json
import sys
import time
import warnings

import numpy as np
from transforms import matrix, target

THREADS = 2
EXPECTED = 0.5 + 0.35 - 0.25 + 1.0
BOOSTING = dict(n_estimators=100, learning_rate=0.1)


def boosted(tool):
    """A booster of 100 trees with 31 leaves and 255 bins."""
    if tool == "lightgbm":
        from lightgbm import LGBMClassifier

        return LGBMClassifier(**BOOSTING, num_leaves=31, max_bin=255, n_jobs=THREADS, verbose=-1)
    if tool == "xgboost":
        from xgboost import XGBClassifier

        leaves = dict(max_leaves=31, max_depth=0, grow_policy="lossguide", max_bin=255)
        return XGBClassifier(**BOOSTING, **leaves, n_jobs=THREADS)
    if tool == "catboost":
        from catboost import CatBoostClassifier

        leaves = dict(max_leaves=31, grow_policy="Lossguide", border_count=254)
        return CatBoostClassifier(**BOOSTING, **leaves, thread_count=THREADS, verbose=0, allow_writing_files=False)
    from sklearn.ensemble import HistGradientBoostingClassifier

    return HistGradientBoostingClassifier(max_iter=100, early_stopping=False)


def classical(name):
    from sklearn import cluster, ensemble, linear_model, neighbors

    return {
        "linear": lambda: linear_model.LinearRegression(),
        "ridge": lambda: linear_model.Ridge(1.0),
        # Our penalty is on the sum over the rows, scikit-learn's on the mean.
        "lasso": lambda: linear_model.Lasso(1000.0 / 100_000, tol=1e-8),
        "logistic": lambda: linear_model.LogisticRegression(C=1.0, tol=1e-8, max_iter=1000),
        "forest": lambda: ensemble.RandomForestClassifier(100, n_jobs=THREADS),
        "extra_trees": lambda: ensemble.ExtraTreesClassifier(100, n_jobs=THREADS),
        "forest-numbers": lambda: ensemble.RandomForestRegressor(100, n_jobs=THREADS),
        "knn": lambda: neighbors.KNeighborsClassifier(5, n_jobs=THREADS),
        "kmeans": lambda: cluster.KMeans(8, n_init=1, random_state=0),
    }[name]()


# Rows, columns, are there classes, runs, rows to fit if predictions are timed.
JOBS = {
    "linear": (100_000, 50, False, 3, None),
    "ridge": (100_000, 50, False, 3, None),
    "lasso": (100_000, 50, False, 3, None),
    "logistic": (100_000, 50, True, 3, None),
    "gbdt-small": (100_000, 20, True, 3, None),
    "gbdt-large": (3_000_000, 20, True, 1, None),
    "gbdt-predict": (1_000_000, 20, True, 3, 100_000),
    "forest": (100_000, 20, True, 1, None),
    "extra_trees": (100_000, 20, True, 1, None),
    "forest-numbers": (20_000, 20, False, 1, None),
    "knn": (20_000, 10, True, 3, 20_000),
    "kmeans": (100_000, 20, False, 3, None),
}


def run(model, inputs, labels, first):
    start = time.perf_counter()
    model.fit(inputs[:first], labels[:first])
    if first is not None:
        start = time.perf_counter()
        predicted = model.predict(inputs)
        seconds = time.perf_counter() - start
    else:
        seconds = time.perf_counter() - start
        predicted = None if hasattr(model, "inertia_") else model.predict(inputs)
    if predicted is None:
        return seconds, model.inertia_ / len(inputs)
    errors = predicted != labels if labels.dtype == bool else (predicted - labels) ** 2
    return seconds, errors.mean()


def main():
    warnings.simplefilter("ignore")
    tool = sys.argv[1]
    for name in sys.argv[2:]:
        rows, columns, classes, times, first = JOBS[name]
        inputs, labels = matrix(rows, columns, False), target(rows, columns)
        if classes:
            labels = labels > EXPECTED
        make = (lambda: boosted(tool)) if name.startswith("gbdt") else (lambda: classical(name))
        runs = [run(make(), inputs, labels, first) for _ in range(times)]
        seconds = sorted(seconds for seconds, _ in runs)[times // 2]
        print(json.dumps({"name": name, "seconds": round(seconds, 4), "result": f"{runs[0][1]:.4f}"}), flush=True)


if __name__ == "__main__":
    main()
