"""What a folder holds of an earlier preparation, finished or not."""

import json
import re
import shutil

from keras_nmt.atomic import UNFINISHED
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


def earlier_in(folder, sources):
    """The manifest that is there; None without any.

    Raises:
        InputError: the folder holds the text of `sources`, or other files.
    """
    place = folder.resolve()
    for path in sources.paths():
        if path.resolve().is_relative_to(place):
            raise InputError(
                f"{folder}: holds {path}, which is read; name another folder by --out"
            )
    manifest = layout.read_manifest(folder)
    if manifest is None and folder.is_dir():
        is_begun = _is_of_shards(folder / layout.SHARDS)
        ours = {layout.SHARDS, *layout.names(PARTS)} if is_begun else set()
        for path in sorted(folder.iterdir()):
            if _finished(path.name) not in {layout.LOCK, *ours}:
                raise InputError(
                    f"{folder}: holds {path.name}; name a folder that is new or empty"
                )
    return manifest


def _is_of_shards(folder):
    """Whether it is the folder of the shards, which is there until the manifest is."""
    return folder.is_dir() and all(
        layout.SHARD.fullmatch(_finished(path.name)) for path in folder.iterdir()
    )


def _finished(name):
    """The name that a file has once it is written completely."""
    return re.sub(rf"^{re.escape(UNFINISHED)}\d+\.", "", name)


def remove(folder, shards):
    """Removes an earlier preparation, the manifest first, but for some shards.

    The folder of the shards stays until the new manifest is there: it says that the
    rest is ours.
    """
    manifest = layout.read_manifest(folder) or {"files": {}}
    rest = layout.PROCESSORS, layout.TOKENIZERS, *manifest["files"]
    for name in (layout.MANIFEST, *rest):
        (folder / name).unlink(missing_ok=True)
    for path in {*(folder / layout.SHARDS).iterdir()} - {*shards}:
        path.unlink()


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
