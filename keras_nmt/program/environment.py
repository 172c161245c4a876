"""What a program needs around it: a backend, and the packages that it imports.

Keras fails of a wrong KERAS_BACKEND while it is imported, and so does everything that
imports it, long before a `main` could tell it in one line.
"""

import contextlib
import importlib
import importlib.abc
import importlib.util
import json
import os
import re
import signal
import sys
import threading
import warnings
from importlib.machinery import PathFinder
from pathlib import Path

from keras_nmt.errors import InputError, did_you_mean
from keras_nmt.program import streams
from keras_nmt.program.command_line import fail

INSTALL = {
    "tensorflow": "pip install tensorflow tensorflow-text",
    "jax": "pip install jax",
    "torch": "pip install torch==2.13.0",
}
"""Every backend, in the order of the tables, and how to get it."""

IMPORTS = {
    "tensorflow": ("tensorflow", "tensorflow_text"),
    "jax": ("jax",),
    "torch": ("torch",),
}
"""The packages of every backend."""

REQUIRED = (
    "filelock",
    "h5py",
    "keras",
    "numpy",
    "sacrebleu",
    "sentencepiece",
    "spacy",
    "tqdm",
)
"""Packages that are installed by the names by which they are imported."""


def require():
    """For programs, before their imports: what is missing ends them in one line."""
    sys.meta_path.insert(0, _BeforeKeras())
    sys.meta_path.append(_NotFound())
    # Under PYTHONWARNINGS=error it would end the program; torch is used all the same.
    warnings.filterwarnings("ignore", "__array__ implementation doesn't accept a copy")


def end_in_one_line():
    """For programs, before their imports: what ends them there is no traceback.

    That is a signal, a file that an import cannot read or write, or a recipe with a
    wrong field: recipes are made on import.
    """
    streams.reopen_closed()

    def end(number, frame):
        with contextlib.suppress(OSError):
            os.write(2, b"stopped; the same command goes on from there\n")
        os._exit(128 + number)

    def tell(kind, error, traceback):
        if not issubclass(kind, InputError | OSError) or "--debug" in sys.argv:
            sys.__excepthook__(kind, error, traceback)
            return
        os._exit(fail(error))

    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, end)
    sys.excepthook = tell


def is_installed(backend):
    """Whether there is a package of that name; it is not imported."""
    if backend in _hidden:
        return True
    try:
        return importlib.util.find_spec(backend) is not None
    except ValueError:  # the place of a module that may not be imported
        return False


def chosen_backend():
    """What Keras will compute with.

    Where nobody sets KERAS_BACKEND it is what Keras's own file names, or TensorFlow, or
    what is installed if that is not.
    """
    asked = os.environ.get("KERAS_BACKEND")
    usual = _configured() or "tensorflow"
    if asked or usual not in INSTALL or is_installed(usual):
        return asked or usual
    return next(filter(is_installed, INSTALL), usual)


def backend_problem():
    """Why Keras's choice of a backend cannot be used, and the mend; "" if it can."""
    chosen = chosen_backend()
    if chosen not in INSTALL:
        return (
            f"KERAS_BACKEND={chosen}: no such backend{did_you_mean(chosen, INSTALL)}; "
            f"set KERAS_BACKEND to one of {', '.join(INSTALL)}"
        )
    try:
        # Keras imports it next; a broken installation shows only so.
        importlib.import_module(chosen)
    except (ImportError, OSError, ValueError) as error:
        others = [x for x in INSTALL if x != chosen and is_installed(x)]
        instead = f", or set KERAS_BACKEND={others[0]}" if others else ""
        cause = str(error).partition("\n")[0]
        return (
            f"backend {chosen} cannot be imported ({cause}); "
            f"get it with: {INSTALL[chosen]}{instead}"
        )
    return ""


def hide_other_backends(chosen):
    """For programs, before Keras: no package imports a backend that is not `chosen`.

    keras-hub imports TensorFlow and spaCy torch wherever they are installed, which is
    half the processor time of a program's start. To them, and to the program, the other
    backends are as if they were not installed. (None in `sys.modules` would hide them,
    too, but SciPy takes what is there by that name for torch.)
    """
    _hidden.update(x for x in INSTALL if x != chosen and is_installed(x))
    sys.meta_path[:] = [
        _Hiding if finder is PathFinder else finder for finder in sys.meta_path
    ]


_hidden = set()


def settings_problem():
    """The setting that ends the import of Keras, and the mend; "" if none does."""
    for name in ("KERAS_MAX_EPOCHS", "KERAS_MAX_STEPS_PER_EPOCH"):
        value = os.environ.get(name, "0")
        if not re.fullmatch(r"[+-]?\d+", value.strip()):
            return f"{name}={value}: expected a whole number; unset it"
    config = _keras_json()
    floatx, epsilon = config.get("floatx", "float32"), config.get("epsilon", 1e-7)
    if floatx not in ("float16", "float32", "float64"):
        return f'{_keras_path()}: floatx {floatx!r}; write "float32" there'
    if not isinstance(epsilon, float):
        return f"{_keras_path()}: epsilon {epsilon!r}; write 1e-07 there"
    return ""


def leave_nnx():
    """Before Keras: its variables are not to be NNX's, which are not used here."""
    asked = os.environ.get("KERAS_NNX_ENABLED", str(_keras_json().get("nnx_enabled")))
    if asked.lower() in ("true", "1"):
        os.environ["KERAS_NNX_ENABLED"] = "false"
        print("KERAS_NNX_ENABLED is overruled: false here", file=sys.stderr)


def _configured():
    """The backend that Keras's own file names, if there is one."""
    return _keras_json().get("backend")


def _keras_path():
    return Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras") / "keras.json"


def _keras_json():
    try:
        config = json.loads(_keras_path().read_text(encoding="utf-8"))
    # A RuntimeError: HOME is not set, and the system knows no home of this user.
    except (OSError, RuntimeError, ValueError):
        return {}
    return config if isinstance(config, dict) else {}


class _BeforeKeras(importlib.abc.MetaPathFinder):
    """Looks at the backend just before Keras does."""

    def find_spec(self, name, path=None, target=None):
        if name == "keras":
            sys.meta_path.remove(self)
            os.environ["KERAS_BACKEND"] = chosen = chosen_backend()
            if _configured() not in (None, chosen) and not is_installed(_configured()):
                print(
                    f"{_keras_path()}: backend {_configured()} is not installed; "
                    f"{chosen} computes here",
                    file=sys.stderr,
                )
            hide_other_backends(chosen)
            leave_nnx()
            problem = backend_problem() or settings_problem()
            if problem:
                _end(problem)


class _Hiding(PathFinder):
    """Finds what is installed, but for the hidden backends."""

    @classmethod
    def find_spec(cls, name, path=None, target=None):
        package = name.partition(".")[0]
        if any(package in IMPORTS[backend] for backend in _hidden):
            return None
        if package == "tensorflow_text" and sys.flags.optimize > 1:
            # It writes into its docstrings when imported, and there are none.
            # keras-hub does without it.
            return None
        return super().find_spec(name, path, target)


class _NotFound(importlib.abc.MetaPathFinder):
    """Is asked last, so what it is asked for is not there."""

    def find_spec(self, name, path=None, target=None):
        if name in REQUIRED:
            _end(
                f"package {name} is not installed; "
                f"get it with: {sys.executable} -m pip install {name}"
            )


def _end(problem):
    raise SystemExit(fail(InputError(problem)))
