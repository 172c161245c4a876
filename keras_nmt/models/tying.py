"""Which embeddings two languages and the vocabulary projection share."""

import keras

from keras_nmt.layers.embedding import TiedProjection, TokenEmbedding
from keras_nmt.layers.initializers import uniform

TIED = ("none", "target", "all")


def check_tied(tied, source_vocabulary_size, target_vocabulary_size):
    """Refuses an unknown `tied`, and "all" for two vocabularies.

    Raises:
        ValueError: naming the argument.
    """
    if tied not in TIED:
        raise ValueError(f"tied must be one of {TIED}. Received: tied={tied!r}")
    if tied == "all" and source_vocabulary_size != target_vocabulary_size:
        raise ValueError(
            'tied="all" needs one vocabulary of both languages; use tied="target". '
            f"Received: source_vocabulary_size={source_vocabulary_size}, "
            f"target_vocabulary_size={target_vocabulary_size}"
        )


def embeddings_and_projection(
    tied, source_vocabulary_size, target_vocabulary_size, embedding_dim
):
    """The source's and the target's embedding, and the projection to the vocabulary.

    Embeddings start as N(0, 1 / E) and are scaled when they are looked up.

    Args:
        tied: which weights the projection shares (Press & Wolf 2017): "none",
            "target" for those of the target embedding, "all" for one embedding of
            both languages, which must have one vocabulary.
        source_vocabulary_size, target_vocabulary_size: of the embeddings.
        embedding_dim: E, also of the vectors that are projected.

    Raises:
        ValueError: as `check_tied`.
    """
    check_tied(tied, source_vocabulary_size, target_vocabulary_size)

    def embedding(size, name):
        return TokenEmbedding(size, embedding_dim, scaled=True, name=name)

    if tied == "all":
        source = target = embedding(target_vocabulary_size, "tokens")
    else:
        source = embedding(source_vocabulary_size, "source_embedding")
        target = embedding(target_vocabulary_size, "target_embedding")
    if tied == "none":
        projection = keras.layers.Dense(
            target_vocabulary_size, name="projection", **uniform(embedding_dim)
        )
    else:
        projection = TiedProjection(target, name="projection")
    return source, target, projection
