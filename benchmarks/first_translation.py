"""One sentence in a fresh process, for the time from its start to its answer.

KERAS_BACKEND=... python -m benchmarks.first_translation RUN_DIR LINE
"""

import sys

import keras_nmt
from benchmarks.contenders import Driver


def main(run_dir, line):
    driver = Driver()
    (translation,) = keras_nmt.load(run_dir).translate([line])
    driver.reply(translation=translation)


if __name__ == "__main__":
    main(*sys.argv[1:])
