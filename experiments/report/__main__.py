"""Rebuilds every table, figure and page from the run folders alone.

    python -m experiments.report [--runs-dir results/runs] [--results-dir results]
        [--readme README.md]

Needs no backend. Running it twice gives the same bytes.
"""

from collections import Counter
from pathlib import Path

from experiments.report.pages import contents_of, sections, write_report
from experiments.report.readme import refresh
from experiments.report.selection_page import write_selection_page
from experiments.report.tables import for_reading, read_reference
from experiments.report.writeup_page import write_writeup_page
from keras_nmt.errors import InputError
from keras_nmt.program.command_line import OptionParser, command_line
from keras_nmt.run.runs import load_runs

SCREEN_COLUMNS = ("recipe", "backend", "n", "status", "val_loss", "val_loss_writeup")


@command_line(results_in_files=True)
def main(argv=None):
    options = _parser().parse_args(argv)
    runs = load_runs(options.runs_dir)
    if not runs:
        raise InputError(f"no run under {options.runs_dir}; `make demo` makes one")
    found = sections(runs, read_reference(options.reference))
    paths = write_report(found, options.results_dir)
    write_selection_page(options.results_dir)
    for contents in contents_of(found):
        if contents.reference is not None:
            write_writeup_page(contents, options.results_dir)
            if options.readme:
                refresh(options.readme, contents, options.results_dir / "models")
    print(_closing_screen(options, runs, found, paths))


def _parser():
    parser = OptionParser(description=__doc__)
    parser.add_argument("--runs-dir", type=Path, default=Path("results/runs"))
    parser.add_argument(
        "--reference", type=Path, default=Path("results/reference/writeup.csv")
    )
    parser.add_argument("--results-dir", type=Path, default=Path("results"))
    parser.add_argument(
        "--readme", type=Path, help="page whose results block is to be filled in, too"
    )
    parser.add_argument("--debug", action="store_true", help="show tracebacks")
    return parser


def _closing_screen(options, runs, found, paths):
    tally = Counter(run.status for run in runs)
    counts = ", ".join(f"{count} {status}" for status, count in sorted(tally.items()))
    lines = [f"{len(runs)} runs under {options.runs_dir}: {counts}"]
    for section in found:
        text = for_reading(section.table)
        columns = [name for name in SCREEN_COLUMNS if name in text]
        screen = text[columns].rename(columns=lambda name: name.replace("_", " "))
        lines += ["", section.title, screen.to_string(index=False)]
    folders = Counter(path.parent for path in paths[:-1])
    lines += ["", *(f"{count} files in {folder}" for folder, count in folders.items())]
    return "\n".join([*lines, f"The page: {paths[-1]}"])


if __name__ == "__main__":
    main()
