"""data.py FOLDER: makes small.csv (569 × 30) and mid.csv (100,000 × 20) there, with 5% blanks. Keeps what exists."""

import pathlib
import sys

import numpy as np
import pandas as pd


def blank(table, share, seed):
    """Takes this share of the values of every column but the target."""
    random = np.random.default_rng(seed)
    for name in table.columns.drop("target"):
        table[name] = table[name].mask(random.random(len(table)) < share)
    return table


def small():
    """The breast cancer data of scikit-learn."""
    from sklearn.datasets import load_breast_cancer

    source = load_breast_cancer()
    table = pd.DataFrame(source.data, columns=[name.replace(" ", "_") for name in source.feature_names])
    return blank(table.assign(target=source.target), 0.05, seed=1)


def mid():
    """Two classes by a sum of bent terms with logistic noise; columns of very different scales, some correlated."""
    rows, columns = 100_000, 20
    random = np.random.default_rng(2)
    z = random.standard_normal((rows, columns))
    z[:, 10:15] = 0.6 * z[:, 0:5] + 0.8 * z[:, 10:15]
    logit = (1.5 * np.sin(2 * z[:, 0]) + 1.2 * z[:, 1] * z[:, 2] + 0.8 * (z[:, 3] ** 2 - 1) - 1.3 * np.abs(z[:, 4])
             + 0.9 * z[:, 5] + 0.6 * z[:, 6] * np.tanh(z[:, 7]) + 0.5 * z[:, 8] - 0.4 * z[:, 9] + 0.9)
    target = (1.6 * logit + random.logistic(size=rows) > 0).astype(np.int64)
    scales = np.geomspace(0.01, 1000, columns)
    values = z * scales + random.normal(0, 3, columns) * scales
    rounded = [[float(f"{value:.6g}") for value in column] for column in values.T]
    table = pd.DataFrame({f"x{index}": column for index, column in enumerate(rounded)})
    return blank(table.assign(target=target), 0.05, seed=3)


folder = pathlib.Path(sys.argv[1])
folder.mkdir(parents=True, exist_ok=True)
for make in (small, mid):
    path = folder / f"{make.__name__}.csv"
    if not path.exists():
        part = path.with_suffix(".part")
        make().to_csv(part, index=False)
        part.replace(path)
