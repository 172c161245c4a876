"""Timings against plain PyTorch on the same machine, in the same run.

    python -m benchmarks.training      every recipe on every backend, a training step
    python -m benchmarks.decoding      a trained full transformer, sentences a second

Both write to results/benchmarks. Nothing here is part of the test suite.
"""
