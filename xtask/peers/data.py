"""data.py FOLDER FILE...: generates these files, each with 5% blanks. Keeps existing ones.

small.csv (569 × 30), mid.csv (100,000 × 20), folds.csv (4,000 × 20, and a column `fold` of three), big.csv (5,000,000 × 20, 774 MB), big.parquet (the same; needs big.csv),
rows.parquet (5,000,000 × 6: keys and numbers to group and to join), lookup.parquet (100,000 × 2), other.parquet
(5,000,000 × 2).
"""

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


def mid(rows=100_000):
    """Two classes by a sum of bent terms with logistic noise; columns of very different scales, some correlated."""
    columns = 20
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


def folds():
    """The first kind of rows of `mid`, in three folds in turn."""
    table = mid(rows=4_000)
    return table.assign(fold=np.arange(len(table)) % 3)


def big(path):
    """Twelve columns of fractions, four of whole numbers, three of texts with few values, and a date."""
    import polars as pl

    rows, chunk = 5_000_000, 500_000
    random = np.random.default_rng(6)
    texts = {
        "s0": np.array(["north", "south", "east", "west", "centre"]),
        "s1": np.array(["basic", "silver", "gold", "platinum", "trial", "student", "family", "corporate"]),
        "s2": np.array([f"cat_{index:02d}" for index in range(12)]),
    }
    integers = {"i0": (0, 100), "i1": (-1000, 1000), "i2": (0, 1_000_000), "i3": (0, 2)}
    with open(path, "wb") as file:
        for part in range(rows // chunk):
            columns = {}
            for index in range(12):
                scale, digits = 10 ** (index % 4), 6 - index % 4
                columns[f"f{index}"] = np.round(random.standard_normal(chunk) * scale + index, digits)
            columns |= {name: random.integers(low, high, chunk) for name, (low, high) in integers.items()}
            columns |= {name: values[random.integers(0, len(values), chunk)] for name, values in texts.items()}
            seconds = (np.arange(chunk) + part * chunk).astype("timedelta64[s]") * 30
            columns["ts"] = (np.datetime64("2020-01-01T00:00:00") + seconds).astype("datetime64[ms]")
            blanks = np.random.default_rng(100 + part)
            table = pl.DataFrame(columns)
            blanked = [
                pl.when(pl.Series(blanks.random(chunk) < 0.05)).then(None).otherwise(pl.col(name)).alias(name)
                for name in table.columns if name != "ts"
            ]
            table = table.with_columns(blanked)
            table.write_csv(file, include_header=part == 0, datetime_format="%Y-%m-%dT%H:%M:%S")


def big_parquet(path):
    import pyarrow.csv
    import pyarrow.parquet

    options = pyarrow.csv.ConvertOptions(strings_can_be_null=True)
    table = pyarrow.csv.read_csv(path.parent / "big.csv", convert_options=options)
    pyarrow.parquet.write_table(table, path, compression="snappy")


def rows(path):
    """Keys of several sorts, and two numbers; `sparse` are the numbers of `whole` spread over 64 bits."""
    import polars as pl

    count = 5_000_000
    random = np.random.default_rng(8)
    levels = np.array([f"level {level:04d}" for level in range(1000)])
    whole = random.integers(0, 100_000, count)
    table = pl.DataFrame({
        "text": levels[random.integers(0, len(levels), count)], "whole": whole,
        "sparse": (whole.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)).astype(np.int64),
        "order": random.permutation(count), "x": random.standard_normal(count), "y": random.random(count) * 100})
    table.write_parquet(path, compression="snappy")


def lookup(path):
    import polars as pl

    random = np.random.default_rng(9)
    pl.DataFrame({"whole": random.permutation(100_000), "rate": random.random(100_000)}).write_parquet(path)


def other(path):
    import polars as pl

    random = np.random.default_rng(10)
    table = pl.DataFrame({"order": random.permutation(5_000_000), "z": random.random(5_000_000)})
    table.write_parquet(path, compression="snappy")


MAKERS = {
    "small.csv": lambda path: small().to_csv(path, index=False),
    "mid.csv": lambda path: mid().to_csv(path, index=False),
    "folds.csv": lambda path: folds().to_csv(path, index=False),
    "big.csv": big,
    "big.parquet": big_parquet,
    "rows.parquet": rows,
    "lookup.parquet": lookup,
    "other.parquet": other,
}

folder = pathlib.Path(sys.argv[1])
folder.mkdir(parents=True, exist_ok=True)
for name in sys.argv[2:]:
    path = folder / name
    if not path.exists():
        part = path.with_name(f"{name}.part")
        MAKERS[name](part)
        part.replace(path)
