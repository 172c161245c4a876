"""Lines in the spelling that a system knows, with a word about those that changed."""

import contextlib
import contextvars
import logging

LISTED = 5
"""Most lines that one message shows."""

_LOG = logging.getLogger("keras_nmt")
_QUIET = contextvars.ContextVar("quiet", default=False)


@contextlib.contextmanager
def without_warnings():
    """Within it, in its thread, lines are respelled and cut without a word.

    A server's log shall neither hold what clients write nor grow with it.
    """
    token = _QUIET.set(True)
    try:
        yield
    finally:
        _QUIET.reset(token)


def warn(message, *arguments):
    """Logs a warning about lines, unless `without_warnings`."""
    if not _QUIET.get():
        _LOG.warning(message, *arguments)


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
        warn(
            "read in the spelling of the training text: %s%s",
            ", ".join(changed[:LISTED]),
            f" and {more:,} more" if more > 0 else "",
        )
    return found
