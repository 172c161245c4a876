"""Which fields of a recipe go together."""

import itertools

from keras_nmt.errors import InputError


def check(recipe):
    """Refuses fields that contradict one another, or would have no effect.

    Args:
        recipe: a `Recipe`, each of whose fields is a value that it may have.

    Raises:
        InputError: the message names the fields and what to change.
    """
    for name in ("newline_token", "lowercase"):
        if getattr(recipe, name) and recipe.tokenizer != "words":
            raise InputError(
                f"recipe {recipe.name}: {name} goes with the tokenizer words; set "
                f"{name} to false"
            )
    if recipe.batch_tokens and recipe.batch_size != recipe.defaults()["batch_size"]:
        raise InputError(
            f"recipe {recipe.name}: batch_size {recipe.batch_size} has no effect "
            f"beside batch_tokens {recipe.batch_tokens}; set batch_tokens to 0, or "
            "change that instead"
        )
    if (recipe.schedule == "cosine") != (recipe.decay_steps > 0):
        raise InputError(
            f"recipe {recipe.name}: decay_steps {recipe.decay_steps} with the schedule "
            f"{recipe.schedule}; give decay_steps above 0 for cosine, and only there"
        )
    if 0 < recipe.decay_steps <= recipe.warmup_steps:
        raise InputError(
            f"recipe {recipe.name}: decay_steps {recipe.decay_steps} end before the "
            f"warm-up does, warmup_steps {recipe.warmup_steps}; raise decay_steps"
        )
    if recipe.subword_sampling and recipe.tokenizer == "words":
        raise InputError(
            f"recipe {recipe.name}: subword_sampling {recipe.subword_sampling} needs "
            "subwords; set tokenizer to subwords or joint_subwords"
        )
    if recipe.subword_sampling and recipe.epoch_updates:
        raise InputError(
            f"recipe {recipe.name}: epoch_updates {recipe.epoch_updates} needs passes "
            "of equally many batches, and subword_sampling changes their number; "
            "set one of them to 0"
        )
    if recipe.consistency == "simcut" and not recipe.cutoff:
        raise InputError(
            f"recipe {recipe.name}: consistency 'simcut' cuts nothing with cutoff "
            "0; set cutoff above 0, or consistency to r_drop"
        )
    for name, other, users in (
        ("consistency_weight", "consistency", ("r_drop", "simcut")),
        ("cutoff", "consistency", ("simcut",)),
        ("min_frequency", "tokenizer", ("words",)),
    ):
        value, chosen = getattr(recipe, name), getattr(recipe, other)
        if chosen not in users and value != recipe.defaults()[name]:
            raise InputError(
                f"recipe {recipe.name}: {name} {value} has no effect with "
                f"{other} {chosen}; leave it out, or set {other} to "
                f"{' or '.join(users)}"
            )
    _check_shapes(recipe)
    measured = 0 < recipe.validation_bleu_every <= recipe.epochs
    if recipe.best_by == "bleu" and not measured:
        raise InputError(
            f"recipe {recipe.name}: best_by bleu needs a validation_bleu_every from "
            f"1 to the number of epochs, {recipe.epochs}; set it, or best_by to loss"
        )


def _check_shapes(recipe):
    for before, after in itertools.pairwise(recipe.shapes):
        if after[0] < before[0] or after[1] < before[1]:
            raise InputError(
                f"recipe {recipe.name}: shapes has {after} after {before}; order them "
                "so that neither length falls from one to the next"
            )
    positions = getattr(recipe, "max_positions", recipe.max_length)
    if not recipe.max_length <= min(*recipe.shapes[-1], positions):
        raise InputError(
            f"recipe {recipe.name}: max_length {recipe.max_length} is above the last "
            f"of shapes, {recipe.shapes[-1]}, or max_positions, {positions}; raise it"
        )
    longest = max(map(max, recipe.shapes))
    if longest > getattr(recipe, "max_positions", longest):
        raise InputError(
            f"recipe {recipe.name}: shapes reach {longest}, above max_positions, "
            f"{positions}; change one of them"
        )
    shortest = min(source for source, _ in recipe.shapes)
    if recipe.visible_padding > shortest:
        raise InputError(
            f"recipe {recipe.name}: visible_padding {recipe.visible_padding} is above "
            f"the shortest source of shapes, {shortest}; set it to that, or to 0"
        )
