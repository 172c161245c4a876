"""Joins the processes that train together, and ends them together."""

import contextlib
import logging
import os
import sys
import threading
import time
import traceback

from keras_nmt import kernels
from keras_nmt.distributed import devices
from keras_nmt.distributed.launch import launched
from keras_nmt.distributed.watch import Watch, end_process
from keras_nmt.errors import InputError, Interrupted

LISTEN = 5.0
"""Seconds in which process 0 says an error that all processes meet, and in which a
process that ends with an error waits for the others to leave the group."""


@contextlib.contextmanager
def session(device_count=1, split=1):
    """Inside, trainings run on several devices or in several processes, if asked for.

    Enter it before anything is computed. Process 0 alone prints and writes the run; the
    others only report an error that process 0 does not have, too. An error that other
    processes do not have ends the process here, because they may wait for it elsewhere.

    Args:
        device_count: devices of this process that train together (JAX).
        split: over how many of them each large weight is split.

    Raises:
        InputError: the backend or the environment does not allow it.
    """
    launch = launched()
    devices.check_backend(device_count, launch, split)
    with contextlib.ExitStack() as stack:
        if launch:
            group = stack.enter_context(_joined(launch))
            stack.enter_context(_one_voice(group))
        if device_count > 1 or (launch and kernels.BACKEND == "jax"):
            stack.enter_context(devices.spread_over(device_count, split, launch))
        yield


_trainings = {}
"""The number of trainings of each group so far."""


@contextlib.contextmanager
def watching():
    """Inside, this process ends within a minute when another one is dead."""
    store = kernels.processes.current().own_store()
    if store is None:  # one process, or JAX, whose service watches
        yield
        return
    group = kernels.processes.current()
    _trainings[group] = _trainings.get(group, 0) + 1
    prefix = f"training {_trainings[group]}/"
    with Watch(store, prefix, group.rank, group.count, end_process):
        yield


def check_same(**things):
    """Refuses a training of which the processes know something different.

    Args:
        things: by their names, fit for comparing with `==`.

    Raises:
        InputError: in the process that differs from process 0.
    """
    group = kernels.processes.current()
    for name, first in kernels.processes.of_first(lambda: things).items():
        if things[name] != first:
            raise InputError(
                f"process {group.rank} of {group.count} has another {name} than "
                "process 0; give all processes the same command, files and versions"
            )


@contextlib.contextmanager
def _joined(launch):
    group = kernels.processes_of(launch)
    kernels.processes.use(group)
    try:
        yield group
    except BaseException as error:
        if isinstance(error, kernels.processes.Lost) or group.is_loss(error):
            # Leaving the group would wait for the process that is gone, and Python's
            # own end may meet a thread of the watch that is in torch's store.
            end_process(f"error: {kernels.processes.Lost()}")
        with _ending_alone(error):
            group.close()
        raise
    else:
        group.close()
    finally:
        kernels.processes.use(None)


@contextlib.contextmanager
def _ending_alone(error):
    """Ends the process with an error if the context fails or takes too long."""
    timer = threading.Timer(LISTEN, _end_with, [error])
    timer.daemon = True
    timer.start()
    try:
        yield
    except RuntimeError:  # another process is gone
        _end_with(error)
    finally:
        timer.cancel()


def _end_with(error):
    """Ends the process as a command line ends that meets this error."""
    line, code = "".join(traceback.format_exception(error)).rstrip(), 1
    if isinstance(error, (InputError, OSError)):
        line, code = f"error: {error}", 2
    elif isinstance(error, Interrupted):
        line, code = str(error), error.exit_code
    with contextlib.suppress(OSError, ValueError):
        sys.stdout.flush()
    end_process(line, code)


@contextlib.contextmanager
def _one_voice(group):
    """Process 0 speaks for all."""
    store = group.own_store()
    if group.rank == 0:
        try:
            yield
        except InputError as error:
            if store is not None:
                group.close()  # so that the others stop waiting for this process
                _say(store, str(error), group.count - 1)
            raise
        return
    logger = logging.getLogger("keras_nmt")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with (
            open(os.devnull, "w", encoding="utf-8") as nowhere,
            contextlib.redirect_stdout(nowhere),
        ):
            yield
    except InputError as error:
        if _is_said(store, str(error)):
            sys.exit(2)
        raise
    finally:
        logger.setLevel(level)


def _say(store, line, listeners):
    """Tells the others that process 0 prints this line, and waits for them a moment."""
    with contextlib.suppress(RuntimeError):
        store.set("said", line)
        end = time.monotonic() + LISTEN
        while store.add("heard", 0) < listeners and time.monotonic() < end:
            time.sleep(0.05)


def _is_said(store, line):
    """Whether process 0 ends with this line, too, or with the cause of it."""
    if store is None:
        return False
    with contextlib.suppress(RuntimeError):
        end = time.monotonic() + LISTEN
        while time.monotonic() < end:
            if store.check(["said"]):
                store.add("heard", 1)
                return True
            time.sleep(0.05)
    return False
