"""Bits of trainings on several devices and in several processes of JAX.

The suite trains them, too, but does not compare every bit, because JAX compiles long.
"""

from keras_nmt.run.runs import Run
from tests import two_processes


def pair(folder):
    """Whether a stopped pair ends like an unbroken one, and how a killed one ends."""
    told, codes = two_processes.run_pair(folder)
    (out, errors), _ = told
    return [
        two_processes.differing(folder / "ended", folder / "plain") == [],
        "stopped at epoch 2, step" in out,
        codes == [2, -9],
        "the same command continues" in errors,
        len(Run(folder / "dead").epochs) == 1,
    ]


def devices(folder):
    """Whether trainings that are stopped end like unbroken ones."""
    two_processes.run_several_devices(folder)
    return [
        two_processes.differing(folder / f"{name}_ended", folder / name) == []
        for name in ("two", "split")
    ]
