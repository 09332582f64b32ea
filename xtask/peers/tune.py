"""scikit-learn: GridSearchCV of eight networks on three given folds, on two processes.

    python tune.py FILE

prints a line of JSON: the winner and its mean inner loss. It does the same as the script of `xtask/src/bench/tune.rs`.
"""

import json
import sys
import warnings

import pandas as pd
from sklearn.exceptions import ConvergenceWarning
from sklearn.impute import SimpleImputer
from sklearn.model_selection import GridSearchCV, PredefinedSplit
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

UNITS = [16, 32, 64, 128]
RATES = [0.001, 0.01]


def main():
    # The workers of joblib have filters of their own.
    warnings.simplefilter("ignore", ConvergenceWarning)
    table = pd.read_csv(sys.argv[1])
    fold, target = table.pop("fold"), table.pop("target")
    network = MLPClassifier(batch_size=32, max_iter=20, alpha=0.0, n_iter_no_change=1000, random_state=1)
    steps = make_pipeline(SimpleImputer(), StandardScaler(), network)
    grid = {
        "mlpclassifier__hidden_layer_sizes": [(units,) for units in UNITS],
        "mlpclassifier__learning_rate_init": RATES,
    }
    search = GridSearchCV(steps, grid, scoring="neg_log_loss", cv=PredefinedSplit(fold), n_jobs=2)
    search.fit(table, target)
    best = search.best_params_
    units, rate = (best[name] for name in grid)
    print(json.dumps({"result": f"{units[0]} units, lr {rate}, log loss {-search.best_score_:.4f}"}))


main()
