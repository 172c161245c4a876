"""JSON lines: a JSON object a line, of which two keys hold the pair."""

import dataclasses
import json
from pathlib import Path

from keras_nmt.corpora.formats.columns import Columns, columns_by_name
from keras_nmt.corpora.formats.pairs import SILENT, Counted, OnceLog, pair_of
from keras_nmt.errors import InputError
from keras_nmt.text.lines import decoded_lines

NESTED = "translation"
"""The key of an object within, as in `{"translation": {"de": ..., "en": ...}}`."""


@dataclasses.dataclass(frozen=True)
class JsonLines:
    """The pairs under two keys of the objects; `open_json_lines` finds the keys.

    A key of an object within is written with a dot: "translation.de". A value that is
    null, or absent, is a blank side, and is counted.
    """

    path: Path
    columns: Columns
    log: OnceLog

    @property
    def name(self):
        return str(self.path)

    @property
    def paths(self):
        return (self.path,)

    @property
    def languages(self):
        return self.columns.languages

    def __iter__(self):
        keys, counted = (self.columns.source, self.columns.target), Counted()
        number = 0
        for number, found in _objects(self.path, self.log):
            where = f"{self.path}, line {number}"
            texts = [_text(found, key, where, number, counted) for key in keys]
            yield pair_of(*texts, number, counted, "pairs")
        counted.tell(self.path, self.log)
        if not number:
            raise InputError(f"{self.path}: is empty; give text")


def open_json_lines(path, choice, log):
    """The `JsonLines` of a file, with the keys that its first object has.

    Raises:
        InputError: the file is empty or no JSON lines, or has no such keys.
    """
    number, first = next(_objects(path, SILENT), (0, None))
    if first is None:
        raise InputError(f"{path}: is empty; give text")
    columns = columns_by_name([*first], choice, f"{path}, line {number}")
    names = [*first]
    columns = dataclasses.replace(
        columns, source=names[columns.source], target=names[columns.target]
    )
    log.warning("%s: source is %s, target is %s", path, columns.source, columns.target)
    return JsonLines(path, columns, log)


def _objects(path, log):
    """Yields `(line number, {key: value})` of lines that are not blank."""
    for number, line in enumerate(decoded_lines(path, log), 1):
        if not line.strip():
            continue
        where = f"{path}, line {number}"
        try:
            found = json.loads(line)
        except (ValueError, RecursionError) as error:
            mend = "give one whole JSON object a line"
            if number == 1 and line.lstrip().startswith(("[", "{")):
                mend += f" (of an array: jq -c '.[]' {path.name})"
            raise InputError(f"{where}: is not JSON ({error}); {mend}") from None
        if not isinstance(found, dict):
            raise InputError(
                f'{where}: expected an object such as {{"de": ..., "en": ...}}; '
                f"give one object a line (of an array: jq -c '.[]' {path.name})"
            )
        yield number, _flat(found)


def _flat(found):
    """The object, with the keys of objects within as "outer.inner"."""
    inner = found.get(NESTED)
    flat = {} if not isinstance(inner, dict) else inner
    if not flat:
        flat = {
            key if not isinstance(value, dict) else f"{key}.{name}": (
                value if not isinstance(value, dict) else value[name]
            )
            for key, value in found.items()
            for name in (value if isinstance(value, dict) else [key])
        }
    return flat


def _text(found, key, where, number, counted):
    value = found.get(key)
    if value is None:
        counted.add(f"objects without {key}, which is a blank side", number)
        return ""
    if not isinstance(value, str):
        raise InputError(
            f"{where}: {key} is {json.dumps(value):.40}, not text; put text in quotes"
        )
    text = value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if text != value:
        counted.add("texts with half of a surrogate pair, made U+FFFD", number)
    return text
