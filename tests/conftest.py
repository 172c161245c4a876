"""Set before any test module imports a backend: less talk, faster tiny programs."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.setdefault("OMP_NUM_THREADS", "1")
if os.environ.get("KERAS_BACKEND") == "jax":
    # Many small programs, each compiled for one or two runs.
    os.environ.setdefault("XLA_FLAGS", "--xla_backend_optimization_level=0")
