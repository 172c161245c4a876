"""A trained run that translates on request, on one backend.

KERAS_BACKEND=... python -m benchmarks.translate_keras_nmt RUN_DIR FOLDER
"""

import json
import sys
import time
from pathlib import Path

import keras_nmt
from benchmarks.contenders import Driver
from keras_nmt.search.beam import BeamSearch
from keras_nmt.search.corpus_decoder import CorpusDecoder
from keras_nmt.search.greedy import Greedy
from keras_nmt.specials import EOS

BATCH_SIZE = 128
SEARCHES = {
    "greedy": Greedy(),
    "beam": BeamSearch(beam_size=4, length_penalty=0.6, n_best=1),
}


def main(run_dir, folder):
    driver = Driver()
    run = keras_nmt.load(run_dir)
    path = Path(folder) / "sentences.json"
    sentences = json.loads(path.read_text(encoding="utf-8"))
    # One object each, so that what it has compiled serves the next request, too.
    decoders = {
        name: CorpusDecoder(run.model, search, BATCH_SIZE)
        for name, search in SEARCHES.items()
    }
    driver.reply(parameters=run.model.count_params())
    while True:
        request = driver.receive()
        decoder = decoders[request["search"]]
        if "alone" in request:
            few = sentences[: request["alone"]]
            driver.reply(milliseconds=timed_alone(decoder, few))
            continue
        began = time.perf_counter()
        found = decoder(sentences)
        seconds = time.perf_counter() - began
        hypotheses = [until_end(best.token_ids) for best, *_ in found]
        driver.reply(seconds=seconds, hypotheses=hypotheses)


def timed_alone(translate, sentences):
    """Milliseconds of each sentence, translated one after the other.

    Each is translated once before, so that its shapes are compiled.

    Args:
        translate: takes a list of sentences.
    """
    found = []
    for sentence in sentences:
        translate([sentence])
        began = time.perf_counter()
        translate([sentence])
        found.append(1000 * (time.perf_counter() - began))
    return found


def until_end(token_ids):
    return token_ids[: token_ids.index(EOS)] if EOS in token_ids else token_ids


if __name__ == "__main__":
    main(*sys.argv[1:])
