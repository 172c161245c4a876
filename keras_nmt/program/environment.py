"""Checks the backend and the packages that a program imports.

A wrong KERAS_BACKEND makes `import keras` fail. That happens in a program's imports,
so `main` cannot turn it into one line. The checks here run before.
"""

import contextlib
import importlib
import importlib.abc
import importlib.util
import os
import signal
import sys
import threading
import warnings
from importlib.machinery import PathFinder

from keras_nmt.errors import InputError, did_you_mean
from keras_nmt.program import keras_json, streams
from keras_nmt.program.command_line import fail

INSTALL = {
    "tensorflow": "pip install tensorflow tensorflow-text",
    "jax": "pip install jax",
    "torch": "pip install torch==2.13.0",
}
"""Every backend, in the order of the tables, and the command that installs it."""

IMPORTS = {
    "tensorflow": ("tensorflow", "tensorflow_text"),
    "jax": ("jax",),
    "torch": ("torch",),
}
"""The packages of each backend."""

REQUIRED = (
    "filelock",
    "h5py",
    "keras",
    "langcodes",
    "numpy",
    "sacrebleu",
    "sentencepiece",
    "spacy",
    "tqdm",
)
"""Required packages, whose names on PyPI are those by which they are imported."""


def require():
    """Programs call this before their imports: a missing package prints one line."""
    sys.meta_path.insert(0, _BeforeKeras())
    sys.meta_path.append(_NotFound())
    # torch causes this warning, which PYTHONWARNINGS=error would turn into an error.
    warnings.filterwarnings("ignore", "__array__ implementation doesn't accept a copy")


def exit_with_one_line():
    """Programs call this before their imports, so that errors there print one line.

    These are signals, files that an import cannot read or write, and recipes with a
    wrong field, since recipes are made on import. Otherwise each prints a traceback.
    """
    streams.reopen_closed()

    def end(number, frame):
        with contextlib.suppress(OSError):
            os.write(2, b"stopped; the same command continues from there\n")
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
    """Whether the backend's package is installed; it is not imported."""
    if backend in _hidden:
        return True
    try:
        return importlib.util.find_spec(backend) is not None
    except ValueError:  # sys.modules has a module without a spec
        return False


def chosen_backend():
    """The backend that Keras will use.

    Where KERAS_BACKEND is not set it is what Keras's own file names, or TensorFlow; if
    that is not installed, the first backend that is.
    """
    asked = os.environ.get("KERAS_BACKEND")
    usual = keras_json.configured_backend() or "tensorflow"
    if asked or usual not in INSTALL or is_installed(usual):
        return asked or usual
    return next(filter(is_installed, INSTALL), usual)


def configuration_note():
    """A line if another backend is used than the one in Keras's own file; else ""."""
    chosen, configured = chosen_backend(), keras_json.configured_backend()
    # Keras creates the file with "tensorflow" in it, even where only JAX is installed.
    if os.environ.get("KERAS_BACKEND") or configured in (None, "tensorflow", chosen):
        return ""
    path = keras_json.config_path()
    return f"{path}: backend {configured} is not installed; {chosen} is used"


def backend_problem():
    """Why the chosen backend cannot be used, and the mend; "" if it can."""
    chosen = chosen_backend()
    if chosen not in INSTALL:
        return (
            f"KERAS_BACKEND={chosen}: no such backend{did_you_mean(chosen, INSTALL)}; "
            f"set KERAS_BACKEND to one of {', '.join(INSTALL)}"
        )
    try:
        # Only the import, which Keras does next, shows a broken installation.
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
    """Programs call this before importing Keras, to hide all backends but `chosen`.

    keras-hub imports TensorFlow, and spaCy imports torch, if they are installed. That
    takes half the CPU time of a program's start. Afterwards the other backends seem not
    to be installed. (None in `sys.modules` would hide them, too, but SciPy looks for
    torch there and uses what it finds.)
    """
    _hidden.update(x for x in INSTALL if x != chosen and is_installed(x))
    sys.meta_path[:] = [
        _Hiding if finder is PathFinder else finder for finder in sys.meta_path
    ]


_hidden = set()


class _BeforeKeras(importlib.abc.MetaPathFinder):
    """Checks the backend just before Keras is imported."""

    def find_spec(self, name, path=None, target=None):
        if name == "keras":
            sys.meta_path.remove(self)
            if note := configuration_note():
                print(note, file=sys.stderr)
            os.environ["KERAS_BACKEND"] = chosen = chosen_backend()
            hide_other_backends(chosen)
            keras_json.leave_nnx()
            problem = backend_problem() or keras_json.settings_problem()
            if problem:
                _end(problem)


class _Hiding(PathFinder):
    """Finds installed packages, except the hidden backends."""

    @classmethod
    def find_spec(cls, name, path=None, target=None):
        package = name.partition(".")[0]
        if any(package in IMPORTS[backend] for backend in _hidden):
            return None
        if package == "tensorflow_text" and sys.flags.optimize > 1:
            # Its import fails without docstrings; keras-hub works without it.
            return None
        return super().find_spec(name, path, target)


class _NotFound(importlib.abc.MetaPathFinder):
    """Last on sys.meta_path: it is only reached for modules that are not installed."""

    def find_spec(self, name, path=None, target=None):
        if name in REQUIRED:
            _end(
                f"package {name} is not installed; "
                f"get it with: {sys.executable} -m pip install {name}"
            )


def _end(problem):
    raise SystemExit(fail(InputError(problem)))
