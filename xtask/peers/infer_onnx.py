"""onnxruntime: a million rows of 20 numbers through 64, 32 and 1 units, as `crates/learn/examples/infer.rs` does it.

    python infer_onnx.py THREADS

prints a line of JSON: the median of nine runs in seconds, and the mean prediction.
"""

import json
import sys
import time

import numpy as np
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

ROWS, WIDTHS, TIMES = 1_000_000, (20, 64, 32, 1), 9


def session(threads):
    random = np.random.default_rng(3)
    nodes, weights, values = [], [], "x"
    for place, (inputs, outputs) in enumerate(zip(WIDTHS, WIDTHS[1:])):
        limit = (6 / (inputs + outputs)) ** 0.5
        kernel = random.uniform(-limit, limit, (inputs, outputs)).astype(np.float32)
        weights += [numpy_helper.from_array(kernel, f"w{place}"),
                    numpy_helper.from_array(np.zeros(outputs, np.float32), f"b{place}")]
        nodes.append(helper.make_node("Gemm", [values, f"w{place}", f"b{place}"], [f"s{place}"]))
        values = f"a{place}"
        last = place == len(WIDTHS) - 2
        nodes.append(helper.make_node("Sigmoid" if last else "Relu", [f"s{place}"], [values]))
    graph = helper.make_graph(
        nodes, "mlp", [helper.make_tensor_value_info("x", TensorProto.FLOAT, [None, WIDTHS[0]])],
        [helper.make_tensor_value_info(values, TensorProto.FLOAT, [None, 1])], weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 8
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    return onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])


def main():
    run = session(int(sys.argv[1]))
    x = np.random.default_rng(5).uniform(-1, 1, (ROWS, WIDTHS[0])).astype(np.float32)
    fastest = None
    for chunk in (ROWS, 8192):
        times = []
        for _ in range(TIMES):
            start = time.perf_counter()
            made = [run.run(None, {"x": x[first:first + chunk]})[0] for first in range(0, ROWS, chunk)]
            times.append(time.perf_counter() - start)
        middle = sorted(times)[TIMES // 2]
        fastest = middle if fastest is None else min(fastest, middle)
    mean = float(np.concatenate(made).mean())
    print(json.dumps({"seconds": round(fastest, 5), "result": f"mean {mean:.3f}"}))


main()
