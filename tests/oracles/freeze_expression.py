"""Freezes what pandas and polars make of dates, texts, numbers and windows: `expression.json`.

    python3 -m venv venv && venv/bin/pip install -r requirements.txt && venv/bin/python freeze_expression.py
"""

import json
import math
import pathlib
import random

import numpy
import pandas
import polars

HERE = pathlib.Path(__file__).parent


def plain(values):
    """Missing values as null, whole numbers as such."""
    out = []
    for value in values:
        if value is None or value is pandas.NA or (isinstance(value, float) and math.isnan(value)):
            out.append(None)
        elif isinstance(value, (numpy.integer, numpy.floating, numpy.bool_)):
            out.append(value.item())
        else:
            out.append(value)
    return out


def dates():
    moments = ["1969-12-31T23:59:59", "1970-01-01", "1900-02-28", "2000-02-29", "2004-12-31", "2008-12-29",
               "2010-01-03", "2015-12-31", "2016-01-01", "2017-01-01", "2018-12-31", "2020-02-29T12:30:00",
               "2020-12-31", "2021-01-01", "2021-01-04", "2024-02-29T23:59:59", "2024-12-30", "2026-12-31", None]
    series = pandas.Series(pandas.to_datetime(moments, format="ISO8601"))
    part = series.dt
    made = {
        "year": part.year, "quarter": part.quarter, "month": part.month, "week": part.isocalendar().week,
        "day": part.day, "dayofyear": part.day_of_year, "weekday": part.day_of_week + 1, "hour": part.hour,
        "minute": part.minute, "second": part.second,
    }
    since = (series - pandas.Timestamp("2000-01-01")) / pandas.Timedelta(days=1)
    return {"moments": moments, "functions": {name: plain(values) for name, values in made.items()},
            "days since 2000-01-01": plain(since)}


def texts():
    values = ["Braund, Mr. Owen", "  ÄÖÜ straße ", "a-b-c", "", None, "x", "naïve-", "ONE two", "İstanbul"]
    frame = polars.DataFrame({"x": values})
    x = polars.col("x")
    parts = x.str.split("-").list
    cases = [
        ("lower", [], x.str.to_lowercase()),
        ("upper", [], x.str.to_uppercase()),
        ("trim", [], x.str.strip_chars()),
        ("len", [], x.str.len_chars()),
        ("replace", ["-", "+"], x.str.replace_all("-", "+", literal=True)),
        ("split", ["-", 0], parts.get(0, null_on_oob=True)),
        ("split", ["-", 1], parts.get(1, null_on_oob=True)),
        ("split", ["-", -1], parts.get(-1, null_on_oob=True)),
        ("contains", ["-"], x.str.contains("-", literal=True)),
        ("starts_with", ["a"], x.str.starts_with("a")),
        ("ends_with", ["-"], x.str.ends_with("-")),
        ("regex", [r"^[A-Z]\w+"], x.str.contains(r"^[A-Z]\w+")),
        ("extract", [r", (\w+)\."], x.str.extract(r", (\w+)\.", 1)),
        ("concat", ["!"], polars.concat_str([x, polars.lit("!")])),
    ]
    made = [{"function": name, "arguments": arguments, "values": frame.select(case).to_series().to_list()}
            for name, arguments, case in cases]
    return {"x": values, "cases": made}


def numbers():
    values = [0.0, 0.5, 1.5, 2.5, -0.5, -1.5, 2.675, 1e-12, 1234.5678, -3.25, None, 1e300, -1.0]
    frame = pandas.Series(values, dtype="float64")
    with numpy.errstate(all="ignore"):
        cases = {
            "abs": frame.abs(), "sign": numpy.sign(frame), "sqrt": numpy.sqrt(frame), "exp": numpy.exp(frame),
            "log": numpy.log(frame), "log2": numpy.log2(frame), "log10": numpy.log10(frame),
            "log1p": numpy.log1p(frame), "sin": numpy.sin(frame), "cos": numpy.cos(frame),
            "floor": numpy.floor(frame), "ceil": numpy.ceil(frame), "round": frame.round(0),
            "round 2": frame.round(2), "round -1": frame.round(-1),
        }
    finite = {name: [value if value is not None and math.isfinite(value) else None for value in plain(case)]
              for name, case in cases.items()}
    return {"x": values, "cases": finite}


def windows():
    draw = random.Random(5)
    rows = 60
    key = [draw.choice(["a", "b", "c"]) for _ in range(rows)]
    start = pandas.Timestamp("2024-01-01")
    days = sorted(draw.randrange(80) for _ in range(rows))
    moment = [start + pandas.Timedelta(days=day, hours=draw.randrange(24)) for day in days]
    moment.sort()
    x = [None if draw.random() < 0.15 else round(draw.uniform(-10, 10), 3) for _ in range(rows)]
    frame = pandas.DataFrame({"key": key, "moment": moment, "x": x})
    groups = frame.groupby("key", group_keys=False)

    def rolling(reach, how):
        made = groups.apply(lambda part: getattr(part.rolling(reach, on="moment", min_periods=1)["x"], how)(),
                            include_groups=False)
        return made.sort_index()

    def rolling_rows(rows, how):
        made = groups["x"].apply(lambda part: getattr(part.rolling(rows, min_periods=1), how)())
        return made.sort_index()

    cases = {
        "lag 1": groups["x"].shift(1), "lag 3": groups["x"].shift(3), "lead 2": groups["x"].shift(-2),
        "cumsum": groups["x"].cumsum(), "cummin": groups["x"].cummin(), "cummax": groups["x"].cummax(),
    }
    for how in ["mean", "std", "min", "max", "median", "var"]:
        cases[f"{how} 10d"] = rolling("10D", how)
        cases[f"{how} 4"] = rolling_rows(4, how)
        cases[f"{how} all"] = groups["x"].apply(lambda part: getattr(part.expanding(min_periods=1), how)()).sort_index()
    # pandas says 0 where a window holds no value; a count and a sum of nothing are 0 here too.
    for how in ["sum", "count"]:
        made = groups.apply(lambda part: getattr(part.rolling("10D", on="moment", min_periods=0)["x"], how)(),
                            include_groups=False).sort_index()
        cases[f"{how} 10d"] = made
    return {
        "key": key, "moment": [str(value).replace(" ", "T") for value in moment], "x": x,
        "cases": {name: plain(case) for name, case in cases.items()},
    }


frozen = {
    "tools": {"pandas": pandas.__version__, "polars": polars.__version__, "numpy": numpy.__version__},
    "command": "python freeze_expression.py",
    "tolerance": 1e-12,
    "dates": dates(),
    "texts": texts(),
    "numbers": numbers(),
    "windows": windows(),
}
(HERE / "expression.json").write_text(json.dumps(frozen, indent=1, ensure_ascii=False) + "\n")
