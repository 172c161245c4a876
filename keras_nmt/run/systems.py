"""The systems that a run may hold; no other class is created from its JSON."""

import math

from keras_nmt import kernels
from keras_nmt.errors import InputError
from keras_nmt.models.encoder_only import EncoderOnlyTranslator
from keras_nmt.models.input_feeding import InputFeedingTranslator
from keras_nmt.models.recurrent import RecurrentTranslator
from keras_nmt.models.transformer import TransformerTranslator

SYSTEMS = {
    system.__name__: system
    for system in (
        EncoderOnlyTranslator,
        InputFeedingTranslator,
        RecurrentTranslator,
        TransformerTranslator,
    )
}

PARTS = {
    f"keras_nmt>{part.__name__}" for system in SYSTEMS.values() for part in system.parts
}
"""Registered names of the classes that their configs may contain."""

SMALLEST = 2
"""Bytes of a weight in the smallest files, those of model folders."""


def make(content, path, most_bytes):
    """Creates the model that translator.json describes, without its weights.

    Args:
        content: of the file, a dict.
        path: of the file, for the message.
        most_bytes: size of the weights file. A larger model is refused before memory
            is allocated for it.

    Raises:
        InputError: the content does not describe a model of `SYSTEMS`.
    """
    try:
        _check_parts(content["config"])
        config = _in_float32(content["config"])
        with kernels.in_float32("float32"):
            return _made(SYSTEMS[content["system"]], config, most_bytes)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError(
            f"{path}: does not describe a model of this library ({error!r:.120}); "
            "train the run again"
        ) from error


def _in_float32(config):
    """A config whose layers compute in float32, whatever they were trained in."""
    if isinstance(config, list):
        return [_in_float32(item) for item in config]
    if not isinstance(config, dict):
        return config
    return {
        name: "float32" if name == "dtype" else _in_float32(value)
        for name, value in config.items()
    }


def _made(system, config, most_bytes):
    plan = system.from_config(config)
    kernels.build_unfilled(plan)
    needed = sum(SMALLEST * math.prod(weight.shape) for weight in plan.weights)
    if needed > most_bytes:
        raise ValueError(f"{needed:,} bytes of weights, the file has {most_bytes:,}")
    model = system.from_config(config)
    kernels.build_to_load(model)
    return model


def _check_parts(config):
    """Refuses other classes: Keras would import and create whatever a config names."""
    if isinstance(config, list):
        for item in config:
            _check_parts(item)
    if not isinstance(config, dict):
        return
    if "class_name" in config and config.get("registered_name") not in PARTS:
        named = config.get("module"), config["class_name"]
        if named != ("keras", "DTypePolicy"):
            raise ValueError(f"{'.'.join(map(str, named))} is not part of a system")
    for item in config.values():
        _check_parts(item)
