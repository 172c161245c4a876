"""Text in, token ids out: corpora, tokenizers, vocabularies, batches.

Apart from `batching` nothing here imports a backend, so that a corpus can be read
and checked on a machine without one. Each public name is imported from the module
that is its home:

    >>> from keras_nmt.corpora.corpus import read_corpus
    >>> corpus = read_corpus("data/multi30k")
    >>> corpus.source_language, len(corpus.train)
    ('de', 29000)
"""
