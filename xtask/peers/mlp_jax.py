"""JAX with optax: an epoch is one compiled scan, the fastest configuration."""

import os

import job

if job.THREADS == 1:
    # XLA's own options still leave it a second thread; what the system grants does not, and small steps gain by it.
    os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})

import jax
import jax.numpy as jnp
import numpy as np
import optax


def logits(layers, x):
    *hidden, (kernel, bias) = layers
    for weights, shift in hidden:
        x = jax.nn.relu(x @ weights + shift)
    return (x @ kernel + bias)[:, 0]


def train(x, y):
    rows = len(y)
    widths = (x.shape[1], *job.LAYERS)
    keys = jax.random.split(jax.random.PRNGKey(1), len(job.LAYERS))
    start = jax.nn.initializers.glorot_uniform()
    layers = [(start(key, sizes), jnp.zeros(sizes[1])) for key, sizes in zip(keys, zip(widths, widths[1:]))]
    optimizer = optax.adam(job.RATE, eps=job.EPSILON)

    def loss(layers, x, y):
        return optax.sigmoid_binary_cross_entropy(logits(layers, x), y).mean()

    def step(carry, x, y):
        layers, state = carry
        updates, state = optimizer.update(jax.grad(loss)(layers, x, y), state, layers)
        return optax.apply_updates(layers, updates), state

    @jax.jit
    def epoch(carry, x, y, order):
        whole = rows // job.BATCH * job.BATCH
        batches = order[:whole].reshape(-1, job.BATCH)
        carry, _ = jax.lax.scan(lambda carry, batch: (step(carry, x[batch], y[batch]), None), carry, batches)
        rest = order[whole:]
        return step(carry, x[rest], y[rest]) if len(rest) else carry

    carry = layers, optimizer.init(layers)
    features, target, random = jnp.asarray(x), jnp.asarray(y), np.random.default_rng(3)
    for _ in range(job.EPOCHS):
        carry = jax.block_until_ready(epoch(carry, features, target, jnp.asarray(random.permutation(rows))))
        job.lap()
    probabilities = jax.jit(lambda layers, x: jax.nn.sigmoid(logits(layers, x)))
    return lambda x: np.asarray(probabilities(carry[0], x))


job.run(train)
