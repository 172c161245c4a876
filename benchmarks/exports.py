"""Exports runs to every format: what goes where, its size and speed, what is equal.

    python -m benchmarks.exports RUN_DIR [RUN_DIR ...] [--text FILE] [--lines 100]
        [--rounds 3] [--results-dir results/benchmarks] [--docs docs/exporting.md]

Each run or model is exported to each format by TensorFlow, which every format allows,
and its export is compared with it on lines of its test set (without translations.tsv:
on lines of FILE, or else on words of its vocabulary). `sentences_s` is how many of
these lines the export's `translate.py` translates a second, greedily: the time that a
process with many of them needs, less that of a process with one, the median of the
rounds. The beam is of the size that the run prefers. `exports.csv` has a row for each
run and format; the table in the docs is made from it. Run it after a change of
`keras_nmt/exporting`.
"""

import argparse
import os
import statistics
import tempfile
import time
from pathlib import Path

import pandas as pd

from keras_nmt.errors import InputError
from keras_nmt.files import read_text, write_whole
from keras_nmt.program.command_line import command_line
from keras_nmt.program.log_noise import hush_tensorflow

BEGIN, END = "<!-- exports:begin -->\n", "<!-- exports:end -->\n"

MEGABYTE = 10**6

TIMED, MOST_TIMED = 1000, 16_000
"""Lines that are timed, repeated as often as it takes to need longer than a start."""

FORMATS = (
    ("ctranslate2", {}),
    ("ctranslate2", {"quantization": "int8"}),
    ("marian", {}),
    ("saved_model", {}),
)


@command_line
def main(argv=None):
    options = _parser().parse_args(argv)
    os.environ["KERAS_BACKEND"] = "tensorflow"
    hush_tensorflow()
    rows, path = [], options.results_dir / "exports.csv"
    for folder in options.run_dirs:
        for row in rows_of(folder, options):
            rows.append(row)
            table_of_all = pd.DataFrame(rows).convert_dtypes()  # whole beside gaps
            write_whole(path, table_of_all.to_csv(index=False, lineterminator="\n"))
    write_whole(options.docs, with_table(read_text(options.docs), read(path)))
    print(f"written: {path}, {options.docs}")


def _parser():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("run_dirs", type=Path, nargs="+", metavar="RUN_DIR")
    add("--text", type=Path, help="to compare models and others without translations")
    add("--lines", type=int, default=100, help="compared, of each run")
    add("--rounds", type=int, default=3, help="of timing each export")
    add("--results-dir", type=Path, default=Path("results/benchmarks"))
    add("--docs", type=Path, default=Path("docs/exporting.md"))
    return parser


def rows_of(folder, options):
    """A row of the table for each format of a run."""
    from keras_nmt.run.model_folder import is_model
    from keras_nmt.run.runs import Run
    from keras_nmt.run.translator import load

    run, trained = Run(folder), load(folder)
    given = [row.source for row in run.translations]
    if not given and options.text:
        given = read_text(options.text).splitlines()
    subwords = hasattr(trained.source.tokenizer, "pieces")
    for name, format_options in FORMATS:
        row = {
            "corpus": "" if is_model(folder) else run.corpus,
            "recipe": folder.name if is_model(folder) else run.recipe,
            "tokens": "subwords" if subwords else "words",
            "format": " ".join([name, *format_options.values()]),
        }
        print(", ".join(filter(None, row.values())), flush=True)
        yield row | _exported(given, trained, name, format_options, options)


def _exported(given, trained, name, format_options, options):
    from keras_nmt.exporting.checking import lines_to_compare
    from keras_nmt.exporting.export import export

    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "export"
        try:
            found = export(trained, place, name, given, options.lines, **format_options)
        except InputError as error:
            return {"refused": str(error)}
        files = [path for path in place.rglob("*") if path.is_file()]
        return {
            "megabytes": round(sum(x.stat().st_size for x in files) / MEGABYTE, 1),
            "lines": found.lines,
            "greedy_equal": found.greedy,
            "beam_equal": found.beam,
            "log_prob_difference": f"{found.difference:.0e}",
            "sentences_s": round(
                sentences_a_second(
                    place,
                    lines_to_compare(trained, given, options.lines),
                    options.rounds,
                )
            ),
            "refused": "",
        }


def sentences_a_second(folder, lines, rounds):
    """How fast an export translates the lines, without the start of its process."""
    from keras_nmt.exporting.checking import run_script

    def seconds(given):
        began = time.perf_counter()
        run_script(folder, given, (1,))
        return time.perf_counter() - began

    start, many = seconds(lines[:1]), lines * -(-TIMED // len(lines))
    # A start varies by seconds, so translating must take longer.
    while seconds(many) < 2 * start and len(many) < MOST_TIMED:
        many *= 4
    spent = [seconds(many) - seconds(lines[:1]) for _ in range(rounds)]
    return (len(many) - 1) / statistics.median(spent)


def read(path):
    """The rows of exports.csv, dicts of texts."""
    return pd.read_csv(path, dtype=str, keep_default_na=False).to_dict("records")


def with_table(text, rows):
    """The docs with the table of these rows in its place."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise InputError(f"the docs lack {BEGIN.strip()} or {END.strip()}; add both")
    return before + begin + table(rows) + end + after


def table(rows):
    """The rows in Markdown, with the speed where it was measured."""
    head = "run", "tokens", "format", "MB", "greedy", "its beam", "log-probabilities"
    cells = [[*head, "sentences/s"], ["---"] * 3 + ["---:"] * 5, *map(_cells, rows)]
    if not any(row.get("sentences_s") for row in rows):
        cells = [row[:-1] for row in cells]
    return "".join(f"| {' | '.join(row)} |\n" for row in cells)


def _cells(row):
    name = f"`{row['recipe'].partition(',')[0]}`"
    if row["corpus"]:
        name += f" ({row['corpus']})"
    if row["refused"]:
        return [name, row["tokens"], row["format"], "no", "", "", "", ""]
    equal = [f"{row[key]} of {row['lines']}" for key in ("greedy_equal", "beam_equal")]
    within = f"within {row['log_prob_difference']}"
    figures = [row["megabytes"], *equal, within, row.get("sentences_s", "")]
    return [name, row["tokens"], row["format"], *figures]


if __name__ == "__main__":
    main()
