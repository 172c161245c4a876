"""Freed memory kept by the process, which asks for as much again a step later."""

import ctypes
import sys

M_TRIM_THRESHOLD, M_MMAP_MAX, M_ARENA_MAX = -1, -4, -8
"""Parameters of glibc's mallopt(3)."""


def keep_freed_memory():
    """For programs that train: arrays of megabytes come from memory already at hand.

    glibc gives large arrays back to the system as soon as they are freed and gets
    the next ones page by page, each of them filled with zeros first: 70,000 pages in
    a step of the full transformer on JAX, a sixth of its time (benchmarks/LOG.md).
    Where there is no glibc nothing is changed.
    """
    if not sys.platform.startswith("linux"):
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(M_MMAP_MAX, 0)
        mallopt(M_ARENA_MAX, 1)
        mallopt(M_TRIM_THRESHOLD, 2**31 - 1)
