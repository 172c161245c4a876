"""Transformer blocks against NumPy; what may be seen; cached steps."""

import numpy as np
import pytest
from keras import ops

from keras_nmt.layers.embedding import (
    TiedProjection,
    TokenAndPositionEmbedding,
    TokenEmbedding,
)
from keras_nmt.layers.transformer import (
    TransformerDecoderBlock,
    TransformerEncoderBlock,
    causal_mask,
)
from tests.checks import check_layer, fill, random, softmax, to_numpy, weights_of

B, S, T, W, D, H, K, INTERMEDIATE = 2, 5, 4, 3, 6, 2, 5, 7
SOURCE = random(0, B, S, D)
TARGET = random(1, B, T, D)
SOURCE_MASK = np.array([[True] * 5, [True, True, True, False, False]])
CAUSAL = np.tril(np.ones((T, T), bool))


def make(block_class, **options):
    """A block whose heads are wider than `D / H`, to tell K from D."""
    return block_class(D, H, INTERMEDIATE, key_dim=K, name="block", **options)


@pytest.fixture(scope="module")
def encoder_block():
    block = make(TransformerEncoderBlock)
    block.build()
    return fill(block)


@pytest.fixture(scope="module")
def decoder_block():
    block = make(TransformerDecoderBlock)
    block.build()
    return fill(block)


# === The block in NumPy ===


def attend(w, name, query, memory, mask):
    """`softmax(Q K^T / sqrt(K)) V`, all heads, then projected; with the weights."""

    def project(part, x):
        return np.einsum("td,dhk->htk", x, w[f"{name}/{part}/kernel"]) + np.expand_dims(
            w[f"{name}/{part}/bias"], 1
        )

    q, k, v = (
        project(part, x)
        for part, x in (("query", query), ("key", memory), ("value", memory))
    )
    scores = q @ np.swapaxes(k, 1, 2) / np.sqrt(K)  # (H, T, S)
    weights = softmax(np.where(mask, scores, -np.inf))
    output = np.einsum("htk,hkd->td", weights @ v, w[f"{name}/attention_output/kernel"])
    return output + w[f"{name}/attention_output/bias"], weights


def normalize(w, name, x):
    centred = x - x.mean(axis=-1, keepdims=True)
    deviation = np.sqrt((centred**2).mean(axis=-1, keepdims=True) + 1e-5)
    return centred / deviation * w[f"{name}_norm/gamma"] + w[f"{name}_norm/beta"]


def feed_forward(w, x):
    inner = np.maximum(x @ w["expand/kernel"] + w["expand/bias"], 0)
    return normalize(
        w, "feedforward", x + inner @ w["contract/kernel"] + w["contract/bias"]
    )


def encode(w, x, mask):
    attended, _ = attend(w, "self_attention", x, x, mask)
    return feed_forward(w, normalize(w, "self_attention", x + attended))


def decode(w, x, memory, mask):
    attended, _ = attend(w, "self_attention", x, x, CAUSAL[: len(x), : len(x)])
    x = normalize(w, "self_attention", x + attended)
    attended, weights = attend(w, "cross_attention", x, memory, mask)
    return feed_forward(w, normalize(w, "cross_attention", x + attended)), weights


def assert_close(actual, expected):
    np.testing.assert_allclose(actual, expected, rtol=1e-4, atol=1e-5)


# === Whole sentences ===


def test_encoder_block_is_attention_and_feed_forward_post_norm(encoder_block):
    actual = to_numpy(encoder_block(SOURCE, source_mask=SOURCE_MASK))
    for b in range(B):
        words = SOURCE[b].astype("float64")
        assert_close(
            actual[b], encode(weights_of(encoder_block), words, SOURCE_MASK[b])
        )


def test_pre_norm_normalises_what_a_sublayer_reads_and_nothing_else():
    """`x + sublayer(LayerNorm(x))`, sublayer by sublayer (Xiong et al. 2020)."""
    block = make(TransformerDecoderBlock, norm="pre")
    block.build()
    w = weights_of(fill(block))
    actual = to_numpy(block(TARGET, SOURCE, source_mask=SOURCE_MASK))
    for b in range(B):
        x, memory = TARGET[b].astype("float64"), SOURCE[b].astype("float64")
        y = normalize(w, "self_attention", x)
        x = x + attend(w, "self_attention", y, y, CAUSAL)[0]
        y = normalize(w, "cross_attention", x)
        x = x + attend(w, "cross_attention", y, memory, SOURCE_MASK[b])[0]
        y = normalize(w, "feedforward", x)
        inner = np.maximum(y @ w["expand/kernel"] + w["expand/bias"], 0)
        assert_close(actual[b], x + inner @ w["contract/kernel"] + w["contract/bias"])


def test_a_norm_of_another_name_is_refused():
    with pytest.raises(ValueError, match="Received: norm='none'"):
        make(TransformerEncoderBlock, norm="none")


def test_without_a_mask_all_source_positions_are_real(encoder_block):
    everything = np.ones((B, S), bool)
    np.testing.assert_allclose(
        to_numpy(encoder_block(SOURCE)),
        to_numpy(encoder_block(SOURCE, source_mask=everything)),
        rtol=1e-5,
        atol=1e-6,
    )


def test_decoder_block_looks_back_then_at_the_memory(decoder_block):
    actual = to_numpy(decoder_block(TARGET, SOURCE, source_mask=SOURCE_MASK))
    for b in range(B):
        expected, _ = decode(
            weights_of(decoder_block),
            TARGET[b].astype("float64"),
            SOURCE[b].astype("float64"),
            SOURCE_MASK[b],
        )
        assert_close(actual[b], expected)


def test_more_padding_changes_nothing(encoder_block, decoder_block):
    # What stands in the padding must not matter.
    longer = np.concatenate([SOURCE, 9 * random(2, B, 3, D)], axis=1)
    longer_mask = np.pad(SOURCE_MASK, [(0, 0), (0, 3)])
    memory, longer_memory = (
        to_numpy(encoder_block(x, source_mask=mask))
        for x, mask in ((SOURCE, SOURCE_MASK), (longer, longer_mask))
    )
    assert_close(longer_memory[:, :S][SOURCE_MASK], memory[SOURCE_MASK])
    assert_close(
        to_numpy(decoder_block(TARGET, longer_memory, source_mask=longer_mask)),
        to_numpy(decoder_block(TARGET, memory, source_mask=SOURCE_MASK)),
    )


@pytest.mark.parametrize("position", range(1, T))
def test_the_future_cannot_change_the_past(decoder_block, position):
    changed = TARGET.copy()
    changed[:, position:] = 9 * random(3, B, T - position, D)
    before, after = (to_numpy(decoder_block(x, SOURCE)) for x in (TARGET, changed))
    np.testing.assert_array_equal(before[:, :position], after[:, :position])
    assert not np.allclose(before[:, position:], after[:, position:], atol=1e-3)


def test_causal_mask_is_a_triangle():
    mask = to_numpy(causal_mask(ops.zeros((1, 3, 2))))
    assert mask.astype(int).tolist() == [[1, 0, 0], [1, 1, 0], [1, 1, 1]]


# === Position by position ===


def run_steps(block, target, memory, source_mask):
    """`step` from position to position; target (R, T, D), R = B * W."""
    cache = block.empty_cache(len(target), T)
    memory_cache = block.memory_cache(ops.convert_to_tensor(memory))
    outputs = []
    for position in range(T):
        x = ops.convert_to_tensor(target[:, position : position + 1])
        x, cache = block.step(x, position, cache, memory_cache, source_mask)
        outputs.append(to_numpy(x)[:, 0])
    return np.stack(outputs, axis=1)


def test_rotary_attention_sees_distances_and_not_places():
    """Without a causal mask nothing but rotation tells positions apart."""
    block = TransformerEncoderBlock(D, H, INTERMEDIATE, key_dim=4, rotary=True)
    block.build()
    fill(block)
    same = np.repeat(SOURCE[:, :1], S, axis=1)
    x = np.concatenate([same, SOURCE[:, 1:3], same], axis=1)
    _, weights = block(x, return_attention_weights=True)
    scores = np.log(to_numpy(weights))  # (B, H, T, T)
    near, far = (scores[..., n, n + 1] - scores[..., n, n] for n in (0, 7))
    np.testing.assert_allclose(near, far, atol=1e-4)
    assert np.abs(scores[..., 0, 1] - scores[..., 0, 3]).min() > 1e-4


@pytest.mark.parametrize("part", ["attention", "activation"])
def test_each_dropout_acts_alone_and_in_training_alone(part):
    block = make(TransformerEncoderBlock, **{f"{part}_dropout": 0.5})
    block.build()
    fill(block)
    still = to_numpy(block(SOURCE))
    assert_close(still, to_numpy(block(SOURCE)))
    assert not np.allclose(still, to_numpy(block(SOURCE, training=True)), atol=1e-3)


def test_attention_weights_may_be_kept_where_outputs_are_dropped():
    block = make(TransformerEncoderBlock, dropout=0.5, attention_dropout=0.0)
    assert block.get_config()["attention_dropout"] == 0.0
    assert block.attention_dropout.rate == 0.0


def test_steps_with_a_cache_are_the_call(decoder_block):
    mask = ops.convert_to_tensor(SOURCE_MASK)
    stepped = run_steps(decoder_block, TARGET, SOURCE, mask)
    called = to_numpy(decoder_block(TARGET, SOURCE, source_mask=SOURCE_MASK))
    np.testing.assert_allclose(stepped, called, rtol=1e-4, atol=1e-4)


def test_hypotheses_of_a_sentence_do_not_see_one_another(decoder_block):
    mask = ops.convert_to_tensor(SOURCE_MASK)
    hypotheses = random(4, B * W, T, D)
    together = run_steps(decoder_block, hypotheses, SOURCE, mask)
    for w in range(W):
        alone = run_steps(decoder_block, hypotheses[w::W], SOURCE, mask)
        assert_close(together[w::W], alone)


def test_a_block_tells_where_in_the_source_it_looks(decoder_block):
    _, weights = decoder_block(
        TARGET, SOURCE, source_mask=SOURCE_MASK, return_attention_weights=True
    )
    weights = to_numpy(weights)
    assert weights.shape == (B, H, T, S)
    for b in range(B):
        _, expected = decode(
            weights_of(decoder_block),
            TARGET[b].astype("float64"),
            SOURCE[b].astype("float64"),
            SOURCE_MASK[b],
        )
        assert_close(weights[b], expected)
        assert (weights[b][:, :, ~SOURCE_MASK[b]] == 0.0).all()


# === Embeddings ===

TOKENS = np.array([[2, 7, 3, 1], [2, 2, 7, 3]], "int32")


def test_token_embedding_looks_up_rows():
    layer = TokenEmbedding(8, D)
    layer.build()
    table = to_numpy(layer.embeddings.value)
    np.testing.assert_array_equal(to_numpy(layer(TOKENS)), table[TOKENS])
    np.testing.assert_array_equal(to_numpy(layer.rows(TOKENS)), table[TOKENS])
    np.testing.assert_array_equal(to_numpy(layer.table()), table)


def test_a_tied_projection_multiplies_by_the_embeddings():
    embedding = TokenEmbedding(8, D, scaled=True, name="tokens")

    layer = TiedProjection(embedding, name="projection")
    layer.build()
    weights = weights_of(fill(layer))
    table, bias = weights["tokens/embeddings"], weights["bias"]
    assert_close(to_numpy(layer(TARGET)), TARGET @ table.T + bias)
    looked_up = table[TOKENS] * np.sqrt(D)
    assert_close(to_numpy(embedding(TOKENS)), looked_up)
    assert_close(to_numpy(embedding.rows(TOKENS)), looked_up)


def test_positions_are_added_from_the_start_on_or_at_a_step():
    layer = TokenAndPositionEmbedding(8, D, max_length=9, name="embedding")
    layer.build()
    weights = weights_of(fill(layer))
    tokens, positions = (weights[f"{n}/embeddings"] for n in ("tokens", "positions"))
    assert_close(to_numpy(layer(TOKENS)), tokens[TOKENS] + positions[:4])
    stepped = to_numpy(layer.step(ops.convert_to_tensor(TOKENS[:, 0]), 5))
    assert_close(stepped, (tokens[TOKENS[:, 0]] + positions[5])[:, None])


# === All of them ===


@pytest.mark.parametrize("norm", ["post", "pre"])
@pytest.mark.parametrize(
    ("block_class", "inputs"),
    [
        (TransformerEncoderBlock, {"x": SOURCE, "source_mask": SOURCE_MASK}),
        (
            TransformerDecoderBlock,
            {"x": TARGET, "memory": SOURCE, "source_mask": SOURCE_MASK},
        ),
    ],
)
def test_every_block_is_a_sound_layer(block_class, inputs, norm):
    # Softmax cancels what a bias adds to the scores of all keys alike.
    check_layer(
        lambda: make(
            block_class,
            dropout=0.1,
            norm=norm,
            attention_dropout=0.2,
            activation_dropout=0.3,
        ),
        inputs,
        free_of_gradient=("key/bias",),
    )


@pytest.mark.parametrize(
    "make_embedding",
    [
        lambda: TokenEmbedding(8, D),
        lambda: TokenEmbedding(8, D, scaled=True),
        lambda: TokenAndPositionEmbedding(8, D, 4),
        lambda: TokenAndPositionEmbedding(
            8, D, 4, tokens=TokenEmbedding(8, D, scaled=True)
        ),
        lambda: TokenAndPositionEmbedding(8, D, 4, positions="sinusoidal"),
        lambda: TokenAndPositionEmbedding(8, D, 4, positions="rotary", scaled=True),
    ],
    ids=["token", "scaled", "token_and_position", "shared", "sinusoidal", "rotary"],
)
def test_every_embedding_is_a_sound_layer(make_embedding):
    check_layer(
        make_embedding, {"token_ids": TOKENS}, lambda layer, x: layer(*x.values())
    )


@pytest.mark.parametrize(
    "block_class", [TransformerEncoderBlock, TransformerDecoderBlock]
)
def test_blocks_drop_in_training_alone(block_class):
    block = make(block_class, dropout=0.5)
    memory = () if block_class is TransformerEncoderBlock else (SOURCE,)
    at_rest, again, in_training = (
        to_numpy(block(SOURCE, *memory, training=training))
        for training in (False, False, True)
    )
    np.testing.assert_array_equal(at_rest, again)
    assert not np.allclose(at_rest, in_training, atol=1e-3)
