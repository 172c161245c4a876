"""Tells glibc to keep freed memory, because the next training step needs it again."""

import ctypes
import sys

M_TRIM_THRESHOLD, M_MMAP_MAX, M_ARENA_MAX = -1, -4, -8
"""Parameters of glibc's mallopt(3)."""


def keep_freed_memory():
    """Programs that train call this, so that large arrays reuse freed memory.

    By default glibc returns a large array to the system when it is freed. The next one
    is new memory, which the system must fill with zeros page by page: 70,000 pages in a
    step of the full transformer on JAX, a sixth of its time (benchmarks/LOG.md).
    Without glibc this does nothing.
    """
    if not sys.platform.startswith("linux"):
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(M_MMAP_MAX, 0)
        mallopt(M_ARENA_MAX, 1)
        mallopt(M_TRIM_THRESHOLD, 2**31 - 1)
