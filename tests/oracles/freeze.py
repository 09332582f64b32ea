"""Freezes the numbers of other tools, for the tests to compare with.

    pip install -r requirements.txt
    python freeze.py

writes the JSON files and the CSV files with blanks into this folder. Every JSON file names the tools with their
versions, the command, and the tolerance to which the project must agree.
"""

import csv
import json
import platform
import warnings
from pathlib import Path

import numpy
import pandas
import scipy
import sklearn
import torch
from sklearn import metrics
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.model_selection import KFold, StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

HERE = Path(__file__).resolve().parent
DATA = HERE.parent.parent / "dsl-examples" / "data"


def main():
    for name, target in (("diabetes", "progression"), ("breast_cancer", "diagnosis")):
        write_with_blanks(DATA / f"{name}.csv", HERE / f"{name}_blanks.csv", target)
    write("pipelines.json", 1e-9, pipelines())
    write("folds.json", 0, folds())
    write("metrics.json", 1e-12, metric_cases())
    write("coefficients.json", 1e-9, coefficients())
    write("optimisers.json", 1e-6, optimisers())
    write("network.json", 1e-9, network())


def write(name, tolerance, cases):
    versions = {"python": platform.python_version(), "numpy": numpy.__version__, "scipy": scipy.__version__,
                "pandas": pandas.__version__, "scikit-learn": sklearn.__version__, "torch": torch.__version__}
    document = {"tools": versions, "command": "python tests/oracles/freeze.py", "tolerance": tolerance, "cases": cases}
    text = json.dumps(document, indent=1, allow_nan=False)
    (HERE / name).write_text(compact(text) + "\n")


def compact(text):
    """Lists of numbers on one line."""
    lines, inside = [], []
    for line in text.split("\n"):
        entry = line.strip()
        is_number = entry.rstrip(",") and entry.rstrip(",")[0] in "-0123456789" and '"' not in entry
        if is_number:
            inside.append(entry)
        elif inside:
            lines[-1] += " ".join(inside) + entry
            inside = []
        else:
            lines.append(line)
    return "\n".join(lines)


# Tables.

def write_with_blanks(source, destination, target):
    """Blanks about 5 % of the cells, never of the target: those whose mixed row and column number is 0 modulo 20."""
    with open(source, newline="") as file:
        header, *rows = csv.reader(file)
    for number, row in enumerate(rows):
        for column, name in enumerate(header):
            mixed = ((number * 2654435761 + column * 2246822519) % 2**32) >> 16
            if name != target and mixed % 20 == 0:
                row[column] = ""
    with open(destination, "w", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([header, *rows])


def table(path, target, only=None):
    with open(path, newline="") as file:
        rows = list(csv.DictReader(file))
    names = only or [name for name in rows[0] if name != target]
    inputs = numpy.array([[float(row[name]) if row[name] else numpy.nan for name in names] for row in rows])
    truth = [row[target] for row in rows]
    return inputs, numpy.array(truth if path.stem.split("_blanks")[0] != "diabetes" else [float(y) for y in truth])


# Pipelines: mean imputation, standardisation, a linear model; fitted in every fold.

def exact_logistic(l2):
    return LogisticRegression(C=1 / l2 if l2 else numpy.inf, solver="newton-cholesky", tol=1e-14, max_iter=1000)


def exact_linear():
    return LinearRegression(tol=1e-15)


MODELS = {"linear": exact_linear, "ridge(l2=1)": lambda: Ridge(alpha=1.0, solver="svd"),
          "logistic(l2=1)": lambda: exact_logistic(1.0)}


def pipelines():
    diabetes, blanks = DATA / "diabetes.csv", HERE / "diabetes_blanks.csv"
    regression = [(path, "progression", None, model) for path in (diabetes, blanks) for model in ("linear", "ridge(l2=1)")]
    classification = [
        (DATA / "breast_cancer.csv", "diagnosis", None, "logistic(l2=1)"),
        (HERE / "breast_cancer_blanks.csv", "diagnosis", None, "logistic(l2=1)"),
        (DATA / "iris.csv", "species", None, "logistic(l2=1)"),
        (DATA / "wine.csv", "cultivar", None, "logistic(l2=1)"),
        (DATA / "titanic.csv", "survived", ["age", "sibsp", "parch"], "logistic(l2=1)"),
    ]
    cases = [judge(*case, KFold(5), "kfold") for case in regression]
    return cases + [judge(*case, StratifiedKFold(5), "stratified") for case in classification]


def judge(path, target, only, model, splitter, scheme):
    inputs, truth = table(path, target, only)
    classes = None
    if scheme == "stratified":
        classes, truth = numpy.unique(truth, return_inverse=True)
    folds = []
    for train, test in splitter.split(inputs, truth):
        pipeline = make_pipeline(SimpleImputer(strategy="mean"), StandardScaler(), MODELS[model]())
        pipeline.fit(inputs[train], truth[train])
        if scheme == "stratified":
            scores = class_scores(truth[test], pipeline.predict_proba(inputs[test]))
        else:
            scores = number_scores(truth[test], pipeline.predict(inputs[test]))
        folds.append({"test_rows": test.tolist(), "metrics": scores})
    return {"data": str(path.relative_to(HERE.parent.parent)), "target": target, "only": only, "model": model,
            "classes": None if classes is None else classes.tolist(), "scheme": scheme, "k": 5, "shuffle": False,
            "steps": ["fillna mean", "scale standard"], "folds": folds}


# Folds.

def folds():
    generator = numpy.random.default_rng(5)
    cases = []
    for rows, k in ((10, 2), (11, 3), (23, 5), (7, 7)):
        cases.append({"scheme": "kfold", "rows": rows, "k": k, "test_rows": test_rows(KFold(k), rows, None)})
    for rows, k, shares in ((40, 5, [0.5, 0.5]), (61, 4, [0.7, 0.2, 0.1]), (30, 7, [0.1, 0.9]), (12, 3, [1.0])):
        codes = generator.choice(len(shares), size=rows, p=shares)
        cases.append({"scheme": "stratified", "codes": codes.tolist(), "k": k,
                      "test_rows": test_rows(StratifiedKFold(k), rows, codes)})
    return cases


def test_rows(splitter, rows, codes):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        return [test.tolist() for _, test in splitter.split(numpy.zeros(rows), codes)]


# Metrics: null where scikit-learn warns that the metric is ill-defined, or raises.

def class_scores(truth, probabilities):
    count = probabilities.shape[1]
    predicted = probabilities.argmax(axis=1)
    labels = list(range(count))
    usual = "binary" if count == 2 else "macro"
    positive = probabilities[:, 1]
    one_class = len(numpy.unique(truth)) == 1
    scores = {
        "accuracy": defined(lambda: metrics.accuracy_score(truth, predicted)),
        "balanced_accuracy": defined(lambda: metrics.balanced_accuracy_score(truth, predicted)),
        "auc": defined(lambda: metrics.roc_auc_score(truth, positive) if count == 2 else
                       metrics.roc_auc_score(truth, probabilities, multi_class="ovr", average="macro", labels=labels)),
        "log_loss": defined(lambda: metrics.log_loss(truth, probabilities, labels=labels)),
        "brier": defined(lambda: metrics.brier_score_loss(truth, positive, pos_label=1) if count == 2 else
                         metrics.brier_score_loss(truth, probabilities, labels=labels)),
        # A correlation with a constant has no value; scikit-learn answers 0.
        "mcc": None if one_class else defined(lambda: metrics.matthews_corrcoef(truth, predicted)),
    }
    for name in ("precision", "recall", "f1"):
        score = getattr(metrics, f"{name}_score")
        scores[name] = defined(lambda: score(truth, predicted, average=usual))
        for average in ("macro", "micro", "weighted"):
            # Classes without true rows have no weight, so their recall does not matter.
            given = {"zero_division": 0} if (name, average) == ("recall", "weighted") else {}
            scores[f"{name}_{average}"] = defined(lambda: score(truth, predicted, average=average, **given))
    return scores


def number_scores(truth, predicted):
    constant = bool(numpy.all(truth == truth[0]))
    return {
        "rmse": defined(lambda: metrics.root_mean_squared_error(truth, predicted)),
        "mae": defined(lambda: metrics.mean_absolute_error(truth, predicted)),
        # Without spread in the truth there is nothing to explain; scikit-learn answers 0 or 1.
        "r2": None if constant else defined(lambda: metrics.r2_score(truth, predicted)),
    }


def defined(score):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", UndefinedMetricWarning)
        try:
            return float(score())
        except (UndefinedMetricWarning, ValueError):
            return None


def metric_cases():
    generator = numpy.random.default_rng(1)
    cases = []

    def classes(name, codes, probabilities):
        codes, probabilities = numpy.asarray(codes), numpy.asarray(probabilities, dtype=float)
        cases.append({"name": name, "codes": codes.tolist(), "classes": probabilities.shape[1],
                      "probabilities": probabilities.ravel().tolist(), "metrics": class_scores(codes, probabilities)})

    def numbers(name, truth, predicted):
        truth, predicted = numpy.asarray(truth, dtype=float), numpy.asarray(predicted, dtype=float)
        cases.append({"name": name, "truth": truth.tolist(), "predicted": predicted.tolist(),
                      "metrics": number_scores(truth, predicted)})

    def two(positive):
        positive = numpy.asarray(positive)
        return numpy.stack([1 - positive, positive], axis=1)

    for rows in (5, 50, 300):
        codes = generator.integers(0, 2, rows)
        codes[:2] = 0, 1
        classes(f"{rows} rows of two classes", codes, two(generator.random(rows)))
        classes(f"{rows} rows of two classes, many ties", codes, two(generator.integers(0, 5, rows) / 4))
        codes = generator.integers(0, 3, rows)
        codes[:3] = 0, 1, 2
        classes(f"{rows} rows of three classes", codes, generator.dirichlet([1, 2, 1], rows))
        truth = generator.normal(3, 2, rows)
        numbers(f"{rows} numbers", truth, truth + generator.normal(0, 1, rows))
        numbers(f"{rows} numbers far from 0", 1e6 + truth, 1e6 + truth + generator.normal(0, 1, rows))
    classes("certain and wrong", [0, 1, 1], two([1.0, 0.0, 1.0]))
    classes("perfect", [0, 1, 1], two([0.0, 1.0, 1.0]))
    classes("one class, found", [1, 1, 1], two([0.9, 0.8, 0.7]))
    classes("one class, missed", [1, 1, 1], two([0.1, 0.2, 0.3]))
    classes("the negative class only", [0, 0, 0], two([0.1, 0.2, 0.3]))
    classes("never predicted positive", [0, 1, 0, 1], two([0.1, 0.2, 0.3, 0.4]))
    classes("one row", [0], two([0.2]))
    classes("constant predictions", [0, 1, 2, 1], numpy.full((4, 3), [0.2, 0.5, 0.3]))
    classes("a class without rows", [0, 1, 0, 1], [[0.5, 0.3, 0.2], [0.1, 0.2, 0.7], [0.6, 0.2, 0.2], [0.3, 0.5, 0.2]])
    classes("a class never predicted", [0, 1, 2], [[0.5, 0.3, 0.2], [0.1, 0.7, 0.2], [0.6, 0.2, 0.2]])
    numbers("a constant target", [0.1, 0.1, 0.1], [0.1, 0.2, 0.3])
    numbers("a constant target, met", [0.1, 0.1, 0.1], [0.1, 0.1, 0.1])
    numbers("one row", [1.0], [2.0])
    numbers("perfect", [1.0, 2.0], [1.0, 2.0])
    return cases


# Coefficients on matrices that stand in the file, row after row.

def coefficients():
    generator = numpy.random.default_rng(2)
    cases = []

    def add(name, model, inputs, target, fitted):
        coefficients = numpy.atleast_2d(fitted.coef_)
        cases.append({"name": name, "model": model, "rows": len(inputs), "columns": inputs.shape[1],
                      "inputs": inputs.ravel().tolist(), "target": target.tolist(),
                      "coefficients": coefficients.ravel().tolist(),
                      "intercepts": numpy.atleast_1d(fitted.intercept_).tolist()})

    def regression(name, inputs, target):
        add(name, {"linear": {}}, inputs, target, exact_linear().fit(inputs, target))
        for l2 in (1.0, 0.01):
            add(name, {"ridge": {"l2": l2}}, inputs, target, Ridge(alpha=l2, solver="svd").fit(inputs, target))

    inputs = generator.normal(size=(40, 5)).round(6)
    target = (inputs @ [1, -2, 0.5, 0, 3] + 4 + generator.normal(size=40)).round(6)
    regression("well conditioned", inputs, target)
    regression("columns of unlike units", inputs * [1e-3, 1, 1e3, 10, 0.1] + [5, 0, 1e4, -3, 0], target)
    regression("a repeated, a combined and a constant column",
               numpy.column_stack([inputs, inputs[:, 0], inputs[:, 1] - inputs[:, 2], numpy.full(40, 0.1)]), target)
    regression("more columns than rows", generator.normal(size=(8, 15)).round(6), generator.normal(size=8).round(6))
    for classes in (2, 3, 4):
        inputs = (generator.normal(size=(90, 4)) * [1, 20, 0.1, 3] + [0, 50, 0, -7]).round(6)
        scores = inputs / [1, 20, 0.1, 3] @ generator.normal(size=(4, classes)) + generator.gumbel(size=(90, classes)) * 1.5
        codes = scores.argmax(axis=1)
        for l2 in (1.0, 0.01, 0.0):
            fitted = exact_logistic(l2).fit(inputs, codes)
            check_optimal(inputs, codes, l2, fitted)
            add(f"{classes} classes", {"logistic": {"l2": l2}}, inputs, codes, fitted)
    return cases


def check_optimal(inputs, codes, l2, fitted):
    """The gradient of the objective vanishes at what is frozen."""
    probabilities = fitted.predict_proba(inputs)
    errors = probabilities - numpy.eye(probabilities.shape[1])[codes]
    errors = errors[:, 1:] if errors.shape[1] == 2 else errors
    gradient = errors.T @ inputs + l2 * fitted.coef_
    assert abs(gradient).max() < 1e-8 * abs(inputs).sum(), gradient
    assert abs(errors.sum(axis=0)).max() < 1e-8 * len(codes)


# Optimisers: f32 parameters, given gradients.

def optimisers():
    generator = numpy.random.default_rng(3)
    start = generator.normal(size=6).astype(numpy.float32)
    gradients = (generator.normal(size=(50, 6)) * [1, 1, 1e-3, 1e3, 1, 0] + [0.5, 0, 0, 0, -1, 0]).astype(numpy.float32)
    settings = {
        "adam": (torch.optim.Adam, {"lr": 0.01, "betas": (0.9, 0.999), "eps": 1e-8}),
        "adamw": (torch.optim.AdamW, {"lr": 0.01, "betas": (0.9, 0.999), "eps": 1e-8, "weight_decay": 0.01}),
        "rmsprop": (torch.optim.RMSprop, {"lr": 0.01, "alpha": 0.99, "eps": 1e-8}),
        "sgd": (torch.optim.SGD, {"lr": 0.01, "momentum": 0.0}),
        "sgd_momentum": (torch.optim.SGD, {"lr": 0.01, "momentum": 0.9}),
    }
    cases = []
    for name, (optimiser, options) in settings.items():
        parameters = torch.nn.Parameter(torch.from_numpy(start.copy()))
        steps = optimiser([parameters], foreach=False, **options)
        after = []
        for number, gradient in enumerate(gradients, start=1):
            parameters.grad = torch.from_numpy(gradient)
            steps.step()
            if number % 10 == 0:
                after.append(parameters.detach().numpy().tolist())
        cases.append({"optimiser": name, "options": options, "start": start.tolist(), "gradients": gradients.tolist(),
                      "after_each_10_steps": after})
    return cases


# A network 4-5-3-1, tanh and ReLU, logistic output, full batches, f64: a hundred steps of each optimiser from the same
# weights. These are inputs × outputs, row after row.

def network():
    generator = numpy.random.default_rng(4)
    inputs = torch.from_numpy(generator.normal(size=(16, 4)))
    truth = torch.from_numpy((generator.normal(size=16) + inputs.numpy()[:, 0] > 0).astype(float))
    start = [generator.normal(size=shape) * 0.7 for shape in ((4, 5), (5,), (5, 3), (3,), (3, 1), (1,))]
    settings = {
        "adam": (torch.optim.Adam, {"lr": 0.02, "betas": (0.9, 0.999), "eps": 1e-8}),
        "adamw": (torch.optim.AdamW, {"lr": 0.02, "betas": (0.9, 0.999), "eps": 1e-8, "weight_decay": 0.05}),
        "rmsprop": (torch.optim.RMSprop, {"lr": 0.005, "alpha": 0.99, "eps": 1e-8}),
        "sgd": (torch.optim.SGD, {"lr": 0.3, "momentum": 0.0}),
        "sgd_momentum": (torch.optim.SGD, {"lr": 0.05, "momentum": 0.9}),
        "sgd_nesterov": (torch.optim.SGD, {"lr": 0.05, "momentum": 0.9, "nesterov": True, "weight_decay": 0.01}),
    }
    cases = []
    for name, (optimiser, options) in settings.items():
        parameters = [torch.nn.Parameter(torch.from_numpy(value.copy())) for value in start]
        steps, losses = optimiser(parameters, **options), []
        for _ in range(100):
            steps.zero_grad()
            first = torch.tanh(inputs @ parameters[0] + parameters[1])
            second = torch.relu(first @ parameters[2] + parameters[3])
            logits = (second @ parameters[4] + parameters[5]).squeeze(1)
            loss = torch.nn.functional.binary_cross_entropy_with_logits(logits, truth)
            losses.append(loss.item())
            loss.backward()
            steps.step()
        flat = lambda values: [numpy.asarray(value).ravel().tolist() for value in values]
        cases.append({"optimiser": name, "options": options, "inputs": inputs.tolist(), "truth": truth.tolist(),
                      "start": flat(start), "losses": losses,
                      "after_100_steps": flat(p.detach().numpy() for p in parameters)})
    return cases


if __name__ == "__main__":
    main()
