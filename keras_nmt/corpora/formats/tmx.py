"""TMX, the exchange format of translation memories (https://www.gala-global.org/tmx-14b).

The file is parsed piece by piece by expat. Entities that a file declares are refused
(they can be made to fill the memory), and nothing outside the file is read.
"""

import collections
import dataclasses
import itertools
from pathlib import Path
from xml.parsers import expat

from keras_nmt.corpora.formats.pairs import Counted, OnceLog, pair_of
from keras_nmt.errors import InputError
from keras_nmt.opened import opened
from keras_nmt.text.languages import same
from keras_nmt.text.lines import MAX_LINE_CHARACTERS

SAMPLE = 10_000
"""Units in which the languages of a file are looked for."""

CODES = ("bpt", "ept", "it", "ph", "ut", "sub")
"""Elements within a segment whose content is no text of the sentence."""

_CHUNK = 1 << 16


@dataclasses.dataclass
class Unit:
    """A translation unit: `segments` are (language, text) in their order."""

    number: int
    segments: list = dataclasses.field(default_factory=list)
    tags: int = 0


@dataclasses.dataclass(frozen=True)
class Tmx:
    """The pairs of two languages of a TMX file; `open_tmx` finds the languages."""

    path: Path
    languages: tuple
    log: OnceLog

    @property
    def name(self):
        return str(self.path)

    def __iter__(self):
        counted, found = Counted(), 0
        for unit in _Parser(self.path).units():
            if unit.tags:
                counted.add("inline tags dropped", unit.number, unit.tags)
            sides = [
                _of_language(unit, code, other, counted)
                for code, other in zip(
                    self.languages, self.languages[::-1], strict=True
                )
            ]
            if not all(sides):
                counted.add("units without both languages dropped", unit.number)
                continue
            if max(map(len, sides)) > 1:
                counted.add("units with several variants: first taken", unit.number)
            found += 1
            texts = (side[0] for side in sides)
            yield pair_of(*texts, unit.number, counted, "units")
        counted.tell(self.path, self.log)
        if not found:
            raise InputError(
                f"{self.path}: no unit has both {' and '.join(self.languages)}; "
                "choose others by --source-language and --target-language"
            )


def open_tmx(path, choice, log):
    """The `Tmx` of a file.

    Without a choice there must be two languages; the source is that of the header
    (`srclang`) if it names one of them, and otherwise the first.

    Raises:
        InputError: the file is no TMX, or the choice of languages is not clear.
    """
    parser = _Parser(path)
    sample = itertools.islice(parser.units(), SAMPLE)
    units = [*sample]
    there = dict.fromkeys(language for unit in units for language, _ in unit.segments)
    is_all = len(units) < SAMPLE
    source, target = _chosen(path, [*there], parser.source_language, choice, is_all)
    log.warning("%s: from %s into %s", path, source, target)
    return Tmx(path, (source, target), log)


def _chosen(path, there, declared, choice, is_all):
    if not there:
        raise InputError(f"{path}: no translation unit with text; give some")
    if not is_all and None not in choice.languages:
        return choice.languages  # they may come later
    for asked in filter(None, choice.languages):
        if not any(same(asked, language) for language in there):
            raise InputError(
                f"{path}: no language {asked}; there are {', '.join(there)}"
            )
    source, target = choice.languages
    rest = [x for x in there if not any(same(x, y) for y in (source, target) if y)]
    kinds = [x for n, x in enumerate(rest) if not any(same(x, y) for y in rest[:n])]
    missing = (source is None) + (target is None)
    if len(kinds) != missing and missing:
        raise InputError(
            f"{path}: languages {', '.join(there)}; choose two by --source-language "
            "and --target-language"
        )
    if source is None and target is None:
        source = next((x for x in kinds if declared and same(x, declared)), kinds[0])
    source = source or next(x for x in kinds if x != target)
    target = target or next(x for x in kinds if x != source)
    if source == target:
        raise InputError(
            f"{path}: from {source} into {target} is no translation; choose two of "
            f"{', '.join(there)}"
        )
    return source, target


def _of_language(unit, code, other, counted):
    """The texts of a language: of exactly this code, or else of its other regions.

    What has the code of the other side is never one of these: of zh-CN and zh-TW, each
    has its own.
    """
    found = collections.defaultdict(list)
    for language, text in unit.segments:
        found[_spelled(language)].append(text)
    if _spelled(code) in found:
        return found[_spelled(code)]
    fitting = [x for x in found if same(x, code) and x != _spelled(other)]
    if fitting and "-" in _spelled(code):
        counted.add(f"units with {fitting[0]} in place of {code}", unit.number)
    return [text for language in fitting for text in found[language]]


def _spelled(code):
    return code.lower().replace("_", "-")


class _Parser:
    """Reads the units of a file one after the other."""

    def __init__(self, path):
        self._path, self._done = path, collections.deque()
        self.source_language = None
        self._unit = self._language = self._text = None
        self._within, self._size, self._is_tmx = 0, 0, False
        parser = self._expat = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        parser.EntityDeclHandler = self._refuse_entity
        parser.SkippedEntityHandler = self._refuse_entity

    def units(self):
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

    def _end(self, name):
        if name == "tu":
            self._done.append(self._unit)
            self._unit = None
        elif name == "seg":
            if self._unit is not None and self._language:
                self._unit.segments.append((self._language, "".join(self._text)))
            self._text = None
        elif self._text is not None and name in CODES:
            self._within -= 1

    def _characters(self, text):
        if self._text is None or self._within:
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
