"""Warns when a text that is translated is nothing like the training data."""

import sys

from keras_nmt.specials import EOS, SOS, UNK

ENOUGH = 8
"""Tokens from which a text is judged before its end."""

MOST = 0.5
"""A larger share of unknown tokens causes the warning."""


class UnknownText:
    """Counts the unknown tokens of a text, and warns once on standard error.

    White space, and the mark that subwords set in its place, is not counted.

    Args:
        source: the `TextProcessor` of the source side.
    """

    def __init__(self, source):
        self._source = source
        self._tokens = self._unknown = 0
        self._has_warned = False
        words = source.vocabulary.tokens
        self._spaces = {i for i, x in enumerate(words) if not x.strip("▁ \n\t")}

    def add(self, lines):
        """Counts the tokens of lines."""
        for line in lines:
            ids = [i for i in self._source.encode(line) if i not in (SOS, EOS)]
            ids = [i for i in ids if i not in self._spaces]
            self._tokens += len(ids)
            self._unknown += ids.count(UNK)
        if self._tokens >= ENOUGH:
            self.warn()

    def warn(self):
        """Warns if most tokens so far are unknown; at the end of the text, too."""
        if self._has_warned or self._unknown <= MOST * self._tokens:
            return
        self._has_warned = True
        print(
            f"warning: {self._unknown:,} of {self._tokens:,} tokens are unknown to "
            "this system: the text is nothing like its training data (is it the "
            "language that the system translates from?)",
            file=sys.stderr,
            flush=True,
        )
