"""Steps of `fit` and `evaluate` for models that compute their loss without `call`."""

import keras
from keras import ops

from keras_nmt.kernels.chosen import BACKEND


class LossWithoutCall(keras.Model):
    """A model whose `compute_loss` needs inputs and targets, but not what `call` gives.

    Keras's own steps call the model first and hand the outcome to `compute_loss` as
    `y_pred`; here it is None. The rest is as in Keras's guides "Customizing what
    happens in `fit()`", one for each backend. JAX's step computes loss and updates in
    a method of its own, so that one method is replaced for both steps. Keras documents
    no such method; without it the model would be called in vain, which a test of
    `tests/test_upstream.py` tells.

    With `plain_loss` the steps are Keras's own.
    """

    plain_loss = False

    def _loss(self, data, training):
        """The loss of a batch, with which Keras's `loss` metric is updated.

        `call` would build the model and bring torch's batches to its device.
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

    elif BACKEND == "tensorflow":

        def train_step(self, data):
            if self.plain_loss:
                return super().train_step(data)
            import tensorflow as tf

            with tf.GradientTape() as tape:
                loss = self.optimizer.scale_loss(self._loss(data, training=True))
            weights = self.trainable_weights
            gradients = tape.gradient(loss, weights)
            self.optimizer.apply_gradients(zip(gradients, weights, strict=True))
            return self.get_metrics_result()

        def test_step(self, data):
            if self.plain_loss:
                return super().test_step(data)
            self._loss(data, training=False)
            return self.get_metrics_result()

    else:

        def train_step(self, data):
            if self.plain_loss:
                return super().train_step(data)
            import torch

            self.zero_grad()
            self.optimizer.scale_loss(self._loss(data, training=True)).backward()
            weights = self.trainable_weights
            with torch.no_grad():
                self.optimizer.apply([w.value.grad for w in weights], weights)
            return self.get_metrics_result()

        def test_step(self, data):
            if self.plain_loss:
                return super().test_step(data)
            self._loss(data, training=False)
            return self.get_metrics_result()
