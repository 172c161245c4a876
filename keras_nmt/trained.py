"""A trained model with its two text processors: text in, text out."""

import hashlib
import json
from pathlib import Path
from typing import NamedTuple

import numpy as np
from keras import ops

from keras_nmt import backends
from keras_nmt.data.text import TextProcessor
from keras_nmt.decoding.corpus import CorpusDecoder, cut
from keras_nmt.decoding.greedy import Greedy
from keras_nmt.errors import InputError
from keras_nmt.reporting.alignments import Alignment
from keras_nmt.reporting.files import MissingFile, read_object, write_json
from keras_nmt.specials import PAD, SOS
from keras_nmt.systems import make
from keras_nmt.training.weights import check_weights, load_checked

CHECKPOINTS = "checkpoints"
TRANSLATOR = "translator.json"
WEIGHTS = "best.weights.h5"

GREEDY = Greedy()


class Translation(NamedTuple):
    """A line of the target language, and what it was ranked by, if it was."""

    text: str
    score: float | None


class TrainedTranslator:
    """Translates raw lines, as it learned to.

        >>> run = keras_nmt.load("results/runs/multi30k/full_transformer/jax-seed0")
        >>> run.translate(["Zwei Hunde spielen im Schnee."])
        ['Two dogs are playing in the snow.']

    Args:
        model: a `Translator`.
        source, target: the `TextProcessor` of each side.
    """

    def __init__(self, model, source, target):
        self.model = model
        self.source = source
        self.target = target
        self._decoders = {}

    def translate(self, lines, search=GREEDY, *, batch_size=128, progress=False):
        """The best translation of each line, in their order; "" for a blank one."""
        found = self.candidates(lines, search, batch_size=batch_size, progress=progress)
        return [best.text for best, *_ in found]

    def candidates(
        self, lines, search=GREEDY, *, batch_size=128, progress=False, first=0
    ):
        """For each line `search.n_best` translations, the best first.

        A system that says all words at once has one translation, whatever the search.

        Args:
            lines: a list of lines of the source language, in any length.
            search: `Greedy()`, `BeamSearch(...)` or `Sampling(...)`. It is compiled
                once: use the same object for many calls.
            batch_size: most sentences at once.
            progress: whether a bar is shown on stderr; None for "at a terminal".
            first: the number of the first line: samples depend on seed and number,
                so that a text may be given piece by piece.

        Returns:
            a list of lists of `Translation`.
        """
        found = self._hypotheses(lines, search, batch_size, progress, first)
        n_best = 1 if self.model.one_pass else search.n_best
        return [
            [Translation(self.target.decode(h.token_ids), h.score) for h in hypotheses]
            if hypotheses
            else [Translation("", None)] * n_best
            for hypotheses in found
        ]

    def alignments(self, lines, search=GREEDY):
        """What the system says for each line that is not blank, and where it looks.

        Returns:
            a list of `Alignment`.
        """
        return [
            self._alignment(line, hypotheses[0].token_ids)
            for line, hypotheses in zip(
                lines, self._hypotheses(lines, search, 128, False, 0), strict=True
            )
            if hypotheses
        ]

    def _hypotheses(self, lines, search, batch_size, progress, first):
        """Of each line; an empty list for a blank one, which is not translated."""
        if isinstance(lines, str):
            raise InputError(f"expected a list of lines. Received: {lines!r:.40}")
        key = search, batch_size
        if key not in self._decoders:
            self._decoders[key] = CorpusDecoder(self.model, search, batch_size)
        places = [place for place, line in enumerate(lines) if line.strip()]
        sentences = [self.source.encode(lines[place]) for place in places]
        found = [[] for _ in lines]
        numbers = [first + place for place in places]
        results = self._decoders[key](sentences, progress, numbers)
        for place, hypotheses in zip(places, results, strict=True):
            found[place] = hypotheses
        return found

    def _alignment(self, line, said):
        said = said or [PAD]  # what was cut off may have been nothing but padding
        ids = cut(self.source.encode(line), self.model.max_length)
        padded = max(len(ids), self.model.visible_padding)
        source = np.full((1, padded), PAD, "int32")
        source[0, : len(ids)] = ids
        target_in = np.asarray([[SOS, *said[:-1]]], "int32")
        with backends.in_float32():
            weights = self.model.attention({"source": source, "target_in": target_in})
        # Systems that learned to say the trivial first token say it here, too.
        first = int(said[0] == SOS and len(said) > 1)
        return Alignment(
            _shown(self.source, ids),
            _shown(self.target, said[first:]),
            {
                name: ops.convert_to_numpy(x)[0, :, first : len(said), : len(ids)]
                for name, x in weights.items()
            },
        )


def save(folder, trained):
    """Writes all but the weights, so that `load` can make the translator again."""
    content = _content(trained)
    content["sha256"] = _digest(content)
    write_json(Path(folder) / CHECKPOINTS / TRANSLATOR, content)


def digest(trained):
    """The SHA-256 of all but the weights: what the weights belong to."""
    return _digest(_content(trained))


def load(folder):
    """The best model of a run, ready to translate on whatever backend is in use.

    Args:
        folder: a run folder with its `checkpoints`.

    Raises:
        InputError: naming the file that is missing or does not fit.
    """
    checkpoints = Path(folder) / CHECKPOINTS
    path, weights = checkpoints / TRANSLATOR, checkpoints / WEIGHTS
    content = _read(path)
    owner = content.get("sha256", "")
    size = check_weights(weights, owner)
    source, target = (_processor(content, side, path) for side in ("source", "target"))
    model = make(content, path, size)
    load_checked(model, weights, size)
    return TrainedTranslator(model, source, target)


def _content(trained):
    return {
        "system": type(trained.model).__name__,
        "config": trained.model.get_config(),
        "source": trained.source.get_config(),
        "target": trained.target.get_config(),
    }


def _digest(content):
    return hashlib.sha256(json.dumps(content).encode("ascii")).hexdigest()


def _read(path):
    """The content of translator.json, which is as it was written.

    Runs from before there was a checksum have the four other keys alone.
    """
    try:
        content = read_object(path)
    except MissingFile:
        raise InputError(
            f"{path}: no such file; give the folder of a run that was trained here "
            "(checkpoints are not kept in git: train it again)"
        ) from None
    unsigned = {key: content[key] for key in content if key != "sha256"}
    if content != unsigned and content["sha256"] != _digest(unsigned):
        raise InputError(
            f"{path}: is altered: its checksum does not match; train the run again, "
            "or restore the file"
        )
    strange = sorted(unsigned.keys() - {"system", "config", "source", "target"})
    if strange:
        raise InputError(f"{path}: unknown key {strange[0]!r}; train the run again")
    return content


def _processor(content, side, path):
    try:
        processor = TextProcessor.from_config(content[side])
        known, expected = (
            len(processor.vocabulary),
            content["config"][f"{side}_vocabulary_size"],
        )
        if known != expected:
            raise ValueError(f"{known} tokens, the model knows {expected}")
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError(
            f"{path}: key {side!r} is missing or damaged ({error!s:.120}); "
            "train the run again"
        ) from None
    return processor


def _shown(processor, ids):
    """The tokens of ids as they are, specials included."""
    tokens = processor.vocabulary.tokens
    return ["↵" if tokens[i] == "\n" else tokens[i] for i in ids]
