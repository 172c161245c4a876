"""Every named experiment, as data; `keras_nmt.recipes` describes the fields.

The eight systems of the writeup come first, with the training / validation losses that
the writeup reports for Multi30k. To add a recipe, `dataclasses.replace` fields of the
nearest one and add it to `RECIPES`.
"""

import dataclasses

from keras_nmt.recipes import own
from keras_nmt.recipes.recurrent import RecurrentRecipe
from keras_nmt.recipes.transformer import EncoderOnlyRecipe, TransformerRecipe

RNN = RecurrentRecipe(name="rnn", system="rnn", kind="rnn", epochs=20, dropout=0.2)
"""Expected 4.28 / 4.35."""

LSTM = dataclasses.replace(RNN, name="lstm", system="lstm", kind="lstm")
"""Expected 3.04 / 3.20."""

RNN_ATTENTION = dataclasses.replace(
    RNN, name="rnn_attention", system="rnn_attention", attention="cosine"
)
"""Expected 3.52 / 3.58."""

LSTM_ATTENTION = dataclasses.replace(
    LSTM, name="lstm_attention", system="lstm_attention", attention="cosine"
)
"""Expected 2.98 / 3.13."""

LSTM_ATTENTION_BEST = dataclasses.replace(
    LSTM_ATTENTION,
    name="lstm_attention_best",
    system="lstm_attention_best",
    embedding_dim=256,
    hidden_dim=256,
    dropout=0.3,
)
"""Expected 2.69 / 3.12."""

ENCODER_ONLY = EncoderOnlyRecipe(
    name="encoder_only", system="encoder_only", epochs=10, dropout=0.0
)
"""Expected 2.13 / 2.96."""

FULL_TRANSFORMER = TransformerRecipe(
    name="full_transformer", system="full_transformer", epochs=10, dropout=0.2
)
"""Expected 1.32 / 1.60."""

FULL_TRANSFORMER_BEST = dataclasses.replace(
    FULL_TRANSFORMER,
    name="full_transformer_best",
    system="full_transformer_best",
    model_dim=256,
    num_heads=4,
)
"""Expected 0.99 / 1.56."""

FULL_TRANSFORMER_BUCKETED = dataclasses.replace(
    FULL_TRANSFORMER,
    name="full_transformer_bucketed",
    system=None,
    visible_padding=0,
    shapes=((13, 13), (15, 15), (17, 17), (20, 20)),
)
"""Without the writeup's padding: it is masked, and pairs are padded to the next of four
lengths, which computes a fifth fewer positions. The same sentences are scored."""

LSTM_ATTENTION_TUNED = dataclasses.replace(
    LSTM_ATTENTION,
    name="lstm_attention_tuned",
    system=None,
    batch_size=64,
    hidden_dim=256,
    num_layers=2,
    dropout=0.15,
    learning_rate=0.00169981817575,
)
"""The best trial of `results/tuning/recurrent_short`, for as many epochs as the
writeup's."""

FULL_TRANSFORMER_TUNED = dataclasses.replace(
    FULL_TRANSFORMER,
    name="full_transformer_tuned",
    system=None,
    batch_size=64,
    model_dim=256,
    num_heads=8,
    intermediate_dim=512,
    encoder_layers=1,
    decoder_layers=3,
    dropout=0.0,
    learning_rate=0.00172727600911,
    norm="pre",
)
"""The best trial of `results/tuning/transformer_short`, likewise."""

WRITEUP = {
    recipe.name: recipe
    for recipe in (
        RNN,
        LSTM,
        RNN_ATTENTION,
        LSTM_ATTENTION,
        LSTM_ATTENTION_BEST,
        ENCODER_ONLY,
        FULL_TRANSFORMER,
        FULL_TRANSFORMER_BEST,
    )
}
"""The writeup's eight systems, in its order; `all` on the command line."""

BFLOAT16 = {
    recipe.name: recipe
    for recipe in (
        dataclasses.replace(
            of, name=f"{of.name}_bfloat16", system=None, precision="bfloat16"
        )
        for of in WRITEUP.values()
    )
}
"""The same eight with matrix products in bfloat16 (`kernels.products_in`), which are
faster on CPUs and GPUs with bfloat16 units."""

RECIPES = {
    **WRITEUP,
    FULL_TRANSFORMER_BUCKETED.name: FULL_TRANSFORMER_BUCKETED,
    LSTM_ATTENTION_TUNED.name: LSTM_ATTENTION_TUNED,
    FULL_TRANSFORMER_TUNED.name: FULL_TRANSFORMER_TUNED,
    **BFLOAT16,
    **own.RECIPES,
}
"""All recipes that the command line knows."""
