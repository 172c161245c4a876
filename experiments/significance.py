"""Tests whether one run's BLEU is better than another's, by the paired bootstrap.

    python -m experiments.significance RUN_DIR RUN_DIR

Needs no backend.
"""

from pathlib import Path

from keras_nmt.evaluation.bleu import count_run, signature
from keras_nmt.evaluation.significance import LEVEL, compare
from keras_nmt.program.command_line import OptionParser, command_line
from keras_nmt.run.runs import complete_run


@command_line
def main(argv=None):
    options = _parser().parse_args(argv)
    first, second = (
        count_run(complete_run(folder)) for folder in (options.first, options.second)
    )
    print(_screen(first, second, compare(first, second)))


def _screen(first, second, found):
    width = max(len(first.run.name), len(second.run.name))
    low, high = found.interval
    verdict = "significant" if found.p_value < LEVEL else "not significant"
    return "\n".join(
        [
            f"{first.run.name:{width}}  BLEU {first.bleu:6.2f}",
            f"{second.run.name:{width}}  BLEU {second.bleu:6.2f}",
            f"difference {found.difference:+z.2f}, 95 % interval "
            f"[{low:+z.2f}, {high:+z.2f}], p = {found.p_value:.3f}: "
            f"{verdict} at {LEVEL}",
            f"paired bootstrap over {len(first.rows):,} lines, "
            f"BLEU|{signature(first.tokenize)}",
        ]
    )


def _parser():
    parser = OptionParser(description=__doc__)
    parser.add_argument("first", type=Path, metavar="RUN_DIR")
    parser.add_argument("second", type=Path, metavar="RUN_DIR")
    parser.add_argument("--debug", action="store_true", help="show tracebacks")
    return parser


if __name__ == "__main__":
    main()
