"""Reads SPACE.toml: a base recipe, and the values that its fields are tried with."""

import dataclasses
import tomllib
import typing
from pathlib import Path

from keras_nmt.errors import InputError, did_you_mean
from keras_nmt.recipes.choices import fault_of
from keras_nmt.recipes.from_text import converted, replaced
from keras_nmt.recipes.recipe import Recipe
from keras_nmt.tuning.ranges import read_range

SEARCH, PRUNING = "search", "pruning"
"""The tables of the file."""

NEVER = (
    *("name", "system", "about", "epochs", "epoch_updates"),
    *("best_by", "validation_bleu_every", "keep_last", "average_last"),
)
"""Fields that must be the same in all trials, or pruning compares what differs. An
average comes after the best epoch, by which trials are compared."""

OTHER_SENTENCES = (
    *("max_length", "lowercase", "newline_token"),
    *("tokenizer", "subword_vocabulary_size", "subword_model"),
)
"""Fields that change which validation sentences count, or how: a pair counts if it has
few enough tokens."""

OTHER_LOSSES = ("min_frequency", "score_sos", "feeding")
"""Fields that change what a loss is divided by, or what was read before a token."""


@dataclasses.dataclass(frozen=True)
class Pruning:
    """When a trial may be ended early.

    Attributes:
        startup_trials: complete trials before the first trial is pruned.
        warmup_epochs: epochs of each trial that are never its last.
    """

    startup_trials: int = 5
    warmup_epochs: int = 2


@dataclasses.dataclass(frozen=True)
class Space:
    """What is searched.

    Attributes:
        name: of the file, and in the names of the trials.
        base: name of the recipe that the file names.
        fixed: `{field: value}` of the file, the same in all trials.
        recipe: this recipe with these values.
        ranges: `{field: Choices or Interval}`.
        pruning: a `Pruning`.
    """

    name: str
    base: str
    fixed: dict
    recipe: Recipe
    ranges: dict
    pruning: Pruning

    def with_values(self, name, values):
        """The recipe of one trial.

        Raises:
            InputError: the values do not go together.
        """
        return replaced(self.recipe, {"name": name, "system": None, **values})

    def record(self):
        """A JSON value; trials of equal spaces may share a study."""
        return {
            "base": self.base,
            "recipe": self.recipe.config(),
            SEARCH: {name: x.record() for name, x in self.ranges.items()},
            PRUNING: dataclasses.asdict(self.pruning),
        }


def read_space(path, known):
    """Reads a file such as

        base = "transformer"
        epochs = 20

        [search]
        model_dim = [128, 256]
        encoder_layers = { low = 1, high = 6 }
        dropout = { low = 0.0, high = 0.5, step = 0.05 }
        learning_rate = { low = 1e-4, high = 1e-2, log = true }

        [pruning]
        startup_trials = 5
        warmup_epochs = 2

    A field of numbers takes a list or a table with low and high, any other field a
    list. `[pruning]` may be left out.

    Args:
        path: of the file.
        known: `{name: recipe}`, the recipes that `base` may name.

    Raises:
        InputError: the file cannot be read or describes no search; the message names
            the file and the line or key.
    """
    path = Path(path)
    fields = _read(path)
    try:
        return _space(path.stem, fields, known)
    except InputError as error:
        raise InputError(f"{path}: {error}") from None


def _read(path):
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}; name a TOML file") from None
    except UnicodeDecodeError:
        raise InputError(f"{path}: is not UTF-8; save the file as UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{path}: is not TOML: {error}; mend that place") from None


def _space(name, fields, known):
    base = fields.pop("base", None)
    if not isinstance(base, str) or base not in known:
        hint = did_you_mean(base, known) if isinstance(base, str) else ""
        raise InputError(
            f"key base: expected the name of a recipe. Received: {base!r}{hint}; there "
            f"are {', '.join(known)}"
        )
    search, pruning = fields.pop(SEARCH, None), fields.pop(PRUNING, {})
    if not search or not isinstance(search, dict):
        raise InputError(f"[{SEARCH}]: is missing or empty; name fields and values")
    recipe = known[base]
    _check_known(recipe, fields)
    if "name" in fields:
        raise InputError("key name: the search has the name of its file; leave it out")
    fixed = replaced(recipe, {"name": name, "system": None, **fields})
    for field in search:
        if field in fields:
            raise InputError(f"key {field}: stands in [{SEARCH}], too; give it once")
    ranges = {field: _range(fixed, field, value) for field, value in search.items()}
    return Space(name, base, fields, fixed, ranges, _pruning(pruning))


def _check_known(recipe, fields):
    known = [field.name for field in dataclasses.fields(recipe)]
    for name in fields:
        if name not in known:
            hint = did_you_mean(name, known)
            raise InputError(f"key {name}: the recipe has no such field{hint}")


def _range(recipe, field, value):
    _check_known(recipe, [field])
    if field in NEVER:
        raise InputError(f"[{SEARCH}] {field}: must be the same in all trials")
    _check_comparable(recipe, field)
    annotation = next(x.type for x in dataclasses.fields(recipe) if x.name == field)
    kinds = {annotation, *typing.get_args(annotation)}
    is_whole = True if int in kinds else False if float in kinds else None
    try:
        found = read_range(value, is_whole)
        for bound in found.bounds():
            bound = converted(field, bound, annotation)
            fault = fault_of(field, bound)
            if fault:
                raise InputError(f"value {bound!r}{fault}")
        return found
    except InputError as error:
        raise InputError(f"[{SEARCH}] {field}: {error}") from None


def _check_comparable(recipe, field):
    if field in OTHER_SENTENCES:
        raise InputError(
            f"[{SEARCH}] {field}: validation would not count the same in all trials; "
            "make a study for each value"
        )
    if field in OTHER_LOSSES and recipe.best_by == "loss":
        raise InputError(
            f"[{SEARCH}] {field}: its losses do not compare; set best_by to "
            '"bleu" and validation_bleu_every to 1'
        )


def _pruning(values):
    if not isinstance(values, dict):
        raise InputError(f"[{PRUNING}]: expected a table. Received: {values!r}")
    known = [field.name for field in dataclasses.fields(Pruning)]
    for key, value in values.items():
        if key not in known:
            hint = did_you_mean(key, known)
            raise InputError(
                f"[{PRUNING}] {key}: no such key{hint}; there are {', '.join(known)}"
            )
        if type(value) is not int or value < 0:
            raise InputError(
                f"[{PRUNING}] {key}: expected a whole number of at least 0. "
                f"Received: {value!r}"
            )
    return Pruning(**values)
