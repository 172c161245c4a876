"""Lines in the spelling that a system knows, with a word about those that changed."""

import logging

LISTED = 5
"""Most lines that one message shows."""

_LOG = logging.getLogger("keras_nmt")


def respelled(lines, respell, first):
    """The lines in the spelling of the training text; one warning shows what changed.

    Args:
        lines: a list of text.
        respell: a `Respeller`.
        first: number of lines before these; the warning counts from there.
    """
    found = [respell(line) for line in lines]
    changed = [
        f"line {number} as {spelled!r:.80}"
        for number, (line, spelled) in enumerate(
            zip(lines, found, strict=True), first + 1
        )
        if line != spelled
    ]
    if changed:
        more = len(changed) - LISTED
        _LOG.warning(
            "read in the spelling of the training text: %s%s",
            ", ".join(changed[:LISTED]),
            f" and {more:,} more" if more > 0 else "",
        )
    return found
