"""A setting of the whole process that holds while at least one thread needs it."""

import threading


class WhileNeeded:
    """A context in which a setting has one value; the last to leave puts it back.

    Args:
        get: gives the setting's value.
        put: sets it.
        value: that it has inside.
    """

    def __init__(self, get, put, value):
        self._get, self._put, self._value = get, put, value
        self._lock = threading.Lock()
        self._count = 0
        self._before = None

    def __enter__(self):
        with self._lock:
            if not self._count:
                self._before = self._get()
                self._put(self._value)
            self._count += 1

    def __exit__(self, *exception):
        with self._lock:
            self._count -= 1
            if not self._count:
                self._put(self._before)
