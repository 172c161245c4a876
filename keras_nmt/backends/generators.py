"""Random numbers that are the backend's own: begun anew, kept and taken up again."""

import numpy as np

from keras_nmt.backends.chosen import BACKEND


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


def dropped_out(x, rate):
    """`x` with a share of its values at zero and the rest scaled up, on torch.

    Torch draws a number of its own for each value on a processor, one at a time;
    four chances out of 65,536 fit in one number of 64 bits, which takes a fifth.

    Args:
        x: float tensor.
        rate: at least 0 and less than 1, the share; rounded to 1 / 65,536.
    """
    import torch

    numbers = torch.empty(-(-x.numel() // 4), dtype=torch.int64, device=x.device)
    numbers.random_(-(2**63), None)  # all 64 bits
    chances = numbers.view(torch.int16)[: x.numel()].view(x.shape)
    dropped = min(round(rate * 2**16), 2**16 - 1)  # a rate below 1 keeps some
    kept = (chances >= dropped - 2**15).to(x.dtype)
    return x * kept.mul_(2**16 / (2**16 - dropped))
