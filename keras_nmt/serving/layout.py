"""The layout of a text around its sentences: line breaks, white space, tags."""

import html
from typing import NamedTuple

from keras_nmt.run.sentences import join_sentences
from keras_nmt.serving.markup import split_markup
from keras_nmt.serving.sentences import sentences_of


class TextCandidate(NamedTuple):
    """A translation of a text, and its score, if the search scores."""

    text: str
    score: float | None


class Layout:
    """A text as the sentences to translate, and the rest, which stays as it is.

        >>> layout = Layout("Ja. Nein.\\n\\n  Gut.", system)
        >>> layout.sentences
        ['Ja.', 'Nein.', 'Gut.']
        >>> layout.joined([[("Yes.", -1)], ...])
        [TextCandidate(text='Yes. No.\\n\\n  Good.', score=-4.0)]

    Args:
        text: of any length.
        system: the `Served` that translates it.
        is_html: whether tags are kept and entities decoded.
    """

    def __init__(self, text, system, is_html=False):
        self._system = system
        self.sentences = []
        self._parts = []  # str, or (first sentence, end, whether to escape)
        if is_html:
            for is_text, characters in split_markup(text):
                if is_text:
                    self._add(html.unescape(characters), escaped=True)
                else:
                    self._parts.append(characters)
        else:
            self._add(text, escaped=False)

    def _add(self, text, escaped):
        for number, line in enumerate(text.split("\n")):
            rest, content = line.lstrip(), line.strip()
            before, after = line[: len(line) - len(rest)], rest[len(content) :]
            self._parts.append("\n" + before if number else before)
            if content:
                first = len(self.sentences)
                self.sentences += sentences_of(content, self._system)
                self._parts.append((first, len(self.sentences), escaped))
            self._parts.append(after)

    def joined(self, found):
        """The candidates of the text, from those of its sentences.

        The k-th joins the k-th of each sentence, and its score is the sum of theirs. A
        sentence with fewer candidates repeats its last.

        Args:
            found: a list of `Candidate` for each sentence, best first.

        Returns:
            a list of `TextCandidate`, best first, no text twice.
        """
        count = max(map(len, found), default=1)
        texts = {}
        for place in range(count):
            chosen = [some[min(place, len(some) - 1)] for some in found]
            candidate = self._candidate(chosen)
            texts.setdefault(candidate.text, candidate)
        return list(texts.values())

    def _candidate(self, chosen):
        text = ""
        for part in self._parts:
            if isinstance(part, tuple):
                first, end, escaped = part
                part = join_sentences(one for one, _ in chosen[first:end])
                part = html.escape(part, quote=False) if escaped else part
            text += part
        scores = [score for _, score in chosen]
        unknown = not scores or None in scores
        return TextCandidate(text, None if unknown else float(sum(scores)))
