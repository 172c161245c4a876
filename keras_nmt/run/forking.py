"""Tells a forked process at once what would hang in it for ever.

A backend computes in threads of its own. They begin with its first work, and `fork`
copies the process without them: the copy waits for threads that are not there.
"""

import os

from keras_nmt.errors import InputError

_holder = None
"""The id of the process in which there was a model first."""


def hold_model():
    """Notes that this process holds a model now.

    Raises:
        InputError: it was forked from one that held a model.
    """
    global _holder
    if _holder is None:
        _holder = os.getpid()
    if _holder != os.getpid():
        raise InputError(
            "this process was forked from one that had a model already, and would wait "
            "for ever for threads that fork does not copy; load runs in the forked "
            'processes only, or start them by multiprocessing\'s "spawn" or '
            '"forkserver"'
        )
