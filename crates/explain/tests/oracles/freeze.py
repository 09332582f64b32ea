"""Freezes what shap and scikit-learn say about small models, for the tests of this crate.

    python crates/explain/tests/oracles/freeze.py

writes trees.json (shap), permutation.json and dependence.json (scikit-learn) next to this file.
"""

import json
import pathlib

import numpy as np
import shap
import sklearn
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.inspection import partial_dependence, permutation_importance

HERE = pathlib.Path(__file__).parent
COMMAND = "python crates/explain/tests/oracles/freeze.py"


def write(name, tool, document):
    document = {"tool": tool, "command": COMMAND, **document}
    (HERE / name).write_text(json.dumps(document, indent=1) + "\n")


def random_tree(rng, columns, depth):
    """A tree in the format of the crate and in that of shap, with random splits, covers and missing directions."""
    tree = {key: [] for key in ["columns", "thresholds", "missing_left", "left", "right", "gains", "covers", "leaf_covers", "values"]}
    flat = {key: [] for key in ["children_left", "children_right", "children_default", "features", "thresholds", "values", "node_sample_weight"]}

    def grow(cover, depth):
        place = len(flat["features"])
        for key in flat:
            flat[key].append(-1)
        flat["node_sample_weight"][place] = cover
        if depth == 0 or cover < 4 or rng.random() < 0.15:
            value = round(float(rng.normal()), 3)
            flat["values"][place] = value
            flat["features"][place], flat["thresholds"][place] = -2, 0.0
            tree["values"].append(value)
            tree["leaf_covers"].append(cover)
            return place, -len(tree["values"])
        node = len(tree["columns"])
        # Between the values of the rows, which have two digits.
        column, threshold = int(rng.integers(columns)), round(round(float(rng.normal()) / 2, 2) + 0.005, 3)
        default = bool(rng.random() < 0.5)
        for key, value in [("columns", column), ("thresholds", threshold), ("missing_left", default), ("left", 0), ("right", 0), ("gains", 1.0), ("covers", cover)]:
            tree[key].append(value)
        share = int(rng.integers(1, cover))
        left, own_left = grow(float(share), depth - 1)
        right, own_right = grow(cover - float(share), depth - 1)
        tree["left"][node], tree["right"][node] = own_left, own_right
        flat["children_left"][place], flat["children_right"][place] = left, right
        flat["children_default"][place] = left if default else right
        flat["features"][place], flat["thresholds"][place], flat["values"][place] = column, threshold, 0.0
        return place, node

    grow(200.0, depth)
    flat = {key: np.array(value) for key, value in flat.items()}
    flat["values"] = flat["values"].astype(float).reshape(-1, 1)
    return tree, flat


def trees():
    rng = np.random.default_rng(5)
    columns = 5
    pairs = [random_tree(rng, columns, depth) for depth in [3, 5, 7]]
    model = {"trees": [flat for _, flat in pairs]}
    rows = np.round(rng.normal(size=(6, columns)), 2)
    with_missing = rows.copy()
    with_missing[0, 1] = with_missing[3, 0] = with_missing[4, 4] = np.nan
    background = np.round(rng.normal(size=(10, columns)), 2)
    dependent = shap.TreeExplainer(model, feature_perturbation="tree_path_dependent")
    interventional = shap.TreeExplainer(model, background, feature_perturbation="interventional")
    own = {"inputs": ["number"] * columns, "link": "identity", "start": [0.0], "trees": [tree for tree, _ in pairs]}
    nan_to_none = lambda values: [[None if np.isnan(value) else value for value in row] for row in values.tolist()]
    write("trees.json", f"shap {shap.__version__}", {
        "model": own,
        "rows": rows.tolist(),
        "rows_with_missing": nan_to_none(with_missing),
        "background": background.tolist(),
        "base": float(np.ravel(dependent.expected_value)[0]),
        "dependent": dependent.shap_values(rows).reshape(6, columns).tolist(),
        "dependent_with_missing": dependent.shap_values(with_missing, check_additivity=False).reshape(6, columns).tolist(),
        "interactions": dependent.shap_interaction_values(rows).reshape(6, columns, columns).tolist(),
        "interventional_base": float(np.ravel(interventional.expected_value)[0]),
        "interventional": interventional.shap_values(rows).reshape(6, columns).tolist(),
    })


class Function(RegressorMixin, BaseEstimator):
    """x0·x1 + x2², as an estimator that keeps what it was asked."""

    def fit(self, X, y):
        self.fitted_ = True
        self.n_features_in_ = X.shape[1]
        return self

    def predict(self, X):
        self.asked_ = getattr(self, "asked_", []) + [X.copy()]
        return X[:, 0] * X[:, 1] + X[:, 2] ** 2


def permutation():
    rng = np.random.default_rng(1)
    rows = np.round(rng.normal(size=(20, 3)), 3)
    target = np.round(rows[:, 0] * rows[:, 1] + rows[:, 2] ** 2 + rng.normal(size=20) / 4, 3)
    model = Function().fit(rows, target)
    found = permutation_importance(model, rows, target, scoring="neg_mean_absolute_error", n_repeats=3, random_state=0)
    # The first call scores the rows as they are; then come the repeats, column by column.
    asked = model.asked_[1:]
    orders = []
    for column in range(3):
        place = {value: row for row, value in enumerate(rows[:, column])}
        assert len(place) == len(rows)
        orders.append([[place[value] for value in X[:, column]] for X in asked[3 * column:3 * column + 3]])
    write("permutation.json", f"scikit-learn {sklearn.__version__}", {
        "rows": rows.tolist(), "target": target.tolist(), "orders": orders, "importances": found.importances.tolist(),
    })


def dependence():
    rng = np.random.default_rng(2)
    rows = np.round(rng.normal(size=(25, 3)), 1)
    model = Function().fit(rows, rows[:, 0])
    one = partial_dependence(model, rows, [1], kind="both", method="brute", percentiles=(0, 1))
    two = partial_dependence(model, rows, [(0, 1)], kind="average", method="brute", percentiles=(0, 1))
    write("dependence.json", f"scikit-learn {sklearn.__version__}", {
        "rows": rows.tolist(),
        "grid": one["grid_values"][0].tolist(), "average": one["average"][0].tolist(), "individual": one["individual"][0].tolist(),
        "grid_of_two": [values.tolist() for values in two["grid_values"]], "average_of_two": two["average"][0].tolist(),
    })


trees()
permutation()
dependence()
