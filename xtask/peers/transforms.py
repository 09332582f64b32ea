"""scikit-learn on the steps of `crates/learn/examples/transforms.rs`, on the same matrix.

    python transforms.py [NAME...]

prints a line of JSON for each step: the median of three runs in seconds, and the mean magnitude of the output.
"""

import json
import sys
import time
import warnings

import numpy as np
from sklearn.decomposition import PCA
from sklearn.experimental import enable_iterative_imputer  # noqa: F401 (makes the next line possible)
from sklearn.feature_selection import SelectKBest, f_regression, mutual_info_regression
from sklearn.impute import IterativeImputer, KNNImputer

TIMES, MISSING = 3, 0.1

# Rows, columns, and the step.
STEPS = {
    "fillna knn[5]": (10_000, 10, lambda: KNNImputer(n_neighbors=5)),
    "fillna iterative": (50_000, 10, lambda: IterativeImputer(max_iter=10, tol=1e-3)),
    "pca[10]": (100_000, 50, lambda: PCA(10)),
    "select_k mi[5]": (10_000, 20, lambda: SelectKBest(mutual_info_regression, k=5)),
    "select_k f[5]": (200_000, 50, lambda: SelectKBest(f_regression, k=5)),
}


def uniform(place):
    """A number in 0 to 1 that looks random: SplitMix64."""
    state = (place + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
    state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return ((state ^ (state >> np.uint64(31))) >> np.uint64(11)) / float(1 << 53)


def part(rows, column):
    return uniform((np.arange(rows, dtype=np.uint64) + np.uint64(column * rows)) * np.uint64(2))


def matrix(rows, columns, blanks):
    made = np.empty((rows, columns))
    for column in range(columns):
        made[:, column] = part(rows, column) + 0.5 * part(rows, (column + columns - 1) % columns)
        if blanks:
            place = (np.arange(rows, dtype=np.uint64) + np.uint64(column * rows)) * np.uint64(2) + np.uint64(1)
            made[uniform(place) < MISSING, column] = np.nan
    return made


def target(rows, columns):
    return part(rows, 0) + 0.7 * part(rows, 1) - 0.5 * part(rows, 2) + 2.0 * part(rows, columns)


def main():
    warnings.simplefilter("ignore")
    for name in sys.argv[1:] or STEPS:
        rows, columns, step = STEPS[name]
        inputs, numbers = matrix(rows, columns, name.startswith("fillna")), target(rows, columns)
        times = []
        for _ in range(TIMES):
            start = time.perf_counter()
            made = step().fit_transform(inputs, numbers)
            times.append(time.perf_counter() - start)
        line = {"name": name, "seconds": round(sorted(times)[TIMES // 2], 4), "result": f"{np.abs(made).mean():.6f}"}
        print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
