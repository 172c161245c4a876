"""Which epochs are best, and when training ends early."""

import dataclasses
import math

import pandas as pd
import pytest

from experiments import recipes, select
from keras_nmt.errors import InputError
from keras_nmt.run.averaging import in_words
from keras_nmt.training.selection import Selection

pytestmark = pytest.mark.backend_free


def rows_of(losses, bleu=()):
    rows = [{"epoch": n, "val_loss": loss} for n, loss in enumerate(losses, 1)]
    for row, value in zip(rows, bleu, strict=False):
        row["val_bleu"] = value
    return rows


def test_the_lowest_loss_or_the_highest_bleu_is_best_and_the_earlier_of_equals():
    rows = rows_of([3.0, 2.0, 2.0, math.nan], [1.0, "", "7.5", 7.5])
    assert Selection().ranked(rows) == [2, 3, 1]
    assert Selection("bleu").ranked(rows) == [3, 4, 1]
    assert Selection("bleu").best(rows_of([3.0], [None])) is None


@pytest.mark.parametrize(
    ("patience", "losses", "ends_after"),
    [
        (0, [1.0, 2.0, 3.0], None),
        (1, [3.0, 2.0, 2.0, 1.0], 3),
        (2, [3.0, 2.0, 2.5, 2.1, 1.0], 4),
        (2, [3.0, 2.0, 2.5, 1.9, 2.0], None),
    ],
)
def test_training_ends_after_so_many_epochs_without_a_better_one(
    patience, losses, ends_after
):
    rows, selection = rows_of(losses), Selection(patience=patience)
    over = [n for n in range(1, len(rows) + 1) if selection.is_over(rows[:n])]
    assert next(iter(over), None) == ends_after


def test_an_epoch_that_was_not_measured_does_not_end_training():
    rows = rows_of([1.0] * 6, [5.0, None, 4.0, None, None, 6.0])
    selection = Selection("bleu", patience=2)
    assert [selection.is_over(rows[:n]) for n in range(1, 7)] == [
        *(False, False, True, False, False, False)
    ]


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"best_by": "blue"}, "no such best_by, did you mean bleu?"),
        ({"best_by": "bleu"}, "best_by bleu needs a validation_bleu_every from 1 to"),
        ({"best_by": "bleu", "validation_bleu_every": 99}, "number of epochs, 20"),
        ({"ema": 1.0}, "ema 1.0: expected at least 0 and less than 1"),
        ({"patience": -1}, "patience -1: expected a whole number of at least 0"),
        ({"keep_last": -2}, "keep_last -2: expected a whole number of at least 0"),
    ],
)
def test_a_choice_that_cannot_be_is_named(changes, named):
    with pytest.raises(InputError) as error:
        dataclasses.replace(recipes.RNN, **changes)
    assert named in str(error.value)


def test_epochs_are_named_shortly():
    assert [in_words(x) for x in ([7], [8, 6, 7], [2, 5])] == [
        *("epoch 7", "epochs 6-8", "epochs 2, 5")
    ]


def test_a_run_that_went_on_keeps_what_was_measured_before():
    def rows(run, epochs, *bleu):
        return pd.DataFrame(
            {"run": run, "trained_epochs": epochs, "val_bleu_lowercased": bleu}
        )

    table = pd.DataFrame({"run": []})
    for more in (
        *(rows("b", 3, 1.0), rows("a", 9, 4.0, 5.0), rows("a", 4, 2.0)),
        *(rows("a", 9, 6.0), rows("b", 3, 1.5)),
    ):
        table = select.with_rows(table, more)
    assert table.to_numpy().tolist() == [["a", 4, 2.0], ["a", 9, 6.0], ["b", 3, 1.5]]
