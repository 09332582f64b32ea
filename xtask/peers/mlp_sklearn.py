"""scikit-learn: MLPClassifier."""

import warnings

from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier

import job


def train(x, y):
    model = MLPClassifier(
        job.LAYERS[:-1], batch_size=job.BATCH, max_iter=job.EPOCHS, learning_rate_init=job.RATE, alpha=0.0,
        n_iter_no_change=1000, random_state=1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(x, y)
    return lambda x: model.predict_proba(x)[:, 1]


job.run(train)
