"""Freezes what scikit-learn and pandas make of names, texts and dates.

    pip install -r requirements.txt
    python freeze_names.py

writes `encoders.json`, `words.json` and `dates.json` into this folder. The out-of-fold codes of the target encoder are
frozen fold by fold: a fold's rows get what an encoder says that was fitted to the others.
"""

import json
import platform
from pathlib import Path

import numpy
import pandas
import sklearn
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, TargetEncoder

HERE = Path(__file__).resolve().parent
random = numpy.random.default_rng(7)

ROWS = 60
TOWNS = ["Ulm", "Bern", "Graz", "Linz", "Oulu", "Pau"]
NEW = ["Bern", "Rome", None, "Pau", "Ulm"]


def main():
    write("encoders.json", 1e-12, encoders())
    write("words.json", 1e-12, words())
    write("dates.json", 1e-12, dates())


def write(name, tolerance, cases):
    versions = {"python": platform.python_version(), "numpy": numpy.__version__, "pandas": pandas.__version__,
                "scikit-learn": sklearn.__version__}
    document = {"tools": versions, "command": "python tests/oracles/freeze_names.py", "tolerance": tolerance,
                "cases": cases}
    (HERE / name).write_text(json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
                             .replace('"cases":[', '"cases":[\n').replace("},{", "},\n{") + "\n")


# Encoders.

def encoders():
    weights = numpy.array([20, 15, 10, 8, 5, 2]) / 60
    towns = random.choice(numpy.array(TOWNS, dtype=object), ROWS, p=weights)
    towns[random.random(ROWS) < 0.1] = None
    binary = (random.random(ROWS) < 0.4).astype(int)
    classes = random.choice(["cone", "cube", "ring"], ROWS)
    numbers = numpy.round(random.normal(5, 3, ROWS), 6)
    cases = [onehot(towns, minimum) for minimum in (None, 5)]
    cases += [ordinal(towns, minimum) for minimum in (None, 5)]
    for task, target in (("binary", binary), ("classes", classes), ("numbers", numbers)):
        cases += [target_encoding(towns, task, target, smooth) for smooth in ("auto", 0.0, 2.5)]
    # A level whose target is constant, and a target that is.
    cases.append(target_encoding(towns, "numbers", numpy.where(towns == "Bern", 4.0, numbers), "auto"))
    cases.append(target_encoding(towns, "numbers", numpy.full(ROWS, 3.0), "auto"))
    return cases


def column(values):
    return numpy.array(values, dtype=object).reshape(-1, 1)


def onehot(towns, minimum):
    """Columns in scikit-learn's order: levels, missing, rare ones. A level that is not known is 0 everywhere."""
    encoder = OneHotEncoder(min_frequency=minimum, handle_unknown="ignore", sparse_output=False).fit(column(towns))
    return {"method": "onehot", "towns": list(towns), "new": NEW, "rare": minimum,
            "names": list(encoder.get_feature_names_out(["town"])), "codes": encoder.transform(column(NEW)).tolist()}


def ordinal(towns, minimum):
    # Only what is no number is missing to this one.
    missing = lambda values: column([numpy.nan if value is None else value for value in values])
    encoder = OrdinalEncoder(min_frequency=minimum, handle_unknown="use_encoded_value", unknown_value=-1,
                             encoded_missing_value=-1).fit(missing(towns))
    return {"method": "ordinal", "towns": list(towns), "new": NEW, "rare": minimum,
            "codes": encoder.transform(missing(NEW)).tolist()}


def target_encoding(towns, task, target, smooth):
    kind = {"binary": "binary", "classes": "multiclass", "numbers": "continuous"}[task]
    encoder = lambda: TargetEncoder(smooth=smooth, target_type=kind)
    folds = random.permutation(ROWS) % 5
    crossed = None
    for fold in range(5):
        inside = folds == fold
        codes = encoder().fit(column(towns[~inside]), target[~inside]).transform(column(towns[inside]))
        crossed = numpy.zeros((ROWS, codes.shape[1])) if crossed is None else crossed
        crossed[inside] = codes
    full = encoder().fit(column(towns), target)
    return {"method": "target", "towns": list(towns), "new": NEW, "task": task, "target": target.tolist(),
            "smooth": None if smooth == "auto" else smooth, "codes": full.transform(column(NEW)).tolist(),
            "folds": folds.tolist(), "crossed": crossed.tolist()}


# Texts.

TEXTS = [
    "The quick brown fox jumps over the lazy dog.", "A lazy DOG; a quick, quick cat", None, "", "fox fox_hunt 42 7 x1",
    "Straße im Schnee, straße im Regen", "the cat and the hat", "Ὀδυσσεὺς is Greek", "over and over, brown", "brown-brown dog's",
]
NEW_TEXTS = ["the brown cat", None, "zebra", "lazy lazy dog 42", "straße"]


def words():
    cases = []
    for method, vectorizer in (("tfidf", TfidfVectorizer), ("bow", CountVectorizer)):
        for longest in (1, 2):
            for size in (None, 2):
                vector = vectorizer(max_features=size, ngram_range=(1, longest))
                vector.fit([text or "" for text in TEXTS])
                cases.append({
                    "method": method, "longest": longest, "size": size, "texts": TEXTS, "new": NEW_TEXTS,
                    "words": list(vector.get_feature_names_out()),
                    "codes": vector.transform([text or "" for text in NEW_TEXTS]).toarray().tolist()})
    return cases


# Dates.

def dates():
    days = ["1899-12-31", "1969-12-31T23:59:59", "1970-01-01", "2000-02-29T12:30:00", "2004-12-31", "2005-01-01",
            "2005-01-02", "2008-12-29", "2010-01-03", "2019-12-30", "2020-12-31T06:00:00", "2021-01-03", "2024-02-29",
            "2024-12-31T23:00:00", "2026-12-31", "2100-03-01", "1900-03-01"]
    moments = pandas.Series(pandas.to_datetime(days, format="ISO8601"))
    part = moments.dt
    return [{
        "dates": days,
        "year": part.year.tolist(), "quarter": part.quarter.tolist(), "month": part.month.tolist(),
        "week": part.isocalendar().week.astype(int).tolist(), "day": part.day.tolist(),
        "dayofyear": part.day_of_year.tolist(), "weekday": part.day_of_week.tolist(),
        "weekend": (part.day_of_week >= 5).astype(int).tolist(), "hour": part.hour.tolist(),
        "elapsed": ((moments - moments.min()) / pandas.Timedelta(days=1)).tolist(),
    }]


if __name__ == "__main__":
    main()
