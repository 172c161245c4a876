"""The results on the README's first screen: filled in, never typed."""

from keras_nmt.reporting.files import MissingFile, read_text, write_whole
from keras_nmt.reporting.tables import SPREAD, WRITEUP, for_reading, markdown

BEGIN, END = "<!-- results:begin -->", "<!-- results:end -->"

HEADINGS = {
    "system": "system",
    "backend": "backend",
    "n": "n",
    "val_loss": "ours",
    "val_loss" + WRITEUP: "writeup",
    "val_perplexity": "our perplexity",
    "val_loss_without_sos": "ours, without `<sos>`",
}
"""The columns shown. No heading says "loss": beside "perplexity", `markdown` would
cut the table in two."""


def refresh(readme_path, table):
    """Replaces what stands between the two markers of the README.

    Args:
        readme_path: the file. Where it is absent, or lacks a marker, nothing is
            written.
        table: what `tables.writeup_table` gave.

    Returns:
        Whether the file now shows the table.

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
    new = f"\n\n{block(table)}\n"
    if new != old:
        write_whole(readme_path, before + begin + new + end + after)
    return True


def block(table):
    """The markdown between the markers: one row a system and backend."""
    spreads = [name + SPREAD for name in HEADINGS if name + SPREAD in table]
    text = for_reading(table[[*HEADINGS, *spreads]])
    return markdown(text.rename(columns=HEADINGS))
