"""Several processes on JAX: `jax.distributed`, whose arrays span all of them."""

import pickle

import numpy as np

from keras_nmt.kernels.processes import Alone, cannot_join

JOIN = 300
"""Seconds that a process waits for the others to start."""

HEARTBEAT = 30
"""Seconds without a sign of a process after which JAX ends the others."""


class JaxGroup(Alone):
    """The processes of a `distributed.launch.Launch`.

    JAX sums over all devices itself, so `add` is not needed. Join before anything is
    computed.

    Args:
        launch: says their number, which of them this is, and where the first listens.

    Raises:
        InputError: the others did not come, or the address cannot be used.
    """

    def __init__(self, launch):
        import jax
        from jax.experimental import multihost_utils

        self.count, self.rank = launch.count, launch.rank
        self._jax, self._exchange = jax, multihost_utils
        # On CPUs a step and an exchange may otherwise run at the same time, and gloo
        # needs the messages in the same order in every process.
        jax.config.update("jax_cpu_enable_async_dispatch", False)
        jax.config.update("jax_cpu_collectives_implementation", "gloo")
        try:
            jax.distributed.initialize(
                f"{launch.address}:{launch.port}",
                launch.count,
                launch.rank,
                initialization_timeout=JOIN,
                heartbeat_timeout_seconds=HEARTBEAT,
            )
        except (RuntimeError, ValueError) as error:
            raise cannot_join(launch, error, JOIN) from error

    def gather(self, value):
        content = pickle.dumps(value)
        length = max(self._all(np.array([len(content)]))[:, 0])
        padded = np.frombuffer(content.ljust(length, b"\0"), "uint8")
        return [pickle.loads(row.tobytes()) for row in self._all(padded)]

    def from_first(self, value):
        return self.gather(value)[0]

    def highest(self, numbers):
        return self._all(np.array(numbers)).max(axis=0).tolist()

    def is_loss(self, error):
        signs = "gloo", "nccl", "connection", "coordination"
        is_of_jax = isinstance(error, self._jax.errors.JaxRuntimeError)
        return is_of_jax and any(sign in str(error).lower() for sign in signs)

    def close(self):
        self._jax.distributed.shutdown()

    def _all(self, array):
        """The arrays of all processes, stacked."""
        return np.asarray(self._exchange.process_allgather(array))
