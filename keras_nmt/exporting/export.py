"""Makes an export: writes it beside its place, compares it, then moves it there."""

import importlib
import shutil
import tempfile
from pathlib import Path

from keras_nmt.errors import InputError
from keras_nmt.exporting import checking
from keras_nmt.exporting.packages import check_packages
from keras_nmt.exporting.standalone_text import SETTINGS


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
    folder = Path(folder).absolute()
    check_folder(folder)
    module = importlib.import_module(f"keras_nmt.exporting.{name}_format")
    module.check(trained)
    check_packages(name)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        unfinished = tempfile.mkdtemp(prefix=".unfinished.", dir=folder.parent)
    except OSError as error:
        raise InputError(f"cannot write {folder}: {error.strerror}") from None
    try:
        made = Path(unfinished) / folder.name
        made.mkdir()
        module.write(trained, made, **options)
        lines = checking.lines_to_compare(trained, given, count)
        exact = options.get("quantization", "float32") == "float32"
        found = checking.compare(made, trained, lines, exact)
        _put(made, folder)
    except OSError as error:
        raise InputError(f"cannot write {folder}: {error.strerror}") from None
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return found


def _put(made, folder):
    """Moves a finished export to its place; the earlier one there goes with `made`."""
    if folder.exists():
        folder.rename(made.with_name(f"{made.name}.earlier"))
    made.rename(folder)


def check_folder(folder):
    """Raises `InputError` if a folder holds something else than an export."""
    if folder.is_file():
        raise InputError(f"{folder}: is a file; give a new folder")
    is_export = (folder / SETTINGS).is_file() and (folder / "translate.py").is_file()
    if folder.exists() and not is_export and any(folder.iterdir()):
        raise InputError(f"{folder}: holds other files; give an empty folder")
