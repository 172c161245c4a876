"""Makes vocabularies and memory-mapped files of shards."""

import collections
import contextlib
import dataclasses
import functools
import hashlib

import numpy as np

from keras_nmt.atomic import replacing
from keras_nmt.preparation import layout, shards
from keras_nmt.specials import EOS, SOS, UNK
from keras_nmt.text.packed import PackedIds, PackedPairs
from keras_nmt.text.prepared import fewest
from keras_nmt.text.processing import TextProcessor
from keras_nmt.text.statistics import TokenCounts
from keras_nmt.text.tokenizer import SubwordTokenizer
from keras_nmt.text.vocabulary import Vocabulary


def processors_of(paths, tokenizers, options):
    """The `TextProcessor`s of both sides, with the vocabularies of train.

    Args:
        paths: of the shards of train.
        tokenizers: of both sides.
        options: those of `prepare`.
    """
    counts = [collections.Counter(), collections.Counter()]
    for path in paths:
        sides, _ = shards.read(path)
        for side, encoded in enumerate(sides):
            tokens = encoded.tokens or _pieces(tokenizers[side])
            numbers = np.bincount(encoded.ids, minlength=len(tokens))
            for place in np.flatnonzero(numbers):
                if tokens[place] is not None:
                    counts[side][tokens[place]] += int(numbers[place])
    if options["tokenizer"] == "joint_subwords":
        counts = [counts[0] + counts[1]] * 2
    if options["subword_sampling"]:
        counts = [
            known + collections.Counter(one.pieces())
            for known, one in zip(counts, tokenizers, strict=True)
        ]
    return [
        TextProcessor(
            one, Vocabulary.of_counts(known, fewest(one, options["min_frequency"]))
        )
        for one, known in zip(tokenizers, counts, strict=True)
    ]


@functools.lru_cache(maxsize=2)
def _pieces(tokenizer):
    """The tokens of SentencePiece's ids, None for the unknown one."""
    return tokenizer.pieces_by_id()


@dataclasses.dataclass
class Assembled:
    """What the files of a part hold.

    Args:
        kept: pairs in the files.
        kept_counts, all_counts: as in `EncodedPairs`.
        files: `{name: {"bytes", "sha256"}}`.
    """

    kept: int
    kept_counts: list
    all_counts: list
    files: dict


def assemble(paths, part, folder, processors, max_length, add=lambda pairs: None):
    """Writes the files of a part, without pairs that are too long.

    Args:
        paths: of its shards.
        part: its name.
        folder: where to write.
        processors: the `TextProcessor` of each side.
        max_length: most ids on a side, `SOS` and `EOS` included.
        add: called with `PackedPairs`, block after block.

    Returns:
        `Assembled`.
    """
    sides = [_Side(processor) for processor in processors]
    index = kept = 0
    with contextlib.ExitStack() as stack:
        files = _Files(stack, folder, part, [side.type for side in sides])
        for path in paths:
            encoded, lines = shards.read(path)
            lengths = [one.lengths + 2 for one in encoded]
            fits = np.maximum(*lengths) <= max_length
            packed = [
                side.ids_of(one, fits) for side, one in zip(sides, encoded, strict=True)
            ]
            add(PackedPairs(*packed))
            for place, side in enumerate(packed):
                files.write_ids(place, side)
            files.write("kept", index + np.flatnonzero(fits))
            files.write("lines", lines[fits])
            index, kept = index + len(fits), kept + int(fits.sum())
    return Assembled(
        kept,
        [side.kept_counts for side in sides],
        [side.all_counts for side in sides],
        files.record(),
    )


class _Side:
    """Turns the shards of one side into ids of its vocabulary, and counts tokens."""

    def __init__(self, processor):
        self.vocabulary = processor.vocabulary
        size = len(self.vocabulary)
        self.type = np.dtype("<u2") if size <= 1 << 16 else np.dtype("<i4")
        self.kept_counts = self.all_counts = TokenCounts()
        self._pieces = None
        if isinstance(processor.tokenizer, SubwordTokenizer):
            self._pieces = self._known(_pieces(processor.tokenizer))

    def ids_of(self, encoded, fits):
        """The `PackedIds` of the lines that fit, with `SOS` and `EOS`."""
        ids, spaces, words = self._pieces or self._known(encoded.tokens)
        stays = np.repeat(fits, encoded.lengths)
        for name, chosen in (("all", encoded.ids), ("kept", encoded.ids[stays])):
            numbers = np.bincount(chosen, minlength=len(ids))
            found = _count(numbers, ids, spaces, words)
            setattr(self, f"{name}_counts", getattr(self, f"{name}_counts") + found)
        lengths = encoded.lengths[fits] + 2
        ends = np.cumsum(lengths, dtype="int64")
        lines = np.empty(int(lengths.sum()), self.type)
        inner = np.ones(len(lines), bool)
        inner[ends - 1] = inner[ends - lengths] = False
        lines[ends - 1], lines[ends - lengths] = EOS, SOS
        lines[inner] = ids[encoded.ids[stays]]
        return PackedIds(lines, np.concatenate([[0], ends]))

    def _known(self, tokens):
        """By token: its id, whether it is white space, whether it is a word."""
        texts = ["" if token is None else token for token in tokens]
        ids = np.array(self.vocabulary.encode(texts)[1:-1], self.type)
        spaces = np.array([text.isspace() for text in texts], bool)
        words = np.array([any(map(str.isalnum, text)) for text in texts], bool)
        return ids, spaces, words


def _count(numbers, ids, spaces, words):
    """The `TokenCounts` of tokens that occur so often."""
    text, unknown = ~spaces, ids == UNK
    return TokenCounts(
        int(numbers[text].sum()),
        int(numbers[text & unknown].sum()),
        int(numbers[text & words & ~unknown].sum()),
    )


class _Files:
    """The files of a part while they are written."""

    def __init__(self, stack, folder, part, types):
        names = {"kept": layout.kept(part), "lines": layout.lines(part)}
        for place, side in enumerate(layout.SIDES):
            names["ids", place] = layout.ids(part, side)
            names["starts", place] = layout.starts(part, side)
        self._files = {key: Written(stack, folder, name) for key, name in names.items()}
        self._types = types
        self._ends = [0, 0]
        for place in (0, 1):
            self.write(("starts", place), np.zeros(1))

    def write_ids(self, place, packed):
        self._files["ids", place].write(packed.ids.astype(self._types[place]))
        self.write(("starts", place), self._ends[place] + packed.starts[1:])
        self._ends[place] += len(packed.ids)

    def write(self, key, numbers):
        self._files[key].write(numbers.astype("<i8"))

    def record(self):
        return {file.name: file.record() for file in self._files.values()}


class Written:
    """A file that is written in pieces, with its checksum."""

    def __init__(self, stack, folder, name):
        self.name = name
        path = stack.enter_context(replacing(folder / name))
        self._file = stack.enter_context(path.open("wb"))
        self._digest, self._bytes = hashlib.sha256(), 0

    def write(self, content):
        """Appends bytes, or the bytes of an array."""
        content = memoryview(content).cast("B") if len(content) else b""
        self._file.write(content)
        self._digest.update(content)
        self._bytes += len(content)

    def record(self):
        """What the manifest says of it."""
        return {"bytes": self._bytes, "sha256": self._digest.hexdigest()}
