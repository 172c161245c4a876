"""Recipes by name, from a TOML file, and with fields from `--set field=value`."""

import dataclasses
import re
import tomllib
import types
import typing
from pathlib import Path

from keras_nmt.errors import InputError, did_you_mean
from keras_nmt.recipes.recipe import Recipe

_NOT_IN_NAMES = re.compile(r"[^\w.,=+-]+")
_NO_FOLDER = re.compile(r"[/\\\0]")


def find(name, known):
    """The recipe of that name.

    Args:
        name: such as "transformer".
        known: `{name: recipe}`.

    Raises:
        InputError: no recipe has that name; the message suggests a similar name and
            lists all.
    """
    if name not in known:
        hint = did_you_mean(name, known)
        raise InputError(
            f"unknown recipe {name!r}{hint}; there are {', '.join(known)}, "
            "and files that end in .toml"
        )
    return known[name]


def read_recipe(path, known):
    """Reads a recipe from a TOML file.

    The file names a base recipe and the fields that differ from it:

        base = "transformer"
        dropout = 0.3
        model_dim = 512

    Without a field `name` the recipe has the name of the file.

    Args:
        path: of the file.
        known: `{name: recipe}`, the recipes that `base` may name.

    Raises:
        InputError: the file cannot be read or does not describe a recipe; the message
            names the file and the line or key.
    """
    path = Path(path)
    try:
        fields = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; check the path") from None
    except IsADirectoryError:
        raise InputError(f"{path}: is a folder; name a TOML file") from None
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
        return replaced(known[base], {"name": path.stem, "system": None, **fields})
    except InputError as error:
        raise InputError(f"{path}: {error}") from None


def with_settings(recipe, settings):
    """Replaces fields of a recipe, and adds them to its name.

        >>> with_settings(recipe, ["dropout=0.3"]).name
        'transformer,dropout=0.3'

    A run's folder has the name of the recipe, so the changed one gets its own runs.

    Args:
        recipe: a `Recipe`.
        settings: a list of `field=value`. A value is written as in TOML, but text needs
            no quotes.

    Raises:
        InputError: a setting is not of this form, or does not fit the recipe; the
            message names it.
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
        return replaced(recipe, {"name": name, "system": None, **fields})
    except InputError as error:
        raise InputError(f"--set: {error}") from None


def replaced(recipe, fields):
    """Replaces fields of a recipe with values that were read from TOML.

    Lists become tuples, and an integer becomes a float if the field is a float.

    Args:
        recipe: a `Recipe`.
        fields: `{field: value}`, with `name` and `system` among them.

    Raises:
        InputError: a field does not exist or cannot have that value.
    """
    name = fields["name"]
    if isinstance(name, str) and (name in ("", ".", "..") or _NO_FOLDER.search(name)):
        raise InputError(
            f"field name: {name!r} cannot be the name of a run's folder; use letters "
            "and digits"
        )
    if fields["system"] is not None:
        raise InputError(
            "field system: only the writeup's own recipes have one; leave it out"
        )
    annotations = {field.name: field.type for field in dataclasses.fields(recipe)}
    values = {
        name: converted(name, value, annotations[name])
        if name in annotations
        else value
        for name, value in fields.items()
    }
    return dataclasses.replace(recipe, **values)


def recorded(config):
    """The recipe that a run's config.json records, as far as all recipes agree.

    It has the options of text, batches and selection, and builds no model.

    Args:
        config: content of the file, a dict.

    Raises:
        InputError: a field is missing or has a value that it cannot have.
    """
    known = {field.name for field in dataclasses.fields(Recipe)} - {"name", "system"}
    fields = {name: value for name, value in config.items() if name in known}
    try:
        blank = Recipe(name="recorded", system=None, epochs=1, dropout=0.0)
        return replaced(blank, {**fields, "name": blank.name, "system": None})
    except (InputError, TypeError) as error:
        raise InputError(f"its config.json holds no recipe: {error}") from None


def _value(text):
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except (tomllib.TOMLDecodeError, KeyError):
        return text


def converted(name, value, annotation):
    """The value with the type of its field; raises `InputError` if it has another.

    Args:
        name: of the field.
        value: as `tomllib` read it.
        annotation: the type of the field.
    """
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
    """Whether a value has an annotated type, such as `tuple[tuple[int, int], ...]`."""
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
