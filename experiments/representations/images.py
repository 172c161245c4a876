"""A small ViT and a small CNN on the digits of scikit-learn, of 4 x 4 positions each.

Both have an embedding, three residual blocks of the same width and a mean over the
positions, so that only the blocks differ: self-attention or 3 x 3 convolutions.
"""

import keras
import numpy as np
from sklearn.datasets import load_digits

from experiments.representations.layer_outputs import BlockOutputs, through
from keras_nmt.layers.transformer import TransformerEncoderBlock

GRID = 4
"""Positions along each side of an image of 8 x 8 pixels."""

DIM = 32
HEADS = 4
BLOCKS = 3
CLASSES = 10
TRAIN = 1400
"""Images to learn from; the other 397 are for testing."""


def digits(seed=0):
    """Images, float (n, 8, 8, 1) from 0 to 1, and labels: two of train, two of test.

    The test part of the "Optical recognition of handwritten digits" (Alpaydin & Kaynak
    1998, UCI), which 13 people wrote, shuffled by the seed; so the same people wrote
    both parts.
    """
    data = load_digits()
    order = np.random.default_rng(seed).permutation(len(data.target))
    images = (data.images[order, :, :, None] / 16).astype("float32")
    labels = data.target[order].astype("int32")
    return images[:TRAIN], labels[:TRAIN], images[TRAIN:], labels[TRAIN:]


@keras.saving.register_keras_serializable("experiments")
class PatchPositions(keras.layers.Layer):
    """Adds a learned vector to each position; `(B, T, D) -> (B, T, D)`."""

    def build(self, input_shape):
        self.vectors = self.add_weight(
            name="vectors",
            shape=input_shape[1:],
            initializer=keras.initializers.RandomNormal(stddev=0.02),
        )

    def call(self, x):
        return x + self.vectors


class ImageModel(keras.Model):
    """A classifier that also tells what leaves its layers; logits, float (B, 10).

    Args:
        embedding: `images (B, 8, 8, 1) -> (B, T, D)`, a model.
        blocks: layers of the same names as their outputs.
    """

    def __init__(self, embedding, blocks, **kwargs):
        super().__init__(**kwargs)
        self.embedding = embedding
        self.blocks = blocks
        self.classify = keras.layers.Dense(CLASSES, name="classify")

    def call(self, images):
        x = self.embedding(images)
        for block in self.blocks:
            x = block(x)
        return self.classify(keras.ops.mean(x, axis=1))

    def layer_outputs(self, images):
        """`{name of a layer: BlockOutputs}`; a convolution has no weights."""
        raise NotImplementedError(f"{type(self).__name__} must define layer_outputs().")


class VisionTransformer(ImageModel):
    """Dosovitskiy et al. 2021, "An Image is Worth 16x16 Words"; patches of 2 x 2."""

    def __init__(self, **kwargs):
        patches = keras.layers.Conv2D(DIM, 2, strides=2, name="patches")
        positions = PatchPositions(name="positions")
        shape = keras.layers.Reshape((GRID * GRID, DIM))
        embedding = keras.Sequential([patches, shape, positions], name="embedding")
        blocks = [
            TransformerEncoderBlock(DIM, HEADS, 2 * DIM, norm="pre", name=f"block_{n}")
            for n in range(BLOCKS)
        ]
        super().__init__(embedding, blocks, **kwargs)

    def layer_outputs(self, images):
        return through(self.blocks, self.embedding(images))


class ResidualConvolutions(keras.layers.Layer):
    """`x + conv(relu(conv(relu(x))))` on a square grid, (B, T, D) -> (B, T, D).

    He et al. 2016, "Identity Mappings in Deep Residual Networks", without batch norm.
    """

    def __init__(self, dim, **kwargs):
        super().__init__(**kwargs)
        convolution = keras.layers.Conv2D
        self.first, self.second = (
            convolution(dim, 3, padding="same", name=name)
            for name in ("first", "second")
        )
        self.to_grid = keras.layers.Reshape((GRID, GRID, dim))
        self.to_line = keras.layers.Reshape((GRID * GRID, dim))

    def branch(self, x):
        """What is added to `x`."""
        relu = keras.ops.relu
        hidden = self.first(relu(self.to_grid(x)))
        return self.to_line(self.second(relu(hidden)))

    def call(self, x):
        return x + self.branch(x)


class ConvolutionalNetwork(ImageModel):
    """A small ResNet; its first convolution has stride 2."""

    def __init__(self, **kwargs):
        first = keras.layers.Conv2D(DIM, 3, strides=2, padding="same", name="first")
        shape = keras.layers.Reshape((GRID * GRID, DIM))
        embedding = keras.Sequential([first, shape], name="embedding")
        blocks = [ResidualConvolutions(DIM, name=f"block_{n}") for n in range(BLOCKS)]
        super().__init__(embedding, blocks, **kwargs)

    def layer_outputs(self, images):
        x = self.embedding(images)
        found = {"embedding": BlockOutputs(x, {}, {})}
        for block in self.blocks:
            branch = block.branch(x)
            found[block.name] = BlockOutputs(x + branch, {"conv": (x, branch)}, {})
            x = found[block.name].output
        return found


MODELS = {"vit": VisionTransformer, "cnn": ConvolutionalNetwork}


def trained(name, seed, epochs):
    """A trained model and its share of right answers on the test images.

    Args:
        name: of `MODELS`.
        seed: of weights and batches; the split of the images is always the same.
        epochs: of training.
    """
    keras.utils.set_random_seed(seed)
    images, labels, test_images, test_labels = digits()
    model = MODELS[name](name=name)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(1e-3), loss=loss, metrics=["accuracy"])
    model.fit(images, labels, batch_size=64, epochs=epochs, verbose=0)
    found = model.evaluate(test_images, test_labels, verbose=0, return_dict=True)
    return model, found["accuracy"]
