"""Freezes layers of networks in double precision with PyTorch: outputs and gradients in training, running statistics after
several batches, and outputs of predictions with them.

    python3 -m venv venv && venv/bin/pip install torch==2.15.0 numpy && venv/bin/python freeze_layers.py
"""

import json
import pathlib

import numpy
import torch
from torch import nn

torch.set_default_dtype(torch.float64)
HERE = pathlib.Path(__file__).parent
RANDOM = numpy.random.default_rng(13)
ROWS, WIDTH = 6, 4
BATCHES = RANDOM.normal(size=(3, ROWS, WIDTH)) * [1, 0.1, 5, 2] + [0, 3, -1, 0]
UPSTREAM = RANDOM.normal(size=(ROWS, WIDTH))


class Residual(nn.Module):
    def __init__(self, *layers):
        super().__init__()
        self.layers = nn.Sequential(*layers)

    def forward(self, x):
        return x + self.layers(x)


class Branches(nn.Module):
    def __init__(self, *branches):
        super().__init__()
        self.branches = nn.ModuleList(branches)

    def forward(self, x):
        return torch.cat([branch(x) for branch in self.branches], dim=1)


LAYERS = {
    "dense": nn.Linear(WIDTH, 3),
    "batch_norm": nn.BatchNorm1d(WIDTH),
    "layer_norm": nn.LayerNorm(WIDTH),
    "glu": nn.GLU(),
    "gelu": nn.GELU(),
    "silu": nn.SiLU(),
    "selu": nn.SELU(),
    "mish": nn.Mish(),
    "softplus": nn.Softplus(),
    "relu": nn.ReLU(),
    "tanh": nn.Tanh(),
    "sigmoid": nn.Sigmoid(),
    "residual": Residual(nn.Linear(WIDTH, 5), nn.Tanh(), nn.BatchNorm1d(5), nn.Linear(5, WIDTH)),
    "branches": Branches(nn.Sequential(nn.Linear(WIDTH, 2), nn.SiLU()), nn.Identity(), nn.LayerNorm(WIDTH)),
}


def flat(tensor):
    """Kernels of PyTorch are outputs × inputs."""
    return (tensor.T if tensor.dim() == 2 else tensor).detach().reshape(-1).tolist()


def case(name, layer):
    parameters = list(layer.parameters())
    with torch.no_grad():
        for parameter in parameters:
            parameter.copy_(torch.from_numpy(RANDOM.normal(size=tuple(parameter.shape))))
    start = [number for parameter in parameters for number in flat(parameter)]
    layer.train()
    for batch in BATCHES[:-1]:
        layer(torch.from_numpy(batch))
    inputs = torch.tensor(BATCHES[-1], requires_grad=True)
    outputs = layer(inputs)
    upstream = torch.from_numpy(RANDOM.normal(size=tuple(outputs.shape)))
    (outputs * upstream).sum().backward()
    norms = [module for module in layer.modules() if isinstance(module, nn.BatchNorm1d)]
    layer.eval()
    return {
        "layer": name,
        "parameters": start,
        "upstream": flat(upstream.T),
        "outputs": flat(outputs.T),
        "input_gradient": flat(inputs.grad.T),
        "gradients": [number for parameter in parameters for number in flat(parameter.grad)],
        "running": [number for norm in norms for row in (norm.running_mean, norm.running_var) for number in row.tolist()],
        "predictions": flat(layer(inputs).T),
    }


document = {
    "tools": {"torch": torch.__version__, "numpy": numpy.__version__},
    "command": "python crates/learn/tests/oracles/freeze_layers.py",
    "batches": BATCHES.reshape(3, -1).tolist(),
    "cases": [case(name, layer) for name, layer in LAYERS.items()],
}
(HERE / "layers.json").write_text(json.dumps(document) + "\n")
