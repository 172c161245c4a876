"""The layout of a text around its sentences: line breaks, white space, tags."""

import html
from typing import NamedTuple

from keras_nmt.run.sentences import join_sentences
from keras_nmt.serving.markup import split_markup
from keras_nmt.serving.sentences import has_letters, sentences_of

_READABLE = {
    **dict.fromkeys((0xA0, *range(0x2000, 0x200B), 0x202F, 0x205F), " "),
    **dict.fromkeys((0xAD, 0x200B, 0x2060, 0xFEFF)),
}
"""Typography that systems do not know: spaces become plain ones, and soft hyphens and
spaces of no width vanish."""


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

    What has no letters, such as "12 %" or an emoji, stays too: a system would make up a
    sentence for it.

    Args:
        text: of any length.
        system: the `Served` that translates it; None if it stays as it is.
        is_html: whether tags are kept, entities decoded, and line breaks mere spaces.
    """

    def __init__(self, text, system, is_html=False):
        self._system = system
        self._is_html = is_html
        self.sentences = []
        self._parts = []  # str, or pieces to join: str, or the place of a sentence
        if system is None:
            self._parts.append(text)
        elif is_html:
            for is_text, characters in split_markup(text):
                if is_text:
                    self._add(html.unescape(characters))
                else:
                    self._parts.append(characters)
        else:
            for line in text.splitlines(keepends=True):
                self._add(line)

    def _add(self, text):
        rest, content = text.lstrip(), text.strip()
        self._parts.append(text[: len(text) - len(rest)])
        if content:
            self._parts.append(self._pieces(content))
        self._parts.append(rest[len(content) :])

    def _pieces(self, content):
        if not has_letters(content):
            return [content]
        content = content.translate(_READABLE).strip()
        if self._is_html:
            content = " ".join(content.split())
        pieces = []
        for sentence in sentences_of(content, self._system):
            if has_letters(sentence):
                pieces.append(len(self.sentences))
                self.sentences.append(sentence)
            else:
                pieces.append(sentence)
        return pieces

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
            if isinstance(part, list):
                part = join_sentences(
                    piece if isinstance(piece, str) else chosen[piece][0]
                    for piece in part
                )
                part = html.escape(part, quote=False) if self._is_html else part
            text += part
        scores = [score for _, score in chosen]
        unknown = not scores or None in scores
        return TextCandidate(text, None if unknown else float(sum(scores)))
