"""Reads a corpus once and tells what a person should know before training on it."""

import array
import collections
import itertools
import random

from keras_nmt.corpora.cleaning import line_key, pair_key
from keras_nmt.corpora.encoding_signs import signs_in
from keras_nmt.corpora.formats.pairs import Counted
from keras_nmt.corpora.sides import Sides
from keras_nmt.text.scripts import lacks_spaces

SHOWN = 5
"""Pairs of train that are shown, drawn by `SEED`."""

SEED = 0

LONG = 98
"""Words (characters, of text without spaces). Our recipes leave out pairs with more
than 100 tokens on a side, of which two are `<sos>` and `<eos>`."""


class PartCheck:
    """What is found in a part of a corpus, pair by pair.

    Args:
        part: "train", "validation" or "test".
        languages: codes of source and target.
        rules: the `Rules` of `--clean`.
        known: `{part: keys of its sources}` of parts that were checked before.
    """

    def __init__(self, part, languages, rules, known):
        self.part = part
        self.pairs = 0
        self.found = Counted()
        self.keys = array.array("Q")
        self.sources = set()
        self.sample = []
        self.sides = Sides(languages)
        self._lengths = collections.Counter(), collections.Counter()
        self._rules, self._known = rules, known
        self._random = random.Random(SEED)
        self._is_spaced = [True, True]

    def read(self, pairs):
        """Counts all pairs; returns self."""
        pairs = iter(pairs)
        first = [*itertools.islice(pairs, 1000)]
        self._is_spaced = [
            not lacks_spaces([pair[side] for pair in first]) for side in (0, 1)
        ]
        for pair in itertools.chain(first, pairs):
            self._add(pair)
        return self

    def _add(self, pair):
        self.pairs += 1
        self._draw(pair)
        for length, counts in zip(self._words(pair), self._lengths, strict=True):
            counts[length] += 1
        self.keys.append(pair_key(pair))
        if self.part == "train":
            self._compare(line_key(pair.source), pair)
        else:
            self.sources.add(line_key(pair.source))
        for kind in self._kinds(pair):
            self.found.add(kind, pair.number)

    def _compare(self, key, pair):
        for part, keys in self._known.items():
            if key in keys:
                self.found.add(f"pairs whose source is in {part}, too", pair.number)

    def _kinds(self, pair):
        """What is strange about a pair by itself."""
        fault = self._rules.fault(pair)
        if fault:
            yield FAULTS[fault]
        if fault != "length" and max(self._words(pair)) > LONG:
            yield (
                f"pairs with more than {LONG} words on a side, which our recipes "
                "leave out of training (max_length=100)"
            )
        wrong = self.sides.add(pair)
        for side, is_wrong in zip(("sources", "targets"), wrong, strict=True):
            if is_wrong and fault != "copy":
                yield f"{side} that look like the other language"
        for side, line in zip(("sources", "targets"), pair[:2], strict=True):
            for sign in signs_in(line):
                yield f"{side} with {sign}"

    def _words(self, pair):
        return [
            len(text.split()) if is_spaced else len(text)
            for text, is_spaced in zip(pair[:2], self._is_spaced, strict=True)
        ]

    def _draw(self, pair):
        """Keeps a fair sample of all pairs so far (reservoir sampling)."""
        if len(self.sample) < SHOWN:
            self.sample.append(pair)
            return
        place = self._random.randrange(self.pairs)
        if place < SHOWN:
            self.sample[place] = pair

    def duplicates(self):
        """The number of pairs that an earlier pair equals."""
        keys = sorted(self.keys)
        return sum(itertools.starmap(int.__eq__, itertools.pairwise(keys)))

    def lines(self):
        """What was found, a line each."""
        lengths = "; ".join(
            f"{side} {_lengths(counts, is_spaced)}"
            for side, counts, is_spaced in zip(
                ("source", "target"), self._lengths, self._is_spaced, strict=True
            )
        )
        yield f"{self.part}: {self.pairs:,} pairs; {lengths}"
        for kind, total, first in self.found.items():
            yield f"  {total:,} {kind}, the first in line {first}"
        if self.duplicates():
            yield f"  {self.duplicates():,} pairs that an earlier pair equals"
        yield from self._scripts()
        for warning in self.sides.warnings():
            yield f"  {warning}"

    def _scripts(self):
        for side, name in enumerate(("sources", "targets")):
            usual, others = self.sides.other_scripts(side)
            for script, count, first in others:
                yield (
                    f"  {count:,} {name} in {script} letters, where most are {usual}, "
                    f"the first in line {first}"
                )


FAULTS = {
    "blank": "pairs with a blank side, which training drops from train",
    "length": "pairs with very long lines, which --clean drops (length)",
    "ratio": "pairs of very unequal lengths, which --clean drops (ratio)",
    "copy": "copies (source = target), which --clean drops",
}


def check(sources, rules):
    """Yields lines for the screen on each part of `Sources`."""
    known, checked = {}, {}
    for part in ("test", "validation", "train"):
        if part in sources.parts:
            one = PartCheck(part, sources.languages, rules, known)
            checked[part] = one.read(sources.parts[part])
            known[part] = one.sources
    yield f"corpus {sources.name}: from {' into '.join(sources.languages)}"
    for part in reversed(checked):
        yield from checked[part].lines()
    for part in ("validation", "test"):
        if part not in checked:
            yield f"{part}: none; --split N takes some away from train"
    yield f"{SHOWN} pairs of train, drawn by chance:"
    for pair in sorted(checked["train"].sample, key=lambda pair: pair.number):
        yield f"  line {pair.number}\t{pair.source:.200}\t{pair.target:.200}"


def _lengths(counts, is_spaced):
    """Median, 95th percentile and largest length."""
    total = sum(counts.values())
    unit = "words" if is_spaced else "characters"
    places = [_percentile(counts, share * total) for share in (0.5, 0.95, 1)]
    return "{} {} (median), {} (95 %), {} (most)".format(places[0], unit, *places[1:])


def _percentile(counts, count):
    """The smallest length that `count` pairs do not exceed."""
    seen = 0
    for length in sorted(counts):
        seen += counts[length]
        if seen >= count:
            return length
    return 0
