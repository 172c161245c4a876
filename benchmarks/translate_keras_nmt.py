"""A trained run that translates on request, on one backend.

KERAS_BACKEND=... python -m benchmarks.translate_keras_nmt RUN_DIR FOLDER
"""

import json
import sys
import time
from pathlib import Path

from keras_nmt.decoding.beam import BeamSearch

import keras_nmt
from benchmarks.contenders import Driver
from keras_nmt.decoding.corpus import translate_ids
from keras_nmt.decoding.greedy import Greedy
from keras_nmt.specials import EOS

BATCH_SIZE = 128
SEARCHES = {
    "greedy": Greedy,
    "beam": lambda: BeamSearch(beam_size=4, length_penalty=0.6, n_best=1),
}


def main(run_dir, folder):
    driver = Driver()
    run = keras_nmt.load(run_dir)
    path = Path(folder) / "sentences.json"
    sentences = json.loads(path.read_text(encoding="utf-8"))
    # One object each, so that what it has compiled serves the next request, too.
    searches = {name: make() for name, make in SEARCHES.items()}
    driver.reply(parameters=run.model.count_params())
    while True:
        search = searches[driver.receive()["search"]]
        began = time.perf_counter()
        hypotheses = translate(run, sentences, search)
        driver.reply(seconds=time.perf_counter() - began, hypotheses=hypotheses)


def translate(run, sentences, search):
    """The best hypothesis of each sentence: its ids before `EOS`."""
    found = translate_ids(
        run.model, sentences, search, batch_size=BATCH_SIZE, pad_to=run.pad_to
    )
    return [until_end(best.token_ids) for best, *_ in found]


def until_end(token_ids):
    token_ids = [int(token_id) for token_id in token_ids]
    return token_ids[: token_ids.index(EOS)] if EOS in token_ids else token_ids


if __name__ == "__main__":
    main(*sys.argv[1:])
