"""Set before any test module imports a backend: less talk, faster compiling."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
if os.environ.get("KERAS_BACKEND") == "jax":
    # The tests compile many tiny programs and run each once or twice.
    os.environ.setdefault("XLA_FLAGS", "--xla_backend_optimization_level=0")
