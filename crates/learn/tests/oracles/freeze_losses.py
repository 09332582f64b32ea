"""Freezes losses of networks and their gradients in double precision: by PyTorch, and where it has none by the formulas of the
papers, differentiated by PyTorch.

    python3 -m venv venv && venv/bin/pip install torch==2.15.0 numpy && venv/bin/python freeze_losses.py
"""

import json
import math
import pathlib

import numpy
import torch
from torch import nn
from torch.nn import functional

HERE = pathlib.Path(__file__).parent
RANDOM = numpy.random.default_rng(12)
ROWS, CLASSES = 12, 4
SUMS = RANDOM.normal(size=(ROWS, 1)) * 2
LOGITS = RANDOM.normal(size=(ROWS, CLASSES)) * 2
LOGITS[0] = [30, -30, 0, 1]
NUMBERS = RANDOM.normal(size=(ROWS, 1)) * 2
COUNTS = RANDOM.poisson(1.5, size=(ROWS, 1)).astype(float)
AMOUNTS = RANDOM.gamma(2.0, 0.7, size=(ROWS, 1))
BINARY = RANDOM.integers(0, 2, size=(ROWS, 1)).astype(float)
CODES = RANDOM.integers(0, CLASSES, size=ROWS)
CLASS_WEIGHTS = [0.5, 2.0, 1.0, 3.0]


def pinball(sums, target, level):
    error = target - sums
    return torch.maximum(level * error, (level - 1) * error).mean()


def log_cosh(sums, target):
    return torch.log(torch.cosh(sums - target)).mean()


def gamma(sums, target):
    """The negative log-likelihood of shape 1, without constants: ln μ + y / μ with μ = e^sums."""
    return (sums + target * torch.exp(-sums)).mean()


def focal(sums, target, exponent):
    """As torchvision.ops.sigmoid_focal_loss(alpha=-1, reduction="mean")."""
    losses = functional.binary_cross_entropy_with_logits(sums, target, reduction="none")
    chance = torch.sigmoid(sums)
    right = chance * target + (1 - chance) * (1 - target)
    return (losses * (1 - right) ** exponent).mean()


def focal_classes(sums, codes, exponent):
    logs = functional.log_softmax(sums, dim=1).gather(1, codes[:, None])
    return (-((1 - logs.exp()) ** exponent) * logs).mean()


def hinge(sums, target):
    return torch.clamp(1 - (2 * target - 1) * sums, min=0).mean()


def case(name, sums, target, loss, **settings):
    sums = torch.tensor(sums, requires_grad=True)
    value = loss(sums, torch.from_numpy(target))
    value.backward()
    return {
        "loss": name,
        "settings": settings,
        "sums": sums.detach().reshape(-1).tolist(),
        "target": target.reshape(-1).tolist(),
        "value": value.item(),
        "gradient": sums.grad.reshape(-1).tolist(),
    }


poisson = nn.PoissonNLLLoss(log_input=True, full=False)
weights = torch.tensor(CLASS_WEIGHTS, dtype=torch.float64)
CASES = [
    case("mean_squared_error", SUMS, NUMBERS, nn.MSELoss()),
    case("huber", SUMS, NUMBERS, nn.HuberLoss(delta=1.0), delta=1.0),
    case("huber", SUMS, NUMBERS, nn.HuberLoss(delta=0.3), delta=0.3),
    case("log_cosh", SUMS, NUMBERS, log_cosh),
    case("quantile", SUMS, NUMBERS, lambda s, t: pinball(s, t, 0.9), level=0.9),
    case("quantile", SUMS, NUMBERS, lambda s, t: functional.l1_loss(s, t) / 2, level=0.5),
    case("poisson", SUMS, COUNTS, poisson),
    case("gamma", SUMS, AMOUNTS, gamma),
    case("binary_cross_entropy", SUMS, BINARY, nn.BCEWithLogitsLoss()),
    case("focal", SUMS, BINARY, lambda s, t: focal(s, t, 2.0), gamma=2.0),
    case("focal", SUMS, BINARY, lambda s, t: focal(s, t, 0.5), gamma=0.5),
    case("hinge", SUMS, BINARY, hinge),
    case("softmax_cross_entropy", LOGITS, CODES, nn.CrossEntropyLoss()),
    case("softmax_cross_entropy", LOGITS, CODES, nn.CrossEntropyLoss(label_smoothing=0.1), smoothing=0.1),
    case("softmax_cross_entropy", LOGITS, CODES, nn.CrossEntropyLoss(weight=weights), class_weights=CLASS_WEIGHTS),
    case("focal", LOGITS, CODES, lambda s, t: focal_classes(s, t, 2.0), gamma=2.0),
    case("hinge", LOGITS, CODES, nn.MultiMarginLoss()),
]
assert all(math.isfinite(one["value"]) for one in CASES)
document = {
    "tools": {"torch": torch.__version__, "numpy": numpy.__version__},
    "command": "python crates/learn/tests/oracles/freeze_losses.py",
    "cases": CASES,
}
(HERE / "losses.json").write_text(json.dumps(document) + "\n")
