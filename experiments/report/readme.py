"""Fills the results into the README."""

from experiments.report.answer import best_translation, main_table
from keras_nmt.files import MissingFile, read_text, write_whole

BEGIN, END = "<!-- results:begin -->", "<!-- results:end -->"
PICTURE = "results/figures/overview.png"


def refresh(readme_path, contents):
    """Replaces the text between the two markers of the README.

    Args:
        readme_path: the file. If it is missing or lacks a marker, nothing is written.
        contents: `Contents` of the writeup's corpus.

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
    new = f"\n\n{block(contents)}\n"
    if new != old:
        write_whole(readme_path, before + begin + new + end + after)
    return True


def block(contents):
    """The markdown between the markers: a table, a translation, the overview."""
    parts = [
        main_table(contents, short=True),
        best_translation(contents),
        f"![BLEU and validation loss of every system]({PICTURE})\n",
    ]
    return "\n".join(part for part in parts if part)
