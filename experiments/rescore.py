"""Scores complete runs again from their translations; needs no model and no backend.

    python -m experiments.rescore RUN_DIR [RUN_DIR ...]
    python -m experiments.rescore --runs-dir results/runs

Only `test` in scores.json is replaced. BLEU's tokenizer stays that of the old scores,
unless `--tokenize NAME` names another one of sacreBLEU's.
"""

from pathlib import Path

from tqdm import tqdm

from keras_nmt.errors import InputError
from keras_nmt.evaluation.bleu_tokenizers import check_tokenizer, tokenizer_of_run
from keras_nmt.evaluation.scores import score
from keras_nmt.files import write_json
from keras_nmt.program.command_line import OptionParser, command_line
from keras_nmt.run.runs import complete_run, load_runs


@command_line(results_in_files=True)
def main(argv=None):
    options = _parser().parse_args(argv)
    if options.tokenize:
        check_tokenizer(options.tokenize)
    runs = _chosen(options)
    for run in tqdm(runs, desc="rescoring", unit="run", disable=None):
        rescore(run, options.tokenize or check_tokenizer(tokenizer_of_run(run.scores)))
    print(f"{len(runs)} runs rescored; `python -m experiments.report` shows them")


def rescore(run, tokenize):
    """Scores a run's translations and replaces its test scores."""
    rows = run.translations
    test = score(
        [row.hypothesis for row in rows],
        [row.reference for row in rows],
        run.kept_rows,
        tokenize=tokenize,
    )
    write_json(run.scores_file, {**run.scores, "test": test})


def _chosen(options):
    """The runs that the options name: given folders, or all complete runs of one."""
    if bool(options.folders) == bool(options.runs_dir):
        raise InputError("give either run folders or --runs-dir")
    if options.folders:
        return [complete_run(folder) for folder in options.folders]
    runs = [run for run in load_runs(options.runs_dir) if run.status == "complete"]
    if not runs:
        raise InputError(f"no complete run under {options.runs_dir}")
    return runs


def _parser():
    parser = OptionParser(description=__doc__)
    parser.add_argument("folders", nargs="*", type=Path, metavar="RUN_DIR")
    parser.add_argument("--runs-dir", type=Path, help="every complete run under it")
    parser.add_argument("--tokenize", metavar="NAME", help="sacreBLEU's, for BLEU")
    parser.add_argument("--debug", action="store_true", help="show tracebacks")
    return parser


if __name__ == "__main__":
    main()
