"""Freezes groups, joins, pivots and orders of pandas and polars, which have to agree with each other.

    pip install pandas==PANDAS polars==POLARS        # the versions that relation.json names
    python freeze_relation.py

writes relation.json: small tables as CSV, and for every case the operation and the rows that come out. The tools treat a
missing key of a group as a key; of joins, missing keys match nothing (in pandas, which lets them match, they are dropped
from the right table first).
"""

import io
import json
import math
import platform
from pathlib import Path

import numpy
import pandas
import polars

HERE = Path(__file__).resolve().parent


def main():
    visits, sites = tables()
    cases = groups(visits) + joins(visits, sites) + shapes(visits)
    tools = {"python": platform.python_version(), "numpy": numpy.__version__, "pandas": pandas.__version__,
             "polars": polars.__version__}
    document = {"tools": tools, "command": "python tests/oracles/freeze_relation.py", "tolerance": 1e-12,
                "visits": visits, "sites": sites, "cases": cases}
    lines = ",\n ".join(json.dumps(case, allow_nan=False) for case in cases)
    head = json.dumps({name: value for name, value in document.items() if name != "cases"}, indent=1)
    (HERE / "relation.json").write_text(f'{head[:-2]},\n "cases": [\n {lines}\n]}}\n')


def tables():
    random = numpy.random.default_rng(17)

    def blank(values, share):
        return ["" if random.random() < share else str(value) for value in values]

    count = 60
    columns = {
        "id": [str(row) for row in range(count)],
        "site": blank(random.choice(["north", "south", "east", "west"], count), 0.1),
        "level": blank(random.integers(1, 6, count), 0.1),
        "amount": blank(numpy.round(random.standard_normal(count) * 10.0 ** random.integers(-3, 4, count), 6), 0.15),
        "score": blank(random.integers(-50, 50, count), 0.15),
        "minute": blank(random.integers(0, 300, count), 0.05),
    }
    visits = written(columns)
    sites = written({
        "site": ["south", "east", "north", "south", "", "centre"],
        "level": ["1", "2", "3", "1", "4", ""],
        "minute": ["10", "200", "120", "10", "30", "90"],
        "rate": ["0.5", "1.25", "", "2", "3", "4"],
    })
    return visits, sites


def written(columns):
    rows = zip(*columns.values())
    return "\n".join([",".join(columns)] + [",".join(row) for row in rows]) + "\n"


def both(text):
    """The table as pandas and as polars read it, whole numbers with blanks as such."""
    by_polars = polars.read_csv(io.StringIO(text))
    by_pandas = pandas.read_csv(io.StringIO(text), dtype_backend="numpy_nullable")
    return by_pandas, by_polars


def plain(value):
    if value is None or value is pandas.NA or (isinstance(value, float) and math.isnan(value)):
        return None
    return value.item() if hasattr(value, "item") else value


def rows_of(table):
    rows = table.rows() if isinstance(table, polars.DataFrame) else table.itertuples(index=False, name=None)
    return [[plain(value) for value in row] for row in rows]


def agreed(operation, by_pandas, by_polars):
    one, other = rows_of(by_pandas), rows_of(by_polars)
    assert len(one) == len(other), operation
    for left, right in zip(one, other):
        for a, b in zip(left, right, strict=True):
            same = a == b or (isinstance(a, (int, float)) and isinstance(b, (int, float)) and math.isclose(a, b, rel_tol=1e-9))
            assert same, (operation, left, right)
    return {**operation, "rows": other}


MEASURES = ["count", "sum", "mean", "std", "var", "min", "max", "median", "first", "last", "distinct"]


def groups(visits):
    table, frame = both(visits)
    cases = []
    for keys in (["site"], ["level"], ["site", "level"]):
        for column in ("amount", "score"):
            grouped = table.groupby(keys, sort=False, dropna=False)[column]
            named = {name: getattr(grouped, "nunique" if name == "distinct" else name)() for name in MEASURES}
            by_pandas = pandas.DataFrame(named).reset_index()
            by_pandas = by_pandas.astype(object).where(by_pandas.notna(), None)
            value = polars.col(column)
            there = value.drop_nulls()
            by_polars = frame.group_by(keys, maintain_order=True).agg(
                value.count().alias("count"), value.sum().alias("sum"), value.mean().alias("mean"),
                value.std().alias("std"), value.var().alias("var"), value.min().alias("min"), value.max().alias("max"),
                value.median().alias("median"), there.first().alias("first"), there.last().alias("last"),
                there.n_unique().alias("distinct"))
            operation = {"operation": "group", "keys": keys, "column": column, "measures": MEASURES}
            cases.append(agreed(operation, by_pandas, by_polars))
    return cases


def joins(visits, sites):
    (left, left_frame), (right, right_frame) = both(visits), both(sites)
    right_frame = right_frame.rename({"minute": "minute (right)"})
    right = right.rename(columns={"minute": "minute (right)"})
    cases = []
    for on in (["site"], ["site", "level"]):
        there = right.dropna(subset=on)
        added = [name for name in right.columns if name not in on]
        for how in ("inner", "left", "anti", "semi"):
            if how in ("inner", "left"):
                renamed = {name: f"{name} (right)" for name in added if name in left.columns}
                by_pandas = left.merge(there.rename(columns=renamed), on=on, how=how)
            else:
                has = left[on].apply(tuple, axis=1).isin(there[on].apply(tuple, axis=1)) & left[on].notna().all(axis=1)
                by_pandas = left[has if how == "semi" else ~has]
            by_polars = left_frame.join(right_frame, on=on, how=how, maintain_order="left_right")
            cases.append(agreed({"operation": how, "on": on}, by_pandas, by_polars))
    return cases + latest(visits, sites)


def latest(visits, sites):
    cases = []
    for by, tolerance in ((None, None), (None, 40), ("site", None)):
        (left, left_frame), (right, right_frame) = both(visits), both(sites)
        left, right = left.dropna(subset=["minute"]), right.dropna(subset=["minute"])
        left_frame, right_frame = left_frame.drop_nulls("minute"), right_frame.drop_nulls("minute")
        if by:
            # A missing key matches nothing.
            left, right = left.dropna(subset=[by]), right.dropna(subset=[by])
            left_frame, right_frame = left_frame.drop_nulls(by), right_frame.drop_nulls(by)
        right = right.sort_values("minute", kind="stable")[[by, "minute", "rate"] if by else ["minute", "rate"]]
        right_frame = right_frame.sort("minute", maintain_order=True).select(right.columns.to_list())
        by_pandas = pandas.merge_asof(left.sort_values(["minute", "id"]), right, on="minute", by=by, tolerance=tolerance)
        by_pandas = by_pandas.sort_values("id")[["id", "rate"]]
        by_polars = left_frame.sort("minute", "id").join_asof(
            right_frame, on="minute", by=by, tolerance=tolerance, strategy="backward").sort("id").select("id", "rate")
        cases.append(agreed({"operation": "asof", "by": by, "tolerance": tolerance}, by_pandas, by_polars))
    return cases


def shapes(visits):
    table, frame = both(visits)
    cases = []
    for by, descending in ((["score"], [False]), (["site", "amount"], [True, False]), (["level", "site"], [False, True])):
        # pandas: the last key first, each sort stable.
        by_pandas = table
        for name, down in reversed(list(zip(by, descending))):
            by_pandas = by_pandas.sort_values(name, ascending=not down, kind="stable", na_position="last")
        by_polars = frame.sort(by, descending=descending, nulls_last=True, maintain_order=True)
        cases.append(agreed({"operation": "sort", "by": by, "descending": descending}, by_pandas, by_polars))
    for on in (["site"], ["site", "level"]):
        by_pandas, by_polars = table.drop_duplicates(on), frame.unique(on, keep="first", maintain_order=True)
        cases.append(agreed({"operation": "dedup", "on": on}, by_pandas, by_polars))
        by_pandas, by_polars = table.dropna(subset=on), frame.drop_nulls(on)
        cases.append(agreed({"operation": "dropna", "on": on}, by_pandas, by_polars))
    long = ["amount", "score"]
    by_pandas = table.melt(["id", "site"], long, "name", "number").sort_values("id", kind="stable")
    by_polars = frame.unpivot(long, index=["id", "site"], variable_name="name", value_name="number")
    by_polars = by_polars.sort("id", maintain_order=True)
    cases.append(agreed({"operation": "unpivot", "on": long}, by_pandas, by_polars))
    few, few_frame = table[["site", "level", "score"]].dropna(), frame.select("site", "level", "score").drop_nulls()
    for aggregate in ("mean", "max"):
        by_pandas = few.pivot_table(index="site", columns="level", values="score", aggfunc=aggregate, sort=False)
        by_pandas = by_pandas[sorted(by_pandas.columns)].reindex(few["site"].drop_duplicates()).reset_index()
        by_polars = few_frame.pivot("level", index="site", values="score", aggregate_function=aggregate)
        by_polars = by_polars.select("site", *sorted(name for name in by_polars.columns if name != "site"))
        cases.append(agreed({"operation": "pivot", "aggregate": aggregate}, by_pandas, by_polars))
    return cases


main()
