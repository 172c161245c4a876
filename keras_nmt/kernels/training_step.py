"""Steps of `fit` and `evaluate` for models that compute their loss without `call`."""

import keras
from keras import ops

from keras_nmt.kernels.chosen import BACKEND


class LossWithoutCall(keras.Model):
    """A model whose `compute_loss` needs inputs and targets, but not the outputs.

    Keras's steps call the model and pass its outputs to `compute_loss` as `y_pred`.
    Here `y_pred` is None. Otherwise the steps follow Keras's guides "Customizing what
    happens in `fit()`", one for each backend. On JAX both steps use
    `compute_loss_and_updates`, so only that method is replaced. Keras does not document
    it; without it the model would be called in vain (tests/test_upstream.py).

    With `plain_loss` the steps are Keras's own.
    """

    plain_loss = False

    def _loss(self, data, training):
        """Computes the loss of a batch and updates Keras's `loss` metric.

        It does what `call` would otherwise do: build the model, and move torch's
        batches to the device.
        """
        if not self.built:
            self.build()
        x, y, sample_weight = keras.utils.unpack_x_y_sample_weight(data)
        x, y = keras.tree.map_structure(ops.convert_to_tensor, (x, y))
        loss = self.compute_loss(x, y, None, sample_weight, training=training)
        (mean,) = (metric for metric in self.metrics if metric.name == "loss")
        mean.update_state(loss, sample_weight=ops.shape(keras.tree.flatten(x)[0])[0])
        return loss

    if BACKEND == "jax":

        def compute_loss_and_updates(
            self,
            trainable_variables,
            non_trainable_variables,
            metrics_variables,
            x,
            y,
            sample_weight,
            training=False,
            optimizer_variables=None,
        ):
            variables = trainable_variables, non_trainable_variables, metrics_variables
            if self.plain_loss:
                return super().compute_loss_and_updates(
                    *variables, x, y, sample_weight, training, optimizer_variables
                )
            loss, (_, *updates) = self.stateless_compute_loss(
                *variables, x=x, y=y, sample_weight=sample_weight, training=training
            )
            scaled = loss
            if training:
                given = zip(self.optimizer.variables, optimizer_variables, strict=True)
                with keras.StatelessScope(given):
                    scaled = self.optimizer.scale_loss(loss)
            return scaled, (loss, None, *updates)

    else:

        def train_step(self, data):
            if self.plain_loss:
                return super().train_step(data)
            _UPDATES[BACKEND](self, data)
            return self.get_metrics_result()

        def test_step(self, data):
            if self.plain_loss:
                return super().test_step(data)
            self._loss(data, training=False)
            return self.get_metrics_result()


def _update_on_tensorflow(model, data):
    import tensorflow as tf

    with tf.GradientTape() as tape:
        loss = model.optimizer.scale_loss(model._loss(data, training=True))
    weights = model.trainable_weights
    gradients = tape.gradient(loss, weights)
    model.optimizer.apply_gradients(zip(gradients, weights, strict=True))


def _update_on_torch(model, data):
    import torch

    model.zero_grad()
    model.optimizer.scale_loss(model._loss(data, training=True)).backward()
    weights = model.trainable_weights
    with torch.no_grad():
        model.optimizer.apply([w.value.grad for w in weights], weights)


_UPDATES = {"tensorflow": _update_on_tensorflow, "torch": _update_on_torch}
"""One step of the optimizer, by backend; on JAX it is Keras's own."""
