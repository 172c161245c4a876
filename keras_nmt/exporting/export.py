"""Makes an export: writes it near its place, compares it, then moves it there."""

import importlib
import os
from pathlib import Path

from keras_nmt.atomic import replacing_folder
from keras_nmt.errors import InputError
from keras_nmt.exporting import checking
from keras_nmt.exporting.folder import MARKER, check_folder, mark
from keras_nmt.exporting.packages import check_packages


def export(trained, folder, name, given=(), count=checking.LINES, **options):
    """Exports a translator.

    Args:
        trained: `TrainedTranslator`.
        folder: where to write; an earlier export is replaced.
        name: one of `packages.FORMATS`.
        given: lines of the source language, of which some are translated to compare.
        count: lines that are compared.
        options: of the format's `write`.

    Returns:
        `checking.Comparison`.

    Raises:
        InputError: the system has no such format, the folder holds something else, or
            the export does not translate as the run does; nothing is written then.
    """
    folder = Path(os.path.realpath(folder))
    check_folder(folder)
    module = importlib.import_module(f"keras_nmt.exporting.{name}_format")
    module.check(trained)
    check_packages(name)
    try:
        with replacing_folder(folder, check_folder, MARKER, (MARKER,)) as made:
            module.write(trained, made, **options)
            lines = checking.lines_to_compare(trained, given, count)
            exact = options.get("quantization", "float32") == "float32"
            found = checking.compare(made, trained, lines, exact)
            mark(made)
    except OSError as error:
        raise InputError(f"cannot write {folder}: {error.strerror}") from None
    return found
