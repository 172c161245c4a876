"""The group of processes of the chosen backend."""

from keras_nmt.kernels.chosen import BACKEND


def processes_of(launch):
    """Joins the processes of a `distributed.launch.Launch`; returns their group.

    Raises:
        InputError: the others did not come, or the address cannot be used.
    """
    if BACKEND == "torch":
        from keras_nmt.kernels.torch_processes import TorchGroup

        return TorchGroup(launch)
    from keras_nmt.kernels.jax_processes import JaxGroup

    return JaxGroup(launch)
