"""Several processes or devices train as one does, and end together."""

import json
import os
import threading
from types import SimpleNamespace

import keras
import numpy as np
import pytest

from keras_nmt import kernels
from keras_nmt.distributed import devices
from keras_nmt.distributed import session as joining
from keras_nmt.distributed.launch import launched
from keras_nmt.distributed.rows import OwnRows
from keras_nmt.distributed.session import session
from keras_nmt.distributed.splitting import split_axis
from keras_nmt.distributed.watch import Watch
from keras_nmt.errors import InputError, Interrupted
from keras_nmt.kernels import processes
from keras_nmt.kernels.jax_processes import JaxGroup, own_gpus
from keras_nmt.run.runs import Run
from keras_nmt.text.batching import TranslationBatches
from keras_nmt.train import train_prepared
from tests import checks, two_processes

LOSSES = ("loss", "val_loss", "val_loss_without_sos", "val_bleu")


# === Who takes part ===


@pytest.mark.backend_free
@pytest.mark.parametrize(
    ("environment", "place"),
    [
        ({}, None),
        ({"WORLD_SIZE": "1", "RANK": "0"}, None),
        ({"SLURM_NTASKS": "4", "SLURM_PROCID": "1"}, None),
        (
            {"WORLD_SIZE": "2", "RANK": "1", "MASTER_ADDR": "a"},
            (2, 1, None, "a", 29500),
        ),
        (
            {
                "SLURM_NTASKS": "4",
                "SLURM_PROCID": "3",
                "SLURM_LOCALID": "1",
                "MASTER_ADDR": "node1",
                "MASTER_PORT": "1234",
            },
            (4, 3, 1, "node1", 1234),
        ),
        (
            {
                "OMPI_COMM_WORLD_SIZE": "2",
                "OMPI_COMM_WORLD_RANK": "0",
                "MASTER_ADDR": "node1",
            },
            (2, 0, None, "node1", 29500),
        ),
        (
            {
                "SLURM_NTASKS": "2",
                "SLURM_PROCID": "0",
                "OMPI_COMM_WORLD_SIZE": "2",
                "OMPI_COMM_WORLD_RANK": "1",
                "MASTER_ADDR": "node1",
            },
            (2, 1, None, "node1", 29500),
        ),
        (
            {
                "SLURM_NTASKS": "2",
                "PMI_SIZE": "2",
                "PMI_RANK": "1",
                "MASTER_ADDR": "node1",
            },
            (2, 1, None, "node1", 29500),
        ),
    ],
)
def test_the_environment_says_which_process_this_is(environment, place):
    found = launched(environment)
    if place is None:
        assert found is None
    else:
        assert (*vars(found).values(),) == place


@pytest.mark.backend_free
@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"WORLD_SIZE": "2"}, "WORLD_SIZE=2 but RANK is not set"),
        ({"WORLD_SIZE": "2", "RANK": "0"}, "but MASTER_ADDR is not set"),
        ({"WORLD_SIZE": "two"}, "WORLD_SIZE=two: expected a whole number from 1"),
        (
            {"WORLD_SIZE": "2", "RANK": "2", "MASTER_ADDR": "a"},
            "RANK=2: expected a whole number from 0 to 1",
        ),
    ],
)
def test_an_incomplete_environment_is_one_line(environment, said):
    with pytest.raises(InputError, match=said):
        launched(environment)


def test_what_the_backend_cannot_do_names_what_can():
    two = launched({"WORLD_SIZE": "2", "RANK": "1", "MASTER_ADDR": "a"})
    if kernels.BACKEND == "jax":
        with pytest.raises(InputError, match="--devices 99: this machine has"):
            session(99).__enter__()
        return
    instead = {
        "torch": "torchrun --nproc-per-node 2",
        "tensorflow": "KERAS_BACKEND=jax",
    }
    with pytest.raises(InputError, match=instead[kernels.BACKEND]):
        devices.check_backend(2, None)
    if kernels.BACKEND == "tensorflow":
        with pytest.raises(InputError, match="2 processes: TensorFlow trains on one"):
            devices.check_backend(1, two)


# === Who is dead ===


class Store:
    """A store in this process."""

    def __init__(self):
        self.numbers = {}

    def add(self, key, amount):
        self.numbers[key] = self.numbers.get(key, 0) + amount
        return self.numbers[key]


@pytest.mark.backend_free
def test_process_0_notices_who_hangs_and_tells_the_others():
    store = Store()
    watches = [Watch(store, "", rank, 3, end=None) for rank in range(3)]
    seen = [{}, {}, {}]
    for now in range(0, 60, 2):
        found = [watches[rank]._look(seen[rank], now) for rank in (0, 1)]
        if now < 10:
            assert watches[2]._look(seen[2], now) is None
        if found != [None, None]:
            break
    assert 36 <= now <= 44
    assert found == [2, 2]


@pytest.mark.backend_free
def test_who_has_left_is_not_dead():
    store = Store()
    first, second = (Watch(store, "", rank, 2, end=None) for rank in (0, 1))
    seen = {}
    second._look({}, 0)
    second._over.set()
    store.add("left/1", 1)
    assert {first._look(seen, now) for now in range(0, 200, 5)} == {None}


@pytest.mark.backend_free
def test_who_was_stopped_itself_calls_nobody_dead():
    store = Store()
    first, second = (Watch(store, "", rank, 2, end=None) for rank in (0, 1))
    seen = {}
    for now in (0, 2, 4, 6):
        second._look({}, now)
        assert first._look(seen, now) is None
    # Both were stopped, and the first goes on before the second.
    assert first._look(seen, 500) is None
    second._look({}, 501)
    assert {first._look(seen, now) for now in range(502, 530, 2)} == {None}


@pytest.mark.backend_free
def test_who_never_shows_that_it_lives_is_dead_in_the_end():
    watch, seen = Watch(Store(), "", 0, 2, end=None), {}
    found = [watch._look(seen, now) for now in range(0, 4000, 5)]
    assert found.index(1) == 3605 // 5


# === An error of one process ===


class Waiting(processes.Alone):
    """A group as on JAX: leaving it waits for the others, who wait elsewhere."""

    count = 2

    def __init__(self):
        self.is_over = threading.Event()

    def close(self):
        assert self.is_over.wait(10), "waits for ever"


def lost():
    raise RuntimeError("the service of JAX is gone")


@pytest.mark.backend_free
@pytest.mark.parametrize(
    ("error", "line", "code"),
    [
        (InputError("the disk is full"), "error: the disk is full\n", 2),
        (Interrupted("stopped", 143), "stopped\n", 143),
    ],
)
@pytest.mark.parametrize("is_gone", [False, True])
def test_an_error_of_one_process_ends_it_while_the_others_wait(
    error, line, code, is_gone, monkeypatch, capfd
):
    group, codes = Waiting(), []

    def end(code):
        codes.append(code)
        group.is_over.set()

    if is_gone:
        monkeypatch.setattr(group, "close", lost)
    monkeypatch.setattr(kernels, "processes_of", lambda launch: group)
    monkeypatch.setattr(joining, "LISTEN", 9 if is_gone else 0.01)
    monkeypatch.setattr(os, "_exit", end)
    with pytest.raises(type(error)), joining._joined(None), joining._one_voice(group):
        raise error
    assert (codes, capfd.readouterr().err) == ([code], line)
    assert processes.current() is processes.ALONE


# === JAX's group ===


@pytest.mark.backend_free
@pytest.mark.parametrize(
    ("local_rank", "seen", "gpus"),
    [
        ({}, {}, None),
        ({"LOCAL_RANK": "1"}, {}, [1]),
        ({"LOCAL_RANK": "1"}, {"CUDA_VISIBLE_DEVICES": "4,6"}, [1]),
        ({"LOCAL_RANK": "1"}, {"CUDA_VISIBLE_DEVICES": "6"}, None),
    ],
)
def test_a_process_of_jax_has_the_gpu_of_its_number(local_rank, seen, gpus):
    two = {"WORLD_SIZE": "2", "RANK": "1", "MASTER_ADDR": "a"}
    assert own_gpus(launched({**two, **local_rank}), seen) == gpus


@pytest.mark.backend_free
@pytest.mark.parametrize(
    ("error", "is_loss"),
    [
        (RuntimeError("UNAVAILABLE: coordination service"), True),
        (ValueError("UNKNOWN: Gloo AllGather failed: Connection closed"), True),
        (ValueError("a residual connection needs equal shapes"), False),
        (InputError("gloo.de: no such file"), False),
    ],
)
def test_errors_of_jax_that_say_that_a_process_is_gone(error, is_loss):
    group = object.__new__(JaxGroup)
    group._jax = SimpleNamespace(errors=SimpleNamespace(JaxRuntimeError=RuntimeError))
    assert group.is_loss(error) == is_loss


@pytest.fixture
def calls(monkeypatch):
    """What a `JaxGroup` asks of JAX, which does none of it."""
    if kernels.BACKEND != "jax":
        pytest.skip("about JAX")
    import jax
    from jax.experimental import multihost_utils

    calls = []

    def met(array):
        calls.append("met")
        return array[None]

    monkeypatch.setattr(jax.config, "update", lambda name, value: None)
    monkeypatch.setattr(
        jax.distributed, "initialize", lambda *_, **__: calls.append("joined")
    )
    monkeypatch.setattr(jax.distributed, "shutdown", lambda: calls.append("left"))
    monkeypatch.setattr(multihost_utils, "process_allgather", met)
    return calls


def test_processes_of_jax_meet_at_once_and_wait_for_each_other_at_the_end(calls):
    group = kernels.processes_of(
        launched({"WORLD_SIZE": "2", "RANK": "1", "MASTER_ADDR": "a"})
    )
    assert calls == ["joined", "met", "met"]
    calls.clear()

    def wait(name, milliseconds):
        calls.append("waited")
        assert milliseconds > 24 * 3600 * 1000

    group._service = SimpleNamespace(client=SimpleNamespace(wait_at_barrier=wait))
    group.close()
    assert calls == ["waited", "left"]


# === Rows ===


class Part(processes.Alone):
    def __init__(self, rank, count):
        self.rank, self.count = rank, count


@pytest.mark.backend_free
@pytest.mark.parametrize("count", [2, 3])
def test_every_row_has_one_reader(count):
    arguments = checks.pairs(17), 5, [(5, 5), (8, 8)]
    whole = TranslationBatches(*arguments, seed=1)
    parts = []
    try:
        for rank in range(count):
            processes.use(Part(rank, count))
            parts.append(OwnRows(*arguments, seed=1))
    finally:
        processes.use(None)
    for index in range(len(whole)):
        _, targets = whole[index]
        rows = [part[index][1]["target_out"] for part in parts]
        assert len({part.shape for part in rows}) == 1
        joined = sorted(map(tuple, np.concatenate(rows)))
        filled = np.pad(
            targets["target_out"],
            ((0, len(joined) - len(targets["target_out"])), (0, 0)),
            constant_values=checks.PAD,
        )
        assert joined == sorted(map(tuple, filled))


# === Trainings ===


def one_process(recipe, folder):
    run = Run(folder)
    train_prepared(recipe, two_processes.prepared(), run, tokenize="none")
    return Run(folder)


def losses(run):
    return [[row[name] for name in LOSSES] for row in run.epochs]


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """The run of one process on one device."""
    return one_process(two_processes.PLAIN, tmp_path_factory.mktemp("alone"))


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    """The folder of two processes, and what each wrote and returned."""
    if kernels.BACKEND == "tensorflow":
        pytest.skip("TensorFlow trains in one process")
    folder = tmp_path_factory.mktemp("pair")
    words = ["short"] if kernels.BACKEND == "jax" else []
    return folder, *two_processes.run_pair(folder, *words)


@pytest.fixture(scope="module")
def whole_pair(pair):
    if kernels.BACKEND != "torch":
        pytest.skip("JAX takes too long for it; `python -m tests.soak` does it there")
    return pair


def test_two_processes_have_the_losses_and_translations_of_one(pair, alone):
    run = Run(pair[0] / "plain")
    assert (run.status, run.config["processes"]) == ("complete", 2)
    np.testing.assert_allclose(losses(run), losses(alone), atol=1e-5)
    assert run.translations == alone.translations


def test_a_signal_to_one_process_stops_both_and_they_go_on(pair):
    _, ((out, _), (other, _)), _ = pair
    assert "stopped at epoch 2, step" in out
    assert "continuing from epoch 2, step" in out
    assert not without_gloo(other)


def test_a_stopped_pair_goes_on_to_the_same_bits(whole_pair):
    folder, ((out, _), _), _ = whole_pair
    assert "generators: True 3" in out
    assert two_processes.differing(folder / "ended", folder / "whole") == []
    assert losses(Run(folder / "ended")) == losses(Run(folder / "whole"))


def without_gloo(text):
    """What a process wrote, without the line of JAX's gloo."""
    lines = text.splitlines(keepends=True)
    return "".join(line for line in lines if not line.startswith("[Gloo]"))


def test_a_killed_process_ends_the_other_with_one_line(whole_pair):
    folder, ((_, line), _), codes = whole_pair
    assert codes == [2, -9]
    assert line.startswith("error: ")
    assert "the same command continues" in line
    assert line.count("\n") == 1
    assert len(Run(folder / "dead").epochs) == 1


def test_another_number_of_processes_is_refused(pair):
    with pytest.raises(InputError, match="with processes: 2, and there are 1 now"):
        one_process(two_processes.PLAIN, pair[0] / "plain")


@pytest.fixture(scope="module")
def several(tmp_path_factory):
    """The folder of trainings on several devices of one process."""
    if kernels.BACKEND != "jax":
        pytest.skip("only JAX trains on several devices in one process")
    folder = tmp_path_factory.mktemp("devices")
    two_processes.run_several_devices(folder, "short")
    return folder


@pytest.mark.parametrize(
    ("name", "recorded"),
    [("two", {"devices": 2}), ("split", {"devices": 4, "split_model": 2})],
)
def test_several_devices_have_the_losses_and_translations_of_one(
    several, alone, name, recorded
):
    run = Run(several / name)
    config = json.loads(run.config_file.read_text(encoding="utf-8"))
    assert {key: config[key] for key in recorded} == recorded
    np.testing.assert_allclose(losses(run), losses(alone), atol=1e-5)
    assert run.translations == alone.translations


@pytest.mark.backend_free
@pytest.mark.parametrize(
    ("path", "shape", "axis"),
    [
        ("translator/encoder_0/self_attention/query/kernel", (8, 2, 4), 1),
        ("translator/encoder_0/self_attention/query/kernel", (8, 3, 4), None),
        ("translator/encoder_0/contract/kernel", (16, 8), 0),
        ("translator/source_embedding/tokens/embeddings", (12, 8), 0),
        ("translator/source_embedding/tokens/embeddings", (13, 8), 1),
        ("translator/projection/kernel", (8, 13), 0),
        ("translator/projection/bias", (13,), None),
        ("translator/encoder_0/feedforward_norm/gamma", (8,), None),
    ],
)
def test_large_weights_are_split_along_an_axis_that_the_devices_divide(
    path, shape, axis
):
    assert split_axis(path, shape, 2) == axis


def test_weights_are_split_among_devices_of_one_process_only():
    two = launched({"WORLD_SIZE": "2", "RANK": "1", "MASTER_ADDR": "a"})
    if kernels.BACKEND != "tensorflow":
        with pytest.raises(InputError, match="--split-model 2: JAX splits weights"):
            devices.check_backend(1, two, split=2)
    if kernels.BACKEND == "jax":
        with pytest.raises(InputError, match="a number that divides"):
            devices.check_backend(4, None, split=3)


@pytest.fixture(autouse=True)
def _fresh_state():
    yield
    keras.utils.clear_session()
