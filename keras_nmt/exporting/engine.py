"""Translates with CTranslate2 in place of this library's own search."""

import functools
import itertools
import os
from pathlib import Path

from keras_nmt import __version__
from keras_nmt.errors import InputError
from keras_nmt.exporting import ctranslate2_format
from keras_nmt.exporting.checking import RoundedTooMuch
from keras_nmt.exporting.export import export
from keras_nmt.exporting.folder import ORIGIN
from keras_nmt.exporting.packages import check_packages
from keras_nmt.files import digest_of_file, read_object, write_json
from keras_nmt.run.model_folder import EXPORTS, files_to_load
from keras_nmt.run.runs import Run
from keras_nmt.run.translator import TrainedTranslator, load
from keras_nmt.search.beam import BeamSearch
from keras_nmt.search.corpus_decoder import Hypothesis, cut
from keras_nmt.search.greedy import Greedy
from keras_nmt.search.loop import EXTRA_LENGTH
from keras_nmt.specials import PAD

ENGINES = ("ctranslate2", "ctranslate2-int8")


def load_with_engine(folder, engine):
    """The translator of a run whose searches run in another engine.

    The engine's files are made at the first call, and again if they or the run have
    changed.

    Args:
        folder: of a run or a model.
        engine: one of `ENGINES`.

    Raises:
        InputError: the package is missing, or the engine cannot hold the system.
    """
    check_packages("ctranslate2")
    import ctranslate2

    trained = load(folder)
    ctranslate2_format.check(trained, mend="leave out --engine")
    place = Path(folder) / EXPORTS / engine
    origin = {"keras_nmt": __version__, **_digests(files_to_load(folder))}
    if not _is_current(place, origin):
        lines = [row.source for row in Run(folder).translations]
        quantization = "int8" if engine.endswith("int8") else "float32"
        try:
            export(trained, place, "ctranslate2", lines, quantization=quantization)
        except RoundedTooMuch:
            raise InputError(
                f"{folder}: with weights of 8 bits most translations are others; use "
                "--engine ctranslate2"
            ) from None
        content = {"made_from": origin, "files": _digests(_files_of(place))}
        write_json(place / ORIGIN, content)
    translator = TrainedTranslator(
        trained.model, trained.source, trained.target, trained.search
    )
    translator.respell = trained.respell
    translator.decoder_class = functools.partial(
        EngineDecoder,
        engine=ctranslate2.Translator(
            str(place), inter_threads=os.cpu_count() or 1, intra_threads=1
        ),
        source=trained.source.vocabulary,
        target=trained.target.vocabulary,
    )
    return translator


def _is_current(place, origin):
    """Whether an export was made from these files, and is as it was made."""
    try:
        content = read_object(place / ORIGIN)
    except InputError:  # missing, or damaged
        return False
    return content == {"made_from": origin, "files": _digests(_files_of(place))}


def _files_of(place):
    return sorted(x for x in place.iterdir() if x.is_file() and x.name != ORIGIN)


def _digests(paths):
    """`{name: SHA-256}` of files."""
    return {path.name: digest_of_file(path) for path in paths}


class EngineDecoder:
    """As `CorpusDecoder`, in CTranslate2.

    Hypotheses are ranked as `BeamSearch` ranks them. The engine prunes its beam by
    log-probabilities alone, so that a few hypotheses are others.

    Args:
        translator: the `Translator` that was exported.
        search: `Greedy()` or `BeamSearch(...)`.
        batch_size: most sentences of a batch.
        engine: `ctranslate2.Translator`.
        source, target: the `Vocabulary` of each side.

    Raises:
        InputError: another search.
    """

    def __init__(self, translator, search, batch_size, engine, source, target):
        if not isinstance(search, Greedy | BeamSearch):
            raise InputError(
                "this engine does not sample; leave out --engine, or --temperature, "
                "--top-k and --top-p"
            )
        self._translator = translator
        self._search = search
        self._batch_size = batch_size
        self._engine = engine
        self._source = source
        self._ids = {token: i for i, token in enumerate(target.tokens)}

    def __call__(self, sentences, progress=None, numbers=None):
        """As `CorpusDecoder`; there is no bar and nothing is drawn by chance."""
        sentences = [cut(ids, self._translator.max_length) for ids in sentences]
        order = sorted(range(len(sentences)), key=lambda i: len(sentences[i]))
        asked = []
        for length, members in itertools.groupby(order, lambda i: len(sentences[i])):
            members = list(members)
            tokens = [self._tokens(sentences[i]) for i in members]
            asked += zip(members, self._translate(tokens, length), strict=True)
        found = [None] * len(sentences)
        for index, result in asked:
            found[index] = self._ranked(result.result())
        return found

    def _tokens(self, ids):
        """Tokens of a sentence, with the padding that the system sees."""
        padding = [PAD] * (self._translator.visible_padding - len(ids))
        return [self._source.tokens[i] for i in [*ids, *padding]]

    def _translate(self, tokens, length):
        """Begins to translate sentences of one length; results that are to come."""
        return self._engine.translate_batch(
            tokens,
            beam_size=self._search.width,
            num_hypotheses=self._search.width,
            length_penalty=0,
            max_decoding_length=min(length + EXTRA_LENGTH, self._translator.max_length),
            min_decoding_length=0,
            max_input_length=0,
            max_batch_size=self._batch_size,
            return_scores=True,
            return_end_token=True,
            asynchronous=True,
        )

    def _ranked(self, result):
        """The `n_best` hypotheses of a result, best first."""
        found = []
        for tokens, log_prob in zip(result.hypotheses, result.scores, strict=True):
            ids = [self._ids[token] for token in tokens]
            score = None
            if isinstance(self._search, BeamSearch):
                score = _score(self._search, log_prob, len(ids))
            found.append(Hypothesis(ids, score))
        found.sort(key=lambda hypothesis: -(hypothesis.score or 0.0))
        return found[: self._search.n_best]


def _score(search, log_prob, length):
    return log_prob / ((5 + length) / 6) ** search.length_penalty
