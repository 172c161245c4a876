"""The backend's random number generators: seeding, saving, restoring, dropout."""

import keras
import numpy as np

from keras_nmt.kernels import for_device, processes
from keras_nmt.kernels.chosen import BACKEND

ROTATIONS = (13, 15, 26, 6), (17, 29, 16, 24)
"""Bits by which Threefry-2x32 rotates in its rounds."""


def seed(*numbers):
    """Seeds the backend's own generators with non-negative numbers.

    Only torch has some that matter: dropout uses them. On TensorFlow and JAX all
    random numbers follow from Keras's seeds, which are variables of the model.
    """
    if BACKEND == "torch":
        import torch

        rank = processes.current().rank  # other rows, so other random numbers
        numbers += (rank,) * (rank > 0)
        torch.manual_seed(int(np.random.default_rng(numbers).integers(2**63)))


def random_state():
    """The state of the backend's own generators in all processes: a list of arrays.

    On torch those of the CPU and of the device in use, if that is another one.
    """
    if BACKEND != "torch":
        return []
    import torch

    states, device = [torch.get_rng_state()], _device()
    if device.type != "cpu":
        states.append(getattr(torch, device.type).get_rng_state(device))
    own = [state.numpy().copy() for state in states]
    return [state for others in processes.current().gather(own) for state in others]


def set_random_state(states):
    """Restores a state that `random_state` returned.

    Earlier versions saved those of all GPUs, or of the CPU alone. What does not fit the
    device in use is left out.
    """
    if BACKEND != "torch":
        return
    import torch

    group = processes.current()
    each = len(states) // group.count
    states = states[group.rank * each :][:each]
    processor, *others = [torch.from_numpy(state.copy()) for state in states]
    torch.set_rng_state(processor)
    device = _device()
    if device.type == "cpu" or not others:
        return
    state = others[min(device.index or 0, len(others) - 1)]
    generator = getattr(torch, device.type)
    if state.shape == generator.get_rng_state(device).shape:
        generator.set_rng_state(state, device)


def _device():
    """Where Keras computes on torch: a `torch.device`."""
    return keras.ops.zeros(()).device


def dropped_out(x, rate, seed_generator):
    """Dropout of `x`: some values become 0, the rest is scaled up. Not on TensorFlow.

    Args:
        x: float tensor.
        rate: probability of 0, at least 0 and below 1; torch on a CPU rounds it to
            1 / 65,536.
        seed_generator: a `keras.random.SeedGenerator`, for JAX; torch has its own.
    """
    if BACKEND == "torch":
        if for_device.choices().cheap_dropout:
            return _dropped_out_by_torch(x, rate)
        import torch

        return torch.nn.functional.dropout(x, rate)
    import jax.numpy as jnp

    key = seed_generator.next()
    places = jnp.arange(x.size, dtype="uint32").reshape(x.shape)
    group = processes.current()
    if group.sums_apart:  # numbers that no other device draws
        places = places + jnp.uint32(group.rank * x.size)
    chances, _ = threefry(key[0], key[1], places, jnp.zeros_like(places))
    dropped = min(round(rate * 2**32), 2**32 - 1)
    return jnp.where(chances >= np.uint32(dropped), x / (1 - rate), 0)


def threefry(key0, key1, x0, x1):
    """Random bits from counters: Threefry-2x32 (Salmon et al. 2011) with 20 rounds.

    This is JAX's own generator, written without a loop, so that XLA computes it in one
    pass. On a CPU it takes a third of the time of JAX's loop.

    Args:
        key0, key1: uint32 scalars.
        x0, x1: uint32 arrays of one shape, the counters.

    Returns:
        Two uint32 arrays of that shape.
    """
    keys = key0, key1, key0 ^ key1 ^ np.uint32(0x1BD11BDA)
    x0, x1 = x0 + keys[0], x1 + keys[1]
    for group in range(1, 6):
        for rotation in ROTATIONS[(group - 1) % 2]:
            x0 = x0 + x1
            x1 = x0 ^ (x1 << rotation | x1 >> 32 - rotation)
        x0 = x0 + keys[group % 3]
        x1 = x1 + keys[(group + 1) % 3] + np.uint32(group)
    return x0, x1


def _dropped_out_by_torch(x, rate):
    """Takes four random numbers of 16 bits from each one of 64 bits.

    On a CPU torch draws numbers one at a time; this takes a fifth of the time.
    """
    import torch

    numbers = torch.empty(-(-x.numel() // 4), dtype=torch.int64, device=x.device)
    numbers.random_(-(2**63), None)  # all 64 bits
    chances = numbers.view(torch.int16)[: x.numel()].view(x.shape)
    dropped = min(round(rate * 2**16), 2**16 - 1)  # a rate below 1 must not drop all
    kept = (chances >= dropped - 2**15).to(x.dtype)
    return x * kept.mul_(2**16 / (2**16 - dropped))
