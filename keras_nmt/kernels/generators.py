"""Random numbers that are the backend's own: begun anew, kept and taken up again."""

import numpy as np

from keras_nmt.kernels.chosen import BACKEND

ROTATIONS = (13, 15, 26, 6), (17, 29, 16, 24)
"""Bits by which Threefry-2x32 rotates."""


def seed(*numbers):
    """Begins the backend's own generators anew from non-negative numbers.

    Keras's seeds are variables of the model and all that TensorFlow and JAX need;
    on torch dropout draws from torch's generators.
    """
    if BACKEND == "torch":
        import torch

        torch.manual_seed(int(np.random.default_rng(numbers).integers(2**63)))


def random_state():
    """The state of the backend's own generators, as a list of arrays."""
    if BACKEND != "torch":
        return []
    import torch

    states = [torch.get_rng_state()]
    if torch.cuda.is_available():
        states += torch.cuda.get_rng_state_all()
    return [state.numpy().copy() for state in states]


def set_random_state(states):
    """Takes up what `random_state` gave."""
    if BACKEND != "torch":
        return
    import torch

    processor, *devices = [torch.from_numpy(state.copy()) for state in states]
    torch.set_rng_state(processor)
    if devices:
        torch.cuda.set_rng_state_all(devices)


def dropped_out(x, rate, seed_generator):
    """`x` with a share of its values at zero and the rest scaled up; not on TensorFlow.

    Args:
        x: float tensor.
        rate: at least 0 and less than 1, the share; torch rounds it to 1 / 65,536.
        seed_generator: a `keras.random.SeedGenerator`, for JAX; torch has its own.
    """
    if BACKEND == "torch":
        return _dropped_out_by_torch(x, rate)
    import jax.numpy as jnp

    key = seed_generator.next()
    places = jnp.arange(x.size, dtype="uint32").reshape(x.shape)
    chances, _ = threefry(key[0], key[1], places, jnp.zeros_like(places))
    dropped = min(round(rate * 2**32), 2**32 - 1)
    return jnp.where(chances >= np.uint32(dropped), x / (1 - rate), 0)


def threefry(key0, key1, x0, x1):
    """Two random numbers a place: Threefry-2x32 (Salmon et al. 2011) with 20 rounds.

    JAX's own generator, written as one expression: XLA computes it in a single walk,
    a third of the time of the loop that JAX makes of it on a processor.

    Args:
        key0, key1: uint32 scalars.
        x0, x1: uint32 arrays of one shape, what is counted.
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
    """Torch draws a number of its own for each value on a processor, one at a time.

    Four chances out of 65,536 fit in one number of 64 bits, which takes a fifth.
    """
    import torch

    numbers = torch.empty(-(-x.numel() // 4), dtype=torch.int64, device=x.device)
    numbers.random_(-(2**63), None)  # all 64 bits
    chances = numbers.view(torch.int16)[: x.numel()].view(x.shape)
    dropped = min(round(rate * 2**16), 2**16 - 1)  # a rate below 1 keeps some
    kept = (chances >= dropped - 2**15).to(x.dtype)
    return x * kept.mul_(2**16 / (2**16 - dropped))
