"""Several processes on JAX: `jax.distributed`, whose arrays span all of them."""

import os
import pickle

import numpy as np

from keras_nmt.kernels.processes import Alone, cannot_join

JOIN = 300
"""Seconds that a process waits for the others to start."""

HEARTBEAT = 30
"""Seconds without a sign of a process after which JAX ends the others."""

FOR_EVER = 30 * 24 * 3600 * 1000
"""Milliseconds that a process waits at its end for the others."""


def own_gpus(launch, environment=os.environ):
    """The numbers of the GPUs of this process; None for all that it sees.

    A launcher may let each process see its own GPU only, which then has the number 0.
    """
    seen = environment.get("CUDA_VISIBLE_DEVICES", "")
    sees_one = seen != "" and "," not in seen
    return None if launch.local_rank is None or sees_one else [launch.local_rank]


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
        from jax._src import distributed
        from jax.experimental import multihost_utils

        self.count, self.rank = launch.count, launch.rank
        self._jax, self._exchange = jax, multihost_utils
        # JAX has no public name for the client of its service, which has barriers
        # (tests/test_distributed.py).
        self._service = distributed.global_state
        # On CPUs a step and an exchange may otherwise run at the same time, and gloo
        # needs the messages in the same order in every process.
        jax.config.update("jax_cpu_enable_async_dispatch", False)
        jax.config.update("jax_cpu_collectives_implementation", "gloo")
        try:
            jax.distributed.initialize(
                f"{launch.address}:{launch.port}",
                launch.count,
                launch.rank,
                local_device_ids=own_gpus(launch),
                # It would choose a GPU, too, by the variables of Slurm and Open MPI.
                cluster_detection_method="deactivate",
                initialization_timeout=JOIN,
                heartbeat_timeout_seconds=HEARTBEAT,
            )
            # The first exchange connects the processes, who must come to it within
            # half a minute. Later, each may first prepare its text.
            self.gather(None)
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
        message = str(error).lower()
        if isinstance(error, self._jax.errors.JaxRuntimeError):
            signs = "gloo", "nccl", "connection", "coordination"
            return any(sign in message for sign in signs)
        # What an exchange raises that JAX had already begun; not an `InputError`.
        return type(error) is ValueError and ("gloo" in message or "nccl" in message)

    def close(self):
        # `shutdown` waits for five minutes at most, and process 0 may need hours to
        # translate its test set.
        self._service.client.wait_at_barrier("all have ended", FOR_EVER)
        self._jax.distributed.shutdown()

    def _all(self, array):
        """The arrays of all processes, stacked."""
        return np.asarray(self._exchange.process_allgather(array))
