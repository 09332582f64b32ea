"""Optuna's tree-structured Parzen estimator: what it finds in 60 trials.

    python tpe.py FUNCTION            the functions of `crates/learn/tests/search/functions.rs`, for 31 seeds
    python tpe.py gbdt BINARY FILE    boosted trees of the program on the folds of a file of `ROOT/quality`, for 10 seeds,
                                      beside `tune tpe` and `tune random`

prints a line of JSON: the seconds, and the median and the quartiles of the lowest value.
"""

import json
import math
import subprocess
import sys
import time

import numpy as np
import optuna

TRIALS = 60
LETTERS = "abcdef"


def sphere(trial):
    return sum(trial.suggest_float(name, -5, 5) ** 2 for name in "abcd")


def rosenbrock(trial):
    x, y = trial.suggest_float("x", -2, 2), trial.suggest_float("y", -1, 3)
    return 100 * (y - x * x) ** 2 + (1 - x) ** 2


def branin(trial):
    x, y = trial.suggest_float("x", -5, 10), trial.suggest_float("y", 0, 15)
    bent = y - 5.1 / (4 * math.pi**2) * x * x + 5 / math.pi * x - 6
    return bent**2 + 10 * (1 - 1 / (8 * math.pi)) * math.cos(x) + 10


def ackley(trial):
    x, y = trial.suggest_float("x", -32, 32), trial.suggest_float("y", -32, 32)
    waves = (math.cos(2 * math.pi * x) + math.cos(2 * math.pi * y)) / 2
    return -20 * math.exp(-0.2 * math.sqrt((x * x + y * y) / 2)) - math.exp(waves) + 20 + math.e


SLOPES = np.array([[10, 3, 17, 3.5, 1.7, 8], [0.05, 10, 17, 0.1, 8, 14], [3, 3.5, 1.7, 10, 17, 8], [17, 8, 0.05, 10, 0.1, 14]])
CENTRES = 1e-4 * np.array([
    [1312, 1696, 5569, 124, 8283, 5886], [2329, 4135, 8307, 3736, 1004, 9991],
    [2348, 1451, 3522, 2883, 3047, 6650], [4047, 8828, 8732, 5743, 1091, 381]])


def hartmann(trial):
    point = np.array([trial.suggest_float(name, 0, 1) for name in LETTERS])
    return -float(np.dot([1, 1.2, 3, 3.2], np.exp(-(SLOPES * (point - CENTRES) ** 2).sum(1))))


def mixed(trial):
    kind = trial.suggest_categorical("kind", [0, 1, 2])
    base = (math.log10(trial.suggest_float("rate", 1e-5, 1, log=True)) + 2) ** 2
    if kind == 0:
        return base + 1 + abs(trial.suggest_int("depth", 1, 12) - 7) / 3
    if kind == 1:
        units, drop = trial.suggest_int("units", 1, 512, log=True), trial.suggest_float("drop", 0, 1)
        return base + (math.log2(units) - 6) ** 2 / 4 + (drop - 0.3) ** 2
    return base + 2


FUNCTIONS = {function.__name__: function for function in [sphere, rosenbrock, branin, ackley, hartmann, mixed]}


def lowest(function, seed):
    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=seed))
    study.optimize(function, n_trials=TRIALS)
    return study.best_value


def printed(name, seconds, values):
    low, median, high = np.quantile(values, [0.25, 0.5, 0.75])
    result = f"{median:.4g} ({low:.4g} to {high:.4g})"
    print(json.dumps({"name": name, "seconds": round(seconds, 4), "result": result}), flush=True)


MODEL = (
    "gbdt(trees=60, lr={lr}, leaves={leaves}, min_rows={min_rows}, l2={l2}, rows={rows}, columns={columns})"
)
RANGES = {
    "lr": "loguniform(0.01, 0.5)", "leaves": "int(2, 64)", "min_rows": "int(1, 50)", "l2": "loguniform(0.01, 100)",
    "rows": "uniform(0.4, 1)", "columns": "uniform(0.3, 1)",
}


def outcome(binary, file, seed, stages):
    """The first result of a script on a file."""
    info = json.load(open(file.removesuffix(".csv") + ".json"))
    metric = "log_loss" if info["classes"] else "rmse"
    cast = "" if info["classes"] else f"cast continuous on {info['target']} | "
    script = f'load "{file}" | {cast}target {info["target"]} | role fold=fold | {stages.format(metric=metric)}'
    run = subprocess.run([binary, "--json", "--seed", str(seed), "-c", script], capture_output=True, text=True)
    document = json.loads(run.stdout)
    if document["errors"]:
        raise SystemExit(document["errors"][0]["message"])
    return document["results"][0], metric


def own(binary, file, seed, strategy):
    stages = f"train {MODEL.format(**RANGES)} | tune {strategy} {TRIALS} inner=kfold[5] metric={{metric}}"
    result, _ = outcome(binary, file, seed, stages)
    return min(trial["mean"] for trial in result["trials"])


def of_optuna(binary, file, seed):
    def loss(trial):
        values = {
            "lr": trial.suggest_float("lr", 0.01, 0.5, log=True), "leaves": trial.suggest_int("leaves", 2, 64),
            "min_rows": trial.suggest_int("min_rows", 1, 50), "l2": trial.suggest_float("l2", 0.01, 100, log=True),
            "rows": trial.suggest_float("rows", 0.4, 1), "columns": trial.suggest_float("columns", 0.3, 1),
        }
        # As `tune` writes numbers that it draws.
        values = {name: float(f"{value:.3e}") if isinstance(value, float) else value for name, value in values.items()}
        stages = f"train {MODEL.format(**values)} | eval kfold metric={{metric}}"
        result, metric = outcome(binary, file, seed, stages)
        return result["metrics"][metric]["mean"]

    return lowest(loss, seed)


def main():
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    if sys.argv[1] != "gbdt":
        function = FUNCTIONS[sys.argv[1]]
        start = time.perf_counter()
        values = [lowest(function, seed) for seed in range(31)]
        return printed(sys.argv[1], time.perf_counter() - start, values)
    binary, file = sys.argv[2:]
    tools = {
        "optuna": lambda seed: of_optuna(binary, file, seed),
        "tune tpe": lambda seed: own(binary, file, seed, "tpe"),
        "tune random": lambda seed: own(binary, file, seed, "random"),
    }
    for name, tool in tools.items():
        start = time.perf_counter()
        values = [tool(seed) for seed in range(10)]
        printed(name, time.perf_counter() - start, values)


main()
