"""Weights on disk: Keras reads them, damage is found, the old file outlives a fault."""

import contextlib

import h5py
import keras
import numpy as np
import pytest

from keras_nmt.errors import InputError
from keras_nmt.training import weights
from keras_nmt.training.weights import load_weights, save_weights
from tests.soak.damaged_files import room_for

FAULTS = 10


def model(units=3, seed=0):
    layers = keras.Input((2,)), keras.layers.Dense(units)
    made = keras.Sequential(layers)
    made.set_weights(
        [np.random.default_rng(seed).normal(size=x.shape) for x in made.get_weights()]
    )
    return made


def assert_equal(one, other):
    for a, b in zip(one.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.fixture
def path(tmp_path):
    save_weights(model(), tmp_path / "best.weights.h5")
    return tmp_path / "best.weights.h5"


def test_what_was_saved_comes_back_by_keras_too(path):
    for load in (load_weights, lambda copy, path: copy.load_weights(path)):
        copy = model(seed=1)
        load(copy, path)
        assert_equal(copy, model())


def compiled(seed=0):
    made = model(units=3000, seed=seed)
    made.compile(keras.optimizers.Adam(), jit_compile=False)
    made.optimizer.build(made.trainable_variables)
    return made


def test_a_file_holds_four_bytes_a_weight_and_no_optimizer(tmp_path):
    path, trained = tmp_path / "best.weights.h5", compiled()
    save_weights(trained, path)
    assert trained.optimizer is not None
    with h5py.File(path) as file:
        names = []
        file.visit(names.append)
    assert not [name for name in names if "optimizer" in name]
    assert 0 < path.stat().st_size - 4 * trained.count_params() < 12_000


@pytest.mark.parametrize("is_compiled", [True, False])
def test_a_file_with_an_optimizer_is_loaded_without_it(
    is_compiled, tmp_path, monkeypatch
):
    path, trained = tmp_path / "best.weights.h5", compiled()
    trained.optimizer.iterations.assign(7)
    with monkeypatch.context() as patch:
        patch.setattr(weights, "_without_optimizer", contextlib.nullcontext)
        save_weights(trained, path)
    assert path.stat().st_size > 3 * 4 * trained.count_params()
    copy = compiled(seed=1) if is_compiled else model(3000, seed=1)
    load_weights(copy, path)
    assert_equal(copy, trained)
    if is_compiled:
        assert int(copy.optimizer.iterations) == 0


def test_no_damaged_file_is_loaded(path):
    whole = path.read_bytes()
    for seed in range(FAULTS):
        generator = np.random.default_rng(seed)
        content = bytearray(whole)
        content[generator.integers(len(whole))] ^= 1 << generator.integers(8)
        for damaged in (bytes(content), whole[: generator.integers(len(whole))]):
            path.write_bytes(damaged)
            with pytest.raises(InputError, match="checksum does not match"):
                load_weights(model(), path)


def test_another_architecture_is_refused_in_a_line(path):
    with pytest.raises(InputError, match="does not fit the model") as error:
        load_weights(model(units=4), path)
    assert len(str(error.value).splitlines()) == 1


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(
        InputError, match=r"no\.weights\.h5: no such file; it is written"
    ):
        load_weights(model(), tmp_path / "no.weights.h5")


def test_of_another_owner_they_are_refused(path):
    save_weights(model(), path, owner="a" * 64)
    for owner in ("", "a" * 64):
        load_weights(model(seed=1), path, owner)
    with pytest.raises(InputError, match="belongs to other vocabularies"):
        load_weights(model(), path, "b" * 64)


@pytest.mark.parametrize("room", [0, 100, 5000])
def test_a_full_disk_leaves_the_old_weights_and_says_one_line(room, path, capfd):
    with (
        room_for(room),
        pytest.raises(InputError, match=r"cannot write .*File too large; the old"),
    ):
        save_weights(model(seed=1), path)
    copy = model(seed=1)
    load_weights(copy, path)
    assert_equal(copy, model())
    assert [file.name for file in path.parent.iterdir()] == [path.name]
    assert capfd.readouterr().err == ""
