"""Packages of the extra `report`, which most programs do without."""

import importlib.util
import sys

from keras_nmt.errors import InputError

REPORT = ("matplotlib", "pandas")
"""Packages of the extra `report`. Keras imports pandas where it is installed, so that
a search for it in vain is no fault."""


def check_installed(*packages):
    """For what draws or makes tables, before it imports what the rest does without.

    Args:
        packages: of `REPORT`.

    Raises:
        InputError: one of them is not installed.
    """
    for name in packages:
        if importlib.util.find_spec(name) is None:
            raise InputError(
                f"package {name} is not installed; get it with: {sys.executable} "
                f"-m pip install {name} (or with the extra keras_nmt[report])"
            )
