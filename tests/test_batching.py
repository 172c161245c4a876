"""Batches: literal arrays, full shapes, one order on every backend, through `fit`."""

from collections import Counter

import keras
import numpy as np
import pytest
from keras import ops

from keras_nmt.models.fast_loss import BLOCK
from keras_nmt.specials import EOS, PAD, SOS
from keras_nmt.text.batching import SCORED_MULTIPLE, TranslationBatches

PAIRS = [([SOS, 5, EOS], [SOS, 7, 8, EOS]), ([SOS, 6, 5, EOS], [SOS, 9, EOS])]


def numbered(lengths):
    """Pairs of these lengths; the word after `SOS` is 10 + the pair's number."""
    return [
        ([SOS, 10 + number, *[4] * (length - 3), EOS],) * 2
        for number, length in enumerate(lengths)
    ]


def order(batches):
    """The number of each row's pair, batch by batch, without filling."""
    rows = [batches[index][0]["source"][:, 1] for index in range(len(batches))]
    return [[int(word) - 10 for word in words if word != PAD] for words in rows]


def shapes(batches):
    inputs = [batches[index][0] for index in range(len(batches))]
    return [(x["source"].shape, x["target_in"].shape) for x in inputs]


# === One batch ===


@pytest.mark.parametrize("target", [[SOS], [SOS, PAD, PAD]])
def test_a_pair_without_a_token_to_predict_is_refused(target):
    with pytest.raises(ValueError, match="Pair 1 has no target token to predict"):
        TranslationBatches([PAIRS[0], ([SOS, EOS], target)], 2, [(4, 4)])


def test_a_batch_is_padded_and_its_target_shifted():
    batches = TranslationBatches(PAIRS, 2, [(5, 4)])
    inputs, targets = batches[0]
    assert inputs["source"].tolist() == [[2, 5, 3, 1, 1], [2, 6, 5, 3, 1]]
    assert inputs["target_in"].tolist() == [[2, 7, 8, 1], [2, 9, 1, 1]]
    assert targets["target_out"].tolist() == [[7, 8, 3, 1], [9, 3, 1, 1]]
    assert targets["scored"][:6].tolist() == [0, 1, 2, 4, 5, 0]
    assert targets["scored_tokens"][:6].tolist() == [7, 8, 3, 9, 3, 1]
    arrays = *inputs.values(), *targets.values()
    assert {x.dtype.name for x in arrays} == {"int32"}
    assert batches.target_tokens == 5


def test_sos_itself_can_be_scored_at_the_first_position():
    batches = TranslationBatches(PAIRS, 2, [(4, 4)], score_sos=True)
    inputs, targets = batches[0]
    assert inputs["target_in"].tolist() == [[2, 2, 7, 8], [2, 2, 9, 1]]
    assert targets["scored"][:8].tolist() == [0, 1, 2, 3, 4, 5, 6, 0]
    assert targets["scored_tokens"][:8].tolist() == [2, 7, 8, 3, 2, 9, 3, 1]
    assert batches.target_tokens == 7


def test_what_is_scored_is_filled_to_a_multiple_of_the_block():
    assert SCORED_MULTIPLE % BLOCK == 0
    pairs = numbered([20] * 40)
    for batch_size, size in ((1, 384), (20, 384), (21, 768), (40, 768)):
        _, targets = TranslationBatches(pairs, batch_size, [(20, 20)])[0]
        tokens, scored = targets["scored_tokens"], targets["scored"]
        assert scored.shape == tokens.shape == (size,)
        assert (tokens != PAD).sum() == 19 * batch_size
        assert (tokens[19 * batch_size :] == PAD).all()
        assert (scored[19 * batch_size :] == 0).all()


def test_every_position_knows_its_row_among_the_scored():
    _, targets = TranslationBatches(PAIRS, 2, [(5, 4)])[0]
    assert targets["row_of"].tolist() == [[0, 1, 2, 384], [3, 4, 384, 384]]
    there_and_back = np.append(targets["scored_tokens"], PAD)[targets["row_of"]]
    np.testing.assert_array_equal(there_and_back, targets["target_out"])


def test_the_last_batch_is_filled_with_rows_that_are_never_scored():
    batches = TranslationBatches(numbered([5, 5, 5]), 2, [(6, 6)])
    inputs, targets = batches[1]
    assert inputs["source"].shape == inputs["target_in"].shape == (2, 6)
    assert (inputs["source"][1] == PAD).all()
    assert (inputs["target_in"][1] == PAD).all()
    assert (targets["target_out"][1] == PAD).all()
    real = targets["scored_tokens"] != PAD
    assert real.sum() == 4
    assert (targets["scored"][real] < 6).all()


# === Order ===


def test_without_a_seed_pairs_keep_their_order():
    batches = TranslationBatches(numbered([3] * 5), 2, [(4, 4)])
    for epoch in (0, 1):
        batches.set_epoch(epoch)
        assert order(batches) == [[0, 1], [2, 3], [4]]


def test_the_order_follows_from_seed_and_epoch_alone():
    """Literal: the same on every backend, machine and day."""
    batches = TranslationBatches(numbered([3] * 7), 2, [(4, 4)], seed=0)
    golden = {0: [[3, 6], [5, 0], [2, 4], [1]], 1: [[6, 0], [5], [1, 3], [4, 2]]}
    assert order(batches) == golden[0]
    for epoch in (1, 0):
        batches.set_epoch(epoch)
        assert order(batches) == golden[epoch]
    other = TranslationBatches(numbered([3] * 7), 2, [(4, 4)], seed=1)
    assert order(other) not in golden.values()


@pytest.mark.parametrize("seed", [None, 0])
def test_every_pair_comes_exactly_once_an_epoch(seed):
    lengths = [3, 9, 4, 5, 8, 3, 6, 7, 4, 9, 5]
    batches = TranslationBatches(
        numbered(lengths), 2, [(4, 4), (6, 6), (9, 9)], seed=seed
    )
    for epoch in range(3):
        batches.set_epoch(epoch)
        seen = Counter(number for batch in order(batches) for number in batch)
        assert seen == Counter(range(len(lengths)))


# === A budget of tokens ===


def test_short_sentences_share_larger_batches():
    batches = TranslationBatches(
        numbered([4] * 8 + [8] * 4), 1, [(4, 4), (8, 8)], batch_tokens=17
    )
    assert sorted(shapes(batches)) == [((2, 8),) * 2] * 2 + [((4, 4),) * 2] * 2
    assert sorted(map(len, order(batches))) == [2, 2, 4, 4]


def test_the_pairs_of_a_shape_are_spread_evenly_over_its_batches():
    batches = TranslationBatches(numbered([4] * 9), 1, [(4, 4)], batch_tokens=16)
    assert [len(members) for members in order(batches)] == [3, 3, 3]


def test_a_sentence_longer_than_the_budget_gets_a_batch_of_its_own():
    batches = TranslationBatches(numbered([9, 9]), 1, [(9, 9)], batch_tokens=4)
    assert [len(members) for members in order(batches)] == [1, 1]


def test_with_a_budget_every_pair_comes_once_in_an_order_of_seed_and_epoch():
    lengths = [3, 9, 4, 5, 8, 3, 6, 7, 4, 9, 5]
    options = {"batch_tokens": 18, "seed": 1}
    batches = TranslationBatches(numbered(lengths), 1, [(4, 4), (9, 9)], **options)
    orders = []
    for epoch in (0, 1, 0):
        batches.set_epoch(epoch)
        orders.append(order(batches))
        seen = sorted(number for batch in orders[-1] for number in batch)
        assert seen == list(range(len(lengths)))
    assert orders[0] == orders[2] != orders[1]


# === Buckets ===


def test_a_pair_goes_into_the_first_shape_that_holds_both_sides():
    pairs = [
        ([SOS, 10, EOS], [SOS, 4, EOS]),
        ([SOS, 11, EOS], [SOS, 4, 4, 4, 4, EOS]),  # its target is too long for (4, 4)
        ([SOS, 12, 4, 4, EOS], [SOS, 4, EOS]),
        ([SOS, 13, 4, EOS], [SOS, 4, 4, 4, EOS]),  # one position is lost by the shift
    ]
    batches = TranslationBatches(pairs, 2, [(4, 4), (6, 5)])
    by_shape = dict(zip(shapes(batches), order(batches), strict=True))
    assert by_shape == {((2, 4), (2, 4)): [0, 3], ((2, 6), (2, 5)): [1, 2]}


@pytest.mark.parametrize("seed", range(5))
def test_the_first_two_batches_show_the_smallest_and_the_largest_shape(seed):
    """Keras on TensorFlow takes a size that the two share for fixed."""
    lengths = [3] * 9 + [6] * 8 + [8] * 5
    batches = TranslationBatches(
        numbered(lengths), 2, [(4, 4), (6, 6), (9, 9)], seed=seed
    )
    for epoch in range(3):
        batches.set_epoch(epoch)
        first, second, *rest = shapes(batches)
        assert [first, second] == [((2, 4), (2, 4)), ((2, 9), (2, 9))]
        assert len(set(rest)) == 3


def test_an_empty_bucket_gives_no_batch():
    batches = TranslationBatches(numbered([3, 8]), 4, [(4, 4), (6, 6), (9, 9)])
    assert shapes(batches) == [((4, 4), (4, 4)), ((4, 9), (4, 9))]


def test_a_pair_that_fits_no_shape_is_named():
    message = r"Pair 1 fits no shape.* at most \(6, 6\).*Received: \(7, 6\)"
    with pytest.raises(ValueError, match=message):
        TranslationBatches(numbered([3, 7]), 2, [(4, 4), (6, 6)])


# === Through `fit` ===


class LastBatch(keras.metrics.Metric):
    """Tells which pair stood first in the batch that was trained on last."""

    def __init__(self):
        super().__init__(name="last")
        self.word = self.add_weight(name="word", initializer="zeros")

    def update_state(self, word):
        self.word.assign(ops.cast(word, "float32"))

    def result(self):
        return ops.convert_to_tensor(self.word)


class Spy(keras.Model):
    """Learns nothing and remembers the last batch."""

    def __init__(self):
        super().__init__()
        self.weight = self.add_weight(name="weight", shape=(1,))
        self.last = LastBatch()

    def call(self, inputs):
        return self.weight * ops.cast(inputs["source"], "float32")

    def compute_loss(self, x, y, y_pred, sample_weight, training=True):
        self.last.update_state(x["source"][0, 1])
        return ops.mean(y_pred)


@pytest.mark.parametrize(
    ("lengths", "bucket_shapes", "epoch_batches"),
    [
        ([3] * 6, [(4, 4)], 0),
        ([3, 6, 8, 3, 6, 3, 8, 5], [(4, 4), (6, 6), (9, 9)], 0),
        ([3, 6, 8, 3, 6, 3, 8, 5], [(4, 4), (6, 6), (9, 9)], 3),
    ],
    ids=["one_shape", "several_shapes", "some_batches"],
)
def test_fit_trains_in_the_order_of_the_epoch(lengths, bucket_shapes, epoch_batches):
    train, expected = (
        TranslationBatches(
            numbered(lengths), 1, bucket_shapes, seed=0, epoch_batches=epoch_batches
        )
        for _ in range(2)
    )
    trained = []
    model = Spy()
    model.compile("sgd")
    train.before_fit(0)
    model.fit(
        train,
        epochs=2,
        shuffle=False,
        verbose=0,
        callbacks=[
            keras.callbacks.LambdaCallback(
                on_epoch_begin=lambda epoch, logs: train.set_epoch(epoch),
                on_train_batch_end=lambda batch, logs: trained.append(
                    [round(float(logs["last"])) - 10]
                ),
            )
        ],
    )
    orders = []
    for epoch in range(2):
        expected.set_epoch(epoch)
        orders += order(expected)
    assert trained == orders


# === Epochs of some batches ===


@pytest.mark.parametrize("count", [3, 17])
def test_epochs_of_some_batches_are_the_passes_in_one_row(count):
    """Shorter than a pass, and longer."""
    lengths, shapes = [3, 4, 5, 8, 9] * 4, [(4, 4), (6, 6), (9, 9)]
    options = {"seed": 3, "batch_tokens": 16}
    passes = TranslationBatches(numbered(lengths), 2, shapes, **options)
    row = []
    for epoch in range(5):
        passes.set_epoch(epoch)
        row += order(passes)
    batches = TranslationBatches(
        numbered(lengths), 2, shapes, **options, epoch_batches=count
    )
    for epoch in range(3):
        batches.set_epoch(epoch)
        expected = row[count * epoch : count * (epoch + 1)]
        assert order(batches) == expected
        assert [batches.members(epoch, step) for step in range(count)] == expected
        tokens = sum(lengths[pair] - 1 for batch in expected for pair in batch)
        assert batches.target_tokens == tokens
    batches.set_epoch(2, done=2)
    assert order(batches) == expected[2:] + expected[:2]


# === Going on within an epoch ===


def test_an_epoch_goes_on_after_the_batches_that_are_done():
    batches = TranslationBatches(numbered([3, 4, 5] * 4), 2, [(4, 4), (6, 6)], seed=3)
    batches.set_epoch(2)
    whole = order(batches)
    assert [batches.members(2, step) for step in range(len(whole))] == whole
    batches.set_epoch(2, done=3)
    assert order(batches) == whole[3:] + whole[:3]
