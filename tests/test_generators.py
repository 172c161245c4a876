"""The state of torch's generators: of the CPU and of the device in use."""

import numpy as np
import pytest

from keras_nmt import kernels
from keras_nmt.kernels import generators

torch = pytest.importorskip("torch")

pytestmark = pytest.mark.skipif(
    kernels.BACKEND != "torch", reason="the other backends draw by seeds of their own"
)

SIZE = 16


class Generators:
    """Those of a machine with some devices of one kind."""

    def __init__(self, count):
        self.states = [torch.full((SIZE,), n, dtype=torch.uint8) for n in range(count)]

    def get_rng_state(self, device):
        return self.states[device.index or 0].clone()

    def set_rng_state(self, state, device):
        assert state.shape == (SIZE,)
        self.states[device.index or 0] = state

    def firsts(self):
        return [int(state[0]) for state in self.states]


@pytest.fixture
def devices(monkeypatch):
    """A function that gives this machine devices: `devices("cuda:1", 2)`."""

    def have(name, count=1):
        device, found = torch.device(name), Generators(count)
        monkeypatch.setattr(generators, "_device", lambda: device)
        for function in ("get_rng_state", "set_rng_state"):
            module = getattr(torch, device.type)
            monkeypatch.setattr(module, function, getattr(found, function))
        if device.type == "cuda":
            monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
            monkeypatch.setattr(torch.cuda, "get_rng_state_all", lambda: found.states)
        return found

    before = kernels.random_state()
    yield have
    monkeypatch.undo()
    kernels.set_random_state(before)


def filled(*numbers):
    return [np.full(SIZE, number, "uint8") for number in numbers]


def test_a_cpu_has_one_generator_and_it_goes_on_where_it_was():
    before = kernels.random_state()
    assert len(before) == 1
    once = torch.rand(3)
    kernels.set_random_state(before)
    assert torch.equal(torch.rand(3), once)


@pytest.mark.parametrize(
    ("name", "count"), [("cuda:0", 2), ("cuda:1", 2), ("mps:0", 1), ("xpu:0", 1)]
)
def test_the_state_of_the_device_in_use_is_saved_and_no_other(name, count, devices):
    place = torch.device(name).index
    found = devices(name, count)
    states = kernels.random_state()
    assert [len(state) for state in states[1:]] == [SIZE]
    assert states[1][0] == place
    found.states[place] = torch.zeros(SIZE, dtype=torch.uint8) + 9
    kernels.set_random_state(states)
    assert found.firsts() == [*range(count)]


@pytest.mark.parametrize(
    ("name", "count", "saved", "expected"),
    [
        ("cuda:0", 1, filled(7, 8), [7]),  # of two GPUs, and one is left
        ("cuda:0", 2, filled(7, 8), [7, 1]),
        ("cuda:1", 2, filled(7, 8), [0, 8]),
        ("cuda:1", 2, filled(7), [0, 7]),  # of another GPU
        ("mps:0", 1, [], [0]),  # the CPU's alone was saved
        ("xpu:0", 1, [np.zeros(99, "uint8")], [0]),  # of another kind of device
    ],
)
def test_states_of_other_machines_and_earlier_versions_load(
    name, count, saved, expected, devices
):
    processor = kernels.random_state()[0]
    found = devices(name, count)
    kernels.set_random_state([processor, *saved])
    assert found.firsts() == expected


def test_on_a_cpu_the_states_of_gpus_are_left_out():
    before = kernels.random_state()
    once = torch.rand(3)
    kernels.set_random_state([*before, *filled(1, 2)])
    assert torch.equal(torch.rand(3), once)
