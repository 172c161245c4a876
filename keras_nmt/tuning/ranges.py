"""The values that a field of a recipe is tried with."""

import dataclasses
import math

from keras_nmt.errors import InputError, did_you_mean

SCALARS = (bool, int, float, str)
"""Types of a choice; Optuna's journal can hold no others."""


@dataclasses.dataclass(frozen=True)
class Choices:
    """One of several values, without an order.

    Args:
        values: at least two, all different.
    """

    values: tuple

    def suggest(self, trial, name):
        """A value for an `optuna.trial.Trial`."""
        return trial.suggest_categorical(name, self.values)

    def bounds(self):
        """Values that must be valid for all to be."""
        return self.values

    def record(self):
        """A JSON value that tells equal ranges from others."""
        return list(self.values)


@dataclasses.dataclass(frozen=True)
class Interval:
    """Numbers from `low` to `high`, both included.

    Args:
        low, high: two ints, or two floats.
        log: whether their logarithm is uniform.
        step: of the numbers; None for every number.
    """

    low: float
    high: float
    log: bool = False
    step: float | None = None

    def suggest(self, trial, name):
        """A value for an `optuna.trial.Trial`."""
        if type(self.low) is int:
            options = {"log": self.log, "step": self.step or 1}
            return trial.suggest_int(name, self.low, self.high, **options)
        options = {"log": self.log, "step": self.step}
        return trial.suggest_float(name, self.low, self.high, **options)

    def bounds(self):
        """Values that must be valid for all to be."""
        return self.low, self.high

    def record(self):
        """A JSON value that tells equal ranges from others."""
        return dataclasses.asdict(self)


KEYS = tuple(field.name for field in dataclasses.fields(Interval))


def read_range(value, is_whole):
    """A `Choices` from a list, an `Interval` from a table of TOML.

    >>> read_range([128, 256], True)
    Choices(values=(128, 256))
    >>> read_range({"low": 1, "high": 10, "log": True}, False)
    Interval(low=1.0, high=10.0, log=True, step=None)

    Args:
        value: as `tomllib` read it.
        is_whole: whether the field holds whole numbers; None if no numbers.

    Raises:
        InputError: it is neither, or its numbers contradict one another.
    """
    if isinstance(value, list):
        return _choices(value)
    if not isinstance(value, dict):
        raise InputError(
            "expected a list of values, or { low = ..., high = ... }. "
            f"Received: {value!r}"
        )
    for key in value:
        if key not in KEYS:
            hint = did_you_mean(key, KEYS)
            raise InputError(f"no such key {key}{hint}; there are {', '.join(KEYS)}")
    if is_whole is None:
        raise InputError("holds no number; give a list of values")
    for key in ("low", "high"):
        if key not in value:
            raise InputError(f"{key} is missing; give low and high, or a list")
    return _interval(is_whole=is_whole, **value)


def _choices(values):
    if len(values) < 2:
        raise InputError("a list needs two values or more; give one without a list")
    for value in values:
        if type(value) not in SCALARS:
            raise InputError(
                f"a list holds numbers, texts, true or false. Received in it: {value!r}"
            )
    if len({repr(value) for value in values}) < len(values):
        raise InputError("a value is in the list twice; give it once")
    return Choices(tuple(values))


def _interval(is_whole, low, high, log=False, step=None):
    if type(log) is not bool:
        raise InputError(f"log: expected true or false. Received: {log!r}")
    numbers = {"low": low, "high": high}
    if step is not None:
        numbers["step"] = step
    for key, number in numbers.items():
        numbers[key] = _number(key, number, is_whole)
    low, high, step = numbers["low"], numbers["high"], numbers.get("step")
    if not low < high:
        raise InputError(f"low {low} is not below high {high}; exchange them")
    if log and not low > 0:
        raise InputError(f"low {low}: a logarithm needs a number above 0")
    if log and step is not None:
        raise InputError("log and step do not go together; leave one of them out")
    if step is not None and not 0 < step <= high - low:
        raise InputError(f"step {step}: expected above 0, at most high - low")
    steps = (high - low) / step if step else 0
    if abs(steps - round(steps)) > 1e-6:
        raise InputError(f"step {step} does not lead from {low} to {high}; change one")
    return Interval(low, high, log, step)


def _number(key, value, is_whole):
    kinds = (int,) if is_whole else (int, float)
    if type(value) not in kinds or not math.isfinite(value):
        kind = "whole number" if is_whole else "number"
        raise InputError(f"{key}: expected a {kind}. Received: {value!r}")
    return value if is_whole else float(value)
