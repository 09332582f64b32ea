"""Freezes what scikit-learn makes of numeric columns: powers, quantiles, scales, bins, products, splines.

    pip install numpy==2.4.6 scipy==1.17.1 scikit-learn==1.9.1
    python freeze_numeric.py

writes `numeric.json` into this folder.
"""

import json
import platform
import warnings
from pathlib import Path

import numpy
import scipy
import sklearn
from scipy import stats
from sklearn.ensemble import IsolationForest
from sklearn.preprocessing import (
    KBinsDiscretizer, MaxAbsScaler, MinMaxScaler, PolynomialFeatures, PowerTransformer, QuantileTransformer,
    RobustScaler, SplineTransformer, StandardScaler)

HERE = Path(__file__).resolve().parent


def main():
    document = {
        "tools": {"python": platform.python_version(), "numpy": numpy.__version__, "scipy": scipy.__version__,
                  "scikit-learn": sklearn.__version__},
        "command": "python tests/oracles/freeze_numeric.py",
        "tolerance": 1e-12,
        "columns": {name: train.tolist() for name, (train, _) in columns().items()},
        "new": {name: new.tolist() for name, (_, new) in columns().items()},
        "cases": scales() + powers() + quantiles() + bins() + splines(),
        "products": products(),
        "forest": forest(),
    }
    text = json.dumps(document, allow_nan=False)
    (HERE / "numeric.json").write_text(text.replace("}, {", "},\n{").replace("]], \"", "]],\n\"") + "\n")


def columns():
    """Training values, and values to apply to: some of them, some between, some beyond."""
    draw = numpy.random.default_rng(20)
    normal = draw.normal(3.0, 2.0, 60)
    skewed = draw.lognormal(0.5, 1.1, 60)
    tied = numpy.round(draw.gamma(2.0, 1.5, 60) * 2) / 2 - 1
    counts = draw.poisson(4.0, 60).astype(float)
    years = draw.integers(1990, 2024, 60).astype(float)
    large = 1e6 + draw.uniform(0, 10, 60)
    both = numpy.where(draw.uniform(size=60) < 0.4, -draw.exponential(4.0, 60), draw.normal(0.5, 0.3, 60))
    named = {"normal": normal, "skewed": skewed, "tied": tied, "counts": counts, "years": years, "large": large,
             "both": both}
    def new(train):
        low, high = train.min(), train.max()
        middle = (numpy.sort(train)[10:20] + numpy.sort(train)[11:21]) / 2
        return numpy.concatenate([train[:10], middle, [low, high, low - 0.5 * (high - low), high + 0.5 * (high - low)]])
    return {name: (train, numpy.maximum(new(train), 1e-3) if train.min() > 0 else new(train))
            for name, train, in named.items()}


def case(step, name, transformer, tolerance=None, **extra):
    train, new = columns()[name]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made = transformer.fit(train[:, None]).transform(new[:, None])
    found = {"step": step, "column": name, "made": numpy.asarray(made).T.tolist()} | extra
    return found if tolerance is None else found | {"tolerance": tolerance}


def scales():
    methods = {"standard": StandardScaler(), "minmax": MinMaxScaler(), "robust": RobustScaler(),
               "maxabs": MaxAbsScaler()}
    return [case(f"scale {method}", name, scaler) for method, scaler in methods.items() for name in columns()]


def powers():
    """scikit-learn's exponents are good to about 1e-8, since it looks for a maximum; so the exponent is found anew as
    the root of the likelihood's slope in extended precision, and the transform is made with that one."""
    cases = []
    for method in ("yeo-johnson", "box-cox"):
        for name, (train, new) in columns().items():
            # Far from 0 for their spread, floats cannot tell raised numbers apart, and there is nothing to agree on.
            if name in ("years", "large") or (method == "box-cox" and train.min() <= 0):
                continue
            transformer = PowerTransformer(method).fit(train[:, None])
            exponent = precise(method, train)
            raise_to = (stats.yeojohnson if method == "yeo-johnson" else scipy.special.boxcox)
            made = raise_to(train, exponent)
            standard = (raise_to(new, exponent) - made.mean()) / made.std()
            cases.append({"step": f"power {method.replace('-', '')}", "column": name, "made": [standard.tolist()],
                          "exponent": exponent, "sklearn": transformer.lambdas_[0],
                          "sklearn_made": [transformer.transform(new[:, None])[:, 0].tolist()], "tolerance": 1e-9})
    return cases


def precise(method, values):
    values = values.astype(numpy.longdouble)
    signed = numpy.sign(values) * numpy.log1p(abs(values)) if method == "yeo-johnson" else numpy.log(values)
    def slope(exponent):
        mirrored = (signed < 0) & (method == "yeo-johnson")
        power = numpy.where(mirrored, 2 - exponent, exponent)
        log = abs(signed) if method == "yeo-johnson" else signed
        raised = numpy.expm1(power * log) / power
        change = (log * numpy.exp(power * log) - raised) / power
        raised = numpy.where(mirrored, -raised, raised)
        off = raised - raised.mean()
        return signed.sum() - len(values) * (off * (change - change.mean())).sum() / (off * off).sum()
    # The slope falls; far from the root it may have no value, even in extended precision.
    low, high = numpy.longdouble(-2.1), numpy.longdouble(2.3)
    while not slope(low) > 0 and low > -400:
        low *= 2
    while not slope(high) < 0 and high < 400:
        high *= 2
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if slope(middle) > 0 else (low, middle)
    return float((low + high) / 2)


def quantiles():
    """Without a column of which numpy rounds two landmarks off the values that they are, and so off its ties."""
    return [case(f"quantile {shape} n_quantiles={count}", name,
                 QuantileTransformer(n_quantiles=count, output_distribution=shape, subsample=None))
            for shape in ("uniform", "normal") for count in (7, 1000) for name in columns()
            if (count, name) != (1000, "counts")]


def bins():
    """Without k-means, for which scikit-learn finds a local optimum; ours is compared with all other clusters."""
    strategies = {"width": "uniform", "quantile": "quantile"}
    return [case(f"bin {count} {word}", name,
                 KBinsDiscretizer(count, encode="ordinal", strategy=strategy, subsample=None,
                                  quantile_method="linear"))
            for word, strategy in strategies.items() for count in (3, 8) for name in columns()]


def splines():
    return [case(f"spline {knots} degree={degree} knots={placing}", name,
                 SplineTransformer(n_knots=knots, degree=degree, knots=placing, extrapolation="constant"))
            for knots, degree, placing in ((5, 3, "uniform"), (4, 2, "quantile"), (3, 1, "uniform"))
            for name in ("normal", "skewed", "large", "both")]


def products():
    train = numpy.stack([columns()[name][0][:8] for name in ("normal", "skewed", "tied")], axis=1)
    cases = []
    for degree in (2, 3, 4):
        for interaction in (False, True):
            features = PolynomialFeatures(degree, interaction_only=interaction, include_bias=False).fit(train)
            names = features.get_feature_names_out(["normal", "skewed", "tied"])[3:]
            cases.append({"degree": degree, "interaction_only": interaction, "names": names.tolist(),
                          "made": features.transform(train).T[3:].tolist()})
    return cases


def forest():
    """Scores as the mean of many forests, since one depends on its random numbers."""
    draw = numpy.random.default_rng(4)
    rows = numpy.concatenate([draw.normal(size=(390, 3)), draw.normal(4.0, 2.0, size=(10, 3))])
    rows = numpy.round(rows, 3)
    scores = [-IsolationForest(random_state=seed).fit(rows).score_samples(rows) for seed in range(20)]
    return {"rows": rows.T.tolist(), "scores": numpy.round(numpy.mean(scores, axis=0), 5).tolist()}


if __name__ == "__main__":
    main()
