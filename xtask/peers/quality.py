"""Scores of boosted trees and forests, ours and those of other tools, on the same rows in the same folds.

    quality.py prepare SOURCE ROOT   writes ROOT/quality/NAME.csv with a column `fold` for each data set of SOURCE
    quality.py run ROOT BINARY       scores all tools with their defaults, and prints the table and the mean ranks

The scores of other tools are kept in ROOT/quality/peers.jsonl, one line per set and tool; delete it to measure anew.
"""
import json
import os
import subprocess
import sys
import time
import warnings

import numpy as np
import pandas as pd

warnings.filterwarnings("ignore")

# Name, file, target, columns that give the target away or name the rows.
SETS = [
    ("titanic", "titanic.csv", "survived", []),
    ("titanic_full", "titanic_full.csv", "Survived", ["PassengerId", "Name", "Ticket"]),
    ("penguins", "penguins.csv", "Species", []),
    ("credit_data", "credit_data.csv", "Status", []),
    ("hpc_jobs", "hpc_jobs.csv", "class", []),
    ("iris", "iris.csv", "species", []),
    ("wine", "wine.csv", "cultivar", []),
    ("breast_cancer", "breast_cancer.csv", "diagnosis", []),
    ("digits", "digits.csv", "label", []),
    ("diabetes", "diabetes.csv", "progression", []),
    ("diamonds", "diamonds.csv", "price", []),
    ("auto_mpg", "auto_mpg.csv", "mpg", ["name"]),
    ("wine_quality", "wine_quality.csv", "quality", []),
    ("flights_50k", "flights_50k.csv", "arr_delay", ["arr_time", "air_time", "tailnum"]),
    ("weather", "weather.csv", "temp", ["time_hour", "dewp"]),
    ("seattle_weather", "seattle_weather.csv", "temp_max", ["date"]),
]
# Targets that are written as numbers and stand for classes.
CLASSES = {"digits", "titanic_full"}
# Larger sets are sampled, so that every tool gets through in minutes.
ROWS = 20_000
FOLDS = 5


def is_text(column):
    return not pd.api.types.is_numeric_dtype(column)


def prepare(source, root):
    from sklearn.model_selection import KFold, StratifiedKFold

    os.makedirs(f"{root}/quality", exist_ok=True)
    for name, file, target, dropped in SETS:
        table = pd.read_csv(os.path.join(source, file)).dropna(subset=[target])
        table = table.drop(columns=[column for column in dropped if column in table]).reset_index(drop=True)
        if len(table) > ROWS:
            table = table.sample(ROWS, random_state=0).reset_index(drop=True)
        is_name = lambda column: is_text(table[column]) and table[column].nunique() > 0.5 * len(table)
        table = table.drop(columns=[column for column in table if column != target and is_name(column)])
        classes = is_text(table[target]) or name in CLASSES
        if name in CLASSES:
            table[target] = "c" + table[target].astype(str)
        splitter = (StratifiedKFold if classes else KFold)(FOLDS, shuffle=True, random_state=0)
        fold = np.zeros(len(table), int)
        for index, (_, test) in enumerate(splitter.split(table, table[target])):
            fold[test] = index
        table["fold"] = fold
        table.columns = [column.replace(" ", "_").replace(":", "_") for column in table.columns]
        table.to_csv(f"{root}/quality/{name}.csv", index=False)
        with open(f"{root}/quality/{name}.json", "w") as file:
            json.dump({"target": target.replace(" ", "_"), "classes": bool(classes)}, file)
        print(name, table.shape)


def tools(classes):
    import lightgbm
    import xgboost
    from catboost import CatBoostClassifier, CatBoostRegressor
    from sklearn import ensemble

    def of(classifier, regressor, **options):
        return (classifier if classes else regressor)(**options)

    hist = (ensemble.HistGradientBoostingClassifier, ensemble.HistGradientBoostingRegressor)
    forest = (ensemble.RandomForestClassifier, ensemble.RandomForestRegressor)
    return {
        "lightgbm": lambda: of(lightgbm.LGBMClassifier, lightgbm.LGBMRegressor, verbose=-1, n_jobs=1),
        "xgboost": lambda: of(xgboost.XGBClassifier, xgboost.XGBRegressor, enable_categorical=True, n_jobs=1),
        "histgb": lambda: of(*hist, categorical_features="from_dtype", random_state=0),
        "catboost": lambda: of(CatBoostClassifier, CatBoostRegressor, verbose=0, thread_count=1, allow_writing_files=False),
        "sklearn-forest": lambda: of(*forest, random_state=0, n_jobs=1),
    }


def scores(tool, make, features, target, fold, classes):
    """The mean over the folds of accuracy and log loss, or of the root mean squared error."""
    texts = [column for column in features if str(features[column].dtype) == "category"]
    options = {}
    if tool == "catboost":
        features = features.copy()
        for column in texts:
            features[column] = features[column].astype("object").fillna("(missing)").astype(str)
        options = {"cat_features": texts}
    if tool == "sklearn-forest":
        numbers = features.drop(columns=texts)
        encoded = [pd.get_dummies(features[texts])] if texts else []
        features = pd.concat([numbers.fillna(numbers.median()), *encoded], axis=1)
    found = []
    for index in range(FOLDS):
        train, test = fold != index, fold == index
        model = make()
        model.fit(features[train], target[train], **options)
        if classes:
            chances = model.predict_proba(features[test])
            chances = np.clip(chances / chances.sum(1, keepdims=True), 1e-15, 1)
            own = chances[np.arange(test.sum()), target[test]]
            found.append([(chances.argmax(1) == target[test]).mean(), -np.log(own).mean()])
        else:
            found.append([np.sqrt(np.mean((model.predict(features[test]) - target[test]) ** 2))])
    return np.mean(found, 0).tolist()


def peers(root, name, known):
    """The scores of all other tools on a set; those that are not known are measured and written down."""
    info = json.load(open(f"{root}/quality/{name}.json"))
    missing = [tool for tool in tools(info["classes"]) if (name, tool) not in known]
    if not missing:
        return
    table = pd.read_csv(f"{root}/quality/{name}.csv")
    fold, target = table.pop("fold").values, table.pop(info["target"])
    for column in table:
        if is_text(table[column]):
            table[column] = table[column].astype(str).where(table[column].notna()).astype("category")
    target = np.searchsorted(np.unique(target), target) if info["classes"] else target.values.astype(float)
    for tool in missing:
        start = time.time()
        found = scores(tool, tools(info["classes"])[tool], table, target, fold, info["classes"])
        line = {"set": name, "model": tool, "scores": found, "seconds": time.time() - start}
        known[name, tool] = line
        with open(f"{root}/quality/peers.jsonl", "a") as file:
            file.write(json.dumps(line) + "\n")


def ours(root, binary, name, model):
    info = json.load(open(f"{root}/quality/{name}.json"))
    metrics = ["accuracy", "log_loss"] if info["classes"] else ["rmse"]
    # Few whole numbers would be taken for classes.
    cast = "" if info["classes"] else f"cast continuous on {info['target']} | "
    script = (
        f'load "{root}/quality/{name}.csv" | {cast}target {info["target"]} | role fold=fold | train {model} '
        f"| eval kfold metric=[{', '.join(metrics)}]"
    )
    start = time.time()
    run = subprocess.run([binary, "--json", "-c", script], capture_output=True, text=True)
    document = json.loads(run.stdout)
    if document["errors"]:
        raise SystemExit(f"{name}: {document['errors'][0]['message']}")
    found = document["results"][0]["metrics"]
    return {"scores": [found[metric]["mean"] for metric in metrics], "seconds": time.time() - start}


def run(root, binary, models=("gbdt", "forest")):
    known = {}
    if os.path.exists(f"{root}/quality/peers.jsonl"):
        for line in open(f"{root}/quality/peers.jsonl"):
            line = json.loads(line)
            known[line["set"], line["model"]] = line
    names = [name for name, *_ in SETS if os.path.exists(f"{root}/quality/{name}.csv")]
    ranks, columns = {}, None
    for name in names:
        peers(root, name, known)
        info = json.load(open(f"{root}/quality/{name}.json"))
        row = {model: ours(root, binary, name, model) for model in models}
        row |= {tool: known[name, tool] for tool in tools(info["classes"])}
        if columns is None:
            columns = list(row)
            print("| set | metric | " + " | ".join(columns) + " |\n|---|---|" + "---|" * len(columns))
        for index, metric in enumerate(["accuracy", "log loss"] if info["classes"] else ["RMSE"]):
            sign = -1 if metric == "accuracy" else 1
            values = {tool: sign * row[tool]["scores"][index] for tool in columns}
            for tool, value in values.items():
                better = sum(other < value - 1e-9 for other in values.values())
                same = sum(abs(other - value) <= 1e-9 for other in values.values())
                ranks.setdefault(tool, []).append(better + (same + 1) / 2)
            cells = " | ".join(f"{row[tool]['scores'][index]:.4g}" for tool in columns)
            print(f"| {name} | {metric} | {cells} |", flush=True)
    print("| mean rank | | " + " | ".join(f"**{np.mean(ranks[tool]):.2f}**" for tool in columns) + " |")


if __name__ == "__main__":
    if sys.argv[1] == "prepare":
        prepare(*sys.argv[2:])
    else:
        run(*sys.argv[2:4], *(sys.argv[4:] and [sys.argv[4:]]))
