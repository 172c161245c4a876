"""Floating-point operations of a training step, counted from its matrix products.

A product of (M, K) and (K, N) is 2 M K N operations; its two gradients are as many
each, so training costs three times the forward pass. With rows B, lengths S and T,
vocabulary V and the sizes of the recipe, a forward pass is

    recurrent      B (S + T) 2 G D (E + D) + B 4 D^2          G gates: rnn 1, lstm 4
                   with attention also B T (4 S D + 2 (E + D) E)
    input feeding  S 2 G D (E + D) + T 2 G D (2 E + D) + 2 D^2
                   + (S + T) (2 D^2 + 2 D E) + T S 2 (D + E), all times B
    transformer    attention from T to S positions, K wide over all heads:
                   B (4 T D K + 4 S D K + 4 T S K); feed-forward: 4 D F a position
    projection     2 D V a position

Padded positions are counted where they are computed. The peers compute all B T target
positions; ours leave padding out of the projection and of the feed-forward networks
that only the target needs, but where the decoder reads its own best token the logits
of all positions are needed once, forward. What is computed twice counts once;
element-wise work, softmax and optimizer are not counted.
"""

GATES = {"rnn": 1, "lstm": 4, "gru": 3}


def training(config, vocabulary_size, rows, source_length, target_length, scored):
    """Operations of one training step.

    Args:
        config: the recipe's fields, and its class as `family`.
        vocabulary_size: V of the target.
        rows, source_length, target_length: B, S, T of the batch.
        scored: positions that are projected to the vocabulary and scored.
    """
    body, width = _BODIES[config["family"]](
        config, rows, source_length, target_length, scored
    )
    chosen = rows * target_length if _reads_its_own_words(config) else scored
    projected = chosen + 2 * scored
    return 3 * body + 2 * width * vocabulary_size * projected


def _reads_its_own_words(config):
    return config.get("feeding") == "free_running"


def _recurrent(config, rows, source_length, target_length, scored):
    """Forward operations but for the projection, and the width before it."""
    embedding, hidden = config["embedding_dim"], config["hidden_dim"]
    depth = config["num_layers"]
    if config.get("input_feeding"):
        return _input_feeding(config, rows, source_length, target_length), embedding
    inputs = embedding + hidden + (depth - 1) * 2 * hidden
    cell = 2 * GATES[config["kind"]] * hidden * inputs
    total = (source_length + target_length) * cell + depth * 4 * hidden**2
    if config["attention"] != "none":
        looking = 4 * source_length * hidden + 2 * (embedding + hidden) * embedding
        total += target_length * looking
    return rows * total, hidden


def _input_feeding(config, rows, source_length, target_length):
    embedding, hidden = config["embedding_dim"], config["hidden_dim"]
    depth, positions = config["num_layers"], source_length + target_length
    inputs = embedding + hidden + (depth - 1) * 2 * hidden
    gates = 2 * GATES[config["kind"]] * hidden
    total = gates * (positions * inputs + target_length * embedding)
    total += positions * 2 * hidden * (hidden + embedding) + depth * 2 * hidden**2
    looking = target_length * source_length * 2 * (hidden + embedding)
    return rows * (total + looking)


def _encoder_only(config, rows, source_length, target_length, scored):
    width, depth = config["num_heads"] * config["key_dim"], config["num_layers"]
    attention = rows * _attention(config, width, source_length, source_length)
    positions = (depth - 1) * rows * source_length + scored
    return depth * attention + _feedforward(config, positions), config["model_dim"]


def _transformer(config, rows, source_length, target_length, scored):
    width = config["model_dim"]
    encoder = rows * _attention(config, width, source_length, source_length)
    encoder += _feedforward(config, rows * source_length)
    decoder = rows * _attention(config, width, target_length, target_length)
    decoder += rows * _attention(config, width, target_length, source_length)
    decoder += _feedforward(config, scored)
    total = config["encoder_layers"] * encoder + config["decoder_layers"] * decoder
    return total, width


def _attention(config, width, target_length, source_length):
    projections = 4 * (target_length + source_length) * config["model_dim"] * width
    return projections + 4 * target_length * source_length * width


def _feedforward(config, positions):
    return 4 * positions * config["model_dim"] * config["intermediate_dim"]


_BODIES = {
    "RecurrentRecipe": _recurrent,
    "EncoderOnlyRecipe": _encoder_only,
    "TransformerRecipe": _transformer,
}
