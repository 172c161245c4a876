"""How fast this machine multiplies matrices, the ceiling of what training can reach.

    python -m benchmarks.gemm LIBRARY

Answers each request (`contenders.Driver`) with the best rate of one library in
GFLOP/s, over products of square float32 matrices of several sizes; float32 to its last
bit, without the TF32 of GPUs, as `keras_nmt.kernels.precision` has it.
"""

import functools
import sys
import time

import numpy as np

from benchmarks.contenders import Contender, Driver, installed

SIZES = (512, 1024, 2048, 4096)
SECONDS = 0.7
"""How long each size is repeated; the best product of all counts."""


def best_of_machine():
    """The fastest library that is there, and its rate in GFLOP/s."""
    rates = {}
    for library in installed(LIBRARIES):
        with Contender("benchmarks.gemm", library) as contender:
            rates[library] = contender.ask()["gflops"]
    best = max(rates, key=rates.get)
    return best, rates[best]


def main(library):
    driver = Driver()
    multiplier = LIBRARIES[library]()
    driver.reply(library=library)
    while True:
        driver.receive()
        driver.reply(gflops=max(rate(multiplier, size) for size in SIZES))


def rate(multiplier, size):
    """GFLOP/s of the fastest of many products of `(size, size)` matrices."""
    generator = np.random.default_rng(0)
    multiply = multiplier(*generator.standard_normal((2, size, size), "float32"))
    multiply()
    best, end = np.inf, time.perf_counter() + SECONDS
    while (began := time.perf_counter()) < end:
        multiply()
        best = min(best, time.perf_counter() - began)
    return 2e-9 * size**3 / best


def _numpy():
    return lambda a, b: lambda: a @ b


def _torch():
    import torch

    device = "cuda" if torch.cuda.is_available() else "cpu"

    def multiplier(a, b):
        a, b = (torch.tensor(x, device=device) for x in (a, b))
        # Reading one number waits for a GPU to finish.
        return lambda: (a @ b)[0, 0].item()

    return multiplier


def _tensorflow():
    import tensorflow as tf

    tf.config.experimental.enable_tensor_float_32_execution(False)

    def multiplier(a, b):
        a, b = tf.constant(a), tf.constant(b)
        return lambda: tf.matmul(a, b)[0, 0].numpy()

    return multiplier


def _jax():
    import jax
    import jax.numpy as jnp

    matmul = jax.jit(functools.partial(jnp.matmul, precision="highest"))

    def multiplier(a, b):
        a, b = jnp.asarray(a), jnp.asarray(b)
        return lambda: matmul(a, b).block_until_ready()

    return multiplier


LIBRARIES = {"numpy": _numpy, "torch": _torch, "tensorflow": _tensorflow, "jax": _jax}

if __name__ == "__main__":
    main(sys.argv[1])
