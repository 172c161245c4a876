"""Fills the results into the README."""

import textwrap

from experiments.report.answer import WIDTH, best_translation, main_table
from keras_nmt.evaluation.scores import CASES
from keras_nmt.files import MissingFile, read_object, read_text, write_whole
from keras_nmt.run.runs import SCORES

BEGIN, END = "<!-- results:begin -->", "<!-- results:end -->"
MODELS = "results/models"
PICTURE = "results/figures/overview.png"


def refresh(readme_path, contents, models):
    """Replaces the text between the two markers of the README.

    Args:
        readme_path: the file. If it is missing or lacks a marker, nothing is written.
        contents: `Contents` of the writeup's corpus.
        models: the folder of the models that ship.

    Returns:
        Whether the file now has the results.

    Raises:
        InputError: the file cannot be read or written.
    """
    try:
        text = read_text(readme_path)
    except MissingFile:
        return False
    before, begin, rest = text.partition(BEGIN)
    old, end, after = rest.partition(END)
    if not end:
        return False
    new = f"\n\n{block(contents, models)}\n"
    if new != old:
        write_whole(readme_path, before + begin + new + end + after)
    return True


def shipped_models(folder):
    """A paragraph on each model in a folder, from its scores.json."""
    for path in sorted(folder.glob(f"*/{SCORES}")):
        found = read_object(path)["test"]["all"]
        scores = (f"{found[case]['bleu']['score']:.2f}" for case in CASES)
        cased, lowercased = scores
        name = path.parent.name
        text = (
            f"The model that ships, [{name}]({MODELS}/{name}/README.md), reaches "
            f"{lowercased} BLEU ({cased} with upper and lower case) on the same "
            "sentences by beam search, where the table is greedy search. After `make "
            f"setup`, `.venv/bin/keras-nmt translate --model {name} < source.txt` "
            "translates with it."
        )
        yield f"{textwrap.fill(text, WIDTH, break_on_hyphens=False)}\n"


def block(contents, models):
    """The markdown between the markers: a table, a translation, the overview."""
    parts = [
        main_table(contents, short=True),
        best_translation(contents),
        *shipped_models(models),
        f"![BLEU and validation loss of every system]({PICTURE})\n",
    ]
    return "\n".join(part for part in parts if part)
