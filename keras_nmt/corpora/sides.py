"""Tells by simple rules whether a line is in the language that it should be in."""

import collections

from keras_nmt.spacy_alone import import_spacy
from keras_nmt.text.languages import ANY, spacy_code
from keras_nmt.text.scripts import script_of, usual_script

ENOUGH = 20
"""Pairs from which a language is doubted."""

FEWEST_OWN = 0.2
"""A smaller share of lines with a frequent word of the language puts it in doubt."""

FEWEST_STOP_WORDS = 2
"""A line with so many frequent words of the other language, and none of its own, is
counted as of the other language."""


class Sides:
    """Counts lines in another script than most of their side, or in the other language.

    Args:
        languages: codes of source and target.
    """

    def __init__(self, languages):
        self._words = [_stop_words(language) for language in languages]
        self._own, self._other, self._pairs = [0, 0], [0, 0], 0
        self._languages, self._all_words = languages, [*self._words]
        shared = self._words[0] & self._words[1]
        self._words = [words - shared for words in self._words]
        self._scripts = [collections.Counter(), collections.Counter()]
        self._firsts = [{}, {}]

    def add(self, pair):
        """Counts a pair. Returns for each side whether it is in the other language."""
        self._pairs += 1
        sides = pair.source, pair.target
        for side, line in enumerate(sides):
            script = script_of(line)
            if script:
                self._scripts[side][script] += 1
                self._firsts[side].setdefault(script, pair.number)
        return [self._is_other(line, side) for side, line in enumerate(sides)]

    def _is_other(self, line, side):
        words = {word.strip(".,;:!?\"'()") for word in line.lower().split()}
        self._own[side] += not words.isdisjoint(self._all_words[side])
        if not all(self._words):
            return False
        own, other = self._words[side], self._words[1 - side]
        self._other[side] += not words.isdisjoint(other)
        return len(words & other) >= FEWEST_STOP_WORDS and not words & own

    def other_scripts(self, side):
        """The usual script of a side, and `[(script, lines, first line)]` of others."""
        counts = self._scripts[side].most_common()
        if not counts:
            return None, []
        others = [(x, n, self._firsts[side][x]) for x, n in counts[1:]]
        return counts[0][0], others

    def warnings(self):
        """What is doubtful about the sides as a whole, a line each."""
        if self._pairs < ENOUGH:
            return
        if all(
            other > 2 * own for own, other in zip(self._own, self._other, strict=True)
        ):
            yield "the sides look swapped: exchange source and target"
            return
        for side, name in enumerate(("source", "target")):
            language, (found, _) = self._languages[side], self.other_scripts(side)
            usual = usual_script(language)
            if None not in (found, usual) and found != usual:
                yield f"the {name} is in {found} letters, but {language} in {usual}"
            elif self._all_words[side] and _lacks(self._own[side], self._pairs):
                yield (
                    f"only {self._own[side]:,} {name} lines have a frequent word of "
                    f"{language}: is it that language?"
                )


def _lacks(own, pairs):
    """Whether too few lines have a frequent word of their language."""
    return own < FEWEST_OWN * pairs


def _stop_words(language):
    code = spacy_code(language)
    if code in (None, ANY):
        return set()
    return set(import_spacy().util.get_lang_class(code).Defaults.stop_words)
