"""scikit-learn on the steps of `crates/frame/examples/encoders.rs`, on the same table.

    python encoders.py [NAME...]

prints a line of JSON for each step: the median of five runs in seconds, and the sum of the output. Every step runs
in its fastest configuration, sparse if possible. Sums of hashes differ, since the hash functions do.
"""

import json
import sys
import time
import warnings

import numpy as np
import pandas as pd
from sklearn.feature_extraction import FeatureHasher
from sklearn.feature_extraction.text import CountVectorizer, HashingVectorizer, TfidfVectorizer
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, TargetEncoder

ROWS, LEVELS, TEXTS, WORDS_A_TEXT, TIMES = 1_000_000, (10, 100, 1000), 100_000, 8, 5


class Counts:
    """Frequencies, as pandas would do it: scikit-learn has no such step."""

    def fit_transform(self, names, _):
        frame = pd.DataFrame(names)
        return np.column_stack([frame[column].map(frame[column].value_counts()) for column in frame])


class Hasher:
    def fit_transform(self, names, _):
        return sum(FeatureHasher(256, input_type="string").transform(names[:, [column]]).sum() for column in range(3))


class Text:
    def __init__(self, vectorizer):
        self.vectorizer = vectorizer

    def fit_transform(self, texts, _):
        return self.vectorizer.fit_transform(texts)


STEPS = {
    "encode onehot": OneHotEncoder,
    "encode ordinal": OrdinalEncoder,
    "encode count": Counts,
    "encode hash[256]": Hasher,
    "encode target": lambda: TargetEncoder(random_state=0),
    "text tfidf[200]": lambda: Text(TfidfVectorizer(max_features=200)),
    "text bow[200]": lambda: Text(CountVectorizer(max_features=200)),
    "text hash[256]": lambda: Text(HashingVectorizer(n_features=256)),
}


def uniform(place):
    """A number in 0 to 1 that looks random: SplitMix64."""
    state = (place.astype(np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
    state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return ((state ^ (state >> np.uint64(31))) >> np.uint64(11)) / float(1 << 53)


def names_and_target():
    rows = np.arange(ROWS)
    names = [np.floor(uniform(column * ROWS + rows) ** 2 * levels).astype(int) for column, levels in enumerate(LEVELS)]
    columns = [np.array([f"name {number}" for number in column], dtype=object) for column in names]
    return np.column_stack(columns), uniform(3 * ROWS + rows) < 0.3


def texts():
    words = np.floor(uniform(np.arange(TEXTS * WORDS_A_TEXT)) ** 2 * 5000).astype(int)
    return [" ".join(f"word{number}" for number in row) for row in words.reshape(TEXTS, WORDS_A_TEXT)], None


def main():
    warnings.simplefilter("ignore")
    tables = {"encode": names_and_target(), "text": texts()}
    for name in sys.argv[1:] or STEPS:
        rows, target = tables[name.split()[0]]
        times = []
        for _ in range(TIMES):
            start = time.perf_counter()
            made = STEPS[name]().fit_transform(rows, target)
            times.append(time.perf_counter() - start)
        result = f"{float(np.asarray(made.sum())):.3f}"
        print(json.dumps({"name": name, "seconds": round(sorted(times)[TIMES // 2], 4), "result": result}), flush=True)


if __name__ == "__main__":
    main()
