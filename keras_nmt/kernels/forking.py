"""Raises an error in a forked process, where a backend would hang.

A backend starts threads when it first computes. `fork` copies the process without its
threads, so that the copy waits for them for ever.
"""

import os

from keras_nmt.errors import InputError

_holder = None
"""The id of the process that first held a model."""


def hold_model():
    """Records that this process holds a model.

    Raises:
        InputError: this process was forked from one that held a model.
    """
    global _holder
    if _holder is None:
        _holder = os.getpid()
    if _holder != os.getpid():
        raise InputError(
            "this process was forked from one that had a model, and would wait for "
            "ever for threads that fork does not copy; load runs in the forked "
            'processes only, or start them with multiprocessing\'s "spawn" or '
            '"forkserver"'
        )
