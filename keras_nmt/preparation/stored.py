"""A prepared folder, opened for training."""

import dataclasses
import functools
import json
import os
import weakref
from pathlib import Path

import numpy as np

from keras_nmt.corpora.corpus import ParallelText
from keras_nmt.errors import InputError
from keras_nmt.preparation import layout
from keras_nmt.preparation.assembling import id_type
from keras_nmt.text.packed import PackedIds, PackedPairs
from keras_nmt.text.prepared import PARTS, Prepared
from keras_nmt.text.processing import EncodedPairs, TextProcessor, check_ids
from keras_nmt.text.statistics import PartStatistics, TokenCounts


@dataclasses.dataclass(frozen=True)
class StoredCorpus:
    """What a training asks of a `Corpus`, without the lines of train.

    `train` is a `ParallelText` if subwords are sampled, otherwise None.
    """

    name: str
    source_language: str
    target_language: str
    train: ParallelText | None
    validation: ParallelText
    test: ParallelText
    sha256: dict = dataclasses.field(repr=False)

    def fingerprints(self):
        """As `Corpus.fingerprints`."""
        return self.sha256


@dataclasses.dataclass(frozen=True, eq=False)
class StoredPrepared(Prepared):
    """A `Prepared` corpus whose pairs are in files.

    Args:
        folder: where the files are.
        manifest: the content of manifest.json.
        lines: `{part: line numbers of its pairs}`.
    """

    folder: Path = None
    manifest: dict = dataclasses.field(default_factory=dict, repr=False)
    lines: dict = dataclasses.field(default_factory=dict, repr=False)

    @functools.cached_property
    def statistics(self):
        return [_statistics(self.manifest, part) for part in self.pairs]

    def line_numbers(self, part):
        return self.lines[part]

    @property
    def fingerprint(self):
        return self.manifest["fingerprint"]

    def check_options(self, name, wanted):
        """Refuses a recipe that needs its text prepared in another way.

        Args:
            name: of the recipe.
            wanted: its `text_options()`.

        Raises:
            InputError: the message names the first option that differs.
        """
        there = self.manifest["options"]
        for key, value in wanted.items():
            if there.get(key) != value:
                raise InputError(
                    f"{self.folder}: was prepared with {key} {there.get(key)!r}, and "
                    f"recipe {name} has {value!r}; prepare the text with this recipe, "
                    "in another folder"
                )


def open_prepared(folder):
    """The `StoredPrepared` of a folder that `prepare_folder` wrote.

    Args:
        folder: its `Path`.

    Raises:
        InputError: it is not such a folder, is damaged or not finished.
    """
    manifest = layout.read_manifest(folder)
    if manifest is None:
        unfinished = (folder / layout.SHARDS).is_dir()
        what = (
            "is not finished; give the same command again"
            if unfinished
            else (
                "no prepared text; make it by: keras-nmt prepare --corpus PATH "
                f"--recipe RECIPE --out {folder}"
            )
        )
        raise InputError(f"{folder}: {what}")
    layout.check_files(folder, manifest)
    text = (folder / layout.PROCESSORS).read_text(encoding="utf-8")
    source, target = map(TextProcessor.from_config, json.loads(text))
    sizes = len(source.vocabulary), len(target.vocabulary)
    pairs, lines = {}, {}
    for part in PARTS:
        counts = [TokenCounts(**manifest["parts"][part][s]) for s in layout.SIDES]
        kept, lines[part] = (
            _array(folder / name(part), "<i8") for name in (layout.kept, layout.lines)
        )
        if part != "train":  # whose text is held, too
            kept = tuple(kept.tolist())
        pairs[part] = EncodedPairs(
            open_pairs(folder, part, sizes), kept, tuple(counts), tuple(counts)
        )
        check_ids(pairs[part], *sizes, part, lines[part])
    return StoredPrepared(
        _corpus(folder, manifest),
        *(source, target, pairs),
        max_length=manifest["options"]["max_length"],
        subword_sampling=manifest["options"]["subword_sampling"],
        folder=folder,
        manifest=manifest,
        lines=lines,
    )


def open_pairs(folder, part, sizes):
    """The `PackedPairs` of a part, whose ids are read when they are asked for.

    Args:
        folder: where its files are.
        part: its name.
        sizes: tokens of both vocabularies.
    """
    return PackedPairs(
        *(
            PackedIds(
                FileIds(folder / layout.ids(part, side), id_type(size)),
                _array(folder / layout.starts(part, side), "<i8"),
            )
            for side, size in zip(layout.SIDES, sizes, strict=True)
        )
    )


class FileIds:
    """Ids in a file, of which only what is asked for is read.

    A memory map would leave the pages in the memory of the process, until the system
    takes them back.

    Args:
        path: of the file.
        dtype: of the ids.
    """

    def __init__(self, path, dtype):
        self.dtype = np.dtype(dtype)
        self._file = os.open(path, os.O_RDONLY)
        weakref.finalize(self, os.close, self._file)
        self._size = os.fstat(self._file).st_size // self.dtype.itemsize

    def __len__(self):
        return self._size

    def __getitem__(self, some):
        first, last, _ = some.indices(self._size)
        return self.ranges(np.array([first]), np.array([max(last - first, 0)]))

    def ranges(self, starts, lengths):
        """`ids[start : start + length]` of each start, one after the other."""
        places = (starts * self.dtype.itemsize).tolist()
        sizes = (lengths * self.dtype.itemsize).tolist()
        both = zip(sizes, places, strict=True)
        read = [os.pread(self._file, *one) for one in both]
        return np.frombuffer(b"".join(read), self.dtype)


def _array(path, dtype):
    if not path.stat().st_size:  # an empty file cannot be mapped
        return np.zeros(0, dtype)
    return np.asarray(np.memmap(path, dtype, mode="r"))


def _corpus(folder, manifest):
    text = {
        part: _text(folder, part)
        if layout.text(part, "source") in manifest["files"]
        else None
        for part in PARTS
    }
    return StoredCorpus(
        *(manifest[key] for key in ("corpus", "source_language", "target_language")),
        **text,
        sha256=manifest["text_sha256"],
    )


def _text(folder, part):
    sides = [
        (folder / layout.text(part, side)).read_bytes().decode("utf-8", "surrogatepass")
        for side in layout.SIDES
    ]
    return ParallelText(*(tuple(side.split("\n")[:-1]) for side in sides))


def _statistics(manifest, part):
    found = manifest["parts"][part]
    return PartStatistics(
        part,
        *(found[key] for key in ("read", "blank", "too_long")),
        manifest["options"]["max_length"],
        *(TokenCounts(**found[side]) for side in layout.SIDES),
    )
