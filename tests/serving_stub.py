"""A system for tests of the server: it translates without a model."""

import time
from types import SimpleNamespace

from keras_nmt.serving.layout import TextCandidate
from keras_nmt.specials import SPECIALS
from keras_nmt.text.processing import TextProcessor
from keras_nmt.text.tokenizer import WordTokenizer
from keras_nmt.text.vocabulary import Vocabulary


class Upper:
    """Stands in for `Served`: the translation of a sentence is its capitals.

    Args:
        source, target: codes of the languages.
        words, target_words: that it knows.
        longest: most ids of a sentence.
        seconds: that a batch takes.
    """

    score = None
    has_attention = True

    def __init__(
        self,
        source="de",
        target="en",
        words=(),
        target_words=(),
        longest=40,
        seconds=0.0,
    ):
        self.name = f"upper-{source}-{target}"
        self.source, self.target = source, target
        self.longest = longest
        self.seconds = seconds
        self.batches = []
        self.translator = SimpleNamespace(
            source=_side(source, words), target=_side("xx", target_words)
        )

    def length(self, sentence):
        return len(self.translator.source.encode(sentence))

    def candidates(self, sentences, alternatives=False):
        self.batches.append(list(sentences))
        time.sleep(self.seconds)
        if "fail" in sentences:
            raise RuntimeError("as asked")
        count = 4 if alternatives else 1
        return [
            [TextCandidate(sentence.upper() + "'" * k, -1.0 - k) for k in range(count)]
            for sentence in sentences
        ]

    def attention(self, sentences):
        return [
            {"source": [text], "target": [text.upper()], "weights": [[1.0]]}
            for text in sentences
        ]

    def about(self):
        return {
            "name": self.name,
            "source": self.source,
            "target": self.target,
            "system": "Upper",
            "parameters": 0,
            "attention": True,
            "score": None,
        }


def _side(language, words):
    return TextProcessor(WordTokenizer(language), Vocabulary([*SPECIALS, *words]))
