"""The writeup's eight systems in plain eager PyTorch, as a good student would write.

Nothing here knows Keras. Sizes and protocol are those of the recipes: every source
and target is padded to 20, padding is not masked, all positions are computed, and
the loss is averaged over the real target tokens. Nothing is compiled or tuned, and
nothing is slower than PyTorch's own layers make it.
"""

from benchmarks.peers.recurrent import Recurrent
from benchmarks.peers.transformer import EncoderOnly, Transformer


def build(config, source_vocabulary_size, target_vocabulary_size):
    """The peer of a recipe.

    Args:
        config: the recipe's fields, and its class as `family`.

    Raises:
        ValueError: the recipe has parts that no system of the writeup has.
    """
    builder = _BUILDERS[config["family"]]
    return builder(config, source_vocabulary_size, target_vocabulary_size)


def parameters(model):
    """How many numbers are trained."""
    return sum(p.numel() for p in model.parameters() if p.requires_grad)


def _recurrent(config, *vocabulary_sizes):
    for key, values in _IN_WRITEUP.items():
        if config[key] not in values:
            raise ValueError(f"no peer with {key} {config[key]!r}; there is {values}")
    return Recurrent(
        *vocabulary_sizes,
        kind=config["kind"],
        attention=config["attention"] == "cosine",
        embedding_dim=config["embedding_dim"],
        hidden_dim=config["hidden_dim"],
        dropout=config["dropout"],
    )


def _encoder_only(config, *vocabulary_sizes):
    return EncoderOnly(
        *vocabulary_sizes,
        model_dim=config["model_dim"],
        num_heads=config["num_heads"],
        key_dim=config["key_dim"],
        intermediate_dim=config["intermediate_dim"],
        num_layers=config["num_layers"],
        max_length=config["max_positions"],
        dropout=config["dropout"],
    )


def _transformer(config, *vocabulary_sizes):
    return Transformer(
        *vocabulary_sizes,
        model_dim=config["model_dim"],
        num_heads=config["num_heads"],
        intermediate_dim=config["intermediate_dim"],
        encoder_layers=config["encoder_layers"],
        decoder_layers=config["decoder_layers"],
        max_length=config["max_positions"],
        dropout=config["dropout"],
    )


_IN_WRITEUP = {
    "kind": ("rnn", "lstm"),
    "attention": ("none", "cosine"),
    "num_layers": (1,),
    "encoder": ("forward",),
    "feeding": ("free_running",),
}
_BUILDERS = {
    "RecurrentRecipe": _recurrent,
    "EncoderOnlyRecipe": _encoder_only,
    "TransformerRecipe": _transformer,
}
