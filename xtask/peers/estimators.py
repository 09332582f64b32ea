"""scikit-learn on the steps of `crates/frame/examples/estimators.rs`, on the same table.

    python estimators.py [NAME...]

prints a line of JSON for each step: the median of five runs in seconds, and the mean of the output. Steps may
modify the table in place.
"""

import json
import sys
import time
import warnings

import numpy as np
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import (
    FunctionTransformer, KBinsDiscretizer, MaxAbsScaler, MinMaxScaler, PolynomialFeatures, PowerTransformer,
    QuantileTransformer, RobustScaler, SplineTransformer, StandardScaler)

ROWS, COLUMNS, FEW_COLUMNS, TIMES = 1_000_000, 16, 4, 5


class Clip:
    """Bounds at quantiles, as numpy would do it: scikit-learn has no such step."""

    def fit_transform(self, rows):
        low, high = np.percentile(rows, [1, 99], axis=0)
        return np.clip(rows, low, high)


def bins(strategy):
    return KBinsDiscretizer(10, encode="ordinal", strategy=strategy, subsample=None, quantile_method="linear")


STEPS = {
    "fillna mean": lambda: SimpleImputer(strategy="mean", copy=False),
    "fillna median": lambda: SimpleImputer(strategy="median", copy=False),
    "scale standard": lambda: StandardScaler(copy=False),
    "scale minmax": lambda: MinMaxScaler(copy=False),
    "scale robust": lambda: RobustScaler(copy=False),
    "scale maxabs": lambda: MaxAbsScaler(copy=False),
    "power yeojohnson": lambda: PowerTransformer(copy=False),
    "quantile normal": lambda: QuantileTransformer(output_distribution="normal", subsample=None, copy=False),
    "quantile uniform": lambda: QuantileTransformer(output_distribution="uniform", subsample=None, copy=False),
    "log1p": lambda: FunctionTransformer(np.log1p),
    "clip 1% 99%": Clip,
    "bin 10 width": lambda: bins("uniform"),
    "bin 10 quantile": lambda: bins("quantile"),
    "bin 10 kmeans": lambda: bins("kmeans"),
    "poly 2": lambda: PolynomialFeatures(2, include_bias=False),
    "spline 5": lambda: SplineTransformer(5, extrapolation="constant"),
}


def uniform(place):
    """A number in 0 to 1 that looks random: SplitMix64."""
    state = (place + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
    state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return ((state ^ (state >> np.uint64(31))) >> np.uint64(11)) / float(1 << 53)


def table(columns, blanks):
    made = np.empty((ROWS, columns))
    for column in range(columns):
        place = np.arange(ROWS, dtype=np.uint64) * np.uint64(4) + np.uint64(column * ROWS * 4)
        first, second = uniform(place + np.uint64(1)), uniform(place + np.uint64(2))
        numbers = 4.0 * (first + second) if column % 2 == 0 else 8.0 * first * second * second
        if column % 4 == 3:
            numbers = np.floor(10.0 * numbers) / 10.0
        if blanks:
            numbers[uniform(place) < 0.05] = np.nan
        made[:, column] = numbers
    return made


def main():
    warnings.simplefilter("ignore")
    for name in sys.argv[1:] or STEPS:
        rows = table(FEW_COLUMNS if name in ("poly 2", "spline 5") else COLUMNS, name.startswith("fillna"))
        times = []
        for _ in range(TIMES):
            own = rows.copy()
            start = time.perf_counter()
            made = STEPS[name]().fit_transform(own)
            times.append(time.perf_counter() - start)
        line = {"name": name, "seconds": round(sorted(times)[TIMES // 2], 4), "result": f"{made.mean():.6f}"}
        print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
