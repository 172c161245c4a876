"""Words back to readable text, as the train lines of a language show it.

The rules of `joining` are those of a few European languages. "l'" and "eau" are one
word of French print and "?" stands apart from the word before it; Chinese has no
spaces at all. All of this can be counted in the lines that a system learns from.

Whether two words are glued, that is, written without a space, is decided by their
kinds first, in a logistic regression whose prior is the rules:

    log-odds = base + after[kind on the left] + before[kind on the right]

A list of exceptions follows, in three steps from the general to the particular. Each
step corrects what the steps before it would say against the majority of train: pairs
of kinds; a word beside a kind ("n't" behind letters); two words ("can", "not").
"""

import collections

from keras_nmt.errors import InputError
from keras_nmt.text.glue_odds import fit
from keras_nmt.text.word_kinds import UNKNOWN, first_kind, forms_of, last_kind

SEEN = 2
"""Fewest times that train shows an exception."""

SURE = 20.0
"""Log-odds of what the rules glue where train shows nothing."""


class LearnedJoiner:
    """Which words are written without a space between them, learned from text.

        >>> words = ["l'", "eau", "?"]
        >>> joiner = LearnedJoiner.learn([(words, [True, True, False])])
        >>> joiner.glued(["l'", "air", "?"], [(False, False)] * 3)
        [True, True, False]

    Args:
        base: log-odds of glue between two words of any kind.
        after: kind of the word on the left -> what it adds.
        before: kind of the word on the right -> what it adds.
        ordinary: the kind of most words; letters, digits and symbols that train does
            not show are taken for it.
        exceptions: step -> left -> the rights for which the answer is the opposite.
            Steps: `kinds` (two kinds), `lefts` (a word, then a kind), `rights` (a
            kind, then a word), `words` (two words).

    Raises:
        InputError: when an argument is not of this form.
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
        """The joiner of lines.

        Args:
            lines: `(words, glued)` of each line: its words, and for each word
                whether no white space stood before it.
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
        """For each word, whether no space belongs before it; True for the first.

        Args:
            words: list of words and marks.
            sides: for each, whether the rules glue it to the left and to the right;
                what is told by `joining.rule_sides`. It counts for marks of which
                train has none.
        """
        forms = forms_of(words)
        pairs = zip(forms, forms[1:], sides, sides[1:], strict=False)
        return [True] * bool(words) + [
            self._is_glued(left, right, left_sides[1], right_sides[0])
            for left, right, left_sides, right_sides in pairs
        ]

    def get_config(self):
        """The arguments that make this joiner again; fit for JSON."""
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
        # A word that glues and another that glues are glued once.
        if (left, kinds[1]) in wrong["lefts"] or (kinds[0], right) in wrong["rights"]:
            answer = not answer
        return answer != ((left, right) in wrong["words"])

    def _known(self, side, kind):
        return self._ordinary if kind not in side and kind.isupper() else kind

    def _odds(self, side, kind, by_rules):
        """A mark that train never shows is as the rules say, or like a word."""
        return side.get(kind, SURE if by_rules else side.get(self._ordinary, 0.0))

    def _correct(self, gaps, *steps):
        """Adds the exceptions of steps, which do not see one another's."""
        answers = {gap[:2]: self._is_glued(*gap[:2]) for gap in gaps}
        found = {}
        for step in steps:
            said = {_PAIRS[step](*words): answer for words, answer in answers.items()}
            found[step] = {
                pair
                for pair, (apart, tight) in _counted(gaps, step).items()
                if apart + tight >= SEEN
                and apart != tight
                and (tight > apart) != said[pair]
            }
        self._exceptions.update(found)


def _counted(gaps, step):
    """Pair -> how often its words stand apart and are glued."""
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


# What each step of the exceptions looks at, of two words.
_PAIRS = {
    "kinds": lambda left, right: (last_kind(left), first_kind(right)),
    "lefts": lambda left, right: (left, first_kind(right)),
    "rights": lambda left, right: (last_kind(left), right),
    "words": lambda left, right: (left, right),
}
