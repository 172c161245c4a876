"""Recipes of our own, as data; the classes beside this file say what the fields mean.

Unlike the writeup's they mask padding, read the reference in training, and score no
`<sos>`. A recipe of yours is a TOML file that names one of them and what differs.
"""

import dataclasses

from keras_nmt.recipes.recurrent import RecurrentRecipe
from keras_nmt.recipes.transformer import TransformerRecipe

SHAPES = ((12, 12), (16, 16), (20, 20), (24, 24), (32, 32), (48, 48), (100, 100))
"""Lengths of the batches: few, because each is compiled, and close enough together
that four fifths of their positions are tokens."""

TRANSFORMER = TransformerRecipe(
    name="transformer",
    system=None,
    about="Small transformer on joint subwords, all embeddings tied: a first try.",
    epochs=40,
    batch_tokens=4096,
    learning_rate=4e-3,
    schedule="inverse_sqrt",
    warmup_steps=1000,
    beta_2=0.98,
    clip_norm=1.0,
    dropout=0.3,
    attention_dropout=0.1,
    activation_dropout=0.1,
    embedding_dropout=0.3,
    label_smoothing=0.1,
    tokenizer="joint_subwords",
    lowercase=False,
    newline_token=False,
    max_length=100,
    shapes=SHAPES,
    score_sos=False,
    visible_padding=0,
    model_dim=128,
    num_heads=4,
    intermediate_dim=256,
    encoder_layers=4,
    decoder_layers=4,
    max_positions=128,
    tied="all",
    positions="sinusoidal",
)

TRANSFORMER_256 = dataclasses.replace(
    TRANSFORMER,
    name="transformer_256",
    about="Twice as wide, 3+3 layers, mean of the last 8 epochs: the shipped model.",
    epochs=60,
    batch_tokens=3072,
    learning_rate=1.5e-3,
    warmup_steps=800,
    model_dim=256,
    intermediate_dim=1024,
    encoder_layers=3,
    decoder_layers=3,
    scaled_embeddings=True,
    validation_bleu_every=3,
    keep_last=8,
    average_last=8,
)

RECURRENT = RecurrentRecipe(
    name="recurrent",
    system=None,
    about="Bidirectional LSTM, additive attention, input feeding, joint subwords.",
    epochs=20,
    batch_size=64,
    dropout=0.3,
    label_smoothing=0.1,
    tokenizer="joint_subwords",
    lowercase=False,
    newline_token=False,
    max_length=100,
    shapes=((16, 16), (24, 24), (32, 32), (48, 48), (100, 100)),
    score_sos=False,
    visible_padding=0,
    kind="lstm",
    attention="additive",
    embedding_dim=256,
    hidden_dim=512,
    encoder="bidirectional",
    feeding="teacher_forcing",
    input_feeding=True,
    tied="all",
)

RECIPES = {recipe.name: recipe for recipe in (TRANSFORMER, TRANSFORMER_256, RECURRENT)}
"""Whatever `keras-nmt train` knows by name."""
