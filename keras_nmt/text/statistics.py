"""Statistics of a corpus: pairs kept, unknown tokens, and warnings.

>>> for part in statistics(corpus, pairs, max_length=20):
...     print(part.line())
train: 24,240 of 29,000 pairs kept, 4,760 longer than 20 tokens; unknown tokens: ...
"""

import collections
import dataclasses
import itertools
import sys

from keras_nmt.errors import InputError

FEWEST_KEPT = 0.5
"""A smaller share of pairs kept, or of short test lines, causes a warning."""

MOST_UNKNOWN = 0.25
"""A larger share of unknown tokens on a side causes a warning."""

MORE = "more text, or with the tokenizer words a smaller min_frequency (--set)"

LONGER = "allow longer ones (--set max_length=..., shapes=...)"


@dataclasses.dataclass(frozen=True)
class TokenCounts:
    """The number of tokens, unknown tokens and known words of one side.

    White space is not counted. A word is a token with a letter or a digit.
    """

    tokens: int = 0
    unknown: int = 0
    words: int = 0

    @classmethod
    def of(cls, sentences, vocabulary):
        """Counts the tokens of sentences."""
        counts = collections.Counter(itertools.chain.from_iterable(sentences))
        counts = {t: n for t, n in counts.items() if not t.isspace()}
        known = {t: n for t, n in counts.items() if t in vocabulary}
        total = sum(counts.values())
        words = sum(n for t, n in known.items() if any(map(str.isalnum, t)))
        return cls(total, total - sum(known.values()), words)

    def __add__(self, other):
        return TokenCounts(
            self.tokens + other.tokens,
            self.unknown + other.unknown,
            self.words + other.words,
        )

    @property
    def unknown_share(self):
        return self.unknown / self.tokens if self.tokens else 0.0


@dataclasses.dataclass(frozen=True)
class PartStatistics:
    """The statistics of one part of a corpus.

    Args:
        part: "train", "validation" or "test".
        read: pairs in its files.
        blank: pairs left out because a side is blank.
        too_long: pairs with more than `max_length` tokens on a side.
        max_length: the recipe's; `SOS` and `EOS` count.
        source: `TokenCounts` of the source side of the pairs kept. For the test set it
            counts all lines, since all are translated.
        target: the same of the target side.
    """

    part: str
    read: int
    blank: int
    too_long: int
    max_length: int
    source: TokenCounts
    target: TokenCounts

    @property
    def kept(self):
        return self.read - self.blank - self.too_long

    def line(self):
        """One line for the screen."""
        pairs = f"{self.kept:,} of {self.read:,} pairs kept"
        if self.part == "test":
            pairs = f"all {self.read:,} lines translated"
        if self.blank:
            pairs += f", {self.blank:,} with a blank side"
        if self.too_long:
            pairs += f", {self.too_long:,} longer than {self.max_length} tokens"
        shares = f"source {self._unknown('source')}, target {self._unknown('target')}"
        return f"{self.part}: {pairs}; unknown tokens: {shares}"

    def _unknown(self, side, digits=1):
        return f"{100 * getattr(self, side).unknown_share:.{digits}f} %"

    def warnings(self):
        """Warnings before training, a line each, with the mend."""
        found = [self._few_kept()] if self.kept < FEWEST_KEPT * self.read else []
        mend = "take text that is like train's, or add such text to train"
        if self.part == "train":
            mend = f"give {MORE}"
        return found + [
            f"{self.part}: {self._unknown(side, 0)} of the {side} tokens are unknown; "
            f"{mend}"
            for side in ("source", "target")
            if getattr(self, side).unknown_share > MOST_UNKNOWN
        ]

    def _few_kept(self):
        if self.part == "test":
            return (
                f"test: {self.too_long:,} of {self.read:,} lines are longer than any "
                f"sentence trained on ({self.max_length} tokens) and may be translated "
                f"badly; {LONGER}"
            )
        found = f"only {self.kept:,} of {self.read:,} pairs kept"
        mend = f"give shorter sentences, or {LONGER}"
        if self.too_long < self.blank:
            found = f"{self.blank:,} of {self.read:,} pairs have a blank side"
            mend = "check that line n of one file translates line n of the other"
        return f"{self.part}: {found}; {mend}"

    def check(self, corpus):
        """Refuses a part without a pair to learn from, or without text to score.

        Args:
            corpus: the name of the corpus, for the message.

        Raises:
            InputError: the message names part, reason and mend.
        """
        problems = []
        if not self.kept and self.part != "test":
            problems.append(
                f"no pair of {self.part} has at most {self.max_length} tokens on both "
                f"sides; give shorter sentences, or {LONGER}"
            )
        for side, counts in (("source", self.source), ("target", self.target)):
            if not counts.tokens:
                problems.append(f"the {side} side of {self.part} is blank; give text")
            elif self.part == "train" and not counts.words:
                found, mend = "letter or digit", "text with some"
                if counts.unknown:
                    found, mend = "word that occurs min_frequency times", MORE
                problems.append(f"the {side} side of train has no {found}; give {mend}")
        if problems:
            raise InputError(f"corpus {corpus}: {problems[0]}")

    def record(self):
        """The numbers that scores.json holds."""
        counts = {x: getattr(self, x) for x in ("read", "kept", "blank", "too_long")}
        for side in ("source", "target"):
            share = getattr(self, side).unknown_share
            counts[f"unknown_{side}"] = round(share, 4)
        return counts


def statistics(corpus, pairs, max_length):
    """`PartStatistics` of each part, in the order of `pairs`.

    Args:
        corpus: `Corpus`.
        pairs: `{part: EncodedPairs}`.
        max_length: the one with which they were encoded.
    """
    found = []
    for part, encoded in pairs.items():
        text = getattr(corpus, part)
        counts = encoded.all_counts if part == "test" else encoded.kept_counts
        numbers = len(text) + text.blank, text.blank, len(text) - len(encoded)
        found.append(PartStatistics(part, *numbers, max_length, *counts))
    return found


def tell(parts):
    """Prints a line for each `PartStatistics`; warnings go to stderr."""
    for part in parts:
        print(part.line(), flush=True)
    for warning in [line for part in parts for line in part.warnings()]:
        print(f"warning: {warning}", file=sys.stderr, flush=True)
