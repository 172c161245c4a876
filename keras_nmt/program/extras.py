"""Packages of the package's extras, which most programs do without."""

import importlib.util
import sys

from keras_nmt.errors import InputError

REPORT = ("matplotlib", "pandas")
"""Packages of the extra `report`. Keras imports pandas where it is installed, so that
a search for it in vain is no fault."""

TUNE = ("optuna", "scikit-learn", "matplotlib")
"""Packages of the extra `tune`."""


MODULES = {"scikit-learn": "sklearn"}
"""Packages whose module has another name."""


def check_installed(*packages, extra="report"):
    """For a program of an extra, before it imports what the rest does without.

    Args:
        packages: of the extra, by the names under which they are imported.
        extra: its name.

    Raises:
        InputError: one of them is not installed.
    """
    for name in packages:
        if importlib.util.find_spec(MODULES.get(name, name)) is None:
            raise InputError(
                f"package {name} is not installed; get it with: {sys.executable} "
                f"-m pip install {name.replace('_', '-')} "
                f"(or with the extra keras_nmt[{extra}])"
            )
