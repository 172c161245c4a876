"""The writeup's eight systems: their order, colours, and steps between them."""

from typing import NamedTuple

# Paul Tol's "muted" scheme, for colour-blind readers. Its palest blue is darkened,
# because labels have these colours, too.
COLOURS = {
    "rnn": "#3D8FC4",
    "lstm": "#332288",
    "rnn_attention": "#44AA99",
    "lstm_attention": "#117733",
    "lstm_attention_best": "#999933",
    "encoder_only": "#CC6677",
    "full_transformer": "#AA4499",
    "full_transformer_best": "#882255",
}
"""The colour of each system in every figure."""

OWN_COLOUR = "#444444"
"""The colour of all other recipes."""

BACKEND_COLOURS = {"tensorflow": "#EE7733", "jax": "#0077BB", "torch": "#CC3311"}
BACKEND_NAMES = {"tensorflow": "TensorFlow", "jax": "JAX", "torch": "torch"}


class Step(NamedTuple):
    """Two systems, and what the second has that the first has not."""

    before: str
    after: str
    change: str


STEPS = (
    Step("rnn", "lstm", "gates, and a cell state that is added to"),
    Step("rnn", "rnn_attention", "attention to every encoder output"),
    Step("lstm", "lstm_attention", "attention to every encoder output"),
    Step("rnn_attention", "lstm_attention", "LSTM cells for RNN cells"),
    Step("lstm_attention", "lstm_attention_best", "twice the width, more dropout"),
    Step(
        *("encoder_only", "full_transformer"),
        "a decoder that reads its own words; 2 + 2 layers for 1, and dropout",
    ),
    Step("full_transformer", "full_transformer_best", "twice the width and heads"),
)
"""The pairs of systems that a page compares."""


def colour(recipe, system=None):
    """The colour of a recipe, or of its system if it has one of the eight."""
    return COLOURS.get(system or recipe, OWN_COLOUR)


def order(recipe):
    """A sort key for recipes: the eight in their order, then the others by name."""
    names = list(COLOURS)
    return (names.index(recipe) if recipe in names else len(names), recipe)
