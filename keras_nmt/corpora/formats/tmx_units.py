"""Reads the translation units of a TMX file.

The file is parsed piece by piece by expat. Entities that a file declares are refused
(they can be made to fill the memory), and nothing outside the file is read.
"""

import collections
import dataclasses
import itertools
import unicodedata
from xml.parsers import expat

from keras_nmt.errors import InputError
from keras_nmt.opened import opened
from keras_nmt.text.lines import MAX_LINE_CHARACTERS

CODES = ("bpt", "ept", "it", "ph", "ut", "sub")
"""Elements within a segment whose content is no text of the sentence."""

_GAP = None
"""Stands for a `<ph>` without a code, which is often a line break."""

_CHUNK = 1 << 16


@dataclasses.dataclass
class Unit:
    """A translation unit: `segments` are (language, text) in their order."""

    number: int
    segments: list = dataclasses.field(default_factory=list)
    tags: int = 0


class Units:
    """The units of a file, which it reads one after the other, once.

    `source_language` is that of the header, once it was read.
    """

    def __init__(self, path):
        self._path, self._done = path, collections.deque()
        self.source_language = None
        self._unit = self._language = self._text = None
        self._within, self._size, self._is_tmx = 0, 0, False
        self._has_code = False
        parser = self._expat = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        parser.EntityDeclHandler = self._refuse_entity
        parser.SkippedEntityHandler = self._refuse_entity

    def __iter__(self):
        """Yields each `Unit`.

        Raises:
            InputError: the file is not well-formed XML, or no TMX.
        """
        with opened(self._path) as file:
            while True:
                content = file.read(_CHUNK)
                try:
                    self._expat.Parse(content, not content)
                except InputError:
                    raise
                except (ValueError, LookupError) as error:
                    raise InputError(
                        f"{self._path}: the encoding that it declares cannot be read "
                        f"({error}); save it as UTF-8"
                    ) from None
                except expat.ExpatError as error:
                    raise InputError(
                        f"{self._path}, line {error.lineno}: not well-formed TMX "
                        f"({expat.ErrorString(error.code)}); export the file again"
                    ) from None
                while self._done:
                    yield self._done.popleft()
                if not content:
                    return

    def _start(self, name, attributes):
        if not self._is_tmx:
            self._is_tmx = name == "tmx"
            if not self._is_tmx:
                raise InputError(
                    f"{self._path}: the root is <{name}>, not <tmx>; give a TMX file"
                )
        if name == "header":
            self.source_language = attributes.get("srclang")
        elif name == "tu":
            self._unit = Unit(self._expat.CurrentLineNumber)
        elif name == "tuv":
            self._language = attributes.get("xml:lang") or attributes.get("lang")
        elif name == "seg":
            self._text, self._size, self._within = [], 0, 0
        elif self._text is not None:
            if self._unit is not None:
                self._unit.tags += 1
            self._within += name in CODES
            self._has_code &= self._within > 1

    def _end(self, name):
        if name == "tu":
            self._done.append(self._unit)
            self._unit = None
        elif name == "seg":
            if self._unit is not None and self._language:
                self._unit.segments.append((self._language, _joined(self._text)))
            self._text = None
        elif self._text is not None and name in CODES:
            self._within -= 1
            if name == "ph" and not self._within and not self._has_code:
                self._text.append(_GAP)

    def _characters(self, text):
        if self._text is None:
            return
        if self._within:
            self._has_code |= not text.isspace()
            return
        self._size += len(text)
        if self._size > MAX_LINE_CHARACTERS:
            raise InputError(
                f"{self._path}, line {self._expat.CurrentLineNumber}: a segment of "
                f"more than {MAX_LINE_CHARACTERS:,} characters; cut it into sentences"
            )
        self._text.append(text)

    def _refuse_entity(self, name, *_):
        raise InputError(
            f"{self._path}, line {self._expat.CurrentLineNumber}: the entity &{name}; "
            "is not read, since entities can harm; write the characters themselves"
        )


def _joined(pieces):
    """The text of pieces, with a space for a `_GAP` where two words would be joined.

        >>> _joined(["eins", _GAP, "zwei", _GAP, "."])
        'eins zwei.'

    There is none at white space, before a full stop, or within brackets.
    """
    text, was_gap = "", False
    for is_gap, some in itertools.groupby(pieces, lambda piece: piece is _GAP):
        if not is_gap:
            some = "".join(some)
            text += " " * (was_gap and _parts_words(text[-1:], some[:1])) + some
        was_gap = is_gap
    return text


def _parts_words(before, after):
    """Whether a space may stand between two characters that have none."""
    if not before or not after or before.isspace() or after.isspace():
        return False
    opens = unicodedata.category(before) in ("Ps", "Pi")
    return not opens and unicodedata.category(after) not in ("Pe", "Pf", "Po")
