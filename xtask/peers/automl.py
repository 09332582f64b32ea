"""`train auto` beside CatBoost with its defaults and FLAML, on one holdout of each set.

    automl.py ROOT BINARY [SECONDS]

takes the files of ROOT/quality (`quality.py prepare`), trains on four of their five folds and scores the fifth. `train auto` and
FLAML have SECONDS per set, 60 without it; all tools have two threads. It prints a table with the mean ranks.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
import warnings

import numpy as np
import pandas as pd
from quality import is_text

warnings.filterwarnings("ignore")

SETS = ["titanic", "credit_data", "hpc_jobs", "breast_cancer", "diabetes", "auto_mpg", "wine_quality", "seattle_weather"]
TEST = 0
THREADS = 2


def catboost(train, test, target, classes, _):
    from catboost import CatBoostClassifier, CatBoostRegressor

    texts = [column for column in train if is_text(train[column])]
    train, test = ({column: rows[column] for column in train} for rows in (train, test))
    for rows in (train, test):
        rows |= {column: rows[column].fillna("(missing)").astype(str) for column in texts}
    train, test = pd.DataFrame(train), pd.DataFrame(test)
    make = CatBoostClassifier if classes else CatBoostRegressor
    model = make(verbose=0, thread_count=THREADS, allow_writing_files=False, cat_features=texts)
    model.fit(train, target)
    return model.predict_proba(test) if classes else model.predict(test)


def flaml(train, test, target, classes, seconds):
    from flaml import AutoML

    texts = [column for column in train if is_text(train[column])]
    train, test = train.copy(), test.copy()
    for column in texts:
        levels = pd.Index(sorted(train[column].dropna().unique()), dtype=object)
        for rows in (train, test):
            rows[column] = pd.Categorical(rows[column].astype(object), levels)
    model = AutoML()
    task = "classification" if classes else "regression"
    metric = "log_loss" if classes else "rmse"
    model.fit(train, target, task=task, metric=metric, time_budget=seconds, n_jobs=THREADS, seed=0, verbose=0)
    return model.predict_proba(test) if classes else model.predict(test)


def auto(binary, file, info, levels, seconds):
    """The predictions of the program for the held-out rows: in a process that trains, and one that predicts."""
    target = info["target"]
    with tempfile.TemporaryDirectory() as folder:
        model, table = f"{folder}/auto.pw", f"{folder}/predicted.csv"
        cast = "" if info["classes"] else f"cast continuous on {target} | "
        train = (
            f'load "{file}" | where fold != {TEST} | drop fold | {cast}target {target} | train auto(budget={seconds}s) '
            f'| save "{model}"'
        )
        predict = f'load "{file}" | where fold == {TEST} | predict "{model}" proba=true | write "{table}"'
        for script in (train, predict):
            run = subprocess.run([binary, "--json", "--threads", str(THREADS), "-c", script], capture_output=True, text=True)
            document = json.loads(run.stdout)
            if document["errors"]:
                raise SystemExit(f"{file}: {document['errors'][0]['message']}")
        predicted = pd.read_csv(table)
    if not info["classes"]:
        return predicted.filter(like="prediction").iloc[:, 0].values
    return predicted[[f"p({level})" for level in levels]].values


def scores(predicted, target, classes):
    """Accuracy and log loss, or the root mean squared error."""
    if not classes:
        return [np.sqrt(np.mean((predicted - target) ** 2))]
    chances = np.clip(predicted / predicted.sum(1, keepdims=True), 1e-15, 1)
    own = chances[np.arange(len(target)), target]
    return [(chances.argmax(1) == target).mean(), -np.log(own).mean()]


def measured(root, binary, name, seconds):
    """The scores and the seconds of each tool on a set."""
    file = f"{root}/quality/{name}.csv"
    info = json.load(open(file.removesuffix(".csv") + ".json"))
    classes = info["classes"]
    table = pd.read_csv(file)
    held, target = (table.pop("fold") == TEST).values, table.pop(info["target"])
    levels = np.unique(target) if classes else None
    target = np.searchsorted(levels, target) if classes else target.values.astype(float)
    given = (table[~held], table[held], target[~held], classes, seconds)
    tools = {
        "auto": lambda: auto(binary, file, info, levels, seconds),
        "catboost": lambda: catboost(*given),
        "flaml": lambda: flaml(*given),
    }
    found = {}
    for tool, predict in tools.items():
        start = time.time()
        predicted = predict()
        found[tool] = scores(np.asarray(predicted), target[held], classes), time.time() - start
    return found, ["accuracy", "log loss"] if classes else ["RMSE"]


def main():
    root, binary = sys.argv[1:3]
    seconds = int(sys.argv[3]) if len(sys.argv) > 3 else 60
    ranks = {}
    for name in SETS:
        found, metrics = measured(root, binary, name, seconds)
        if not ranks:
            print("| set | metric | " + " | ".join(found) + " | seconds |\n|---|---|" + "---|" * (len(found) + 1))
        for index, metric in enumerate(metrics):
            values = {tool: values[index] for tool, (values, _) in found.items()}
            order = pd.Series(values).rank(ascending=metric != "accuracy")
            for tool, rank in order.items():
                ranks.setdefault(tool, []).append(rank)
            cells = " | ".join(f"{value:.4g}" for value in values.values())
            took = " / ".join(f"{took:.0f}" for _, took in found.values())
            print(f"| {name} | {metric} | {cells} | {took} |", flush=True)
    print("| mean rank | | " + " | ".join(f"**{np.mean(of_tool):.2f}**" for of_tool in ranks.values()) + " | |")


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", str(THREADS))
    main()
