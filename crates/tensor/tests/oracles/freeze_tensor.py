"""Freezes results and gradients of every operation by PyTorch, in double precision on the CPU.

    python3 -m venv venv && venv/bin/pip install torch==2.15.0 numpy && venv/bin/python freeze_tensor.py
"""

import json
import pathlib

import numpy
import torch
import torch.nn.functional as F

HERE = pathlib.Path(__file__).parent
RANDOM = numpy.random.default_rng(20)
CASES = []


def matrix(rows, columns, low=-2.0, high=2.0):
    return torch.tensor(RANDOM.uniform(low, high, (rows, columns)).round(3))


def away(rows, columns):
    """Away from 0 on both sides."""
    signs = torch.tensor(RANDOM.choice([-1.0, 1.0], (rows, columns)))
    return matrix(rows, columns, 0.2, 2.0) * signs


def positive(rows, columns):
    return matrix(rows, columns, 0.2, 2.0)


def distribution(rows, columns):
    values = matrix(rows, columns, 0.1, 1.0)
    return values / values.sum(1, keepdim=True)


def index(rows, end):
    return torch.tensor(RANDOM.integers(0, end, (rows, 1)).astype(float))


def plain(tensor):
    return {"shape": list(tensor.shape), "values": [float(value) for value in tensor.reshape(-1)]}


def case(op, function, inputs, data=(), **settings):
    """One operation; the gradient is that of the sum of the result times weights, with respect to all but `data`."""
    inputs = [value.clone().requires_grad_(place not in data) for place, value in enumerate(inputs)]
    result = function(*inputs)
    weights = matrix(*result.shape, -1.0, 1.0)
    wanted = [value for value in inputs if value.requires_grad]
    found = torch.autograd.grad((result * weights).sum(), wanted) if wanted else []
    found = iter(found)
    CASES.append({
        "op": op,
        "settings": settings,
        "inputs": [plain(value.detach()) for value in inputs],
        "weights": plain(weights),
        "result": plain(result.detach()),
        "gradients": [plain(next(found)) if value.requires_grad else None for value in inputs],
    })


def turned(value, is_turned):
    return value.transpose(-1, -2) if is_turned else value


def elementwise():
    case("add", torch.add, [matrix(2, 3), matrix(2, 3)])
    case("subtract", torch.sub, [matrix(2, 3), matrix(2, 3)])
    case("multiply", torch.mul, [matrix(2, 3), matrix(2, 3)])
    case("divide", torch.div, [matrix(2, 3), away(2, 3)])
    case("negate", torch.neg, [matrix(2, 3)])
    case("scale", lambda a: -1.5 * a, [matrix(2, 3)], factor=-1.5)
    case("relu", torch.relu, [away(2, 3)])
    case("gate", lambda a, b: torch.where(a > 0, b, 0.0), [away(2, 3), matrix(2, 3)], data=[0])
    case("sigmoid", torch.sigmoid, [matrix(2, 3, -8, 8)])
    case("tanh", torch.tanh, [matrix(2, 3, -5, 5)])
    case("exp", torch.exp, [matrix(2, 3, -5, 5)])
    case("log", torch.log, [positive(2, 3)])
    case("log1p", torch.log1p, [matrix(2, 3, -0.9, 2)])
    case("sqrt", torch.sqrt, [positive(2, 3)])
    case("recip", torch.reciprocal, [away(2, 3)])
    # PyTorch goes over to the identity above its threshold.
    case("softplus", lambda a: F.softplus(a, threshold=1000), [matrix(3, 3, -30, 30)])
    case("erf", torch.erf, [matrix(3, 3, -3, 3)])
    case("gelu", F.gelu, [matrix(3, 3, -6, 6)])
    case("silu", F.silu, [matrix(3, 3, -8, 8)])
    case("selu", F.selu, [away(2, 3)])
    case("mish", F.mish, [matrix(3, 3, -8, 8)])
    case("abs", torch.abs, [away(2, 3)])
    case("sin", torch.sin, [matrix(3, 3, -20, 20)])
    case("cos", torch.cos, [matrix(3, 3, -20, 20)])
    case("maximum", torch.maximum, [matrix(2, 3), matrix(2, 3)])
    case("minimum", torch.minimum, [matrix(2, 3), matrix(2, 3)])
    case("power", torch.pow, [positive(2, 3), matrix(2, 3, -3, 3)])
    case("greater", lambda a, b: (a > b).double(), [matrix(2, 3), matrix(2, 3)], data=[0, 1])
    case(
        "sigmoid_cross_entropy",
        lambda z, y: F.binary_cross_entropy_with_logits(z, y, reduction="none"),
        [matrix(3, 2, -9, 9), matrix(3, 2, 0, 1)],
        data=[1],
    )


def products():
    for left in (False, True):
        for right in (False, True):
            a = matrix(4, 3) if left else matrix(3, 4)
            b = matrix(2, 4) if right else matrix(4, 2)
            function = lambda a, b, left=left, right=right: turned(a, left) @ turned(b, right)
            case("matmul", function, [a, b], transpose_left=left, transpose_right=right)
            a = matrix(8, 3) if left else matrix(6, 4)
            b = matrix(4, 4) if right else matrix(8, 2)

            def stacks(a, b, left=left, right=right):
                a, b = a.reshape(2, -1, a.shape[1]), b.reshape(2, -1, b.shape[1])
                return torch.bmm(turned(a, left), turned(b, right)).reshape(6, 2)

            case("batch_matmul", stacks, [a, b], blocks=2, transpose_left=left, transpose_right=right)


def shapes():
    case("add_row", torch.add, [matrix(3, 2), matrix(1, 2)])
    case("sum_rows", lambda a: a.sum(0, keepdim=True), [matrix(3, 2)])
    case("repeat_rows", lambda a: a.repeat(3, 1), [matrix(1, 2)], rows=3)
    case("sum_columns", lambda a: a.sum(1, keepdim=True), [matrix(3, 2)])
    case("repeat_columns", lambda a: a.repeat(1, 4), [matrix(3, 1)], columns=4)
    case("sum", lambda a: a.sum().reshape(1, 1), [matrix(3, 2)])
    case("fill", lambda a: a.repeat(3, 2), [matrix(1, 1)], shape=[3, 2])
    case("mean", lambda a: a.mean().reshape(1, 1), [matrix(3, 2)])
    case("spread", lambda a: a.repeat(3, 2) / 6, [matrix(1, 1)], shape=[3, 2])
    case("select", lambda c, a, b: torch.where(c > 0, a, b), [away(3, 2), matrix(3, 2), matrix(3, 2)], data=[0])
    case("concat", lambda a, b: torch.cat([a, b], 1), [matrix(3, 2), matrix(3, 1)])
    case("slice", lambda a: a[:, 1:3], [matrix(2, 4)], start=1, count=2)
    case("pad", lambda a: F.pad(a, (1, 2)), [matrix(2, 2)], before=1, after=2)
    case("transpose", lambda a: a.T, [matrix(3, 2)])
    case("reshape", lambda a: a.reshape(4, 3), [matrix(2, 6)], shape=[4, 3])
    case("gather", lambda t, k: F.embedding(k[:, 0].long(), t), [matrix(3, 2), index(5, 3)], data=[1])
    case(
        "scatter_add",
        lambda a, k: torch.zeros(4, 2, dtype=a.dtype).index_add(0, k[:, 0].long(), a),
        [matrix(5, 2), index(5, 4)],
        data=[1],
        rows=4,
    )
    case("one_hot", lambda k: F.one_hot(k[:, 0].long(), 4).double(), [index(5, 4)], data=[0], columns=4)
    # The masks are not PyTorch's: what is kept of everything is everything.
    case("dropout", lambda a, _: F.dropout(a, 0.0), [matrix(2, 3), index(1, 9)], data=[1], rate=0.0)


def statistics():
    case("softmax", lambda a: torch.softmax(a, 1), [matrix(3, 4)])
    case("log_sum_exp", lambda a: torch.logsumexp(a, 1, keepdim=True), [matrix(3, 4)])
    case("max_columns", lambda a: a.amax(1, keepdim=True), [matrix(3, 4)])
    tied = torch.tensor([[1.0, 2.0, 2.0], [3.0, 3.0, 3.0]], dtype=torch.float64)
    case("max_columns", lambda a: a.amax(1, keepdim=True), [tied])
    case("mean_squared_error", lambda a, b: F.mse_loss(a, b).reshape(1, 1), [matrix(3, 2), matrix(3, 2)])
    case(
        "binary_cross_entropy",
        lambda z, y: F.binary_cross_entropy_with_logits(z, y).reshape(1, 1),
        [matrix(3, 2, -9, 9), matrix(3, 2, 0, 1)],
        data=[1],
    )
    soft = [matrix(3, 4), distribution(3, 4)]
    case("softmax_cross_entropy", lambda z, y: F.cross_entropy(z, y).reshape(1, 1), soft, data=[1])
    by_row = lambda z, y: F.cross_entropy(z, y, reduction="none").reshape(-1, 1)
    case("softmax_cross_entropy_rows", by_row, soft, data=[1])
    for over, axis in (("rows", 0), ("columns", 1)):
        settings = {"over": over, "epsilon": 1e-5}
        case("mean_over", lambda a: a.mean(axis, keepdim=True), [matrix(3, 4)], over=over)
        single = matrix(1, 4) if axis == 0 else matrix(3, 1)
        spread = lambda a: a.repeat(3, 1) / 3 if axis == 0 else a.repeat(1, 4) / 4
        case("spread_over", spread, [single], over=over, side=3 if axis == 0 else 4)
        deviation = lambda a: (a.var(axis, correction=0, keepdim=True) + 1e-5).sqrt()
        case("deviation", deviation, [matrix(3, 4)], **settings)
        batch = lambda a: F.batch_norm(a, None, None, training=True)
        norm = batch if axis == 0 else lambda a: F.layer_norm(a, (4,))
        case("normalize", norm, [matrix(3, 4)], **settings)


def slope(function):
    """The derivative of a function, itself differentiable."""
    return lambda a: torch.autograd.grad(function(a).sum(), a, create_graph=True)[0]


def networks():
    case("selu_slope", slope(F.selu), [away(3, 3)])
    case("mish_slope", slope(F.mish), [matrix(3, 3, -8, 8)])
    # Of a rate of 0, all is kept.
    ones = lambda step, rate: torch.ones(2, 3, dtype=step.dtype)
    case("dropout_mask", ones, [index(1, 9), torch.zeros(1, 1, dtype=torch.float64)], data=[0, 1], shape=[2, 3])
    for inner in (1, 9):
        columns, matrices, result = (2, inner), (2, 3, inner), (2, 3)
        forms = {
            "Result": ("ngk,gjk->ngj", columns, matrices, (4, 2 * inner), (6, inner), (4, 6)),
            "Columns": ("ngj,gjk->ngk", result, matrices, (4, 6), (6, inner), (4, 2 * inner)),
            "Matrices": ("ngk,ngj->gjk", columns, result, (4, 2 * inner), (4, 6), (6, inner)),
        }
        for wanted, (sides, left, right, first, second, shape) in forms.items():
            shaped = lambda value, own: value.reshape(own if len(own) == 3 else (-1, *own))
            function = lambda a, b: torch.einsum(sides, shaped(a, left), shaped(b, right)).reshape(shape)
            case("grouped", function, [matrix(*first), matrix(*second)], groups=2, wanted=wanted)


torch.set_num_threads(1)
elementwise()
products()
shapes()
statistics()
networks()
document = {
    "tools": {"torch": torch.__version__, "numpy": numpy.__version__},
    "command": "python crates/tensor/tests/oracles/freeze_tensor.py",
    "tolerance": {"double": 1e-9, "single": 1e-4},
    "cases": CASES,
}
lines = ",\n".join(json.dumps(entry) for entry in document.pop("cases"))
text = json.dumps(document)[:-1] + ', "cases": [\n' + lines + "\n]}\n"
json.loads(text)
(HERE / "tensor.json").write_text(text)
