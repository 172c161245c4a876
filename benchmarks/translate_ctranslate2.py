"""A trained run that CTranslate2 translates with on request: a worker for each core.

    python -m benchmarks.translate_ctranslate2 RUN_DIR FOLDER [float32|int8]

The engine sorts the sentences by length and takes batches of 128 itself. It searches
with its own rule for length, which its early end is made for.
"""

import json
import os
import sys
import time
from functools import partial
from pathlib import Path

import ctranslate2

import keras_nmt
from benchmarks.contenders import Driver
from benchmarks.translate_keras_nmt import BATCH_SIZE, SEARCHES, timed_alone
from keras_nmt.exporting.export import export
from keras_nmt.run.runs import Run
from keras_nmt.search.loop import EXTRA_LENGTH
from keras_nmt.specials import PAD


def main(run_dir, folder, quantization="float32"):
    driver = Driver()
    run = keras_nmt.load(run_dir)
    folder = Path(folder)
    sentences = json.loads((folder / "sentences.json").read_text(encoding="utf-8"))
    place = folder / f"ctranslate2-{quantization}"
    lines = [row.source for row in Run(run_dir).translations]
    export(run, place, "ctranslate2", lines, quantization=quantization)
    engine = ctranslate2.Translator(
        str(place), inter_threads=os.cpu_count(), intra_threads=1
    )
    translate = Translate(engine, run)
    driver.reply(parameters=run.model.count_params())
    while True:
        request = driver.receive()
        width = SEARCHES[request["search"]].width
        if "alone" in request:
            few = sentences[: request["alone"]]
            one = partial(translate, width=width)
            driver.reply(milliseconds=timed_alone(one, few))
            continue
        began = time.perf_counter()
        found = translate(sentences, width)
        driver.reply(seconds=time.perf_counter() - began, hypotheses=found)


class Translate:
    """Ids to ids, through the engine's tokens.

    Args:
        engine: `ctranslate2.Translator`.
        run: the translator that was exported.
    """

    def __init__(self, engine, run):
        self._engine = engine
        self._read = run.source.vocabulary.tokens
        self._ids = {token: i for i, token in enumerate(run.target.vocabulary.tokens)}
        self._visible = run.model.visible_padding
        self._longest = run.model.max_length

    def __call__(self, sentences, width):
        longest = max(map(len, sentences)) + EXTRA_LENGTH
        results = self._engine.translate_batch(
            [self._tokens(ids) for ids in sentences],
            beam_size=width,
            length_penalty=0.6 if width > 1 else 0,
            max_decoding_length=min(longest, self._longest or longest),
            min_decoding_length=0,
            max_input_length=0,
            max_batch_size=BATCH_SIZE,
        )
        return [
            [self._ids[token] for token in result.hypotheses[0]][: self._limit(ids)]
            for ids, result in zip(sentences, results, strict=True)
        ]

    def _tokens(self, ids):
        padding = [PAD] * (self._visible - len(ids))
        return [self._read[i] for i in [*ids, *padding]]

    def _limit(self, ids):
        return min(len(ids) + EXTRA_LENGTH, self._longest or len(ids) + EXTRA_LENGTH)


if __name__ == "__main__":
    main(*sys.argv[1:])
