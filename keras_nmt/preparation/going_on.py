"""What a folder holds of an earlier preparation, finished or not."""

import json
import shutil

from keras_nmt.errors import InputError
from keras_nmt.preparation import layout
from keras_nmt.text.prepared import PARTS


def settings_of(sources, options, read):
    """What two preparations must share to have the same files."""
    source_language, target_language = sources.languages
    return {
        "corpus": sources.name,
        "source_language": source_language,
        "target_language": target_language,
        "options": options,
        "text_sha256": {part: found.sha256 for part, found in read.items()},
    }


def earlier_in(folder):
    """The manifest that is there; None without any.

    Raises:
        InputError: the folder holds other files.
    """
    manifest = layout.read_manifest(folder)
    known = {layout.SHARDS, layout.LOCK, layout.PROCESSORS, layout.TOKENIZERS}
    if manifest is None and folder.is_dir():
        for path in folder.iterdir():
            is_ours = path.name.startswith((".unfinished.", *PARTS))
            if path.name not in known and not is_ours:
                raise InputError(
                    f"{folder}: holds {path.name}; name a folder that is new or empty"
                )
    return manifest


def remove(folder):
    """Removes an earlier preparation, the manifest first."""
    manifest = layout.read_manifest(folder) or {"files": {}}
    for name in (layout.MANIFEST, layout.PROCESSORS, *manifest["files"]):
        (folder / name).unlink(missing_ok=True)
    tidy(folder)


def check_same(folder, earlier, settings):
    """Compares a manifest with the settings, and the files with the manifest.

    Raises:
        InputError: they differ, or a file is damaged.
    """
    settings = json.loads(json.dumps(settings))
    for key, value in settings.items():
        if earlier.get(key) != value:
            raise InputError(
                f"{folder}: was prepared with another {key}; name another folder, or "
                "--restart to replace it"
            )
    layout.check_files(folder, earlier)


def tidy(folder):
    """Removes what is of no use once the manifest is there."""
    shutil.rmtree(folder / layout.SHARDS, ignore_errors=True)
    (folder / layout.TOKENIZERS).unlink(missing_ok=True)
