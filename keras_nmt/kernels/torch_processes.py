"""Several processes on torch: `torch.distributed` with gloo on CPUs, nccl on GPUs."""

import datetime
import os

from keras_nmt.kernels.processes import Alone, Lost, cannot_join

JOIN = datetime.timedelta(minutes=5)
"""How long a process waits for the others to start."""

FOR_EVER = datetime.timedelta(days=30)
"""A wait has no limit: `distributed.watch` ends processes that wait for a dead one."""


class TorchGroup(Alone):
    """The processes of a `distributed.launch.Launch`.

    Args:
        launch: says their number, which of them this is, and where the first listens.

    Raises:
        InputError: the others did not come, or the address cannot be used.
    """

    sums_apart = True

    def __init__(self, launch):
        import torch
        import torch.distributed as distributed
        from torch.distributed.rendezvous import rendezvous

        self.count, self.rank = launch.count, launch.rank
        self._distributed, self._torch = distributed, torch
        on_gpu = torch.cuda.is_available()
        if on_gpu:
            torch.cuda.set_device((launch.local_rank or 0) % torch.cuda.device_count())
        os.environ.update(launch.variables())
        self._address = launch.address, launch.port
        try:
            self._store, _, _ = next(rendezvous("env://", timeout=JOIN))
            distributed.init_process_group(
                "cpu:gloo,cuda:nccl" if on_gpu else "gloo",
                store=distributed.PrefixStore("group", self._store),
                rank=self.rank,
                world_size=self.count,
                timeout=FOR_EVER,
            )
        except (RuntimeError, ValueError) as error:
            raise cannot_join(launch, error, JOIN.seconds) from error

    def add(self, tensor):
        tensor = tensor.detach().clone()
        self._asked(self._distributed.all_reduce, tensor)
        return tensor

    def add_all(self, tensors):
        """In one message: each one waits for the slowest process."""
        joined = self._torch.cat([tensor.detach().flatten() for tensor in tensors])
        self._asked(self._distributed.all_reduce, joined)
        parts = joined.split([tensor.numel() for tensor in tensors])
        return [
            part.view(tensor.shape) for part, tensor in zip(parts, tensors, strict=True)
        ]

    def gather(self, value):
        found = [None] * self.count
        self._asked(self._distributed.all_gather_object, found, value)
        return found

    def from_first(self, value):
        found = [value]
        self._asked(self._distributed.broadcast_object_list, found, src=0)
        return found[0]

    def highest(self, numbers):
        # On the CPU: asking a GPU would wait for the steps that it has queued.
        tensor = self._torch.tensor(numbers, device="cpu")
        highest = self._distributed.ReduceOp.MAX
        self._asked(self._distributed.all_reduce, tensor, op=highest)
        return tensor.tolist()

    def own_store(self):
        return self._distributed.TCPStore(
            *self._address, is_master=False, timeout=datetime.timedelta(seconds=20)
        )

    def close(self):
        if self._distributed.is_initialized():
            self._distributed.destroy_process_group()

    def _asked(self, function, *args, **options):
        try:
            function(*args, **options)
        except RuntimeError as error:  # torch's errors of connections are these
            raise Lost() from error
