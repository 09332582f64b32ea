"""The common part of the network jobs: read, impute means, standardise, train, predict the training rows, report.

    python mlp_TOOL.py FILE [LAYERS BATCH EPOCHS THREADS]

as in `mid.csv 64,32,1 32 10 1`. A tool calls `lap()` after every epoch: the first one warms up, the
reported seconds are those of a later epoch.
"""

import json
import sys
import time

import numpy as np
import pandas as pd

# The same for all: widths, batch size, epochs, threads, learning rate and epsilon of Adam.
LAYERS, BATCH, EPOCHS, THREADS = (64, 32, 1), 32, 10, 1
RATE, EPSILON = 1e-3, 1e-7
if len(sys.argv) > 2:
    LAYERS = tuple(int(width) for width in sys.argv[2].split(","))
    BATCH, EPOCHS, THREADS = (int(argument) for argument in sys.argv[3:6])

laps = []


def lap():
    laps.append(time.perf_counter())


def run(train):
    """`train(x, y)` gives a function from features to probabilities of class 1."""
    table = pd.read_csv(sys.argv[1])
    y = table.pop("target").to_numpy(np.float32)
    x = table.fillna(table.mean()).to_numpy(np.float64)
    x = np.ascontiguousarray((x - x.mean(0)) / x.std(0), np.float32)
    report(train(x, y)(x), y)


def report(probabilities, y):
    p = np.clip(probabilities.ravel().astype(np.float64), 1e-7, 1 - 1e-7)
    log_loss = -np.log(np.where(y > 0.5, p, 1 - p)).mean()
    accuracy = ((p > 0.5) == (y > 0.5)).mean()
    told = {"accuracy": float(accuracy), "log_loss": float(log_loss), "result": f"log loss {log_loss:.3f}"}
    if len(laps) > 1:
        told["seconds"] = (laps[-1] - laps[0]) / (len(laps) - 1)
    print(json.dumps(told))
