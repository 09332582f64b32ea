"""scikit-learn: MLPClassifier."""

import sys
import warnings

from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier

import job


def train(x, y):
    model = MLPClassifier(
        job.LAYERS[:-1], batch_size=job.BATCH, max_iter=job.EPOCHS, learning_rate_init=job.RATE, alpha=0.0,
        n_iter_no_change=1000, random_state=1)
    if len(sys.argv) > 2:
        for _ in range(job.EPOCHS):
            # An epoch at a time, as long as one of `fit`.
            model.partial_fit(x, y, classes=(0, 1))
            job.lap()
    else:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            model.fit(x, y)
    return lambda x: model.predict_proba(x)[:, 1]


job.run(train)
