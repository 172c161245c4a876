"""A corpus in memory, read as if from files."""

import dataclasses

from keras_nmt.corpora.corpus import ParallelText
from keras_nmt.corpora.formats.blocks import Block, ReadInBlocks
from keras_nmt.corpora.formats.pairs import OnceLog
from keras_nmt.corpora.sources import PARTS, Sources


@dataclasses.dataclass(frozen=True)
class TextReader(ReadInBlocks):
    """The pairs of a `ParallelText`, with their line numbers."""

    text: ParallelText
    paths = ()

    @property
    def blank(self):
        """Pairs that were left out before."""
        return self.text.blank

    def blocks(self, size):
        """Yields the `Block`s of `size` pairs."""
        text = self.text
        numbers = text.numbers or range(1, len(text) + 1)
        for start in range(0, len(text), size):
            some = slice(start, start + size)
            yield Block([*text.source[some]], [*text.target[some]], numbers[some])


def sources_of(corpus):
    """The `Sources` of a `Corpus`."""
    parts = {part: TextReader(getattr(corpus, part)) for part in PARTS}
    languages = corpus.source_language, corpus.target_language
    return Sources(corpus.name, corpus.name, languages, parts, {}, OnceLog())
