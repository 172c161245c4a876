"""Finds the text between the tags of HTML; everything else is kept byte for byte."""

import re

KEPT = {"script", "style", "code", "pre", "kbd", "samp", "var", "template"}
"""Elements whose text is not translated."""

VOID = {
    *("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta"),
    *("source", "track", "wbr"),
}
"""Elements that have no end tag."""

RAW = {
    name: re.compile(rf"</{name}(?=[\s/>])", re.ASCII | re.IGNORECASE)
    for name in ("script", "style")
}
"""Elements whose content is no markup, and the pattern of their end tags."""

DEEPEST = 512
"""Most open elements that are remembered; browsers nest no deeper."""

_BLOCKS = {
    *("address", "article", "aside", "blockquote", "center", "details", "dialog"),
    *("dir", "div", "dl", "fieldset", "figcaption", "figure", "footer", "form"),
    *("h1", "h2", "h3", "h4", "h5", "h6", "header", "hgroup", "hr", "main", "menu"),
    *("nav", "ol", "p", "pre", "search", "section", "summary", "table", "ul"),
}
_CELLS = {"td", "th", "p"}
_ROWS = {"caption", "colgroup", "thead", "tbody", "tfoot", "tr", *_CELLS}
_ENDED_BY = {
    **{name: {"p"} for name in _BLOCKS},
    **{"li": {"li", "p"}, "dt": {"dt", "dd", "p"}, "dd": {"dt", "dd", "p"}},
    **{"td": _CELLS, "th": _CELLS, "tr": {"tr", *_CELLS}},
    **dict.fromkeys(("colgroup", "thead", "tbody", "tfoot"), _ROWS),
    **{"option": {"option"}, "optgroup": {"option", "optgroup"}},
    **{"rt": {"rt", "rp"}, "rp": {"rt", "rp"}, "body": {"head"}},
}
"""What the beginning of an element ends, where end tags may be left out."""

_BOUNDS = {"button", "dl", "menu", "object", "ol", "ruby", "select", "table", "ul"}
"""Elements whose content ends none of the elements around them."""

# What is not closed goes on to the end, as in browsers.
_MARKUP = re.compile(
    r"""
      <!--(?:-?>|.*?(?:--!?>|\Z))
    | <!\[CDATA\[.*?(?:\]\]>|\Z)
    | <(?P<end>/?)(?P<name>[a-zA-Z][^\s/>]*)
      (?P<attributes>(?:[^>=]+|=\s*(?:"[^"]*"?|'[^']*'?|[^\s>]*))*)>?
    | <[!?/][^>]*>?
    """,
    re.VERBOSE | re.DOTALL | re.ASCII,
)
_ATTRIBUTE = re.compile(r"""([^\s/=]+)(?:\s*=\s*("[^"]*"?|'[^']*'?|\S*))?""", re.ASCII)


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
    elements, place = _OpenElements(), 0
    while found := _MARKUP.search(html, place):
        if found.start() > place:
            yield not elements.are_kept, html[place : found.start()]
        place = _end_of(found)
        yield False, html[found.start() : place]
        elements.see(found)
    if place < len(html):
        yield not elements.are_kept, html[place:]


def _end_of(tag):
    """Where a match of `_MARKUP` ends, what it holds without tags included."""
    name = (tag["name"] or "").lower()
    if name not in RAW or tag["end"]:
        return tag.end()
    found = RAW[name].search(tag.string, tag.end())
    return found.start() if found else len(tag.string)


class _OpenElements:
    """The elements that are open at a place of a document."""

    def __init__(self):
        self._names = []  # from the outermost
        self._outside = None  # how many stand around the outermost that is kept

    @property
    def are_kept(self):
        """Whether text stays as it is."""
        return self._outside is not None

    def see(self, tag):
        """Begins or ends an element, if a match of `_MARKUP` is a tag."""
        name = (tag["name"] or "").lower()
        if tag["end"]:
            self._end(name)
        elif name:
            self._begin(name, tag["attributes"])

    def _begin(self, name, attributes):
        if name in _ENDED_BY:
            self._end_those(_ENDED_BY[name])
        if name in VOID or attributes.endswith("/"):
            return
        self._cut(DEEPEST - 1)
        if not self.are_kept and (name in KEPT or _is_marked(attributes)):
            self._outside = len(self._names)
        self._names.append(name)

    def _end_those(self, names):
        """Ends the elements of these names that no bound stands around."""
        scope = range(_last(self._names, _BOUNDS) + 1, len(self._names))
        ended = (place for place in scope if self._names[place] in names)
        self._cut(next(ended, len(self._names)))

    def _end(self, name):
        place = _last(self._names, {name})
        if place >= 0:
            self._cut(place)

    def _cut(self, count):
        """Ends all elements but so many, the outermost."""
        del self._names[count:]
        if self.are_kept and self._outside >= len(self._names):
            self._outside = None


def _last(names, wanted):
    """The place of the last of some names; -1 if there is none."""
    return max((n for n, name in enumerate(names) if name in wanted), default=-1)


def _is_marked(attributes):
    found = {
        name.lower(): value.strip("\"'").lower()
        for name, value in _ATTRIBUTE.findall(attributes)
    }
    return found.get("translate") == "no" or "notranslate" in (
        found.get("class", "").split()
    )
