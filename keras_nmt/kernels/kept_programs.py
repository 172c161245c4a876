"""Keeps what JAX compiles on the disk, so that it is not compiled at each start.

The other backends have no such files. A compiled program takes the weights as
arguments, so systems of the same sizes share it.
"""

import os

from keras_nmt.kernels.chosen import BACKEND

FOLDER = "JAX_COMPILATION_CACHE_DIR"
"""JAX's variable for the folder; an empty one keeps nothing."""

BYTES = 1 << 30
"""What was used longest ago is removed beyond that."""

SECONDS = 0.3
"""What is compiled in less is not kept."""


def keep_compiled(keras_home):
    """Call before a system is loaded: keeps its searches in Keras's folder.

    Args:
        keras_home: function that gives the path of that folder.
    """
    if BACKEND != "jax" or FOLDER in os.environ:
        return
    try:
        folder = keras_home() / "compiled"
        folder.mkdir(parents=True, exist_ok=True)
    except (OSError, RuntimeError):
        return  # a start takes longer without
    if os.access(folder, os.W_OK):
        import jax

        jax.config.update("jax_compilation_cache_dir", str(folder))
        jax.config.update("jax_compilation_cache_max_size", BYTES)
        jax.config.update("jax_persistent_cache_min_compile_time_secs", SECONDS)
