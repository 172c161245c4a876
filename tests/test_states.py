"""State files: what was saved comes back, or is refused with its cause."""

import hashlib
import os

import numpy as np
import pytest

from keras_nmt.errors import InputError
from keras_nmt.training.states import MAGIC, States
from tests.soak.damaged_files import cut, flip

pytestmark = pytest.mark.backend_free

IDENTITY = {"config": {"epochs": 2}, "architecture": [("kernel", "float32", (2, 3))]}
FAULTS = 20


def arrays(epoch):
    generator = np.random.default_rng(epoch)
    return [
        generator.standard_normal((2, 3), "float32"),
        np.array(epoch, "int64"),
        generator.integers(0, 256, 50, "uint8"),
        np.zeros((0, 4), "float32"),
    ]


def saved(folder, epochs=2):
    states = States(folder, IDENTITY)
    for epoch in range(1, epochs + 1):
        states.save({"epoch": epoch}, arrays(epoch))
    return states


def assert_is(loaded, epoch):
    meta, found, complaint = loaded
    assert meta == {"epoch": epoch}
    for array, expected in zip(found, arrays(epoch), strict=True):
        assert array.dtype == expected.dtype
        np.testing.assert_array_equal(array, expected)
    return complaint


def test_the_newest_state_comes_back(tmp_path):
    assert assert_is(saved(tmp_path, 3).load(), 3) == ""
    assert sorted(os.listdir(tmp_path)) == ["state", "state.previous"]


def test_without_a_state_there_is_nothing_to_load(tmp_path):
    states = States(tmp_path, IDENTITY)
    assert states.load() is None
    saved(tmp_path)
    states.clear()
    assert states.load() is None


@pytest.mark.parametrize("damage", [cut, flip])
def test_a_damaged_state_is_told_and_the_previous_one_taken(damage, tmp_path):
    states = saved(tmp_path)
    whole = states.newest.read_bytes()
    for seed in range(FAULTS):
        states.newest.write_bytes(damage(whole, np.random.default_rng(seed)))
        complaint = assert_is(states.load(), 1)
        assert complaint.startswith(f"{states.newest}: ")
        assert "damaged" in complaint or "checksum" in complaint


def test_without_any_good_state_the_run_is_refused(tmp_path):
    states = saved(tmp_path)
    for path in (states.newest, states.previous):
        path.write_bytes(flip(path.read_bytes(), np.random.default_rng(0)))
    with pytest.raises(InputError, match="--restart trains again"):
        states.load()


@pytest.mark.parametrize("key", IDENTITY)
def test_a_state_of_another_run_is_refused_by_what_differs(key, tmp_path):
    saved(tmp_path)
    with pytest.raises(
        InputError, match=f"state: was saved with another {key}; no earlier"
    ):
        States(tmp_path, {**IDENTITY, key: None}).load()


def test_a_kill_between_two_names_leaves_the_previous_state(tmp_path):
    states = saved(tmp_path)
    states.newest.unlink()
    assert assert_is(states.load(), 1) == ""


@pytest.mark.parametrize(
    "header", [b"[]", b"{", b"3", b"{}", b'{"arrays": [["O", [9]]]}', b"\xff"]
)
def test_a_state_that_somebody_forged_is_refused(header, tmp_path):
    states = saved(tmp_path)
    body = MAGIC + header + b"\n" + bytes(8)
    states.newest.write_bytes(body + hashlib.sha256(body).digest())
    assert "state: is " in assert_is(states.load(), 1)


@pytest.mark.parametrize("room", [0, 1, 100, 300])
def test_a_full_disk_leaves_what_was_saved(room, tmp_path):
    resource = pytest.importorskip("resource")
    states = saved(tmp_path)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, limits[1]))
    try:
        with pytest.raises(InputError, match=r"cannot write .*state: .*is kept"):
            states.save({"epoch": 3}, arrays(3))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert assert_is(states.load(), 2) == ""
    assert sorted(os.listdir(tmp_path)) == ["state", "state.previous"]
