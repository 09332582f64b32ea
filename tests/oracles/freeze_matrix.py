"""Freezes what scikit-learn makes of small matrices: components, filled values, scores, lasso paths, rankings.

    pip install -r requirements.txt
    python freeze_matrix.py

writes `matrix.json`, which names the tools with their versions, the command, and the tolerance of each topic.
Matrices are lists of columns; a missing value is null.
"""

import functools
import json
import platform
import warnings
from pathlib import Path

import numpy
import scipy
import sklearn
from sklearn.decomposition import PCA
from sklearn.feature_selection import RFE, RFECV, SequentialFeatureSelector, chi2, f_classif, f_regression
from sklearn.feature_selection import _mutual_info
from sklearn.experimental import enable_iterative_imputer  # noqa: F401 (makes the next line possible)
from sklearn.impute import IterativeImputer, KNNImputer
from sklearn.linear_model import LogisticRegression, Ridge, enet_path
from sklearn.neighbors import NearestNeighbors
from sklearn.preprocessing import scale
from sklearn.utils.extmath import svd_flip

HERE = Path(__file__).resolve().parent


def main():
    versions = {"python": platform.python_version(), "numpy": numpy.__version__, "scipy": scipy.__version__,
                "scikit-learn": sklearn.__version__}
    topics = {"reduce": reduce(), "knn": knn(), "iterative": iterative(), "scores": scores(),
              "information": information(), "lasso": lasso(), "eliminate": eliminate(), "sequential": sequential()}
    (HERE / "matrix.json").write_text(document(versions, topics))


def document(versions, topics):
    """JSON with a line for each case."""
    lines = [f'"tools": {json.dumps(versions)}', '"command": "python tests/oracles/freeze_matrix.py"']
    for name, topic in topics.items():
        cases = ",\n".join(json.dumps(case, allow_nan=False) for case in topic["cases"])
        lines.append(f'"{name}": {{"tolerance": {topic["tolerance"]}, "cases": [\n{cases}\n]}}')
    return "{" + ",\n".join(lines) + "}\n"


def columns(matrix):
    return [[None if numpy.isnan(value) else float(value) for value in column] for column in numpy.asarray(matrix).T]


def mixed(rows, count, seed):
    """Columns that depend on each other, of several sizes."""
    random = numpy.random.default_rng(seed)
    hidden = random.normal(size=(rows, max(2, count // 2)))
    matrix = hidden @ random.normal(size=(hidden.shape[1], count)) + 0.3 * random.normal(size=(rows, count))
    return matrix * 10.0 ** random.integers(-1, 2, size=count) + random.normal(size=count)


# Components.

def reduce():
    cases = []
    for rows, count, keep in [(30, 5, 3), (6, 9, 4), (40, 6, 0.9), (25, 4, 4)]:
        matrix = mixed(rows, count, 10 + rows)
        pca = PCA(n_components=keep, svd_solver="full").fit(matrix)
        white = PCA(n_components=keep, svd_solver="full", whiten=True).fit(matrix)
        _, values, vectors = scipy.linalg.svd(matrix, full_matrices=False)
        kept = pca.n_components_
        _, vectors = svd_flip(None, vectors, u_based_decision=False)
        cases.append({
            "inputs": columns(matrix), "keep": keep,
            "directions": pca.components_.tolist(), "variances": pca.explained_variance_.tolist(),
            "shares": pca.explained_variance_ratio_.tolist(), "pca": columns(pca.transform(matrix)),
            "white": columns(white.transform(matrix)),
            "svd_directions": vectors[:kept].tolist(), "svd": columns(matrix @ vectors[:kept].T),
        })
    return {"tolerance": 1e-12, "cases": cases}


# Missing values.

def blanked(matrix, share, seed):
    random = numpy.random.default_rng(seed)
    blanked = matrix.copy()
    blanked[random.random(matrix.shape) < share] = numpy.nan
    return blanked


def knn():
    cases = []
    for rows, count, neighbours, weights, share in [
            (40, 4, 5, "uniform", 0.15), (40, 4, 3, "distance", 0.15), (25, 6, 1, "uniform", 0.4), (30, 2, 4, "uniform", 0.3)]:
        train, other = blanked(mixed(rows, count, 20 + rows), share, 1), blanked(mixed(12, count, 21), share, 2)
        other[0] = numpy.nan
        imputer = KNNImputer(n_neighbors=neighbours, weights=weights).fit(train)
        # Its distances are x² + y² - 2xy, which loses digits.
        tolerance = 1e-12 if weights == "uniform" else 1e-9
        cases.append({"train": columns(train), "other": columns(other), "neighbours": neighbours, "weights": weights,
                      "tolerance": tolerance,
                      "filled": columns(imputer.transform(train)), "filled_other": columns(imputer.transform(other))})
    return {"tolerance": 1e-12, "cases": cases}


def iterative():
    cases = []
    for rows, count, share in [(50, 4, 0.1), (30, 6, 0.25), (40, 2, 0.2), (35, 5, 0.15)]:
        train, other = blanked(mixed(rows, count, 30 + rows), share, 3), blanked(mixed(10, count, 31), share, 4)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            imputer = IterativeImputer(max_iter=10, tol=1e-3).fit(train)
        cases.append({"train": columns(train), "other": columns(other),
                      "filled": columns(imputer.transform(train)), "filled_other": columns(imputer.transform(other))})
    return {"tolerance": 1e-9, "cases": cases}


# Scores.

def targets(matrix, seed):
    random = numpy.random.default_rng(seed)
    numbers = scale(matrix)[:, 0] - 0.5 * scale(matrix)[:, 1] + 0.5 * random.normal(size=len(matrix))
    codes = (numbers > numpy.quantile(numbers, 0.4)).astype(int) + (numbers > numpy.quantile(numbers, 0.8))
    return numbers, codes


def scores():
    cases = []
    for rows, count in [(40, 5), (25, 3)]:
        matrix = mixed(rows, count, 40 + rows)
        matrix[:, -1] = numpy.abs(matrix[:, -1])
        numbers, codes = targets(matrix, 41)
        positive = numpy.abs(numpy.round(matrix, 1))
        cases.append({"inputs": columns(matrix), "numbers": numbers.tolist(), "codes": codes.tolist(),
                      "f_numbers": f_regression(matrix, numbers)[0].tolist(),
                      "f_classes": f_classif(matrix, codes)[0].tolist(),
                      "positive": columns(positive), "chi2": chi2(positive, codes)[0].tolist()})
    return {"tolerance": 1e-11, "cases": cases}


def information():
    """The estimators themselves, without the noise that scikit-learn adds before it calls them.

    Of few rows scikit-learn computes distances as x² + y² - 2xy, which loses digits, so that a neighbour may count that
    lies on the radius; its trees lose none.
    """
    _mutual_info.NearestNeighbors = functools.partial(NearestNeighbors, algorithm="kd_tree")
    cases = []
    for rows, count in [(60, 4), (35, 3)]:
        matrix = mixed(rows, count, 50 + rows)
        matrix[:, -1] = numpy.round(2 * scale(matrix)[:, -1])
        discrete = [False] * (count - 1) + [True]
        numbers, codes = targets(matrix, 51)
        codes[0] = 7
        scaled = [column if is_discrete else scale(column, with_mean=False)
                  for column, is_discrete in zip(matrix.T, discrete)]
        found = lambda target, is_classes: [
            float(_mutual_info._compute_mi(column, target, is_discrete, is_classes, 3))
            for column, is_discrete in zip(scaled, discrete)]
        cases.append({"inputs": columns(matrix), "discrete": discrete, "numbers": numbers.tolist(),
                      "codes": codes.tolist(), "of_numbers": found(scale(numbers, with_mean=False), False),
                      "of_classes": found(codes, True)})
    return {"tolerance": 1e-12, "cases": cases}


# Models that leave columns out.

def lasso():
    cases = []
    for rows, count, share in [(30, 6, 1.0), (12, 20, 1.0), (30, 5, 0.5), (16, 10, 0.2)]:
        matrix = scale(mixed(rows, count, 60 + rows)) + 0.5
        numbers, _ = targets(matrix, 61)
        centred, target = matrix - matrix.mean(axis=0), numbers - numbers.mean()
        largest = numpy.abs(centred.T @ target).max() / rows / share
        alphas = (largest * numpy.array([0.9, 0.5, 0.2, 0.05, 0.01])).tolist()
        _, paths, _ = enet_path(numpy.asfortranarray(centred), target, l1_ratio=share, alphas=alphas, tol=1e-15,
                                max_iter=1_000_000)
        intercepts = numbers.mean() - matrix.mean(axis=0) @ paths
        cases.append({"inputs": columns(matrix), "numbers": numbers.tolist(), "l1_share": share, "alphas": alphas,
                      "coefficients": paths.T.tolist(), "intercepts": intercepts.tolist()})
    return {"tolerance": 1e-9, "cases": cases}


def yardsticks(numbers, codes):
    logistic = LogisticRegression(C=1.0, tol=1e-12, max_iter=10_000)
    return [("numbers", numbers, Ridge(alpha=1.0, solver="svd")), ("codes", codes, logistic)]


def eliminate():
    cases = []
    for rows, count, keep, step in [(45, 8, 3, 1), (35, 6, 2, 2)]:
        matrix = scale(mixed(rows, count, 70 + rows))
        numbers, codes = targets(matrix, 71)
        for name, target, model in yardsticks(numbers, codes):
            rfe = RFE(model, n_features_to_select=keep, step=step).fit(matrix, target)
            validated = RFECV(model, cv=5, step=step).fit(matrix, target)
            cases.append({"inputs": columns(matrix), name: target.tolist(), "keep": keep, "step": step,
                          "ranks": rfe.ranking_.tolist(), "validated": validated.ranking_.tolist()})
    return {"tolerance": 0, "cases": cases}


def sequential():
    cases = []
    for rows, count, keep in [(40, 7, 3)]:
        matrix = scale(mixed(rows, count, 80 + rows))
        numbers, codes = targets(matrix, 81)
        for name, target, model in yardsticks(numbers, codes):
            for direction in ("forward", "backward"):
                chosen = SequentialFeatureSelector(model, n_features_to_select=keep, direction=direction, cv=5)
                kept = chosen.fit(matrix, target).get_support(indices=True)
                cases.append({"inputs": columns(matrix), name: target.tolist(), "keep": keep,
                              "direction": direction, "kept": kept.tolist()})
    return {"tolerance": 0, "cases": cases}


if __name__ == "__main__":
    main()
