"""The complete runs of a folder, by corpus and recipe."""

from experiments.report.systems import order
from keras_nmt.errors import InputError
from keras_nmt.run.runs import load_runs


def by_recipe(runs_dir):
    """`{(corpus, recipe): complete runs}`, the writeup's systems first.

    Raises:
        InputError: there is no complete run.
    """
    found = {}
    for run in load_runs(runs_dir):
        if run.status == "complete" and run.translations:
            found.setdefault((run.corpus, run.recipe), []).append(run)
    if not found:
        raise InputError(
            f"no complete run under {runs_dir}; give --runs-dir a folder that has one"
        )
    return {key: found[key] for key in sorted(found, key=lambda x: (x[0], order(x[1])))}
