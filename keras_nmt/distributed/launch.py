"""Which process of how many this is, from the environment that its launcher set."""

import dataclasses
import os

from keras_nmt.errors import InputError

PORT = 29500
"""torch's own, where MASTER_PORT is not set."""

LAUNCHERS = {
    "Open MPI": (
        "OMPI_COMM_WORLD_SIZE",
        "OMPI_COMM_WORLD_RANK",
        "OMPI_COMM_WORLD_LOCAL_RANK",
    ),
    "MPICH": ("PMI_SIZE", "PMI_RANK", "MPI_LOCALRANKID"),
    "Slurm": ("SLURM_NTASKS", "SLURM_PROCID", "SLURM_LOCALID"),
}
"""Variables with the number of processes, the number of this one from 0, and the same
on its machine. They count only beside MASTER_ADDR, because programs of one process are
started in such an environment, too. Slurm is last, because the processes that `mpirun`
starts in a Slurm job inherit the same SLURM_PROCID."""


@dataclasses.dataclass(frozen=True)
class Launch:
    """A process among several.

    Args:
        count: of the processes, 2 or more.
        rank: the number of this one, from 0.
        local_rank: the same among those of its machine; None if nobody said it.
        address, port: where process 0 listens.
    """

    count: int
    rank: int
    local_rank: int | None
    address: str
    port: int

    def variables(self):
        """The environment variables by which torchrun says the same."""
        return {
            "WORLD_SIZE": str(self.count),
            "RANK": str(self.rank),
            "LOCAL_RANK": str(self.local_rank or 0),
            "MASTER_ADDR": self.address,
            "MASTER_PORT": str(self.port),
        }


def launched(environment=os.environ):
    """The `Launch` that the environment describes; None for a single process.

    Raises:
        InputError: a variable is missing or is no number in its range.
    """
    names = _names(environment)
    if names is None:
        return None
    of_count, of_rank, of_local = names
    count = _number(environment, of_count, 1)
    if count == 1:
        return None
    for name in (of_rank, "MASTER_ADDR"):
        if not environment.get(name):
            raise InputError(
                f"{of_count}={count} but {name} is not set; torchrun sets it, others "
                "set it for each process"
            )
    rank = _number(environment, of_rank, 0, count - 1)
    return Launch(
        count,
        rank,
        _number(environment, of_local, 0) if environment.get(of_local) else None,
        environment["MASTER_ADDR"],
        _number({"MASTER_PORT": PORT, **environment}, "MASTER_PORT", 1, 65535),
    )


def _names(environment):
    """The variables that count here."""
    if environment.get("WORLD_SIZE"):
        return "WORLD_SIZE", "RANK", "LOCAL_RANK"
    if not environment.get("MASTER_ADDR"):
        return None
    return next((x for x in LAUNCHERS.values() if environment.get(x[0])), None)


def _number(environment, name, least, most=2**31):
    try:
        value = int(environment[name])
    except ValueError:
        value = None
    if value is None or not least <= value <= most:
        high = "" if most == 2**31 else f" to {most}"
        raise InputError(
            f"{name}={environment[name]}: expected a whole number from {least}{high}"
        )
    return value
