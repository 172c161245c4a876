"""Keras's configuration file and variables, read before Keras reads them."""

import json
import os
import re
import sys
from pathlib import Path


def settings_problem():
    """The setting that makes `import keras` fail, and the mend; "" if none does."""
    for name in ("KERAS_MAX_EPOCHS", "KERAS_MAX_STEPS_PER_EPOCH"):
        value = os.environ.get(name, "0")
        if not re.fullmatch(r"[+-]?\d+", value.strip()):
            return f"{name}={value}: expected a whole number; unset it"
    found = config()
    floatx, epsilon = found.get("floatx", "float32"), found.get("epsilon", 1e-7)
    if floatx not in ("float16", "float32", "float64"):
        return f'{config_path()}: floatx {floatx!r}; write "float32" there'
    if not isinstance(epsilon, float):
        return f"{config_path()}: epsilon {epsilon!r}; write 1e-07 there"
    return ""


def leave_nnx():
    """Call before importing Keras: turns off NNX variables, which are not supported."""
    asked = os.environ.get("KERAS_NNX_ENABLED", str(config().get("nnx_enabled")))
    if asked.lower() in ("true", "1"):
        os.environ["KERAS_NNX_ENABLED"] = "false"
        print("KERAS_NNX_ENABLED is overruled: false here", file=sys.stderr)


def configured_backend():
    """The backend in Keras's configuration file, or None."""
    return config().get("backend")


def keras_home():
    """The folder of Keras's files, which need not exist.

    Raises:
        RuntimeError: the user has no home folder.
    """
    return Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras")


def config_path():
    """Where Keras's configuration file is, if there is one."""
    return keras_home() / "keras.json"


def config():
    """What the file holds; {} if it is missing or damaged."""
    try:
        found = json.loads(config_path().read_text(encoding="utf-8"))
    # RuntimeError: the user has no home folder.
    except (OSError, RuntimeError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
