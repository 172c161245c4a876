"""Trains translation systems, translates with them, and scores them.

    keras-nmt prepare --corpus PATH --check
    keras-nmt prepare --corpus PATH --recipe RECIPE|FILE.toml --out DIR
    keras-nmt train RECIPE|FILE.toml --prepared DIR
    keras-nmt train RECIPE|FILE.toml --corpus captions|multi30k|PATH
    keras-nmt tune SPACE.toml --trials N --corpus captions|multi30k|PATH
    keras-nmt average RUN_DIR --last K | --best K
    keras-nmt package RUN_DIR --out MODEL_DIR
    keras-nmt export RUN_DIR OUT --format ctranslate2|marian|saved_model
    keras-nmt translate RUN_DIR [RUN_DIR ...] < source.txt > hypotheses.txt
    keras-nmt translate --model NAME < source.txt > hypotheses.txt
    keras-nmt evaluate RUN_DIR [RUN_DIR ...] [--source FILE --reference FILE ...]
    keras-nmt serve RUN_DIR|MODEL_DIR [...] [--host ADDRESS --port N]

`keras-nmt COMMAND --help` shows the options of a command; `python -m keras_nmt` is the
same program. KERAS_BACKEND=tensorflow, jax or torch chooses the backend; without it the
one that is installed is used.
"""

import sys

from keras_nmt.commands import (
    average,
    evaluate,
    export,
    package,
    prepare,
    serve,
    train,
    translate,
    tune,
)
from keras_nmt.program.command_line import OptionParser, command_line
from keras_nmt.program.environment import require
from keras_nmt.program.log_noise import hush_tensorflow
from keras_nmt.program.malloc import keep_freed_memory


def main(argv=None):
    # What writes files continues when nobody reads its standard output.
    words = sys.argv[1:] if argv is None else argv
    options = {word.partition("=")[0] for word in words}
    long_work = words[:1] in (["train"], ["tune"], ["serve"])
    writes = long_work or options & {"--clean", "--out"}
    program = _writing if writes else _answering
    program(argv)


def _main(argv):
    require()
    keep_freed_memory()
    hush_tensorflow()
    options = _parser().parse_args(argv)
    options.run(options)


_writing = command_line(_main, results_in_files=True)
_answering = command_line(_main)


def _parser():
    parser = OptionParser(prog="keras-nmt", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for command in (
        prepare,
        train,
        tune,
        average,
        package,
        export,
        translate,
        evaluate,
        serve,
    ):
        command.add_to(commands)
    return parser


if __name__ == "__main__":
    main()
