"""How many words runs double, beside their references.

python -m experiments.explanations.repetitions RUN_DIR [RUN_DIR ...]
"""

from pathlib import Path

from experiments.explanations.repetition import repetition_rate
from keras_nmt.program.command_line import OptionParser, command_line
from keras_nmt.run.runs import complete_run


@command_line
def main(argv=None):
    parser = OptionParser(description=__doc__)
    parser.add_argument("run_dirs", nargs="+", type=Path, metavar="RUN_DIR")
    for folder in parser.parse_args(argv).run_dirs:
        run = complete_run(folder)
        rows = run.translations
        ours = repetition_rate([row.hypothesis for row in rows])
        theirs = repetition_rate([row.reference for row in rows])
        print(f"{run.name}: {ours:.2%} of its words, {theirs:.2%} of the references'")


if __name__ == "__main__":
    main()
