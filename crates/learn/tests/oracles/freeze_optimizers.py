"""Freezes 100 steps of optimisers in double precision: by PyTorch, and where it has none or computes in half precision,
by the formulas of the papers in numpy.

    python3 -m venv venv && venv/bin/pip install torch==2.15.0 numpy && venv/bin/python freeze_optimizers.py
"""

import json
import pathlib

import numpy
import torch

HERE = pathlib.Path(__file__).parent
RANDOM = numpy.random.default_rng(11)
SIDES = (3, 5)
START = RANDOM.normal(size=SIDES)
GRADIENTS = RANDOM.normal(size=(100, *SIDES)) * RANDOM.choice([1e-3, 1.0, 30.0], size=SIDES) + 0.2


def by_torch(make):
    parameters = torch.nn.Parameter(torch.from_numpy(START.copy()))
    optimiser = make([parameters])
    for gradient in GRADIENTS:
        parameters.grad = torch.from_numpy(gradient)
        optimiser.step()
    return parameters.detach().numpy()


def lion(lr=0.003, beta1=0.9, beta2=0.99, decay=0.1):
    parameters, mean = START.copy(), numpy.zeros(SIDES)
    for gradient in GRADIENTS:
        parameters = (1 - lr * decay) * parameters - lr * numpy.sign(beta1 * mean + (1 - beta1) * gradient)
        mean = beta2 * mean + (1 - beta2) * gradient
    return parameters


def muon(lr=0.02, momentum=0.95, decay=0.1):
    """Of the steps of torch.optim.Muon, in double precision; its matrices are outputs × inputs."""
    parameters, mean = START.T.copy(), numpy.zeros(SIDES).T
    for gradient in GRADIENTS:
        gradient = gradient.T
        mean = mean + (1 - momentum) * (gradient - mean)
        step = gradient + momentum * (mean - gradient)
        x = step / max(numpy.linalg.norm(step), 1e-7)
        is_tall = x.shape[0] > x.shape[1]
        x = x.T if is_tall else x
        for _ in range(5):
            square = x @ x.T
            x = 3.4445 * x + (-4.775 * square + 2.0315 * square @ square) @ x
        x = x.T if is_tall else x
        ratio = max(1, x.shape[0] / x.shape[1]) ** 0.5
        parameters = parameters * (1 - lr * decay) - lr * ratio * x
    return parameters.T


def schedule_free(lr=0.01, beta1=0.9, beta2=0.999, epsilon=1e-8, decay=0.05):
    y, z, square = START.copy(), START.copy(), numpy.zeros(SIDES)
    for number, gradient in enumerate(GRADIENTS, start=1):
        square = beta2 * square + (1 - beta2) * gradient**2
        normal = gradient / (numpy.sqrt(square / (1 - beta2**number)) + epsilon) + decay * y
        share = 1 / number
        y = y + share * (z - y) + lr * (beta1 * (1 - share) - 1) * normal
        z = z - lr * normal
    return y + (1 - 1 / beta1) * (z - y)


optim = torch.optim
CASES = {
    "nadam": by_torch(lambda p: optim.NAdam(p, lr=0.01, foreach=False)),
    "radam": by_torch(lambda p: optim.RAdam(p, lr=0.01, foreach=False)),
    "adagrad": by_torch(lambda p: optim.Adagrad(p, lr=0.05, foreach=False)),
    "adamw": by_torch(lambda p: optim.AdamW(p, lr=0.01, betas=(0.9, 0.95), weight_decay=0.02, foreach=False)),
    "sgd": by_torch(lambda p: optim.SGD(p, lr=0.01, momentum=0.9, nesterov=True, weight_decay=0.1, foreach=False)),
    "rmsprop": by_torch(lambda p: optim.RMSprop(p, lr=0.01, foreach=False)),
    "lion": lion(),
    "muon": muon(),
    "schedule_free": schedule_free(),
}
document = {
    "tools": {"torch": torch.__version__, "numpy": numpy.__version__},
    "command": "python crates/learn/tests/oracles/freeze_optimizers.py",
    "sides": SIDES,
    "start": START.reshape(-1).tolist(),
    "gradients": GRADIENTS.reshape(100, -1).tolist(),
    "after": {name: values.reshape(-1).tolist() for name, values in CASES.items()},
}
(HERE / "optimizers.json").write_text(json.dumps(document) + "\n")
