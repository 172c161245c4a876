"""Interrupted and resumed is the same as never interrupted, to the last bit."""

import signal

import keras
import numpy as np
import pytest

from keras_nmt import kernels
from keras_nmt.errors import Interrupted
from keras_nmt.kernels import processes
from keras_nmt.text.batching import TranslationBatches
from keras_nmt.train import fit
from keras_nmt.training import resume as resuming
from keras_nmt.training import snapshot
from keras_nmt.training.progress import Progress
from keras_nmt.training.resume import NotFinite, Resume, validate
from keras_nmt.training.states import States
from keras_nmt.training.stopping import Stopping
from tests import checks

EPOCHS = 2
STEPS = 5
BATCH = 4
SHAPES = [(5, 5), (8, 8)]
PAIRS = checks.pairs(17)
LINES = [10 * (index + 1) for index in range(len(PAIRS))]


class Log(keras.callbacks.Callback):
    """All that Keras tells of an epoch, as bits."""

    def __init__(self):
        super().__init__()
        self.rows = []

    def state(self):
        return {"rows": self.rows}

    def restore(self, state):
        self.rows = state["rows"]

    def on_epoch_end(self, epoch, logs=None):
        self.rows.append({"epoch": epoch, **{k: v.hex() for k, v in logs.items()}})


class At(keras.callbacks.Callback):
    """Does something at a call of Keras: `At("on_train_batch_begin", (1, 3), act)`."""

    def __init__(self, hook, place, act):
        super().__init__()
        self.act = act
        self.place = place
        self.epoch = None
        if hook != "on_epoch_begin":
            setattr(self, hook, self._heed)

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch

    def _heed(self, index=0, logs=None):
        if (self.epoch, index) == self.place:
            self.act()


class Trainings:
    """One compiled model; each training begins with what a new process would hold."""

    def __init__(self, model, train_pairs=PAIRS, **adam):
        self.model = model
        self.model.build()
        optimizer = kernels.Adam(0.01, **adam)
        self.model.compile(optimizer, jit_compile=kernels.JIT_COMPILE)
        self.model.optimizer.build(self.model.trainable_variables)
        self.train = TranslationBatches(train_pairs, BATCH, SHAPES, seed=5)
        self.validation = TranslationBatches(checks.pairs(10, seed=1), BATCH, SHAPES)
        self.first = snapshot.take(self.model), kernels.random_state()

    def run(self, folder, *callbacks):
        """Trains to the end or to an interruption; the log, where it began."""
        self._forget()
        log = Log()
        states = States(folder, snapshot.identity(self.model))
        with Stopping() as stop:
            resume = Resume(self.model, self.train, states, log, stop, LINES)
            began = resume.load()
            callbacks = [log, *callbacks]
            fit(
                self.model,
                self.train,
                self.validation,
                EPOCHS,
                resume,
                callbacks,
                verbose=0,
            )
        return log.rows, began

    def weights(self):
        return [array.tobytes() for array in snapshot.take(self.model)]

    def _forget(self):
        snapshot.restore(self.model, self.first[0])
        kernels.set_random_state(self.first[1])
        self.train.set_epoch(0)


@pytest.fixture(scope="module")
def trainings():
    keras.utils.set_random_seed(0)
    found = Trainings(checks.encoder_only(dropout=0.3))
    assert len(found.train) == STEPS
    return found


@pytest.fixture(scope="module")
def whole(trainings, tmp_path_factory):
    """The rows and the weights of a training that nobody disturbed."""
    rows, began = trainings.run(tmp_path_factory.mktemp("whole"))
    assert began is None
    return rows, trainings.weights()


def test_training_is_the_same_twice(trainings, whole, tmp_path):
    rows, _ = trainings.run(tmp_path)
    assert (rows, trainings.weights()) == whole


STOPS = {
    "before the first step": ("on_train_batch_begin", (0, 0), None),
    "after the first step": ("on_train_batch_end", (0, 0), "epoch 1, step 1 of 5"),
    "in the last step but one": ("on_train_batch_begin", (1, 3), "epoch 2, step 3"),
    "in the last step": ("on_train_batch_end", (0, 4), "epoch 1, step 5 of 5"),
    "in validation": ("on_test_batch_begin", (1, 1), "epoch 2, step 5 of 5"),
    "between two epochs": ("on_epoch_end", (0, 0), "the end of epoch 1"),
    "at the end": ("on_epoch_end", (1, 1), "the end of epoch 2"),
}
"""Where a signal comes, as (epoch, batch) from 0, and where training goes on."""


@pytest.mark.parametrize("name", STOPS)
def test_a_signal_loses_nothing(name, trainings, whole, tmp_path):
    hook, place, where = STOPS[name]
    act = At(hook, place, lambda: signal.raise_signal(signal.SIGTERM))
    with pytest.raises(Interrupted, match="the same command continues") as stop:
        trainings.run(tmp_path, act)
    assert stop.value.exit_code == 143
    rows, began = trainings.run(tmp_path)
    assert (began is None) if where is None else (where in began)
    assert (rows, trainings.weights()) == whole


def test_a_training_may_be_stopped_after_every_step(trainings, whole, tmp_path):
    stops = 0
    while True:
        interrupting = keras.callbacks.LambdaCallback(
            on_train_batch_end=lambda batch, logs: signal.raise_signal(signal.SIGINT)
        )
        try:
            rows, _ = trainings.run(tmp_path, interrupting)
            break
        except Interrupted:
            stops += 1
    assert stops == EPOCHS * STEPS
    assert (rows, trainings.weights()) == whole


def fail():
    raise MemoryError("as good as a kill")


@pytest.mark.parametrize("place", [(0, 3), (1, 0)])
def test_a_kill_loses_what_was_not_saved_and_nothing_else(
    place, trainings, whole, tmp_path, monkeypatch
):
    monkeypatch.setattr(resuming, "SAVE_SECONDS", 0)
    with pytest.raises(MemoryError):
        trainings.run(tmp_path, At("on_train_batch_begin", place, fail))
    monkeypatch.setattr(resuming, "SAVE_SECONDS", 300)
    rows, began = trainings.run(tmp_path)
    assert ("epoch 1, step 2" if place[1] else "the end of epoch 1") in began
    assert (rows, trainings.weights()) == whole


class Group(processes.Alone):
    """A group of which the other process does as this one does."""

    def __init__(self, exchange):
        self.exchange = exchange

    def highest(self, numbers):
        self.exchange()
        return numbers


def test_a_signal_while_the_processes_agree_is_heeded_the_next_time():
    stop = Stopping()
    resume = Resume(None, None, None, None, stop, None)

    def come():
        stop.requested = signal.SIGTERM

    with processes.among(Group(come)):
        assert not resume._agree()
    with processes.among(Group(lambda: None)):
        assert resume._agree()


def test_the_others_end_after_process_0_has_saved():
    done = []
    stop = Stopping()
    stop.requested = signal.SIGTERM
    resume = Resume(None, [], None, None, stop, None)
    resume._save = lambda epoch, step: done.append("saved")
    group = Group(lambda: done.append("met"))
    with processes.among(group), pytest.raises(Interrupted):
        resume._leave()
    assert done == ["saved", "met"]


class Varying(list):
    """Other pairs in every epoch, in 5 batches and then in 6."""

    def of_epoch(self, epoch):
        return self[epoch:] + checks.pairs(6 * epoch, seed=epoch + 1, longest=3)


def test_noise_and_pairs_of_an_epoch_go_on_where_they_were(tmp_path):
    keras.utils.set_random_seed(0)
    model = checks.transformer(
        dropout=0.2, word_dropout=0.1, consistency="simcut", cutoff=0.2
    )
    trainings = Trainings(model, Varying(PAIRS))
    rows, _ = trainings.run(tmp_path / "whole")
    whole = rows, trainings.weights()
    steps = []
    for epoch in range(EPOCHS):
        trainings.train.set_epoch(epoch)
        steps.append(len(trainings.train))
    assert steps == [5, 6]
    for place, began in (((0, 2), "step 3 of 5"), ((1, 3), "step 4 of 6")):
        act = At(
            *("on_train_batch_end", place),
            lambda: signal.raise_signal(signal.SIGTERM),
        )
        with pytest.raises(Interrupted, match=began):
            trainings.run(tmp_path / "stopped", act)
    rows, _ = trainings.run(tmp_path / "stopped")
    assert (rows, trainings.weights()) == whole


def test_an_epoch_of_some_batches_goes_on_where_it_was(
    trainings, tmp_path, monkeypatch
):
    """The second one has batches of two passes."""
    batches = TranslationBatches(PAIRS, BATCH, SHAPES, seed=5, epoch_batches=3)
    monkeypatch.setattr(trainings, "train", batches)
    rows, _ = trainings.run(tmp_path / "whole")
    whole = rows, trainings.weights()
    for place, began in (((0, 1), "epoch 1, step 2 of 3"), ((1, 1), "step 2 of 3")):
        act = At(
            *("on_train_batch_end", place),
            lambda: signal.raise_signal(signal.SIGTERM),
        )
        with pytest.raises(Interrupted, match=began):
            trainings.run(tmp_path / "stopped", act)
    rows, _ = trainings.run(tmp_path / "stopped")
    assert (rows, trainings.weights()) == whole


# === Moving averages of the weights ===


@pytest.fixture(scope="module")
def averaging():
    keras.utils.set_random_seed(0)
    model = checks.encoder_only(dropout=0.3)
    return Trainings(model, use_ema=True, ema_momentum=0.8)


@pytest.fixture(scope="module")
def averaged(averaging, tmp_path_factory):
    rows, _ = averaging.run(tmp_path_factory.mktemp("averaged"))
    return rows, averaging.weights()


def test_validation_uses_the_moving_average_and_training_the_weights(
    averaging, averaged, whole, tmp_path
):
    stepwise, in_validation = [], []

    def note(weights):
        kernels.sync(averaging.model)
        weights.append(averaging.model.get_weights())

    noting = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: note(stepwise)
    )
    noting.on_test_begin = noting.on_epoch_end = lambda *_, **__: None
    noting.on_test_batch_begin = lambda batch, logs=None: (
        None if batch else note(in_validation)
    )
    rows, _ = averaging.run(tmp_path, noting)
    assert (rows, averaging.weights()) == averaged
    expected = [weight.astype("float64") for weight in stepwise[0]]
    for step, weights in enumerate(stepwise):
        if step:
            expected = [
                0.8 * average + 0.2 * weight
                for average, weight in zip(expected, weights, strict=True)
            ]
        if (step + 1) % STEPS == 0:
            for found, average in zip(
                in_validation[step // STEPS], expected, strict=True
            ):
                np.testing.assert_allclose(found, average, rtol=1e-4, atol=1e-6)
    for last, weight in zip(averaging.model.get_weights(), stepwise[-1], strict=True):
        np.testing.assert_array_equal(last, weight)
    losses = [[row["nll"] for row in found] for found in (rows, whole[0])]
    assert losses[0] == losses[1]
    assert rows[0]["val_nll"] != whole[0][0]["val_nll"]


@pytest.mark.parametrize(
    "name", ["in the last step but one", "in validation", "between two epochs"]
)
def test_a_signal_loses_nothing_of_an_average(name, averaging, averaged, tmp_path):
    hook, place, _ = STOPS[name]
    act = At(hook, place, lambda: signal.raise_signal(signal.SIGTERM))
    with pytest.raises(Interrupted):
        averaging.run(tmp_path, act)
    rows, _ = averaging.run(tmp_path)
    assert (rows, averaging.weights()) == averaged


# === Numbers ===


@pytest.mark.parametrize("check_steps", [1, 50])
def test_nan_stops_training_before_it_is_saved(
    check_steps, trainings, tmp_path, monkeypatch
):
    monkeypatch.setattr(resuming, "CHECK_STEPS", check_steps)
    batches = trainings.train
    poison = At("on_train_batch_begin", (1, 2), lambda: spoil(trainings.model))
    with pytest.raises(NotFinite) as error:
        trainings.run(tmp_path, poison)
    lines = [LINES[pair] for pair in batches.members(1, 2)]
    assert "epoch 2, step 3: NaN or Inf" in str(error.value)
    assert str(error.value).endswith(", ".join(map(str, lines)))
    meta, arrays, _ = States(tmp_path, snapshot.identity(trainings.model)).load()
    assert (meta["epoch"], meta["step"]) == (1, 0)
    assert snapshot.is_finite(arrays)


def spoil(model):
    """Makes the loss of the step that begins NaN."""
    kernels.sync(model)
    bias = model.projection.bias
    bias.assign(np.full(bias.shape, np.nan, "float32"))


def test_weights_that_left_all_bounds_are_not_saved(trainings, tmp_path):
    def blow_up():
        kernels.sync(trainings.model)
        trainings.model.optimizer.learning_rate.assign(np.inf)

    blow_up = At("on_train_batch_begin", (0, 4), blow_up)
    with pytest.raises(NotFinite, match="epoch 1: validation loss nan"):
        trainings.run(tmp_path, blow_up)
    assert not list(tmp_path.iterdir())


def test_a_validation_loss_that_is_no_number_is_not_saved(trainings, tmp_path):
    poison = At("on_test_batch_begin", (1, 0), lambda: spoil(trainings.model))
    with pytest.raises(NotFinite, match="epoch 2: validation loss nan"):
        trainings.run(tmp_path, poison)
    meta, _, _ = States(tmp_path, snapshot.identity(trainings.model)).load()
    assert meta["epoch"] == 1


def test_a_validation_that_is_made_up_for_draws_no_bar(trainings, capsys):
    trainings.model.reset_metrics()
    validate(trainings.model, trainings.validation, 0, [Progress()])
    assert capsys.readouterr().out == ""
