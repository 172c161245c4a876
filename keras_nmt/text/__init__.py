"""From lines of text to token ids: tokenizers, vocabularies, batches.

Only `batching` imports Keras, so a corpus can be read and checked without a backend.
Public names are imported from their modules:

    >>> from keras_nmt.corpora.corpus import read_corpus
    >>> corpus = read_corpus("data/multi30k")
    >>> corpus.source_language, len(corpus.train)
    ('de', 29000)
"""
