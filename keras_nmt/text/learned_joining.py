"""Joins words to readable text, with spaces as in the train lines.

The rules of `joining` suit a few European languages. French writes "l'" and "eau"
without a space, but "?" with one before it; Chinese has no spaces at all. All this can
be counted in the train lines.

Two words are *glued* if no space is between them. A logistic regression on the kinds
of the two words decides that; its prior are the rules:

    log-odds = base + after[kind on the left] + before[kind on the right]

Exceptions follow in three steps: pairs of kinds, a word beside a kind ("n't" after
letters), and pairs of words ("can", "not"). Each step lists the pairs for which the
result so far disagrees with the majority of train.
"""

import collections

from keras_nmt.errors import InputError
from keras_nmt.text.glue_odds import fit
from keras_nmt.text.word_kinds import UNKNOWN, first_kind, forms_of, last_kind

SEEN = 2
"""Fewest occurrences of an exception in train."""

SURE = 20.0
"""Log-odds for kinds that the rules glue and that train does not contain."""


class LearnedJoiner:
    """Decides which words are glued, from counts in text.

        >>> words = ["l'", "eau", "?"]
        >>> joiner = LearnedJoiner.learn([(words, [True, True, False])])
        >>> joiner.glued(["l'", "air", "?"], [(False, False)] * 3)
        [True, True, False]

    Args:
        base: log-odds that two words of any kind are glued.
        after: kind of the word on the left -> log-odds to add.
        before: kind of the word on the right -> log-odds to add.
        ordinary: the most frequent kind of words; it stands for kinds of letters,
            digits and symbols that train does not contain.
        exceptions: step -> left -> list of rights for which the answer is reversed.
            Steps: `kinds` (two kinds), `lefts` (a word, then a kind), `rights` (a
            kind, then a word), `words` (two words).

    Raises:
        InputError: an argument does not have this form.
    """

    def __init__(self, base, after, before, ordinary, exceptions):
        try:
            self._base, self._ordinary = float(base), str(ordinary)
            self._after, self._before = (
                {str(kind): float(odds) for kind, odds in side.items()}
                for side in (after, before)
            )
            self._exceptions = {
                step: {(left, right) for left in pairs for right in pairs[left]}
                for step, pairs in exceptions.items()
            }
        except (AttributeError, TypeError, ValueError):
            self._exceptions = {}
        if set(self._exceptions) != set(_PAIRS):
            raise InputError("tokenizer: key 'joiner' is damaged; restore the file")

    @classmethod
    def learn(cls, lines, join_hyphens=False):
        """Learns a joiner from lines.

        Args:
            lines: `(words, glued)` for each line: its words, and for each word whether
                it has no white space before it.
            join_hyphens: as for `joining.join_words`.
        """
        gaps = collections.Counter()
        for words, glued in lines:
            forms = forms_of(words)
            gaps.update(zip(forms, forms[1:], glued[1:], strict=False))
        none = {step: {} for step in _PAIRS}
        joiner = cls(*fit(_counted(gaps, "kinds"), join_hyphens), _ordinary(gaps), none)
        joiner._correct(gaps, "kinds")
        joiner._correct(gaps, "lefts", "rights")
        joiner._correct(gaps, "words")
        return joiner

    def glued(self, words, sides):
        """For each word, whether it has no space before it; True for the first.

        Args:
            words: list of words and marks.
            sides: for each word, whether the rules glue it to its left and to its
                right, as `joining.rule_sides` returns it. Used for marks that train
                does not contain.
        """
        forms = forms_of(words)
        pairs = zip(forms, forms[1:], sides, sides[1:], strict=False)
        return [True] * bool(words) + [
            self._is_glued(left, right, left_sides[1], right_sides[0])
            for left, right, left_sides, right_sides in pairs
        ]

    def get_config(self):
        """The arguments of the constructor; fit for JSON."""
        exceptions = {step: {} for step in _PAIRS}
        for step, pairs in self._exceptions.items():
            for left, right in sorted(pairs):
                exceptions[step].setdefault(left, []).append(right)
        return {
            "base": self._base,
            "after": self._after,
            "before": self._before,
            "ordinary": self._ordinary,
            "exceptions": exceptions,
        }

    def _is_glued(self, left, right, glues_right=False, glues_left=False):
        kinds = (
            self._known(self._after, last_kind(left)),
            self._known(self._before, first_kind(right)),
        )
        odds = (
            self._base
            + self._odds(self._after, kinds[0], glues_right)
            + self._odds(self._before, kinds[1], glues_left)
        )
        answer = odds > 0
        wrong = self._exceptions
        if kinds in wrong["kinds"]:
            answer = not answer
        # `or`: two exceptions together reverse the answer once, not twice.
        if (left, kinds[1]) in wrong["lefts"] or (kinds[0], right) in wrong["rights"]:
            answer = not answer
        return answer != ((left, right) in wrong["words"])

    def _known(self, side, kind):
        return self._ordinary if kind not in side and kind.isupper() else kind

    def _odds(self, side, kind, by_rules):
        """The log-odds of a kind; if train lacks it, by the rules or like a word."""
        return side.get(kind, SURE if by_rules else side.get(self._ordinary, 0.0))

    def _correct(self, gaps, *steps):
        """Adds the exceptions of steps, all found before any of them is added."""
        answers = {gap[:2]: self._is_glued(*gap[:2]) for gap in gaps}
        found = {}
        for step in steps:
            by_pair = {_PAIRS[step](*x): answer for x, answer in answers.items()}
            found[step] = {
                pair
                for pair, (apart, tight) in _counted(gaps, step).items()
                if apart + tight >= SEEN
                and apart != tight
                and (tight > apart) != by_pair[pair]
            }
        self._exceptions.update(found)


def _counted(gaps, step):
    """Pair -> [how often its words are apart, how often they are glued]."""
    counts = collections.defaultdict(lambda: [0, 0])
    for (left, right, tight), times in gaps.items():
        counts[_PAIRS[step](left, right)][tight] += times
    return counts


def _ordinary(gaps):
    kinds = collections.Counter()
    for (left, _, _), times in gaps.items():
        kinds[last_kind(left)] += times
    named = [kind for kind in sorted(kinds) if kind.isupper()]
    return max(named, key=kinds.get, default=UNKNOWN)


# The pair that each step of the exceptions makes of two words.
_PAIRS = {
    "kinds": lambda left, right: (last_kind(left), first_kind(right)),
    "lefts": lambda left, right: (left, first_kind(right)),
    "rights": lambda left, right: (last_kind(left), right),
    "words": lambda left, right: (left, right),
}
