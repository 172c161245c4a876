"""Chooses the two columns of a table, or the two keys of JSON objects."""

import dataclasses

from keras_nmt.corpora.codes import places_of
from keras_nmt.corpora.formats.header_words import SIDES, meanings
from keras_nmt.errors import InputError, did_you_mean
from keras_nmt.text.languages import base

MEND = "name both by --source-column and --target-column"


@dataclasses.dataclass(frozen=True)
class Columns:
    """The places of the two sides, from 0 (keys for JSON), and their languages."""

    source: int | str
    target: int | str
    languages: tuple


def refuse_columns(choice, place, what):
    """Refuses a choice of columns where there are none.

    Raises:
        InputError: columns are chosen.
    """
    if choice.columns != (None, None):
        raise InputError(
            f"{place}: {what} has no columns; leave out --source-column and "
            "--target-column"
        )


def is_header(cells, choice):
    """Whether the first row of a table names its columns.

    It does if `--source-column` or `--target-column` is one of its cells (a number
    only if both are), or if two of its cells are languages ("de", "German", "text_de")
    or sides ("source", "target").
    """
    names = [cell.strip() for cell in cells]
    given = [column for column in choice.columns if column is not None]
    named = any(_is_name(column, names, given) for column in given)
    return named or sum(one is not None for one in meanings(names)) > 1


def columns_without_names(width, choice, where):
    """The `Columns` of a table without a header: by number, or the first two.

    Raises:
        InputError: a column is named, or there are too few.
    """
    source, target = _both(choice, where) or ("1", "2")
    if width == 1:
        raise InputError(
            f"{where}: one column; expected two, with tabs between them in .tsv and "
            ".txt, and commas in .csv"
        )
    for column in (source, target):
        if not column.isdecimal() or not 1 <= int(column) <= width:
            raise InputError(
                f"{where}: no column {column!r}; the row is no header and has {width} "
                f"columns; give numbers from 1 to {width}"
            )
    if source == target:
        raise InputError(f"{where}: column {source} is given for both sides; {MEND}")
    return Columns(int(source) - 1, int(target) - 1, choice.languages)


def columns_by_name(names, choice, where):
    """The `Columns` among names, from a header or the keys of an object.

    Columns that are named or numbered are taken, then those of the languages asked for,
    then those called source and target, then the only two that are languages, or the
    only two that there are, in their order.

    Raises:
        InputError: a column is absent, or the choice is not clear.
    """
    names = [name.strip() for name in names]
    given = _both(choice, where)
    if given:
        source, target = (_place(names, column, given, where) for column in given)
    else:
        source, target = _meant(names, choice, where)
    if source == target:
        raise InputError(f"{where}: column {names[source]!r} on both sides; {MEND}")
    pairs, spoken = zip((source, target), choice.languages, strict=True), _spoken(names)
    languages = tuple(asked or spoken[place] for place, asked in pairs)
    return Columns(source, target, languages)


def _both(choice, where):
    """Both columns that were given, or None."""
    if choice.columns == (None, None):
        return None
    if None in choice.columns:
        raise InputError(f"{where}: one column is given; {MEND}")
    return choice.columns


def _is_name(column, names, given):
    """Whether a column that is given is one of these names, and no number.

    A cell may hold a number by chance, but hardly both.
    """
    names_all = all(one in names for one in given)
    return column in names and (names_all or not column.isdecimal())


def _place(names, column, given, where):
    if _is_name(column, names, given):
        return names.index(column)
    if column.isdecimal() and 1 <= int(column) <= len(names):
        return int(column) - 1
    raise InputError(
        f"{where}: no column {column!r}{did_you_mean(column, names)}; there are "
        f"{', '.join(names)}"
    )


def _spoken(names):
    """The language of each column; None where its name tells none."""
    return [
        found if kind == "language" else name if kind is None and base(name) else None
        for name, (kind, found) in zip(
            names, (one or (None, None) for one in meanings(names)), strict=True
        )
    ]


def _meant(names, choice, where):
    """The places of the sides by languages, or by the words source and target."""
    found = meanings(names)
    spoken = [n for n, one in enumerate(found) if one and one[0] == "language"]
    sides = [_of_side(found, side) for side in dict.fromkeys(SIDES.values())]
    places = [
        _of_language(names, spoken, language, where) if spoken else side
        for language, side in zip(choice.languages, sides, strict=True)
    ]
    rest = spoken if len(spoken) > 1 else [*range(len(names))]
    if None in places:
        left = [n for n in rest if n not in places]
        if len(left) != places.count(None):
            raise InputError(
                f"{where}: columns {', '.join(names)}; choose two by --source-language "
                f"and --target-language, or {MEND}"
            )
        places = [left.pop(0) if place is None else place for place in places]
    return places


def _of_side(found, side):
    return found.index(("side", side)) if ("side", side) in found else None


def _of_language(names, spoken, language, where):
    """The place of the column of a language; None if no language is asked for."""
    if language is None:
        return None
    codes = [x if n in spoken else None for n, x in enumerate(_spoken(names))]
    fitting = [n for n, name in enumerate(names) if name == language] or places_of(
        language, codes
    )
    if len(fitting) == 1:
        return fitting[0]
    there = ", ".join(names[n] for n in spoken)
    which = "several columns" if fitting else "no column"
    raise InputError(
        f"{where}: {which} of language {language}; the languages are {there}; {MEND}"
    )
