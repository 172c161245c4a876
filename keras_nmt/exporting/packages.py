"""The packages that exports need; checked before Keras is imported."""

import sys

from keras_nmt.errors import InputError
from keras_nmt.program.environment import is_installed

FORMATS = {
    "ctranslate2": ("ctranslate2",),
    "marian": ("transformers", "safetensors", "torch"),
    "saved_model": ("tensorflow", "tensorflow_text"),
}
"""Each format and the packages that writing and checking it needs."""


def check_packages(name):
    """Raises `InputError` if a package is missing that a format needs."""
    for package in FORMATS[name]:
        if not is_installed(package):
            raise InputError(
                f"package {package} is not installed; get it with: {sys.executable} "
                f"-m pip install {package.replace('_', '-')}{_extra(package)}"
            )


def _extra(package):
    if package in ("ctranslate2", "transformers", "safetensors"):
        return " (or with the extra keras_nmt[export])"
    return ""
