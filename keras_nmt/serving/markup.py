"""Finds the text between the tags of HTML; everything else is kept byte for byte."""

import itertools
import re
from html.parser import HTMLParser

KEPT = {"script", "style", "code", "pre", "kbd", "samp", "var", "template"}
"""Elements whose text is not translated."""

VOID = {
    *("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta"),
    *("source", "track", "wbr"),
}
"""Elements that have no end tag."""

_SECTION = re.compile(
    r"<!\[(temp|cdata|ignore|include|rcdata|if|else|endif)(?![-_.a-z0-9])",
    re.IGNORECASE,
)
"""The beginning of a marked section that Python's parser knows."""


def split_markup(html):
    """Splits HTML into text and markup, which joined give it again.

        >>> list(split_markup("<p>Ja &amp; <b>Nein"))
        [(False, '<p>'), (True, 'Ja &amp; '), (False, '<b>'), (True, 'Nein')]

    Text in elements of `KEPT`, or marked `translate="no"` or `class="notranslate"`,
    counts as markup.

    Args:
        html: a document or a part of one; it need not be well-formed.

    Returns:
        an iterator over (whether it is text, the characters).
    """
    # After the last ">" there is no whole tag, and the parser's time to look for one is
    # quadratic.
    end = html.rfind(">") + 1
    parser = _Events(html[:end])
    parser.feed(html[:end])
    parser.close()
    events = [*parser.events, (end, not parser.kept)]
    bounds = [*(start for start, _ in events), len(html)]
    kinds = [is_text for _, is_text in events]
    pieces = zip(kinds, itertools.pairwise(bounds), strict=True)
    for is_text, run in itertools.groupby(pieces, key=lambda piece: piece[0]):
        places = [place for _, place in run]
        yield is_text, html[places[0][0] : places[-1][1]]


class _Events(HTMLParser):
    """Records where each tag, comment or text begins, and whether it is to translate.

    `events`: list of (offset, whether it is text), by increasing offset.
    `kept`: names of the open elements, from the outermost that is not translated.
    """

    def __init__(self, html):
        super().__init__(convert_charrefs=False)
        self.events = [(0, False)]
        self._lines = [0]
        for number, character in enumerate(html, 1):
            if character == "\n":
                self._lines.append(number)
        self.kept = []

    def _record(self, is_text):
        line, column = self.getpos()
        offset = self._lines[min(line, len(self._lines)) - 1] + column
        if offset < self.events[-1][0]:
            offset = self.events[-1][0]
        self.events.append((offset, is_text and not self.kept))

    def parse_marked_section(self, i, report=1):
        # The parser's own raises AssertionError at any other keyword.
        if _SECTION.match(self.rawdata, i):
            return super().parse_marked_section(i, report)
        return self.parse_bogus_comment(i, report)

    def handle_starttag(self, tag, attributes):
        self._record(False)
        if tag in VOID:
            return
        if self.kept or tag in KEPT or _is_marked(attributes):
            self.kept.append(tag)

    def handle_startendtag(self, tag, attributes):
        self._record(False)

    def handle_endtag(self, tag):
        self._record(False)
        if tag in self.kept:
            # Elements inside it that were not closed end with it.
            last = len(self.kept) - 1 - self.kept[::-1].index(tag)
            del self.kept[last:]

    def handle_data(self, data):
        self._record(True)

    def handle_entityref(self, name):
        self._record(True)

    def handle_charref(self, name):
        self._record(True)

    def handle_comment(self, data):
        self._record(False)

    def handle_decl(self, decl):
        self._record(False)

    def handle_pi(self, data):
        self._record(False)

    def unknown_decl(self, data):
        self._record(False)


def _is_marked(attributes):
    found = {name: value or "" for name, value in attributes}
    return found.get("translate", "").lower() == "no" or "notranslate" in (
        found.get("class", "").split()
    )
