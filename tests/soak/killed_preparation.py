"""Preparations that are killed at random moments, each a process of its own."""

import os
import random
import shutil
import signal
import time

from keras_nmt.preparation import shards
from tests.test_preparation import content, few_captions, prepared_in


def kill_again(folder, times, seed):
    """Whether a preparation ends with the same files, however often it is killed.

    Args:
        folder: an empty folder.
        times: how many kills must hit a process that is still at work.
        seed: of the moments.
    """
    shards.SIZE = 10
    corpus, chance = few_captions(), random.Random(seed)
    prepared_in(folder / "warm", corpus)
    began = time.monotonic()
    os.waitpid(_start(folder / "whole", corpus, 1), 0)
    seconds, whole = time.monotonic() - began, content(folder / "whole")
    kills, same, place = 0, [], folder / "killed"
    while kills < times:
        process = _start(place, corpus, 1 + kills % 2)
        time.sleep(chance.random() * seconds)
        if os.waitpid(process, os.WNOHANG) == (0, 0):
            os.kill(process, signal.SIGKILL)
            os.waitpid(process, 0)
            kills += 1
        else:  # each attempt gets further, so that one ends
            same.append(content(place) == whole)
            shutil.rmtree(place)
    os.waitpid(_start(place, corpus, 2), 0)
    return all([*same, content(place) == whole])


def _start(folder, corpus, processes):
    process = os.fork()
    if not process:
        try:
            prepared_in(folder, corpus, processes)
            os._exit(0)
        finally:
            os._exit(1)
    return process
