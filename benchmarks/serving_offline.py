"""A trained run that translates its test set on request, as the server searches.

KERAS_BACKEND=... python -m benchmarks.serving_offline RUN_DIR LINES
"""

import sys
import time

import keras_nmt
from benchmarks.contenders import Driver
from keras_nmt.run.runs import Run
from keras_nmt.search.beam import BeamSearch

SEARCH = BeamSearch(beam_size=4, length_penalty=0.6)
"""What `keras-nmt serve` searches with unless it is told otherwise."""


def main(run_dir, count):
    driver = Driver()
    run = keras_nmt.load(run_dir)
    lines = [row.source for row in Run(run_dir).translations][: int(count)]
    driver.reply(lines=lines)
    while True:
        driver.receive()
        began = time.perf_counter()
        texts = run.translate(lines, SEARCH)
        driver.reply(seconds=time.perf_counter() - began, texts=texts)


if __name__ == "__main__":
    main(*sys.argv[1:])
