"""The folder of an export: what in it is its own."""

from keras_nmt import __version__
from keras_nmt.atomic import UNFINISHED
from keras_nmt.errors import InputError
from keras_nmt.files import read_object, write_json

MARKER = "export.json"
"""The file of an export that lists all others: what is not listed is the user's."""

ORIGIN = "made_from.json"
"""In an export that an engine uses: checksums of its files and their origin."""

_SCRIPT = {"settings.json", "translate.py"}
_TEXT = {"words.py", "source.json", "target.json"}
_SUBWORDS = {"subwords.py", "source.model", "target.model"}
_TOKENIZER = ("tokenizer.json", "tokenizer_config.json")

_UNMARKED = (
    (
        {"model.bin", "config.json", "text.py"},
        {f"{side}_vocabulary.json" for side in ("source", "target", "shared")}
        | _TEXT
        | _SUBWORDS,
    ),
    (
        {"model.safetensors", "config.json", "generation_config.json", *_TOKENIZER},
        {"target_tokenizer", *(f"target_tokenizer/{name}" for name in _TOKENIZER)},
    ),
    (
        {"saved_model.pb", "text.py", "variables", "variables/variables.index"},
        {"assets", "fingerprint.pb", "variables/variables.data-00000-of-00001"} | _TEXT,
    ),
)
"""What exports hold that were made before there was a `MARKER`, for each format: what
all of them have besides `_SCRIPT`, and what some have."""


def check_folder(folder):
    """Raises `InputError` if a folder holds something else than an export."""
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder}: is a file; give a new folder")
    entries = _entries(folder)
    others = sorted(entries - _own(folder, entries))
    if others:
        raise InputError(
            f"{folder}: holds other files: {others[0]}; give another OUT, or move them "
            "away"
        )


def mark(folder):
    """Writes the `MARKER` of a finished export."""
    content = {"keras_nmt": __version__, "files": sorted(_entries(folder))}
    write_json(folder / MARKER, content)


def _own(folder, entries):
    """What of the entries an export may have written; nothing if the folder is none."""
    try:
        content = read_object(folder / MARKER)
    except InputError:  # missing, or damaged
        return _of_earlier_version(entries)
    files = content.get("files")
    if "keras_nmt" not in content or not isinstance(files, list):
        return set()
    return {MARKER, ORIGIN, *map(str, files)}


def _of_earlier_version(entries):
    for always, sometimes in _UNMARKED:
        if _SCRIPT | always <= entries:
            return _SCRIPT | always | sometimes | {ORIGIN}
    return set()


def _entries(folder):
    """The files and folders in a folder, as paths from there with "/"."""
    places = [path.relative_to(folder) for path in folder.rglob("*")]
    return {
        place.as_posix()
        for place in places
        if _counts(place.parts[0]) and "__pycache__" not in place.parts
    }


def _counts(name):
    """Whether an entry is not an export that is being made, or was interrupted."""
    return not name.startswith(UNFINISHED)
