"""Opens a file of pairs with the reader of its format."""

from keras_nmt.corpora.formats.json_lines import open_json_lines
from keras_nmt.corpora.formats.pairs import SILENT
from keras_nmt.corpora.formats.table_form import open_table
from keras_nmt.corpora.formats.tmx import open_tmx
from keras_nmt.errors import InputError
from keras_nmt.opened import without_compression
from keras_nmt.text.lines import decoded_lines

FORMATS = {
    "csv": open_table,
    "tsv": open_table,
    "tab": open_table,
    "tmx": open_tmx,
    "jsonl": open_json_lines,
    "ndjson": open_json_lines,
    "json": open_json_lines,
}
"""The reader by the ending of a file's name; of `.txt`, see `ending_of`."""


def ending_of(path):
    """The ending by which a file is read, of `FORMATS`; None for other files.

    A `.txt` file is read as `tsv` if its first line has a tab.
    """
    name = without_compression(path.name).lower()
    ending = name.rpartition(".")[2] if "." in name else None
    if ending == "txt" and path.is_file():
        return "tsv" if _begins_with_tab(path) else None
    return ending if ending in FORMATS else None


def open_pairs(path, choice, log):
    """The reader of a file, by its name.

    Args:
        path: the file.
        choice: a `Choice` of languages and columns.
        log: what is told of the file goes to its `warning`.

    Raises:
        InputError: the format is unknown, or not as its name says.
    """
    check_regular(path)
    ending = ending_of(path)
    if ending is None:
        known = ", ".join(f".{name}" for name in FORMATS)
        raise InputError(
            f"{path}: no format that is known by its name ({known}, or .txt with tabs);"
            " give a file a language by --train-source and --train-target"
        )
    return FORMATS[ending](path, choice, log)


def check_regular(path):
    """Refuses a folder, and what can be read once only, such as a named pipe.

    Raises:
        InputError: it is not a regular file, or there is none.
    """
    if path.is_dir():
        raise InputError(f"{path}: is a folder; put a file of that name there")
    if not path.exists():
        raise InputError(f"{path}: no such file; check the path")
    if not path.is_file():
        # To open a named pipe, for example, may wait for ever.
        raise InputError(f"{path}: not a regular file; put a copy of its text there")


def _begins_with_tab(path):
    return "\t" in next(decoded_lines(path, SILENT), "").strip()
