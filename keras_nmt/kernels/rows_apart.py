"""Training steps in which each device of JAX computes its own rows of a batch."""

import keras
import numpy as np

from keras_nmt.kernels import processes
from keras_nmt.kernels.chosen import BACKEND


class RowsApart(keras.Model):
    """A model whose steps on JAX's `DataParallel` are those of each device, joined.

    Keras lets XLA divide a step among the devices. XLA does not divide a loop over
    blocks of rows (`models.fast_loss`): every device would compute all of it. Here each
    device computes a step of its rows, and sums are added over the devices by
    `kernels.processes`, as between processes on torch.
    """

    if BACKEND == "jax":

        def train_step(self, state, data):
            return _by_each_device(super().train_step, state, data)

        def test_step(self, state, data):
            return _by_each_device(super().test_step, state, data)


def weights_are_split():
    """Whether Keras splits weights among devices (`distributed.splitting`)."""
    spread = keras.distribution.distribution()
    return isinstance(spread, keras.distribution.ModelParallel)


def _by_each_device(step, state, data):
    spread = keras.distribution.distribution()
    if not isinstance(spread, keras.distribution.DataParallel):
        return step(state, data)
    import jax

    everything = jax.sharding.PartitionSpec()
    of_rows = jax.sharding.PartitionSpec(spread.batch_dim_name)
    group = DeviceGroup(spread.batch_dim_name, spread.device_mesh.devices.size)

    def own_step(state, data):
        with processes.among(group):
            return step(state, data)

    return jax.shard_map(
        own_step,
        mesh=spread.device_mesh.backend_mesh,
        in_specs=(everything, of_rows),
        out_specs=everything,
        check_vma=False,
    )(state, data)


class DeviceGroup(processes.Alone):
    """The devices that compute a step, while JAX traces it.

    Args:
        axis: of the mesh.
        count: of the devices.
    """

    sums_apart = True

    def __init__(self, axis, count):
        self._axis, self.count = axis, count

    @property
    def rank(self):
        import jax

        return jax.lax.axis_index(self._axis)

    def add(self, tensor):
        import jax

        return jax.lax.psum(tensor, self._axis)

    def add_all(self, tensors):
        """In one message: between processes each costs JAX some milliseconds."""
        flat = [keras.ops.reshape(tensor, (-1,)) for tensor in tensors]
        ends = np.cumsum([tensor.size for tensor in tensors])[:-1]
        parts = keras.ops.split(self.add(keras.ops.concatenate(flat)), ends.tolist())
        return [
            keras.ops.reshape(part, tensor.shape)
            for part, tensor in zip(parts, tensors, strict=True)
        ]
