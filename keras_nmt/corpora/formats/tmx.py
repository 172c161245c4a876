"""TMX, the exchange format of translation memories (https://www.gala-global.org/tmx-14b).

`tmx_units.py` reads the file; here two of its languages are chosen.
"""

import dataclasses
import itertools
from pathlib import Path

from keras_nmt.corpora.codes import places_of, spelled
from keras_nmt.corpora.formats.columns import refuse_columns
from keras_nmt.corpora.formats.pairs import Counted, OnceLog, pair_of
from keras_nmt.corpora.formats.tmx_units import Units
from keras_nmt.errors import InputError
from keras_nmt.text.languages import same
from keras_nmt.text.lines import is_blank

SAMPLE = 10_000
"""Units in which the languages of a file are looked for."""

SEVERAL = "units with several variants: first with text taken"
"""What is said of such units."""


@dataclasses.dataclass(frozen=True)
class Tmx:
    """The pairs of two languages of a TMX file; `open_tmx` finds the languages."""

    path: Path
    languages: tuple
    log: OnceLog

    @property
    def name(self):
        return str(self.path)

    @property
    def paths(self):
        return (self.path,)

    def __iter__(self):
        counted, found = Counted(), 0
        for unit in Units(self.path):
            if unit.tags:
                counted.add("inline tags dropped", unit.number, unit.tags)
            source, target = self.languages
            sides = _of_side(unit, source, target), _of_side(unit, target, source)
            if not all(sides) or sides[0][0] == sides[1][0]:
                counted.add("units without both languages dropped", unit.number)
                continue
            for code, side in zip(self.languages, sides, strict=True):
                _note_region(code, unit.segments[side[0]][0], unit.number, counted)
            if max(map(len, sides)) > 1:
                counted.add(SEVERAL, unit.number)
            found += 1
            texts = (_first_with_text(unit, side) for side in sides)
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
    refuse_columns(choice, path, "TMX")
    parser = Units(path)
    sample = itertools.islice(parser, SAMPLE)
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


def _of_side(unit, code, other):
    """The places of a side's segments: of exactly this code, or else of other regions.

    What has the code of the other side is never one of these: of zh-CN and zh-TW, each
    has its own.
    """
    codes = [spelled(language) for language, _ in unit.segments]
    is_other = {spelled(other)} - {spelled(code)}
    return places_of(spelled(code), [None if x in is_other else x for x in codes])


def _note_region(code, found, number, counted):
    """Counts a unit with another region than the one that was asked for."""
    if "-" in spelled(code) and spelled(code) != spelled(found):
        counted.add(f"units with {spelled(found)} in place of {code}", number)


def _first_with_text(unit, places):
    texts = [unit.segments[place][1] for place in places]
    return next((text for text in texts if not is_blank(text)), texts[0])
