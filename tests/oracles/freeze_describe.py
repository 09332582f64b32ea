"""Freezes what pandas and SciPy say of example tables, for `crates/prepare/src/profile/tests.rs`.

    pip install -r requirements.txt
    python freeze_describe.py
"""

import itertools
import json
import platform
from pathlib import Path

import numpy
import pandas
import scipy
from scipy.stats.contingency import association

HERE = Path(__file__).resolve().parent
DATA = HERE.parent.parent / "dsl-examples" / "data"
SHARES = [0, 0.05, 0.25, 0.5, 0.75, 0.95, 1]


def main():
    cases = [case(name) for name in ("penguins", "titanic", "credit_data", "diamonds")]
    versions = {"python": platform.python_version(), "numpy": numpy.__version__, "scipy": scipy.__version__,
                "pandas": pandas.__version__}
    document = {"tools": versions, "command": "python tests/oracles/freeze_describe.py", "tolerance": 1e-12, "cases": cases}
    (HERE / "describe.json").write_text(json.dumps(document, indent=1, allow_nan=False) + "\n")


def case(name):
    table = pandas.read_csv(DATA / f"{name}.csv")
    numeric = list(table.select_dtypes("number").columns)
    texts = [column for column in table.columns if column not in numeric]
    correlations = table[numeric].corr()
    return {
        "file": f"{name}.csv",
        "duplicates": int(table.duplicated().sum()),
        "numbers": {column: numbers(table[column]) for column in numeric},
        "texts": {column: levels(table[column]) for column in texts},
        "pearson": [[a, b, float(correlations.loc[a, b])] for a, b in itertools.combinations(numeric, 2)],
        "cramers_v": [[a, b, cramers_v(table, a, b)] for a, b in itertools.combinations(texts, 2)],
        "correlation_ratio": [[a, b, ratio(table, a, b)] for a, b in itertools.product(texts, numeric)],
    }


def numbers(column):
    return {
        "missing": int(column.isna().sum()),
        "distinct": int(column.nunique()),
        "mean": float(column.mean()),
        "std": float(column.std()),
        "quantiles": [float(quantile) for quantile in column.quantile(SHARES)],
        "skewness": float(column.skew()),
    }


def levels(column):
    counts = column.value_counts()
    return {"missing": int(column.isna().sum()), "counts": {str(level): int(count) for level, count in counts.items()}}


def cramers_v(table, a, b):
    counts = pandas.crosstab(table[a], table[b]).to_numpy()
    return float(association(counts, method="cramer", correction=False))


def ratio(table, category, number):
    both = table[[category, number]].dropna()
    groups = both.groupby(category)[number]
    center = both[number].mean()
    between = (groups.size() * (groups.mean() - center) ** 2).sum()
    return float(numpy.sqrt(between / ((both[number] - center) ** 2).sum()))


main()
