"""Recipes by name, from a TOML file, and with fields from `--set field=value`."""

import dataclasses
import re
import tomllib
import types
import typing
from pathlib import Path

from keras_nmt.errors import InputError, did_you_mean

_NOT_IN_NAMES = re.compile(r"[^\w.,=+-]+")


def find(name, known):
    """The recipe of that name.

    Args:
        name: such as "transformer".
        known: `{name: recipe}`.

    Raises:
        InputError: there is none; it names the nearest and lists all.
    """
    if name not in known:
        hint = did_you_mean(name, known)
        raise InputError(
            f"unknown recipe {name!r}{hint}; there are {', '.join(known)}, "
            "and files that end in .toml"
        )
    return known[name]


def read_recipe(path, known):
    """The recipe that a TOML file describes.

    The file names the recipe that it starts from, and what differs:

        base = "transformer"
        dropout = 0.3
        model_dim = 512

    `name` is the file's own name unless it is given.

    Args:
        path: of the file.
        known: `{name: recipe}` that `base` may name.

    Raises:
        InputError: naming the file and the line or key.
    """
    path = Path(path)
    try:
        fields = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; check the path") from None
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}; make it readable") from None
    except UnicodeDecodeError:
        raise InputError(f"{path}: is not UTF-8; save the file as UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{path}: is not TOML: {error}; mend that place") from None
    base = fields.pop("base", None)
    if not isinstance(base, str) or base not in known:
        hint = did_you_mean(base, known) if isinstance(base, str) else ""
        raise InputError(
            f"{path}: key base: expected the name of a recipe. Received: "
            f"{base!r}{hint}; there are {', '.join(known)}"
        )
    try:
        return changed(known[base], {"name": path.stem, "system": None, **fields})
    except InputError as error:
        raise InputError(f"{path}: {error}") from None


def with_settings(recipe, settings):
    """The recipe with fields replaced.

        >>> with_settings(recipe, ["dropout=0.3"]).name
        'transformer,dropout=0.3'

    The new name keeps its runs apart from those of the recipe as it is.

    Args:
        recipe: a `Recipe`.
        settings: a list of `field=value`. A value is read as TOML is; a bare word
            counts as text.

    Raises:
        InputError: naming the setting.
    """
    fields = {}
    for setting in settings:
        name, equals, text = setting.partition("=")
        name = name.strip()
        if not equals or not name:
            raise InputError(f"--set {setting}: expected field=value")
        if name in fields:
            raise InputError(f"--set {name}: is given twice; give it once")
        fields[name] = _value(text.strip())
    if not fields:
        return recipe
    try:
        name = _NOT_IN_NAMES.sub("_", ",".join([recipe.name, *settings]))
        return changed(recipe, {"name": name, "system": None, **fields})
    except InputError as error:
        raise InputError(f"--set: {error}") from None


def changed(recipe, fields):
    """`dataclasses.replace` that checks the types of what it is given.

    Raises:
        InputError: an unknown field, or a value that the field cannot hold.
    """
    annotations = {field.name: field.type for field in dataclasses.fields(recipe)}
    converted = {
        name: _converted(name, value, annotations[name])
        if name in annotations
        else value
        for name, value in fields.items()
    }
    return dataclasses.replace(recipe, **converted)


def _value(text):
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except (tomllib.TOMLDecodeError, KeyError):
        return text


def _converted(name, value, annotation):
    """TOML's lists as tuples and its whole numbers as fractions where one is due."""
    if isinstance(value, list):
        value = _tuple(value)
    if annotation in (float, float | None) and type(value) is int:
        return float(value)
    if not _fits(value, annotation):
        expected = getattr(annotation, "__name__", annotation)
        raise InputError(f"field {name}: expected {expected}. Received: {value!r}")
    return value


def _tuple(values):
    return tuple(_tuple(x) if isinstance(x, list) else x for x in values)


def _fits(value, annotation):
    """Whether a value is of an annotated type: `tuple[tuple[int, int], ...]`, say."""
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is types.UnionType:
        return any(_fits(value, one) for one in arguments)
    if origin is not tuple:
        return type(value) is annotation or (annotation is None and value is None)
    if not isinstance(value, tuple):
        return False
    if arguments[-1] is Ellipsis:
        return bool(value) and all(_fits(x, arguments[0]) for x in value)
    return len(value) == len(arguments) and all(map(_fits, value, arguments))
